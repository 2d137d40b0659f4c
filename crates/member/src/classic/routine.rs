//! Leaving out the routine of a quiet member, see [`Routine`].

use protocol::SimTime;

use super::ClassicMember;
use super::pending::Purpose;
use crate::common::{Routine, Series};

impl Routine for ClassicMember {
    fn is_quiet(&self) -> bool {
        self.is_ready()
            && self.fatal.is_none()
            && !self.closing
            && self.without_position.is_empty()
            && self.heartbeat.enabled
            && !self.is_away()
            && self.coordinator.node().is_some()
            && self.pending.all(Purpose::is_routine)
    }

    fn set_held(&mut self, held: bool) {
        self.held = held;
    }

    fn heartbeats(&self) -> Series {
        Series { next: self.heartbeat.next, period: self.heartbeat.period, sent: self.heartbeat.beats }
    }

    fn commits(&self) -> Series {
        Series { next: self.next_commit, period: self.config.auto_commit_interval, sent: self.commits }
    }

    fn has_something_to_commit(&self) -> bool {
        !self.owned.is_empty()
    }

    fn heartbeats_left(&mut self, last: SimTime, sent: u64) {
        (self.heartbeat.beats, self.heartbeat.failures) = (sent, 0);
        self.heartbeat.next = last + self.heartbeat.period;
        let answered = last + self.config.session_timeout;
        self.heartbeat.session_deadline = self.heartbeat.session_deadline.max(answered);
    }

    fn commits_left(&mut self, last: SimTime, sent: u64) {
        self.next_commit = last + self.config.auto_commit_interval;
        self.commits = sent;
    }
}
