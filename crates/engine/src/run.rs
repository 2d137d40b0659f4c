//! The run loop: pops what comes next, hands it to the model, until a time or until nothing is left.

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
    #[error("time stands still at {at}: more than {limit} events happened there, the next is {culprit:?}")]
    ZeroTimeLoop {
        /// The instant.
        at: u64,
        /// How many events an instant may have.
        limit: u64,
        /// The event that was one too many; it was not handled.
        culprit: Fired<E>,
    },
}

/// Counts what happens at one instant, for loops of one's own.
#[derive(Clone, Copy, Debug)]
pub struct InstantGuard {
    limit: u64,
    at: u64,
    count: u64,
}

impl InstantGuard {
    /// A guard that lets `limit` events happen at one time.
    pub const fn new(limit: u64) -> Self {
        Self { limit, at: 0, count: 0 }
    }

    /// The limit.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Counts one more event at `at`; false if that is one too many.
    pub fn admit(&mut self, at: u64) -> bool {
        if at != self.at {
            self.at = at;
            self.count = 0;
        }
        self.count += 1;
        self.count <= self.limit
    }
}

/// Runs until what comes next is later than `until`, or nothing is left. The clock stays at the last thing that happened.
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
