//! What happens when a member's time is up.

use protocol::{GroupId, MemberId, SimDuration};

use crate::consumer::event::FenceReason;
use crate::consumer::leave::give_up_on;
use crate::consumer::timers::{self, MemberTimer};
use crate::context::{Context, Outcome, Refusal};
use crate::groups::Groups;

/// A timer of a member id has run out. Whoever is no member, or no member of a consumer group, is nobody's concern.
pub(crate) fn expired(
    groups: &mut Groups,
    id: &GroupId,
    member: &MemberId,
    timer: MemberTimer,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let group = groups.find(id).and_then(|key| groups.consumer_mut(key));
    let Some(seat) = group.and_then(|group| group.members.get_mut(member)) else {
        let _fired = timers::forget_loose(id, member, timer, cx);
        return Ok(Outcome::default());
    };
    seat.timers.forget(timer);
    let reason = match timer {
        MemberTimer::Session => FenceReason::SessionExpired,
        MemberTimer::Rebalance { epoch } if seat.member.epoch() == epoch => {
            FenceReason::DidNotRevoke { epoch, timeout_ms: seat.member.told.rebalance_timeout_ms }
        }
        MemberTimer::Rebalance { .. } => return Ok(Outcome::default()),
        MemberTimer::Join => FenceReason::DidNotJoin,
        MemberTimer::Sync => FenceReason::DidNotSync,
    };
    give_up_on(groups, id, member, reason, cx)
}

/// After so long a timer runs out again whose event has failed (`CoordinatorTimerImpl`).
const RETRY_BACKOFF: SimDuration = SimDuration::from_millis(500);

/// The event of a timer has failed, be it that it waited for the log too long: it runs out again soon, in the place of
/// what was armed for the same since.
pub(crate) fn expires_again(
    groups: &mut Groups,
    id: &GroupId,
    member: &MemberId,
    timer: MemberTimer,
    cx: &mut Context<'_>,
) {
    timers::arm(groups, id, member, timer, RETRY_BACKOFF, cx);
}
