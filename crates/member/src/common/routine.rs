//! Routine: heartbeats and interval commits of a member to which nothing happens.
//!
//! A group of 10,000 members that is left alone sends 3,000 heartbeats a second, and none of them changes anything. A
//! driver may *hold* such a member: it promises that the coordinator would answer every routine request with NONE,
//! and the member shows no deadline for them. Before *release* the member says which of them it would have sent
//! meanwhile ([`Routine::routine_before`]), so that the driver can put the coordinator's session timer where the last
//! one would have left it. A held member and one that sent everything are in the same state afterwards.

use protocol::{SimDuration, SimTime};

/// What a member would have sent while it was held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoutineSends {
    /// When the last heartbeat left, and its number since the start of the process; none if none was due.
    pub heartbeat: Option<(SimTime, u64)>,
    /// When the last interval commit left, and its number; none if none was due.
    pub commit: Option<(SimTime, u64)>,
}

/// Messages of one kind that leave at equal distances as long as nothing happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Series {
    /// When the next one leaves; [`SimTime::NEVER`], if none is planned.
    pub next: SimTime,
    /// From one to the next.
    pub period: SimDuration,
    /// How many have left since the start of the process.
    pub sent: u64,
}

impl Series {
    /// The last moment before `now`, and how many messages will have left with it.
    fn last_before(self, now: SimTime) -> Option<(SimTime, u64)> {
        let period = self.period.as_nanos();
        if self.next >= now || period == 0 {
            return None;
        }
        let count = (now - self.next).as_nanos().div_ceil(period);
        Some((self.next + self.period * (count - 1), self.sent + count))
    }
}

/// The routine of one client's consumer: see the module.
pub trait Routine {
    /// Whether nothing goes on but routine: the member may be held.
    fn is_quiet(&self) -> bool;

    /// From now on the driver vouches for this member's routine, or no longer.
    fn set_held(&mut self, held: bool);

    /// Its heartbeats.
    fn heartbeats(&self) -> Series;

    /// Its interval commits.
    fn commits(&self) -> Series;

    /// Whether an interval commit would say anything: without partitions none is sent when its time comes.
    fn has_something_to_commit(&self) -> bool;

    /// While it was held, heartbeats have left, the last of them at `last`; so many since the start of the process.
    fn heartbeats_left(&mut self, last: SimTime, sent: u64);

    /// While it was held, the time of interval commits has come, the last time at `last`; so many have left since the
    /// start of the process.
    fn commits_left(&mut self, last: SimTime, sent: u64);

    /// The driver vouches for the answers to everything routine from now on. The member must be quiet.
    fn hold(&mut self) {
        assert!(self.is_quiet(), "only a quiet member can be held");
        self.set_held(true);
    }

    /// What a held member would have sent before `now`, so far.
    fn routine_before(&self, now: SimTime) -> RoutineSends {
        let commit = if self.has_something_to_commit() { self.commits().last_before(now) } else { None };
        RoutineSends { heartbeat: self.heartbeats().last_before(now), commit }
    }

    /// The driver vouches no longer: heartbeats and commits due before these times have left, later ones will leave by
    /// themselves (at once, if the time given is in the past: they are still on the wire).
    fn release(&mut self, heartbeats_before: SimTime, commits_before: SimTime) {
        self.set_held(false);
        if let Some((last, sent)) = self.heartbeats().last_before(heartbeats_before) {
            self.heartbeats_left(last, sent);
        }
        let commits = self.commits();
        if let Some((last, sent)) = commits.last_before(commits_before) {
            let sent = if self.has_something_to_commit() { sent } else { commits.sent };
            self.commits_left(last, sent);
        }
    }
}
