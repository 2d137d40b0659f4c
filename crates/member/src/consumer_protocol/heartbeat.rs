//! Heartbeats: when one leaves, what it says, what its answer means.
//!
//! Source: `AbstractHeartbeatRequestManager`, `ConsumerHeartbeatRequestManager`, `HeartbeatRequestState`. The interval
//! is the coordinator's and runs from send to send, acknowledgements included, which so shift a member's beat. How
//! late the timer fires is drawn when the interval is learned, not once a beat: then the k-th beat's time is known
//! without the k−1 before it, and a quiet member costs nothing.

use protocol::message::ConsumerGroupHeartbeatResponse;
use protocol::{ErrorCode, Generation, MemberEpoch, SimDuration, SimTime};

use super::application::BackgroundEvent;
use super::pending::Purpose;
use super::{ConsumerProtocolMember, LocalAssignment, MembershipState};
use crate::action::Disconnection;
use crate::common::consumer_group::HeartbeatFields;
use crate::surroundings::{Context, Step};

/// The longest that the network thread waits before it looks again at what is due
/// (`ConsumerNetworkThread.MAX_POLL_TIMEOUT_MS`).
const MAX_POLL_TIMEOUT: SimDuration = SimDuration::from_millis(5_000);

/// The heartbeats' timers, and what the coordinator has been told.
#[derive(Clone, Debug)]
pub(super) struct Heartbeats {
    /// As the coordinator says; zero before it has said anything.
    interval: SimDuration,
    /// Time from beat to beat: the interval and the timer's lateness.
    pub(super) period: SimDuration,
    /// When the interval is over.
    pub(super) next: SimTime,
    /// When the network thread has looked last.
    looked: SimTime,
    /// Until when nothing but urgent heartbeats are sent after a failure.
    backoff_until: SimTime,
    pub(super) in_flight: bool,
    /// Failed heartbeats in a row.
    failures: u32,
    /// Beats sent since the process started; the driver draws a beat's latency by its number.
    pub(super) beats: u64,
    /// Whether the coordinator knows the topics, the rebalance timeout and the assignor.
    is_described: bool,
    /// Which assignment it was told that the member has; outer none: nothing was said.
    told: Option<Option<LocalAssignment>>,
}

impl Heartbeats {
    pub(super) fn new() -> Self {
        Self {
            interval: SimDuration::ZERO,
            period: SimDuration::ZERO,
            next: SimTime::ZERO,
            looked: SimTime::ZERO,
            backoff_until: SimTime::ZERO,
            in_flight: false,
            failures: 0,
            beats: 0,
            is_described: false,
            told: None,
        }
    }

    /// After any failure the next heartbeat says everything again.
    fn forget_what_was_said(&mut self) {
        self.is_described = false;
        self.told = None;
    }

    /// `RequestState.reset`: nothing is under way, no backoff.
    fn reset(&mut self) {
        self.in_flight = false;
        self.failures = 0;
        self.backoff_until = SimTime::ZERO;
    }
}

impl ConsumerProtocolMember {
    /// Sends a heartbeat if one is due (`AbstractHeartbeatRequestManager.poll`); tells whether anything changed.
    pub(super) fn heartbeat_step(&mut self, cx: &mut Context<'_>) -> bool {
        if self.coordinator.node().is_none() || self.state.is_outside() {
            let gives_up = self.state == MembershipState::Leaving;
            if gives_up {
                self.state = MembershipState::Unsubscribed;
                self.leave_under_way = false;
            }
            return gives_up;
        }
        self.heartbeat.looked = cx.now;
        let is_leaving = self.state == MembershipState::Leaving;
        if self.poll_deadline <= cx.now && !is_leaving {
            self.leave_without_polls(cx);
            return true;
        }
        let leaves_at_once = is_leaving && self.closing_as.leaves_consumer_group_at_once(self.config.is_static());
        let urgent = leaves_at_once || (self.state.hurries() && !self.heartbeat.in_flight);
        let due = !self.held && self.timer_deadline() <= cx.now;
        if urgent || due {
            self.send_heartbeat(Purpose::Heartbeat, cx);
        }
        urgent || due
    }

