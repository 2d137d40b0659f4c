//! One process as a reader of partitions.
//!
//! Contract: [`Reading::advance`] is the only way forward, and nothing asks for a time before that of the last
//! advance, except for the moments at which commits were left out ([`Reading::left_out`]): where it stood then is
//! kept.

use std::collections::BTreeMap;

use protocol::message::{OffsetToCommit, OffsetsToCommit};
use protocol::{Generation, MemberId, Offset, Partitions, SimDuration, SimTime, TopicName, TopicPartition};
use records::{LogIndex, PartitionLog, Reader, Ways};

/// How many past commits are kept: the last one, and the one before while the last one is on its way.
const KEPT_COMMITS: usize = 2;

/// A process as a reader.
pub(crate) struct Reading {
    pub(crate) reader: Reader,
    /// Whether batches that it still works on must not be committed: its client commits for it when it polls, and not
    /// meanwhile (Java's; `ConsumerCoordinator.poll`, `AsyncPollEvent`), and they can outlast the interval.
    pub(crate) keeps_batches_back: bool,
    /// Whether it has a connection to the brokers that lead partitions.
    pub(crate) is_connected: bool,
    /// Since when it fetches what it fetches.
    pub(crate) fetching_since: SimTime,
    /// When the fetch that was under way when delivery stopped is answered.
    pub(crate) fetch_answered: SimTime,
    /// By how much a fetch takes longer each way, because its network is slow.
    pub(crate) delayed_by: SimDuration,
    /// Whether others read its partitions behind its back.
    pub(crate) is_fenced: bool,
    /// How many records were in the transaction that was open when that began.
    pub(crate) open_when_fenced: u64,
    /// Its last valid membership (`ConsumerGroupMetadata`): clients keep it when they have left the group.
    pub(crate) membership: Option<(Generation, MemberId)>,
    /// Where it stood in partitions that it has given up: clients other than Java's commit after the callback.
    given_up: GivenUp,
    /// When the next commit is left out, and the time from one to the next; none if none is left out.
    left_out: Option<(SimTime, SimDuration)>,
    /// Where it stood when commits were left out, the last one last.
    stood: Vec<(SimTime, Vec<(LogIndex, u64)>)>,
    /// Memory of those that are of no use any more.
    spare: Vec<Vec<(LogIndex, u64)>>,
}

