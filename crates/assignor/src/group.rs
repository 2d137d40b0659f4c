//! A group as the leader's assignor sees it, with small numbers in place of names.
//!
//! Members are numbered in *member order* (the iteration order of the leader's `HashMap` of subscriptions), live
//! topics in the order of their names, and partitions by (topic, number): three dense ranges from 0, so that
//! everything an assignor remembers of them sits in flat arrays. Names are recognised by their address first and
//! compared by letter only if that fails.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use protocol::java::{JavaHash, string_order};
use protocol::message::JoinedMember;
use protocol::{InstanceId, MemberId, RackId, Subscription, TopicName, TopicPartition};

use crate::MAX_PARTITIONS;
use crate::error::AssignError;
use crate::names::{self, AddressCache, TopicFinder};
use crate::order;
use crate::topics::{Topic, Topics};

/// The group, its live topics and who subscribes to what.
pub(crate) struct Group<'a> {
    /// In member order.
    pub(crate) members: Vec<GroupMember<'a>>,
    /// Topics that somebody subscribes to and that have partitions, by name.
    pub(crate) topics: Vec<LiveTopic<'a>>,
    /// Subscriptions; members that follow each other in member order with the same topics share one.
    pub(crate) lists: Vec<TopicList>,
    /// Number of partitions of all live topics.
    pub(crate) partitions: u32,
    /// Whether all subscriptions count as equal (`AbstractStickyAssignor.allSubscriptionsEqual`).
    pub(crate) subscriptions_equal: bool,
    /// Every subscribed name in the order first met, with its live topic.
    names: Vec<(&'a TopicName, Option<u32>)>,
}

/// One member.
pub(crate) struct GroupMember<'a> {
    pub(crate) id: &'a MemberId,
    pub(crate) instance: Option<&'a InstanceId>,
    pub(crate) subscription: &'a Subscription,
    /// Index into [`Group::lists`].
    pub(crate) list: u32,
}

/// A topic that is subscribed to and has partitions.
pub(crate) struct LiveTopic<'a> {
    pub(crate) name: &'a TopicName,
    /// The number that its partition 0 has among all partitions.
    pub(crate) start: u32,
    pub(crate) partitions: u32,
    pub(crate) racks: Option<&'a [Vec<RackId>]>,
}

/// One subscription.
pub(crate) struct TopicList {
    /// Live topics in the order of the subscription.
    pub(crate) live: Vec<u32>,
}

impl GroupMember<'_> {
    /// The rack it names; an empty text is none.
    pub(crate) fn rack(&self) -> Option<&RackId> {
        self.subscription.rack.as_ref().filter(|rack| !rack.is_empty())
    }
}

impl LiveTopic<'_> {
    /// The numbers of its partitions among all partitions.
    pub(crate) fn range(&self) -> Range<u32> {
        self.start..self.start + self.partitions
    }

    /// Partition `number` of this topic.
    pub(crate) fn partition(&self, number: u32) -> TopicPartition {
        TopicPartition::new(self.name.clone(), number.cast_signed())
    }
}

impl<'a> Group<'a> {
    /// Numbers members, topics and partitions.
    pub(crate) fn new(joined: &'a [JoinedMember], topics: &'a Topics) -> Result<Self, AssignError> {
        let ids: Vec<&MemberId> = joined.iter().map(|member| &member.member_id).collect();
        let subscriptions = subscriptions(joined)?;
        // Asked in the order in which members lie in memory; member order jumps about.
        let are_same = subscriptions.windows(2).all(|pair| names::are_same(&pair[0].topics, &pair[1].topics));
        let mut interner = Interner { are_same, ..Interner::default() };
        let mut members = Vec::with_capacity(joined.len());
        for position in order::name_table_order(&ids) {
            let (member, subscription) = (&joined[position as usize], subscriptions[position as usize]);
            members.push(GroupMember {
                id: &member.member_id,
                instance: member.instance_id.as_ref(),
                subscription,
                list: interner.list(&subscription.topics),
            });
        }
        let subscriptions_equal = interner.are_equal();
        let Interner { names, lists, .. } = interner;
        let (topics, live, partitions) = live_topics(&names, topics)?;
        let lists = lists
            .into_iter()
            .map(|(list, _)| TopicList { live: list.into_iter().filter_map(|name| live[name as usize]).collect() })
            .collect();
        let names = names.into_iter().zip(live).collect();
        Ok(Self { members, topics, lists, partitions, subscriptions_equal, names })
    }

    /// Live topics that the member subscribes to, in the order of its subscription.
    pub(crate) fn topics_of(&self, member: usize) -> &[u32] {
        &self.lists[self.members[member].list as usize].live
    }

    /// Live topics in the order of the leader's topic table: a default `HashMap` filled from a default `HashSet` of
    /// all names.
    pub(crate) fn topic_table(&self) -> Vec<u32> {
        let names: Vec<&TopicName> = self.names.iter().map(|(name, _)| *name).collect();
        let live: Vec<u32> =
            order::name_table_order(&names).into_iter().filter_map(|name| self.names[name as usize].1).collect();
        let names: Vec<&TopicName> = live.iter().map(|&topic| self.topics[topic as usize].name).collect();
        order::name_table_order(&names).into_iter().map(|position| live[position as usize]).collect()
    }

