//! Heartbeats of a session.
//!
//! Source: `groupConsumer.heartbeat`. The interval begins with the session and then runs from each answer; a
//! cooperative member sends one more beat half a second after the session began, to notice soon that others have given
//! something up. A beat that fails is repeated until the session timeout is over, which ends the session: that is
//! looked at when an attempt fails, or a look-up of the coordinator that it waits for comes to nothing. While a beat is
//! under way, the loop looks at nothing else. How long that is, is drawn once a session for the grid of beats: then the
//! k-th beat's time is known without the k−1 before it.

use protocol::{ErrorCode, SimDuration, SimTime};

use super::attempts::Attempts;
use super::pending::Purpose;
use super::session::Cause;
use super::{FranzGoMember, Stage};
use crate::surroundings::{Context, Step};

/// When a cooperative member looks whether others rejoin.
const COOPERATIVE_FAST_CHECK: SimDuration = SimDuration::from_millis(500);

/// When beats leave.
#[derive(Clone, Debug)]
pub(super) struct Heartbeat {
    /// The next one of the regular ones.
    pub(super) next: SimTime,
    /// Time from beat to beat: the interval and the wait for the answer.
    pub(super) period: SimDuration,
    /// The extra one.
    pub(super) fast_check: SimTime,
    /// Beats sent since the process started; the driver draws a beat's latency by its number.
    pub(super) beats: u64,
    /// The beat under way.
    pub(super) attempts: Attempts,
}

impl Heartbeat {
    pub(super) fn new() -> Self {
        Self {
            next: SimTime::NEVER,
            period: SimDuration::ZERO,
            fast_check: SimTime::NEVER,
            beats: 0,
            attempts: Attempts::NONE,
        }
    }
}

impl FranzGoMember {
    /// A session begins; under the consumer protocol with a beat out of turn, at once or when what is lost has been
    /// given up.
    pub(super) fn begin_heartbeats(&mut self, is_giving_up: bool, cx: &mut Context<'_>) {
        let interval = self.interval();
        self.heartbeat.period = interval + cx.duration(Step::RoundTrip);
        self.heartbeat.next = cx.now + interval;
        self.heartbeat.fast_check = SimTime::NEVER;
        self.heartbeat.attempts = Attempts::NONE;
        if self.next_gen.is_none() && !self.is_eager() {
            self.heartbeat.fast_check = cx.now + COOPERATIVE_FAST_CHECK;
        } else if self.next_gen.is_some() && !is_giving_up {
            self.heartbeat.next = cx.now;
        }
    }

    pub(super) fn stop_heartbeats(&mut self) {
        self.heartbeat.next = SimTime::NEVER;
        self.heartbeat.fast_check = SimTime::NEVER;
        self.heartbeat.attempts = Attempts::NONE;
    }

    /// When the next beat leaves if nothing happens: none while one is under way, and none once the loop has ended.
    pub(super) fn next_heartbeat(&self) -> SimTime {
        let beats = |cause: Option<Cause>| self.next_gen.is_none() || cause.is_none();
        let goes_on = matches!(&self.stage, Stage::Session(session) if !session.is_broken() && beats(session.cause))
            && !self.closing;
        let Heartbeat { next, fast_check, attempts, .. } = self.heartbeat;
        if !goes_on || self.is_pending(Purpose::Heartbeat) {
            SimTime::NEVER
        } else if !attempts.is_under_way() {
            next.min(fast_check)
        } else if self.coordinator.node().is_some() {
            next
        } else {
            // The end of the look-up decides.
            SimTime::NEVER
        }
    }

    pub(super) fn beat_if_due(&mut self, cx: &mut Context<'_>) {
        if self.next_heartbeat() > cx.now {
            return;
        }
        self.heartbeat.attempts.begin(cx.now);
        self.heartbeat.next = cx.now + self.heartbeat.period;
        if self.heartbeat.fast_check <= cx.now {
            self.heartbeat.fast_check = SimTime::NEVER;
        }
        if self.coordinator.node().is_none() {
            self.heartbeat.next = cx.now;
            self.find_coordinator(cx);
            return;
        }
        if self.next_gen.is_some() {
            let is_giving_up = matches!(&self.stage, Stage::Session(session) if session.is_giving_up());
            self.next_gen_beat(is_giving_up, cx);
            return;
        }
        self.heartbeat.beats += 1;
        let request = self.membership.heartbeat();
        self.send_to_coordinator(cx, request, Purpose::Heartbeat);
    }

    pub(super) fn on_heartbeat(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        if self.heartbeat.next <= cx.now {
            self.heartbeat.next = cx.now + self.config.heartbeat_interval;
        }
        match error {
            _ if self.closing => {}
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::CoordinatorLoadInProgress => {
                self.coordinator_lost(cx);
                self.retry_heartbeat(error, cx);
                return;
            }
            ErrorCode::None => {}
            _ => {
                let Stage::Session(session) = &mut self.stage else {
                    unreachable!("heartbeats of a session that is over are forgotten");
                };
                if error == ErrorCode::RebalanceInProgress {
                    self.join_reason = "rejoining from normal rebalance";
                    session.end_with_revoke();
                } else {
                    session.cause = Some(Cause::Failed(error));
                }
            }
        }
        self.heartbeat.attempts = Attempts::NONE;
    }

    /// A heartbeat got no answer: it is sent again after a backoff, to whoever coordinates then. When the session
    /// timeout is over, the session is.
    pub(super) fn retry_heartbeat(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        if self.closing {
            self.heartbeat.attempts = Attempts::NONE;
            return;
        }
        self.find_coordinator(cx);
        let mut attempts = self.heartbeat.attempts;
        let next = self.next_attempt(&mut attempts, self.config.session_timeout, cx);
        self.heartbeat.attempts = attempts;
        match next {
            Some(next) => self.heartbeat.next = next,
            None => self.heartbeat_given_up(error),
        }
    }

    fn heartbeat_given_up(&mut self, error: ErrorCode) {
        self.heartbeat.attempts = Attempts::NONE;
        if let Stage::Session(session) = &mut self.stage {
            session.cause = Some(Cause::Failed(error));
        }
    }
}
