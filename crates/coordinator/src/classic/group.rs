//! A classic group: its members, counts and timers, and the small steps that keep them consistent (`ClassicGroup`).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::java::{JavaHashMap, Place};
use protocol::message::{JoinGroupProtocol, JoinGroupResponse, Response, SyncGroupResponse};
use protocol::{
    ErrorCode, Generation, GroupId, InstanceId, MemberId, ProtocolName, ProtocolType, SimDuration, TopicName,
};

use crate::classic::member::Member;
use crate::classic::owing::Owing;
use crate::classic::rebalance::Handout;
use crate::classic::state::ClassicGroupState;
use crate::context::{Context, CoordinatorTimer, Refusal};
use crate::groups::GroupKey;
use crate::observation::GroupEvent;
use crate::record::{GroupMetadata, MemberMetadata, Record};
use crate::replies::ReplyKey;

/// A classic group.
#[derive(Debug)]
pub(crate) struct ClassicGroup {
    pub(super) id: GroupId,
    pub(super) key: GroupKey,
    pub(super) state: ClassicGroupState,
    /// The state before; Dead for a group that was just created or loaded.
    pub(super) previous_state: ClassicGroupState,
    pub(super) state_timestamp_ms: i64,
    pub(super) generation: Generation,
    pub(super) protocol_type: Option<ProtocolType>,
    pub(super) protocol_name: Option<ProtocolName>,
    pub(super) leader: Option<MemberId>,
    /// In the order of Java's hash table: it decides the order of answers, of the leader's list and of succession.
    pub(super) members: JavaHashMap<MemberId, Member>,
    pub(super) static_members: JavaHashMap<InstanceId, MemberId>,
    /// Who was given an id and has not joined with it, with the timer that takes it back.
    pub(super) pending_join: BTreeMap<MemberId, CoordinatorTimer>,
    /// Who owes a SyncGroup in this generation.
    pub(super) owing: Owing,
    /// Number of members whose JoinGroup is parked.
    pub(super) awaiting_join: usize,
    /// Per assignor, by how many members it is offered (once per mention).
    pub(super) supported: BTreeMap<ProtocolName, i64>,
    /// Number of members that name some assignor twice.
    pub(super) named_twice: i64,
    /// New ids of returning static members whose record is not committed; with what they offered when they went, for
    /// those that are members no longer.
    pub(super) returning: BTreeMap<MemberId, Option<Arc<[JoinGroupProtocol]>>>,
    /// Kafka has lost its way: it has miscounted protocols, or has thrown in the middle of a vote, or goes by the timer
    /// of a former group of this id.
    pub(super) is_astray: bool,
    /// A member was added during an initial delay, which therefore is extended.
    pub(super) new_member_added: bool,
    /// Topics of all subscriptions; none if that is not known.
    pub(super) subscribed_topics: Option<BTreeSet<TopicName>>,
    pub(super) sync_timer: Option<CoordinatorTimer>,
}

impl ClassicGroup {
    /// A group without members.
    pub(crate) fn new(id: GroupId, key: GroupKey, now_ms: i64) -> Self {
        Self {
            id,
            key,
            state: ClassicGroupState::Empty,
            previous_state: ClassicGroupState::Dead,
            state_timestamp_ms: now_ms,
            generation: Generation(0),
            protocol_type: None,
            protocol_name: None,
            leader: None,
            members: JavaHashMap::new(),
            static_members: JavaHashMap::new(),
            pending_join: BTreeMap::new(),
            owing: Owing::default(),
            awaiting_join: 0,
            supported: BTreeMap::new(),
            named_twice: 0,
            returning: BTreeMap::new(),
            is_astray: false,
            new_member_added: false,
            subscribed_topics: None,
            sync_timer: None,
        }
    }

    /// Its id.
    pub(crate) fn id(&self) -> &GroupId {
        &self.id
    }

    /// Its state.
    pub(crate) fn state(&self) -> ClassicGroupState {
        self.state
    }

    /// Number of members and of pending ids.
    pub(crate) fn len(&self) -> usize {
        self.members.len() + self.pending_join.len()
    }

