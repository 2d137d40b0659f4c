//! The Kafka half: what is read, from where, and what is committed; librdkafka without a group.
//!
//! Source: librdkafka 1.0.1 under `assign()`: the whole assignment is replaced, the positions of the old one are
//! committed first, then OffsetFetch asks for the new ones, then fetching begins. Stored offsets are committed every
//! `auto.commit.interval.ms` by the library's own thread, whatever the application does. Commits carry generation −1
//! and no member: the coordinator takes them as long as nobody is in the Kafka group.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::{OffsetCommitResponse, OffsetFetchResponse, OffsetsToCommit};
use protocol::{ErrorCode, Partitions, SimDuration, SimTime, TopicPartition};

use super::{KafkaAsk, Plan, SlotMember};
use crate::action::{Action, Destination, Observation};
use crate::common::Coordinator;
use crate::common::partitions::offsets_of;
use crate::surroundings::{Context, Step};

/// A look-up of the coordinator that failed is repeated after this (`rd_kafka_cgrp_coord_query`); the first one fails
/// always, as no connection stands when the consumer is made.
const QUERY_AGAIN: Step = Step::Between { least: SimDuration::from_millis(500), most: SimDuration::from_millis(1_000) };

/// How far an assignment has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Nothing is assigned.
    Nothing,
    /// The positions of the assignment before it are being committed.
    CommitBefore,
    /// Positions are unknown and not asked for.
    Unknown { retry_at: SimTime },
    /// They are asked for.
    Asked,
    /// It is fetched.
    Fetching,
}

/// What is read and where.
#[derive(Clone, Debug)]
pub(super) struct Offsets {
    pub(super) coordinator: Coordinator,
    pub(super) owned: Partitions,
    pub(super) stage: Stage,
    /// Positions of partitions that are read no longer and perhaps not committed.
    left: OffsetsToCommit,
    committed: OffsetsToCommit,
    pub(super) next_commit: SimTime,
    pub(super) commits: u64,
    pub(super) in_flight: u32,
}

impl Offsets {
    pub(super) fn new() -> Self {
        Self {
            coordinator: Coordinator::Unknown,
            owned: Partitions::default(),
            stage: Stage::Nothing,
            left: OffsetsToCommit::default(),
            committed: OffsetsToCommit::default(),
            next_commit: SimTime::NEVER,
            commits: 0,
            in_flight: 0,
        }
    }

    pub(super) fn next_deadline(&self) -> SimTime {
        let retry = match self.stage {
            Stage::Unknown { retry_at } if self.coordinator.node().is_some() => retry_at,
            _ => SimTime::NEVER,
        };
        self.coordinator.next_deadline().min(self.next_commit).min(retry)
    }
}

impl SlotMember {
    /// The consumer object is made.
    pub(super) fn start_offsets(&mut self, cx: &mut Context<'_>) {
        self.offsets.coordinator = Coordinator::Backoff(cx.after(QUERY_AGAIN));
        if self.config.auto_commit {
            self.offsets.next_commit = cx.now + self.config.auto_commit_interval;
        }
    }

    /// Replaces the whole assignment by that of a plan.
    pub(super) fn assign(&mut self, partitions: Vec<TopicPartition>, plan: Arc<Plan>, cx: &mut Context<'_>) {
        let commits = self.commit(cx) || self.offsets.in_flight > 0;
        self.stop_reading(|partitions, generation| Observation::Revoked { partitions, generation }, cx);
        self.in_use = Some(plan);
        let total = partitions.len();
        self.offsets.owned = partitions.into();
        self.offsets.stage = match (total, commits) {
            (0, _) => Stage::Nothing,
            (_, true) => Stage::CommitBefore,
            (_, false) => Stage::Unknown { retry_at: cx.now },
        };
        let (partitions, generation) = (self.offsets.owned.clone(), self.generation());
        cx.out.push(Action::Observe(Observation::Assigned { partitions, generation, total }));
        self.fetch_offsets(cx);
    }

    /// Nothing is read any more. What was read and is not committed stays to be committed.
    pub(super) fn stop_reading(
        &mut self,
        how: fn(Partitions, protocol::Generation) -> Observation,
        cx: &mut Context<'_>,
    ) {
        if self.offsets.owned.is_empty() {
            return;
        }
        if self.offsets.stage == Stage::Fetching {
            self.offsets.left = cx.surroundings.positions(&self.offsets.owned);
        }
        let owned = core::mem::take(&mut self.offsets.owned);
        self.offsets.stage = Stage::Nothing;
        self.pending.forget(|ask| ask == KafkaAsk::OffsetFetch);
        cx.out.push(Action::Observe(how(owned, self.generation())));
    }

