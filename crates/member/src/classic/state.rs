//! `AbstractCoordinator.MemberState`: how far a member has come in its group, as the client sees it.

use core::fmt;

/// A member's state under the classic protocol.
///
/// | state | entered by | heartbeats | commits | left by |
/// |---|---|---|---|---|
/// | Unjoined | start; generation reset | no | fail locally | JoinGroup sent |
/// | PreparingRebalance | JoinGroup sent | no | fail locally | JoinGroup answered |
/// | CompletingRebalance | JoinGroup answered | yes, behind the SyncGroup | fail locally | SyncGroup answered |
/// | Stable | SyncGroup answered | yes | yes | the *next* JoinGroup sent |
///
/// A member that has noticed a rebalance stays Stable through its final commit and its revoke callback: it heartbeats,
/// may commit, and is held to `max.poll.interval.ms` until the JoinGroup leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberState {
    /// In no generation, nothing under way.
    Unjoined,
    /// JoinGroup sent, no answer yet.
    PreparingRebalance,
    /// Joined; SyncGroup not yet answered.
    CompletingRebalance,
    /// Has an assignment of the current generation.
    Stable,
}

impl fmt::Display for MemberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unjoined => "UNJOINED",
            Self::PreparingRebalance => "PREPARING_REBALANCE",
            Self::CompletingRebalance => "COMPLETING_REBALANCE",
            Self::Stable => "STABLE",
        })
    }
}
