//! SyncGroup: the leader brings the assignment, everybody fetches its own (`classicGroupSyncToClassicGroup`).

use alloc::boxed::Box;
use protocol::java::JavaHashMap;
use protocol::message::{Response, SyncGroupRequest, SyncGroupResponse};
use protocol::{AssignmentBytes, ErrorCode, Generation, MemberId};

use crate::classic::AfterClassicAppend;
use crate::classic::group::ClassicGroup;
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
    assignment: JavaHashMap<MemberId, AssignmentBytes>,
}

/// Handles a SyncGroup: its answer is given or parked through `reply`.
pub(crate) fn sync(
    groups: &mut Groups,
    request: &SyncGroupRequest,
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
    fn sync(&mut self, request: &SyncGroupRequest, reply: ReplyKey, cx: &mut Context<'_>) -> Result<Outcome, Refusal> {
        let id = &request.member_id;
        if let Err(Refusal(error)) = self.validate_sync(request, cx) {
            refuse(error, reply, cx);
            return Ok(Outcome::default());
        }
        match self.state {
            ClassicGroupState::PreparingRebalance => refuse(ErrorCode::RebalanceInProgress, reply, cx),
            ClassicGroupState::CompletingRebalance => {
                self.park_sync(id, reply, cx);
                self.has_synced(id, cx);
                if self.is_leader(id) {
                    return self.take_assignment(request, cx);
                }
            }
            ClassicGroupState::Stable => {
                self.has_synced(id, cx);
                let response = SyncGroupResponse {
                    error: ErrorCode::None,
                    protocol_type: self.protocol_type.clone(),
                    protocol_name: self.protocol_name.clone(),
                    assignment: self.member(id).map(|member| member.assignment.clone()).unwrap_or_default(),
                };
                cx.answer(reply, Response::from(response));
                if cx.behaviour.sync_keeps_session {
                    self.rearm_session(id, cx);
                }
            }
            ClassicGroupState::Empty | ClassicGroupState::Dead => return Err(Refusal(ErrorCode::UnknownServerError)),
        }
        Ok(Outcome::default())
    }

    fn validate_sync(&self, request: &SyncGroupRequest, cx: &mut Context<'_>) -> Result<(), Refusal> {
        if self.state == ClassicGroupState::Dead {
            return Err(Refusal(ErrorCode::CoordinatorNotAvailable));
        }
        self.validate_member(&request.member_id, request.instance_id.as_ref(), "sync-group", cx)?;
        if request.generation != self.generation {
            return Err(Refusal(ErrorCode::IllegalGeneration));
        }
        if differ(request.protocol_type.as_ref(), self.protocol_type.as_ref())
            || differ(request.protocol_name.as_ref(), self.protocol_name.as_ref())
        {
            return Err(Refusal(ErrorCode::InconsistentGroupProtocol));
        }
        Ok(())
    }

    fn park_sync(&mut self, id: &MemberId, reply: ReplyKey, cx: &mut Context<'_>) {
        cx.replies.hold(reply);
        let member = self.members.get_mut(id).expect("only a member's SyncGroup is parked");
        if let Some(former) = member.parked_sync.replace(reply) {
            cx.release(former);
        }
    }

    /// The member owes no SyncGroup any more; if nobody does, there is nothing left to wait for.
    fn has_synced(&mut self, id: &MemberId, cx: &mut Context<'_>) {
        self.pending_sync.remove(id);
        if self.pending_sync.is_empty() {
            let timer = self.sync_timer.take();
            cx.cancel(timer);
        }
    }

    /// The leader's assignment goes to the log; the group stays as it is until that is committed.
    fn take_assignment(&mut self, request: &SyncGroupRequest, cx: &mut Context<'_>) -> Result<Outcome, Refusal> {
        let event = GroupEvent::AssignmentReceived {
            leader: request.member_id.clone(),
            generation: self.generation,
            members: self.members.len(),
            static_members: self.static_members.len(),
        };
        cx.observe(&self.id, event);
        let mut assignment = JavaHashMap::with_capacity(self.members.len());
        let known = request.assignments.iter().filter(|(id, _)| self.members.contains_key(id));
        for (id, bytes) in known {
            assignment.put(id.clone(), bytes.clone());
        }
        let record = self.record(|id, _| assignment.get(id).cloned().unwrap_or_default(), cx.keeps_log)?;
        let pending = PendingAssignment {
            group: self.key,
            generation: request.generation,
            leader: request.member_id.clone(),
            assignment,
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
        done: &PendingAssignment,
        result: Result<(), ErrorCode>,
        cx: &mut Context<'_>,
    ) {
        if self.state != ClassicGroupState::CompletingRebalance || self.generation != done.generation {
            return;
        }
        match result {
            Ok(()) => {
                self.set_and_propagate(&done.assignment, cx);
                self.transition_to(ClassicGroupState::Stable, cx);
                cx.observe(&self.id, GroupEvent::Completed { generation: self.generation });
            }
            Err(error) => {
                self.reset_and_propagate(error, cx);
                let reason = RebalanceReason::AssignmentNotStored { leader: done.leader.clone(), error };
                let _dropped = self.rebalance_or_complete(reason, cx);
            }
        }
    }
}

/// Both sides name one, and not the same.
fn differ<T: PartialEq>(given: Option<&T>, own: Option<&T>) -> bool {
    matches!((given, own), (Some(given), Some(own)) if given != own)
}
