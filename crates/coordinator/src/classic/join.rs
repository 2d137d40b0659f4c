//! JoinGroup: newcomers, members that come again, and who is turned away (`classicGroupJoinToClassicGroup`).

use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::java::Place;
use protocol::message::{JoinGroupRequest, JoinGroupResponse, Response};
use protocol::{AssignmentBytes, ErrorCode, GroupId, MemberId, SimDuration};

use crate::classic::AfterClassicAppend;
use crate::classic::group::{ClassicGroup, Timeouts};
use crate::classic::member::Member;
use crate::classic::rebalance::Written;
use crate::classic::state::ClassicGroupState;
use crate::config::NEW_MEMBER_JOIN_TIMEOUT;
use crate::consumer::{self, ConsumerEvent, Protocol};
use crate::context::{AfterAppend, Context, Outcome, Refusal, TimerOwner};
use crate::groups::{Group, GroupKey, Groups};
use crate::ids::MemberIds;
use crate::observation::{GroupEvent, RebalanceReason};
use crate::replies::ReplyKey;

/// From this version of JoinGroup on, dynamic newcomers are given an id first and join with it (KIP-394).
const VERSION_WITH_MEMBER_ID_REQUIRED: i16 = 4;

/// A JoinGroup request and the answer promised to it; the caller holds that promise too.
pub(super) struct Join<'a> {
    pub(super) request: &'a JoinGroupRequest,
    pub(super) reply: ReplyKey,
}

impl Join<'_> {
    fn refuse(&self, error: ErrorCode, member_id: MemberId, cx: &mut Context<'_>) {
        cx.answer(self.reply, Response::from(JoinGroupResponse::refusal(error, member_id)));
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts { rebalance: self.request.rebalance_timeout_ms, session: self.request.session_timeout_ms }
    }
}

/// Handles a JoinGroup: its answer is given or parked through `reply`.
pub(crate) fn join(
    groups: &mut Groups,
    request: &JoinGroupRequest,
    reply: ReplyKey,
    ids: &mut dyn MemberIds,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let join = Join { request, reply };
    let mut records = Vec::new();
    let mut found = groups.find(&request.group);
    if let Some((key, group)) = found.and_then(|key| Some((key, groups.consumer(key)?))) {
        if !group.is_empty() {
            return consumer::join(groups, key, request, reply, ids, cx);
        }
        // The group is gone in any case, though what says so is not written in any case.
        records = group.tombstones();
        groups.remove(&request.group);
        let event = ConsumerEvent::Converted { to: Protocol::Classic, was_empty: true };
        cx.observe_consumer(&request.group, event);
        found = None;
    }
    if found.is_none() && !request.member_id.is_empty() {
        join.refuse(ErrorCode::UnknownMemberId, request.member_id.clone(), cx);
        return Ok(Outcome::default());
    }
    let key = found.unwrap_or_else(|| create(groups, &request.group, cx));
    let group = groups.classic_mut(key).expect("the group was found or created above");
    let outcome = group.join(&join, ids, cx)?;
    if found.is_none() && outcome.records.is_empty() && outcome.after.is_none() && cx.behaviour.writes_new_group {
        cx.replies.hold(reply);
        records.push(group.new_group_record());
        return Ok(Outcome {
            records,
            after: Some(Box::new(AfterAppend::Classic(AfterClassicAppend::NewGroup { reply }))),
            ..Outcome::default()
        });
    }
    Ok(outcome)
}

/// Creates an empty classic group.
pub(crate) fn create(groups: &mut Groups, id: &GroupId, cx: &mut Context<'_>) -> GroupKey {
    cx.observe(id, GroupEvent::Created);
    let now_ms = cx.now_ms();
    groups.put(id.clone(), |key| Group::Classic(Box::new(ClassicGroup::new(id.clone(), key, now_ms))))
}

