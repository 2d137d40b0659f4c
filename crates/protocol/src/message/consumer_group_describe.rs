//! ConsumerGroupDescribe (API key 69, version 1), for one group.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::error::ErrorCode;
use crate::id::{
    AssignorName, ClientHost, ClientId, GroupId, InstanceId, MemberEpoch, MemberId, RackId, TopicName, TopicPartition,
};

/// What does the consumer group look like?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupDescribeRequest {
    /// The group.
    pub group: GroupId,
}

/// The group as an administrator sees it: as of what is committed to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupDescribeResponse {
    /// NONE, or why there is nothing to see; then the rest is empty.
    pub error: ErrorCode,
    /// The state's name as Kafka prints it.
    pub state: &'static str,
    /// The group's epoch.
    pub group_epoch: i32,
    /// The epoch of the target assignment.
    pub assignment_epoch: i32,
    /// The assignor that the members' wishes lead to.
    pub assignor_name: Option<AssignorName>,
    /// The members, in the coordinator's order.
    pub members: Vec<DescribedConsumerMember>,
}

/// One member as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedConsumerMember {
    /// Its id.
    pub member_id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// `client.rack`.
    pub rack_id: Option<RackId>,
    /// Its epoch.
    pub member_epoch: MemberEpoch,
    /// `client.id`.
    pub client_id: ClientId,
    /// Where it connected from.
    pub client_host: ClientHost,
    /// Topics subscribed to by name, sorted.
    pub subscribed_topic_names: Vec<TopicName>,
    /// The regular expression of the topics subscribed to.
    pub subscribed_topic_regex: Option<Arc<str>>,
    /// What it may use, by topic and number; topics that are gone are left out.
    pub assignment: Vec<TopicPartition>,
    /// What it is meant to have, likewise.
    pub target_assignment: Vec<TopicPartition>,
    /// Whether it speaks the classic protocol (`MemberType` 0) instead of the consumer protocol (1).
    pub is_classic: bool,
}

impl ConsumerGroupDescribeResponse {
    /// An answer that refuses.
    pub fn refusal(error: ErrorCode) -> Self {
        Self { error, state: "", group_epoch: 0, assignment_epoch: 0, assignor_name: None, members: Vec::new() }
    }
}
