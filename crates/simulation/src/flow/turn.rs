//! How long a turn of a loop takes that polls for one record after the other.

use protocol::{SimDuration, SimTime};

use super::Positions;

impl Positions<'_> {
    /// A turn that begins at `at`: calls are begun for `time` and return with the next record, or after `time` without
    /// one; after `records` records the turn is over, however early.
    pub(crate) fn turn(&mut self, at: SimTime, time: SimDuration, records: u64) -> SimDuration {
        self.reading.advance(at, self.logs);
        let reader = &self.reading.reader;
        let delay = reader.ways().delay();
        let written = |until: SimTime| SimTime::ZERO + (until - SimTime::ZERO).saturating_sub(delay);
        let waiting = |until: SimTime| {
            let of = |(partition, position): (records::LogIndex, u64)| {
                self.logs[partition.index()].count(written(until)).saturating_sub(position)
            };
            reader.positions().map(of).fold(0, u64::saturating_add)
        };
        let last_call = at + time;
        if waiting(last_call) >= records {
            let (mut before, mut enough) = (at.as_nanos(), last_call.as_nanos());
            while before < enough {
                let middle = before + (enough - before) / 2;
                if waiting(SimTime::from_nanos(middle)) >= records {
                    enough = middle;
                } else {
                    before = middle + 1;
                }
            }
            // At least a moment passes, or turns would follow each other without time passing.
            return (SimTime::from_nanos(enough) - at).max(SimDuration::from_millis(1)).min(time);
        }
        if waiting(last_call) == 0 {
            return time;
        }
        let (mut last, mut next) = (at, SimTime::NEVER);
        for (partition, position) in reader.positions() {
            let log = &self.logs[partition.index()];
            let count = log.count(written(last_call));
            if count > position {
                last = last.max(log.time_of(count - 1) + delay);
            }
            next = next.min(log.time_of(count.max(position)) + delay);
        }
        next.min(last + time).max(last_call) - at
    }
}
