//! The assignors that consumers bring along and the group's leader runs.
//!
//! [`ClientAssignor`] is one consumer's assignor object. It lives as long as the consumer and remembers what Kafka's
//! object remembers: what the user data of the next subscription says, and (in a leader) the highest generation ever
//! seen.

use alloc::vec::Vec;

use protocol::message::JoinedMember;
use protocol::{AssignmentBytes, Generation, MemberId, Partitions, TopicPartition, UserData};

use crate::error::AssignError;
use crate::group::Group;
use crate::topics::Topics;
use crate::{range, round_robin, sticky};

/// Which assignor a consumer runs (`partition.assignment.strategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientAssignorKind {
    /// `RangeAssignor`.
    Range,
    /// `RoundRobinAssignor`.
    RoundRobin,
    /// `StickyAssignor`.
    Sticky,
    /// `CooperativeStickyAssignor`.
    CooperativeSticky,
}

/// How members rebalance (`ConsumerPartitionAssignor.RebalanceProtocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RebalanceProtocol {
    /// Everything is revoked before joining.
    Eager,
    /// Members keep what they have while joining, and give up only what the answer takes away.
    Cooperative,
}

impl ClientAssignorKind {
    /// Every client-side assignor.
    pub const ALL: [Self; 4] = [Self::Range, Self::RoundRobin, Self::Sticky, Self::CooperativeSticky];

    /// The name offered in JoinGroup.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// The assignor of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it remembers what it gave: [`ClientAssignor::on_assignment`] does nothing otherwise.
    pub const fn has_memory(self) -> bool {
        matches!(self, Self::Sticky | Self::CooperativeSticky)
    }

    /// The rebalance protocols it supports, the preferred one first (`supportedProtocols`).
    pub const fn protocols(self) -> &'static [RebalanceProtocol] {
        match self {
            Self::CooperativeSticky => &[RebalanceProtocol::Cooperative, RebalanceProtocol::Eager],
            Self::Range | Self::RoundRobin | Self::Sticky => &[RebalanceProtocol::Eager],
        }
    }
}

/// One consumer's assignor object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAssignor {
    kind: ClientAssignorKind,
    user_data: Option<UserData>,
    max_generation: Generation,
}

impl ClientAssignor {
    /// A new object, as made when the consumer is made.
    pub fn new(kind: ClientAssignorKind) -> Self {
        let user_data = match kind {
            ClientAssignorKind::CooperativeSticky => Some(sticky::user_data::encode_generation(Generation::NONE)),
            ClientAssignorKind::Range | ClientAssignorKind::RoundRobin | ClientAssignorKind::Sticky => None,
        };
        Self { kind, user_data, max_generation: Generation::NONE }
    }

    /// Which assignor it is.
    pub const fn kind(&self) -> ClientAssignorKind {
        self.kind
    }

    /// What the next subscription carries for this assignor (`subscriptionUserData`).
    pub fn user_data(&self) -> Option<UserData> {
        self.user_data.clone()
    }

    /// The member was told its assignment of `generation` (`onAssignment`). To be called for every assignment,
    /// followers too, with the partitions as they arrived. Nothing else changes the user data, not a lost session
    /// either.
    pub fn on_assignment(&mut self, partitions: &[TopicPartition], generation: Generation) {
        match self.kind {
            ClientAssignorKind::Range | ClientAssignorKind::RoundRobin => {}
            ClientAssignorKind::Sticky => {
                self.user_data = Some(sticky::user_data::encode_assignment(partitions, generation));
            }
            ClientAssignorKind::CooperativeSticky => {
                self.user_data = Some(sticky::user_data::encode_generation(generation));
            }
        }
    }

    /// Decides who gets what (`assign`): `members` and their order are those of the JoinGroup answer, `topics` the
    /// leader's metadata.
    ///
    /// # Errors
    /// Where Kafka's own class throws or never returns, see [`AssignError`].
    pub fn assign(&mut self, members: &[JoinedMember], topics: &Topics) -> Result<GroupAssignment, AssignError> {
        let group = Group::new(members, topics)?;
        match self.kind {
            ClientAssignorKind::Range => Ok(range::assign(&group)),
            ClientAssignorKind::RoundRobin => Ok(round_robin::assign(&group)),
            ClientAssignorKind::Sticky | ClientAssignorKind::CooperativeSticky => {
                sticky::assign(&group, self.kind, &mut self.max_generation)
            }
        }
    }
}

/// Who gets what, everybody included, in the order of Java's answer.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GroupAssignment {
    /// Members and what they get; the partitions in the order of Java's list, which need not be grouped by topic.
    pub members: Vec<(MemberId, Partitions)>,
}

impl GroupAssignment {
    /// What one member gets.
    pub fn get(&self, member: &MemberId) -> Option<&Partitions> {
        self.members.iter().find(|(id, _)| id == member).map(|(_, partitions)| partitions)
    }

    /// The leader's SyncGroup: partitions grouped by topic, as the wire format does.
    pub fn into_sync(self) -> Vec<(MemberId, AssignmentBytes)> {
        self.members
            .into_iter()
            .map(|(id, mut partitions)| {
                if !is_one_topic(&partitions) {
                    group_by_topic(partitions.make_mut());
                }
                (id, AssignmentBytes::Partitions(partitions))
            })
            .collect()
    }
}

fn is_one_topic(partitions: &[TopicPartition]) -> bool {
    partitions.windows(2).all(|pair| pair[0].topic == pair[1].topic)
}

/// Brings the partitions of a topic together, at the place of the first one of them
/// (`ConsumerProtocol.serializeAssignment`).
fn group_by_topic(partitions: &mut [TopicPartition]) {
    let mut ranks = alloc::collections::BTreeMap::new();
    let mut runs = 0;
    for (index, partition) in partitions.iter().enumerate() {
        if index == 0 || partition.topic != partitions[index - 1].topic {
            runs += 1;
            let next = ranks.len();
            ranks.entry(partition.topic.clone()).or_insert(next);
        }
    }
    if runs > ranks.len() {
        partitions.sort_by_key(|partition| ranks[&partition.topic]);
    }
}
