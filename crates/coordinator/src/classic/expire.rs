//! What happens when somebody's time is up: a member's session, a pending id's, or that to ask for the assignment
//! (`expireClassicGroupMemberHeartbeat`, `expirePendingSync`).

use protocol::message::JoinGroupResponse;
use protocol::{ErrorCode, Generation, MemberId};

use crate::classic::group::ClassicGroup;
use crate::classic::rebalance::Written;
use crate::classic::state::ClassicGroupState;
use crate::context::Context;
use crate::observation::{GroupEvent, RebalanceReason};

impl ClassicGroup {
    /// The session timer of a member, or of who has only been given an id, ran out.
    pub(crate) fn session_expired(&mut self, id: &MemberId, cx: &mut Context<'_>) -> Written {
        if let Some(member) = self.members.get_mut(id) {
            member.session = None;
            // Who waits for the group is excused, and nothing watches it until the group answers.
            if member.has_satisfied_heartbeat() {
                return Ok(None);
            }
            cx.observe(&self.id, GroupEvent::MemberExpired { member: id.clone() });
            let unknown = JoinGroupResponse::refusal(ErrorCode::UnknownMemberId, MemberId::default());
            self.complete_join(id, unknown, cx);
            self.remove(id, cx);
            return match self.state {
                ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance => {
                    self.rebalance_or_complete(|| RebalanceReason::MemberExpired { member: id.clone() }, cx)
                }
                _ => self.complete_after_expiry(cx),
            };
        }
        if self.pending_join.remove(id).is_some() {
            cx.observe(&self.id, GroupEvent::PendingMemberExpired { member: id.clone() });
            return self.complete_after_expiry(cx);
        }
        Ok(None)
    }

    /// The members of `generation` have had the rebalance timeout to send a SyncGroup; who did not is removed.
    pub(crate) fn sync_timer_expired(&mut self, generation: Generation, cx: &mut Context<'_>) -> Written {
        self.sync_timer = None;
        let is_due = matches!(self.state, ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable);
        if generation != self.generation || !is_due || !self.is_owed_sync() {
            return Ok(None);
        }
        let members = self.owing_sync();
        self.remove_all(&members, cx);
        cx.observe(&self.id, GroupEvent::MembersDidNotSync { members: members.clone() });
        self.prepare_rebalance(RebalanceReason::MembersDidNotSync { members }, cx)
    }

    /// Unlike a JoinGroup or a LeaveGroup, an expiry can also end an initial delay.
    fn complete_after_expiry(&mut self, cx: &mut Context<'_>) -> Written {
        if !cx.behaviour.expiry_ends_initial_delay {
            return self.maybe_complete_join_phase(cx);
        }
        if self.state == ClassicGroupState::PreparingRebalance && self.has_all_members_joined() {
            self.complete_join_phase(cx)
        } else {
            Ok(None)
        }
    }
}
