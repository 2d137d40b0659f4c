//! Routine: heartbeats and interval commits of a member to which nothing happens.
//!
//! A group of 10,000 members that is left alone sends 3,000 heartbeats a second, and none of them changes anything. A
//! driver may *hold* such a member: it promises that the coordinator would answer every routine request with NONE,
//! and the member shows no deadline for them. On *release* the member says which of them it would have sent
//! meanwhile, so that the driver can put the coordinator's session timer where the last one would have left it. A
//! held member and one that sent everything are in the same state afterwards.

use protocol::{SimDuration, SimTime};

/// What a member would have sent while it was held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoutineSends {
    /// When the last heartbeat left, and its number since the start of the process; none if none was due.
    pub heartbeat: Option<(SimTime, u64)>,
    /// When the last interval commit left, and its number; none if none was due.
    pub commit: Option<(SimTime, u64)>,
}

/// When the next of a grid of sends leaves, once all that leave before `now` have left.
pub(crate) fn next_after(now: SimTime, next: SimTime, period: SimDuration) -> SimTime {
    last_before(now, next, period).map_or(next, |(last, _)| last + period)
}

/// The last of a grid of sends, `period` apart and the first at `next`, that leaves before `now`, and how many do.
pub(crate) fn last_before(now: SimTime, next: SimTime, period: SimDuration) -> Option<(SimTime, u64)> {
    let period = period.as_nanos();
    if next >= now || period == 0 {
        return None;
    }
    let count = (now - next).as_nanos().div_ceil(period);
    Some((SimTime::from_nanos(next.as_nanos() + (count - 1) * period), count))
}
