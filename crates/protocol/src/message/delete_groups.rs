//! DeleteGroups (API key 42), for one group.

use crate::error::ErrorCode;
use crate::id::GroupId;

/// An administrator removes a group that has no members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteGroupsRequest {
    /// The group.
    pub group: GroupId,
}

/// Whether it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteGroupsResponse {
    /// The code.
    pub error: ErrorCode,
}
