//! A rebalance from its first moment to the new generation, and the handing out of assignments: the procedures that
//! every handler shares (`prepareRebalance`, `maybeCompleteJoinPhase`, `completeClassicGroupJoin`,
//! `propagateAssignment`).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::java::Place;
use protocol::message::{JoinGroupResponse, JoinedMember, Response, SyncGroupResponse};
use protocol::{AssignmentBytes, ErrorCode, GroupId, MemberId, SimDuration};

use crate::classic::group::ClassicGroup;
use crate::classic::state::ClassicGroupState;
use crate::context::{Context, CoordinatorTimer, Refusal, TimerOwner};
use crate::observation::{GroupEvent, RebalanceReason};
use crate::record::Record;

/// What a step of a rebalance wants written: the record of a group that has become empty, or nothing.
pub(super) type Written = Result<Option<Record>, Refusal>;

/// What the timer of a join phase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinPhase {
    /// The first rebalance after the group was empty waits for newcomers (KIP-134).
    Initial {
        /// Length of this round, ms.
        delay_ms: i32,
        /// How much longer all rounds together may last, ms.
        remaining_ms: i32,
    },
    /// Members are given their rebalance timeout to join.
    Rebalance,
}

/// The timers of join phases. Kafka knows them by the ids of the groups alone, and cancels none when a group goes: the
/// next classic group of that id has to live with it.
pub(crate) type JoinTimers = BTreeMap<GroupId, CoordinatorTimer>;

impl ClassicGroup {
    /// BEGIN: a rebalance starts, for `reason`.
    pub(super) fn prepare_rebalance(&mut self, reason: RebalanceReason, cx: &mut Context<'_>) -> Written {
        if self.state == ClassicGroupState::CompletingRebalance {
            self.hand_out(Handout::default(), ErrorCode::RebalanceInProgress, cx);
        }
        self.forget_owing();
        let sync_timer = self.sync_timer.take();
        cx.cancel(sync_timer);
        let is_initial = self.state == ClassicGroupState::Empty;
        if is_initial {
            let delay_ms = cx.config.initial_rebalance_delay_ms;
            let remaining_ms = self.rebalance_timeout_ms().wrapping_sub(delay_ms).max(0);
            self.arm_join(JoinPhase::Initial { delay_ms, remaining_ms }, millis(delay_ms), cx);
        }
        self.transition_to(ClassicGroupState::PreparingRebalance, cx);
        cx.observe(&self.id, GroupEvent::PreparingRebalance { old_generation: self.generation, reason });
        if is_initial {
            return Ok(None);
        }
        if self.has_all_members_joined() {
            return self.complete_join_phase(cx);
        }
        self.arm_join(JoinPhase::Rebalance, self.rebalance_timeout(), cx);
        Ok(None)
    }

    /// TRY: the join phase ends if everybody has joined, unless it is an initial delay.
    pub(super) fn maybe_complete_join_phase(&mut self, cx: &mut Context<'_>) -> Written {
        if self.state == ClassicGroupState::PreparingRebalance
            && self.previous_state != ClassicGroupState::Empty
            && self.has_all_members_joined()
        {
            self.complete_join_phase(cx)
        } else {
            Ok(None)
        }
    }

    /// A rebalance starts if none is being prepared; else the one that is may be complete now.
    pub(super) fn rebalance_or_complete(
        &mut self,
        reason: impl FnOnce() -> RebalanceReason,
        cx: &mut Context<'_>,
    ) -> Written {
        if self.state.can_rebalance() {
            self.prepare_rebalance(reason(), cx)
        } else {
            self.maybe_complete_join_phase(cx)
        }
    }

