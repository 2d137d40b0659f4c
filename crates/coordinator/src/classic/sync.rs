//! SyncGroup: the leader brings the assignment, everybody fetches its own (`classicGroupSyncToClassicGroup`).

use alloc::boxed::Box;
use protocol::java::Place;
use protocol::message::{Response, SyncGroupRequest, SyncGroupResponse};
use protocol::{ErrorCode, Generation, MemberId};

use crate::classic::AfterClassicAppend;
use crate::classic::group::ClassicGroup;
use crate::classic::rebalance::Handout;
use crate::classic::state::ClassicGroupState;
use crate::context::{AfterAppend, Context, Outcome, Refusal};
use crate::groups::{Group, GroupKey, Groups};
use crate::observation::{GroupEvent, RebalanceReason};
use crate::replies::ReplyKey;

/// An assignment whose record is not committed yet.
#[derive(Debug)]
pub(crate) struct PendingAssignment {
    pub(super) group: GroupKey,
    generation: Generation,
    leader: MemberId,
    handout: Handout,
}

/// Handles a SyncGroup: its answer is given or parked through `reply`.
pub(crate) fn sync(
    groups: &mut Groups,
    request: &mut SyncGroupRequest,
    reply: ReplyKey,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    match groups.find(&request.group).and_then(|key| groups.get_mut(key)) {
        Some(Group::Classic(group)) if !group.is_empty() => group.sync(request, reply, cx),
        Some(Group::Consumer(group)) if !group.is_empty() => group.classic_sync(request, reply, cx),
        _ => {
            refuse(ErrorCode::UnknownMemberId, reply, cx);
            Ok(Outcome::default())
        }
    }
}

fn refuse(error: ErrorCode, reply: ReplyKey, cx: &mut Context<'_>) {
    cx.answer(reply, Response::from(SyncGroupResponse::refusal(error)));
}

impl ClassicGroup {
    fn sync(
        &mut self,
        request: &mut SyncGroupRequest,
        reply: ReplyKey,
        cx: &mut Context<'_>,
    ) -> Result<Outcome, Refusal> {
        let place = match self.validate_sync(request, cx) {
            Ok(place) => place,
            Err(Refusal(error)) => {
                refuse(error, reply, cx);
                return Ok(Outcome::default());
            }
        };
        match self.state {
            ClassicGroupState::PreparingRebalance => refuse(ErrorCode::RebalanceInProgress, reply, cx),
            ClassicGroupState::CompletingRebalance => {
                self.park_sync(place, reply, cx);
                self.has_synced(place, cx);
                if self.is_leader(&request.member_id) {
                    return self.take_assignment(request, cx);
                }
            }
            ClassicGroupState::Stable => {
                self.has_synced(place, cx);
                let response = SyncGroupResponse {
                    error: ErrorCode::None,
                    protocol_type: self.protocol_type.clone(),
                    protocol_name: self.protocol_name.clone(),
                    assignment: self.members.at(place).1.assignment.clone(),
                };
                cx.answer(reply, Response::from(response));
                if cx.behaviour.sync_keeps_session {
                    self.rearm_session(place, cx);
                }
            }
            ClassicGroupState::Empty | ClassicGroupState::Dead => return Err(Refusal(ErrorCode::UnknownServerError)),
        }
        Ok(Outcome::default())
    }

    /// Whether a SyncGroup may be sent by this member, and where it stands.
    fn validate_sync(&self, request: &SyncGroupRequest, cx: &mut Context<'_>) -> Result<Place, Refusal> {
        if self.state == ClassicGroupState::Dead {
            return Err(Refusal(ErrorCode::CoordinatorNotAvailable));
        }
        let place = self.validate_member(&request.member_id, request.instance_id.as_ref(), "sync-group", cx)?;
        if request.generation != self.generation {
            return Err(Refusal(ErrorCode::IllegalGeneration));
        }
        if differ(request.protocol_type.as_ref(), self.protocol_type.as_ref())
            || differ(request.protocol_name.as_ref(), self.protocol_name.as_ref())
        {
            return Err(Refusal(ErrorCode::InconsistentGroupProtocol));
        }
        Ok(place)
    }

    fn park_sync(&mut self, place: Place, reply: ReplyKey, cx: &mut Context<'_>) {
        cx.replies.hold(reply);
        let (_, member) = self.members.at_mut(place);
        if let Some(former) = member.parked_sync.replace(reply) {
            cx.release(former);
        }
    }

    /// The member owes no SyncGroup any more; if nobody does, there is nothing left to wait for.
    fn has_synced(&mut self, place: Place, cx: &mut Context<'_>) {
        self.settle_sync(place);
        if !self.is_owed_sync() {
            let timer = self.sync_timer.take();
            cx.cancel(timer);
        }
    }

    /// The leader's assignment goes to the log; the group stays as it is until that is committed.
    fn take_assignment(&mut self, request: &mut SyncGroupRequest, cx: &mut Context<'_>) -> Result<Outcome, Refusal> {
        let event = GroupEvent::AssignmentReceived {
            leader: request.member_id.clone(),
            generation: self.generation,
            members: self.members.len(),
            static_members: self.static_members.len(),
        };
        cx.observe(&self.id, event);
        let mut handout = Handout::default();
        for (id, share) in core::mem::take(&mut request.assignments) {
            if let Some(place) = self.members.place(&id) {
                handout.give(id, place, share);
            }
        }
        let record = self.record(Some(&handout), cx.keeps_log)?;
        let pending = PendingAssignment {
            group: self.key,
            generation: request.generation,
            leader: request.member_id.clone(),
            handout,
        };
        Ok(Outcome {
            records: [record].into(),
            after: Some(Box::new(AfterAppend::Classic(AfterClassicAppend::Assignment(pending)))),
            ..Outcome::default()
        })
    }

    /// The assignment's record is committed, or will not be. If anything happened since, that is nobody's concern. A
    /// rebalance that begins here writes nothing, even if it should: Kafka drops what it returns.
    pub(super) fn assignment_written(
        &mut self,
        done: PendingAssignment,
        result: Result<(), ErrorCode>,
        cx: &mut Context<'_>,
    ) {
        if self.state != ClassicGroupState::CompletingRebalance || self.generation != done.generation {
            return;
        }
        match result {
            Ok(()) => {
                self.hand_out(done.handout, ErrorCode::None, cx);
                self.transition_to(ClassicGroupState::Stable, cx);
                cx.observe(&self.id, GroupEvent::Completed { generation: self.generation });
            }
            Err(error) => {
                self.hand_out(Handout::default(), error, cx);
                let reason = RebalanceReason::AssignmentNotStored { leader: done.leader, error };
                let _dropped = self.rebalance_or_complete(|| reason, cx);
            }
        }
    }
}

/// Both sides name one, and not the same.
fn differ<T: PartialEq>(given: Option<&T>, own: Option<&T>) -> bool {
    matches!((given, own), (Some(given), Some(own)) if given != own)
}
