//! Rolling updates by replacement: new processes come, old ones go, within bounds.
//!
//! Source: Kubernetes' Deployment controller (`rolling.go`): a new one is started while there are fewer than wanted and
//! the surge, an old one is stopped while more are ready than wanted less those that may be missing. Who is being
//! stopped counts as neither. Left out: progress deadlines, and the time between the controller's passes.

use std::collections::BTreeSet;

use timeline::{MemberIndex, Observer};

use crate::plan::{Readiness, Rollout};
use crate::world::{Event, World};

/// A rollout under way.
pub(crate) struct RolloutState<'p> {
    plan: &'p Rollout,
    started: usize,
    stopped: usize,
    /// Those of the new ones that are ready.
    ready: BTreeSet<MemberIndex>,
}

/// What is to be done next.
enum Next {
    Start(MemberIndex),
    Stop(MemberIndex),
}

impl RolloutState<'_> {
    fn next(&mut self) -> Option<Next> {
        let Rollout { old, new, max_surge, max_unavailable, .. } = self.plan;
        let left = old.len() - self.stopped;
        if self.started < new.len() && left + self.started < old.len() + max_surge {
            self.started += 1;
            return Some(Next::Start(new[self.started - 1]));
        }
        if left > 0 && left + self.ready.len() + max_unavailable > old.len() {
            self.stopped += 1;
            return Some(Next::Stop(old[self.stopped - 1]));
        }
        None
    }
}

impl<'p, O: Observer> World<'p, O> {
    pub(crate) fn begin_rollout(&mut self, plan: &'p Rollout) {
        self.rollouts.push(RolloutState { plan, started: 0, stopped: 0, ready: BTreeSet::new() });
        self.roll_on(self.rollouts.len() - 1);
    }

    /// Does what may be done now.
    fn roll_on(&mut self, number: usize) {
        let plan = self.rollouts[number].plan;
        while let Some(next) = self.rollouts[number].next() {
            match (next, plan.ready) {
                (Next::Start(member), Readiness::After(length)) => {
                    let at = self.now() + length;
                    self.launch(member);
                    self.schedule(at, Event::CountsAsReady { rollout: number, member });
                }
                (Next::Start(member), Readiness::Assigned) => self.launch(member),
                (Next::Stop(member), _) => self.stop(member, plan.stop),
            }
        }
    }

    /// A new process counts as ready.
    pub(crate) fn counts_as_ready(&mut self, number: usize, member: MemberIndex) {
        if self.rollouts[number].ready.insert(member) {
            self.roll_on(number);
        }
    }

    /// A member has its assignment.
    pub(crate) fn rollouts_hear_of(&mut self, member: MemberIndex) {
        for number in 0..self.rollouts.len() {
            let rollout = &self.rollouts[number];
            if rollout.plan.ready == Readiness::Assigned && rollout.plan.new[..rollout.started].contains(&member) {
                self.counts_as_ready(number, member);
            }
        }
    }
}
