//! The heartbeat thread: what it sends, and what it does when a timer of its own runs out.
//!
//! Source: `AbstractCoordinator.HeartbeatThread`, `Heartbeat`. The thread is enabled by the JoinGroup answer, which
//! resets all its timers; so all members of a generation heartbeat in phase. The interval runs from send to send,
//! plus a slip. The slip is drawn once a generation instead of once a beat: then the k-th beat's time is known
//! without the k−1 before it, and a quiet member costs nothing. Left out: the thread's passes every 100 ms that find
//! nothing to do.

use protocol::{ErrorCode, SimDuration, SimTime};

use super::pending::Purpose;
use super::{ClassicMember, MemberState, RejoinReason};
use crate::action::Disconnection;
use crate::closing::GroupMembershipOperation;
use crate::common::Coordinator;
use crate::surroundings::{Context, Step};

/// The thread's timers.
#[derive(Clone, Debug)]
pub(super) struct HeartbeatThread {
    /// Whether the thread runs.
    pub(super) enabled: bool,
    /// When the next heartbeat leaves.
    pub(super) next: SimTime,
    /// Time from beat to beat: `heartbeat.interval.ms` and the slip.
    pub(super) period: SimDuration,
    /// When the member itself takes the coordinator for lost.
    pub(super) session_deadline: SimTime,
    /// When the thread gives the application up: set while the application is away from `poll`, never else.
    pub(super) poll_deadline: SimTime,
    /// Failed heartbeats in a row.
    pub(super) failures: u32,
    /// Beats sent since the process started; the driver draws a beat's latency by its number.
    pub(super) beats: u64,
}

impl HeartbeatThread {
    pub(super) fn new() -> Self {
        Self {
            enabled: false,
            next: SimTime::NEVER,
            period: SimDuration::ZERO,
            session_deadline: SimTime::NEVER,
            poll_deadline: SimTime::NEVER,
            failures: 0,
            beats: 0,
        }
    }

    pub(super) fn disable(&mut self) {
        self.enabled = false;
        self.next = SimTime::NEVER;
        self.session_deadline = SimTime::NEVER;
    }

    /// When the thread wants to act next, routine beats included only if `routine`. Without a coordinator it does
    /// nothing but look for one.
    pub(super) fn next_deadline(&self, routine: bool, coordinator: Coordinator) -> SimTime {
        if !self.enabled || coordinator.node().is_none() {
            return SimTime::NEVER;
        }
        let beat = if routine { self.next.min(self.session_deadline) } else { SimTime::NEVER };
        beat.min(self.poll_deadline)
    }
}

impl ClassicMember {
    /// The JoinGroup answer has been read: all timers start anew.
    pub(super) fn enable_heartbeats(&mut self, cx: &mut Context<'_>) {
        let thread = &mut self.heartbeat;
        thread.enabled = true;
        thread.failures = 0;
        thread.period = self.config.heartbeat_interval + cx.surroundings.duration(Step::HeartbeatSlip);
        thread.next = cx.now + thread.period;
        thread.session_deadline = cx.now + self.config.session_timeout;
    }

    /// The coordinator is found: the session starts anew, and a beat that fell due meanwhile leaves when the thread
    /// looks next.
    pub(super) fn resume_heartbeats(&mut self, cx: &mut Context<'_>) {
        if !self.heartbeat.enabled {
            return;
        }
        self.heartbeat.session_deadline = cx.now + self.config.session_timeout;
        if self.heartbeat.next <= cx.now {
            self.heartbeat.next = cx.after(Step::HeartbeatThreadPass);
        }
    }

    /// What is due of the thread's timers, in the order in which the thread looks at them.
    pub(super) fn heartbeat_thread_pass(&mut self, cx: &mut Context<'_>) {
        if !self.heartbeat.enabled || self.coordinator.node().is_none() {
            return;
        }
        if self.heartbeat.session_deadline <= cx.now {
            self.heartbeat.session_deadline = cx.now + self.config.session_timeout;
            self.coordinator_lost(Disconnection::SessionTimedOut, cx);
        } else if self.heartbeat.poll_deadline <= cx.now {
            self.poll_timeout(cx);
        } else if self.heartbeat.next <= cx.now {
            self.send_heartbeat(cx);
        }
    }

    fn send_heartbeat(&mut self, cx: &mut Context<'_>) {
        self.heartbeat.next = cx.now + self.heartbeat.period;
        self.heartbeat.beats += 1;
        let request = self.membership.heartbeat();
        self.send_to_coordinator(cx, request, Purpose::Heartbeat { generation: self.membership.generation });
    }

    /// `max.poll.interval.ms` has passed without a poll: leave (a static member only falls silent) and forget the
    /// group.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) {
        self.heartbeat.poll_deadline = SimTime::NEVER;
        if !matches!(self.state, MemberState::Stable | MemberState::CompletingRebalance) {
            return;
        }
        self.leave_group(GroupMembershipOperation::Default, "consumer poll timeout has expired.", cx);
        self.reset_generation(false);
        self.request_rejoin(RejoinReason::PollTimeout);
    }

    /// Sends LeaveGroup if this kind of member says goodbye and the coordinator would know it. Tells whether it did.
    pub(super) fn leave_group(
        &mut self,
        operation: GroupMembershipOperation,
        reason: &'static str,
        cx: &mut Context<'_>,
    ) -> bool {
        let leaves = operation.leaves_classic_group(self.config.is_static())
            && self.coordinator.node().is_some()
            && self.state != MemberState::Unjoined
            && !self.membership.member_id.is_empty();
        if leaves {
            let request = self.membership.leave_group(reason);
            self.send_to_coordinator(cx, request, Purpose::LeaveGroup);
        }
        leaves
    }

    /// The answer to a heartbeat sent in `generation`.
    pub(super) fn on_heartbeat(&mut self, generation: protocol::Generation, error: ErrorCode, cx: &mut Context<'_>) {
        if generation != self.membership.generation || !self.heartbeat.enabled {
            return;
        }
        match error {
            ErrorCode::None => self.heartbeat_succeeded(cx),
            ErrorCode::RebalanceInProgress => {
                self.heartbeat_succeeded(cx);
                if self.state == MemberState::Stable {
                    self.request_rejoin(RejoinReason::GroupIsRebalancing);
                }
            }
            ErrorCode::IllegalGeneration => {
                self.reset_generation(true);
                self.request_rejoin(RejoinReason::GenerationReset);
            }
            ErrorCode::UnknownMemberId => {
                self.reset_generation(false);
                self.request_rejoin(RejoinReason::GenerationReset);
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.heartbeat_failed(cx);
                self.coordinator_lost(Disconnection::Refused(error), cx);
            }
            ErrorCode::FencedInstanceId => {
                self.reset_generation(false);
                self.fatal = Some(error);
            }
            _ => self.fatal = Some(error),
        }
    }

    fn heartbeat_succeeded(&mut self, cx: &Context<'_>) {
        self.heartbeat.failures = 0;
        self.heartbeat.session_deadline = cx.now + self.config.session_timeout;
    }

    /// A heartbeat got no answer, or a refusal that leaves the membership as it is: the next one leaves after a backoff
    /// instead of an interval.
    pub(super) fn heartbeat_failed(&mut self, cx: &mut Context<'_>) {
        let backoff = self.config.exponential_backoff(self.heartbeat.failures);
        self.heartbeat.failures += 1;
        self.heartbeat.next = cx.after(Step::Backoff(backoff));
    }
}
