//! The timers of members. They are known by group id and member id alone (Kafka's timer keys): a timer outlives its
//! member, even its group, and then finds nobody; a member of the same id takes it over.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::{GroupId, MemberId, SimDuration};

use crate::consumer::group::ConsumerGroup;
use crate::context::{Context, CoordinatorTimer, TimerOwner};
use crate::groups::Groups;

/// What a member's timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberTimer {
    /// The member must be heard of.
    Session,
    /// The member must give partitions up before it can leave this epoch.
    Rebalance {
        /// The epoch.
        epoch: i32,
    },
    /// The member speaks the classic protocol and must join.
    Join,
    /// The member speaks the classic protocol and must ask for its assignment.
    Sync,
}

impl MemberTimer {
    fn place(self) -> usize {
        match self {
            Self::Session => 0,
            Self::Rebalance { .. } => 1,
            Self::Join => 2,
            Self::Sync => 3,
        }
    }
}

/// The armed timers of one member id.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemberTimers([Option<CoordinatorTimer>; 4]);

impl MemberTimers {
    /// The timer that runs while the member is silent.
    pub(crate) fn session(&self) -> Option<CoordinatorTimer> {
        self.0[MemberTimer::Session.place()]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = CoordinatorTimer> {
        self.0.into_iter().flatten()
    }

    /// The timer has run out.
    pub(crate) fn forget(&mut self, what: MemberTimer) {
        self.0[what.place()] = None;
    }

    fn arm(
        &mut self,
        what: MemberTimer,
        group: &GroupId,
        member: &MemberId,
        length: SimDuration,
        cx: &mut Context<'_>,
    ) {
        let armed = &mut self.0[what.place()];
        if let (MemberTimer::Session, Some(timer)) = (what, *armed) {
            return cx.timers.rearm(timer, cx.now, length);
        }
        cx.cancel(*armed);
        let owner = TimerOwner::Member { group: group.clone(), member: member.clone(), what };
        *armed = Some(cx.timers.arm(owner, cx.now, length));
    }
}

/// Timers of ids that are no members.
pub(crate) type LooseTimers = BTreeMap<(GroupId, MemberId), MemberTimers>;

/// Arms a timer of a member id of whatever is, was or will be a consumer group of this id.
pub(super) fn arm(
    groups: &mut Groups,
    group: &GroupId,
    member: &MemberId,
    what: MemberTimer,
    length: SimDuration,
    cx: &mut Context<'_>,
) {
    let found = groups.find(group).and_then(|key| groups.consumer_mut(key));
    match found.and_then(|group| group.members.get_mut(member)) {
        Some(seat) => seat.timers.arm(what, group, member, length, cx),
        None => {
            let mut timers = cx.loose.remove(&(group.clone(), member.clone())).unwrap_or_default();
            timers.arm(what, group, member, length, cx);
            cx.loose.insert((group.clone(), member.clone()), timers);
        }
    }
}

/// Cancels a timer of a member id.
pub(super) fn disarm(groups: &mut Groups, group: &GroupId, member: &MemberId, what: MemberTimer, cx: &mut Context<'_>) {
    let found = groups.find(group).and_then(|key| groups.consumer_mut(key));
    let timer = match found.and_then(|group| group.members.get_mut(member)) {
        Some(seat) => seat.timers.0[what.place()].take(),
        None => forget_loose(group, member, what, cx),
    };
    cx.cancel(timer);
}

/// Takes a timer of an id that is no member.
pub(super) fn forget_loose(
    group: &GroupId,
    member: &MemberId,
    what: MemberTimer,
    cx: &mut Context<'_>,
) -> Option<CoordinatorTimer> {
    let place = (group.clone(), member.clone());
    let timers = cx.loose.get_mut(&place)?;
    let timer = timers.0[what.place()].take();
    if timers.is_empty() {
        cx.loose.remove(&place);
    }
    timer
}

impl ConsumerGroup {
    /// Arms a timer of a member id, anew if it is armed already.
    pub(crate) fn arm(&mut self, id: &MemberId, what: MemberTimer, length: SimDuration, cx: &mut Context<'_>) {
        let Self { id: group, members, .. } = self;
        match members.get_mut(id) {
            Some(seat) => seat.timers.arm(what, group, id, length, cx),
            None => {
                let mut timers = cx.loose.remove(&(group.clone(), id.clone())).unwrap_or_default();
                timers.arm(what, group, id, length, cx);
                cx.loose.insert((group.clone(), id.clone()), timers);
            }
        }
    }

    /// Whether a timer of a member is armed.
    pub(super) fn is_armed(&self, id: &MemberId, what: MemberTimer) -> bool {
        self.members.get(id).is_some_and(|seat| seat.timers.0[what.place()].is_some())
    }

    /// Cancels a timer of a member id.
    pub(super) fn disarm(&mut self, id: &MemberId, what: MemberTimer, cx: &mut Context<'_>) {
        let timer = match self.members.get_mut(id) {
            Some(seat) => seat.timers.0[what.place()].take(),
            None => forget_loose(&self.id, id, what, cx),
        };
        cx.cancel(timer);
    }

    /// Cancels all timers of a member (`cancelTimers`).
    pub(super) fn disarm_all(&mut self, id: &MemberId, cx: &mut Context<'_>) {
        let Some(seat) = self.members.get_mut(id) else { return };
        core::mem::take(&mut seat.timers).iter().for_each(|timer| cx.timers.cancel(timer));
    }

    /// The group goes, or was only a draft: its members' timers run on.
    pub(super) fn shed_timers(&mut self, cx: &mut Context<'_>) {
        let ids: Vec<MemberId> = self.members.iter().map(|(id, _)| id.clone()).collect();
        for id in ids {
            let Some(seat) = self.members.get_mut(&id) else { continue };
            let timers = core::mem::take(&mut seat.timers);
            if !timers.is_empty() {
                cx.loose.insert((self.id.clone(), id), timers);
            }
        }
    }
}
