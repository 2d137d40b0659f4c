//! The application thread: passes through `poll`, and the callbacks in them.
//!
//! Source: `AsyncKafkaConsumer.poll`, `checkInflightPoll`, `ApplicationEventProcessor`. A pass tells the network thread
//! that the application is there (which starts rounds and looks for positions) and runs what the network thread had
//! asked for until then. Then the application waits for records, and nothing about the group ends that wait: its call
//! of `poll` is over when records arrive or its time is, which is asked of the driver ([`Step::PollCallOver`]). Two
//! things do end the wait by accident, but not the call. A pass that finds nothing new to fetch wakes the application
//! as if records had arrived (`FetchRequestManager.pollInternal`, [`Step::FalseAlarm`]); that is often lost because the
//! pass is not marked as over yet, but not after a callback, which takes long enough. And while the member joins the
//! wait is zero. It is no longer than until the next heartbeat either, but a pass at that time finds nothing to do.

use protocol::{ErrorCode, Partitions, SimDuration, SimTime};

use super::{ConsumerProtocolMember, MembershipState};
use crate::action::{Action, Observation};
use crate::common::partitions::{difference, union};
use crate::common::{LastCommit, Pending};
use crate::surroundings::{Context, Step};

/// What the network thread wants from the application.
#[derive(Clone, Debug)]
pub(super) enum BackgroundEvent {
    /// Give these up.
    Revoked(Partitions),
    /// This is the assignment now.
    Assigned(Partitions),
    /// All that is held is lost.
    Lost,
    /// `poll` shall throw this.
    Error(ErrorCode),
}

/// What runs in the application thread.
#[derive(Clone, Debug)]
pub(super) enum AppStep {
    /// Nothing of the group's.
    Free,
    /// A callback, inside `poll`.
    Callback {
        /// When it returns and the network thread knows.
        until: SimTime,
        /// Which.
        kind: Callback,
    },
    /// `close`: a last commit is under way, or waits for the coordinator or a backoff.
    CloseCommit(LastCommit),
    /// `close`: the application's callback runs.
    CloseCallback {
        /// When it returns.
        until: SimTime,
    },
    /// `close`: the last heartbeat's answer is waited for.
    CloseLeave {
        /// For how long.
        give_up: SimTime,
    },
    /// `close`: connections are being ended.
    CloseConnections {
        /// Until then.
        until: SimTime,
    },
    /// Closed or failed.
    Ended,
}

/// The callbacks of a `ConsumerRebalanceListener`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Callback {
    /// `onPartitionsRevoked`.
    Revoked,
    /// `onPartitionsAssigned`.
    Assigned,
    /// `onPartitionsLost`.
    Lost,
}

impl ConsumerProtocolMember {
    /// One step of the application thread; tells whether it made one.
    pub(super) fn application_step(&mut self, cx: &mut Context<'_>) -> bool {
        match self.step {
            AppStep::Callback { until, kind } if until <= cx.now => self.callback_returned(kind, cx),
            AppStep::CloseCommit(_) if self.is_close_commit_over(cx.now) => self.begin_close_callback(cx),
            AppStep::CloseCommit(last) if last.due <= cx.now && self.coordinator.node().is_some() => {
                self.commit_on_close(last, cx);
            }
            AppStep::CloseCallback { until } if until <= cx.now => self.leave_on_close(),
            AppStep::CloseLeave { give_up } if give_up <= cx.now || !self.leave_under_way => self.end_connections(cx),
            AppStep::CloseConnections { until } if until <= cx.now => self.finish_close(cx),
            AppStep::Free if self.closing => self.begin_close(cx),
            AppStep::Free if self.inside_poll => return self.poll_step(cx),
            _ => return false,
        }
        true
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(event) = self.taken.pop_front() {
            self.run(event, cx);
        } else if self.failing.is_some() {
            self.fail(cx);
        } else if self.next_pass <= cx.now {
            self.pass(cx);
        } else {
            return false;
        }
        true
    }

    /// Once through the loop of `poll`. What the network thread asks for because of it comes too late for this pass.
    fn pass(&mut self, cx: &mut Context<'_>) {
        self.last_pass = cx.now;
        if core::mem::take(&mut self.call_ends) {
            self.call_began = cx.now;
        }
        self.next_pass = SimTime::NEVER;
        self.poll_deadline = SimTime::NEVER;
        self.taken = core::mem::take(&mut self.events);
        self.found_nothing = true;
        self.maybe_reconcile(true, cx);
        if !core::mem::replace(&mut self.has_polled, true) {
            self.join();
        }
        if self.state == MembershipState::Stale {
            self.rejoins_when_released = true;
            if !self.release_pending {
                self.join();
            }
        }
        self.use_positions(cx);
        self.fetch_offsets(cx);
    }

    /// Whether something waits for the application to pass through `poll`.
    fn wants_pass(&self) -> bool {
        !self.events.is_empty()
            || self.round_awaits_poll
            || !self.has_polled
            || (self.state == MembershipState::Stale && !self.rejoins_when_released)
            || !self.located.is_empty()
            || self.offsets_are_wanted()
    }

