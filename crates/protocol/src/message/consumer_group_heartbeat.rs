//! ConsumerGroupHeartbeat (API key 68): the one request of the consumer protocol (KIP-848). It joins,
//! keeps, acknowledges and leaves.
//!
//! Topics are named by id where partitions are meant ([`TopicPartitions`]), as on the wire: a topic that is deleted and
//! created again is another one. Members learn ids from Metadata. Lists are shared: a clone is a few counters.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{
    AssignorName, ClientHost, ClientId, GroupId, InstanceId, MemberEpoch, MemberId, PartitionIndex, RackId, TopicId,
    TopicName,
};

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartitions {
    /// The topic.
    pub topic_id: TopicId,
    /// Its partitions, in no meaningful order.
    pub partitions: Vec<PartitionIndex>,
}

/// A member joins, is alive, tells what has changed, or leaves. What is none has not changed since it was last sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupHeartbeatRequest {
    /// Version of the API: in 0 the coordinator can make the member's id. Clients of 4.x send 1.
    pub version: i16,
    /// The group.
    pub group: GroupId,
    /// `client.id`, of the request's header.
    pub client_id: ClientId,
    /// Where the connection comes from.
    pub client_host: ClientHost,
    /// The member's id, which it makes itself and keeps as long as its process lives; in version 0 it may be empty when
    /// it joins.
    pub member_id: MemberId,
    /// The epoch it is at; 0 joins ([`MemberEpoch::JOIN`]), −1 leaves ([`MemberEpoch::LEAVE`]), −2 leaves for a while
    /// ([`MemberEpoch::LEAVE_STATIC`]).
    pub member_epoch: MemberEpoch,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<InstanceId>,
    /// `client.rack`.
    pub rack_id: Option<RackId>,
    /// How long the coordinator waits for it to give partitions up, ms; −1: not changed. `max.poll.interval.ms` in the
    /// Java client.
    pub rebalance_timeout_ms: i32,
    /// Topics subscribed to, by name.
    pub subscribed_topic_names: Option<Arc<[TopicName]>>,
    /// The regular expression (RE2/J) of the topics subscribed to; empty: none any more.
    pub subscribed_topic_regex: Option<Arc<str>>,
    /// The assignor wished for (`group.remote.assignor`).
    pub server_assignor: Option<AssignorName>,
    /// What it owns. None is not "nothing": it says nothing.
    pub topic_partitions: Option<Arc<[TopicPartitions]>>,
}

/// Where the member stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupHeartbeatResponse {
    /// NONE, or why it is refused; then the rest is empty.
    pub error: ErrorCode,
    /// Its id; none with an error.
    pub member_id: Option<MemberId>,
    /// Its epoch; when it leaves, as it was sent. 0 with an error.
    pub member_epoch: MemberEpoch,
    /// When to send the next one, ms; 0 when it leaves.
    pub heartbeat_interval_ms: i32,
    /// What it may use from now on, topics by id and partitions in order; none: nothing has changed. An empty list is
    /// an assignment.
    pub assignment: Option<Arc<[TopicPartitions]>>,
}

impl ConsumerGroupHeartbeatResponse {
    /// An answer that refuses.
    pub fn refusal(error: ErrorCode) -> Self {
        Self { error, member_id: None, member_epoch: MemberEpoch(0), heartbeat_interval_ms: 0, assignment: None }
    }
}
