//! How far the group has read each partition, whoever reads it, and who is to blame for what is read again.
//!
//! Contract: one reader a partition counts, the one that began last; what a former one still reads behind its back (it
//! hangs, or does not know yet that it was expelled) is *stray*. Of each partition the books balance at any moment:
//! what its readers were given, plus what they skipped, is the position they reached plus what they went back.

use protocol::{SimTime, TopicPartition};
use records::{LogIndex, PartitionLog};
use timeline::{Event, Handover, MemberIndex, Observer, PartitionPlace};

use crate::process::Slot;
use crate::world::World;

use super::Flows;

/// How one partition stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Who reads it; nobody between two readers.
    pub(super) reader: Option<Slot>,
    /// Up to where it had been read when nobody did, or when the present reader began.
    pub(super) position: u64,
    /// Who read it last, and how that ended; a reader at work has given nothing up.
    last: Option<(MemberIndex, Handover)>,
    /// Since when it has not been read, or has something to be caught up with.
    pub(super) stopped: Option<SimTime>,
    /// What readers were given, and what strays were.
    pub(super) delivered: u64,
    pub(super) stray: u64,
    skipped: u64,
    rewound: u64,
    /// What had been committed has expired, and nobody has begun to read since.
    is_forgotten: bool,
}

/// What becomes of the records before a position when a reader begins there.
enum Step {
    On,
    Back(u64, MemberIndex, Handover),
    Over(u64),
}

impl Standing {
    /// Somebody begins to read at `position`.
    fn begin(&mut self, slot: Slot, member: MemberIndex, position: u64) -> Step {
        let before = std::mem::replace(&mut self.position, position);
        self.reader = Some(slot);
        let last = self.last.replace((member, Handover::Revoked));
        match (position.cmp(&before), last) {
            (std::cmp::Ordering::Less, Some((member, why))) => {
                self.rewound += before - position;
                Step::Back(before - position, member, why)
            }
            (std::cmp::Ordering::Greater, _) => {
                self.skipped += position - before;
                Step::Over(position - before)
            }
            (std::cmp::Ordering::Equal | std::cmp::Ordering::Less, _) => Step::On,
        }
    }

    /// Its reader has stopped at `position`.
    fn end(&mut self, position: u64, why: Handover, at: SimTime) {
        self.reader = None;
        self.position = position;
        if let Some(last) = &mut self.last {
            last.1 = why;
        }
        self.stopped.get_or_insert(at);
    }

    /// How many records were never read because a reader began after them.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether the books balance, if it is read up to `position`.
    pub(super) fn is_balanced(&self, position: u64) -> bool {
        self.delivered + self.skipped == position + self.rewound
    }
}

impl Flows {
    /// Up to where each partition is read; its readers have been brought up to date.
    pub(super) fn read_up_to(&self) -> Vec<u64> {
        let mut positions: Vec<u64> = self.standings.iter().map(|standing| standing.position).collect();
        for (place, reading) in self.readings.iter().enumerate() {
            let Some(reading) = reading else { continue };
            for (index, position) in reading.reader.positions() {
                if self.standings[index.index()].reader.is_some_and(|slot| slot.index() == place) {
                    positions[index.index()] = position;
                }
            }
        }
        positions
    }

    /// What waits in a partition that is read up to `position`: how much, and since when.
    pub(super) fn waiting(log: &PartitionLog, position: u64, at: SimTime) -> Option<(u64, SimTime)> {
        let waiting = log.appended(at).saturating_sub(position);
        (waiting > 0).then(|| (waiting, log.time_of(position)))
    }
}

