//! What members of a consumer group (KIP-848) send, and how they read assignments: topics go by id there.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::{ConsumerGroupHeartbeatRequest, OffsetFetchRequest, Request, TopicPartitions};
use protocol::{AssignorName, MemberEpoch, Partitions, RackId, SimDuration, TopicPartition};

use super::membership::millis;
use super::{KnownTopics, Membership};

/// The version that clients of 4.x send.
const CONSUMER_GROUP_HEARTBEAT_VERSION: i16 = 1;

/// What a heartbeat says beyond "I am alive"; nothing of it: nothing has changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeartbeatFields {
    /// Whether it names its instance id.
    pub(crate) instance_id: bool,
    /// `client.rack`.
    pub(crate) rack_id: Option<RackId>,
    /// How long the coordinator shall wait for it to give partitions up.
    pub(crate) rebalance_timeout: Option<SimDuration>,
    /// Whether it names its topics.
    pub(crate) topics: bool,
    /// The assignor it wishes for.
    pub(crate) server_assignor: Option<AssignorName>,
    /// What it holds.
    pub(crate) owned: Option<Arc<[TopicPartitions]>>,
}

impl Membership {
    /// Joins, stays, acknowledges or leaves: the epoch decides.
    pub(crate) fn consumer_group_heartbeat(&self, fields: HeartbeatFields) -> Request {
        let pattern = &self.identity.pattern;
        Request::from(ConsumerGroupHeartbeatRequest {
            version: CONSUMER_GROUP_HEARTBEAT_VERSION,
            group: self.group.clone(),
            client_id: self.identity.client_id.clone(),
            client_host: self.identity.client_host.clone(),
            member_id: self.member_id.clone(),
            member_epoch: MemberEpoch(self.generation.0),
            instance_id: self.instance_id.clone().filter(|_| fields.instance_id),
            rack_id: fields.rack_id,
            rebalance_timeout_ms: fields.rebalance_timeout.map_or(-1, millis),
            subscribed_topic_names: fields.topics.then(|| match pattern {
                Some(_) => Arc::from([]),
                None => self.identity.topics.clone(),
            }),
            subscribed_topic_regex: pattern.clone().filter(|_| fields.topics),
            server_assignor: fields.server_assignor,
            topic_partitions: fields.owned,
        })
    }

    /// Asks where reading goes on, as the member it is: refused if it is none, or at another epoch.
    pub(crate) fn offset_fetch_as_member(&self, partitions: &[TopicPartition]) -> Request {
        Request::from(OffsetFetchRequest {
            group: self.group.clone(),
            member_id: Some(self.member_id.clone()),
            member_epoch: MemberEpoch(self.generation.0),
            partitions: Some(partitions.into()),
            require_stable: true,
        })
    }
}

/// An assignment with the names of its topics.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The part of it whose topics are known, as it was given.
    pub(crate) known: Arc<[TopicPartitions]>,
    /// The same by name, sorted.
    pub(crate) partitions: Partitions,
    /// Whether that is all of it.
    pub(crate) is_complete: bool,
}

/// Looks up the names of an assignment's topics.
pub(crate) fn resolve(assignment: &Arc<[TopicPartitions]>, topics: &KnownTopics) -> Resolved {
    let mut partitions = Vec::new();
    let mut known = Vec::new();
    for topic in assignment.iter() {
        let Some(name) = topics.names.get(&topic.topic_id) else { continue };
        known.push(topic);
        let named = |index: &protocol::PartitionIndex| TopicPartition::new(name.clone(), index.0);
        partitions.extend(topic.partitions.iter().map(named));
    }
    partitions.sort_unstable();
    let is_complete = known.len() == assignment.len();
    let known = if is_complete { assignment.clone() } else { known.into_iter().cloned().collect() };
    Resolved { known, partitions: partitions.into(), is_complete }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::Versions;
    use crate::identity::Identity;

    fn said(pattern: Option<&str>, topics: bool) -> (Option<usize>, Option<Arc<str>>) {
        let identity = Identity {
            group: "g".into(),
            client_id: "c".into(),
            client_host: "/127.0.0.1".into(),
            topics: Arc::from(["orders-eu".into(), "orders-us".into()]),
            pattern: pattern.map(Into::into),
        };
        let membership = Membership::new(
            identity,
            None,
            Versions { join_group: 9, sync_group: 5, leave_group: 5, offset_commit: 9 },
        );
        let fields = HeartbeatFields { topics, ..HeartbeatFields::default() };
        match membership.consumer_group_heartbeat(fields) {
            Request::ConsumerGroupHeartbeat(heartbeat) => {
                (heartbeat.subscribed_topic_names.map(|names| names.len()), heartbeat.subscribed_topic_regex)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_subscribes_by_a_regular_expression_names_no_topics() {
        assert_eq!(said(None, true), (Some(2), None));
        assert_eq!(said(Some("orders-.*"), true), (Some(0), Some("orders-.*".into())));
        assert_eq!(said(Some("orders-.*"), false), (None, None), "nothing has changed");
    }
}
