//! When the library's main thread wakes up by itself.
//!
//! Source: `rd_kafka_thread_main`, `rdkafka_timer.c`. The main thread sleeps until something is handed to it or until
//! its next timer; whatever it wakes for, it then looks at everything that may be due (a *pass*, see
//! [`super::pass`]). So a heartbeat or a join that becomes due between two timers waits for the later of them. A
//! timer is set again when it has fired, so each interval is longer than asked for by the time the thread needs to
//! wake up; that lateness is drawn once when a timer starts, which makes its n-th tick known without the n−1 before
//! it.

use protocol::{SimDuration, SimTime};

use crate::surroundings::{Context, Step};

/// `one_s_tmr`: looks after topics and connections.
const HOUSEKEEPING: SimDuration = SimDuration::from_millis(1_000);
/// `rkcg_max_poll_interval_tmr`: looks whether the application still polls.
const POLL_CHECK: SimDuration = SimDuration::from_millis(500);
/// Between two of its ticks in a row there is none of housekeeping: the thread waits for a whole half second.
const POLL_CHECKS_A_HOUSEKEEPING: u32 = 2;

/// A timer that repeats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Timer {
    first: SimTime,
    /// The interval asked for and the lateness.
    pub(super) period: SimDuration,
}

impl Timer {
    /// A timer that was set at `set`; of so many of its ticks, one follows a tick of another.
    fn start(set: SimTime, interval: SimDuration, one_in: u32, cx: &mut Context<'_>) -> Self {
        let period = interval + cx.duration(Step::TimerLateness { one_in });
        Self { first: set + period, period }
    }

    /// The first tick later than `time`.
    pub(super) fn tick_after(self, time: SimTime) -> SimTime {
        let period = self.period.as_nanos();
        if time == SimTime::NEVER || period == 0 {
            return SimTime::NEVER;
        }
        if time < self.first {
            return self.first;
        }
        let passed = (time - self.first).as_nanos() / period;
        SimTime::from_nanos(self.first.as_nanos().saturating_add((passed + 1).saturating_mul(period)))
    }
}

/// The timers of one consumer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timers {
    housekeeping: Timer,
    /// Runs from the first assignment on, and starts anew with each.
    pub(super) poll_check: Option<Timer>,
    /// `auto.commit.interval.ms`, from the creation of the consumer on.
    pub(super) commit: Timer,
    /// `topic.metadata.refresh.interval.ms`, from the creation of the consumer on.
    pub(super) refresh: Timer,
}

impl Timers {
    /// Before the consumer is created nothing ticks.
    pub(super) fn none() -> Self {
        let never = Timer { first: SimTime::NEVER, period: SimDuration::ZERO };
        Self { housekeeping: never, poll_check: None, commit: never, refresh: never }
    }

    /// Of a consumer that was `created` then: its main thread sets them before it does anything else.
    pub(super) fn start(
        created: SimTime,
        commit_interval: SimDuration,
        refresh_interval: SimDuration,
        cx: &mut Context<'_>,
    ) -> Self {
        Self {
            housekeeping: Timer::start(created, HOUSEKEEPING, 1, cx),
            poll_check: None,
            commit: Timer::start(created, commit_interval, 1, cx),
            refresh: Timer::start(created, refresh_interval, 1, cx),
        }
    }

    /// The application has taken an assignment over: from now on it is held to `max.poll.interval.ms`.
    pub(super) fn start_poll_check(&mut self, cx: &mut Context<'_>) {
        self.poll_check = Some(Timer::start(cx.now, POLL_CHECK, POLL_CHECKS_A_HOUSEKEEPING, cx));
    }

    /// The first tick later than `time`, and whose it is. The rare ticks of the other two timers are left out.
    pub(super) fn tick_after(&self, time: SimTime) -> (SimTime, Timer) {
        let housekeeping = (self.housekeeping.tick_after(time), self.housekeeping);
        match self.poll_check.map(|timer| (timer.tick_after(time), timer)) {
            Some(poll_check) if poll_check.0 <= housekeeping.0 => poll_check,
            _ => housekeeping,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_ticks_strictly_after_the_time_asked_for() {
        let timer = Timer { first: SimTime::from_millis(500), period: SimDuration::from_millis(501) };
        let tick = |millis| timer.tick_after(SimTime::from_millis(millis)).as_millis();
        assert_eq!([tick(0), tick(499), tick(500), tick(1_000), tick(1_001)], [500, 500, 1_001, 1_001, 1_502]);
        assert_eq!(timer.tick_after(SimTime::NEVER), SimTime::NEVER);
    }
}