impl<O: Observer> World<'_, O> {
    /// A process is about to begin to read a partition at `position`, which may be a committed offset: whoever read it
    /// until now does so no longer.
    pub(super) fn takes_over(&mut self, slot: Slot, index: LogIndex, position: u64, is_committed: bool) {
        let now = self.now();
        let reader = self.flows.as_ref().and_then(|flows| flows.standings[index.index()].reader);
        if let Some(reader) = reader {
            self.look_closely_and_tell(reader, now);
            if reader != slot {
                self.fence(reader);
            }
        }
        let member = self.processes[slot.index()].member;
        let Some(flows) = &mut self.flows else { return };
        let standing = &mut flows.standings[index.index()];
        if let Some(reader) = reader {
            let reading = flows.readings.get(reader.index()).and_then(Option::as_ref);
            let position = reading.and_then(|reading| reading.reader.position(index)).unwrap_or(standing.position);
            let why = if reader == slot { Handover::Revoked } else { Handover::Expelled };
            standing.end(position, why, now);
        }
        let is_forgotten = std::mem::take(&mut standing.is_forgotten) && !is_committed;
        let step = standing.begin(slot, member, position);
        if standing.stopped.is_none() && flows.logs[index.index()].appended(now) > position {
            standing.stopped = Some(now);
        }
        let partition = PartitionPlace(index.0);
        match step {
            Step::On => {}
            Step::Back(records, member, why) => {
                let why = if is_forgotten { Handover::Forgotten } else { why };
                self.observer.observe(now, Event::Rewound { partition, records, member, why });
            }
            Step::Over(records) => self.observer.observe(now, Event::Skipped { partition, records }),
        }
    }

    /// Where reading would have gone on in these partitions is not known any more.
    pub(crate) fn offsets_expired(&mut self, partitions: &[TopicPartition]) {
        let Some(flows) = &mut self.flows else { return };
        for index in super::indexes_of(&flows.topics, partitions).flatten() {
            flows.standings[index.index()].is_forgotten = true;
        }
    }

    /// A process reads these partitions no longer.
    pub(super) fn gives_up(&mut self, slot: Slot, indexes: &[LogIndex], why: Handover) {
        let now = self.now();
        self.look_closely_and_tell(slot, now);
        if why == Handover::Expelled {
            self.abort_what_is_open(slot, indexes);
        } else {
            self.commit_what_is_done(slot, indexes, why);
        }
        let Some(flows) = &mut self.flows else { return };
        let Some(reading) = flows.readings.get_mut(slot.index()).and_then(Option::as_mut) else { return };
        flows.has_stopped |= !indexes.is_empty();
        reading.reader.share(&mut flows.known);
        reading.stops_fetching(now, &flows.logs, self.processes[slot.index()].plan.config.fetch_max_wait);
        for index in indexes {
            let standing = &mut flows.standings[index.index()];
            let position = reading.end(*index, &flows.logs);
            if standing.reader == Some(slot) {
                standing.end(position.unwrap_or(standing.position), why, now);
            }
        }
    }

    /// The delivery to a process stops: from now on its partitions have something to catch up with.
    pub(super) fn stands_still(&mut self, slot: Slot) {
        let now = self.now();
        let Some(flows) = &mut self.flows else { return };
        let Some(reading) = flows.readings.get(slot.index()).and_then(Option::as_ref) else { return };
        for (index, _) in reading.reader.positions() {
            let standing = &mut flows.standings[index.index()];
            if standing.reader == Some(slot) {
                standing.stopped.get_or_insert(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stopped_where_decides_what_is_read_again_or_never() {
        let (one, other) = ((Slot(0), MemberIndex(7)), (Slot(1), MemberIndex(8)));
        let mut standing = Standing::default();
        assert!(matches!(standing.begin(one.0, one.1, 5), Step::Over(5)));
        standing.delivered += 20;
        assert!(standing.is_balanced(25));
        standing.end(25, Handover::Killed, SimTime::from_secs(1));
        let back = standing.begin(other.0, other.1, 15);
        assert!(matches!(back, Step::Back(10, MemberIndex(7), Handover::Killed)));
        assert!(standing.is_balanced(15));
        standing.delivered += 3;
        standing.end(18, Handover::Revoked, SimTime::from_secs(2));
        assert!(matches!(standing.begin(one.0, one.1, 18), Step::On));
        assert!(standing.is_balanced(18));
        assert_eq!(standing.stopped, Some(SimTime::from_secs(1)), "nobody has caught up meanwhile");
    }
}
