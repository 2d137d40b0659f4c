//! DescribeGroups (API key 15), for one group.

use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{ClientHost, ClientId, GroupId, InstanceId, MemberId, ProtocolName, ProtocolType};
use crate::metadata::{AssignmentBytes, MetadataBytes};

/// What does the group look like?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeGroupsRequest {
    /// Version of the API; from 6 on a missing group is GROUP_ID_NOT_FOUND.
    pub version: i16,
    /// The group.
    pub group: GroupId,
}

/// The group as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeGroupsResponse {
    /// NONE, or why there is nothing to see.
    pub error: ErrorCode,
    /// The state's name as Kafka prints it; `Dead` if there is no such group.
    pub state: &'static str,
    /// The group's protocol type.
    pub protocol_type: Option<ProtocolType>,
    /// The group's assignor; only when stable.
    pub protocol_name: Option<ProtocolName>,
    /// The members, in the coordinator's order.
    pub members: Vec<DescribedMember>,
}

/// One member as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedMember {
    /// Its id.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// `client.id`.
    pub client_id: ClientId,
    /// Where it connected from.
    pub client_host: ClientHost,
    /// Its subscription; only when the group is stable.
    pub metadata: Option<MetadataBytes>,
    /// Its assignment.
    pub assignment: AssignmentBytes,
}
