//! Members of a consumer group that speak the classic protocol: Heartbeat, SyncGroup, LeaveGroup
//! (`classicGroupHeartbeatToConsumerGroup` and its like). There is no leader and no barrier: they are served from the
//! same targets as everybody.

use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::message::{
    HeartbeatRequest, HeartbeatResponse, LeaveGroupRequest, LeaveGroupResponse, LeavingMember, MemberLeft, Response,
    SyncGroupRequest, SyncGroupResponse,
};
use protocol::{
    AssignmentBytes, ErrorCode, GroupId, InstanceId, MemberId, ProtocolType, SimDuration, TopicId, TopicPartition,
};

use crate::consumer::event::ConsumerEvent;
use crate::consumer::group::ConsumerGroup;
use crate::consumer::leave::fence;
use crate::consumer::member::ConsumerMember;
use crate::consumer::partitions::{AssignedPartition, AssignedPartitions};
use crate::consumer::state::MemberState;
use crate::consumer::timers::{self, MemberTimer};
use crate::context::{AfterAppend, Context, Outcome, Refusal};
use crate::groups::Groups;
use crate::replies::ReplyKey;
use crate::topics::Topics;

/// What happens to a classic member once everything before its answer is committed.
#[derive(Debug)]
pub(crate) struct AfterConsumerAppend {
    pub(super) group: GroupId,
    pub(super) member: MemberId,
    /// Held.
    pub(super) reply: ReplyKey,
    pub(super) session: SimDuration,
    pub(super) answered: Answered,
}

/// What it asked.
#[derive(Debug)]
pub(super) enum Answered {
    /// JoinGroup; the group has become a classic one if there is nothing to wait for.
    Join {
        /// How long it may take to ask for its assignment.
        sync: Option<SimDuration>,
        response: Response,
    },
    /// SyncGroup.
    Sync { request: SyncGroupRequest, assigned: AssignedPartitions },
}

impl AfterConsumerAppend {
    /// The event's records are committed, or will not be; then its own failure answers.
    pub(crate) fn run(self, result: Result<(), ErrorCode>, groups: &mut Groups, cx: &mut Context<'_>) {
        if result.is_ok() {
            let (group, member) = (&self.group, &self.member);
            let response = match self.answered {
                Answered::Join { sync, response } => {
                    timers::disarm(groups, group, member, MemberTimer::Join, cx);
                    if let Some(sync) = sync {
                        timers::arm(groups, group, member, MemberTimer::Session, self.session, cx);
                        timers::arm(groups, group, member, MemberTimer::Sync, sync, cx);
                    }
                    response
                }
                Answered::Sync { request, assigned } => {
                    timers::disarm(groups, group, member, MemberTimer::Sync, cx);
                    timers::arm(groups, group, member, MemberTimer::Session, self.session, cx);
                    Response::from(SyncGroupResponse {
                        error: ErrorCode::None,
                        protocol_type: request.protocol_type,
                        protocol_name: request.protocol_name,
                        assignment: assignment_bytes(assigned.as_slice().iter(), cx.topics),
                    })
                }
            };
            cx.answer(self.reply, response);
        }
        cx.release(self.reply);
    }
}

/// Partitions as a classic member is told of them; those of topics that are gone are left out.
fn assignment_bytes<'a>(assigned: impl Iterator<Item = &'a AssignedPartition>, topics: &Topics) -> AssignmentBytes {
    let mut partitions = named(assigned.map(AssignedPartition::place), topics);
    partitions.sort();
    AssignmentBytes::Partitions(partitions.into())
}

/// Partitions by the names of their topics, in this order; those of topics that are gone are left out.
pub(super) fn named(places: impl Iterator<Item = (TopicId, i32)>, topics: &Topics) -> Vec<TopicPartition> {
    places.filter_map(|(topic, number)| Some(TopicPartition::new(topics.name(topic)?.clone(), number))).collect()
}

/// Handles a LeaveGroup of members of a consumer group. All of them together make one new epoch.
pub(crate) fn leave(
    groups: &mut Groups,
    request: &LeaveGroupRequest,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let group = groups.find(&request.group).and_then(|key| groups.consumer(key));
    let group = group.ok_or(Refusal(ErrorCode::UnknownMemberId))?;
    let mut gone: Vec<ConsumerMember> = Vec::new();
    let mut members = Vec::with_capacity(request.members.len());
    for entry in &request.members {
        let error = match group.leaving(entry, cx) {
            Ok(member) => {
                if gone.iter().all(|other| other.id != member.id) {
                    gone.push(member.clone());
                }
                ErrorCode::None
            }
            Err(Refusal(error)) => error,
        };
        let (member_id, instance_id) = (entry.member_id.clone(), entry.instance_id.clone());
        members.push(MemberLeft { member_id, instance_id, error });
    }
    let mut outcome = if gone.is_empty() { Outcome::default() } else { fence(groups, &request.group, &gone, cx)? };
    outcome.response = Some(Response::from(LeaveGroupResponse { error: ErrorCode::None, members }));
    Ok(outcome)
}

