//! The run loop: pops what comes next, hands it to the model, until a time or until nothing is left.
//!
//! Contract: the loop adds nothing but the guard against an instant without end; whoever needs more between two
//! events (checks of invariants, progress) writes the loop with [`Queue::pop_until`] and [`InstantGuard`].

use crate::{Fired, Queue};

/// What is simulated: reacts to what happens by changing itself and scheduling more.
pub trait Model {
    /// The payload of its one-shot events.
    type Event;
    /// What can go wrong in it.
    type Error;

    /// Reacts to `fired` at `queue.now()`.
    ///
    /// # Errors
    /// Whatever ends the run.
    fn handle(&mut self, fired: Fired<Self::Event>, queue: &mut Queue<Self::Event>) -> Result<(), Self::Error>;
}

/// Why a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to happen.
    Idle,
    /// What comes next is later than the limit; it stays in the queue.
    Limit,
}

/// Why a run was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError<E, F> {
    /// The model failed.
    #[error(transparent)]
    Model(F),
    /// Time stands still: too much happened at one instant.
    #[error("time stands still at {at}: {limit} events happened there and there is one more, {culprit:?}")]
    ZeroTimeLoop {
        /// The instant.
        at: u64,
        /// How many events an instant may have.
        limit: u64,
        /// The event that was one too many; it was taken from the queue and not handled.
        culprit: Fired<E>,
    },
}

/// Counts what happens at one instant: two actors that answer each other without delay would never let time pass.
#[derive(Clone, Copy, Debug)]
pub struct InstantGuard {
    limit: u64,
    at: u64,
    count: u64,
}

impl InstantGuard {
    /// A guard that lets `limit` events happen at one time. A sound limit is some times what all actors together do
    /// at once.
    pub const fn new(limit: u64) -> Self {
        Self { limit, at: 0, count: 0 }
    }

    /// The limit.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Counts one more event at `at`; false if that is one too many.
    pub const fn admit(&mut self, at: u64) -> bool {
        if at != self.at {
            self.at = at;
            self.count = 0;
        }
        self.count += 1;
        self.count <= self.limit
    }
}

/// Runs until what comes next is later than `until`, or nothing is left. The clock stays at the last thing that
/// happened.
///
/// # Errors
/// The model's error, or [`RunError::ZeroTimeLoop`] if `guard` refuses.
pub fn run_until<M: Model>(
    model: &mut M,
    queue: &mut Queue<M::Event>,
    until: u64,
    guard: &mut InstantGuard,
) -> Result<Ended, RunError<M::Event, M::Error>> {
    while let Some((at, fired)) = queue.pop_until(until) {
        if !guard.admit(at) {
            return Err(RunError::ZeroTimeLoop { at, limit: guard.limit(), culprit: fired });
        }
        model.handle(fired, queue).map_err(RunError::Model)?;
    }
    Ok(if queue.is_empty() { Ended::Idle } else { Ended::Limit })
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;
    use crate::{InPast, NEVER};

    /// Throws a ball to and fro with `flight` in between, and notes when.
    struct Players {
        flight: u64,
        throws: u64,
        caught: Vec<(u64, &'static str)>,
    }

    impl Model for Players {
        type Event = &'static str;
        type Error = InPast<&'static str>;

        fn handle(&mut self, fired: Fired<&'static str>, queue: &mut Queue<&'static str>) -> Result<(), Self::Error> {
            let Fired::Event(player) = fired else { return Ok(()) };
            self.caught.push((queue.now(), player));
            self.throws -= 1;
            match self.throws {
                0 => Ok(()),
                13 => queue.schedule(queue.now() - 1, "unlucky"),
                _ => queue.schedule(queue.now() + self.flight, if player == "ping" { "pong" } else { "ping" }),
            }
        }
    }

    fn run(
        flight: u64,
        throws: u64,
        until: u64,
    ) -> (Result<Ended, RunError<&'static str, InPast<&'static str>>>, Players) {
        let mut players = Players { flight, throws, caught: Vec::new() };
        let mut queue = Queue::new();
        queue.schedule(5, "ping").unwrap();
        let ended = run_until(&mut players, &mut queue, until, &mut InstantGuard::new(100));
        (ended, players)
    }

    #[test]
    fn a_run_ends_when_nothing_is_left() {
        let (ended, players) = run(10, 3, NEVER);
        assert_eq!(ended, Ok(Ended::Idle));
        assert_eq!(players.caught, [(5, "ping"), (15, "pong"), (25, "ping")]);
    }

    #[test]
    fn a_run_ends_at_its_limit_which_is_still_reached() {
        let (ended, players) = run(10, 1_000, 25);
        assert_eq!(ended, Ok(Ended::Limit));
        assert_eq!(players.caught.len(), 3);
    }

    #[test]
    fn time_that_stands_still_is_an_error_that_names_the_culprit() {
        let (ended, players) = run(0, 1_000, NEVER);
        let expected = RunError::ZeroTimeLoop { at: 5, limit: 100, culprit: Fired::Event("ping") };
        assert_eq!(ended, Err(expected));
        assert_eq!(players.caught.len(), 100);
        let message = "time stands still at 5: 100 events happened there and there is one more, Event(\"ping\")";
        assert_eq!(format!("{}", ended.unwrap_err()), message);
    }

    #[test]
    fn the_guard_counts_each_instant_anew() {
        let (ended, players) = run(1, 10_000, 5_000);
        assert_eq!(ended, Ok(Ended::Limit));
        assert_eq!(players.caught.len(), 4_996);
    }

    #[test]
    fn an_error_of_the_model_ends_the_run() {
        let (ended, _) = run(10, 15, NEVER);
        assert_eq!(ended, Err(RunError::Model(InPast { what: "unlucky", at: 14, now: 15 })));
    }
}
