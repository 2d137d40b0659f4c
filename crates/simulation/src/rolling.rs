//! Stopping and starting processes on purpose: restarts, one by one or several at a time.

use std::collections::BTreeSet;

use protocol::{SimDuration, SimTime};
use timeline::{MemberIndex, Observer};

use crate::plan::{Pace, RollingRestart, Stop};
use crate::process::Status;
use crate::world::{Event, World};

/// A rolling restart under way.
pub(crate) struct Rolling {
    restart: RollingRestart,
    /// How many members have had their turn.
    done: usize,
    /// Members of the present step that have no assignment yet.
    waiting: BTreeSet<MemberIndex>,
}

impl<O: Observer> World<'_, O> {
    /// One process is stopped and starts again.
    pub(crate) fn restart(&mut self, member: MemberIndex, stop: Stop, down: SimDuration) {
        let at = self.now() + down;
        let slot = self.current[member.0 as usize];
        if self.processes[slot.index()].status == Status::Down {
            self.schedule(at, Event::Launch { member });
            return;
        }
        self.processes[slot.index()].restart_at = Some(at);
        self.stop(member, stop);
    }

    pub(crate) fn begin_rolling(&mut self, restart: &RollingRestart) {
        self.rollings.push(Rolling { restart: restart.clone(), done: 0, waiting: BTreeSet::new() });
        self.rolling_step(self.rollings.len() - 1);
    }

    /// The next members have their turn.
    pub(crate) fn rolling_step(&mut self, number: usize) {
        let rolling = &mut self.rollings[number];
        let from = rolling.done;
        let to = (from + rolling.restart.at_once.max(1)).min(rolling.restart.members.len());
        rolling.done = to;
        let step = rolling.restart.members[from..to].to_vec();
        let (stop, down, pace) = (rolling.restart.stop, rolling.restart.down, rolling.restart.pace);
        let more = to < rolling.restart.members.len();
        if matches!(pace, Pace::WhenReady { .. }) {
            rolling.waiting = step.iter().copied().collect();
        }
        for member in step {
            self.restart(member, stop, down);
        }
        if let (Pace::Every(gap), true) = (pace, more) {
            let at: SimTime = self.now() + gap;
            self.schedule(at, Event::RollingStep { rolling: number });
        }
    }

    /// A member has its assignment: a rolling restart may have waited for that.
    pub(crate) fn member_is_ready(&mut self, member: MemberIndex) {
        for number in 0..self.rollings.len() {
            let rolling = &mut self.rollings[number];
            if !rolling.waiting.remove(&member) || !rolling.waiting.is_empty() {
                continue;
            }
            if let (Pace::WhenReady { then }, true) =
                (rolling.restart.pace, rolling.done < rolling.restart.members.len())
            {
                let at = self.now() + then;
                self.schedule(at, Event::RollingStep { rolling: number });
            }
        }
    }
}
