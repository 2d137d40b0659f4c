//! What a member must be told by its driver while it works: durations and positions.
//!
//! Entropy enters here and nowhere else: the member names the step, the driver says how long it takes this time.

use alloc::vec::Vec;

use protocol::message::OffsetsToCommit;
use protocol::{MemberId, Partitions, SimDuration, SimTime};

use crate::action::Action;

/// A step whose duration the member cannot know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// How much later than `heartbeat.interval.ms` the next heartbeats leave; drawn once a generation.
    HeartbeatSlip,
    /// From `at`, past or yet to come, until the fetch that is pending then is answered; none, if nothing is read.
    PendingFetch {
        /// When.
        at: SimTime,
        /// `fetch.max.wait.ms`: how long it waits for records at most.
        max_wait: SimDuration,
    },
    /// Time until the heartbeat thread's next pass, when nothing wakes it.
    HeartbeatThreadPass,
    /// The application's `onPartitionsRevoked` (also as the default of `onPartitionsLost`).
    RevokeCallback {
        /// How many partitions it is called with; at least 1.
        partitions: usize,
    },
    /// The application's `onPartitionsAssigned`.
    AssignCallback {
        /// How many partitions it is called with; at least 1.
        partitions: usize,
    },
    /// The leader's assignor.
    Assignor {
        /// Members of the group.
        members: usize,
        /// Partitions of its topics.
        partitions: usize,
    },
    /// How much later than asked for a repeating timer of the client fires, on average over many times.
    TimerLateness {
        /// Of so many ticks, one comes after the thread was awake for something else: what it still has to wait then
        /// is no whole number of milliseconds, and is rounded up.
        one_in: u32,
    },
    /// One thread of the client hands something to another, which has to wake up for it.
    ThreadWakeUp,
    /// From a request's departure until its answer is acted on, for clients that count an interval from the answer;
    /// drawn once for many (heartbeats: once a generation).
    RoundTrip,
    /// How much later the application acts on an answer that it does not block for: the loop of `poll` comes back to
    /// it.
    PollTurnaround,
    /// Time until the application, which has just passed through the loop of `poll` and found nothing new to fetch, is
    /// woken as if records had arrived; [`SimDuration::MAX`] if it is not.
    FalseAlarm,
    /// Time until the application's call of `poll` is over: records have arrived, or it has waited for long enough.
    PollCallOver {
        /// How long ago a call began, the last that the member knows of.
        since: SimDuration,
    },
    /// Ending fetch sessions and closing sockets.
    CloseConnections,
    /// A backoff of this length, before its jitter of ±20 %.
    Backoff(SimDuration),
    /// A length that the client draws evenly from a range of its own.
    Between {
        /// The shortest.
        least: SimDuration,
        /// The longest.
        most: SimDuration,
    },
    /// A turn of a loop that polls for one record after the other: until `time` has passed and the call it is in has
    /// returned, with a record or after `time` without one; or until it has `records`.
    PollTurn {
        /// How long a call waits, and for how long calls are begun.
        time: SimDuration,
        /// Most records.
        records: u64,
    },
}

/// What the driver knows and the member asks for.
pub trait Surroundings {
    /// How long `step` takes this time.
    fn duration(&mut self, step: Step) -> SimDuration;

    /// The positions of these partitions, for a commit; partitions without a position are left out.
    fn positions(&mut self, owned: &Partitions) -> OffsetsToCommit;

    /// A new member id, for members that make their own: 22 letters, a random UUID as Kafka's `Uuid` prints it.
    fn member_id(&mut self) -> MemberId;
}

/// What every input to a member comes with.
pub struct Context<'a> {
    /// The time.
    pub now: SimTime,
    /// Durations and positions.
    pub surroundings: &'a mut dyn Surroundings,
    /// Where actions go, in order.
    pub out: &'a mut Vec<Action>,
}

impl Context<'_> {
    /// The driver shall do this. It is made where it waits: to move it there would stall the processor, which has only
    /// just written it.
    #[inline]
    pub(crate) fn act(&mut self, action: impl FnOnce() -> Action) {
        self.out.extend(core::iter::once_with(action));
    }

    pub(crate) fn duration(&mut self, step: Step) -> SimDuration {
        self.surroundings.duration(step)
    }

    /// The time at which `step`, begun now, is over.
    pub(crate) fn after(&mut self, step: Step) -> SimTime {
        self.now + self.surroundings.duration(step)
    }
}
