//! Routine: heartbeats and interval commits of a member to which nothing happens.
//!
//! A group of 10,000 members that is left alone sends 3,000 heartbeats a second, and none of them changes anything. A driver
//! may *hold* such a member: it promises that the coordinator would answer every routine request with NONE, and the member
//! shows no deadline for them. On *release* the member says which of them it would have sent meanwhile, so that the driver
//! can put the coordinator's session timer where the last one would have left it. A held member and one that sent everything
//! are in the same state afterwards.

use protocol::SimTime;

use super::{AppStep, ClassicMember, MemberState};
use crate::surroundings::Context;

/// What a member would have sent while it was held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoutineSends {
    /// When the last heartbeat left, and its number since the start of the process; none if none was due.
    pub heartbeat: Option<(SimTime, u64)>,
    /// When the last interval commit left, and its number; none if none was due.
    pub commit: Option<(SimTime, u64)>,
}

impl ClassicMember {
    /// Whether nothing goes on but routine: the member may be held.
    pub fn is_quiet(&self) -> bool {
        self.state == MemberState::Stable
            && matches!(self.step, AppStep::Idle)
            && self.rejoin.is_none()
            && self.fatal.is_none()
            && !self.closing
            && self.without_position.is_empty()
            && self.heartbeat.enabled
            && self.heartbeat.poll_deadline == SimTime::NEVER
            && self.coordinator.node().is_some()
            && self.pending.only_routine()
    }

    /// Whether the driver vouches for this member's routine.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// The driver vouches for the answers to everything routine from now on. The member must be quiet.
    pub fn hold(&mut self) {
        assert!(self.is_quiet(), "only a quiet member can be held");
        self.held = true;
    }

    /// The driver vouches no longer: what would have left before now has left, what is due later will leave by itself.
    pub fn release(&mut self, cx: &Context<'_>) -> RoutineSends {
        self.held = false;
        let heartbeat = last_before(cx.now, &mut self.heartbeat.next, self.heartbeat.period.as_nanos());
        let commits = !self.owned.is_empty() && self.config.auto_commit;
        let interval = self.config.auto_commit_interval.as_nanos();
        let commit = if commits { last_before(cx.now, &mut self.next_commit, interval) } else { None };
        let heartbeat = heartbeat.map(|(sent, count)| {
            self.heartbeat.beats += count;
            (sent, self.heartbeat.beats)
        });
        let commit = commit.map(|(sent, count)| {
            self.commits += count;
            (sent, self.commits)
        });
        if let Some(sent) = heartbeat.map(|(sent, _)| sent).max(commit.map(|(sent, _)| sent)) {
            let answered = self.heartbeat.session_deadline.max(sent + self.config.session_timeout);
            self.heartbeat.session_deadline = answered;
        }
        RoutineSends { heartbeat, commit }
    }
}

/// Moves a grid of sends, `period` apart and next due at `next`, past `now`; gives the last send before `now` and how many
/// there were.
fn last_before(now: SimTime, next: &mut SimTime, period: u64) -> Option<(SimTime, u64)> {
    if *next >= now || period == 0 {
        return None;
    }
    let count = (now - *next).as_nanos().div_ceil(period).max(1);
    let last = SimTime::from_nanos(next.as_nanos() + (count - 1) * period);
    *next = SimTime::from_nanos(last.as_nanos() + period);
    Some((last, count))
}
