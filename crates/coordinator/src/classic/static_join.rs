//! JoinGroup of a static member that has lost its id: it takes its own former place
//! (`updateStaticMemberThenRebalanceOrCompleteJoin`, KIP-345, KIP-814).
//!
//! Kafka's traps are kept: the old id stays on the list of those who owe a SyncGroup; the new id's first session
//! timer has the old session timeout; of the subscription only its effect on the vote is looked at; client id and
//! host stay the old.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::message::{JoinGroupProtocol, JoinGroupResponse, Response, SyncGroupResponse};
use protocol::{ErrorCode, InstanceId, MemberId, Text};

use crate::classic::AfterClassicAppend;
use crate::classic::group::{ClassicGroup, Timeouts};
use crate::classic::join::Join;
use crate::classic::member::Member;
use crate::classic::state::ClassicGroupState;
use crate::context::{AfterAppend, Context, Outcome, Refusal};
use crate::groups::GroupKey;
use crate::observation::{GroupEvent, RebalanceReason};
use crate::replies::ReplyKey;

/// From this version of JoinGroup on, a leader can be told to skip the assignment (KIP-814).
const VERSION_WITH_SKIP_ASSIGNMENT: i16 = 9;

/// A replacement in a stable group whose record is not committed yet, and what it takes to undo it.
#[derive(Debug)]
pub(crate) struct Replacement {
    pub(super) group: GroupKey,
    /// The promise to the returning member; held.
    pub(super) reply: ReplyKey,
    instance: InstanceId,
    old: MemberId,
    new: MemberId,
    /// Who led before.
    leader: Option<MemberId>,
    protocols: Arc<[JoinGroupProtocol]>,
    timeouts: Timeouts,
    version: i16,
}

impl ClassicGroup {
    /// The static member `instance`, so far `old`, is `new` from now on.
    pub(super) fn replace_static(
        &mut self,
        join: &Join<'_>,
        instance: &InstanceId,
        old: &MemberId,
        new: MemberId,
        cx: &mut Context<'_>,
    ) -> Result<Outcome, Refusal> {
        let request = join.request;
        let leader = self.leader.clone();
        let state = self.state;
        let (fenced, id) = (old.clone(), new.clone());
        cx.observe(&self.id, GroupEvent::MemberReplaced { instance: instance.clone(), old: fenced, new: id, state });
        self.exchange(instance, old, &new, cx);
        let place = self.members.place(&new).expect("the new id was just put in");
        self.rearm_session(place, cx);
        let replacement = Replacement {
            group: self.key,
            reply: join.reply,
            instance: instance.clone(),
            old: old.clone(),
            new: new.clone(),
            leader,
            protocols: self.members.at(place).1.protocols.clone(),
            timeouts: self.timeouts_of(place),
            version: request.version,
        };
        cx.replies.hold(join.reply);
        let timeouts = self.new_timeouts(join, place, cx);
        self.update_member(place, &request.protocols, timeouts, Some(join.reply), cx);
        let client = request.reason.clone();
        let (member, instance) = (new, instance.clone());
        match state {
            ClassicGroupState::Stable => self.return_to_stable(replacement, client, cx),
            ClassicGroupState::CompletingRebalance if cx.behaviour.static_return_restarts_completion => self
                .prepare_rebalance(RebalanceReason::StaticMemberReturned { member, instance, client }, cx)
                .map(Outcome::from),
            ClassicGroupState::CompletingRebalance => {
                self.answer_replacement(&replacement, cx);
                Ok(Outcome::default())
            }
            ClassicGroupState::PreparingRebalance => self.maybe_complete_join_phase(cx).map(Outcome::from),
            ClassicGroupState::Empty | ClassicGroupState::Dead => Err(Refusal(ErrorCode::UnknownServerError)),
        }
    }