impl Reading {
    /// A process that reads nothing yet.
    pub(crate) fn new(reader: Reader) -> Self {
        let at = reader.at();
        Self {
            reader,
            keeps_batches_back: false,
            is_connected: false,
            fetching_since: at,
            fetch_answered: at,
            delayed_by: SimDuration::ZERO,
            is_fenced: false,
            open_when_fenced: 0,
            membership: None,
            given_up: GivenUp::default(),
            left_out: None,
            stood: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// It has read until `to`.
    pub(crate) fn advance(&mut self, to: SimTime, logs: &[PartitionLog]) {
        self.leave_out_before(to, logs);
        self.reader.advance(to, logs);
    }

    /// Commits before `to` have been left out.
    fn leave_out_before(&mut self, to: SimTime, logs: &[PartitionLog]) {
        if let Some((next, period)) = self.left_out
            && next < to
        {
            let period = period.as_nanos().max(1);
            let commits = (to - next).as_nanos().div_ceil(period);
            for commit in commits.saturating_sub(KEPT_COMMITS as u64)..commits {
                let at = next + SimDuration::from_nanos(commit * period);
                // The oldest makes room.
                if self.stood.len() < KEPT_COMMITS {
                    self.stood.push((at, self.spare.pop().unwrap_or_default()));
                } else {
                    self.stood.rotate_left(1);
                }
                let Some((then, stood)) = self.stood.last_mut() else { continue };
                *then = at;
                stood.clear();
                if let Some(positions) = self.reader.positions_at(at, logs) {
                    stood.extend(positions);
                } else {
                    self.reader.advance(at, logs);
                    stood.extend(self.reader.positions());
                }
            }
            let surplus = self.stood.len().saturating_sub(KEPT_COMMITS);
            self.stood.drain(..surplus);
            self.left_out = Some((next + SimDuration::from_nanos(commits * period), SimDuration::from_nanos(period)));
        }
    }

    /// From now on interval commits are left out: where it stood at those times will be asked later.
    pub(crate) fn leave_out_commits(&mut self, next: SimTime, period: SimDuration) {
        self.left_out = (next != SimTime::NEVER).then_some((next, period));
        self.spare.extend(self.stood.drain(..).map(|(_, stood)| stood));
    }

    /// Commits are sent again. Where it stood at the one left out at `at`.
    pub(crate) fn stood_at(&self, at: SimTime) -> Option<&[(LogIndex, u64)]> {
        self.stood.iter().find(|(then, _)| *then == at).map(|(_, positions)| positions.as_slice())
    }

    /// A commit is left out now.
    pub(crate) fn stands_at(&mut self, now: SimTime) {
        self.stood.push((now, self.reader.positions().collect()));
    }

    /// Where it stood in a partition when a commit was left out last; none if it did not read it then.
    pub(crate) fn stood_last(&self, index: LogIndex) -> Option<u64> {
        let (_, positions) = self.stood.last()?;
        let place = positions.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        Some(positions[place].1)
    }

    /// No commit is left out any more.
    pub(crate) fn send_commits(&mut self) {
        self.left_out = None;
    }

    /// It begins to read a partition.
    pub(crate) fn begin(&mut self, index: LogIndex, position: u64, from: SimTime, logs: &[PartitionLog]) {
        self.given_up.forget(index);
        self.reader.begin(index, position, from, logs);
    }

    /// It reads a partition no longer; where it stood in it, if it did read it.
    pub(crate) fn end(&mut self, index: LogIndex, logs: &[PartitionLog]) -> Option<u64> {
        let position = self.reader.end(index, logs)?;
        self.given_up.insert(index, position);
        Some(position)
    }

    /// A partition is assigned to it again: where it stood in it in an earlier turn says nothing.
    pub(crate) fn forget_given_up(&mut self, index: LogIndex) {
        self.given_up.forget(index);
    }

    /// Where it stands in a partition that it reads, or stood when it gave it up.
    fn position(&self, index: LogIndex) -> Option<u64> {
        self.reader.position(index).or_else(|| self.given_up.position(index))
    }

    /// From here on the reader goes poll by poll.
    pub(crate) fn look_closely(&mut self, logs: &[PartitionLog]) {
        self.reader.look_closely(logs);
    }

    /// Nothing is handed over any more.
    pub(crate) fn pause(&mut self, logs: &[PartitionLog]) {
        self.reader.pause(logs);
    }

    /// Records are so far away from now on.
    pub(crate) fn set_ways(&mut self, ways: Ways, logs: &[PartitionLog]) {
        self.reader.set_ways(ways, logs);
    }

    /// Whether a fetch may be under way.
    fn is_fetching(&self) -> bool {
        let reads = if self.reader.takes_polls() {
            self.reader.positions().next().is_some()
        } else {
            self.reader.followed().next().is_some()
        };
        reads && !self.reader.is_paused()
    }

    /// It fetches no more what it has fetched until now; the fetch that is under way is answered all the same.
    pub(crate) fn stops_fetching(&mut self, now: SimTime, logs: &[PartitionLog], max_wait: SimDuration) {
        if self.is_fetching() {
            self.fetch_answered = self.answer_of_fetch(now, logs, max_wait);
        }
    }

    /// When partitions that become known at `known` are read, the first fetch for them taking `fetch`: one fetch is
    /// under way at a time. A reader that reckons with fetches itself is told when they are known.
    pub(crate) fn fetches_from(
        &mut self,
        known: SimTime,
        fetch: SimDuration,
        logs: &[PartitionLog],
        max_wait: SimDuration,
    ) -> SimTime {
        if self.reader.takes_polls() {
            return if self.is_fetching() { known } else { known.max(self.fetch_answered) };
        }
        if self.is_fetching() {
            self.fetch_answered = self.answer_of_fetch(self.reader.at(), logs, max_wait);
        }
        self.fetching_since = known.max(self.fetch_answered) + fetch;
        self.fetching_since
    }

    /// When the fetch that is under way now will be answered: at the next record, after `max_wait` at the latest.
    fn answer_of_fetch(&mut self, now: SimTime, logs: &[PartitionLog], max_wait: SimDuration) -> SimTime {
        if self.reader.takes_polls() {
            self.look_closely(logs);
            return self.reader.answer_of_fetch(logs);
        }
        let delay = self.reader.ways().delay();
        let (mut next, mut last) = (SimTime::NEVER, self.fetching_since);
        for (partition, position) in self.reader.followed() {
            let log = &logs[partition.index()];
            next = next.min(log.time_of(position) + delay);
            if position > 0 {
                last = last.max(log.time_of(position - 1) + delay);
            }
        }
        next.min(last + max_wait).max(now)
    }
}

/// Where a process stood in partitions when it gave them up.
#[derive(Default)]
struct GivenUp {
    /// By partition; none if that says nothing any more. Partitions come back, so places are kept.
    positions: Vec<(LogIndex, Option<u64>)>,
}

impl GivenUp {
    fn place(&self, index: LogIndex) -> Result<usize, usize> {
        self.positions.binary_search_by_key(&index, |(index, _)| *index)
    }

    fn position(&self, index: LogIndex) -> Option<u64> {
        self.place(index).ok().and_then(|place| self.positions[place].1)
    }

    fn insert(&mut self, index: LogIndex, position: u64) {
        match self.place(index) {
            Ok(place) => self.positions[place].1 = Some(position),
            Err(place) => self.positions.insert(place, (index, Some(position))),
        }
    }

    fn forget(&mut self, index: LogIndex) {
        if let Ok(place) = self.place(index) {
            self.positions[place].1 = None;
        }
    }
}

/// A process, asked where it stands.
pub(crate) struct Positions<'a> {
    pub(crate) reading: &'a mut Reading,
    pub(crate) logs: &'a [PartitionLog],
    pub(crate) topics: &'a BTreeMap<TopicName, (u32, u32)>,
}

impl Positions<'_> {
    /// When records that arrive end the wait of an application that has read everything; never, if it reads nothing.
    pub(crate) fn next_records(&mut self, now: SimTime) -> SimTime {
        self.reading.advance(now, self.logs);
        self.reading.reader.next_records(self.logs).max(now)
    }

