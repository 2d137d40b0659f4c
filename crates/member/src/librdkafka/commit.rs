//! Committing positions: by interval, and of partitions that are given up.
//!
//! Source: `rd_kafka_cgrp_offset_commit_tmr_cb`, `rd_kafka_cgrp_op_handle_OffsetCommit`. The interval runs from the
//! creation of the consumer, and its ticks count only in `Steady`. Left out: commits that wait for a coordinator.

use protocol::{ErrorCode, SimTime, TopicPartition};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::surroundings::Context;

impl LibrdkafkaMember {
    pub(super) fn send_commit(&mut self, partitions: &[TopicPartition], interval: bool, cx: &mut Context<'_>) {
        let request = self.membership.offset_commit(cx.surroundings.positions(&partitions.into()));
        self.commits += 1;
        self.assignment.commits += 1;
        self.send_to_coordinator(cx, request, Purpose::Commit { interval });
    }

    /// When positions are committed next if the member goes on as it is.
    pub(super) fn next_commit(&self) -> SimTime {
        if matches!(self.join, JoinState::Steady) && self.config.auto_commit && self.is_subscribed() {
            self.timers.commit.tick_after(self.commits_until)
        } else {
            SimTime::NEVER
        }
    }

    /// The interval has passed.
    pub(super) fn commit_if_due(&mut self, cx: &mut Context<'_>) {
        if self.next_commit() > cx.now {
            return;
        }
        self.commits_until = cx.now;
        if self.assignment.is_reading() && self.coordinator.node().is_some() {
            let partitions = self.assignment.read();
            self.send_commit(&partitions, true, cx);
        }
    }

    pub(super) fn on_commit(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        match error {
            ErrorCode::UnknownMemberId | ErrorCode::StaleMemberEpoch if self.modern.is_some() => self.expedite(),
            ErrorCode::UnknownMemberId => {
                self.forget_member_id();
                self.revoke_all_and_rejoin_unless_rebalancing(true, cx);
            }
            ErrorCode::IllegalGeneration if matches!(self.join, JoinState::Steady) && !self.rejoins => {
                self.forget_generation();
                self.revoke_all_and_rejoin_unless_rebalancing(true, cx);
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => self.find_coordinator(cx),
            _ => {}
        }
        self.commit_is_over(cx);
    }

    /// A commit is answered, or lost with its connection.
    pub(super) fn commit_is_over(&mut self, _cx: &mut Context<'_>) {
        self.assignment.commits = self.assignment.commits.saturating_sub(1);
    }
}
