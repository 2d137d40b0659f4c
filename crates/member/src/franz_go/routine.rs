//! Leaving out the routine of a quiet member, see [`Routine`].

use protocol::SimTime;

use super::attempts::Attempts;
use super::pending::Purpose;
use super::{FranzGoMember, Stage};
use crate::common::{Routine, Series};

impl Routine for FranzGoMember {
    fn is_quiet(&self) -> bool {
        matches!(&self.stage, Stage::Session(session) if session.is_quiet())
            && self.rejoin.is_none()
            && !self.closing
            && self.heartbeat.fast_check == SimTime::NEVER
            && self.without_position.is_empty()
            && self.coordinator.node().is_some()
            && self.pending.all(Purpose::is_routine)
            // A beat that failed is not repeated at the distance of beats.
            && (self.is_pending(Purpose::Heartbeat) || !self.heartbeat.attempts.is_under_way())
            // Any answer may bring an assignment.
            && !(self.next_gen.is_some() && self.is_pending(Purpose::Heartbeat))
    }

    fn set_held(&mut self, held: bool) {
        self.held = held;
    }

    fn heartbeats(&self) -> Series {
        Series { next: self.heartbeat.next, period: self.heartbeat.period, sent: self.heartbeat.beats }
    }

    fn commits(&self) -> Series {
        Series { next: self.next_commit(), period: self.commit_period(), sent: self.commits }
    }

    fn has_something_to_commit(&self) -> bool {
        !self.owned.is_empty()
    }

    fn heartbeats_left(&mut self, last: SimTime, sent: u64) {
        (self.heartbeat.beats, self.heartbeat.attempts) = (sent, Attempts::NONE);
        self.heartbeat.next = last + self.heartbeat.period;
    }

    fn commits_left(&mut self, last: SimTime, sent: u64) {
        self.next_commit = last + self.commit_period();
        self.commits = sent;
    }
}
