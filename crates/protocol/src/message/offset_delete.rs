//! OffsetDelete (API key 47).

use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{GroupId, TopicPartition};
use crate::partitions::Partitions;

/// An administrator removes committed offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetDeleteRequest {
    /// The group.
    pub group: GroupId,
    /// Whose offsets shall go.
    pub partitions: Partitions,
}

/// What became of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetDeleteResponse {
    /// An error that concerns the whole request; then there are no partitions.
    pub error: ErrorCode,
    /// Per partition of the request, in its order: NONE or GROUP_SUBSCRIBED_TO_TOPIC.
    pub partitions: Vec<(TopicPartition, ErrorCode)>,
}
