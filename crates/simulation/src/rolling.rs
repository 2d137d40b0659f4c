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
    pub(crate) fn restart(&mut self, member: MemberIndex, stop: Stop, down: SimDuration, start_after: SimDuration) {
        let at = self.now() + down;
        let slot = self.current[member.0 as usize];
        if self.processes[slot.index()].status == Status::Down {
            self.schedule(at, Event::Launch { member });
            return;
        }
        self.processes[slot.index()].restart = Some((at, start_after));
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
        let RollingRestart { stop, down, start_after, pace, .. } = rolling.restart;
        let more = to < rolling.restart.members.len();
        if !matches!(pace, Pace::Every(_)) {
            rolling.waiting = step.iter().copied().collect();
        }
        for member in step {
            self.restart(member, stop, down, start_after);
        }
        if let (Pace::Every(gap), true) = (pace, more) {
            let at: SimTime = self.now() + gap;
            self.schedule(at, Event::RollingStep { rolling: number });
        }
    }

    /// A member has its assignment: a rolling restart may have waited for that.
    pub(crate) fn member_is_ready(&mut self, member: MemberIndex) {
        self.rollouts_hear_of(member);
        self.roll_after(member, |pace| match pace {
            Pace::WhenReady { then } => Some(then),
            Pace::AfterStart(_) | Pace::Every(_) => None,
        });
    }

    /// A process has started: a rolling restart may have waited for that.
    pub(crate) fn process_has_started(&mut self, member: MemberIndex) {
        self.roll_after(member, |pace| match pace {
            Pace::AfterStart(then) => Some(then),
            Pace::WhenReady { .. } | Pace::Every(_) => None,
        });
    }

    /// Rolling restarts whose pace says so wait for the member no longer; the next step follows the last member.
    fn roll_after(&mut self, member: MemberIndex, then: impl Fn(Pace) -> Option<SimDuration>) {
        for number in 0..self.rollings.len() {
            let rolling = &mut self.rollings[number];
            let Some(then) = then(rolling.restart.pace) else { continue };
            if !rolling.waiting.remove(&member) || !rolling.waiting.is_empty() {
                continue;
            }
            if rolling.done < rolling.restart.members.len() {
                let at = self.now() + then;
                self.schedule(at, Event::RollingStep { rolling: number });
            }
        }
    }
}