    /// FINISH: the join phase ends with whoever has joined, and a new generation begins.
    pub(super) fn complete_join_phase(&mut self, cx: &mut Context<'_>) -> Written {
        let timer = cx.joins.remove(&self.id);
        cx.cancel(timer);
        self.remove_who_did_not_join(cx);
        if self.state == ClassicGroupState::Dead {
            return Ok(None);
        }
        if !self.elect_joined_leader(cx) && !self.members.is_empty() {
            cx.observe(&self.id, GroupEvent::NobodyJoined);
            // Without a timeout Kafka tries again at once, and time passes between one try and the next.
            let again = self.rebalance_timeout().max(SimDuration::from_millis(1));
            self.arm_join(JoinPhase::Rebalance, again, cx);
            return Ok(None);
        }
        self.generation = self.generation.next();
        if self.members.is_empty() {
            self.protocol_name = None;
            self.subscribed_topics = self.compute_subscribed_topics()?;
            self.try_transition_to(ClassicGroupState::Empty, cx)?;
            self.forget_owing();
            cx.observe(&self.id, GroupEvent::Emptied { generation: self.generation });
            return self.record(None, cx.keeps_log).map(Some);
        }
        self.enter_generation(cx).inspect_err(|_| self.is_astray = true)?;
        Ok(None)
    }

    /// The new generation has an assignor, and everybody is told. Kafka throws in the middle if protocols were
    /// miscounted.
    fn enter_generation(&mut self, cx: &mut Context<'_>) -> Result<(), Refusal> {
        self.protocol_name = Some(self.select_protocol().ok_or(Refusal(ErrorCode::UnknownServerError))?);
        self.subscribed_topics = self.compute_subscribed_topics()?;
        self.try_transition_to(ClassicGroupState::CompletingRebalance, cx)?;
        self.forget_owing();
        self.announce_generation(cx)
    }

    /// Expiry of the timer of a join phase, be it that of a former group.
    pub(crate) fn join_timer_expired(&mut self, phase: JoinPhase, cx: &mut Context<'_>) -> Written {
        match phase {
            JoinPhase::Initial { delay_ms, remaining_ms } if self.new_member_added && remaining_ms != 0 => {
                self.new_member_added = false;
                let delay = cx.config.initial_rebalance_delay_ms.min(remaining_ms);
                let remaining_ms = remaining_ms.wrapping_sub(delay_ms).max(0);
                self.arm_join(JoinPhase::Initial { delay_ms: delay, remaining_ms }, millis(delay), cx);
                Ok(None)
            }
            JoinPhase::Initial { .. } | JoinPhase::Rebalance => self.complete_join_phase(cx),
        }
    }

    /// Everybody has what `handout` says, or nothing; whoever waits for that is told, and has its full session timeout
    /// again.
    pub(super) fn hand_out(&mut self, mut handout: Handout, error: ErrorCode, cx: &mut Context<'_>) {
        let (kind, name) = match error {
            ErrorCode::None => (self.protocol_type.clone(), self.protocol_name.clone()),
            _ => (None, None),
        };
        for place in self.places() {
            let (id, member) = self.members.at_mut(place);
            member.assignment = handout.take(id, place);
            if let Some(reply) = member.parked_sync.take() {
                let (protocol_type, protocol_name) = (kind.clone(), name.clone());
                let assignment = member.assignment.clone();
                let response = SyncGroupResponse { error, protocol_type, protocol_name, assignment };
                cx.keep(reply, Response::from(response));
                member.rearm(self.key, id, member.session_timeout(), cx);
            }
        }
    }

    /// The members as the leader is told of them.
    ///
    /// # Errors
    /// The group is between generations, or a member does not offer its assignor.
    pub(super) fn joined_members(&self) -> Result<Vec<JoinedMember>, Refusal> {
        let unexpected = Refusal(ErrorCode::UnknownServerError);
        if matches!(self.state, ClassicGroupState::Dead | ClassicGroupState::PreparingRebalance) {
            return Err(unexpected);
        }
        let name = self.protocol_name.as_ref().ok_or(unexpected)?;
        let mut members = Vec::with_capacity(self.members.len());
        for (id, member) in self.members.iter() {
            members.push(JoinedMember {
                member_id: id.clone(),
                instance_id: member.instance_id.clone(),
                metadata: member.metadata(name).ok_or(unexpected)?.clone(),
            });
        }
        Ok(members)
    }

    /// The place of a member in the present generation.
    pub(super) fn join_response(&self, id: &MemberId, members: Vec<JoinedMember>) -> JoinGroupResponse {
        JoinGroupResponse {
            error: ErrorCode::None,
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            skip_assignment: false,
            member_id: id.clone(),
            members,
        }
    }

