//! OffsetCommit (API key 8).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{Generation, GroupId, InstanceId, MemberId, Offset, TopicPartition};
use crate::partitions::Partitions;

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
    pub offsets: OffsetsToCommit,
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

/// Offsets of several partitions. Whoever holds a list of partitions commits with that very list.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OffsetsToCommit {
    partitions: Partitions,
    /// The next record to read in each.
    offsets: Box<[Offset]>,
    /// What the client adds to each; none if it adds nothing to any.
    metadata: Option<Arc<[Option<Arc<str>>]>>,
}

impl OffsetsToCommit {
    /// These offsets of these partitions, as many of the one as of the other.
    pub fn new(partitions: Partitions, offsets: Box<[Offset]>) -> Self {
        assert_eq!(partitions.len(), offsets.len(), "each partition has an offset");
        Self { partitions, offsets, metadata: None }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.partitions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// The partitions.
    pub fn partitions(&self) -> &Partitions {
        &self.partitions
    }

    /// The offset of the partition at this place.
    pub fn offset(&self, place: usize) -> Offset {
        self.offsets[place]
    }

    /// What the client adds to the one at this place.
    pub fn metadata(&self, place: usize) -> Option<&Arc<str>> {
        self.metadata.as_ref()?[place].as_ref()
    }

    /// Whether the client adds something to one of them.
    pub fn have_metadata(&self) -> bool {
        self.metadata.is_some()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = OffsetToCommit> {
        self.partitions.iter().zip(&*self.offsets).enumerate().map(|(place, (partition, offset))| OffsetToCommit {
            partition: partition.clone(),
            offset: *offset,
            metadata: self.metadata(place).cloned(),
        })
    }
}

impl FromIterator<OffsetToCommit> for OffsetsToCommit {
    fn from_iter<I: IntoIterator<Item = OffsetToCommit>>(offsets: I) -> Self {
        let (mut partitions, mut values, mut metadata) = (Vec::new(), Vec::new(), Vec::new());
        for offset in offsets {
            partitions.push(offset.partition);
            values.push(offset.offset);
            metadata.push(offset.metadata);
        }
        let is_said = metadata.iter().any(Option::is_some);
        let metadata = is_said.then(|| metadata.into());
        Self { partitions: partitions.into(), offsets: values.into(), metadata }
    }
}

impl<const COUNT: usize> From<[OffsetToCommit; COUNT]> for OffsetsToCommit {
    fn from(offsets: [OffsetToCommit; COUNT]) -> Self {
        offsets.into_iter().collect()
    }
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
