//! The states of a classic group and the ways between them, under Kafka's names.
//!
//! Source: `ClassicGroupState`; what a request is answered in each state is what the handlers do, which in places is
//! not what Kafka's comments on that enum say (a heartbeat in CompletingRebalance).

use core::fmt;

/// Where a classic group stands.
///
/// | state | JoinGroup | SyncGroup | Heartbeat | LeaveGroup | OffsetCommit | ways out |
/// |---|---|---|---|---|---|---|
/// | Empty | newcomers | UNKNOWN_MEMBER_ID | UNKNOWN_MEMBER_ID | UNKNOWN_MEMBER_ID | by nobody | a join; deletion |
/// | PreparingRebalance | parked | REBALANCE_IN_PROGRESS | REBALANCE_IN_PROGRESS | removes | by members | all joined, or time is up |
/// | CompletingRebalance | another rebalance, or as before | parked | NONE | another rebalance | REBALANCE_IN_PROGRESS | the assignment is durable; any change |
/// | Stable | a rebalance, or as before | the assignment | NONE | a rebalance | by members | any change |
/// | Dead | COORDINATOR_NOT_AVAILABLE, everywhere | | | | | none |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClassicGroupState {
    /// No members; offsets and pending ids may be left. A group that only stores offsets stays here for ever.
    Empty,
    /// A rebalance has begun: JoinGroup requests are parked until everybody has sent one or time is up. The
    /// generation is still the old one, and commits with it are accepted.
    PreparingRebalance,
    /// A new generation has begun: SyncGroup requests are parked until the leader's assignment is durable.
    CompletingRebalance,
    /// Everybody can ask for its assignment.
    Stable,
    /// The coordinator has given the group away; whoever still holds it does nothing any more.
    Dead,
}

use ClassicGroupState::{CompletingRebalance, Dead, Empty, PreparingRebalance, Stable};

impl ClassicGroupState {
    /// All states.
    pub const ALL: [Self; 5] = [Empty, PreparingRebalance, CompletingRebalance, Stable, Dead];

    /// Kafka's name, as DescribeGroups gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Empty => "Empty",
            PreparingRebalance => "PreparingRebalance",
            CompletingRebalance => "CompletingRebalance",
            Stable => "Stable",
            Dead => "Dead",
        }
    }

    /// The states from which this one may be entered.
    pub const fn valid_previous_states(self) -> &'static [Self] {
        match self {
            Empty => &[PreparingRebalance],
            PreparingRebalance => &[Stable, CompletingRebalance, Empty],
            CompletingRebalance => &[PreparingRebalance],
            Stable => &[CompletingRebalance],
            Dead => &Self::ALL,
        }
    }

    /// Whether a rebalance may begin here.
    pub(crate) fn can_rebalance(self) -> bool {
        PreparingRebalance.valid_previous_states().contains(&self)
    }
}

impl fmt::Display for ClassicGroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
