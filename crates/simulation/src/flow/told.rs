//! What observers are told of records: sums, at few moments.
//!
//! Contract: once when something happens to a reader, at the beginning of the measured time, when reading begins after
//! it had stopped, at the end, and as often as an observer asks for. No record is lost: what is written is read once,
//! waits, or was skipped; what is handed over is read for the first time or again. That is checked at the end of every
//! run.

use protocol::{SimDuration, SimTime};
use timeline::{AgeLine, Event, Observer, PartitionPlace};

use super::Flows;
use crate::process::Slot;
use crate::world::{self, World};

/// Records produced are told once a second, if anybody wants to know how they flow.
const PRODUCED_EVERY: SimDuration = SimDuration::from_secs(1);

impl<O: Observer> World<'_, O> {
    /// Plans the first moments at which all readers are looked at.
    pub(crate) fn plan_samples(&mut self) {
        if self.flows.is_none() {
            return;
        }
        let just_before = |at: SimTime| at - SimDuration::from_nanos(1);
        if self.plan.measure_from > SimTime::ZERO {
            self.schedule(just_before(self.plan.measure_from), world::Event::Sample { again: false });
        }
        if let Some(bucket) = self.observer.consumption_bucket() {
            self.schedule(just_before(SimTime::ZERO + bucket), world::Event::Sample { again: true });
        }
    }

    /// All readers are looked at.
    pub(crate) fn sample(&mut self, again: bool) {
        let now = self.now();
        self.tell_of_all(now);
        if let Some(bucket) = self.observer.consumption_bucket().filter(|_| again) {
            let nanos = now.as_nanos() + 1;
            // A second is over: told in the bucket after it, so that it counts as the second before.
            let start = nanos - bucket.as_nanos();
            if start > 0 && start.is_multiple_of(PRODUCED_EVERY.as_nanos()) {
                self.tell_of_production(SimTime::from_nanos(start), now);
            }
            self.schedule(now + bucket, world::Event::Sample { again });
        }
    }

    /// The run is over.
    pub(crate) fn finish_flows(&mut self) {
        let end = self.plan.end;
        self.tell_of_all(end);
        self.tell_of_production(end, end);
        self.tell_losses(end);
        let Some(flows) = &self.flows else { return };
        let positions = flows.read_up_to();
        flows.check(&positions, end);
        for (place, standing) in flows.standings.iter().enumerate() {
            let waits = Flows::waiting(&flows.logs[place], positions[place], end);
            let partition = PartitionPlace(u32::try_from(place).expect("places are counted in 32 bits"));
            if let (Some(stopped), Some(_)) = (standing.stopped, waits) {
                self.observer.observe(end, Event::CaughtUp { partition, after: end - stopped });
            }
            let (produced, waiting) = (flows.logs[place].appended(end), waits.map_or(0, |(records, _)| records));
            let name = &flows.names[place];
            self.observer.observe(end, Event::Settled { partition, name, produced, waiting });
        }
    }

    /// Reading begins: looks at what waits, if it has stopped somewhere since the last look. Then the most waits.
    pub(super) fn look_at_backlog(&mut self) {
        let now = self.now();
        if self.flows.as_mut().is_some_and(|flows| std::mem::take(&mut flows.has_stopped)) {
            self.tell_of_all(now);
        }
    }

    /// Brings all readers up to date, and tells what they read and what waits.
    fn tell_of_all(&mut self, at: SimTime) {
        for slot in self.slots() {
            self.advance_and_tell(slot, at);
        }
        let Some(flows) = &self.flows else { return };
        let (mut produced, mut waiting, mut since) = (0, 0, at);
        for (log, position) in flows.logs.iter().zip(flows.read_up_to()) {
            let appended = log.appended(at);
            produced += appended;
            if appended > position {
                waiting += appended - position;
                since = since.min(log.time_of(position));
            }
        }
        let event = Event::Backlog { produced, waiting, oldest: at - since };
        self.observer.observe(at, event);
    }

    pub(crate) fn advance_and_tell(&mut self, slot: Slot, at: SimTime) {
        if let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.advance(at, logs);
            self.tell_at(slot, at);
        }
    }

    /// The same, and what its application has in hand is known from here on.
    pub(crate) fn look_closely_and_tell(&mut self, slot: Slot, at: SimTime) {
        self.advance_and_tell(slot, at);
        if let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.look_closely(logs);
        }
    }

    /// Tells what a process has read, if nobody knows it yet.
    fn tell_at(&mut self, slot: Slot, at: SimTime) {
        let Some(flows) = &mut self.flows else { return };
        let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) else { return };
        let member = self.processes[slot.index()].member;
        for (index, caught_up) in reading.reader.take_caught_up() {
            let standing = &mut flows.standings[index.index()];
            if standing.reader == Some(slot)
                && let Some(stopped) = standing.stopped.take()
            {
                let partition = PartitionPlace(index.0);
                self.observer.observe(at, Event::CaughtUp { partition, after: caught_up.max(stopped) - stopped });
            }
        }
        let (mut records, mut sum, mut max) = (0, 0_u128, 0);
        reading.reader.tell(&mut flows.lines, age_line, |told, lines| {
            let again = flows.ledgers[told.partition.index()].read(told.first, told.first + told.records);
            let standing = &mut flows.standings[told.partition.index()];
            match standing.reader == Some(slot) {
                true => standing.delivered += told.records,
                false => standing.stray += told.records,
            }
            flows.again += again;
            records += told.records;
            sum += told.latency_sum;
            max = max.max(told.latency_max);
            let (partition, work) = (PartitionPlace(told.partition.0), SimDuration::from_nanos(told.work));
            self.observer.observe(at, Event::Delivered { member, partition, lines, again, work });
            if let Some(monitor) = &mut flows.monitor {
                monitor.gather(slot, told.partition, told.first, lines);
            }
        });
        if records == 0 {
            return;
        }
        flows.delivered += records;
        let latency_sum = SimDuration::from_nanos(u64::try_from(sum).unwrap_or(u64::MAX));
        let latency_max = SimDuration::from_nanos(max);
        self.observer.observe(at, Event::Consumed { member, records, latency_sum, latency_max });
    }

    fn tell_of_production(&mut self, until: SimTime, at: SimTime) {
        let Some(flows) = &mut self.flows else { return };
        let written = flows.written(until);
        let records = written - std::mem::replace(&mut flows.produced_told, written);
        self.observer.observe(at, Event::Produced { records });
    }
}

