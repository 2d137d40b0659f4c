//! What a consumer group writes into the offsets partition (`ConsumerGroupMemberMetadata` and its like).

use alloc::sync::Arc;
use assignor::server::target::TargetAssignment;
use protocol::message::JoinGroupProtocol;
use protocol::{AssignorName, ClientHost, ClientId, InstanceId, MemberId, RackId, TopicName};

use crate::consumer::partitions::AssignedPartitions;
use crate::consumer::state::MemberState;

/// One record of a consumer group. Without a value, what its key names is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerRecord {
    /// `ConsumerGroupMemberMetadata`: a member and what it told of itself.
    Member {
        /// The member.
        member: MemberId,
        /// What it told.
        value: Option<Arc<MemberSubscription>>,
    },
    /// `ConsumerGroupMetadata`: the group's epoch.
    Group {
        /// The epoch, and the hash of the topics it stands for.
        value: Option<GroupEpoch>,
    },
    /// `ConsumerGroupTargetAssignmentMember`: what a member is meant to have.
    Target {
        /// The member.
        member: MemberId,
        /// What it is meant to have.
        value: Option<TargetAssignment>,
    },
    /// `ConsumerGroupTargetAssignmentMetadata`: the epoch of the target assignment.
    Assignment {
        /// The epoch and when it was computed.
        value: Option<AssignmentEpoch>,
    },
    /// `ConsumerGroupCurrentMemberAssignment`: what a member has.
    Current {
        /// The member.
        member: MemberId,
        /// What it has.
        value: Option<CurrentAssignment>,
    },
    /// `ConsumerGroupRegularExpression`: which topics a regular expression stands for.
    Regex {
        /// The regular expression.
        regex: Arc<str>,
        /// The topics.
        value: Option<Arc<ResolvedRegex>>,
    },
}

/// What a member told of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSubscription {
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// `client.rack`.
    pub rack_id: Option<RackId>,
    /// `client.id`.
    pub client_id: ClientId,
    /// Where it connected from.
    pub client_host: ClientHost,
    /// How long the coordinator waits for it to give partitions up, ms.
    pub rebalance_timeout_ms: i32,
    /// Topics subscribed to by name, sorted, each once.
    pub topics: Arc<[TopicName]>,
    /// The regular expression of topics subscribed to.
    pub regex: Option<Arc<str>>,
    /// The assignor it wishes for.
    pub assignor: Option<AssignorName>,
    /// What only a member that speaks the classic protocol has.
    pub classic: Option<ClassicMemberMetadata>,
}

/// What a consumer group keeps of a member that speaks the classic protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicMemberMetadata {
    /// How long it may be silent, ms.
    pub session_timeout_ms: i32,
    /// The assignors it offers.
    pub protocols: Arc<[JoinGroupProtocol]>,
}

/// A group's epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupEpoch {
    /// The epoch.
    pub epoch: i32,
    /// A hash of the topics subscribed to that exist; 0 if there are none.
    pub metadata_hash: i64,
}

/// The epoch of a target assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignmentEpoch {
    /// The epoch.
    pub epoch: i32,
    /// When it was computed, ms; none if that is not known. (0 in Kafka, whose clocks never show it.)
    pub timestamp_ms: Option<i64>,
}

/// What a member has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentAssignment {
    /// Its epoch; −2: it is away.
    pub epoch: i32,
    /// Its epoch before the last step.
    pub previous_epoch: i32,
    /// Where it stands.
    pub state: MemberState,
    /// What it may use.
    pub assigned: AssignedPartitions,
    /// What it has been told to give up.
    pub revoking: AssignedPartitions,
}

/// Which topics a regular expression stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedRegex {
    /// The topics, sorted.
    pub topics: Arc<[TopicName]>,
    /// The version of the metadata it was looked up in.
    pub version: i64,
    /// When, ms.
    pub timestamp_ms: i64,
}
