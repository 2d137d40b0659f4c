//! What the member reads, and what must be settled before it goes on.
//!
//! Source: `rdkafka_assignment.c`. Partitions that are given up stop being fetched, and their positions are
//! committed; only when both is done, positions of new ones are asked for, and only when those are known, a
//! cooperative member rejoins. There is no validation of leader epochs: fetching begins with the answer.

use alloc::vec::Vec;

use protocol::message::OffsetFetchResponse;
use protocol::{ErrorCode, Partitions, SimTime, TopicPartition};

use super::LibrdkafkaMember;
use super::commit::GivenUp;
use super::pending::Purpose;
use super::state::JoinState;
use crate::action::{Action, Observation};
use crate::common::partitions::{difference, offsets_of, union};
use crate::surroundings::{Context, Step};

/// What the application has taken over.
#[derive(Clone, Debug, Default)]
pub(super) struct Assignment {
    /// All of it, sorted.
    pub(super) owned: Partitions,
    /// Where to read on is not known and not asked for yet, sorted.
    unknown: Vec<TopicPartition>,
    /// It has been asked for, sorted.
    queried: Vec<TopicPartition>,
    /// When OffsetFetch may be sent again, and how often it has failed.
    retry_at: SimTime,
    failures: u32,
    /// The fetchers of partitions given up have stopped then; zero: none is stopping.
    stopping_until: SimTime,
    /// Commits under way.
    pub(super) commits: u32,
    /// What was given up and is still to be committed, each time for itself.
    pub(super) given_up: Vec<GivenUp>,
}

impl Assignment {
    /// Whether something is being fetched.
    pub(super) fn is_reading(&self) -> bool {
        self.owned.len() > self.unknown.len() + self.queried.len()
    }

    /// Whether nothing of it is under way (`rd_kafka_assignment_in_progress`).
    pub(super) fn is_settled(&self) -> bool {
        self.has_only_routine() && self.commits == 0 && self.given_up.is_empty()
    }

    /// Whether nothing of it is under way but, possibly, an interval commit.
    pub(super) fn has_only_routine(&self) -> bool {
        self.unknown.is_empty() && self.queried.is_empty() && self.has_stopped()
    }

    /// Whether everything given up has stopped being fetched.
    fn has_stopped(&self) -> bool {
        self.stopping_until == SimTime::ZERO
    }

    pub(super) fn next_deadline(&self) -> SimTime {
        if !self.has_stopped() {
            self.stopping_until
        } else if self.retry_at != SimTime::ZERO && !self.unknown.is_empty() {
            self.retry_at
        } else {
            SimTime::NEVER
        }
    }

    /// Positions of what is fetched, sorted.
    pub(super) fn read(&self) -> Vec<TopicPartition> {
        difference(&difference(&self.owned, &self.unknown), &self.queried)
    }

    /// The application has taken these over.
    pub(super) fn add(&mut self, partitions: &[TopicPartition]) {
        self.owned = union(&self.owned, partitions).into();
        self.unknown = union(&self.unknown, partitions);
    }
}

impl LibrdkafkaMember {
    pub(super) fn give_up_all(&mut self, cx: &mut Context<'_>) {
        let all = self.assignment.owned.clone();
        self.give_up(&all, cx);
    }

    /// The application has given these up: their fetchers stop, their positions are committed.
    pub(super) fn give_up(&mut self, partitions: &[TopicPartition], cx: &mut Context<'_>) {
        let assignment = &mut self.assignment;
        let left = difference(&assignment.owned, partitions);
        let given_up = difference(&assignment.read(), &left);
        assignment.unknown = difference(&assignment.unknown, partitions);
        assignment.queried = difference(&assignment.queried, partitions);
        assignment.owned = left.into();
        if given_up.is_empty() {
            return;
        }
        // To the brokers' threads and back.
        assignment.stopping_until = cx.now + cx.duration(Step::ThreadWakeUp) + cx.duration(Step::ThreadWakeUp);
        if self.config.auto_commit {
            self.commit_given_up(given_up, cx);
        }
    }