    /// Whether the application, which is away, has something to do in `poll`.
    pub fn wants_poll(&self) -> bool {
        !self.inside_poll
            && matches!(self.step, AppStep::Free)
            && (self.closing || !self.taken.is_empty() || self.failing.is_some() || self.wants_pass())
    }

    /// An application inside `poll` comes by when it does.
    pub(super) fn plan_pass(&mut self, cx: &mut Context<'_>) {
        let is_waiting = self.inside_poll && !self.closing && matches!(self.step, AppStep::Free);
        if is_waiting && self.next_pass == SimTime::NEVER && self.wants_pass() {
            let may_alarm = core::mem::take(&mut self.found_nothing) && self.last_pass == cx.now;
            let alarm = if may_alarm { cx.duration(Step::FalseAlarm) } else { SimDuration::MAX };
            self.call_ends = alarm == SimDuration::MAX;
            self.next_pass = match self.call_ends {
                true => cx.after(Step::PollCallOver { since: cx.now - self.call_began }),
                false => cx.now + alarm,
            };
        }
    }

    /// The application passes through the loop of `poll` then, in the call it is in.
    pub(super) fn pass_within_call(&mut self, at: SimTime) {
        self.next_pass = at;
        self.call_ends = false;
    }

    pub(super) fn application_deadline(&self) -> SimTime {
        match self.step {
            AppStep::Free if self.inside_poll => self.next_pass,
            AppStep::Callback { until, .. }
            | AppStep::CloseCallback { until }
            | AppStep::CloseConnections { until }
            | AppStep::CloseLeave { give_up: until } => until,
            AppStep::CloseCommit(last) => self.close_commit_deadline(last),
            AppStep::Free | AppStep::Ended => SimTime::NEVER,
        }
    }

    fn run(&mut self, event: BackgroundEvent, cx: &mut Context<'_>) {
        match event {
            BackgroundEvent::Revoked(partitions) => {
                let kept = difference(&self.owned, &partitions);
                let revoked = difference(&self.owned, &kept);
                self.hold_only(kept.into());
                self.call(Callback::Revoked, revoked.into(), cx);
            }
            BackgroundEvent::Assigned(assigned) => {
                let added = difference(&assigned, &self.owned);
                self.hold_only(assigned);
                self.without_position = union(&self.without_position, &added);
                if added.iter().any(|partition| !self.is_known(partition)) {
                    self.request_metadata(cx);
                }
                self.call(Callback::Assigned, added.into(), cx);
            }
            BackgroundEvent::Lost => {
                let lost = core::mem::take(&mut self.owned);
                self.without_position.clear();
                self.call(Callback::Lost, lost, cx);
            }
            BackgroundEvent::Error(error) => {
                self.failing.get_or_insert(error);
            }
        }
    }

    fn hold_only(&mut self, partitions: Partitions) {
        self.without_position.retain(|partition| partitions.binary_search(partition).is_ok());
        self.owned = partitions;
    }

    /// Calls the application, and lets the network thread know when it is back.
    fn call(&mut self, kind: Callback, partitions: Partitions, cx: &mut Context<'_>) {
        let (count, generation) = (partitions.len(), self.membership.generation);
        let observation = match kind {
            Callback::Assigned => Observation::Assigned { partitions, generation, total: self.owned.len() },
            Callback::Revoked => Observation::Revoked { partitions, generation },
            Callback::Lost => Observation::Lost { partitions, generation },
        };
        // Only the assigned callback is called with nothing.
        if count > 0 || kind == Callback::Assigned {
            cx.out.push(Action::Observe(observation));
        }
        let mut until = cx.now;
        if count > 0 {
            let step = match kind {
                Callback::Assigned => Step::AssignCallback { partitions: count },
                Callback::Revoked | Callback::Lost => Step::RevokeCallback { partitions: count },
            };
            until = cx.after(step);
        }
        self.poll_deadline = cx.now + self.config.max_poll_interval;
        self.step = AppStep::Callback { until: until + cx.duration(Step::ThreadWakeUp), kind };
    }

    fn callback_returned(&mut self, kind: Callback, cx: &Context<'_>) {
        self.step = AppStep::Free;
        if self.inside_poll {
            self.poll_deadline = SimTime::NEVER;
        }
        match kind {
            Callback::Revoked => self.round_revoked(),
            Callback::Assigned => self.round_assigned(cx),
            Callback::Lost => {
                self.release_pending = false;
                self.everything_lost();
            }
        }
        // Records that wait are returned before the loop begins again; what else waits for it waits for the next call.
        let returns = self.backlogged && self.is_delivering();
        if self.inside_poll && !returns && self.wants_pass() {
            self.pass_within_call(cx.now);
        }
    }

    /// `poll` throws.
    fn fail(&mut self, cx: &mut Context<'_>) {
        let error = self.failing.take().expect("callers have looked");
        if !self.owned.is_empty() {
            let partitions = core::mem::take(&mut self.owned);
            cx.out.push(Action::Observe(Observation::Lost { partitions, generation: self.membership.generation }));
        }
        self.pending = Pending::default();
        self.step = AppStep::Ended;
        cx.out.push(Action::Observe(Observation::Failed { error }));
    }
}
