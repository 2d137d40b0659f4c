//! OffsetCommit (API key 8).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{Generation, GroupId, InstanceId, MemberId, Offset, TopicPartition};

/// A member (or nobody: generation −1) records how far the group has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetCommitRequest {
    /// Version of the API; from 9 on a missing group is GROUP_ID_NOT_FOUND.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// The generation (or member epoch) it is in; −1 for nobody.
    pub generation: Generation,
    /// The member; empty for nobody.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// The offsets.
    pub offsets: Arc<[OffsetToCommit]>,
}

/// One partition's offset: the next record to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetToCommit {
    /// The partition.
    pub partition: TopicPartition,
    /// The next record to read.
    pub offset: Offset,
    /// What the client adds.
    pub metadata: Option<Arc<str>>,
}

/// One code for all partitions, and the exceptions from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetCommitResponse {
    /// What holds for every partition that `exceptions` does not name.
    pub error: ErrorCode,
    /// Partitions with a code of their own, in the request's order.
    pub exceptions: Vec<(TopicPartition, ErrorCode)>,
}

impl OffsetCommitResponse {
    /// The same code for every partition.
    pub fn all(error: ErrorCode) -> Self {
        Self { error, exceptions: Vec::new() }
    }
}
