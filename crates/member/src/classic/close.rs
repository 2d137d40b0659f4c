//! A clean stop: `KafkaConsumer.close()`.
//!
//! Source: `ClassicKafkaConsumer.close`, `ConsumerCoordinator.close`, `AbstractCoordinator.maybeLeaveGroup`. A
//! LeaveGroup that stands behind a waiting JoinGroup on the same connection is read by the broker only after that one's
//! answer; `close` waits for both. A member that commits by itself looks for its coordinator and sends its last commit
//! until it is accepted or refused for good; for all that, it has `request.timeout.ms`, [`CLOSE_TIMEOUT`] at most (the
//! time of the callback is not counted). LeaveGroup is sent once, and only if the coordinator is known then.

use protocol::{Generation, Partitions, SimDuration, SimTime};

use super::pending::{CommitReason, Purpose};
use super::{AppStep, ClassicMember, MemberState};
use crate::action::{Action, Observation};
use crate::closing::GroupMembershipOperation;
use crate::common::{Coordinator, LastCommit, Pending};
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
        self.close_deadline = cx.now + CLOSE_TIMEOUT.min(self.config.request_timeout);
        self.discovery_failures = 0;
        let commits = self.config.auto_commit && !self.owned.is_empty();
        self.step = AppStep::CloseCommit(LastCommit::due(if commits { cx.now } else { SimTime::NEVER }));
        if commits {
            self.find_coordinator(cx);
        }
    }

    /// Whether the last commit is answered for good, cannot be sent, or has been tried for long enough.
    pub(super) fn is_close_commit_over(&self, now: SimTime) -> bool {
        let AppStep::CloseCommit(last) = self.step else { return false };
        let is_sent = !last.is_to_be_sent();
        let is_refused = self.coordinator.node().is_some() && self.state != MemberState::Stable;
        let is_pending = self.pending.any(|purpose| matches!(purpose, Purpose::Commit { .. }));
        let is_over = (is_sent || is_refused) && !is_pending;
        // What is fatal ends the process, and nothing is closed.
        self.fatal.is_none() && (is_over || self.close_deadline <= now)
    }

    /// The last commit is sent, to a coordinator that must be known.
    pub(super) fn commit_on_close(&mut self, last: LastCommit, cx: &mut Context<'_>) {
        self.step = AppStep::CloseCommit(last.sent());
        self.send_commit(cx, CommitReason::Close);
    }

    /// The last commit has failed in a way that may pass: it is sent again after a backoff.
    pub(super) fn retry_close_commit(&mut self, cx: &mut Context<'_>) {
        if let AppStep::CloseCommit(last) = self.step {
            self.step = AppStep::CloseCommit(last.failed(&self.config, cx));
        }
    }

    /// When a close that waits for its last commit goes on: not before that can be sent.
    pub(super) fn close_commit_deadline(&self, last: LastCommit) -> SimTime {
        if self.may_commit() { last.due.min(self.close_deadline) } else { self.close_deadline }
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
        self.close_deadline = until + (self.close_deadline.max(cx.now) - cx.now);
        self.step = AppStep::CloseCallback { until };
    }

    pub(super) fn leave_on_close(&mut self, cx: &mut Context<'_>) {
        self.leave_group(self.closing_as, "the consumer is being closed", cx);
        self.state = MemberState::Unjoined;
        let give_up = if self.coordinator.node().is_some() { self.close_deadline } else { cx.now };
        self.step = AppStep::CloseLeave { give_up };
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