impl ConsumerGroup {
    /// The member that an entry of a LeaveGroup means. Administrators name static ones by their instance id alone.
    fn leaving(&self, entry: &LeavingMember, cx: &mut Context<'_>) -> Result<&ConsumerMember, Refusal> {
        let unknown = Refusal(ErrorCode::UnknownMemberId);
        let member = match &entry.instance_id {
            None => self.member(&entry.member_id).ok_or(unknown)?,
            Some(instance) if entry.member_id.is_empty() => self.static_member(instance)?.ok_or(unknown)?,
            Some(instance) => self.holder(&entry.member_id, instance, cx)?,
        };
        let (id, instance, reason) = (entry.member_id.clone(), entry.instance_id.clone(), entry.reason.clone());
        cx.observe_consumer(&self.id, ConsumerEvent::ClassicMemberLeft { member: id, instance, reason });
        Ok(member)
    }

    /// The member with this id and instance id, if it speaks the classic protocol and is in this generation.
    fn classic_member(
        &self,
        id: &MemberId,
        instance: Option<&InstanceId>,
        cx: &mut Context<'_>,
    ) -> Result<ConsumerMember, Refusal> {
        let unknown = Refusal(ErrorCode::UnknownMemberId);
        let member = match instance {
            None => self.member(id).ok_or(unknown)?,
            Some(instance) => self.holder(id, instance, cx)?,
        };
        if member.uses_classic_protocol() { Ok(member.clone()) } else { Err(unknown) }
    }

    /// Handles a Heartbeat: whether the member has to join again, to catch up, to say what it gave up, or to fetch what
    /// has become free. It never computes a target assignment.
    pub(crate) fn classic_heartbeat(
        &mut self,
        request: &HeartbeatRequest,
        cx: &mut Context<'_>,
    ) -> Result<Response, Refusal> {
        let id = &request.member_id;
        let member = self.classic_member(id, request.instance_id.as_ref(), cx)?;
        if member.epoch() != request.generation.0 {
            return Err(Refusal(ErrorCode::IllegalGeneration));
        }
        self.arm(id, MemberTimer::Session, member.classic_session_timeout(), cx);
        let must_join = member.epoch() < self.epoch_to_rejoin_for(cx)
            || match member.current.state {
                MemberState::Stable => false,
                MemberState::UnrevokedPartitions => true,
                MemberState::UnreleasedPartitions => !self.waits_for_others(&member),
            };
        if must_join {
            self.expect_join(&member, cx);
        }
        let error = if must_join { ErrorCode::RebalanceInProgress } else { ErrorCode::None };
        Ok(Response::from(HeartbeatResponse { error }))
    }

    /// The epoch that a member has to join again for.
    fn epoch_to_rejoin_for(&self, cx: &Context<'_>) -> i32 {
        if cx.behaviour.rejoins_for_assignment { self.assignment_epoch } else { self.epoch }
    }

    /// From now on the member has its rebalance timeout to join, unless that runs already.
    fn expect_join(&mut self, member: &ConsumerMember, cx: &mut Context<'_>) {
        if !self.is_armed(&member.id, MemberTimer::Join) {
            self.arm(&member.id, MemberTimer::Join, member.rebalance_timeout(), cx);
        }
    }

    /// Whether something that the member is meant to have is another's still.
    fn waits_for_others(&self, member: &ConsumerMember) -> bool {
        let target = self.target(&member.id);
        let mut wanted = target.iter().flat_map(|(topic, numbers)| numbers.iter().map(move |&number| (topic, number)));
        wanted.any(|(topic, number)| {
            !member.current.assigned.contains(topic, number) && self.partition_epoch(topic, number).is_some()
        })
    }

    /// Handles a SyncGroup: the member is told what it has.
    pub(crate) fn classic_sync(
        &mut self,
        request: &SyncGroupRequest,
        reply: ReplyKey,
        cx: &mut Context<'_>,
    ) -> Result<Outcome, Refusal> {
        let id = &request.member_id;
        let member = self.classic_member(id, request.instance_id.as_ref(), cx)?;
        if member.epoch() != request.generation.0 {
            return Err(Refusal(ErrorCode::IllegalGeneration));
        }
        let offered = member.told.classic.as_ref().and_then(|classic| classic.protocols.first());
        let is_other_type = request.protocol_type.as_ref().is_some_and(|kind| *kind != ProtocolType::CONSUMER);
        let is_other_name =
            request.protocol_name.as_ref().is_some_and(|name| offered.is_none_or(|offered| offered.name != *name));
        if is_other_type || is_other_name {
            return Err(Refusal(ErrorCode::InconsistentGroupProtocol));
        }
        if self.epoch_to_rejoin_for(cx) > member.epoch() && member.current.state != MemberState::UnrevokedPartitions {
            self.expect_join(&member, cx);
            return Err(Refusal(ErrorCode::RebalanceInProgress));
        }
        cx.replies.hold(reply);
        let after = AfterConsumerAppend {
            group: self.id.clone(),
            member: id.clone(),
            reply,
            session: member.classic_session_timeout(),
            answered: Answered::Sync { request: request.clone(), assigned: member.current.assigned.clone() },
        };
        Ok(Outcome { after: Some(Box::new(AfterAppend::Consumer(after))), ..Outcome::default() })
    }
}
