//! ListGroups (API key 16), for the groups of one coordinator.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{GroupId, ProtocolType};

/// Which groups are there?
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ListGroupsRequest {
    /// Only groups in these states, by their names in any case; empty: all.
    pub states: Vec<Arc<str>>,
    /// Only groups of these types (`classic`, `consumer`), in any case; empty: all.
    pub types: Vec<Arc<str>>,
}

/// The groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListGroupsResponse {
    /// An error that concerns the whole request.
    pub error: ErrorCode,
    /// The groups, in the coordinator's order.
    pub groups: Vec<ListedGroup>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGroup {
    /// Its id.
    pub group: GroupId,
    /// Its protocol type; none is the empty string on the wire.
    pub protocol_type: Option<ProtocolType>,
    /// Its state's name as Kafka prints it.
    pub state: &'static str,
    /// Its type's name as Kafka prints it: `Classic`, `Consumer`.
    pub group_type: &'static str,
}
