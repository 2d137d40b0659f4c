//! `redeploy:`: what Compose, Kubernetes, systemd or a bare SIGKILL do, as events.

use member::GroupMembershipOperation;
use protocol::{SimDuration, SimTime};
use simulation::plan::{OnSigterm, Pace, PlannedAction, Readiness, RollingRestart, Rollout, Stop};

use super::events::{Planner, index};
use super::happening::{Change, Happening, What};
use super::selector::Selector;

/// What restarts processes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Compose,
    Deployment,
    StatefulSet,
    Systemd,
    Sigkill,
}

impl Way {
    /// The one of this name, which is one of the language's.
    pub(super) fn by_name(name: &str) -> Self {
        match name {
            "compose" => Self::Compose,
            "deployment" => Self::Deployment,
            "stateful-set" => Self::StatefulSet,
            "systemd" => Self::Systemd,
            _ => Self::Sigkill,
        }
    }

    /// From SIGTERM to SIGKILL: `stop_grace_period`, `terminationGracePeriodSeconds`, `DefaultTimeoutStopSec`.
    pub(super) fn grace(self) -> SimDuration {
        match self {
            Self::Compose | Self::Sigkill => SimDuration::from_secs(10),
            Self::Deployment | Self::StatefulSet => SimDuration::from_secs(30),
            Self::Systemd => SimDuration::from_secs(90),
        }
    }

    /// From the end of a process to the start of the next: half a second for an existing container (measured), a second
    /// for a new one or a supervisor's turn (assumed), `RestartSec`.
    pub(super) fn start_after(self) -> SimDuration {
        match self {
            Self::Compose => SimDuration::from_millis(500),
            Self::Deployment | Self::StatefulSet | Self::Sigkill => SimDuration::from_secs(1),
            Self::Systemd => SimDuration::from_millis(100),
        }
    }
}

/// A `redeploy:`, read.
pub(super) struct Redeploy {
    pub(super) way: Way,
    pub(super) who: Vec<Selector>,
    pub(super) grace: SimDuration,
    pub(super) start_after: SimDuration,
    pub(super) max_surge: Option<usize>,
    pub(super) max_unavailable: Option<usize>,
    pub(super) ready_after: Option<SimDuration>,
    pub(super) change: Option<Change>,
}

impl Planner<'_> {
    /// Writes it out.
    pub(super) fn redeploy(&mut self, at: SimTime, happening: &Happening) {
        let What::Redeploy(redeploy) = &happening.what else { return };
        match redeploy.way {
            Way::Deployment => self.deployment(at, redeploy, happening),
            Way::StatefulSet => self.stateful_set(at, redeploy, happening),
            Way::Compose | Way::Systemd | Way::Sigkill => self.all_at_once(at, redeploy),
        }
    }

    fn all_at_once(&mut self, at: SimTime, redeploy: &Redeploy) {
        let members = self.chosen(at, &redeploy.who, Some(true));
        self.change(at, &members, redeploy.change.as_ref());
        let (grace, start_after) = (redeploy.grace, redeploy.start_after);
        for member in members {
            let has_hook = self.cast.members[member].application.on_sigterm != OnSigterm::Exit;
            let stop = match redeploy.way {
                Way::Sigkill => Stop::Kill,
                // Every process of the unit gets the signal, the one inside a wrapper too.
                Way::Systemd if has_hook => Stop::Close { grace, membership: GroupMembershipOperation::Default },
                _ => Stop::Signal { grace },
            };
            let action = PlannedAction::Restart { member: index(member), stop, down: SimDuration::ZERO, start_after };
            self.push(at, at + grace + start_after, action);
        }
    }

    fn stateful_set(&mut self, at: SimTime, redeploy: &Redeploy, happening: &Happening) {
        let mut members = self.chosen(at, &redeploy.who, Some(true));
        members.reverse();
        self.change(at, &members, redeploy.change.as_ref());
        let (stop, start_after) = (Stop::Signal { grace: redeploy.grace }, redeploy.start_after);
        let pace = match redeploy.ready_after {
            Some(length) => Pace::AfterStart(length),
            None => Pace::WhenReady { then: SimDuration::ZERO },
        };
        self.planned.endless.get_or_insert(happening.position);
        let members = members.into_iter().map(index).collect();
        let rolling = RollingRestart { members, at_once: 1, stop, down: SimDuration::ZERO, start_after, pace };
        self.push(at, at, PlannedAction::RollingRestart(rolling));
    }

    /// The new pods are members that nobody has started yet, of the same kind.
    fn deployment(&mut self, at: SimTime, redeploy: &Redeploy, happening: &Happening) {
        let old = self.chosen(at, &redeploy.who, Some(true));
        if old.is_empty() {
            return;
        }
        let kinds = self.cast.kinds.iter().filter(|kind| old.iter().any(|member| kind.places.contains(member)));
        let places: Vec<_> = kinds.map(|kind| kind.places.clone()).collect();
        let [places] = places.as_slice() else {
            let error = self.fields.report().error(happening.position, "these members are of several kinds");
            error.label("a deployment has pods of one kind").help("name one kind with `members:`").file();
            return;
        };
        let absent = self.presence.those_in(places.clone(), false);
        let new: Vec<usize> = absent.into_iter().take(old.len()).collect();
        self.change(at, &new, redeploy.change.as_ref());
        old.iter().for_each(|member| self.presence.set(*member, false));
        new.iter().for_each(|member| self.presence.set(*member, true));
        let max_surge = redeploy.max_surge.unwrap_or(old.len().div_ceil(4));
        let max_unavailable = redeploy.max_unavailable.unwrap_or(old.len() / 4);
        if max_surge == 0 && max_unavailable == 0 {
            let error = self.fields.report().error(happening.position, "`max-surge` and `max-unavailable` are both 0");
            error.label("Kubernetes refuses that: nothing could ever be replaced").file();
            return;
        }
        let rollout = Rollout {
            old: old.into_iter().map(index).collect(),
            new: new.into_iter().map(index).collect(),
            max_surge,
            max_unavailable,
            ready: redeploy.ready_after.map_or(Readiness::Assigned, Readiness::After),
            stop: Stop::Signal { grace: redeploy.grace },
        };
        self.planned.endless.get_or_insert(happening.position);
        self.push(at, at, PlannedAction::Rollout(rollout));
    }
}