impl ClassicGroup {
    fn join(&mut self, join: &Join<'_>, ids: &mut dyn MemberIds, cx: &mut Context<'_>) -> Result<Outcome, Refusal> {
        let id = &join.request.member_id;
        let place = self.members.place(id);
        if !self.accepts(id, place, cx) {
            return self.refuse_for_size(join, cx).map(Outcome::from);
        }
        let error = self.refusal_of(join);
        if let Some(error) = error {
            join.refuse(error, id.clone(), cx);
            return Ok(Outcome::default());
        }
        if !id.is_empty() {
            return self.join_again(join, cx).map(Outcome::from);
        }
        let new_id = self.make_id(join.request, ids, cx);
        match &join.request.instance_id {
            Some(instance) => match self.static_members.get(instance).cloned() {
                Some(old) => self.replace_static(join, instance, &old, new_id, cx),
                None => self.add_new(join, new_id, false, cx).map(Outcome::from),
            },
            None if join.request.version >= VERSION_WITH_MEMBER_ID_REQUIRED => {
                self.require_member_id(join, new_id, cx);
                Ok(Outcome::default())
            }
            None => self.add_new(join, new_id, false, cx).map(Outcome::from),
        }
    }

    /// `acceptJoiningMember`: is there room (`group.max.size`)? While a rebalance is prepared, those count that have
    /// joined again, so that the last ones to come are turned away.
    fn accepts(&self, id: &MemberId, place: Option<Place>, cx: &Context<'_>) -> bool {
        let max = usize::try_from(cx.config.max_size).unwrap_or(0);
        let member = place.map(|place| self.members.at(place).1);
        if !cx.behaviour.max_size_counts_joined {
            let is_late = self.members.len() > max && member.is_some_and(|member| !member.is_awaiting_join());
            let is_surplus = id.is_empty() && self.members.len() >= max;
            return !is_late && !is_surplus;
        }
        match self.state {
            ClassicGroupState::Empty | ClassicGroupState::Dead => true,
            ClassicGroupState::PreparingRebalance => {
                member.is_some_and(Member::is_awaiting_join) || self.awaiting_join < max
            }
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => {
                member.is_some() || self.members.len() < max
            }
        }
    }

    /// Whom there is no room for is taken out silently, even a member.
    fn refuse_for_size(&mut self, join: &Join<'_>, cx: &mut Context<'_>) -> Written {
        let id = &join.request.member_id;
        self.remove(id, cx);
        cx.observe(&self.id, GroupEvent::MemberRefused { member: id.clone() });
        join.refuse(ErrorCode::GroupMaxSizeReached, MemberId::default(), cx);
        if cx.behaviour.refusal_completes_join { self.maybe_complete_join_phase(cx) } else { Ok(None) }
    }

    /// What is refused to anybody, whoever asks.
    fn refusal_of(&self, join: &Join<'_>) -> Option<ErrorCode> {
        if self.state == ClassicGroupState::Dead {
            Some(ErrorCode::CoordinatorNotAvailable)
        } else if !self.supports_protocols(&join.request.protocol_type, &join.request.protocols) {
            Some(ErrorCode::InconsistentGroupProtocol)
        } else {
            None
        }
    }

    fn make_id(&self, request: &JoinGroupRequest, ids: &mut dyn MemberIds, cx: &Context<'_>) -> MemberId {
        match &request.instance_id {
            Some(instance) if cx.behaviour.static_id_is_uuid => ids.member_id(instance.as_str()),
            Some(instance) => MemberId::from(alloc::format!("{instance}-{}", self.state_timestamp_ms)),
            None => ids.member_id(request.client_id.as_str()),
        }
    }

    fn require_member_id(&mut self, join: &Join<'_>, id: MemberId, cx: &mut Context<'_>) {
        let length = SimDuration::from_config_millis(i64::from(join.request.session_timeout_ms));
        let owner = TimerOwner::Session { group: self.key, member: id.clone() };
        let old = self.pending_join.insert(id.clone(), cx.timers.arm(owner, cx.now, length));
        cx.cancel(old);
        cx.observe(&self.id, GroupEvent::MemberIdRequired { member: id.clone(), state: self.state });
        join.refuse(ErrorCode::MemberIdRequired, id, cx);
    }

