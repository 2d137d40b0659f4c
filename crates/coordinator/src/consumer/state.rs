//! The states of a consumer group and of its members, under Kafka's names (`ConsumerGroupState`, `MemberState`).

use core::fmt;

/// Where a consumer group stands. It follows from its members and epochs; nothing waits for a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsumerGroupState {
    /// No members.
    Empty,
    /// The target assignment is older than the group: the next heartbeat that may do so computes a new one.
    Assigning,
    /// Some member has not reached the target assignment, or is away.
    Reconciling,
    /// Every member has what it is meant to have.
    Stable,
}

impl ConsumerGroupState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Assigning, Self::Reconciling, Self::Stable];

    /// Kafka's name, as ConsumerGroupDescribe gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Assigning => "Assigning",
            Self::Reconciling => "Reconciling",
            Self::Stable => "Stable",
        }
    }
}

impl fmt::Display for ConsumerGroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where a member stands on its way to its target assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum MemberState {
    /// It has what its epoch gives it.
    #[default]
    Stable,
    /// It has been told to give partitions up and has not said that it did.
    UnrevokedPartitions,
    /// Others have not given up yet what it is meant to get.
    UnreleasedPartitions,
}

impl MemberState {
    /// Kafka's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "STABLE",
            Self::UnrevokedPartitions => "UNREVOKED_PARTITIONS",
            Self::UnreleasedPartitions => "UNRELEASED_PARTITIONS",
        }
    }
}

impl fmt::Display for MemberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
