//! A member's way from what it has to what it is meant to have, one heartbeat at a time (`CurrentAssignmentBuilder`).
//!
//! Partitions go before partitions come, and what another member has or has yet to give up is not handed out.

use alloc::vec::Vec;
use assignor::server::target::TargetAssignment;
use protocol::TopicId;

use crate::consumer::event::ConsumerEvent;
use crate::consumer::group::ConsumerGroup;
use crate::consumer::member::{ConsumerMember, Owned};
use crate::consumer::partitions::{AssignedPartition, AssignedPartitions, owns_some};
use crate::consumer::record::{ConsumerRecord, CurrentAssignment};
use crate::consumer::state::MemberState;
use crate::consumer::timers::MemberTimer;
use crate::context::Context;
use crate::record::Record;
use crate::topics::Topics;

impl ConsumerGroup {
    /// Moves the member towards the target assignment of `epoch`. `changes`: its subscription has just changed.
    #[expect(clippy::too_many_arguments, reason = "each is another part of one heartbeat")]
    pub(super) fn reconcile(
        &mut self,
        member: &ConsumerMember,
        epoch: i32,
        target: &TargetAssignment,
        changes: bool,
        owned: Owned<'_>,
        records: &mut Vec<Record>,
        cx: &mut Context<'_>,
    ) -> ConsumerMember {
        let follows = cx.behaviour.follows_subscription;
        if !(changes && follows) && member.is_reconciled_to(epoch) {
            return member.clone();
        }
        let step = Step { group: self, member, epoch, target, owned, topics: cx.topics, follows };
        let updated = step.take(changes && follows);
        if updated.current == member.current {
            return updated;
        }
        let (id, value) = (updated.id.clone(), Some(updated.current.clone()));
        let event = ConsumerEvent::Reconciled { member: id.clone(), epoch: updated.epoch() };
        self.write(ConsumerRecord::Current { member: id, value }, records);
        cx.observe_consumer(&self.id, event);
        if !updated.uses_classic_protocol() {
            let timer = MemberTimer::Rebalance { epoch: updated.epoch() };
            if updated.current.state == MemberState::UnrevokedPartitions {
                self.arm(&updated.id, timer, updated.rebalance_timeout(), cx);
            } else {
                self.disarm(&updated.id, timer, cx);
            }
        }
        updated
    }
}

struct Step<'a> {
    group: &'a ConsumerGroup,
    member: &'a ConsumerMember,
    epoch: i32,
    target: &'a TargetAssignment,
    owned: Owned<'a>,
    topics: &'a Topics,
    /// Whether what the member subscribes to matters beside the target assignment.
    follows: bool,
}

impl Step<'_> {
    fn take(&self, changes: bool) -> ConsumerMember {
        let current = &self.member.current;
        match current.state {
            MemberState::Stable if current.epoch != self.epoch => self.next(current.epoch),
            MemberState::UnrevokedPartitions if !owns_some(self.owned, &current.revoking) => {
                self.next(current.epoch + i32::from(!self.follows))
            }
            MemberState::UnreleasedPartitions => self.next(current.epoch),
            MemberState::Stable | MemberState::UnrevokedPartitions if changes => self.trim(),
            MemberState::Stable | MemberState::UnrevokedPartitions => self.member.clone(),
        }
    }

    /// What the member no longer subscribes to is to be given up (`updateCurrentAssignment`).
    fn trim(&self) -> ConsumerMember {
        let current = &self.member.current;
        let subscribes_to_nothing = self.subscribes_to_nothing();
        let (kept, dropped) = current.assigned.split(|assigned| self.subscribes_to(assigned.topic));
        // Kafka compares the tables by identity: that of who never had a partition is the one that it would be given.
        let forgets_all = subscribes_to_nothing && current.revoking.is_empty() && *current != CurrentAssignment::NEW;
        if dropped.is_empty() && !forgets_all {
            return self.member.clone();
        }
        let revoking = current.revoking.with(dropped.as_slice().iter().copied());
        if !revoking.is_empty() && owns_some(self.owned, &revoking) {
            self.member.moved(MemberState::UnrevokedPartitions, current.epoch, kept, revoking)
        } else {
            self.member.moved(current.state, current.epoch, kept, current.revoking.clone())
        }
    }

    /// The next step towards the target assignment (`computeNextAssignment`). If it has to give something up, it stays
    /// `at` an epoch: its own, or in older versions the one after if it has just given something else up.
    fn next(&self, at: i32) -> ConsumerMember {
        let current = &self.member.current;
        let mut wanted: Vec<(TopicId, i32)> = Vec::with_capacity(self.target.len());
        for (topic, partitions) in self.target.iter().filter(|(topic, _)| self.subscribes_to(*topic)) {
            wanted.extend(partitions.iter().map(|&partition| (topic, partition)));
        }
        wanted.sort_unstable();
        let (kept, dropped) = current.assigned.split(|assigned| wanted.binary_search(&assigned.place()).is_ok());
        if !dropped.is_empty() && owns_some(self.owned, &dropped) {
            return self.member.moved(MemberState::UnrevokedPartitions, at, kept, dropped);
        }
        let mut is_blocked = false;
        let mut added = Vec::new();
        for (topic, partition) in wanted.into_iter().filter(|(topic, partition)| !kept.contains(*topic, *partition)) {
            let is_free =
                self.group.partition_epoch(topic, partition).is_none() || current.revoking.contains(topic, partition);
            is_blocked |= !is_free;
            added.extend(is_free.then_some(AssignedPartition { topic, partition, epoch: self.epoch }));
        }
        let state = if is_blocked { MemberState::UnreleasedPartitions } else { MemberState::Stable };
        let assigned = if added.is_empty() { kept } else { kept.with(added) };
        self.member.moved(state, self.epoch, assigned, AssignedPartitions::new())
    }

    fn subscribes_to(&self, topic: TopicId) -> bool {
        if !self.follows {
            return true;
        }
        let Some(name) = self.topics.name(topic) else { return false };
        let by_regex = || {
            let resolved = self.member.regex().and_then(|regex| self.group.resolved.get(regex));
            resolved.is_some_and(|resolved| resolved.topics.binary_search(name).is_ok())
        };
        self.member.subscribes_by_name(name) || by_regex()
    }

    fn subscribes_to_nothing(&self) -> bool {
        let resolved = self.member.regex().and_then(|regex| self.group.resolved.get(regex));
        self.member.told.topics.is_empty() && resolved.is_none_or(|resolved| resolved.topics.is_empty())
    }
}
