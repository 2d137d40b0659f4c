//! How records make a consumer group, and its coming and going with its coordinator (`replay`, `onLoaded`,
//! `onUnloaded`).

use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::{GroupId, MemberId};

use crate::consumer::event::ConsumerEvent;
use crate::consumer::group::ConsumerGroup;
use crate::consumer::history::Summary;
use crate::consumer::member::ConsumerMember;
use crate::consumer::record::{AssignmentEpoch, ConsumerRecord};
use crate::consumer::state::MemberState;
use crate::consumer::timers::MemberTimer;
use crate::context::Context;
use crate::groups::{Group, GroupKey, Groups};
use crate::observation::GroupEvent;

/// The epoch of a target assignment that was taken back, before its group goes.
const NO_EPOCH: i32 = -1;

/// Applies a record of a consumer group. One that makes something makes the group if need be.
pub(crate) fn replay(groups: &mut Groups, id: &GroupId, record: &ConsumerRecord, cx: &mut Context<'_>) {
    let key = match find(groups, id) {
        Found::Consumer(key) => key,
        Found::Nothing if !record.is_tombstone() => {
            cx.observe(id, GroupEvent::Created);
            let group = ConsumerGroup::new(id.clone(), cx.behaviour);
            groups.put(id.clone(), |_| Group::Consumer(Box::new(group)))
        }
        Found::Nothing | Found::Other => return,
    };
    if matches!(record, ConsumerRecord::Group { value: None }) {
        groups.remove(id);
        cx.observe(id, GroupEvent::Deleted);
        return;
    }
    groups.is_changing(key);
    if let Some(group) = groups.consumer_mut(key) {
        group.apply(record, cx);
        let summary = Summary { state: group.state(), epoch: group.epoch, assignment_epoch: group.assignment_epoch };
        group.history.note_summary(summary);
    }
}

enum Found {
    Consumer(GroupKey),
    /// No group, or one that only holds offsets and makes way.
    Nothing,
    /// A group of another protocol.
    Other,
}

fn find(groups: &Groups, id: &GroupId) -> Found {
    let Some(key) = groups.find(id) else { return Found::Nothing };
    match groups.get(key) {
        Some(Group::Consumer(_)) => Found::Consumer(key),
        Some(Group::Classic(group)) if group.is_simple() => Found::Nothing,
        Some(Group::Classic(_)) => Found::Other,
        None => Found::Nothing,
    }
}

/// After all records of an event: says so if the group's state has changed.
pub(crate) fn tell_state(groups: &mut Groups, id: &GroupId, cx: &mut Context<'_>) {
    let Some(group) = groups.find(id).and_then(|key| groups.consumer_mut(key)) else { return };
    let to = group.state();
    let from = core::mem::replace(&mut group.told_state, to);
    if from != to {
        cx.observe_consumer(id, ConsumerEvent::StateChanged { from, to });
    }
}

impl ConsumerRecord {
    fn is_tombstone(&self) -> bool {
        match self {
            Self::Member { value, .. } => value.is_none(),
            Self::Group { value } => value.is_none(),
            Self::Target { value, .. } => value.is_none(),
            Self::Assignment { value } => value.is_none(),
            Self::Current { value, .. } => value.is_none(),
            Self::Regex { value, .. } => value.is_none(),
        }
    }
}

impl ConsumerGroup {
    fn apply(&mut self, record: &ConsumerRecord, cx: &mut Context<'_>) {
        match record {
            ConsumerRecord::Member { member, value: Some(value) } => {
                self.put(ConsumerMember { told: value.clone(), ..self.member_or_new(member) }, cx);
            }
            ConsumerRecord::Member { member, value: None } => self.remove_member(member, cx),
            ConsumerRecord::Current { member, value: Some(value) } => {
                self.put(ConsumerMember { current: value.clone(), ..self.member_or_new(member) }, cx);
            }
            ConsumerRecord::Current { member, value: None } => {
                if let Some(stripped) = self.member(member).map(ConsumerMember::stripped) {
                    self.put(stripped, cx);
                }
            }
            ConsumerRecord::Target { member, value } => self.set_target(member, value.clone()),
            ConsumerRecord::Group { value } => {
                if let Some(value) = value {
                    (self.epoch, self.metadata_hash) = (value.epoch, value.metadata_hash);
                }
            }
            ConsumerRecord::Assignment { value } => {
                let none = AssignmentEpoch { epoch: NO_EPOCH, timestamp_ms: None };
                let AssignmentEpoch { epoch, timestamp_ms } = value.unwrap_or(none);
                self.set_assignment_epoch(epoch, timestamp_ms);
            }
            ConsumerRecord::Regex { regex, value } => self.set_resolved(regex, value.clone()),
        }
    }

    fn member_or_new(&self, id: &MemberId) -> ConsumerMember {
        self.member(id).cloned().unwrap_or_else(|| ConsumerMember::new(id.clone()))
    }

    /// Records that were written by a group never give one partition to two members; of others the later counts.
    fn put(&mut self, member: ConsumerMember, cx: &mut Context<'_>) {
        let _refused = self.update_member(member, cx);
    }

    /// Everything is read: every member has its full session timeout again, and its full rebalance timeout if it has to
    /// give something up.
    pub(crate) fn loaded(&mut self, cx: &mut Context<'_>) {
        cx.observe_consumer(&self.id, ConsumerEvent::Loaded { members: self.members.len() });
        self.told_state = self.state();
        let ids: Vec<MemberId> = self.members.iter().map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.arm(&id, MemberTimer::Session, cx.config.consumer_session_timeout(), cx);
            let Some(member) = self.member(&id) else { continue };
            if member.current.state == MemberState::UnrevokedPartitions {
                let (timer, length) = (MemberTimer::Rebalance { epoch: member.epoch() }, member.rebalance_timeout());
                self.arm(&id, timer, length, cx);
            }
        }
    }

    /// The coordinator gives the group away.
    pub(crate) fn unload(&self, cx: &mut Context<'_>) {
        cx.observe_consumer(&self.id, ConsumerEvent::Unloaded { epoch: self.epoch });
    }

    /// The records that take the group away (`createGroupTombstoneRecords`).
    pub(crate) fn tombstones(&self) -> Vec<crate::record::Record> {
        let mut records = Vec::new();
        let ids = || self.members.iter().map(|(id, _)| id.clone());
        ids().for_each(|member| self.write(ConsumerRecord::Current { member, value: None }, &mut records));
        ids().for_each(|member| self.write(ConsumerRecord::Target { member, value: None }, &mut records));
        self.write(ConsumerRecord::Assignment { value: None }, &mut records);
        ids().for_each(|member| self.write(ConsumerRecord::Member { member, value: None }, &mut records));
        for regex in self.resolved.keys() {
            self.write(ConsumerRecord::Regex { regex: regex.clone(), value: None }, &mut records);
        }
        self.write(ConsumerRecord::Group { value: None }, &mut records);
        records
    }
}
