//! Leaving out the routine of a quiet member, see [`RoutineSends`].

use protocol::{SimDuration, SimTime};

use super::pending::Purpose;
use super::{FranzGoMember, Stage};
use crate::common::RoutineSends;
use crate::common::routine::last_before;

impl FranzGoMember {
    /// Whether nothing goes on but routine: the member may be held.
    pub fn is_quiet(&self) -> bool {
        matches!(&self.stage, Stage::Session(session) if session.is_quiet())
            && self.rejoin.is_none()
            && !self.closing
            && self.heartbeat.fast_check == SimTime::NEVER
            && self.without_position.is_empty()
            && self.coordinator.node().is_some()
            && self.pending.all(Purpose::is_routine)
            // Any answer may bring an assignment.
            && !(self.next_gen.is_some() && self.is_pending(Purpose::Heartbeat))
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
        let commit = last_before(now, self.next_commit(), self.commit_period());
        RoutineSends {
            heartbeat: heartbeat.map(|(sent, count)| (sent, self.heartbeat.beats + count)),
            commit: commit.filter(|_| !self.owned.is_empty()).map(|(sent, count)| (sent, self.commits + count)),
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
        if let Some((tick, _)) = last_before(commits_before, self.next_commit(), self.commit_period()) {
            self.next_commit = tick + self.commit_period();
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

    /// Time from one heartbeat to the next as long as nothing happens.
    pub fn heartbeat_period(&self) -> SimDuration {
        self.heartbeat.period
    }
}
