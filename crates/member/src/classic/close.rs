//! A clean stop: `KafkaConsumer.close()`.
//!
//! Source: `ClassicKafkaConsumer.close`, `ConsumerCoordinator.close`, `AbstractCoordinator.maybeLeaveGroup`. A
//! LeaveGroup that stands behind a waiting JoinGroup on the same connection is read by the broker only after that
//! one's answer; `close` waits for both, at most [`CLOSE_TIMEOUT`].

use protocol::{Generation, Partitions, SimDuration, SimTime};

use super::pending::{CommitReason, Purpose};
use super::{AppStep, ClassicMember, MemberState};
use crate::action::{Action, Observation};
use crate::closing::GroupMembershipOperation;
use crate::common::{Coordinator, Pending};
use crate::surroundings::{Context, Step};

/// `ConsumerUtils.DEFAULT_CLOSE_TIMEOUT_MS`.
const CLOSE_TIMEOUT: SimDuration = SimDuration::from_secs(30);

impl ClassicMember {
    /// The application closes the consumer: at once, or when the callback that runs has returned.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        self.close_with(GroupMembershipOperation::Default, cx);
    }

    /// The same, with what shall become of the membership.
    pub fn close_with(&mut self, operation: GroupMembershipOperation, cx: &mut Context<'_>) {
        self.closing = true;
        self.closing_as = operation;
        self.heartbeat.poll_deadline = SimTime::NEVER;
        self.settle(cx);
    }

    /// Whether a close has begun.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    pub(super) fn begin_close(&mut self, cx: &mut Context<'_>) {
        self.next_commit = SimTime::NEVER;
        if self.config.auto_commit && self.may_commit() && !self.owned.is_empty() {
            self.send_commit(cx, CommitReason::Close);
        }
        self.step = AppStep::CloseCommit;
    }

    pub(super) fn close_commit_pending(&self) -> bool {
        self.pending.any(|purpose| matches!(purpose, Purpose::Commit { .. }))
    }

    /// From here on no heartbeats, however long the callback takes.
    pub(super) fn begin_close_callback(&mut self, cx: &mut Context<'_>) {
        self.heartbeat.disable();
        let mut until = cx.now;
        if !self.owned.is_empty() {
            let partitions = core::mem::take(&mut self.owned);
            self.without_position = Partitions::default();
            until = cx.after(Step::RevokeCallback { partitions: partitions.len() });
            let is_void = self.membership.generation == Generation::NONE
                || self.membership.member_id.is_empty()
                || matches!(self.state, MemberState::PreparingRebalance | MemberState::CompletingRebalance);
            let generation = self.membership.generation;
            cx.out.push(Action::Observe(if is_void {
                Observation::Lost { partitions, generation }
            } else {
                Observation::Revoked { partitions, generation }
            }));
        }
        self.step = AppStep::CloseCallback { until };
    }

    pub(super) fn leave_on_close(&mut self, cx: &mut Context<'_>) {
        self.leave_group(self.closing_as, "the consumer is being closed", cx);
        self.state = MemberState::Unjoined;
        self.step = AppStep::CloseLeave { give_up: cx.now + CLOSE_TIMEOUT };
    }

    pub(super) fn end_connections(&mut self, cx: &mut Context<'_>) {
        self.pending = Pending::default();
        self.step = AppStep::CloseConnections { until: cx.after(Step::CloseConnections) };
    }

    pub(super) fn finish_close(&mut self, cx: &mut Context<'_>) {
        self.coordinator = Coordinator::Unknown;
        self.refreshes.stop();
        self.heartbeat.next = SimTime::NEVER;
        self.step = AppStep::Ended;
        cx.out.push(Action::Observe(Observation::Closed));
    }
}
