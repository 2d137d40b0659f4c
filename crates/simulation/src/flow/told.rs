//! What observers are told of records: sums, at few moments.
//!
//! Contract: once when something happens to a reader, at the beginning of the measured time, at the end, and as often
//! as an observer asks for. No record is lost: what is written is read once, waits, or was skipped; what is handed
//! over is read for the first time or again. That is checked at the end of every run.

use protocol::{SimDuration, SimTime};
use timeline::{Event, Observer};

use crate::process::Slot;
use crate::world::{self, World};

/// Records produced are told once a second, if anybody wants to know how they flow.
const PRODUCED_EVERY: SimDuration = SimDuration::from_secs(1);

impl<O: Observer> World<'_, O> {
    /// Plans the first moment at which all readers are looked at.
    pub(crate) fn plan_samples(&mut self) {
        if self.flows.is_none() {
            return;
        }
        let just_before = |at: SimTime| at - SimDuration::from_nanos(1);
        match self.observer.consumption_bucket() {
            Some(bucket) => self.schedule(just_before(SimTime::ZERO + bucket), world::Event::Sample),
            None => {
                let before = just_before(self.plan.measure_from);
                self.schedule(before, world::Event::Sample);
            }
        }
    }

    /// All readers are looked at.
    pub(crate) fn sample(&mut self) {
        let now = self.now();
        for slot in self.slots() {
            self.advance_and_tell(slot, now);
        }
        if let Some(bucket) = self.observer.consumption_bucket() {
            let nanos = now.as_nanos() + 1;
            // A second is over: told in the bucket after it, so that it counts as the second before.
            let start = nanos - bucket.as_nanos();
            if start > 0 && start.is_multiple_of(PRODUCED_EVERY.as_nanos()) {
                self.tell_of_production(SimTime::from_nanos(start), now);
            }
            self.schedule(now + bucket, world::Event::Sample);
        }
    }

    /// The run is over.
    pub(crate) fn finish_flows(&mut self) {
        let end = self.plan.end;
        for slot in self.slots() {
            self.advance_and_tell(slot, end);
        }
        self.tell_of_production(end, end);
        if let Some(flows) = &self.flows {
            flows.check(end);
        }
    }

    fn advance_and_tell(&mut self, slot: Slot, at: SimTime) {
        if let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            reading.advance(at, logs);
            self.tell_at(slot, at);
        }
    }

    /// Tells what a process has read, if nobody knows it yet.
    pub(crate) fn tell_of(&mut self, slot: Slot) {
        self.tell_at(slot, self.now());
    }

    fn tell_at(&mut self, slot: Slot, at: SimTime) {
        let Some(flows) = &mut self.flows else { return };
        let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) else { return };
        if reading.untold.is_empty() {
            return;
        }
        let (mut records, mut sum, mut max) = (0, 0_u128, 0);
        for delivery in reading.untold.drain(..) {
            let ledger = &mut flows.ledgers[delivery.partition.index()];
            flows.again += ledger.read(delivery.first, delivery.first + delivery.records);
            records += delivery.records;
            sum += delivery.latency_sum;
            max = max.max(delivery.latency_max);
        }
        flows.delivered += records;
        let latency_sum = SimDuration::from_nanos(u64::try_from(sum).unwrap_or(u64::MAX));
        let latency_max = SimDuration::from_nanos(max);
        let member = self.processes[slot.index()].member;
        self.observer.observe(at, Event::Consumed { member, records, latency_sum, latency_max });
    }

    fn tell_of_production(&mut self, until: SimTime, at: SimTime) {
        let Some(flows) = &mut self.flows else { return };
        let written = flows.written(until);
        let records = written - std::mem::replace(&mut flows.produced_told, written);
        self.observer.observe(at, Event::Produced { records });
    }
}

impl super::Flows {
    /// No record is lost and none made up.
    fn check(&self, end: SimTime) {
        let mut once = 0;
        for (log, ledger) in self.logs.iter().zip(&self.ledgers) {
            assert!(ledger.end() <= log.count(end), "a record was read that had not been written");
            once += ledger.once();
        }
        assert_eq!(self.delivered, once + self.again, "every record handed over is read for the first time or again");
    }
}