    /// ADD: a new member enters; a rebalance begins, or the one being prepared has one more.
    pub(super) fn add_new(
        &mut self,
        join: &Join<'_>,
        id: MemberId,
        was_pending: bool,
        cx: &mut Context<'_>,
    ) -> Written {
        let request = join.request;
        let is_initial = self.state == ClassicGroupState::PreparingRebalance
            && self.previous_state == ClassicGroupState::Empty
            && (cx.behaviour.every_initial_delay_extends || self.generation.0 == 0);
        self.new_member_added |= is_initial;
        let instance = request.instance_id.clone();
        let state = self.state;
        let event = GroupEvent::MemberAdded { member: id.clone(), instance: instance.clone(), was_pending, state };
        cx.observe(&self.id, event);
        cx.replies.hold(join.reply);
        let member = Member {
            instance_id: instance.clone(),
            client_id: request.client_id.clone(),
            client_host: request.client_host.clone(),
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            session_timeout_ms: request.session_timeout_ms,
            protocols: request.protocols.clone(),
            assignment: AssignmentBytes::Empty,
            parked_join: Some(join.reply),
            parked_sync: None,
            is_new: true,
            sync_debt: None,
            session: None,
        };
        self.add(id.clone(), member, request.protocol_type.clone());
        let pending = self.pending_join.remove(&id);
        cx.cancel(pending);
        self.rearm_session_for(&id, NEW_MEMBER_JOIN_TIMEOUT, cx);
        let reason = RebalanceReason::NewMember { member: id, instance, client: request.reason.clone() };
        self.rebalance_or_complete(|| reason, cx)
    }

    /// Somebody with an id: a pending one joins for real, a member joins again, a stranger is refused.
    fn join_again(&mut self, join: &Join<'_>, cx: &mut Context<'_>) -> Written {
        let request = join.request;
        let id = &request.member_id;
        if self.pending_join.contains_key(id) {
            // Kafka does not expect a pending member to be static: an illegal state.
            return match request.instance_id {
                Some(_) => Err(Refusal(ErrorCode::UnknownServerError)),
                None => self.add_new(join, id.clone(), true, cx),
            };
        }
        let known = self.validate_member(id, request.instance_id.as_ref(), "join-group", cx);
        // Here an unknown instance id has always been refused.
        let is_unknown =
            request.instance_id.as_ref().is_some_and(|instance| !self.static_members.contains_key(instance));
        let unknown = Refusal(ErrorCode::UnknownMemberId);
        let place = match known.and_then(|place| if is_unknown { Err(unknown) } else { Ok(place) }) {
            Ok(place) => place,
            Err(Refusal(error)) => {
                join.refuse(error, id.clone(), cx);
                return Ok(None);
            }
        };
        let is_leader = || self.is_leader(id);
        let matches = || self.members.at(place).1.matches(&request.protocols);
        let client = || request.reason.clone();
        let state = self.state;
        match state {
            ClassicGroupState::Stable if is_leader() => {
                let reason = || RebalanceReason::LeaderRejoined { leader: id.clone(), state, client: client() };
                self.update(join, place, reason, cx)
            }
            ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance if matches() => {
                let members = if is_leader() { self.joined_members()? } else { [].into() };
                cx.answer(join.reply, Response::from(self.join_response(id, members)));
                Ok(None)
            }
            ClassicGroupState::Stable
            | ClassicGroupState::CompletingRebalance
            | ClassicGroupState::PreparingRebalance => {
                let reason = || RebalanceReason::MetadataChanged { member: id.clone(), state, client: client() };
                self.update(join, place, reason, cx)
            }
            ClassicGroupState::Empty | ClassicGroupState::Dead => {
                join.refuse(ErrorCode::UnknownMemberId, id.clone(), cx);
                Ok(None)
            }
        }
    }

    /// UPDATE: a member joins again; its session timer is not touched.
    fn update(
        &mut self,
        join: &Join<'_>,
        place: Place,
        reason: impl FnOnce() -> RebalanceReason,
        cx: &mut Context<'_>,
    ) -> Written {
        cx.replies.hold(join.reply);
        let timeouts = self.new_timeouts(join, place, cx);
        self.update_member(place, &join.request.protocols, timeouts, Some(join.reply), cx);
        self.rebalance_or_complete(reason, cx)
    }

    /// The timeouts that a member has once this JoinGroup is in.
    pub(super) fn new_timeouts(&self, join: &Join<'_>, place: Place, cx: &Context<'_>) -> Timeouts {
        if cx.behaviour.rejoin_updates_timeouts { join.timeouts() } else { self.timeouts_of(place) }
    }

    pub(super) fn timeouts_of(&self, place: Place) -> Timeouts {
        let (_, member) = self.members.at(place);
        Timeouts { rebalance: member.rebalance_timeout_ms, session: member.session_timeout_ms }
    }
}
