//! FindCoordinator (API key 10).

use crate::error::ErrorCode;
use crate::id::{BrokerId, GroupId};

/// Which broker coordinates this group?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindCoordinatorRequest {
    /// The group.
    pub group: GroupId,
}

/// The coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindCoordinatorResponse {
    /// NONE or COORDINATOR_NOT_AVAILABLE.
    pub error: ErrorCode,
    /// The broker, without an error.
    pub coordinator: BrokerId,
}
