//! LeaveGroup: one or many members go (`classicGroupLeaveToClassicGroup`).

use alloc::vec::Vec;
use protocol::message::{
    JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, LeavingMember, MemberLeft, Response,
};
use protocol::{ErrorCode, MemberId};

use crate::classic::group::ClassicGroup;
use crate::classic::rebalance::Written;
use crate::classic::state::ClassicGroupState;
use crate::consumer;
use crate::context::{Context, Outcome, Refusal};
use crate::groups::Groups;
use crate::observation::{GroupEvent, RebalanceReason};

/// Handles a LeaveGroup. Everybody is removed first; then there is one rebalance, if it takes any.
pub(crate) fn leave(
    groups: &mut Groups,
    request: &LeaveGroupRequest,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let key = groups.find(&request.group);
    if key.is_some_and(|key| groups.consumer(key).is_some()) {
        return consumer::leave(groups, request, cx);
    }
    let group = key.and_then(|key| groups.classic_mut(key));
    let group = group.ok_or(Refusal(ErrorCode::UnknownMemberId))?;
    if group.state == ClassicGroupState::Dead {
        let error = ErrorCode::CoordinatorNotAvailable;
        return Ok(Outcome::answer(Response::from(LeaveGroupResponse { error, members: Vec::new() })));
    }
    let mut members = Vec::with_capacity(request.members.len());
    let mut gone = Vec::new();
    let mut records = Vec::new();
    for member in &request.members {
        let (error, departure) = group.leave(member, cx);
        match departure {
            Departure::Nobody => {}
            Departure::Pending if !cx.behaviour.leave_acts_once => {
                records.extend(group.maybe_complete_join_phase(cx)?);
            }
            Departure::Member if !cx.behaviour.leave_acts_once => {
                records.extend(group.after_leaving([member.member_id.clone()].into(), cx)?);
            }
            Departure::Pending | Departure::Member => gone.push(member.member_id.clone()),
        }
        members.push(MemberLeft {
            member_id: member.member_id.clone(),
            instance_id: member.instance_id.clone(),
            error,
        });
    }
    if !gone.is_empty() {
        records.extend(group.after_leaving(gone, cx)?);
    }
    let response = Some(Response::from(LeaveGroupResponse { error: ErrorCode::None, members }));
    Ok(Outcome { records, response, ..Outcome::default() })
}

/// Whom the group has lost by an entry of the request.
enum Departure {
    Nobody,
    Pending,
    Member,
}

impl ClassicGroup {
    /// One entry of the request; what it is answered, and whom the group has lost by it.
    fn leave(&mut self, entry: &LeavingMember, cx: &mut Context<'_>) -> (ErrorCode, Departure) {
        let id = &entry.member_id;
        if id.is_empty() {
            let named = entry.instance_id.as_ref().and_then(|instance| self.static_members.get(instance)).cloned();
            return match named {
                Some(id) if cx.behaviour.leaves_in_batches => {
                    self.remove_leaving(&id, entry, cx);
                    (ErrorCode::None, Departure::Member)
                }
                _ => (ErrorCode::UnknownMemberId, Departure::Nobody),
            };
        }
        if self.pending_join.contains_key(id) {
            self.remove(id, cx);
            let reason = entry.reason.clone();
            cx.observe(&self.id, GroupEvent::MemberLeft { member: id.clone(), was_pending: true, reason });
            return (ErrorCode::None, Departure::Pending);
        }
        match self.validate_member(id, entry.instance_id.as_ref(), "leave-group", cx) {
            Ok(_) => {
                self.remove_leaving(id, entry, cx);
                (ErrorCode::None, Departure::Member)
            }
            Err(Refusal(error)) => (error, Departure::Nobody),
        }
    }

    /// A parked JoinGroup of the leaver is answered, so that it can come again; a parked SyncGroup never is.
    fn remove_leaving(&mut self, id: &MemberId, entry: &LeavingMember, cx: &mut Context<'_>) {
        let event = GroupEvent::MemberLeft { member: id.clone(), was_pending: false, reason: entry.reason.clone() };
        cx.observe(&self.id, event);
        let unknown = JoinGroupResponse::refusal(ErrorCode::UnknownMemberId, MemberId::default());
        self.complete_join(id, unknown, cx);
        self.remove(id, cx);
    }

    fn after_leaving(&mut self, members: Vec<MemberId>, cx: &mut Context<'_>) -> Written {
        match self.state {
            ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance => {
                self.rebalance_or_complete(|| RebalanceReason::MembersLeft { members }, cx)
            }
            ClassicGroupState::PreparingRebalance => self.maybe_complete_join_phase(cx),
            ClassicGroupState::Empty | ClassicGroupState::Dead => Ok(None),
        }
    }
}
