//! Committing positions: by interval, and of partitions that are given up.
//!
//! Source: `rd_kafka_cgrp_offset_commit_tmr_cb`, `rd_kafka_cgrp_op_handle_OffsetCommit`. The interval runs from the
//! creation of the consumer, and its ticks count only in `Steady`. The commit of what was given up waits for a
//! coordinator that takes it (`rd_kafka_cgrp_defer_offset_commit`), `session.timeout.ms` at most. Left out: that the
//! library repeats it five times at most; that others wait, too.

use alloc::vec::Vec;

use protocol::{ErrorCode, SimTime, TopicPartition};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::surroundings::{Context, Step};

/// Partitions given up whose positions are to be committed.
#[derive(Clone, Debug)]
pub(super) struct GivenUp {
    partitions: Vec<TopicPartition>,
    /// The commit leaves then, or when there is a coordinator; never: it is under way.
    at: SimTime,
    /// It is not waited for longer.
    until: SimTime,
}

impl LibrdkafkaMember {
    /// Commits what has been given up: what comes next waits for that.
    pub(super) fn commit_given_up(&mut self, partitions: Vec<TopicPartition>, cx: &mut Context<'_>) {
        let until = cx.now + self.config.session_timeout;
        self.assignment.given_up = Some(GivenUp { partitions, at: cx.now, until });
        self.serve_given_up(cx);
    }

    /// Sends the commit of what was given up, or waits for it no longer; tells whether it did.
    pub(super) fn serve_given_up(&mut self, cx: &mut Context<'_>) -> bool {
        if self.given_up_deadline() > cx.now {
            return false;
        }
        match (&mut self.assignment.given_up, self.coordinator.node()) {
            (Some(given_up), Some(_)) => {
                given_up.at = SimTime::NEVER;
                let partitions = given_up.partitions.clone();
                self.send_commit(&partitions, false, cx);
            }
            (given_up, _) => *given_up = None,
        }
        true
    }

    /// When the commit of what was given up is sent, or waited for no longer.
    pub(super) fn given_up_deadline(&self) -> SimTime {
        match &self.assignment.given_up {
            None | Some(GivenUp { at: SimTime::NEVER, .. }) => SimTime::NEVER,
            Some(given_up) if self.coordinator.node().is_some() => given_up.at,
            Some(given_up) => given_up.until,
        }
    }

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

    pub(super) fn on_commit(&mut self, interval: bool, error: ErrorCode, cx: &mut Context<'_>) {
        let is_coordinator = !matches!(error, ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable);
        self.commit_is_over(interval, is_coordinator, cx);
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
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => self.coordinator_is_dead(cx),
            _ => {}
        }
    }

    /// A commit is answered by the coordinator, or not.
    pub(super) fn commit_is_over(&mut self, interval: bool, is_answered: bool, cx: &mut Context<'_>) {
        self.assignment.commits = self.assignment.commits.saturating_sub(1);
        if interval {
            return;
        }
        match &mut self.assignment.given_up {
            Some(given_up) if !is_answered && given_up.until > cx.now => {
                given_up.at = cx.after(Step::Backoff(self.config.retry_backoff));
            }
            given_up => *given_up = None,
        }
    }
}
