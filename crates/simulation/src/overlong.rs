//! Batches that keep an application from polling for longer than `max.poll.interval.ms`: its client leaves the group
//! behind its back, which it finds out when it polls again.
//!
//! Contract: from the moment the interval is over until the batch is done, such an application is like one that hangs.
//! Whoever can have such batches is looked at once an interval, so none is missed, and one that is about to exceed the
//! interval again when it is over. Nobody else is looked at. An application that is made to hang meanwhile has its
//! batch in hand for that much longer.
//!
//! Source: `ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG`; `Heartbeat.pollTimeoutExpired`,
//! `AbstractHeartbeatRequestManager`, librdkafka's `rd_kafka_max_poll_exceeded`; franz-go has no such interval. Left
//! out: of polls that follow each other without a fetch between them all but the last take a mean time.

use member::ClientFamily;
use protocol::{SimDuration, SimTime};
use timeline::Observer;

use crate::plan::MemberPlan;
use crate::process::{Absence, Life, Slot, Status, draw};
use crate::world::{Event, World};

/// How long a batch takes at most.
fn longest_batch(member: &MemberPlan) -> SimDuration {
    let application = &member.application;
    let records = application.record_processing.max().saturating_mul(member.config.max_poll_records);
    SimDuration::from_nanos(application.batch_processing.max().saturating_add(records))
}

/// How long a batch may take, if some take longer.
fn exceeded_interval(member: &MemberPlan) -> Option<SimDuration> {
    let interval = member.config.max_poll_interval;
    let is_held_to_it = member.client != ClientFamily::FranzGo && member.slots.is_none();
    (is_held_to_it && longest_batch(member) > interval).then_some(interval)
}

/// Whether a batch can outlast the interval in which its client commits when it polls, as Java's do.
pub(crate) fn outlasts_commits(member: &MemberPlan) -> bool {
    let config = &member.config;
    let commits_in_poll = member.client == ClientFamily::Java && config.auto_commit && member.slots.is_none();
    commits_in_poll && longest_batch(member) > config.auto_commit_interval
}

/// Up to which length it does not matter which batch an application has in hand; zero if any may be followed by one
/// that does: what a batch takes besides its records is drawn anew each time.
pub(crate) fn longest_of_no_account(member: &MemberPlan) -> SimDuration {
    let commits = outlasts_commits(member).then_some(member.config.auto_commit_interval);
    let longest = exceeded_interval(member).into_iter().chain(commits).min().unwrap_or(SimDuration::MAX);
    let is_drawn = member.application.batch_processing.max() > longest.as_nanos();
    if is_drawn { SimDuration::ZERO } else { longest }
}

impl<O: Observer> World<'_, O> {
    /// A process has begun to poll.
    pub(crate) fn watch_batches(&mut self, slot: Slot, life: Life) {
        if let Some(interval) = exceeded_interval(self.processes[slot.index()].plan) {
            let at = self.now() + interval;
            self.schedule(at, Event::BatchLookedAt { slot, life });
        }
    }

    /// A process is looked at: is its batch in hand one that takes too long?
    pub(crate) fn look_at_batch(&mut self, slot: Slot, life: Life) {
        let (now, process) = (self.now(), &self.processes[slot.index()]);
        let Some(interval) = exceeded_interval(process.plan).filter(|_| process.is_alive(life)) else { return };
        let mut next = now + interval;
        // One that is told to end does not before its batch is done.
        let waits_for_batch = process.status == Status::Closing
            && process.consumer.as_ref().is_some_and(|consumer| !consumer.is_closing());
        if process.status == Status::Running || waits_for_batch {
            let (since, until) = self.batch_in_hand(slot);
            let over = since + interval;
            if until <= over {
                // Without records the next batch is known only when this one is done.
                next = if until > now && self.flows.is_none() { until } else { next };
            } else if over > now {
                next = over;
            } else {
                next = until + interval;
                if waits_for_batch {
                    let standing = self.with_consumer_at(slot, since, member::Consumer::away);
                    self.look_after(slot, standing);
                } else {
                    self.stay_away(slot, Absence::Batch, since, until);
                }
            }
        }
        self.schedule(next, Event::BatchLookedAt { slot, life });
    }

    /// Since when an application works on a batch in hand that takes too long, and until when.
    pub(crate) fn overlong_batch(&mut self, slot: Slot) -> Option<(SimTime, SimTime)> {
        let interval = exceeded_interval(self.processes[slot.index()].plan)?;
        let (since, until) = self.batch_in_hand(slot);
        (until > since + interval).then_some((since, until))
    }

    /// Since when an application works on a batch, and until when; now, if it does not.
    fn batch_in_hand(&mut self, slot: Slot) -> (SimTime, SimTime) {
        let now = self.now();
        if let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.advance(now, logs);
            return if reading.reader.is_paused() { (now, now) } else { reading.reader.batch_in_hand(logs) };
        }
        let process = &mut self.processes[slot.index()];
        let is_delivering = process.consumer.as_ref().is_some_and(member::Consumer::is_delivering);
        if process.busy_until <= now && is_delivering {
            let length = draw(&process.application.batch_processing, &mut process.draws.application);
            (process.busy_since, process.busy_until) = (now, now + length);
        }
        if process.busy_until > now { (process.busy_since, process.busy_until) } else { (now, now) }
    }
}
