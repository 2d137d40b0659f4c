//! OffsetFetch (API key 9).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{GroupId, MemberEpoch, MemberId, Offset, TopicPartition};

/// Where shall reading go on?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetFetchRequest {
    /// The group.
    pub group: GroupId,
    /// The member of a consumer group that asks; none for nobody and for members of classic groups.
    pub member_id: Option<MemberId>,
    /// The epoch it is at; [`MemberEpoch::NONE`] for nobody and for members of classic groups.
    pub member_epoch: MemberEpoch,
    /// Which partitions; none: all that have an offset.
    pub partitions: Option<Arc<[TopicPartition]>>,
    /// Whether offsets of open transactions shall be waited for (the Java consumer always asks for it).
    pub require_stable: bool,
}

/// The offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetFetchResponse {
    /// An error that concerns the whole group.
    pub error: ErrorCode,
    /// Per partition asked for.
    pub offsets: Vec<FetchedOffset>,
}

/// One partition's committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedOffset {
    /// The partition.
    pub partition: TopicPartition,
    /// The next record to read; −1 if nothing is committed.
    pub offset: Offset,
    /// What the committer added.
    pub metadata: Option<Arc<str>>,
    /// NONE or UNSTABLE_OFFSET_COMMIT.
    pub error: ErrorCode,
}
