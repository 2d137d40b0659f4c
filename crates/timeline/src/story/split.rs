//! Where the time of a rebalance went.

use protocol::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};

use super::Phase;
use crate::serial;

/// The parts of a rebalance. Its time is told along one path through the group: until the generation is decided, by
/// what the member did that everybody waited for; after that, by what the member did that was ready last.
///
/// | part | classic | consumer protocol |
/// |---|---|---|
/// | notice | until the member waited for knows that it must join | until it knows that it must give something up |
/// | drain | it ends its batch, and commits | the same |
/// | revoke | its callback | the same |
/// | join | its JoinGroup; the initial delay; whatever else is waited for | until the target assignment is computed |
/// | sync | assigning, SyncGroup | until the last new owner is told |
/// | assign | its callback | the same |
/// | resume | OffsetFetch | the same |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "parts are explained once, in the table above")]
pub struct Split {
    #[serde(rename = "notice_ns", with = "serial::duration")]
    pub notice: SimDuration,
    #[serde(rename = "drain_ns", with = "serial::duration")]
    pub drain: SimDuration,
    #[serde(rename = "revoke_ns", with = "serial::duration")]
    pub revoke: SimDuration,
    #[serde(rename = "join_ns", with = "serial::duration")]
    pub join: SimDuration,
    #[serde(rename = "sync_ns", with = "serial::duration")]
    pub sync: SimDuration,
    #[serde(rename = "assign_ns", with = "serial::duration")]
    pub assign: SimDuration,
    #[serde(rename = "resume_ns", with = "serial::duration")]
    pub resume: SimDuration,
}

/// One part; see [`Split`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "parts are explained once, in the table above")]
pub enum Part {
    Notice,
    Drain,
    Revoke,
    Join,
    Sync,
    Assign,
    Resume,
}

impl Part {
    /// Every part, in order.
    pub const ALL: [Self; 7] =
        [Self::Notice, Self::Drain, Self::Revoke, Self::Join, Self::Sync, Self::Assign, Self::Resume];

    /// In one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Drain => "drain",
            Self::Revoke => "revoke",
            Self::Join => "join",
            Self::Sync => "sync",
            Self::Assign => "assign",
            Self::Resume => "resume",
        }
    }
}

impl Split {
    /// A part's length.
    pub const fn part(&self, part: Part) -> SimDuration {
        match part {
            Part::Notice => self.notice,
            Part::Drain => self.drain,
            Part::Revoke => self.revoke,
            Part::Join => self.join,
            Part::Sync => self.sync,
            Part::Assign => self.assign,
            Part::Resume => self.resume,
        }
    }

    /// All parts together.
    pub fn sum(&self) -> SimDuration {
        Part::ALL.iter().map(|part| self.part(*part)).sum()
    }

    pub(super) fn add(&mut self, part: Part, length: SimDuration) {
        let sum = match part {
            Part::Notice => &mut self.notice,
            Part::Drain => &mut self.drain,
            Part::Revoke => &mut self.revoke,
            Part::Join => &mut self.join,
            Part::Sync => &mut self.sync,
            Part::Assign => &mut self.assign,
            Part::Resume => &mut self.resume,
        };
        *sum += length;
    }

    /// Adds the time from `from` to `to` as the member spent it whose `trail` this is: since when it did what.
    pub(super) fn add_trail(
        &mut self,
        trail: &[(SimTime, Phase)],
        (from, to): (SimTime, SimTime),
        part: fn(Phase) -> Part,
    ) {
        let mut at = from;
        for (place, (_, phase)) in trail.iter().enumerate() {
            let next = trail.get(place + 1).map_or(to, |(since, _)| *since).min(to);
            if next > at {
                self.add(part(*phase), next.since(at));
                at = next;
            }
        }
        // Who has no trail was not seen doing anything.
        self.add(part(Phase::Down), to.since(at));
    }
}

/// Until a classic generation is decided: the member waited for.
pub(super) fn before_the_generation(phase: Phase) -> Part {
    match phase {
        Phase::Consuming | Phase::Idle => Part::Notice,
        Phase::Draining | Phase::Hung => Part::Drain,
        Phase::Revoking => Part::Revoke,
        _ => Part::Join,
    }
}

/// Consumer protocol, from the target assignment on: the member that gives partitions up last.
pub(super) fn before_the_revocation(phase: Phase) -> Part {
    match phase {
        Phase::Draining | Phase::Hung => Part::Drain,
        Phase::Revoking => Part::Revoke,
        _ => Part::Notice,
    }
}

/// From there on: the member that is ready last.
pub(super) fn until_ready(phase: Phase) -> Part {
    match phase {
        Phase::Draining | Phase::Hung => Part::Drain,
        Phase::Revoking => Part::Revoke,
        Phase::Assigning => Part::Assign,
        Phase::FetchingOffsets => Part::Resume,
        _ => Part::Sync,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    #[test]
    fn the_time_of_a_trail_goes_to_its_parts_and_none_is_lost() {
        let trail =
            [(at(1), Phase::Consuming), (at(4), Phase::Draining), (at(5), Phase::Revoking), (at(9), Phase::Joining)];
        let mut split = Split::default();
        split.add_trail(&trail, (at(2), at(12)), before_the_generation);
        let seconds = Part::ALL.map(|part| split.part(part).as_nanos() / 1_000_000_000);
        assert_eq!(seconds, [2, 1, 4, 3, 0, 0, 0]);
        assert_eq!(split.sum(), at(12).since(at(2)));
    }

    #[test]
    fn without_a_trail_all_is_one_part() {
        let mut split = Split::default();
        split.add_trail(&[], (at(1), at(3)), until_ready);
        assert_eq!((split.sync, split.sum()), (at(3).since(at(1)), at(3).since(at(1))));
    }
}
