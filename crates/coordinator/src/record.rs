//! What a coordinator writes into its offsets partition, and reads back when it loads.
//!
//! Source: `GroupMetadataValue`, `OffsetCommitValue`, `EndTransactionMarker`. The byte encoding and its size limit
//! are left out: a group record too large for one batch is written all the same.

use crate::consumer::ConsumerRecord;
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::{
    AssignmentBytes, ClientHost, ClientId, Generation, GroupId, InstanceId, MemberId, MetadataBytes, Offset,
    ProducerId, ProtocolName, ProtocolType, TopicPartition,
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
    /// A committed offset; without a value: it is forgotten.
    OffsetCommit {
        /// The group.
        group: GroupId,
        /// The partition read.
        partition: TopicPartition,
        /// The transactional producer whose marker decides; none takes effect at once.
        producer: Option<ProducerId>,
        /// The offset.
        value: Option<CommittedOffset>,
    },
    /// The end of a producer's transaction.
    TransactionMarker {
        /// The producer.
        producer: ProducerId,
        /// Whether its offsets take effect.
        commit: bool,
    },
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

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record to read.
    pub offset: Offset,
    /// What the committer added; the empty text is none.
    pub metadata: Option<Arc<str>>,
    /// When it was committed, ms.
    pub commit_timestamp_ms: i64,
}
