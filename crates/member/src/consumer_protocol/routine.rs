//! Leaving out the routine of a quiet member, see [`RoutineSends`].

use protocol::{SimDuration, SimTime};

use super::application::AppStep;
use super::pending::Purpose;
use super::{ConsumerProtocolMember, MembershipState};
use crate::common::RoutineSends;
use crate::common::routine::{last_before, next_after};

impl ConsumerProtocolMember {
    /// Whether nothing goes on but routine: the member may be held.
    pub fn is_quiet(&self) -> bool {
        self.state == MembershipState::Stable
            && matches!(self.step, AppStep::Free)
            && self.round.is_none()
            && self.events.is_empty()
            && self.taken.is_empty()
            && self.failing.is_none()
            && !self.closing
            && self.without_position.is_empty()
            && self.poll_deadline == SimTime::NEVER
            && !self.heartbeat.in_flight
            && self.coordinator.node().is_some()
            && self.pending.all(Purpose::is_routine)
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

    /// What a held member would have sent before `now`, so far.
    pub fn routine_before(&self, now: SimTime) -> RoutineSends {
        let heartbeat = last_before(now, self.heartbeat.next, self.heartbeat.period);
        let interval = self.config.auto_commit_interval;
        let commit = if self.owned.is_empty() { None } else { last_before(now, self.next_commit, interval) };
        RoutineSends {
            heartbeat: heartbeat.map(|(sent, count)| (sent, self.heartbeat.beats + count)),
            commit: commit.map(|(sent, count)| (sent, self.commits + count)),
        }
    }

    /// The driver vouches no longer: heartbeats and commits due before these times have left, later ones will leave by
    /// themselves (at once, if the time given is in the past: they are still on the wire).
    pub fn release(&mut self, heartbeats_before: SimTime, commits_before: SimTime) -> RoutineSends {
        self.held = false;
        let sends = RoutineSends {
            heartbeat: self.routine_before(heartbeats_before).heartbeat,
            commit: self.routine_before(commits_before).commit,
        };
        if let Some((sent, number)) = sends.heartbeat {
            self.heartbeat.beats = number;
            self.heartbeat.next = sent + self.heartbeat.period;
        }
        if let Some((_, number)) = sends.commit {
            self.commits = number;
        }
        self.next_commit = next_after(commits_before, self.next_commit, self.config.auto_commit_interval);
        sends
    }

    /// Number of heartbeats sent since the process started.
    pub fn heartbeats_sent(&self) -> u64 {
        self.heartbeat.beats
    }

    /// Number of commits sent since the process started.
    pub fn commits_sent(&self) -> u64 {
        self.commits
    }

    /// When the next interval commit leaves; never, if none is planned.
    pub fn next_commit(&self) -> SimTime {
        self.next_commit
    }

    /// Time from one interval commit to the next.
    pub fn commit_period(&self) -> SimDuration {
        self.config.auto_commit_interval
    }

    /// Time from one heartbeat to the next.
    pub fn heartbeat_period(&self) -> SimDuration {
        self.heartbeat.period
    }
}
