//! What events of the group mean for reading: where it begins, when it stops, how long an application is busy.
//!
//! Source: behaviour that clients share, after the Java consumer: `OffsetFetcher` (validation or ListOffsets before
//! the first fetch), `AbstractFetch` (one fetch in flight to a broker; partitions that are added meanwhile wait for
//! its answer).

use engine::Rng;
use protocol::{Offset, SimDuration, SimTime, TopicPartition};
use records::{FetchLimits, Habits, LogIndex, Reader, Times, Ways};
use timeline::{Handover, Observer};

use member::{ClientFamily, Consumer, OffsetReset};

use crate::environment::{Environment, until_visible};
use crate::overlong::{longest_of_no_account, outlasts_commits};
use crate::plan::{ApplicationPlan, MemberPlan};
use crate::process::{Process, Slot, Status, draw};
use crate::transport::{SET_UP_MESSAGES, connection_set_up, request_latency, response_latency, trip_passed_over};
use crate::world::World;

use super::Reading;
use super::lengths::Lengths;

/// What a poll takes at least of an application that takes no time, where fetches take long: with that, its polls are
/// gone through one by one, and records wait for the next fetch as they do. Elsewhere that wait is below a millisecond.
const SHORTEST_POLL: SimDuration = SimDuration::from_micros(1);

/// How a process fetches, and how long its application works.
fn habits(member: &MemberPlan, environment: &Environment, lengths: &mut Lengths) -> Habits {
    let commit = super::commits::commit_time(member, environment);
    Habits {
        record: lengths.times(&member.application.record_processing, SimDuration::ZERO),
        poll: lengths.times(&member.application.batch_processing, commit),
        max_poll_records: member.config.max_poll_records,
        fetch: FetchLimits {
            min_bytes: member.config.fetch_min_bytes,
            max_wait: member.config.fetch_max_wait,
            max_partition_bytes: member.config.max_partition_fetch_bytes,
            max_bytes: member.config.fetch_max_bytes,
        },
        fetches_on: member.client == ClientFamily::Librdkafka,
    }
}

/// Whether an application spends time on records.
pub(crate) fn is_ever_busy(application: &ApplicationPlan) -> bool {
    application.batch_processing.max() > 0 || application.record_processing.max() > 0
}

