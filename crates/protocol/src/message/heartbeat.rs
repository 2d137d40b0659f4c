//! Heartbeat (API key 12).

use crate::error::ErrorCode;
use crate::id::{Generation, GroupId, InstanceId, MemberId};

/// A member says that it is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatRequest {
    /// The group.
    pub group: GroupId,
    /// The generation it is in.
    pub generation: Generation,
    /// The member.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
}

/// NONE, REBALANCE_IN_PROGRESS, or that the member is not what it thinks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatResponse {
    /// The code.
    pub error: ErrorCode,
}
