//! A clean stop: `KafkaConsumer.close()`.
//!
//! Source: `AsyncKafkaConsumer.close`, `AbstractMembershipManager.leaveGroupOnClose`. A member that commits by itself
//! looks for its coordinator and sends its last commit until it is accepted or refused for good; from then on it looks
//! for no coordinator. Heartbeats go on while the callback runs; then one last heartbeat says goodbye, is sent once,
//! and its answer is waited for. For all that there is `request.timeout.ms`, [`CLOSE_TIMEOUT`] at most; the time of the
//! callback is not counted.

use protocol::{SimDuration, SimTime};

use super::application::AppStep;
use super::pending::{CommitReason, Purpose};
use super::{ConsumerProtocolMember, MembershipState};
use crate::action::{Action, Observation};
use crate::closing::GroupMembershipOperation;
use crate::common::{Coordinator, LastCommit, Pending};
use crate::surroundings::{Context, Step};

/// `ConsumerUtils.DEFAULT_CLOSE_TIMEOUT_MS`.
const CLOSE_TIMEOUT: SimDuration = SimDuration::from_secs(30);

impl ConsumerProtocolMember {
    /// The application closes the consumer: at once, or when the callback that runs has returned.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        self.close_with(GroupMembershipOperation::Default, cx);
    }

    /// The same, with what shall become of the membership.
    pub fn close_with(&mut self, operation: GroupMembershipOperation, cx: &mut Context<'_>) {
        self.closing = true;
        self.closing_as = operation;
        self.poll_deadline = SimTime::NEVER;
        self.settle(cx);
    }

    /// Whether a close has begun.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    pub(super) fn begin_close(&mut self, cx: &mut Context<'_>) {
        self.next_commit = SimTime::NEVER;
        self.taken.clear();
        self.close_deadline = cx.now + CLOSE_TIMEOUT.min(self.config.request_timeout);
        let commits = self.has_something_to_record();
        self.step = AppStep::CloseCommit(LastCommit::due(if commits { cx.now } else { SimTime::NEVER }));
    }

    /// Whether the last commit is answered for good, cannot be sent, or has been tried for long enough.
    pub(super) fn is_close_commit_over(&self, now: SimTime) -> bool {
        let AppStep::CloseCommit(last) = self.step else { return false };
        let waits = last.is_to_be_sent() && self.has_something_to_record();
        let is_pending = self.pending.any(|purpose| matches!(purpose, Purpose::Commit(_)));
        !(waits || is_pending) || self.close_deadline <= now
    }

    /// The last commit is sent, to a coordinator that must be known.
    pub(super) fn commit_on_close(&mut self, last: LastCommit, cx: &mut Context<'_>) {
        self.step = AppStep::CloseCommit(last.sent());
        self.send_final_commit(CommitReason::Close, cx);
    }

    /// The last commit has failed in a way that may pass: it is sent again after a backoff.
    pub(super) fn retry_close_commit(&mut self, cx: &mut Context<'_>) {
        if let AppStep::CloseCommit(last) = self.step {
            self.step = AppStep::CloseCommit(last.failed(&self.config, cx));
        }
    }

    /// When a close that waits for its last commit goes on: without a coordinator not before one is found.
    pub(super) fn close_commit_deadline(&self, last: LastCommit) -> SimTime {
        if self.coordinator.node().is_some() { last.due.min(self.close_deadline) } else { self.close_deadline }
    }

    /// A consumer that is being closed looks for its coordinator only while it has its last commit to send
    /// (`stopFindCoordinatorOnClose`).
    pub(super) fn looks_no_more(&self) -> bool {
        use AppStep::{CloseCallback, CloseConnections, CloseLeave, Ended};
        matches!(self.step, CloseCallback { .. } | CloseLeave { .. } | CloseConnections { .. } | Ended)
    }

    pub(super) fn begin_close_callback(&mut self, cx: &mut Context<'_>) {
        let mut until = cx.now;
        if !self.owned.is_empty() {
            let partitions = core::mem::take(&mut self.owned);
            self.without_position.clear();
            until = cx.after(Step::RevokeCallback { partitions: partitions.len() });
            let generation = self.membership.generation;
            cx.out.push(Action::Observe(if generation.0 > 0 {
                Observation::Revoked { partitions, generation }
            } else {
                Observation::Lost { partitions, generation }
            }));
        }
        self.close_deadline = until + (self.close_deadline.max(cx.now) - cx.now);
        self.step = AppStep::CloseCallback { until };
    }

    pub(super) fn leave_on_close(&mut self) {
        self.forget_assignments();
        if self.state.is_outside() {
            if self.state == MembershipState::Fenced {
                self.state = MembershipState::Unsubscribed;
            }
        } else {
            self.leave_under_way = true;
            self.prepare_last_heartbeat();
        }
        self.step = AppStep::CloseLeave { give_up: self.close_deadline };
    }

    pub(super) fn end_connections(&mut self, cx: &mut Context<'_>) {
        self.pending = Pending::default();
        self.step = AppStep::CloseConnections { until: cx.after(Step::CloseConnections) };
    }

    pub(super) fn finish_close(&mut self, cx: &mut Context<'_>) {
        self.coordinator = Coordinator::Unknown;
        self.refreshes.stop();
        self.step = AppStep::Ended;
        cx.out.push(Action::Observe(Observation::Closed));
    }
}
