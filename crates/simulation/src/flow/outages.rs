//! Partitions that are out of service: what producers write into them, what they lose, and when readers can go on.
//!
//! Contract: what is sent while a partition is out of service is in its log when that is over, what is lost is not in
//! it at all, and both are known when the run begins. A reader of such a partition is told when a broker goes.

use protocol::{SimDuration, SimTime};
use records::{LogIndex, PartitionLog, Stream, Ways};
use timeline::{Event, Loss, Observer, PartitionPlace};

use crate::cluster::{Stoppage, finding};
use crate::process::Slot;
use crate::producer::ProducerPlan;
use crate::world::{self, World};

/// Records that are lost: of which partition, how many, and why.
pub(super) type Losses = Vec<(LogIndex, u64, Loss)>;

/// What is left of a stream of this producer, into a partition that is out of service at times, in a run until `end`.
/// Each loss is told to `lost`.
pub(super) fn without_losses(
    producer: &ProducerPlan,
    stream: &Stream,
    stoppages: &[Stoppage],
    end: SimTime,
    mut lost: impl FnMut(u64, Loss),
) -> Stream {
    let (mut stretches, mut kept) = (Vec::new(), stream.clone());
    for (stretch, why) in stoppages.iter().flat_map(|stoppage| producer.losses(stoppage, end)) {
        stretches.push(stretch);
        let left = stream.without(&stretches);
        lost(kept.count(end) - left.count(end), why);
        kept = left;
    }
    kept
}

/// What is sent into a partition that is out of service waits.
pub(super) fn hold(log: &mut PartitionLog, stoppages: &[Stoppage]) {
    for stoppage in stoppages {
        log.hold(stoppage.from, stoppage.resumed);
    }
}

impl<O: Observer> World<'_, O> {
    /// When a process can read a partition that it wants to read from `from` on.
    pub(super) fn reachable_from(&mut self, slot: Slot, index: LogIndex, from: SimTime) -> SimTime {
        let draws = &mut self.processes[slot.index()].draws.records;
        let Some(flows) = &self.flows else { return from };
        let reading = flows.readings.get(slot.index()).and_then(Option::as_ref);
        let ways = reading.map(|reading| reading.reader.ways()).unwrap_or_default();
        // A reader that reckons with fetches itself is told when they leave.
        let fetch = match reading.is_some_and(|reading| reading.reader.takes_polls()) {
            true => SimDuration::ZERO,
            false => ways.request + ways.response,
        };
        let mut can = from;
        for stoppage in flows.stoppages.get(&index).map_or(&[][..], Vec::as_slice) {
            let visible = stoppage.resumed + ways.visible;
            if stoppage.from <= can && can < visible + fetch {
                let found = match stoppage.is_leaderless {
                    true => stoppage.until + finding(stoppage.until.since(stoppage.from), draws),
                    false => stoppage.until,
                };
                can = can.max(found.max(visible) + fetch);
            }
        }
        self.network.as_ref().map_or(can, |network| network.fetches_from(slot, can))
    }

    /// Fetches of a process get no answer before `until`.
    pub(crate) fn starve_reader(&mut self, slot: Slot, until: SimTime) {
        let now = self.now();
        self.advance_and_tell(slot, now);
        let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) else { return };
        let indexes: Vec<LogIndex> = reading.reader.positions().map(|(index, _)| index).collect();
        for index in indexes {
            reading.reader.starve(index, until, logs);
        }
        self.stands_still(slot);
    }

    /// Fetches of a process take longer each way from now on, or less long again.
    pub(crate) fn fetches_change_pace(&mut self, slot: Slot) {
        let (now, delay) = (self.now(), self.delay_of_fetches(slot));
        self.advance_and_tell(slot, now);
        let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) else { return };
        let former = std::mem::replace(&mut reading.delayed_by, delay);
        let Ways { request, response, visible } = reading.reader.ways();
        let of = |way: SimDuration| way.saturating_sub(former) + delay;
        reading.set_ways(Ways { request: of(request), response: of(response), visible }, logs);
    }

    /// A broker has gone: who reads partitions that are out of service from now on goes on when that is over.
    pub(crate) fn suspend_readers(&mut self) {
        let now = self.now();
        let Some(flows) = &self.flows else { return };
        let begins = |stoppages: &&Vec<Stoppage>| stoppages.iter().any(|stoppage| stoppage.from == now);
        let over = flows.stoppages.values().filter(begins).flatten().filter(|stoppage| stoppage.from == now);
        let mut over: Vec<SimTime> = over.map(|stoppage| stoppage.resumed).filter(|at| *at < self.plan.end).collect();
        over.sort_unstable();
        over.dedup();
        for slot in self.slots() {
            let Some(flows) = &self.flows else { return };
            let Some(reading) = flows.readings.get(slot.index()).and_then(Option::as_ref) else { continue };
            let is_out = |index: &LogIndex| flows.stoppages.get(index).as_ref().is_some_and(begins);
            let indexes: Vec<LogIndex> = reading.reader.positions().map(|(index, _)| index).filter(is_out).collect();
            if indexes.is_empty() {
                continue;
            }
            self.advance_and_tell(slot, now);
            for index in indexes {
                let until = self.reachable_from(slot, index, now);
                let Some(flows) = &mut self.flows else { return };
                let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) else { continue };
                reading.reader.suspend(index, until, &flows.logs);
                let standing = &mut flows.standings[index.index()];
                if standing.reader == Some(slot) {
                    standing.stopped.get_or_insert(now);
                }
            }
        }
        // The most records wait when what producers kept is appended.
        for at in over {
            self.schedule(at, world::Event::Sample { again: false });
        }
    }

    /// Tells what was lost in all.
    pub(super) fn tell_losses(&mut self, at: SimTime) {
        let Some(flows) = &self.flows else { return };
        for (index, records, why) in flows.losses.iter().filter(|(_, records, _)| *records > 0) {
            let event = Event::NeverWritten { partition: PartitionPlace(index.0), records: *records, why: *why };
            self.observer.observe(at, event);
        }
    }
}
