//! TxnOffsetCommit (API key 28).

use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{Generation, GroupId, InstanceId, MemberId, ProducerId, TopicPartition};
use crate::message::OffsetsToCommit;

/// A transactional producer records, as part of its transaction, how far a group has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxnOffsetCommitRequest {
    /// The producer whose open transaction the offsets belong to.
    pub producer_id: ProducerId,
    /// The group.
    pub group: GroupId,
    /// The generation (or member epoch) of the consumer that read; −1 for nobody.
    pub generation: Generation,
    /// That consumer's member id; empty for nobody.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// The offsets.
    pub offsets: OffsetsToCommit,
}

/// One code for all partitions, and the exceptions from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxnOffsetCommitResponse {
    /// What holds for every partition that `exceptions` does not name.
    pub error: ErrorCode,
    /// Partitions with a code of their own, in the request's order.
    pub exceptions: Vec<(TopicPartition, ErrorCode)>,
}

impl TxnOffsetCommitResponse {
    /// The same code for every partition.
    pub fn all(error: ErrorCode) -> Self {
        Self { error, exceptions: Vec::new() }
    }
}
