//! After the exchange: `onJoinComplete`, and where to read on.
//!
//! Source: `ConsumerCoordinator.onJoinComplete`, `refreshCommittedOffsetsIfNeeded`.

use protocol::message::OffsetFetchResponse;
use protocol::{ErrorCode, Partitions, SimTime};

use super::pending::Purpose;
use super::{AppStep, ClassicMember, RejoinReason};
use crate::action::{Action, Disconnection, Observation};
use crate::common::partitions::{difference, joined, offsets_of, without};
use crate::surroundings::{Context, Step};

impl ClassicMember {
    /// The assignment is here. A cooperative member first gives up what it holds and was not given again.
    pub(super) fn complete(&mut self, assigned: Partitions, cx: &mut Context<'_>) {
        let revoked = difference(&self.owned, &assigned);
        let mut until = cx.now;
        if !revoked.is_empty() {
            until = cx.after(Step::RevokeCallback { partitions: revoked.len() });
            self.without_position = difference(&self.without_position, &revoked).into();
            self.owned = difference(&self.owned, &revoked).into();
            let (partitions, generation) = (revoked.into(), self.membership.generation);
            cx.act(|| Action::Observe(Observation::Revoked { partitions, generation }));
            self.request_rejoin(RejoinReason::NeedToRevoke);
            self.watch_callback(until, cx);
        }
        self.step = AppStep::CompleteRevoke { until, assigned };
    }

    /// Takes the assignment over and tells the application what was added, even if nothing was.
    pub(super) fn install(&mut self, assigned: Partitions, cx: &mut Context<'_>) {
        let added = without(&assigned, &self.owned);
        self.delivery_paused = false;
        self.next_commit =
            if self.config.auto_commit { cx.now + self.config.auto_commit_interval } else { SimTime::NEVER };
        self.without_position = joined(&self.without_position, &added);
        let until = if added.is_empty() { cx.now } else { cx.after(Step::AssignCallback { partitions: added.len() }) };
        let (generation, total) = (self.membership.generation, assigned.len());
        cx.act(|| Action::Observe(Observation::Assigned { partitions: added, generation, total }));
        self.owned = assigned;
        self.watch_callback(until, cx);
        self.step = AppStep::CompleteAssign { until };
    }

    pub(super) fn finish_rebalance(&mut self) {
        self.heartbeat.poll_deadline = SimTime::NEVER;
        self.needs_prepare = true;
        self.step = AppStep::Idle;
        self.rejoin_if_subscription_changed();
    }

    /// Asks where to read on; `poll` blocks on the answer.
    pub(super) fn fetch_offsets(&mut self, cx: &mut Context<'_>) {
        self.step = AppStep::FetchingOffsets { retry_at: SimTime::NEVER };
        if self.coordinator.node().is_none() {
            self.find_coordinator(cx);
            self.retry_offset_fetch_at(cx);
            return;
        }
        let request = self.membership.offset_fetch(self.without_position.clone());
        self.send_to_coordinator(cx, request, Purpose::OffsetFetch);
    }

    pub(super) fn on_offset_fetch(&mut self, answer: OffsetFetchResponse, cx: &mut Context<'_>) {
        let unstable = answer.has_errors();
        match answer.error {
            ErrorCode::None if !unstable => {
                let partitions = core::mem::take(&mut self.without_position);
                let offsets = offsets_of(&partitions, answer);
                cx.act(|| Action::Observe(Observation::Fetching { partitions, offsets }));
                if matches!(self.step, AppStep::FetchingOffsets { .. }) {
                    self.step = AppStep::Idle;
                }
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.coordinator_lost(Disconnection::Refused(answer.error), cx);
                self.retry_offset_fetch_at(cx);
            }
            _ => self.retry_offset_fetch_at(cx),
        }
    }

    /// The backoff does not grow: `fetchCommittedOffsets` counts failures within a call, and `poll` is over by then.
    fn retry_offset_fetch_at(&mut self, cx: &mut Context<'_>) {
        let backoff = self.config.retry_backoff;
        if matches!(self.step, AppStep::FetchingOffsets { .. }) {
            self.step = AppStep::FetchingOffsets { retry_at: cx.after(Step::Backoff(backoff)) };
        }
    }

    /// OffsetFetch was lost with its connection: `poll` comes back to it.
    pub(super) fn retry_offset_fetch(&mut self) {
        if matches!(self.step, AppStep::FetchingOffsets { .. }) {
            self.step = AppStep::Idle;
        }
    }
}
