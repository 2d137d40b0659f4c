//! Where a member stands, in the words of the client's own log lines.

/// `org.apache.kafka.clients.consumer.internals.MemberState`, without PREPARE_LEAVING, which `close` passes through in
/// one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MembershipState {
    /// In no group: before the first `poll`, and after leaving.
    Unsubscribed,
    /// It sends heartbeats with epoch 0 until one is answered.
    Joining,
    /// It was given another assignment than the one it has.
    Reconciling,
    /// It has done what the assignment asks for and will say so at once.
    Acknowledging,
    /// It has what it was given.
    Stable,
    /// The coordinator knows it, or its epoch, no more: what it held is lost, then it joins again.
    Fenced,
    /// Its last heartbeat is about to leave.
    Leaving,
    /// It left because its application did not poll; the next `poll` joins again.
    Stale,
    /// An error that cannot be repaired.
    Fatal,
}

impl MembershipState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Unsubscribed,
        Self::Joining,
        Self::Reconciling,
        Self::Acknowledging,
        Self::Stable,
        Self::Fenced,
        Self::Leaving,
        Self::Stale,
        Self::Fatal,
    ];

    /// Whether it takes over assignments (`MemberState.canHandleNewAssignment`).
    pub(super) fn takes_assignments(self) -> bool {
        matches!(self, Self::Joining | Self::Reconciling | Self::Acknowledging | Self::Stable)
    }

    /// Whether it is not in the group, and sends no heartbeats (`isNotInGroup`, `shouldSkipHeartbeat`).
    pub(super) fn is_outside(self) -> bool {
        matches!(self, Self::Unsubscribed | Self::Fenced | Self::Fatal | Self::Stale)
    }

    /// Whether a heartbeat leaves without waiting for the interval (`AbstractMembershipManager.shouldHeartbeatNow`).
    pub(super) fn hurries(self) -> bool {
        matches!(self, Self::Joining | Self::Acknowledging | Self::Leaving)
    }
}
