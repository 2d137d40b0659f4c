//! The member's assignors: what they tell the group, and the plan they make when this member leads it.
//!
//! Source: `ConsumerCoordinator.metadata`, `onLeaderElected`, `rejoinNeededOrPending`. A member runs the highest
//! rebalance protocol that *all* its assignors support: `[range, cooperative-sticky]` is eager.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use assignor::{ClientAssignor, RebalanceProtocol, Topics};
use protocol::message::{JoinGroupProtocol, JoinGroupResponse};
use protocol::{
    AssignmentBytes, Generation, MemberId, MetadataBytes, Partitions, ProtocolName, Subscription, TopicName,
};

use crate::config::ClientConfig;

/// One assignor under its name.
#[derive(Clone, Debug)]
struct Named {
    name: ProtocolName,
    assignor: ClientAssignor,
}

/// A member's assignors and, while it leads, what it has planned from.
#[derive(Clone, Debug)]
pub(crate) struct Leader {
    assignors: Vec<Named>,
    is_eager: bool,
    /// The assignor the group has chosen.
    chosen: Option<usize>,
    /// The group's topics and their partition counts at the last plan; only while this member leads.
    planned_from: Option<BTreeMap<TopicName, Option<i32>>>,
    assignments: Vec<(MemberId, AssignmentBytes)>,
}

/// How large the question was that an assignor answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GroupSize {
    pub(crate) members: usize,
    pub(crate) partitions: usize,
}

impl Leader {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        let named = |kind: &assignor::ClientAssignorKind| Named {
            name: ProtocolName::known(kind.name()),
            assignor: ClientAssignor::new(*kind),
        };
        let is_eager = !config.assignors.iter().all(|kind| kind.protocols().contains(&RebalanceProtocol::Cooperative));
        Self {
            assignors: config.assignors.iter().map(named).collect(),
            is_eager,
            chosen: None,
            planned_from: None,
            assignments: Vec::new(),
        }
    }

    pub(crate) fn is_eager(&self) -> bool {
        self.is_eager
    }

    /// What JoinGroup says: a subscription for each assignor.
    pub(crate) fn offer(
        &self,
        config: &ClientConfig,
        topics: &Arc<[TopicName]>,
        owned: &Partitions,
        generation: Generation,
    ) -> Arc<[JoinGroupProtocol]> {
        self.assignors
            .iter()
            .map(|named| JoinGroupProtocol {
                name: named.name.clone(),
                metadata: MetadataBytes::Subscription(Arc::new(Subscription {
                    topics: topics.clone(),
                    user_data: named.assignor.user_data(),
                    owned: owned.clone(),
                    generation,
                    rack: config.rack.clone(),
                })),
            })
            .collect()
    }

    /// A new exchange begins: the leader's role is open again.
    pub(crate) fn resign(&mut self) {
        self.planned_from = None;
    }

    /// This member leads, but the coordinator wants no new plan (KIP-814): only what it knows of the topics is
    /// remembered.
    pub(crate) fn appoint_without_assignment(&mut self, known: &BTreeMap<TopicName, i32>, topics: &[TopicName]) {
        self.planned_from = Some(topics.iter().map(|topic| (topic.clone(), known.get(topic).copied())).collect());
    }

    /// The topics that anybody in the group subscribes to.
    pub(crate) fn topics_of(answer: &JoinGroupResponse) -> BTreeSet<TopicName> {
        let mut topics = BTreeSet::new();
        let mut latest: &[TopicName] = &[];
        for subscription in answer.members.iter().filter_map(|member| member.metadata.subscription()) {
            // Most say the same as the one before.
            if !core::ptr::eq(&*subscription.topics, latest) && *subscription.topics != *latest {
                latest = &subscription.topics;
                topics.extend(latest.iter().cloned());
            }
        }
        topics
    }

    /// Plans for the group, whose `topics` are [`Self::topics_of`] the answer; [`Self::take_assignments`] gives the
    /// plan out when the assignor's time has passed. An assignor that throws leaves everybody with nothing.
    pub(crate) fn assign(
        &mut self,
        answer: &JoinGroupResponse,
        topics: BTreeSet<TopicName>,
        known: &BTreeMap<TopicName, i32>,
    ) -> GroupSize {
        let count_of = |topic: TopicName| (topic.clone(), known.get(&topic).copied());
        let subscribed: BTreeMap<_, _> = topics.into_iter().map(count_of).collect();
        let topics: Topics =
            subscribed.iter().filter_map(|(topic, count)| count.map(|count| (topic.clone(), count))).collect();
        let partitions = subscribed.values().flatten().map(|&count| usize::try_from(count).unwrap_or(0)).sum();
        self.planned_from = Some(subscribed);
        self.assignments = match self.chosen {
            Some(chosen) => match self.assignors[chosen].assignor.assign(&answer.members, &topics) {
                Ok(plan) => plan.into_sync(),
                Err(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        GroupSize { members: answer.members.len(), partitions }
    }

    pub(crate) fn take_assignments(&mut self) -> Vec<(MemberId, AssignmentBytes)> {
        core::mem::take(&mut self.assignments)
    }

    /// The group has chosen this assignor; tells whether it remembers what it gives.
    pub(crate) fn choose(&mut self, name: Option<&ProtocolName>) -> bool {
        self.chosen = self.assignors.iter().position(|named| Some(&named.name) == name);
        self.chosen.is_some_and(|chosen| self.assignors[chosen].assignor.kind().has_memory())
    }

    /// The chosen assignor sees what this member was given.
    pub(crate) fn remember(&mut self, assignment: &AssignmentBytes, generation: Generation) {
        if let Some(chosen) = self.chosen {
            self.assignors[chosen].assignor.on_assignment(assignment.partitions(), generation);
        }
    }

    /// Whether this member leads and the topics are no longer what it planned from.
    pub(crate) fn sees_change(&self, known: &BTreeMap<TopicName, i32>) -> bool {
        self.planned_from
            .as_ref()
            .is_some_and(|planned| planned.iter().any(|(topic, count)| known.get(topic).copied() != *count))
    }
}
