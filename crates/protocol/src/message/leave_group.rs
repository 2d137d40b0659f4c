//! LeaveGroup (API key 13).

use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{GroupId, InstanceId, MemberId};
use crate::text::Text;

/// One or several members leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveGroupRequest {
    /// Version of the API; up to 2 it names one member.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// Who leaves, in order.
    pub members: Vec<LeavingMember>,
}

/// A member that leaves: by member id, or with an empty id by instance id (as an administrator does).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeavingMember {
    /// Member id, or empty.
    pub member_id: MemberId,
    /// Instance id.
    pub instance_id: Option<InstanceId>,
    /// Why, for the broker's log.
    pub reason: Option<Text>,
}

/// What became of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveGroupResponse {
    /// An error that concerns the whole request.
    pub error: ErrorCode,
    /// Per member of the request, in its order.
    pub members: Vec<MemberLeft>,
}

/// What became of one leaving member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberLeft {
    /// Member id as sent.
    pub member_id: MemberId,
    /// Instance id as sent.
    pub instance_id: Option<InstanceId>,
    /// NONE if it is gone now.
    pub error: ErrorCode,
}
