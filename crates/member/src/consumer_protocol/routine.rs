//! Leaving out the routine of a quiet member, see [`Routine`].

use protocol::SimTime;

use super::application::AppStep;
use super::pending::Purpose;
use super::{ConsumerProtocolMember, MembershipState};
use crate::common::{Routine, Series};

impl Routine for ConsumerProtocolMember {
    fn is_quiet(&self) -> bool {
        self.state == MembershipState::Stable
            && matches!(self.step, AppStep::Free)
            && self.round.is_none()
            && self.events.is_empty()
            && self.taken.is_empty()
            && self.failing.is_none()
            && !self.closing
            && self.without_position.is_empty()
            && !self.is_away()
            && !self.heartbeat.in_flight
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
        self.heartbeat.beats = sent;
        self.heartbeat.next = last + self.heartbeat.period;
    }

    fn commits_left(&mut self, last: SimTime, sent: u64) {
        self.next_commit = last + self.config.auto_commit_interval;
        self.commits = sent;
    }
}
