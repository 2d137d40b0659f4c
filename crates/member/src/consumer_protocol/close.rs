//! A clean stop: `KafkaConsumer.close()`.
//!
//! Source: `AsyncKafkaConsumer.close`, `AbstractMembershipManager.leaveGroupOnClose`. Heartbeats go on while the
//! callback runs; then one last heartbeat says goodbye, is sent once, and its answer is waited for at most
//! [`CLOSE_TIMEOUT`].

use protocol::{SimDuration, SimTime};

use super::application::AppStep;
use super::pending::{CommitReason, Purpose};
use super::{ConsumerProtocolMember, MembershipState};
use crate::action::{Action, Observation};
use crate::closing::GroupMembershipOperation;
use crate::common::{Coordinator, Pending};
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
        self.send_final_commit(CommitReason::Close, cx);
        self.step = AppStep::CloseCommit;
    }

    pub(super) fn close_commit_pending(&self) -> bool {
        self.pending.any(|purpose| matches!(purpose, Purpose::Commit(_)))
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
        self.step = AppStep::CloseCallback { until };
    }

    pub(super) fn leave_on_close(&mut self, cx: &mut Context<'_>) {
        self.forget_assignments();
        if self.state.is_outside() {
            if self.state == MembershipState::Fenced {
                self.state = MembershipState::Unsubscribed;
            }
        } else {
            self.leave_under_way = true;
            self.prepare_last_heartbeat();
        }
        self.step = AppStep::CloseLeave { give_up: cx.now + CLOSE_TIMEOUT };
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
