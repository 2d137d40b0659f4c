//! The steps between events: what only who follows is told ([`crate::Observer::follows`]).
//!
//! Contract: steps add to events and never replace one; a recording knows none.

use protocol::{Generation, TopicPartition};

use crate::MemberIndex;
use crate::story::{Cause, Phase};

/// A step of a member or of the coordinator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// From now on the member is in this phase.
    Entered {
        /// Who.
        member: MemberIndex,
        /// What it does.
        phase: Phase,
    },
    /// What makes the group rebalance: told just before [`crate::Event::Rebalancing`] or [`crate::Event::GroupEpoch`],
    /// if it does.
    Triggered {
        /// What happened.
        cause: Cause,
        /// To whom.
        member: Option<MemberIndex>,
        /// The same in a few words.
        words: &'a str,
    },
    /// Classic: a JoinGroup of this member has reached the coordinator.
    JoinReceived {
        /// Who joins.
        member: MemberIndex,
    },
    /// Classic: the coordinator waits for this member no longer.
    Overdue {
        /// Who did not join in time.
        member: MemberIndex,
    },
    /// Classic: the leader's assignment is stored, and everybody is told.
    Completed,
    /// Classic: the last member has gone while a rebalance was being prepared.
    Emptied,
    /// Consumer protocol: the coordinator knows that the member is at this epoch.
    Reconciled {
        /// Who.
        member: MemberIndex,
        /// Its epoch.
        epoch: Generation,
    },
    /// Consumer protocol: every member has what the target assignment gives it.
    Converged,
    /// Somebody logs a line; told only to who reads logs ([`crate::Observer::reads_logs`]).
    Logged {
        /// Whose log; none: the coordinator's.
        member: Option<MemberIndex>,
        /// The line, without its time.
        line: &'a str,
    },
    /// The member reads this partition on, or begins to.
    Resumed {
        /// Who.
        member: MemberIndex,
        /// Which.
        partition: &'a TopicPartition,
        /// How many records wait in it.
        waiting: u64,
    },
}

impl Step<'_> {
    /// The member whose step it is, or who is behind it.
    pub const fn member(&self) -> Option<MemberIndex> {
        match *self {
            Self::Entered { member, .. }
            | Self::JoinReceived { member }
            | Self::Overdue { member }
            | Self::Reconciled { member, .. }
            | Self::Resumed { member, .. } => Some(member),
            Self::Triggered { member, .. } | Self::Logged { member, .. } => member,
            Self::Completed | Self::Emptied | Self::Converged => None,
        }
    }
}
