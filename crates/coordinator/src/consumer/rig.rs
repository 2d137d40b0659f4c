//! Members of consumer groups in short words, for tests.

use alloc::string::String;
use alloc::vec::Vec;
use protocol::message::{ConsumerGroupHeartbeatRequest, Request, TopicPartitions};
use protocol::{MemberEpoch, PartitionIndex, TopicId};

use crate::rig::Rig;
use crate::{BrokerVersion, GroupConfig};

/// Rebalance timeout of everybody, ms, unless a test says otherwise.
pub(super) const REBALANCE_MS: i32 = 30_000;

/// A heartbeat of `member` of group `g` that says nothing new.
pub(super) fn beat(member: &str, epoch: i32) -> ConsumerGroupHeartbeatRequest {
    ConsumerGroupHeartbeatRequest {
        version: 1,
        group: "g".into(),
        client_id: "c".into(),
        client_host: "/127.0.0.1".into(),
        member_id: member.into(),
        member_epoch: MemberEpoch(epoch),
        instance_id: None,
        rack_id: None,
        rebalance_timeout_ms: -1,
        subscribed_topic_names: None,
        subscribed_topic_regex: None,
        server_assignor: None,
        topic_partitions: None,
    }
}

/// Who joins and subscribes to these topics.
pub(super) fn join(member: &str, topics: &[&str]) -> ConsumerGroupHeartbeatRequest {
    ConsumerGroupHeartbeatRequest {
        rebalance_timeout_ms: REBALANCE_MS,
        subscribed_topic_names: Some(topics.iter().map(|topic| (*topic).into()).collect()),
        topic_partitions: Some([].into()),
        ..beat(member, 0)
    }
}

/// A heartbeat that says that the member owns these partitions of the first topic.
pub(super) fn owning(member: &str, epoch: i32, partitions: &[i32]) -> ConsumerGroupHeartbeatRequest {
    let topic_id = TopicId { high: 0, low: 1 };
    let partitions = partitions.iter().map(|&number| PartitionIndex(number)).collect();
    ConsumerGroupHeartbeatRequest {
        topic_partitions: Some([TopicPartitions { topic_id, partitions }].into()),
        ..beat(member, epoch)
    }
}

/// The same as a static member.
pub(super) fn as_static(request: ConsumerGroupHeartbeatRequest, instance: &str) -> ConsumerGroupHeartbeatRequest {
    ConsumerGroupHeartbeatRequest { instance_id: Some(instance.into()), ..request }
}

impl Rig {
    /// Topic `t` has four partitions, topic `u` two; session timeout 45 s, as by default.
    pub(super) fn consumers() -> Self {
        let mut rig = Self::with(GroupConfig::default(), BrokerVersion::V4_3);
        rig.topics(&[("t", 4), ("u", 2)]);
        rig
    }

    pub(super) fn hear(&mut self, request: ConsumerGroupHeartbeatRequest) -> Vec<String> {
        self.send(Request::from(request))
    }

    /// `a` has partitions 0 and 1, `b` 2 and 3, both at epoch 3; it is 10 s.
    pub(super) fn two_members(&mut self) {
        self.hear(join("a", &["t"]));
        self.at(2_000);
        self.hear(join("b", &["t"]));
        let mine = self.hear(beat("a", 2));
        assert_eq!(mine.last().map(String::as_str), Some("#3 beat a 2 [0 1]"), "the scene is as described");
        self.hear(owning("a", 2, &[0, 1]));
        self.hear(beat("b", 3));
        self.at(10_000);
        self.hear(beat("a", 3));
        self.hear(beat("b", 3));
        assert_eq!(self.consumer_state(), Some(crate::ConsumerGroupState::Stable));
    }
}