    /// Number of members.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.members.len()).expect("no more members than numbers")
    }

    /// Members in the order of a `HashMap` of so many buckets into which they were put in this sequence.
    pub(crate) fn table_order_of(&self, sequence: impl IntoIterator<Item = u32>, buckets: usize) -> Vec<u32> {
        let sequence: Vec<u32> = sequence.into_iter().collect();
        let hash = |&member: &u32| self.members[member as usize].id.java_hash();
        let hashes: Vec<i32> = sequence.iter().map(hash).collect();
        order::table_order(&hashes, buckets).into_iter().map(|position| sequence[position as usize]).collect()
    }

    /// A finder of live topics by name.
    pub(crate) fn topic_finder(&self) -> TopicFinder<'_> {
        TopicFinder::new(&self.topics)
    }

    /// Members in the order of `MemberInfo`.
    pub(crate) fn member_info_order(&self) -> Vec<u32> {
        let info = |member: &GroupMember<'a>| (member.id.as_str(), member.instance.map(InstanceId::as_str));
        let infos: Vec<_> = self.members.iter().map(info).collect();
        order::member_info_order(&infos)
    }

    /// Members in the order of their ids.
    pub(crate) fn member_id_order(&self) -> Vec<u32> {
        let ids: Vec<&str> = self.members.iter().map(|member| member.id.as_str()).collect();
        order::sorted_positions(&ids)
    }
}

/// What each member subscribes to.
fn subscriptions(joined: &[JoinedMember]) -> Result<Vec<&Subscription>, AssignError> {
    let unreadable = |member: &JoinedMember| AssignError::UnreadableSubscription { member: member.member_id.clone() };
    joined.iter().map(|member| member.metadata.subscription().ok_or_else(|| unreadable(member))).collect()
}

/// The topics by name, each name's topic, the number of all partitions.
type LiveTopics<'a> = (Vec<LiveTopic<'a>>, Vec<Option<u32>>, u32);

/// Looks the names up and numbers those that live.
fn live_topics<'a>(names: &[&'a TopicName], topics: &'a Topics) -> Result<LiveTopics<'a>, AssignError> {
    let mut found: Vec<(u32, &TopicName, &Topic)> = (0u32..)
        .zip(names)
        .filter_map(|(index, name)| topics.get_key_value(name).map(|(name, topic)| (index, name, topic)))
        .filter(|(_, _, topic)| topic.partitions > 0)
        .collect();
    found.sort_by(|(_, left, _), (_, right, _)| string_order(left.as_str(), right.as_str()));
    let partitions: u64 = found.iter().map(|(_, _, topic)| u64::from(topic.partitions.cast_unsigned())).sum();
    if partitions > u64::from(MAX_PARTITIONS) {
        return Err(AssignError::TooManyPartitions { partitions, limit: MAX_PARTITIONS });
    }
    let mut live = vec![None; names.len()];
    let mut numbered = Vec::with_capacity(found.len());
    let mut start = 0;
    for (number, (index, name, topic)) in (0u32..).zip(found) {
        live[index as usize] = Some(number);
        let partitions = topic.partitions.cast_unsigned();
        numbered.push(LiveTopic { name, start, partitions, racks: topic.racks.as_deref() });
        start += partitions;
    }
    Ok((numbered, live, start))
}

/// Gives every name met a number and every run of equal subscriptions one list.
#[derive(Default)]
struct Interner<'a> {
    names: Vec<&'a TopicName>,
    by_name: BTreeMap<&'a TopicName, u32>,
    cache: AddressCache,
    /// Name numbers, and how many members share the list.
    lists: Vec<(Vec<u32>, u32)>,
    last: Option<&'a [TopicName]>,
    /// Whether all lists are known to be the same.
    are_same: bool,
}

impl<'a> Interner<'a> {
    fn list(&mut self, topics: &'a [TopicName]) -> u32 {
        let is_last = |last: &[TopicName]| self.are_same || names::are_same(last, topics);
        if !self.last.is_some_and(is_last) {
            self.last = Some(topics);
            let list = topics.iter().map(|name| self.name(name)).collect();
            self.lists.push((list, 0));
        }
        let number = self.lists.len() - 1;
        self.lists[number].1 += 1;
        u32::try_from(number).expect("no more lists than members")
    }

    fn name(&mut self, name: &'a TopicName) -> u32 {
        if let Some(number) = self.cache.get(name) {
            return number;
        }
        let next = u32::try_from(self.names.len()).expect("fewer than 2^32 names");
        let number = *self.by_name.entry(name).or_insert(next);
        if number == next {
            self.names.push(name);
            self.cache.make_room_for(self.names.len());
        }
        self.cache.insert(name, number);
        number
    }

    /// Whether every subscription has as many topics as the first that is not empty, all of them among its topics.
    /// Members with an empty one before it go unnoticed, as in Kafka.
    fn are_equal(&self) -> bool {
        let Some(first) = self.lists.iter().position(|(list, _)| !list.is_empty()) else { return true };
        let mut reference = self.lists[first].0.clone();
        reference.sort_unstable();
        reference.dedup();
        let same = |list: &[u32]| {
            list.len() == reference.len() && list.iter().all(|name| reference.binary_search(name).is_ok())
        };
        let mut later = self.lists[first..].iter().enumerate();
        later.all(|(index, (list, members))| (index == 0 && *members == 1) || same(list))
    }
}
