//! Timers: what moves all the time, and what the order knows of it.

use core::fmt;

use crate::NEVER;

/// The name of a timer of one [`Queue`](crate::Queue); never equal to the name of a timer that was removed before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl TimerId {
    /// A small number of its own among the timers that exist at one moment: an index for a table of owners. The
    /// numbers of removed timers are given out again.
    pub fn index(self) -> usize {
        self.index as usize
    }
}

impl fmt::Debug for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timer {}", self.index)?;
        if self.generation == 0 { Ok(()) } else { write!(f, " (reuse {})", self.generation) }
    }
}

/// A timer. Its deadline is the truth; its one entry in the order may lag behind.
///
/// The entry is never later than the deadline, so it surfaces in time to be put right: a timer that is moved later,
/// again and again, touches the order once per surfacing, not once per move. A disarmed timer keeps its entry until
/// it surfaces or the timer is armed again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer {
    /// When it fires; [`NEVER`] if it is disarmed.
    pub(crate) deadline: u64,
    /// The insertion number of the last arming.
    pub(crate) number: u64,
    /// The time of its entry in the order; [`Timer::NOT_QUEUED`] if it has none.
    pub(crate) queued: u64,
    /// Where in its bucket the entry is.
    pub(crate) slot: u32,
    /// How many timers had this index before.
    pub(crate) generation: u32,
}

impl Timer {
    /// Later than any deadline, so that "earlier than the entry" also says "there is no entry".
    pub(crate) const NOT_QUEUED: u64 = NEVER;

    /// A number that no entry has.
    pub(crate) const NO_NUMBER: u64 = u64::MAX;

    pub(crate) const fn new() -> Self {
        Self { deadline: NEVER, number: Self::NO_NUMBER, queued: Self::NOT_QUEUED, slot: 0, generation: 0 }
    }

    /// Takes the deadline away, leaving the entry stale.
    pub(crate) fn disarm(&mut self) {
        self.deadline = NEVER;
        self.number = Self::NO_NUMBER;
    }
}
