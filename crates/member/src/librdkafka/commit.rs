//! Committing positions: by interval, and of partitions that are given up.
//!
//! Source: `rd_kafka_cgrp_offset_commit_tmr_cb`, `rd_kafka_cgrp_op_handle_OffsetCommit`. The interval runs from the
//! creation of the consumer, and its ticks count only in `Steady`. Each commit of what was given up waits for a
//! coordinator that takes it (`rd_kafka_cgrp_defer_offset_commit`), `session.timeout.ms` at most; one that is refused
//! for now is sent twice more (`rd_kafka_handle_OffsetCommit_error`, `rd_kafka_buf_retry`). Left out: that the library
//! defers a commit only once, and repeats it twice before and after that; that it defers, too, one that is refused
//! with STALE_MEMBER_EPOCH; that a request repeated without that names the member as it was; that commits by interval
//! are repeated, too.

use alloc::vec::Vec;

use protocol::message::OffsetsToCommit;
use protocol::{ErrorCode, SimTime, TopicPartition};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::surroundings::{Context, Step};

/// How often a commit that is refused for now is sent again (`RD_KAFKA_REQUEST_DEFAULT_RETRIES`).
const RETRIES: u32 = 2;

/// Partitions given up whose positions are to be committed.
#[derive(Clone, Debug)]
pub(super) struct GivenUp {
    offsets: OffsetsToCommit,
    /// The number of the request, if it is under way.
    number: u64,
    /// How often it was refused for now.
    refusals: u32,
    /// The commit leaves then, or when there is a coordinator; never: it is under way.
    at: SimTime,
    /// It is not waited for longer.
    until: SimTime,
}

impl GivenUp {
    /// When it is sent, or waited for no longer.
    fn next_deadline(&self, has_coordinator: bool) -> SimTime {
        if has_coordinator || self.at == SimTime::NEVER { self.at } else { self.until }
    }
}

impl LibrdkafkaMember {
    /// Commits what has been given up: what comes next waits for that.
    pub(super) fn commit_given_up(&mut self, partitions: Vec<TopicPartition>, cx: &mut Context<'_>) {
        let offsets = cx.surroundings.positions(&partitions.into());
        let until = cx.now + self.config.session_timeout;
        self.assignment.given_up.push(GivenUp { offsets, number: 0, refusals: 0, at: cx.now, until });
        self.serve_given_up(cx);
    }

    /// Sends a commit of what was given up, or waits for it no longer; tells whether there was one.
    pub(super) fn serve_given_up(&mut self, cx: &mut Context<'_>) -> bool {
        let is_known = self.coordinator.node().is_some();
        let given_up = &mut self.assignment.given_up;
        let Some(place) = given_up.iter().position(|commit| commit.next_deadline(is_known) <= cx.now) else {
            return false;
        };
        if is_known {
            let number = self.commits;
            let commit = &mut given_up[place];
            (commit.at, commit.number) = (SimTime::NEVER, number);
            let offsets = commit.offsets.clone();
            self.send_commit(offsets, Some(number), cx);
        } else {
            given_up.remove(place);
        }
        true
    }

    /// When a commit of what was given up is sent, or waited for no longer.
    pub(super) fn given_up_deadline(&self) -> SimTime {
        let is_known = self.coordinator.node().is_some();
        let deadlines = self.assignment.given_up.iter().map(|commit| commit.next_deadline(is_known));
        deadlines.min().unwrap_or(SimTime::NEVER)
    }

    fn send_commit(&mut self, offsets: OffsetsToCommit, given_up: Option<u64>, cx: &mut Context<'_>) {
        let request = self.membership.offset_commit(offsets);
        self.commits += 1;
        self.assignment.commits += 1;
        self.send_to_coordinator(cx, request, Purpose::Commit { given_up });
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
            let offsets = cx.surroundings.positions(&self.assignment.read().into());
            self.send_commit(offsets, None, cx);
        }
    }

    pub(super) fn on_commit(&mut self, given_up: Option<u64>, error: ErrorCode, cx: &mut Context<'_>) {
        let is_over = match error {
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => false,
            ErrorCode::CoordinatorLoadInProgress | ErrorCode::UnknownTopicOrPartition | ErrorCode::RequestTimedOut => {
                self.is_refused_too_often(given_up)
            }
            _ => true,
        };
        self.commit_is_answered(given_up, is_over, cx);
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
            ErrorCode::RequestTimedOut => self.find_coordinator(cx),
            _ => {}
        }
    }

    /// Another refusal for now: whether the commit is not sent again.
    fn is_refused_too_often(&mut self, given_up: Option<u64>) -> bool {
        self.place_of(given_up).is_none_or(|place| {
            let refusals = &mut self.assignment.given_up[place].refusals;
            *refusals += 1;
            *refusals > RETRIES
        })
    }

    /// A commit is answered, or will not be: it is over, or sent again after a backoff that doubles with each refusal.
    pub(super) fn commit_is_answered(&mut self, given_up: Option<u64>, is_over: bool, cx: &mut Context<'_>) {
        self.assignment.commits = self.assignment.commits.saturating_sub(1);
        let Some(place) = self.place_of(given_up) else { return };
        let commit = &mut self.assignment.given_up[place];
        if is_over || commit.until <= cx.now {
            self.assignment.given_up.remove(place);
        } else {
            let backoff = self.config.exponential_backoff(commit.refusals.saturating_sub(1));
            commit.at = cx.after(Step::Backoff(backoff));
        }
    }

    /// Which of what was given up is being committed by the request of this number.
    fn place_of(&self, number: Option<u64>) -> Option<usize> {
        let is_this = |commit: &GivenUp| commit.at == SimTime::NEVER && Some(commit.number) == number;
        self.assignment.given_up.iter().position(is_this)
    }
}
