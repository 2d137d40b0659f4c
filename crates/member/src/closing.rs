//! What becomes of the membership when a consumer is closed.

/// What a closing consumer does about its membership (`CloseOptions.GroupMembershipOperation`, KIP-1092).
///
/// | protocol | member | `Default` | `LeaveGroup` | `RemainInGroup` |
/// |---|---|---|---|---|
/// | classic | dynamic | LeaveGroup | LeaveGroup | nothing |
/// | classic | static | nothing | LeaveGroup | nothing |
/// | consumer | dynamic | epoch −1 | epoch −1 | epoch −1 |
/// | consumer | static | epoch −2 | epoch −1 | epoch −2 |
///
/// That a dynamic member of a consumer group leaves when it shall remain is not what Kafka's documentation says, but
/// what its client does (4.3.0, tried on a broker): `shouldSendLeaveHeartbeatNow` keeps the heartbeat back, and
/// `AbstractMembershipManager.shouldHeartbeatNow` sends it once none is under way.
///
/// Only Java's clients have it; the others close as they always do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GroupMembershipOperation {
    /// A dynamic member leaves, a static one will be back.
    #[default]
    Default,
    /// It leaves, static or not.
    LeaveGroup,
    /// It is gone without having left: a classic group waits until its session is over.
    RemainInGroup,
}

impl GroupMembershipOperation {
    /// Whether a member of a classic group says that it leaves (`AbstractCoordinator.shouldSendLeaveGroupRequest`).
    pub(crate) fn leaves_classic_group(self, is_static: bool) -> bool {
        match self {
            Self::Default => !is_static,
            Self::LeaveGroup => true,
            Self::RemainInGroup => false,
        }
    }

    /// Whether a member of a consumer group says that it leaves even while a heartbeat is under way
    /// (`ConsumerHeartbeatRequestManager.shouldSendLeaveHeartbeatNow`).
    pub(crate) fn leaves_consumer_group_at_once(self, is_static: bool) -> bool {
        is_static || self != Self::RemainInGroup
    }

    /// Whether what it says is that it will be back (`ConsumerMembershipManager.leaveGroupEpoch`).
    pub(crate) fn will_be_back(self, is_static: bool) -> bool {
        is_static && self != Self::LeaveGroup
    }
}
