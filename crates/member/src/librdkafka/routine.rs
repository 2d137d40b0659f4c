//! Leaving out the routine of a quiet member, see [`RoutineSends`].

use protocol::{SimDuration, SimTime};

use super::LibrdkafkaMember;
use super::pending::Purpose;
use super::state::JoinState;
use crate::common::RoutineSends;
use crate::common::routine::last_before;

impl LibrdkafkaMember {
    /// Whether nothing goes on but routine: the member may be held.
    pub fn is_quiet(&self) -> bool {
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
        let commit = last_before(now, self.next_commit(), self.timers.commit.period);
        RoutineSends {
            heartbeat: heartbeat.map(|(sent, count)| (sent, self.heartbeat.beats + count)),
            commit: commit.filter(|_| self.assignment.is_reading()).map(|(sent, count)| (sent, self.commits + count)),
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
            self.heartbeat.due = sent + self.config.heartbeat_interval;
            self.heartbeat.next = sent + self.heartbeat.period;
            let answered = sent + self.config.session_timeout;
            self.session_deadline = self.session_deadline.map(|deadline| deadline.max(answered));
        }
        if let Some((tick, _)) = last_before(commits_before, self.next_commit(), self.timers.commit.period) {
            self.commits_until = tick;
        }
        if let Some((_, number)) = sends.commit {
            self.commits = number;
        }
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

    /// Time from one interval commit to the next.
    pub fn commit_period(&self) -> SimDuration {
        self.timers.commit.period
    }

    /// Time from one heartbeat to the next as long as nothing happens.
    pub fn heartbeat_period(&self) -> SimDuration {
        self.heartbeat.period
    }
}