    /// Whether it has no members and no rebalance goes on (`isEmpty`).
    pub(crate) fn is_empty(&self) -> bool {
        self.state == ClassicGroupState::Empty
    }

    /// Whether it only holds offsets (`isSimpleGroup`): nothing is written of it, and it makes way for another.
    pub(crate) fn is_simple(&self) -> bool {
        self.protocol_type.is_none() && self.is_empty() && self.pending_join.is_empty()
    }

    /// Its generation.
    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// Whether its members are consumers.
    pub(crate) fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type == Some(ProtocolType::CONSUMER)
    }

    /// Whether its members read this topic; as long as that is not known, consumers may read any.
    pub(crate) fn is_subscribed_to(&self, topic: &TopicName) -> bool {
        self.subscribed_topics.as_ref().map_or_else(|| self.uses_consumer_protocol(), |topics| topics.contains(topic))
    }

    /// The timer that runs while a member is silent, if it is armed, and how long that may be.
    pub(crate) fn session(&self, id: &MemberId) -> Option<(CoordinatorTimer, SimDuration)> {
        let member = self.members.get(id)?;
        Some((member.session?, member.session_timeout()))
    }

    pub(super) fn is_leader(&self, id: &MemberId) -> bool {
        self.leader.as_ref() == Some(id)
    }

    pub(super) fn member(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }

    /// Where each member stands, in the order of Java's hash table.
    pub(super) fn places(&self) -> Vec<Place> {
        self.members.places().collect()
    }

    /// Everybody who was given an id has joined, and every member's JoinGroup is parked.
    pub(super) fn has_all_members_joined(&self) -> bool {
        self.members.len() == self.awaiting_join && self.pending_join.is_empty()
    }

    /// The largest rebalance timeout among the members.
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        self.members.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0)
    }

    pub(super) fn rebalance_timeout(&self) -> SimDuration {
        SimDuration::from_config_millis(i64::from(self.rebalance_timeout_ms()))
    }

    /// Moves on to `next`.
    pub(super) fn transition_to(&mut self, next: ClassicGroupState, cx: &Context<'_>) {
        assert!(
            next.valid_previous_states().contains(&self.state),
            "group {} cannot go from {} to {next}",
            self.id,
            self.state
        );
        self.previous_state = self.state;
        self.state = next;
        self.state_timestamp_ms = cx.now_ms();
    }

    /// The same, unless there is no way from here to there: then Kafka throws in the middle of what it does.
    pub(super) fn try_transition_to(&mut self, next: ClassicGroupState, cx: &Context<'_>) -> Result<(), Refusal> {
        if !next.valid_previous_states().contains(&self.state) {
            self.is_astray = true;
            return Err(Refusal(ErrorCode::UnknownServerError));
        }
        self.transition_to(next, cx);
        Ok(())
    }

    /// `validateMember`: is this a member of the group, and the one that its instance id belongs to? Where it stands.
    #[inline(always)]
    pub(super) fn validate_member(
        &self,
        id: &MemberId,
        instance: Option<&InstanceId>,
        operation: &'static str,
        cx: &mut Context<'_>,
    ) -> Result<Place, Refusal> {
        if let Some(instance) = instance {
            let is_holder = self.is_holder(id, instance, operation, cx)?;
            if !is_holder && cx.behaviour.refuses_unknown_instance {
                return Err(Refusal(ErrorCode::UnknownMemberId));
            }
        }
        self.members.place(id).ok_or(Refusal(ErrorCode::UnknownMemberId))
    }

    /// Whether the instance id is this member's; false if the group does not know it.
    ///
    /// # Errors
    /// It is another member's: FENCED_INSTANCE_ID.
    pub(super) fn is_holder(
        &self,
        id: &MemberId,
        instance: &InstanceId,
        operation: &'static str,
        cx: &mut Context<'_>,
    ) -> Result<bool, Refusal> {
        let Some(existing) = self.static_members.get(instance) else { return Ok(false) };
        if existing == id {
            return Ok(true);
        }
        let (member, existing) = (id.clone(), existing.clone());
        cx.observe(&self.id, GroupEvent::MemberFenced { instance: instance.clone(), member, existing, operation });
        Err(Refusal(ErrorCode::FencedInstanceId))
    }

    /// Files a new member; the first one decides protocol type and, without a leader, leads.
    pub(super) fn add(&mut self, id: MemberId, member: Member, protocol_type: ProtocolType) {
        if let Some(instance) = &member.instance_id {
            self.static_members.put(instance.clone(), id.clone());
        }
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type);
        }
        if self.leader.is_none() {
            self.leader = Some(id.clone());
        }
        self.count_protocols(&member.protocols);
        self.awaiting_join += usize::from(member.is_awaiting_join());
        self.members.put(id, member);
    }

    /// Takes a member or a pending id out of the group, its timer with it. A request it has parked is answered no
    /// more; who wants it answered does that before. The first member in order succeeds a leader.
    pub(super) fn remove(&mut self, id: &MemberId, cx: &mut Context<'_>) {
        self.take_out(id, cx);
        self.succeed_leader();
    }

    /// As [`Self::remove`], for several at once.
    pub(super) fn remove_all(&mut self, ids: &[MemberId], cx: &mut Context<'_>) {
        for id in ids {
            self.take_out(id, cx);
        }
        self.succeed_leader();
    }

    fn succeed_leader(&mut self) {
        if self.leader.as_ref().is_some_and(|leader| !self.members.contains_key(leader)) {
            self.leader = self.members.keys().next().cloned();
        }
    }

    fn take_out(&mut self, id: &MemberId, cx: &mut Context<'_>) {
        let member = self.members.remove(id);
        self.take_debt(id, member.as_ref().and_then(|member| member.sync_debt));
        if let Some(member) = member {
            self.note_departure(id, &member);
            self.discount_protocols(&member.protocols);
            self.awaiting_join -= usize::from(member.is_awaiting_join());
            if let Some(instance) = &member.instance_id {
                self.static_members.remove(instance);
            }
            for reply in member.parked_join.into_iter().chain(member.parked_sync) {
                cx.release(reply);
            }
            cx.cancel(member.session);
        }
        let pending = self.pending_join.remove(id);
        cx.cancel(pending);
    }

    /// Replaces what a member told at its last join, and parks its new JoinGroup (or none).
    pub(super) fn update_member(
        &mut self,
        place: Place,
        protocols: &Arc<[JoinGroupProtocol]>,
        timeouts_ms: Timeouts,
        reply: Option<ReplyKey>,
        cx: &mut Context<'_>,
    ) {
        let (_, member) = self.members.at_mut(place);
        (member.rebalance_timeout_ms, member.session_timeout_ms) = (timeouts_ms.rebalance, timeouts_ms.session);
        let parked = core::mem::replace(&mut member.parked_join, reply);
        self.awaiting_join += usize::from(reply.is_some());
        self.awaiting_join -= usize::from(parked.is_some());
        if let Some(parked) = parked {
            cx.release(parked);
        }
        if Arc::ptr_eq(&member.protocols, protocols) {
            return;
        }
        let old = core::mem::replace(&mut member.protocols, Arc::clone(protocols));
        if !old.iter().map(|one| &one.name).eq(protocols.iter().map(|one| &one.name)) {
            self.discount_protocols(&old);
            self.count_protocols(protocols);
        }
    }

    /// Answers a member's parked JoinGroup, if there is one.
    pub(super) fn complete_join(&mut self, id: &MemberId, response: JoinGroupResponse, cx: &mut Context<'_>) {
        if let Some(reply) = self.members.get_mut(id).and_then(|member| member.parked_join.take()) {
            self.awaiting_join -= 1;
            cx.keep(reply, Response::from(response));
        }
    }

    /// Answers a member's parked SyncGroup, if there is one.
    pub(super) fn complete_sync(&mut self, id: &MemberId, response: SyncGroupResponse, cx: &mut Context<'_>) {
        if let Some(reply) = self.members.get_mut(id).and_then(|member| member.parked_sync.take()) {
            cx.keep(reply, Response::from(response));
        }
    }

    /// Arms a member's session timer anew.
    #[inline(always)]
    pub(super) fn rearm_session(&mut self, place: Place, cx: &mut Context<'_>) {
        let (id, member) = self.members.at_mut(place);
        member.rearm(self.key, id, member.session_timeout(), cx);
    }

    /// Arms a member's session timer anew, with another length than its session timeout.
    pub(super) fn rearm_session_for(&mut self, id: &MemberId, length: SimDuration, cx: &mut Context<'_>) {
        if let Some(member) = self.members.get_mut(id) {
            member.rearm(self.key, id, length, cx);
        }
    }

    /// Whoever is no member any more, but whose return is not committed, is remembered with what it offered.
    pub(super) fn note_departure(&mut self, id: &MemberId, member: &Member) {
        if let Some(departed) = self.returning.get_mut(id) {
            *departed = Some(Arc::clone(&member.protocols));
        }
    }

    pub(super) fn count_protocols(&mut self, protocols: &[JoinGroupProtocol]) {
        self.add_to_counts(protocols, 1);
    }

    pub(super) fn discount_protocols(&mut self, protocols: &[JoinGroupProtocol]) {
        self.add_to_counts(protocols, -1);
    }

    /// Whether the counts say who offers what: nobody names an assignor twice and nothing was miscounted.
    pub(super) fn counts_are_offers(&self) -> bool {
        self.named_twice == 0 && !self.is_astray
    }

    fn add_to_counts(&mut self, protocols: &[JoinGroupProtocol], change: i64) {
        if names_one_twice(protocols) {
            self.named_twice += change;
        }
        for protocol in protocols {
            match self.supported.get_mut(&protocol.name) {
                Some(count) if *count == -change => {
                    self.supported.remove(&protocol.name);
                }
                Some(count) => *count += change,
                None => {
                    self.supported.insert(protocol.name.clone(), change);
                }
            }
        }
    }

    /// The record of the group with the assignments that `handout` gives its members, or else with those that they
    /// have. Without a log to be kept in it has no members.
    ///
    /// # Errors
    /// A member does not offer the group's assignor: Kafka does not expect that of itself.
    pub(super) fn record(&self, handout: Option<&Handout>, keeps_log: bool) -> Result<Record, Refusal> {
        let mut members = Vec::new();
        let listed = if keeps_log || !self.counts_are_offers() { self.members.len() } else { 0 };
        for place in self.members.places().take(listed) {
            let (id, member) = self.members.at(place);
            let subscription = self.protocol_name.as_ref().and_then(|name| member.metadata(name));
            members.push(MemberMetadata {
                member_id: id.clone(),
                instance_id: member.instance_id.clone(),
                client_id: member.client_id.clone(),
                client_host: member.client_host.clone(),
                rebalance_timeout_ms: member.rebalance_timeout_ms,
                session_timeout_ms: member.session_timeout_ms,
                subscription: subscription.ok_or(Refusal(ErrorCode::UnknownServerError))?.clone(),
                assignment: handout.map_or_else(|| member.assignment.clone(), |handout| handout.of(id, place)),
            });
        }
        let value = GroupMetadata {
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol_name.clone(),
            leader: self.leader.clone(),
            state_timestamp_ms: self.state_timestamp_ms,
            members,
        };
        Ok(Record::GroupMetadata { group: self.id.clone(), value: Some(Arc::new(value)) })
    }

    /// The record of a group that was just created.
    pub(super) fn new_group_record(&self) -> Record {
        let value = GroupMetadata {
            generation: Generation(0),
            protocol_type: None,
            protocol: None,
            leader: None,
            state_timestamp_ms: self.state_timestamp_ms,
            members: Vec::new(),
        };
        Record::GroupMetadata { group: self.id.clone(), value: Some(Arc::new(value)) }
    }
}

/// Whether some assignor stands twice in a member's list.
fn names_one_twice(protocols: &[JoinGroupProtocol]) -> bool {
    if let [] | [_] = protocols {
        return false;
    }
    let mut names = BTreeSet::new();
    protocols.iter().any(|protocol| !names.insert(&protocol.name))
}

/// A member's two timeouts, ms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) rebalance: i32,
    pub(super) session: i32,
}
