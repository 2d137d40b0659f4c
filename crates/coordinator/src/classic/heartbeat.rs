//! Heartbeat: a member is alive, and learns whether a rebalance goes on (`classicGroupHeartbeatToClassicGroup`).

use protocol::message::{HeartbeatRequest, HeartbeatResponse, Response};
use protocol::{ErrorCode, Generation, MemberId};

use crate::classic::group::ClassicGroup;
use crate::classic::state::ClassicGroupState;
use crate::context::{Context, CoordinatorTimer, Refusal};
use crate::groups::{Group, Groups};
use crate::version::Behaviour;

/// Handles a Heartbeat.
pub(crate) fn heartbeat(
    groups: &mut Groups,
    request: &HeartbeatRequest,
    cx: &mut Context<'_>,
) -> Result<Response, Refusal> {
    match groups.find(&request.group).and_then(|key| groups.get_mut(key)) {
        None => Err(Refusal(ErrorCode::UnknownMemberId)),
        Some(Group::Consumer(group)) => group.classic_heartbeat(request, cx),
        Some(Group::Classic(group)) => {
            let error = group.heartbeat(request, cx)?;
            Ok(Response::from(HeartbeatResponse { error }))
        }
    }
}

impl ClassicGroup {
    fn heartbeat(&mut self, request: &HeartbeatRequest, cx: &mut Context<'_>) -> Result<ErrorCode, Refusal> {
        if self.state == ClassicGroupState::Dead {
            return Err(Refusal(ErrorCode::CoordinatorNotAvailable));
        }
        let place = self.validate_member(&request.member_id, request.instance_id.as_ref(), "heartbeat", cx)?;
        if request.generation != self.generation {
            return Err(Refusal(ErrorCode::IllegalGeneration));
        }
        let (error, keeps_session) = match self.state {
            ClassicGroupState::Empty => (ErrorCode::UnknownMemberId, false),
            ClassicGroupState::PreparingRebalance => (ErrorCode::RebalanceInProgress, true),
            ClassicGroupState::CompletingRebalance if !cx.behaviour.heartbeat_while_completing => {
                (ErrorCode::RebalanceInProgress, false)
            }
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => (ErrorCode::None, true),
            ClassicGroupState::Dead => return Err(Refusal(ErrorCode::UnknownServerError)),
        };
        if keeps_session {
            self.rearm_session(place, cx);
        }
        Ok(error)
    }

    /// The timer, if armed, that runs while this member is silent, if the group is Stable in this generation and it is
    /// one of its members.
    pub(crate) fn quiet_session(&self, id: &MemberId, generation: Generation) -> Option<Option<CoordinatorTimer>> {
        let is_quiet = self.state == ClassicGroupState::Stable && self.generation == generation;
        if is_quiet { self.members.get(id).map(|member| member.session) } else { None }
    }

    /// Whether a heartbeat of this member in this generation, without or with its own instance id, would be NONE now.
    pub(crate) fn accepts_heartbeat(&self, id: &MemberId, generation: Generation, behaviour: &Behaviour) -> bool {
        let is_quiet = match self.state {
            ClassicGroupState::Stable => true,
            ClassicGroupState::CompletingRebalance => behaviour.heartbeat_while_completing,
            _ => false,
        };
        is_quiet && self.generation == generation && self.members.contains_key(id)
    }
}