    /// Commits what is stored and not committed; whether there was anything.
    pub(super) fn commit(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(node) = self.offsets.coordinator.node().filter(|_| self.config.auto_commit) else { return false };
        let stored = match self.offsets.stage {
            Stage::Fetching => cx.surroundings.positions(&self.offsets.owned),
            _ => self.offsets.left.clone(),
        };
        if stored.is_empty() || stored == self.offsets.committed {
            return false;
        }
        self.offsets.committed = stored.clone();
        self.offsets.commits += 1;
        self.offsets.in_flight += 1;
        let request = self.membership.offset_commit(stored);
        let timeout = self.config.request_timeout;
        self.pending.send(cx, Destination::Coordinator(node), request, KafkaAsk::Commit, timeout);
        true
    }

    pub(super) fn on_commit(&mut self, answer: Option<&OffsetCommitResponse>, cx: &mut Context<'_>) {
        self.offsets.in_flight -= 1;
        if answer.is_none_or(|answer| !answer.error.is_none()) {
            // It is tried again with the next one.
            self.offsets.committed = OffsetsToCommit::default();
        }
        if self.offsets.in_flight > 0 {
            return;
        }
        if self.offsets.stage == Stage::CommitBefore {
            self.offsets.stage = Stage::Unknown { retry_at: cx.now };
            self.fetch_offsets(cx);
        }
        self.committed_last(cx);
    }

    fn fetch_offsets(&mut self, cx: &mut Context<'_>) {
        let Stage::Unknown { retry_at } = self.offsets.stage else { return };
        let Some(node) = self.offsets.coordinator.node().filter(|_| retry_at <= cx.now) else { return };
        self.offsets.stage = Stage::Asked;
        let request = self.membership.offset_fetch(self.offsets.owned.clone());
        let timeout = self.config.request_timeout;
        self.pending.send(cx, Destination::Coordinator(node), request, KafkaAsk::OffsetFetch, timeout);
    }

    pub(super) fn on_offset_fetch(&mut self, answer: Option<OffsetFetchResponse>, cx: &mut Context<'_>) {
        if self.offsets.stage != Stage::Asked {
            return;
        }
        let is_elsewhere = answer.as_ref().is_some_and(|answer| answer.error == ErrorCode::NotCoordinator);
        let Some(answer) = answer.filter(|answer| answer.error.is_none() && !answer.has_errors()) else {
            let retry_at = cx.after(Step::Backoff(self.config.retry_backoff));
            self.offsets.stage = Stage::Unknown { retry_at };
            if is_elsewhere {
                self.offsets.coordinator = Coordinator::Backoff(cx.after(QUERY_AGAIN));
            }
            return;
        };
        self.offsets.stage = Stage::Fetching;
        self.offsets.left = OffsetsToCommit::default();
        let partitions = self.offsets.owned.clone();
        let offsets = offsets_of(&partitions, answer);
        cx.out.push(Action::Observe(Observation::Fetching { partitions, offsets }));
    }

    pub(super) fn on_find_coordinator(&mut self, found: Option<protocol::BrokerId>, cx: &mut Context<'_>) {
        self.offsets.coordinator = match found {
            Some(node) => Coordinator::Known(node),
            None => Coordinator::Backoff(cx.after(QUERY_AGAIN)),
        };
        self.fetch_offsets(cx);
    }

    /// Does what is due of it.
    pub(super) fn on_offsets_deadline(&mut self, cx: &mut Context<'_>) {
        if self.offsets.coordinator.should_ask(cx.now) {
            self.offsets.coordinator = Coordinator::Asked;
            let request = self.membership.find_coordinator();
            let timeout = self.config.request_timeout;
            self.pending.send(cx, Destination::Bootstrap, request, KafkaAsk::FindCoordinator, timeout);
        }
        if self.offsets.next_commit <= cx.now {
            self.offsets.next_commit += self.config.auto_commit_interval;
            if self.offsets.in_flight == 0 {
                self.commit(cx);
            }
        }
        self.fetch_offsets(cx);
    }
}