    fn arm_join(&mut self, phase: JoinPhase, length: SimDuration, cx: &mut Context<'_>) {
        let owner = TimerOwner::Join { group: self.id.clone(), phase };
        let timer = cx.timers.arm(owner, cx.now, length);
        let old = cx.joins.insert(self.id.clone(), timer);
        cx.cancel(old);
    }

    /// Dynamic members without a parked JoinGroup go; static ones stay.
    fn remove_who_did_not_join(&mut self, cx: &mut Context<'_>) {
        if self.awaiting_join == self.members.len() {
            return;
        }
        let late: Vec<MemberId> = self
            .members
            .iter()
            .filter(|(_, member)| !member.is_awaiting_join() && member.instance_id.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        if late.is_empty() {
            return;
        }
        self.remove_all(&late, cx);
        cx.observe(&self.id, GroupEvent::MembersDidNotJoin { members: late });
    }

    /// Whether the leader has joined; if not, the first member in order that has takes over.
    fn elect_joined_leader(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(leader) = &self.leader else { return false };
        let former = self.member(leader).expect("a leader is a member");
        if former.is_awaiting_join() {
            return true;
        }
        let (old, old_instance) = (leader.clone(), former.instance_id.clone());
        let Some(new) = self.members.iter().find(|(_, member)| member.is_awaiting_join()).map(|(id, _)| id.clone())
        else {
            return false;
        };
        cx.observe(&self.id, GroupEvent::LeaderReplaced { old, old_instance, new: new.clone() });
        self.leader = Some(new);
        true
    }

    /// Answers all parked JoinGroup requests; from now on every member has its session timeout to be heard of and the
    /// rebalance timeout to ask for its assignment, static members that did not rejoin included.
    fn announce_generation(&mut self, cx: &mut Context<'_>) -> Result<(), Refusal> {
        let leader = self.leader.clone().expect("a group with members has a leader");
        let members = self.members.len();
        cx.observe(&self.id, GroupEvent::Stabilized { generation: self.generation, members, leader: leader.clone() });
        for place in self.places() {
            let (id, _) = self.members.at(place);
            let members = if *id == leader { self.joined_members()? } else { Vec::new() };
            let response = self.join_response(id, members);
            let (id, member) = self.members.at_mut(place);
            member.is_new = false;
            if let Some(reply) = member.parked_join.take() {
                self.awaiting_join -= 1;
                cx.keep(reply, Response::from(response));
            }
            member.rearm(self.key, id, member.session_timeout(), cx);
            self.owe_sync(place);
        }
        if cx.behaviour.pending_sync_timer {
            let owner = TimerOwner::Sync { group: self.key, generation: self.generation };
            let old = self.sync_timer.replace(cx.timers.arm(owner, cx.now, self.rebalance_timeout()));
            cx.cancel(old);
        }
        Ok(())
    }
}

/// What a leader gives each member: kept by where the member stands, with its id, as another may have taken its place
/// since.
#[derive(Debug, Default)]
pub(super) struct Handout {
    shares: Vec<Option<(MemberId, AssignmentBytes)>>,
}

impl Handout {
    /// The member `id` at `place` is given this; what it was given before counts no more.
    pub(super) fn give(&mut self, id: MemberId, place: Place, share: AssignmentBytes) {
        if self.shares.len() <= place.index() {
            self.shares.resize(place.index() + 1, None);
        }
        self.shares[place.index()] = Some((id, share));
    }

    /// What the member `id` at `place` is given: nothing if that was not said.
    pub(super) fn of(&self, id: &MemberId, place: Place) -> AssignmentBytes {
        let given = self.shares.get(place.index()).and_then(Option::as_ref).filter(|(of, _)| of == id);
        given.map(|(_, share)| share.clone()).unwrap_or_default()
    }

    /// The same, for good.
    fn take(&mut self, id: &MemberId, place: Place) -> AssignmentBytes {
        let given = self.shares.get_mut(place.index()).and_then(Option::take).filter(|(of, _)| of == id);
        given.map(|(_, share)| share).unwrap_or_default()
    }
}

fn millis(length_ms: i32) -> SimDuration {
    SimDuration::from_config_millis(i64::from(length_ms))
}
