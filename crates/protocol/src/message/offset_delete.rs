//! OffsetDelete (API key 47).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{GroupId, TopicPartition};

/// An administrator removes committed offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetDeleteRequest {
    /// The group.
    pub group: GroupId,
    /// Whose offsets shall go.
    pub partitions: Arc<[TopicPartition]>,
}

/// What became of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetDeleteResponse {
    /// An error that concerns the whole request; then there are no partitions.
    pub error: ErrorCode,
    /// Per partition of the request, in its order: NONE or GROUP_SUBSCRIBED_TO_TOPIC.
    pub partitions: Vec<(TopicPartition, ErrorCode)>,
}
