//! What the members of a group subscribe to, and when that makes a new epoch (`updateSubscriptionMetadata`).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::TopicName;

use crate::consumer::event::ConsumerEvent;
use crate::consumer::group::{ConsumerGroup, Subscribers, change};
use crate::consumer::record::{ConsumerRecord, GroupEpoch};
use crate::consumer::target::Change;
use crate::context::Context;
use crate::record::Record;
use crate::topics::Topics;

/// After so long the topics are looked at again although nothing was heard of a change
/// (`METADATA_REFRESH_INTERVAL_MS`, `Integer.MAX_VALUE`), ms.
const REFRESH_INTERVAL_MS: i64 = i32::MAX as i64;

impl ConsumerGroup {
    /// Whether the topics have to be looked at by the next heartbeat.
    pub(super) fn is_refresh_due(&self, cx: &Context<'_>) -> bool {
        cx.now_ms() >= self.refresh.0 || self.epoch < self.refresh.1
    }

    /// Something has happened to a topic that the group subscribes to.
    pub(crate) fn request_refresh(&mut self) {
        self.refresh = (0, 0);
    }

    /// Looks at the topics as the changed member leaves the group to subscribe to them. A new epoch begins if the
    /// subscription changes (`bump`), or if the topics are others than at the last look.
    pub(super) fn look_at_topics(
        &mut self,
        bump: bool,
        changed: &mut Change<'_>,
        records: &mut Vec<Record>,
        cx: &mut Context<'_>,
    ) {
        let topics = self.topics_after(changed);
        changed.is_homogeneous = self.will_be_homogeneous(&topics, changed);
        let hash = metadata_hash(topics.keys(), cx.topics);
        changed.epoch = self.epoch;
        if bump || hash != self.metadata_hash {
            changed.epoch = self.bump_epoch(hash, records, cx);
        }
        self.refresh = (cx.now_ms().saturating_add(REFRESH_INTERVAL_MS), changed.epoch);
    }

    /// A new epoch begins, over topics with this hash.
    pub(super) fn bump_epoch(&self, metadata_hash: i64, records: &mut Vec<Record>, cx: &mut Context<'_>) -> i32 {
        let epoch = self.epoch.wrapping_add(1);
        self.write(ConsumerRecord::Group { value: Some(GroupEpoch { epoch, metadata_hash }) }, records);
        cx.observe_consumer(&self.id, ConsumerEvent::EpochBumped { epoch, metadata_hash });
        epoch
    }

    /// As [`Self::look_at_topics`] leaves the deadline, after a lookup of regular expressions.
    pub(super) fn looked_at_topics(&mut self, epoch: i32, cx: &Context<'_>) {
        self.refresh = (cx.now_ms().saturating_add(REFRESH_INTERVAL_MS), epoch);
    }

    /// Who subscribes to what once the member has changed (`computeSubscribedTopicNames`).
    fn topics_after(&self, changed: &Change<'_>) -> BTreeMap<TopicName, Subscribers> {
        let mut topics = self.topics.clone();
        let (old, new) = (changed.member, changed.updated);
        for topic in old.told.topics.iter() {
            change(&mut topics, topic, |subscribers| subscribers.by_name -= 1);
        }
        for topic in new.told.topics.iter() {
            change(&mut topics, topic, |subscribers| subscribers.by_name += 1);
        }
        if let Some(regex) = old.regex().filter(|regex| new.regex() != Some(*regex))
            && self.subscribers_of(regex) == 1
            && let Some(resolved) = self.resolved.get(regex)
        {
            for topic in resolved.topics.iter() {
                change(&mut topics, topic, |subscribers| subscribers.by_regex -= 1);
            }
        }
        topics
    }

    /// Whether all members will subscribe to the same once the member has changed.
    fn will_be_homogeneous(&self, topics: &BTreeMap<TopicName, Subscribers>, changed: &Change<'_>) -> bool {
        let updated = changed.updated;
        let is_known = self.members.get(&updated.id).is_some()
            || updated.told.instance_id.as_ref().is_some_and(|instance| self.static_members.contains_key(instance));
        let members = self.members.len() + usize::from(!is_known);
        let (old, new) = (changed.member.regex(), updated.regex());
        let mut regexes: Vec<usize> = Vec::with_capacity(self.regexes.len() + 1);
        for (regex, &count) in &self.regexes {
            let count = if old == new {
                count
            } else {
                count + usize::from(new == Some(regex)) - usize::from(old == Some(regex))
            };
            regexes.extend((count > 0).then_some(count));
        }
        let is_new = new.is_some_and(|new| !self.regexes.contains_key(new));
        regexes.extend(is_new.then_some(1));
        is_homogeneous(topics.values(), regexes.into_iter(), members)
    }

    /// Whether all members subscribe to the same.
    pub(super) fn members_subscribe_alike(&self) -> bool {
        is_homogeneous(self.topics.values(), self.regexes.values().copied(), self.members.len())
    }
}

/// `subscriptionType`: the same names for all; or one regular expression for all, and no names beside it.
fn is_homogeneous<'a>(
    mut topics: impl Iterator<Item = &'a Subscribers>,
    mut regexes: impl Iterator<Item = usize>,
    members: usize,
) -> bool {
    match regexes.next() {
        None => topics.all(|subscribers| subscribers.by_name == members),
        Some(count) => count == members && topics.all(|it| it.by_regex == 1 && it.by_name == 0),
    }
}

/// A number that changes with the topics that exist: their ids, names and partition counts. 0 for none. (Kafka's is
/// another, of the same use.)
pub(super) fn metadata_hash<'a>(names: impl Iterator<Item = &'a TopicName>, topics: &Topics) -> i64 {
    // FNV-1a, 64 bits.
    const BASIS: u64 = 0xCBF2_9CE4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01B3;
    let mut hash: u64 = 0;
    for name in names {
        let Some(topic) = topics.get(name) else { continue };
        hash ^= BASIS;
        let numbers = [topic.id.high, topic.id.low, i64::from(topic.partitions)];
        let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
        for byte in name.as_str().bytes().chain(numbers) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash.cast_signed()
}
