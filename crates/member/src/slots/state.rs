//! The states of a member, and what its loop is doing.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::SimTime;

use super::plan::Plan;

/// A member's state, under the published code's names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SlotState {
    /// Without a slot: it tries to get one, each second.
    New,
    /// It has a slot and waits for a plan that is newer than the one it has used.
    Joined,
    /// It has an assignment and has not polled.
    Assigned,
    /// It polls, turn after turn.
    Consuming,
    /// It ends: the slot is being freed.
    Stopping,
    /// The slot is free: the consumer and the session are being closed.
    Left,
    /// The loop has ended.
    Stopped,
}

impl SlotState {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::New, Self::Joined, Self::Assigned, Self::Consuming, Self::Stopping, Self::Left, Self::Stopped];
}

/// Why the plan is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// The process starts.
    Start,
    /// Thirty seconds have passed.
    Check,
}

/// What an [`super::SlotMember::ensure`] is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// The node of the plan.
    Plan,
    /// The node above the slots.
    Members,
}

/// What the loop is doing. Between turns it is doing nothing that takes time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    /// The session is being opened; given up then.
    Connecting { until: SimTime },
    /// Whether a node exists is asked; if not, it and those above it are made, the topmost first.
    Ensuring { wanted: Wanted, missing: Vec<Arc<str>> },
    /// The plan is read for the first time.
    ReadingPlan,
    /// Partitions are counted, topic by topic.
    Counting { look: Look, counted: BTreeMap<String, i32>, next: usize },
    /// A plan is written, or read again because another one was there.
    Writing { look: Look, plan: Arc<Plan>, counted: BTreeMap<String, i32> },
    /// A slot is tried.
    Creating { slot: u32 },
    /// A pause, and the slot that is tried after it; none: a turn.
    Pausing { until: SimTime, slot: Option<u32> },
    /// The next turn begins now.
    Turning,
    /// Turns follow each other at full speed and change nothing; the next input may.
    Spinning,
    /// A turn polls until then.
    Polling { until: SimTime },
    /// The slot is being freed.
    Deleting,
    /// Freeing the slot is tried again and again, for ever: somebody else has removed its node.
    Stuck,
    /// The last positions are being committed.
    Committing,
    /// The session is being closed.
    Closing,
    /// The loop has ended.
    Over,
}
