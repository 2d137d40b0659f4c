//! SyncGroup (API key 14).

use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{Generation, GroupId, InstanceId, MemberId, ProtocolName, ProtocolType};
use crate::metadata::AssignmentBytes;

/// A member asks for its assignment; the leader brings everybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroupRequest {
    /// Version of the API; from 5 on protocol type and name are mandatory. The Java client 4.3 sends 5.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// The generation the member joined.
    pub generation: Generation,
    /// The member.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// The protocol type of the JoinGroup answer.
    pub protocol_type: Option<ProtocolType>,
    /// The assignor of the JoinGroup answer.
    pub protocol_name: Option<ProtocolName>,
    /// From the leader: who gets what. Empty from followers.
    pub assignments: Vec<(MemberId, AssignmentBytes)>,
}

/// The member's own assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroupResponse {
    /// NONE, or why there is no assignment.
    pub error: ErrorCode,
    /// The group's protocol type; none with an error.
    pub protocol_type: Option<ProtocolType>,
    /// The group's assignor; none with an error.
    pub protocol_name: Option<ProtocolName>,
    /// What the member gets.
    pub assignment: AssignmentBytes,
}

impl SyncGroupResponse {
    /// An answer that refuses.
    pub fn refusal(error: ErrorCode) -> Self {
        Self { error, protocol_type: None, protocol_name: None, assignment: AssignmentBytes::Empty }
    }
}
