//! A group as an administrator's tool describes it.

use std::collections::BTreeMap;

use protocol::TopicPartition;

/// A group at one moment, as a coordinator describes it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DescribedGroup {
    /// Its id.
    pub group: String,
    /// The number of the broker that coordinates it.
    pub coordinator: i32,
    /// Whether no coordinator answers; then nothing else is known.
    pub is_unreachable: bool,
    /// Its state, as Kafka prints it.
    pub state: String,
    /// The name of its assignor; empty if it has none.
    pub assignor: String,
    /// Its epoch and that of its target assignment; none for a classic group.
    pub epochs: Option<(i32, i32)>,
    /// Its members.
    pub members: Vec<DescribedOne>,
    /// What is committed.
    pub committed: BTreeMap<TopicPartition, i64>,
    /// Where partitions end.
    pub ends: BTreeMap<TopicPartition, i64>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DescribedOne {
    /// Its id.
    pub id: String,
    /// Its instance id; empty for a dynamic member.
    pub instance: String,
    /// Where it connected from.
    pub host: String,
    /// `client.id`.
    pub client: String,
    /// Its epoch; none for a member of a classic group.
    pub epoch: Option<i32>,
    /// What it has.
    pub assignment: Vec<TopicPartition>,
    /// What it is to have; none for a member of a classic group.
    pub target: Option<Vec<TopicPartition>>,
    /// Whether it speaks the consumer protocol; none in a classic group.
    pub is_upgraded: Option<bool>,
}
