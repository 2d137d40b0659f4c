//! OffsetFetch (API key 9).

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{GroupId, MemberEpoch, MemberId, Offset, TopicPartition};
use crate::partitions::Partitions;

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
    pub partitions: Option<Partitions>,
    /// Whether offsets of open transactions shall be waited for (the Java consumer always asks for it).
    pub require_stable: bool,
}

/// The offsets. Whoever has asked for a list of partitions has its offsets in that order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetFetchResponse {
    /// An error that concerns the whole group.
    pub error: ErrorCode,
    /// The partitions asked for, or all that have an offset.
    pub partitions: Partitions,
    /// The next record to read in each; −1 if nothing is committed.
    pub offsets: Vec<Offset>,
    /// What else there is to say of some of them, in their order.
    pub remarks: Vec<OffsetRemark>,
}

/// What a committer has added to an offset, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetRemark {
    /// The partition's place in the answer.
    pub place: usize,
    /// What the committer added.
    pub metadata: Option<Arc<str>>,
    /// NONE or UNSTABLE_OFFSET_COMMIT.
    pub error: ErrorCode,
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

impl OffsetFetchResponse {
    /// An answer without offsets.
    pub fn refusal(error: ErrorCode) -> Self {
        Self { error, partitions: Partitions::default(), offsets: Vec::new(), remarks: Vec::new() }
    }

    /// Whether the offset of some partition is an error instead.
    pub fn has_errors(&self) -> bool {
        self.remarks.iter().any(|remark| !remark.error.is_none())
    }

    /// All there is to say of each partition.
    pub fn fetched(&self) -> impl Iterator<Item = FetchedOffset> {
        let mut remarks = self.remarks.iter().peekable();
        self.partitions.iter().zip(&self.offsets).enumerate().map(move |(place, (partition, offset))| {
            let remark = remarks.next_if(|remark| remark.place == place);
            FetchedOffset {
                partition: partition.clone(),
                offset: *offset,
                metadata: remark.and_then(|remark| remark.metadata.clone()),
                error: remark.map_or(ErrorCode::None, |remark| remark.error),
            }
        })
    }
}

impl FromIterator<FetchedOffset> for OffsetFetchResponse {
    fn from_iter<I: IntoIterator<Item = FetchedOffset>>(fetched: I) -> Self {
        let (mut partitions, mut answer) = (Vec::new(), Self::refusal(ErrorCode::None));
        for FetchedOffset { partition, offset, metadata, error } in fetched {
            if metadata.is_some() || !error.is_none() {
                answer.remarks.push(OffsetRemark { place: partitions.len(), metadata, error });
            }
            partitions.push(partition);
            answer.offsets.push(offset);
        }
        Self { partitions: partitions.into(), ..answer }
    }
}
