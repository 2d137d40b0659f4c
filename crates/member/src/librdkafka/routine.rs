//! Leaving out the routine of a quiet member, see [`Routine`].

use protocol::SimTime;

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::common::{Routine, Series};

impl Routine for LibrdkafkaMember {
    fn is_quiet(&self) -> bool {
        let is_settled = match &self.modern {
            None => matches!(self.join, JoinState::Steady) && self.session_deadline.is_some(),
            // Any answer may bring an assignment.
            Some(modern) => {
                matches!(self.join, JoinState::Steady | JoinState::Init)
                    && self.membership.generation.0 > 0
                    && !modern.is_reconciling()
                    && self.next_modern_heartbeat() == self.heartbeat.next
            }
        };
        is_settled
            && !self.rejoins
            && !self.closing
            && self.fatal.is_none()
            && !self.max_poll_exceeded
            && self.away_since.is_none()
            && self.coordinator.node().is_some()
            && self.assignment.has_only_routine()
            && self.pending.all(Purpose::is_routine)
    }

    fn set_held(&mut self, held: bool) {
        self.held = held;
    }

    fn heartbeats(&self) -> Series {
        Series { next: self.heartbeat.next, period: self.heartbeat.period, sent: self.heartbeat.beats }
    }

    fn commits(&self) -> Series {
        Series { next: self.next_commit(), period: self.timers.commit.period, sent: self.commits }
    }

    fn has_something_to_commit(&self) -> bool {
        self.assignment.is_reading()
    }

    fn heartbeats_left(&mut self, last: SimTime, sent: u64) {
        self.heartbeat.beats = sent;
        self.heartbeat.due = last + self.config.heartbeat_interval;
        self.heartbeat.next = last + self.heartbeat.period;
        let answered = last + self.config.session_timeout;
        self.session_deadline = self.session_deadline.map(|deadline| deadline.max(answered));
    }

    fn commits_left(&mut self, last: SimTime, sent: u64) {
        self.commits_until = last;
        self.commits = sent;
    }
}
