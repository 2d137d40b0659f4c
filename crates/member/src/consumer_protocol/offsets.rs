//! Where to read on: OffsetFetch for partitions that were added.
//!
//! Source: `OffsetsRequestManager.updateFetchPositions`, `CommitRequestManager.fetchOffsets`. Asked for in the pass
//! after the assigned callback has returned; failures are repeated without the application. The next pass has the
//! positions validated (or looks for the log's end or beginning), and the one after it fetches: an application with
//! nothing else to read waits out `poll`'s timeout in between. A partition that the client's metadata does not have yet
//! waits for a refresh.

use alloc::vec::Vec;

use protocol::message::OffsetFetchResponse;
use protocol::{ErrorCode, Offset, SimTime, TopicPartition};

use super::ConsumerProtocolMember;
use super::application::AppStep;
use super::pending::Purpose;
use crate::action::{Action, Disconnection, Observation};
use crate::common::partitions::{difference, offsets_of};
use crate::surroundings::{Context, Step};

/// Where reading goes on, as the coordinator said.
#[derive(Clone, Debug)]
pub(super) struct Located {
    partitions: Vec<TopicPartition>,
    offsets: Vec<Offset>,
    /// Whether a pass has asked the partitions' leaders about it.
    is_validated: bool,
}

impl ConsumerProtocolMember {
    /// Whether the client's metadata has this partition.
    pub(super) fn is_known(&self, partition: &TopicPartition) -> bool {
        self.topics.counts.get(&partition.topic).is_some_and(|count| partition.partition.0 < *count)
    }

    /// Whether its position can be asked for and has not been told.
    fn is_missing(&self, partition: &TopicPartition) -> bool {
        let is_told = |located: &Located| located.partitions.binary_search(partition).is_ok();
        self.is_known(partition) && !self.located.iter().any(is_told)
    }

    /// Whether a pass would ask for positions.
    pub(super) fn offsets_are_wanted(&self) -> bool {
        self.coordinator.node().is_some()
            && self.membership.generation.0 > 0
            && self.offset_retry == SimTime::NEVER
            && !self.pending.any(|purpose| purpose == Purpose::OffsetFetch)
            && self.without_position.iter().any(|partition| self.is_missing(partition))
    }

    /// Asks for what is missing.
    pub(super) fn fetch_offsets(&mut self, cx: &mut Context<'_>) {
        if !self.offsets_are_wanted() {
            return;
        }
        let partitions: Vec<_> =
            self.without_position.iter().filter(|partition| self.is_missing(partition)).cloned().collect();
        let request = self.membership.offset_fetch_as_member(&partitions);
        self.send_to_coordinator(cx, request, Purpose::OffsetFetch);
    }

    pub(super) fn on_offset_fetch(&mut self, answer: OffsetFetchResponse, cx: &mut Context<'_>) {
        let unstable = answer.has_errors();
        if matches!(answer.error, ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable) {
            self.coordinator_lost(Disconnection::Refused(answer.error), cx);
        }
        if unstable || !answer.error.is_none() {
            self.retry_offset_fetch(cx);
            return;
        }
        self.offset_fetch_failures = 0;
        // What was assigned since then is asked for in the next pass.
        let answered = |partition: &TopicPartition| answer.partitions.binary_search(partition).is_ok();
        let partitions: Vec<_> =
            self.without_position.iter().filter(|partition| answered(partition)).cloned().collect();
        if partitions.is_empty() {
            return;
        }
        let offsets = offsets_of(&partitions, answer);
        self.located.push(Located { partitions, offsets, is_validated: false });
        if self.inside_poll && matches!(self.step, AppStep::Free) {
            self.pass_within_call(SimTime::NEVER);
            self.last_pass = cx.now;
            self.found_nothing = true;
        }
    }

    /// A pass: positions are validated in one and fetched from in the next.
    pub(super) fn use_positions(&mut self, cx: &mut Context<'_>) {
        let (ready, located): (Vec<_>, Vec<_>) =
            core::mem::take(&mut self.located).into_iter().partition(|located| located.is_validated);
        self.located = located;
        for located in &mut self.located {
            located.is_validated = true;
            self.found_nothing = false;
        }
        for Located { partitions, offsets, .. } in ready {
            // Some may have been taken away since.
            let still = |partition: &TopicPartition| self.without_position.binary_search(partition).is_ok();
            let (partitions, offsets): (Vec<_>, Vec<_>) =
                partitions.into_iter().zip(offsets).filter(|(partition, _)| still(partition)).unzip();
            self.without_position = difference(&self.without_position, &partitions);
            if !partitions.is_empty() {
                cx.out.push(Action::Observe(Observation::Fetching { partitions: partitions.into(), offsets }));
            }
        }
    }

    /// Repeated with exponential backoff for as long as something is missing.
    pub(super) fn retry_offset_fetch(&mut self, cx: &mut Context<'_>) {
        let backoff = self.config.exponential_backoff(self.offset_fetch_failures);
        self.offset_fetch_failures += 1;
        self.offset_retry = cx.after(Step::Backoff(backoff));
    }
}