/// The ages of so many records that were handed over: from that of the first to that of the last, in nanoseconds.
#[inline]
fn age_line(records: u64, (oldest, newest): (u64, u64)) -> AgeLine {
    AgeLine { records, oldest: SimDuration::from_nanos(oldest), newest: SimDuration::from_nanos(newest) }
}

impl Flows {
    /// No record is lost and none made up: every record handed over is so for the first time or again, and of each
    /// partition the books balance, so that what was produced has been consumed once, waits, or was skipped.
    fn check(&self, positions: &[u64], end: SimTime) {
        let (mut once, mut given) = (0, 0);
        for (place, standing) in self.standings.iter().enumerate() {
            let (produced, ledger, position) = (self.logs[place].appended(end), &self.ledgers[place], positions[place]);
            let name = &self.names[place];
            assert!(ledger.end() <= produced, "{name}: a record was read that had not been written");
            assert!(standing.is_balanced(position), "{name}: {standing:?} does not come to {position}");
            let (unread, waiting) = (produced - ledger.once(), produced - position);
            assert!(unread <= waiting + standing.skipped(), "{name}: {unread} records are lost: {standing:?}");
            once += ledger.once();
            given += standing.delivered + standing.stray;
        }
        assert_eq!(self.delivered, once + self.again, "every record handed over is read for the first time or again");
        assert_eq!(self.delivered, given, "every record handed over is in the books of its partition");
    }
}
