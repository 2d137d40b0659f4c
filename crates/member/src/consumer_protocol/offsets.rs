//! Where to read on: OffsetFetch for partitions that were added.
//!
//! Source: `OffsetsRequestManager.updateFetchPositions`, `CommitRequestManager.fetchOffsets`. Asked for in the pass
//! after the assigned callback has returned; failures are repeated without the application. A partition that the
//! client's metadata does not have yet waits for a refresh.

use alloc::vec::Vec;

use protocol::message::OffsetFetchResponse;
use protocol::{ErrorCode, SimTime, TopicPartition};

use super::ConsumerProtocolMember;
use super::pending::Purpose;
use crate::action::{Action, Observation};
use crate::common::partitions::offsets_of;
use crate::surroundings::{Context, Step};

impl ConsumerProtocolMember {
    /// Whether the client's metadata has this partition.
    pub(super) fn is_known(&self, partition: &TopicPartition) -> bool {
        self.topics.counts.get(&partition.topic).is_some_and(|count| partition.partition.0 < *count)
    }

    /// Whether a pass would ask for positions.
    pub(super) fn offsets_are_wanted(&self) -> bool {
        self.coordinator.node().is_some()
            && self.membership.generation.0 > 0
            && self.offset_retry == SimTime::NEVER
            && !self.pending.any(|purpose| purpose == Purpose::OffsetFetch)
            && self.without_position.iter().any(|partition| self.is_known(partition))
    }

    /// Asks for what is missing.
    pub(super) fn fetch_offsets(&mut self, cx: &mut Context<'_>) {
        if !self.offsets_are_wanted() {
            return;
        }
        let partitions: Vec<_> =
            self.without_position.iter().filter(|partition| self.is_known(partition)).cloned().collect();
        let request = self.membership.offset_fetch_as_member(&partitions);
        self.send_to_coordinator(cx, request, Purpose::OffsetFetch);
    }

    pub(super) fn on_offset_fetch(&mut self, answer: &OffsetFetchResponse, cx: &mut Context<'_>) {
        let unstable = answer.offsets.iter().any(|offset| !offset.error.is_none());
        if matches!(answer.error, ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable) {
            self.coordinator_lost(cx);
        }
        if unstable || !answer.error.is_none() {
            self.retry_offset_fetch(cx);
            return;
        }
        self.offset_fetch_failures = 0;
        // What was assigned since then is asked for in the next pass.
        let answered = |partition: &TopicPartition| {
            answer.offsets.binary_search_by(|offset| offset.partition.cmp(partition)).is_ok()
        };
        let (partitions, missing): (Vec<_>, Vec<_>) =
            core::mem::take(&mut self.without_position).into_iter().partition(answered);
        self.without_position = missing;
        if !partitions.is_empty() {
            let offsets = offsets_of(&partitions, answer);
            cx.out.push(Action::Observe(Observation::Fetching { partitions, offsets }));
        }
    }

    /// Repeated with exponential backoff for as long as something is missing.
    pub(super) fn retry_offset_fetch(&mut self, cx: &mut Context<'_>) {
        let backoff = self.exponential_backoff(self.offset_fetch_failures);
        self.offset_fetch_failures += 1;
        self.offset_retry = cx.after(Step::Backoff(backoff));
    }
}