impl<O: Observer> World<'_, O> {
    /// A process starts.
    pub(crate) fn begin_life(&mut self, slot: Slot) {
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        let Some(flows) = &mut self.flows else { return };
        let mut habits = habits(process.plan, &self.plan.environment, &mut flows.lengths);
        let is_ever_slow = self.network.as_ref().is_some_and(|network| network.is_ever_slow(process.member));
        if is_ever_slow && !is_ever_busy(process.application) {
            habits.poll = Times::fixed(SHORTEST_POLL);
        }
        let turn = if habits.are_drawn() { process.draws.records.next_u64() } else { 0 };
        let mut reading = Reading::new(Reader::new(now, habits, Ways::default()).from_turn(turn));
        match longest_of_no_account(process.plan) {
            SimDuration::MAX => {}
            SimDuration::ZERO => reading.reader.never_settles(),
            longest => reading.reader.goes_poll_by_poll_above(longest),
        }
        reading.keeps_batches_back = outlasts_commits(process.plan);
        reading.pause(&flows.logs);
        if flows.readings.len() <= slot.index() {
            flows.readings.resize_with(slot.index() + 1, || None);
        }
        flows.readings[slot.index()] = Some(reading);
        self.plan_transactions(slot);
    }

    /// A process knows where to read on.
    pub(crate) fn read_on(&mut self, slot: Slot, partitions: &[TopicPartition], offsets: &[Offset]) {
        let (now, delay) = (self.now(), self.delay_of_fetches(slot));
        let environment = &self.plan.environment;
        let process = &mut self.processes[slot.index()];
        let member = process.plan;
        let Some(flows) = &mut self.flows else { return };
        let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) else { return };
        reading.advance(now, &flows.logs);
        let replicas = flows.replicas;
        let draws = &mut process.draws.records;
        let validation = request_latency(environment, draws) + response_latency(environment, draws);
        // One that polls reckons with its fetches itself.
        let fetch = match reading.reader.takes_polls() {
            true => trip_passed_over(environment, draws),
            false => request_latency(environment, draws) + response_latency(environment, draws) + delay * 2,
        };
        let (request, response) = (request_latency(environment, draws), response_latency(environment, draws));
        let (request, response) = (request + delay, response + delay);
        reading.delayed_by = delay;
        let ways = Ways { request, response, visible: until_visible(environment, replicas, draws) };
        let mut known = now;
        if member.client.profile().validates_epochs || offsets.iter().any(|offset| offset.0 < 0) {
            known += validation + delay * 2;
        }
        if !std::mem::replace(&mut reading.is_connected, true) {
            known += connection_set_up(environment, draws) + delay * SET_UP_MESSAGES;
        }
        let from = reading.fetches_from(known, fetch, &flows.logs, member.config.fetch_max_wait);
        reading.is_fenced = false;
        reading.set_ways(ways, &flows.logs);
        reading.reader.share(&mut flows.known);
        let position = |index: LogIndex, offset: &Offset| match (u64::try_from(offset.0), member.config.offset_reset) {
            (Ok(committed), _) => committed,
            (Err(_), OffsetReset::Earliest) => 0,
            (Err(_), OffsetReset::Latest) => flows.logs[index.index()].appended(known),
        };
        let mut begins: Vec<(LogIndex, u64, bool)> = Vec::with_capacity(partitions.len());
        for (index, offset) in super::indexes_of(&flows.topics, partitions).zip(offsets) {
            begins.extend(index.map(|index| (index, position(index, offset), offset.0 >= 0)));
        }
        for (index, position, is_committed) in begins {
            self.tell_resumed(slot, index, position);
            self.takes_over(slot, index, position, is_committed);
            let from = self.reachable_from(slot, index, from);
            let Some(flows) = &mut self.flows else { return };
            if let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) {
                reading.begin(index, position, from, &flows.logs);
            }
        }
        self.look_at_backlog();
    }

    /// Partitions are assigned to a process. Until it knows where to read on it has no position to commit in them.
    pub(crate) fn is_assigned(&mut self, slot: Slot, partitions: &[TopicPartition]) {
        let Some(flows) = &mut self.flows else { return };
        let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) else { return };
        for index in super::indexes_of(&flows.topics, partitions).flatten() {
            reading.forget_given_up(index);
        }
    }

    /// Somebody who follows wants to know how many records wait where reading goes on.
    fn tell_resumed(&mut self, slot: Slot, index: LogIndex, position: u64) {
        let (Some(flows), true) = (&self.flows, self.following.is_some()) else { return };
        let now = self.now();
        let waiting = flows.logs[index.index()].appended(now).saturating_sub(position);
        let (member, partition) = (self.processes[slot.index()].member, &flows.names[index.index()]);
        let step = timeline::Step::Resumed { member, partition, waiting };
        self.observer.observe(now, timeline::Event::Step(step));
    }

    /// A process reads these partitions no longer.
    pub(crate) fn read_no_longer(&mut self, slot: Slot, partitions: &[TopicPartition], why: Handover) {
        let Some(flows) = &self.flows else { return };
        let indexes: Vec<LogIndex> = super::indexes_of(&flows.topics, partitions).flatten().collect();
        self.gives_up(slot, &indexes, why);
    }

    /// A process is gone.
    pub(crate) fn end_life(&mut self, slot: Slot) {
        let status = self.processes[slot.index()].status;
        let why = if status == Status::Closing { Handover::Revoked } else { Handover::Killed };
        let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) else { return };
        let indexes: Vec<LogIndex> = reading.reader.positions().map(|(index, _)| index).collect();
        self.gives_up(slot, &indexes, why);
        if let Some(flows) = &mut self.flows {
            flows.readings[slot.index()] = None;
        }
    }

    /// Records are handed over exactly while the consumer is delivering and its application does not hang.
    pub(crate) fn keep_reading_in_step(&mut self, slot: Slot) {
        let now = self.now();
        let Some(flows) = &mut self.flows else { return };
        let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) else { return };
        let logs = &flows.logs;
        let process = &self.processes[slot.index()];
        let delivers = matches!(process.status, Status::Running | Status::Closing)
            && process.consumer.as_ref().is_some_and(Consumer::is_delivering);
        if delivers && reading.reader.is_paused() {
            reading.advance(now, logs);
            reading.reader.resume(now);
            reading.reader.share(&mut flows.known);
        } else if !delivers && !reading.reader.is_paused() {
            let max_wait = process.plan.config.fetch_max_wait;
            reading.advance(now, logs);
            reading.stops_fetching(now, logs, max_wait);
            reading.pause(logs);
            reading.reader.share(&mut flows.known);
            self.stands_still(slot);
        }
    }

    /// A member is held: its commits are left out from now on.
    pub(crate) fn leave_out_commits(&mut self, slot: Slot, next: SimTime, period: SimDuration) {
        let now = self.now();
        if self.transactions_of(slot).is_some() {
            return;
        }
        if let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.advance(now, logs);
            reading.leave_out_commits(next, period);
        }
    }

    /// A member is released: the coordinator learns of the last commit that was left out and would have been accepted.
    pub(crate) fn take_over_left_out_commit(&mut self, slot: Slot, sent: Option<SimTime>) {
        let Some(sent) = sent else { return };
        let Some(mut positions) = self.flows.as_mut().and_then(|flows| flows.positions(slot)) else { return };
        let Some(consumer) = &self.processes[slot.index()].consumer else { return };
        let offsets = positions.at(sent, consumer.owned());
        self.broker.offsets_committed(&self.plan.group, &offsets, sent);
    }

    /// A member is released: its commits are sent from now on.
    pub(crate) fn send_commits_again(&mut self, slot: Slot) {
        if self.transactions_of(slot).is_some() {
            return;
        }
        if let Some((reading, _)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.send_commits();
        }
    }

    /// When the batch in hand will have been processed.
    pub(crate) fn end_of_batch(&mut self, slot: Slot) -> SimTime {
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        if process.busy_until > now || !is_ever_busy(process.application) {
            return now.max(process.busy_until);
        }
        let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) else {
            return drawn_end_of_batch(process, now);
        };
        reading.advance(now, logs);
        if reading.reader.is_paused() {
            return now;
        }
        process.busy_until = reading.reader.batch_in_hand(logs).1;
        process.busy_until
    }
}

/// Without records nobody knows when the batch in hand began, so the rest of it is drawn.
fn drawn_end_of_batch(process: &mut Process<'_>, now: SimTime) -> SimTime {
    let delivering = process.consumer.as_ref().is_some_and(Consumer::is_delivering);
    let batch = &process.application.batch_processing;
    if batch.max() == 0 || !delivering {
        return now;
    }
    let length = draw(batch, &mut process.draws.application);
    let rest = engine::Distribution::Uniform { lo: 0, hi: length.as_nanos() };
    (process.busy_since, process.busy_until) = (now, now + draw(&rest, &mut process.draws.application));
    process.busy_until
}
