//! Where a reader stands: in each partition, at its own time or a little later.

use protocol::SimTime;

use super::Reader;
use crate::delivery::LogIndex;
use crate::log::PartitionLog;
use crate::reading::Reading;

impl Reader {
    /// The partitions it reads, and the offset of the next record of each.
    pub fn positions(&self) -> impl Iterator<Item = (LogIndex, u64)> {
        self.readings.iter().map(|reading| (reading.partition, reading.position))
    }

    /// The same at `at`, to which it has not been moved yet; none if it has to go there to know.
    pub fn positions_at(
        &self,
        at: SimTime,
        logs: &[PartitionLog],
    ) -> Option<impl ExactSizeIterator<Item = (LogIndex, u64)>> {
        let age = match &self.settled {
            Some(settled) => (at <= settled.until).then(|| settled.ages.mean())?,
            None if self.takes_polls() || self.paused => return None,
            None => self.pace.ways.delay(),
        };
        let is_known = |reading: &Reading| reading.is_caught_up || reading.since >= at;
        let position = move |reading: &Reading| {
            let handed = match reading.since >= at {
                true => 0,
                false => reading.waiting(at - age, &logs[reading.partition.index()]),
            };
            (reading.partition, reading.position + handed)
        };
        let are_known = self.settled.is_some() || self.readings.iter().all(is_known);
        are_known.then(|| self.readings.iter().map(position))
    }

    /// The partitions of which it has all that is there, and the offset of the next record of each.
    pub fn followed(&self) -> impl Iterator<Item = (LogIndex, u64)> {
        let followed = self.readings.iter().filter(|reading| reading.is_caught_up);
        followed.map(|reading| (reading.partition, reading.position))
    }

    /// The offset of the next record of a partition, if it reads it.
    pub fn position(&self, partition: LogIndex) -> Option<u64> {
        self.place(partition).ok().map(|place| self.readings[place].position)
    }

    /// Where it stood in a partition before the poll whose records its application is busy with; where it stands, if
    /// its application waits. To be asked after [`look_closely`](Self::look_closely).
    pub fn position_before_poll(&self, partition: LogIndex) -> Option<u64> {
        let reading = &self.readings[self.place(partition).ok()?];
        let is_busy = self.takes_polls() && self.rounds.busy_until() > self.at;
        Some(if is_busy { reading.before } else { reading.position })
    }

    /// How many records wait in its partitions at its time.
    pub fn lag(&self, logs: &[PartitionLog]) -> u64 {
        let waiting =
            |reading: &Reading| logs[reading.partition.index()].appended(self.at).saturating_sub(reading.position);
        self.readings.iter().map(waiting).fold(0, u64::saturating_add)
    }
}