    /// From `at` until the next record is written to a partition that it reads: a fetch waits for it. None, if it reads
    /// nothing.
    pub(crate) fn pending_fetch(&self, at: SimTime) -> SimDuration {
        let next = |(index, _): (LogIndex, u64)| {
            let log = &self.logs[index.index()];
            log.time_of(log.count(at))
        };
        self.reading.reader.positions().map(next).min().map_or(SimDuration::ZERO, |time| time.max(at) - at)
    }

    /// Whether it now works on a batch that it was given before `at`, and that its client has not committed therefore.
    fn works_on_batch_of_before(&mut self, at: SimTime) -> bool {
        let reader = &mut self.reading.reader;
        if !self.reading.keeps_batches_back {
            return false;
        }
        let (since, until) = reader.batch_in_hand(self.logs);
        let has_batch = since < at && until > reader.at();
        if has_batch {
            reader.look_closely(self.logs);
        }
        has_batch
    }

    /// Where it stood at `at`, in those of `owned` that it reads or has read: what a commit at that time says.
    pub(crate) fn at(&mut self, at: SimTime, owned: &Partitions) -> OffsetsToCommit {
        self.reading.leave_out_before(at + SimDuration::from_nanos(1), self.logs);
        if self.reading.stood_at(at).is_none() {
            self.reading.advance(at, self.logs);
        }
        let has_batch = self.works_on_batch_of_before(at);
        let then = self.reading.stood_at(at);
        let position = |index: LogIndex| {
            let position = match then {
                Some(positions) => {
                    let place = positions.binary_search_by_key(&index, |(index, _)| *index).ok()?;
                    positions[place].1
                }
                None => self.reading.position(index)?,
            };
            let before = self.reading.reader.position_before_poll(index).filter(|_| has_batch);
            Some(before.map_or(position, |before| position.min(before)))
        };
        let offset =
            |index: Option<LogIndex>| Some(Offset(i64::try_from(position(index?)?).expect("offsets are below 2^63")));
        let offsets: Vec<Option<Offset>> = super::indexes_of(self.topics, owned).map(offset).collect();
        if offsets.iter().all(Option::is_some) {
            return OffsetsToCommit::new(owned.clone(), offsets.into_iter().flatten().collect());
        }
        let commit = |(partition, offset): (&TopicPartition, Option<Offset>)| {
            Some(OffsetToCommit { partition: partition.clone(), offset: offset?, metadata: None })
        };
        owned.iter().zip(offsets).filter_map(commit).collect()
    }
}

#[cfg(test)]
mod tests {
    use records::Habits;

    use super::*;

    #[test]
    fn where_it_stood_in_an_earlier_turn_is_forgotten_with_the_next() {
        let (index, logs) = (LogIndex(0), [PartitionLog::empty()]);
        let mut reading = Reading::new(Reader::new(SimTime::ZERO, Habits::idle(), Ways::default()));
        reading.begin(index, 7, SimTime::ZERO, &logs);
        assert_eq!(reading.end(index, &logs), Some(7));
        assert_eq!(reading.position(index), Some(7), "a commit after the callback says where it stood");
        reading.forget_given_up(index);
        assert_eq!(reading.position(index), None);
    }
}