    /// Goes on with what is under way (`rd_kafka_assignment_serve`); tells whether there was anything to do.
    pub(super) fn advance_assignment(&mut self, cx: &mut Context<'_>) -> bool {
        let assignment = &mut self.assignment;
        if !assignment.has_stopped() && assignment.stopping_until <= cx.now {
            assignment.stopping_until = SimTime::ZERO;
        }
        if assignment.retry_at <= cx.now {
            assignment.retry_at = SimTime::ZERO;
        }
        let commits = assignment.commits > 0 || !assignment.given_up.is_empty();
        if !assignment.has_stopped() || commits || !assignment.queried.is_empty() {
            return false;
        }
        if assignment.unknown.is_empty() {
            return self.assignment_is_settled(cx);
        }
        let ready = assignment.retry_at == SimTime::ZERO && self.coordinator.node().is_some();
        if ready {
            self.fetch_offsets(cx);
        }
        ready
    }

    /// Nothing of the assignment is under way: the join state may go on (`rd_kafka_cgrp_assignment_done`).
    fn assignment_is_settled(&mut self, cx: &mut Context<'_>) -> bool {
        match self.join {
            JoinState::WaitUnassign { incremental: false } => self.all_is_given_up(cx),
            JoinState::WaitUnassign { incremental: true } => self.part_is_given_up(cx),
            JoinState::Steady if self.rejoins => {
                self.rejoins = false;
                self.join_due = SimTime::ZERO;
                self.rejoin(cx);
            }
            _ => return self.acknowledge(),
        }
        true
    }

    fn all_is_given_up(&mut self, cx: &mut Context<'_>) {
        self.leave_if_wanted(cx);
        self.join_due = SimTime::ZERO;
        self.rejoin(cx);
    }

    fn part_is_given_up(&mut self, cx: &mut Context<'_>) {
        if self.terminating {
            self.join = JoinState::WaitUnassign { incremental: false };
            self.give_up_all(cx);
        } else if let Some(partitions) = self.to_assign.take() {
            self.rejoins = self.modern.is_none();
            self.queue_assign(partitions, true, cx);
        } else if self.rejoins {
            self.rejoins = false;
            self.join_due = SimTime::ZERO;
            self.rejoin(cx);
        } else {
            self.join = JoinState::Steady;
        }
    }

    fn fetch_offsets(&mut self, cx: &mut Context<'_>) {
        let assignment = &mut self.assignment;
        assignment.queried = core::mem::take(&mut assignment.unknown);
        let request = if self.modern.is_some() {
            self.membership.offset_fetch_as_member(&assignment.queried)
        } else {
            self.membership.offset_fetch(assignment.queried.as_slice().into())
        };
        self.send_to_coordinator(cx, request, Purpose::OffsetFetch);
    }

    pub(super) fn on_offset_fetch(&mut self, answer: OffsetFetchResponse, cx: &mut Context<'_>) {
        let unstable = answer.has_errors();
        match answer.error {
            ErrorCode::None if !unstable => {
                self.assignment.failures = 0;
                let partitions = core::mem::take(&mut self.assignment.queried);
                if !partitions.is_empty() {
                    let offsets = offsets_of(&partitions, answer);
                    cx.out.push(Action::Observe(Observation::Fetching { partitions: partitions.into(), offsets }));
                }
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.find_coordinator(cx);
                self.retry_offset_fetch(cx);
            }
            _ => self.retry_offset_fetch(cx),
        }
    }

    /// OffsetFetch is sent again after `retry.backoff.ms`, doubled each time (`rd_kafka_buf_retry`).
    pub(super) fn retry_offset_fetch(&mut self, cx: &mut Context<'_>) {
        let assignment = &mut self.assignment;
        assignment.unknown = union(&assignment.unknown, &assignment.queried);
        assignment.queried.clear();
        let backoff = self.config.retry_backoff * (1u64 << assignment.failures.min(20));
        assignment.failures += 1;
        assignment.retry_at = cx.after(Step::Backoff(backoff.min(self.config.retry_backoff_max)));
    }
}
