//! Heartbeats, the member's own view of its session, and `max.poll.interval.ms`.
//!
//! Source: `rd_kafka_cgrp_heartbeat`, `rd_kafka_cgrp_handle_Heartbeat`,
//! `rd_kafka_cgrp_max_poll_interval_check_tmr_cb`. The interval runs from send to send and is looked at in passes, so
//! a beat leaves with the first tick after it is due, or at once when the member comes back from a longer wait. A
//! join does not move it: members keep phases of their own. From beat to beat of an undisturbed member the ticks are
//! those of one timer.

use protocol::{ErrorCode, SimDuration, SimTime};

use super::LibrdkafkaMember;
use super::pass::is_past;
use super::pending::Purpose;
use super::state::JoinState;
use super::timers::Timer;
use crate::surroundings::Context;

/// When the member has last been heard of, and when it will be.
#[derive(Clone, Debug)]
pub(super) struct Heartbeat {
    /// The next beat leaves later than this; zero: at once.
    pub(super) due: SimTime,
    /// The tick with which it leaves, if nothing wakes the main thread before.
    pub(super) next: SimTime,
    /// Time from that beat to the one after it.
    pub(super) period: SimDuration,
    /// Beats sent since the process started; the driver draws a beat's latency by its number.
    pub(super) beats: u64,
    /// Whose tick that is.
    timer: Option<Timer>,
}

impl Heartbeat {
    pub(super) fn new() -> Self {
        Self { due: SimTime::ZERO, next: SimTime::ZERO, period: SimDuration::ZERO, beats: 0, timer: None }
    }
}

impl LibrdkafkaMember {
    pub(super) fn may_heartbeat(&self) -> bool {
        self.is_subscribed() && self.fatal.is_none() && !self.max_poll_exceeded && self.coordinator.node().is_some()
    }

    /// Whether a pass finds the interval over; of a held member, the driver takes care of that.
    pub(super) fn is_heartbeat_due(&self, now: SimTime) -> bool {
        let over = if self.is_routine_pass { self.heartbeat.next <= now } else { is_past(self.heartbeat.due, now) };
        over && !self.held
    }

    /// When the next heartbeat leaves if the member goes on as it is.
    pub(super) fn next_heartbeat(&self) -> SimTime {
        if self.modern.is_some() {
            return self.next_modern_heartbeat();
        }
        if self.join.has_heartbeats() && self.may_heartbeat() { self.heartbeat.next } else { SimTime::NEVER }
    }

    /// The interval has passed: sends a heartbeat, unless one is under way.
    pub(super) fn beat(&mut self, cx: &mut Context<'_>) {
        let with_a_tick = cx.now == self.heartbeat.next;
        self.heartbeat.due = cx.now + self.config.heartbeat_interval;
        match self.heartbeat.timer {
            Some(timer) if with_a_tick => self.heartbeat.next = timer.tick_after(self.heartbeat.due),
            _ => self.aim_heartbeat(),
        }
        if !self.pending.any(|purpose| purpose == Purpose::Heartbeat) {
            self.heartbeat.beats += 1;
            let request = self.membership.heartbeat();
            self.send_to_coordinator(cx, request, Purpose::Heartbeat);
        }
    }

    /// Finds the tick with which the next beat leaves.
    pub(super) fn aim_heartbeat(&mut self) {
        if self.modern.is_some() {
            return;
        }
        let (next, timer) = self.timers.tick_after(self.heartbeat.due);
        let ticks = self.config.heartbeat_interval.as_nanos() / timer.period.as_nanos().max(1) + 1;
        self.heartbeat.next = next;
        self.heartbeat.period = timer.period * ticks;
        self.heartbeat.timer = Some(timer);
    }

    pub(super) fn on_heartbeat(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        match error {
            ErrorCode::None => self.renew_session(cx.now),
            _ if !self.join.has_heartbeats() && !matches!(self.join, JoinState::WaitUnassign { .. }) => {}
            ErrorCode::RebalanceInProgress => {
                self.renew_session(cx.now);
                if !self.join.waits_for_call() {
                    self.group_is_rebalancing(cx);
                }
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => self.find_coordinator(cx),
            ErrorCode::UnknownMemberId => {
                self.forget_member_id();
                self.revoke_all_and_rejoin_unless_rebalancing(true, cx);
            }
            ErrorCode::IllegalGeneration => {
                self.forget_generation();
                self.revoke_all_and_rejoin_unless_rebalancing(true, cx);
            }
            ErrorCode::FencedInstanceId => self.fail(error, cx),
            _ => {}
        }
    }

    /// The coordinator has been heard of. An expired session stays expired until the next assignment.
    fn renew_session(&mut self, now: SimTime) {
        if self.session_deadline.is_some() {
            self.session_deadline = Some(now + self.config.session_timeout);
        }
    }

    /// When the member itself takes its session for expired: it looks only in `Steady`, and a held one is vouched for.
    pub(super) fn session_check(&self) -> SimTime {
        match self.session_deadline {
            Some(deadline) if matches!(self.join, JoinState::Steady) && !self.held => {
                self.timers.tick_after(deadline).0
            }
            _ => SimTime::NEVER,
        }
    }

    pub(super) fn session_timed_out(&mut self, cx: &mut Context<'_>) {
        self.session_deadline = None;
        self.forget_member_id();
        self.revoke_all_and_rejoin_unless_rebalancing(true, cx);
    }

    /// When the application has been away for too long; looked at every half second.
    pub(super) fn poll_deadline(&self) -> SimTime {
        match (self.away_since, self.timers.poll_check) {
            (Some(since), Some(timer)) if !self.closing => timer.tick_after(since + self.config.max_poll_interval),
            _ => SimTime::NEVER,
        }
    }

    /// `max.poll.interval.ms` has passed without a poll: leave at once (a static member only falls silent). The
    /// revocation waits for the application, and so does the next join.
    pub(super) fn poll_timeout(&mut self, cx: &mut Context<'_>) {
        self.timers.poll_check = None;
        self.max_poll_exceeded = true;
        if self.modern.is_some() {
            self.modern_poll_timeout();
            return;
        }
        if !self.config.is_static() {
            self.leave_group(cx);
        }
        self.forget_member_id();
        self.revoke_all_and_rejoin_unless_rebalancing(true, cx);
    }
}