    /// When the interval, or the backoff, is over.
    fn timer_deadline(&self) -> SimTime {
        let heartbeat = &self.heartbeat;
        if heartbeat.in_flight { SimTime::NEVER } else { heartbeat.next.max(heartbeat.backoff_until) }
    }

    pub(super) fn heartbeat_deadline(&self) -> SimTime {
        if self.coordinator.node().is_none() || self.state.is_outside() {
            return SimTime::NEVER;
        }
        let timer = if self.held { SimTime::NEVER } else { self.timer_deadline() };
        timer.min(self.poll_timer_deadline())
    }

    /// When the network thread looks next at the time since the last poll. Nothing wakes it when that is too long: it
    /// looks when there is something to do, and some time after it has looked last.
    fn poll_timer_deadline(&self) -> SimTime {
        if !self.is_away() || self.state == MembershipState::Leaving {
            return SimTime::NEVER;
        }
        self.heartbeat.looked + MAX_POLL_TIMEOUT
    }

    fn send_heartbeat(&mut self, purpose: Purpose, cx: &mut Context<'_>) {
        let all = self.state == MembershipState::Joining;
        let describes = all || !self.heartbeat.is_described;
        let tells = all || self.heartbeat.told.as_ref() != Some(&self.current);
        let current = || self.current.as_ref().map_or_else(|| [].into(), |current| current.partitions.clone());
        let fields = HeartbeatFields {
            instance_id: true,
            rack_id: self.config.rack.clone().filter(|_| all),
            rebalance_timeout: describes.then(|| self.config.rebalance_timeout()),
            topics: describes,
            server_assignor: self.config.remote_assignor.clone().filter(|_| describes),
            owned: tells.then(current),
        };
        self.heartbeat.is_described = true;
        self.heartbeat.told = Some(self.current.clone());
        self.heartbeat.in_flight = true;
        self.heartbeat.beats += 1;
        self.heartbeat.next = cx.now + self.heartbeat.period;
        let request = self.membership.consumer_group_heartbeat(fields);
        self.send_to_coordinator(cx, request, purpose);
        self.heartbeat_generated();
    }

    /// `AbstractMembershipManager.onHeartbeatRequestGenerated`: states move when a request is made, not when it is
    /// answered.
    fn heartbeat_generated(&mut self) {
        match self.state {
            MembershipState::Acknowledging if self.current == self.target => self.state = MembershipState::Stable,
            MembershipState::Acknowledging => self.state = MembershipState::Reconciling,
            MembershipState::Leaving => self.state = MembershipState::Unsubscribed,
            _ => {}
        }
    }

    /// `max.poll.interval.ms` has passed without a poll, as the network thread sees when it looks: it leaves, and is
    /// stale until the application polls again.
    fn leave_without_polls(&mut self, cx: &mut Context<'_>) {
        self.poll_deadline = SimTime::NEVER;
        self.prepare_last_heartbeat();
        self.send_heartbeat(Purpose::LeaveHeartbeat, cx);
        self.heartbeat.reset();
        self.heartbeat.forget_what_was_said();
        self.state = MembershipState::Stale;
        self.rejoins_when_released = false;
        self.lose_everything(cx);
    }

    /// The next heartbeat says goodbye: for good, or for a while if the member is static.
    pub(super) fn prepare_last_heartbeat(&mut self) {
        let will_be_back = self.closing_as.will_be_back(self.config.is_static());
        let epoch = if will_be_back { MemberEpoch::LEAVE_STATIC } else { MemberEpoch::LEAVE };
        self.membership.generation = Generation(epoch.0);
        self.current = None;
        self.state = MembershipState::Leaving;
    }

