//! A run up to a moment, and what an administrator would be told then.
//!
//! Contract: the run is the ordinary one, event by event, and then broken off; asking changes nothing that is asked
//! about. Asked are the same requests that `kafka-consumer-groups.sh` sends.

use std::collections::BTreeMap;

use coordinator::{BrokerVersion, Status};
use protocol::message::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribeGroupsResponse, OffsetFetchRequest, Request,
    Response,
};
use protocol::{BrokerId, GroupId, MemberEpoch, MemberId, SimTime, TopicPartition};
use timeline::Observer;

use crate::plan::Plan;
use crate::world::{Event, RunError, World};

/// What an administrator is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The group.
    pub group: GroupId,
    /// The broker that coordinates it.
    pub coordinator: BrokerId,
    /// Whether it answers: it is there, and has read its partition of `__consumer_offsets`.
    pub is_there: bool,
    /// Its version.
    pub version: BrokerVersion,
    /// The group, if it follows the classic protocol or does not exist.
    pub classic: Option<DescribeGroupsResponse>,
    /// The group, if it follows the consumer protocol.
    pub consumer: Option<ConsumerGroupDescribeResponse>,
    /// Up to where each partition has been read, as far as that is committed.
    pub committed: BTreeMap<TopicPartition, i64>,
    /// Where each partition ends; partitions into which nobody writes end at 0.
    pub ends: BTreeMap<TopicPartition, i64>,
}

/// Runs `plan` up to `at` and looks; tells `observer` what happens until then, and gives it back.
///
/// # Errors
/// The run does not get on: see [`RunError`].
pub fn look<O: Observer>(plan: &Plan, at: SimTime, observer: O) -> Result<(Look, O), RunError> {
    let mut world = World::new(plan, observer);
    let at = at.min(plan.end);
    world.schedule(at, Event::LookedAt);
    world.run_until(at)?;
    world.observe_all_until(at);
    let look = world.look(at);
    Ok((look, world.observer))
}

/// Members by id, and which partitions each has.
type Holdings = Vec<(MemberId, Vec<TopicPartition>)>;

impl<O: Observer> World<'_, O> {
    /// An administrator looks at the group, and at who has what.
    pub(crate) fn describe(&mut self) {
        let now = self.now();
        let Some((state, shown)) = self.described(now) else { return };
        self.observe(timeline::Event::Described { state, members: shown.len() });
        for (id, partitions) in &shown {
            self.observe(timeline::Event::Shown { id: id.as_str(), partitions });
        }
    }

    /// The group's state and who has what, as an administrator sees it; none if no coordinator says so.
    pub(crate) fn described(&mut self, at: SimTime) -> Option<(&'static str, Holdings)> {
        let group = &self.plan.group;
        if self.broker.coordinator().consumer_group_state(group).is_some() {
            let seen = self.broker.describe_consumer(group, at, &mut self.ids).filter(|seen| seen.error.is_none())?;
            let members = seen.members.into_iter().map(|member| (member.member_id, member.assignment));
            return Some((seen.state, members.collect()));
        }
        // Who is not the coordinator, or reads its partition still, knows no state.
        let seen = self.broker.describe(group, at, &mut self.ids).filter(|seen| !seen.state.is_empty())?;
        let members = seen.members.into_iter();
        let members = members.map(|member| (member.member_id, member.assignment.partitions().to_vec()));
        Some((seen.state, members.collect()))
    }

    /// Brings up to date what is only reckoned when somebody looks: routine of quiet members, and what was read.
    fn observe_all_until(&mut self, at: SimTime) {
        self.release_all();
        for slot in self.slots() {
            self.advance_and_tell(slot, at);
        }
    }

    fn look(&mut self, at: SimTime) -> Look {
        let group = self.plan.group.clone();
        let (broker, ids) = self.broker_and_ids();
        let describe = Request::from(ConsumerGroupDescribeRequest { group: group.clone() });
        let consumer = match broker.ask(describe, at, ids) {
            Some(Response::ConsumerGroupDescribe(answer)) if answer.error.is_none() => Some(*answer),
            _ => None,
        };
        let is_there = !broker.has_no_coordinator() && broker.coordinator().status() == Status::Active;
        let classic = if consumer.is_none() { broker.describe(&group, at, ids) } else { None };
        let fetch = OffsetFetchRequest {
            group: group.clone(),
            member_id: None,
            member_epoch: MemberEpoch::NONE,
            partitions: None,
            require_stable: false,
        };
        let committed = match broker.ask(Request::from(fetch), at, ids) {
            Some(Response::OffsetFetch(answer)) => {
                let offsets = answer.fetched().filter(|one| one.offset.0 >= 0);
                offsets.map(|one| (one.partition, one.offset.0)).collect()
            }
            _ => BTreeMap::new(),
        };
        let topics = self.broker.topics().clone();
        let mut ends: BTreeMap<TopicPartition, i64> = BTreeMap::new();
        for (topic, count) in topics {
            for number in 0..count {
                let partition = TopicPartition::new(topic.clone(), number);
                let end = self.flows.as_ref().map_or(0, |flows| flows.end_of(&partition, at));
                ends.insert(partition, i64::try_from(end).unwrap_or(i64::MAX));
            }
        }
        let (coordinator, version) = (self.broker.id(), self.plan.broker.version);
        Look { group, coordinator, is_there, version, classic, consumer, committed, ends }
    }
}
