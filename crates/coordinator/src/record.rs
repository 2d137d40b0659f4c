//! What a coordinator writes into its offsets partition, and reads back when it loads.
//!
//! Source: `GroupMetadataValue`, `OffsetCommitValue`, `EndTransactionMarker`. The byte encoding and its size limit
//! are left out: a group record too large for one batch is written all the same.

use crate::consumer::ConsumerRecord;
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::message::OffsetsToCommit;
use protocol::{
    AssignmentBytes, ClientHost, ClientId, Generation, GroupId, InstanceId, MemberId, MetadataBytes, ProducerId,
    ProtocolName, ProtocolType, TopicPartition,
};

/// One record of `__consumer_offsets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The state of a classic group; without a value: the group is gone.
    GroupMetadata {
        /// The group.
        group: GroupId,
        /// Its state.
        value: Option<Arc<GroupMetadata>>,
    },
    /// Part of a consumer group.
    Consumer {
        /// The group.
        group: GroupId,
        /// Which part.
        record: ConsumerRecord,
    },
    /// Committed offsets: one record of Kafka's for each partition, one after the other.
    OffsetCommit {
        /// The group.
        group: GroupId,
        /// The transactional producer whose marker decides; none takes effect at once.
        producer: Option<ProducerId>,
        /// The offsets, at least one; the empty text is no metadata.
        offsets: OffsetsToCommit,
        /// When they were committed, ms.
        commit_timestamp_ms: i64,
    },
    /// The offset of a partition is forgotten.
    OffsetTombstone {
        /// The group.
        group: GroupId,
        /// The partition.
        partition: TopicPartition,
    },
    /// The end of a producer's transaction.
    TransactionMarker {
        /// The producer.
        producer: ProducerId,
        /// Whether its offsets take effect.
        commit: bool,
    },
}

impl Record {
    /// How many records of Kafka's it stands for.
    pub(crate) fn count(&self) -> i64 {
        match self {
            Self::OffsetCommit { offsets, .. } => i64::try_from(offsets.len()).expect("a commit fits in memory"),
            _ => 1,
        }
    }
}

/// The durable state of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    /// The generation.
    pub generation: Generation,
    /// The protocol type.
    pub protocol_type: Option<ProtocolType>,
    /// The assignor voted for.
    pub protocol: Option<ProtocolName>,
    /// The leader.
    pub leader: Option<MemberId>,
    /// When the group entered its state, ms.
    pub state_timestamp_ms: i64,
    /// The members, in the coordinator's order.
    pub members: Vec<MemberMetadata>,
}

/// The durable state of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberMetadata {
    /// Its id.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// `client.id`.
    pub client_id: ClientId,
    /// Where it connected from.
    pub client_host: ClientHost,
    /// How long a rebalance waits for it, ms.
    pub rebalance_timeout_ms: i32,
    /// How long it may be silent, ms.
    pub session_timeout_ms: i32,
    /// What it told the chosen assignor.
    pub subscription: MetadataBytes,
    /// What it was assigned.
    pub assignment: AssignmentBytes,
}