    /// The answer to a heartbeat.
    pub(super) fn on_heartbeat(&mut self, answer: &ConsumerGroupHeartbeatResponse, cx: &mut Context<'_>) {
        if !answer.error.is_none() {
            self.heartbeat.forget_what_was_said();
            self.heartbeat_failed(cx);
            self.on_heartbeat_error(answer.error, cx);
            if self.state == MembershipState::Unsubscribed {
                self.leave_under_way = false;
            }
            return;
        }
        let interval = SimDuration::from_millis(u64::try_from(answer.heartbeat_interval_ms).unwrap_or(0));
        if interval != self.heartbeat.interval {
            self.heartbeat.interval = interval;
            self.heartbeat.period = interval + cx.duration(Step::TimerLateness { one_in: 1 });
            self.heartbeat.next = cx.now + self.heartbeat.period;
        }
        self.heartbeat.in_flight = false;
        self.heartbeat.failures = 0;
        // An application in `poll` does not wait while its consumer joins.
        if self.state == MembershipState::Joining && self.inside_poll {
            self.pass_within_call(cx.now);
        }
        self.on_heartbeat_success(answer);
    }

    /// `ConsumerMembershipManager.onHeartbeatSuccess`.
    fn on_heartbeat_success(&mut self, answer: &ConsumerGroupHeartbeatResponse) {
        let left = answer.member_epoch < MemberEpoch::JOIN;
        match self.state {
            MembershipState::Unsubscribed if left => self.leave_under_way = false,
            state if state == MembershipState::Leaving || state.is_outside() => {}
            _ if left => self.leave_under_way = false,
            state => {
                self.membership.generation = Generation(answer.member_epoch.0);
                if let (Some(assignment), true) = (&answer.assignment, state.takes_assignments()) {
                    self.take_assignment(assignment);
                }
            }
        }
    }

    /// What an error means, `AbstractHeartbeatRequestManager.onErrorResponse`.
    fn on_heartbeat_error(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        match error {
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                self.coordinator_lost(Disconnection::Refused(error), cx);
                self.heartbeat.reset();
            }
            ErrorCode::CoordinatorLoadInProgress => {}
            ErrorCode::FencedMemberEpoch | ErrorCode::UnknownMemberId => {
                self.fenced(cx);
                self.heartbeat.reset();
            }
            ErrorCode::GroupIdNotFound if self.state == MembershipState::Unsubscribed => {}
            fatal => self.fail_for_good(fatal, cx),
        }
    }

    /// The coordinator knows this member, or its epoch, no more (`transitionToFenced`).
    fn fenced(&mut self, cx: &mut Context<'_>) {
        if self.state == MembershipState::Leaving {
            self.state = MembershipState::Unsubscribed;
        } else if !self.state.is_outside() {
            self.state = MembershipState::Fenced;
            self.membership.generation = Generation(MemberEpoch::JOIN.0);
            self.lose_everything(cx);
        }
    }

    /// `transitionToFatal`: the application learns of it when it polls.
    fn fail_for_good(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        let was_leaving = matches!(self.state, MembershipState::Leaving | MembershipState::Unsubscribed);
        self.state = MembershipState::Fatal;
        self.leave_under_way = false;
        self.events.push_back(BackgroundEvent::Error(error));
        if !was_leaving {
            self.lose_everything(cx);
        }
    }

    /// A heartbeat was lost with its connection.
    pub(super) fn heartbeat_got_no_answer(&mut self, cx: &mut Context<'_>) {
        self.heartbeat.forget_what_was_said();
        self.heartbeat_failed(cx);
        if self.state == MembershipState::Unsubscribed {
            self.leave_under_way = false;
        }
    }

    /// The next one is due at once, but for the backoff.
    fn heartbeat_failed(&mut self, cx: &mut Context<'_>) {
        let backoff = self.config.exponential_backoff(self.heartbeat.failures);
        self.heartbeat.failures += 1;
        self.heartbeat.in_flight = false;
        self.heartbeat.next = cx.now;
        self.heartbeat.backoff_until = cx.after(Step::Backoff(backoff));
    }
}