    /// Without a change of the vote the others notice nothing: the new id is written, and the answer waits for that.
    fn return_to_stable(
        &mut self,
        replacement: Replacement,
        client: Option<Text>,
        cx: &mut Context<'_>,
    ) -> Result<Outcome, Refusal> {
        if !cx.behaviour.persists_static_replacement {
            self.answer_replacement(&replacement, cx);
            return Ok(Outcome::default());
        }
        let vote = self.select_protocol().ok_or(Refusal(ErrorCode::UnknownServerError))?;
        if self.protocol_name.as_ref() != Some(&vote) {
            let Replacement { new: member, instance, .. } = replacement;
            let reason = RebalanceReason::VoteChanges { member, instance, client };
            return self.rebalance_or_complete(|| reason, cx).map(Outcome::from);
        }
        cx.observe(&self.id, GroupEvent::ReplacedWithoutRebalance { member: replacement.new.clone() });
        let record = self.record(None, cx.keeps_log)?;
        self.returning.insert(replacement.new.clone(), None);
        cx.replies.hold(replacement.reply);
        Ok(Outcome {
            records: [record].into(),
            after: Some(Box::new(AfterAppend::Classic(AfterClassicAppend::Replacement(replacement)))),
            ..Outcome::default()
        })
    }

    /// The replacement's record is committed, or will not be.
    pub(super) fn replacement_written(
        &mut self,
        done: &Replacement,
        result: Result<(), ErrorCode>,
        cx: &mut Context<'_>,
    ) {
        let departed = self.returning.remove(&done.new).flatten();
        match result {
            Ok(()) => self.answer_replacement(done, cx),
            Err(_) if let Some(protocols) = departed => self.miscount(&protocols, &done.protocols),
            Err(error) => self.revert_replacement(done, error, cx),
        }
    }

    /// Success. A leader of a group that is between generations by now cannot be told who its members are: Kafka fails
    /// here unseen, and the JoinGroup stays parked for the join phase.
    fn answer_replacement(&mut self, done: &Replacement, cx: &mut Context<'_>) {
        let skips = done.version >= VERSION_WITH_SKIP_ASSIGNMENT && cx.behaviour.skips_assignment;
        let is_leader = self.is_leader(&done.new);
        let mut response = self.join_response(&done.new, Vec::new());
        if skips {
            if is_leader {
                let Ok(members) = self.joined_members() else { return };
                response.members = members;
            }
            response.skip_assignment = is_leader;
        } else {
            response.leader = done.leader.clone().unwrap_or_default();
        }
        self.complete_join(&done.new, response, cx);
    }

    /// The member has its former id and what it offered before; the request is told so.
    fn revert_replacement(&mut self, done: &Replacement, error: ErrorCode, cx: &mut Context<'_>) {
        let new = self.members.place(&done.new).expect("only a member's return is taken back");
        self.update_member(new, &done.protocols, done.timeouts, None, cx);
        self.exchange(&done.instance, &done.new, &done.old, cx);
        let old = self.members.place(&done.old).expect("the old id was just put in");
        self.rearm_session(old, cx);
        let response = JoinGroupResponse {
            error,
            leader: done.leader.clone().unwrap_or_default(),
            ..self.join_response(&MemberId::default(), Vec::new())
        };
        let (instance, old, new) = (done.instance.clone(), done.old.clone(), done.new.clone());
        cx.observe(&self.id, GroupEvent::ReplacementReverted { instance, old, new, error });
        cx.answer(done.reply, Response::from(response));
    }

    /// Kafka undoes a return although the member has gone meanwhile: it takes back what that member offered a second
    /// time, counts what it had offered before, and only then stumbles. The request is told of the failure all the
    /// same.
    fn miscount(&mut self, offered: &[JoinGroupProtocol], before: &[JoinGroupProtocol]) {
        self.discount_protocols(offered);
        self.count_protocols(before);
        self.is_astray = true;
    }

    /// `replaceStaticMember`: what the old id had parked is fenced, everything else passes to the new id.
    fn exchange(&mut self, instance: &InstanceId, old: &MemberId, new: &MemberId, cx: &mut Context<'_>) {
        let fenced = JoinGroupResponse::refusal(ErrorCode::FencedInstanceId, old.clone());
        self.complete_join(old, fenced, cx);
        self.complete_sync(old, SyncGroupResponse::refusal(ErrorCode::FencedInstanceId), cx);
        let member = self.members.remove(old).expect("an instance id belongs to a member");
        self.note_departure(old, &member);
        cx.cancel(member.session);
        let sync_debt = self.pass_debt(old, member.sync_debt, new);
        self.members.put(new.clone(), Member { is_new: false, session: None, sync_debt, ..member });
        if self.is_leader(old) {
            self.leader = Some(new.clone());
        }
        self.static_members.put(instance.clone(), new.clone());
    }
}
