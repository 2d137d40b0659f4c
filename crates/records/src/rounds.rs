//! The loop of a consumer whose application takes time: fetch, poll, work.
//!
//! A *round* is a fetch that is answered with records, and the polls that hand them over. The broker answers once
//! `fetch.min.bytes` are there or `fetch.max.wait.ms` are over, with what fits into `max.partition.fetch.bytes` and
//! `fetch.max.bytes`. Each poll hands over at most `max.poll.records`, of one partition after the other, and the
//! application works on them before it polls again. The next fetch leaves with the poll that takes the last record
//! (`ClassicKafkaConsumer.poll` sends fetches before it returns), so its answer is there when that poll's work is done.
//! What was written since the fetch was answered waits for the one after. librdkafka fetches on meanwhile.
//!
//! Contract: one step a round, none for fetches that come back empty: those are counted. How a round goes depends on
//! its beginning alone, so it makes no difference at which moments somebody looks.
//!
//! Left out: that brokers cut between batches of records, not between records, and several leaders: all partitions of a
//! consumer are fetched from one broker.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use protocol::{SimDuration, SimTime};

use crate::delivery::{Deliveries, LogIndex};
use crate::habits::Pace;
use crate::log::PartitionLog;
use crate::reading::{Reading, Turns, part};

/// No list of what was drawn is longer.
const MOST_TURNS: u64 = 1 << 32;

/// Where a consumer stands in its loop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rounds {
    /// When the fetch that is under way left, or is to leave.
    sent: SimTime,
    /// When the application was given what it has in hand, and when it will have done that.
    given_at: SimTime,
    free_at: SimTime,
    /// What was fetched and waits for a poll.
    buffer: VecDeque<Chunk>,
    /// When the next poll takes from it.
    next_poll: SimTime,
    /// Answers that are cut by `fetch.max.bytes` begin with this partition.
    first: LogIndex,
    /// How many polls have returned records, and how many records.
    polls: u64,
    records: u64,
    /// The next round, if nothing changes until it begins; none yet if nobody has asked.
    planned: Option<Option<Round>>,
    was_cut: bool,
    /// For when it was found out which fetch is under way.
    rolled_at: Option<SimTime>,
    /// What was answered before that is not all that there is.
    resumed: SimTime,
}

/// Records of one partition in an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Chunk {
    partition: LogIndex,
    records: u64,
    /// Whether they were all that the broker had, and few enough for a poll.
    catches_up: bool,
}

/// A fetch that is answered with records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Round {
    sent: SimTime,
    answered: SimTime,
    /// When a poll returns the first of them.
    pub(crate) begins: SimTime,
}

/// Partitions that were caught up with, and when.
pub(crate) type CaughtUp = Vec<(LogIndex, SimTime)>;

impl Rounds {
    /// A loop that begins at `at`.
    pub(crate) fn new(at: SimTime) -> Self {
        Self {
            sent: at,
            given_at: at,
            free_at: at,
            buffer: VecDeque::new(),
            next_poll: at,
            first: LogIndex(0),
            polls: 0,
            records: 0,
            planned: None,
            was_cut: false,
            rolled_at: None,
            resumed: SimTime::ZERO,
        }
    }

    /// A loop that begins at `at` with the `turn`-th poll and record of those that were drawn.
    pub(crate) fn from_turn(at: SimTime, turn: u64) -> Self {
        let turn = turn % MOST_TURNS;
        Self { polls: turn, records: turn, ..Self::new(at) }
    }

    /// The same loop begun anew at `at`, what was drawn until now behind it. Nothing waits for a poll in this one.
    pub(crate) fn anew(&mut self, at: SimTime) -> Self {
        let (polls, records, first) = (self.polls, self.records, self.first);
        // Its memory is not needed here meanwhile.
        let buffer = core::mem::take(&mut self.buffer);
        debug_assert!(buffer.is_empty(), "a loop that has settled has no records in hand");
        Self { polls, records, first, buffer, ..Self::new(at) }
    }

    /// Whether the last answer did not hold all that there was.
    pub(crate) fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// What was fetched of a partition is dropped.
    pub(crate) fn drop_partition(&mut self, partition: LogIndex) {
        if !self.buffer.is_empty() {
            self.buffer.retain(|chunk| chunk.partition != partition);
            if self.buffer.is_empty() {
                self.sent = self.next_poll;
            }
        }
        self.planned = None;
    }

    /// Records are nearer from now on, or further away.
    pub(crate) fn change_ways(&mut self) {
        self.planned = None;
    }

    /// A partition is read from somewhere else: the last `records` that were fetched of it have been handed over.
    pub(crate) fn skip(&mut self, partition: LogIndex, mut records: u64) {
        self.planned = None;
        if records == 0 || self.buffer.is_empty() {
            return;
        }
        for chunk in self.buffer.iter_mut().filter(|chunk| chunk.partition == partition) {
            let skipped = chunk.records.min(records);
            chunk.records -= skipped;
            records -= skipped;
        }
        self.buffer.retain(|chunk| chunk.records > 0);
        if self.buffer.is_empty() {
            self.sent = self.next_poll;
        }
    }

    /// When the application has done what it has in hand.
    pub(crate) fn busy_until(&self) -> SimTime {
        self.free_at
    }

    /// Since when it works on what it has in hand, or had last.
    pub(crate) fn busy_since(&self) -> SimTime {
        self.given_at
    }

    /// Whether what was fetched waits for a poll.
    pub(crate) fn has_buffer(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The application has done something else until `at`, and more has been written since what was fetched.
    pub(crate) fn resume(&mut self, at: SimTime) {
        self.resumed = at;
        for chunk in &mut self.buffer {
            chunk.catches_up = false;
        }
        self.free_at = self.free_at.max(at);
        self.next_poll = self.next_poll.max(at);
        self.planned = None;
    }

    /// The next round, if there is one.
    pub(crate) fn upcoming(&mut self, readings: &mut [Reading], logs: &[PartitionLog], pace: &Pace) -> Option<Round> {
        if let Some(planned) = self.planned {
            return planned;
        }
        let (_, round) = self.chase(SimTime::NEVER, readings, logs, pace);
        self.planned = Some(round);
        round
    }

    /// Goes from fetch to fetch until one is answered with records, or until the next would leave after `until`. When
    /// the last one left, and its round, if it has one.
    fn chase(
        &self,
        until: SimTime,
        readings: &mut [Reading],
        logs: &[PartitionLog],
        pace: &Pace,
    ) -> (SimTime, Option<Round>) {
        let (there, back, wait) = (pace.ways.there(), pace.ways.response, pace.habits.fetch.max_wait);
        let period = there + wait + back;
        let since = readings.iter().map(|reading| reading.since).min().unwrap_or(SimTime::NEVER);
        let mut sent = self.sent.max(since);
        if sent > until || sent == SimTime::NEVER {
            return (self.sent, None);
        }
        loop {
            let (mut first, mut joins) = (SimTime::NEVER, SimTime::NEVER);
            for reading in &mut *readings {
                if reading.since <= sent {
                    first = first.min(reading.next(&logs[reading.partition.index()]));
                } else {
                    joins = joins.min(reading.since);
                }
            }
            let first = first + pace.ways.visible;
            let last = sent + there + wait;
            if first <= last {
                let answered = enough_at(first.max(sent + there), last, sent, readings, logs, pace);
                let round = Round { sent, answered, begins: (answered + back).max(self.free_at) };
                return (sent, Some(round));
            }
            // It comes back empty, as do the next ones, until something is there or a partition joins.
            let there_by = if first == SimTime::NEVER { first } else { first - (there + wait) };
            let wanted = joins.min(there_by);
            let again = (last + back).max(self.free_at);
            if again > until || wanted.min(until) == SimTime::NEVER {
                return (sent, None);
            }
            let period = period.as_nanos();
            let empty = (wanted - again).as_nanos().div_ceil(period).min((until - again).as_nanos() / period);
            sent = again + SimDuration::from_nanos(period) * empty;
        }
    }

    /// Something is about to change at `at`: what has come back empty until then is over.
    pub(crate) fn roll(&mut self, at: SimTime, readings: &mut [Reading], logs: &[PartitionLog], pace: &Pace) {
        // Many partitions come and go at one moment.
        if self.buffer.is_empty() && self.rolled_at != Some(at) {
            match self.planned {
                Some(Some(round)) if round.sent <= at => self.sent = round.sent,
                _ => {
                    let (sent, round) = self.chase(at, readings, logs, pace);
                    self.sent = sent;
                    self.planned = round.map(Some);
                }
            }
        }
        self.rolled_at = Some(at);
    }

    /// When the fetch that is under way at `at` is answered; now, if none is.
    pub(crate) fn answer(&self, at: SimTime, readings: &mut [Reading], logs: &[PartitionLog], pace: &Pace) -> SimTime {
        if !self.buffer.is_empty() || readings.iter().all(|reading| reading.since > at) {
            return at;
        }
        let answered = match self.planned {
            Some(Some(round)) if round.sent <= at => round.answered,
            _ => match self.chase(at, readings, logs, pace) {
                (_, Some(round)) => round.answered,
                (sent, None) => sent + pace.ways.there() + pace.habits.fetch.max_wait,
            },
        };
        (answered + pace.ways.response).max(at)
    }

    /// The answer of a fetch is there.
    pub(crate) fn take(&mut self, round: Round, readings: &[Reading], logs: &[PartitionLog], pace: &Pace) {
        let seen = round.answered - pace.ways.visible;
        let fetch = pace.habits.fetch;
        let mut left = fetch.max_bytes;
        self.was_cut = false;
        let first = readings.partition_point(|reading| reading.partition < self.first);
        let (later, sooner) = readings.split_at(first);
        for reading in sooner.iter().chain(later).filter(|reading| reading.since <= round.sent) {
            let log = &logs[reading.partition.index()];
            let available = reading.waiting(seen, log);
            if available == 0 {
                continue;
            }
            let size = log.record_bytes();
            let fits = |records: u64, bytes: u64| records.checked_mul(size).is_some_and(|all| all <= bytes);
            let wanted = match fits(available, fetch.max_partition_bytes) {
                true => available,
                false => available.min((fetch.max_partition_bytes / size).max(1)),
            };
            let records = match fits(wanted, left) {
                true => wanted,
                false => wanted.min((left / size).max(u64::from(self.buffer.is_empty()))),
            };
            self.was_cut |= records < available;
            if records > 0 {
                let is_all = records == available && round.answered >= self.resumed;
                let catches_up = is_all && records <= pace.habits.most();
                self.buffer.push_back(Chunk { partition: reading.partition, records, catches_up });
            }
            left = left.saturating_sub(records * size);
            if records < wanted {
                self.first = reading.partition;
                break;
            }
        }
        self.next_poll = round.begins;
        (self.planned, self.rolled_at) = (None, None);
    }

    /// Polls until `to` hand over what was fetched; without `out`, nobody is told of it.
    pub(crate) fn poll(
        &mut self,
        to: SimTime,
        readings: &mut [Reading],
        logs: &[PartitionLog],
        pace: &Pace,
        (mut out, caught_up): (Option<&mut Deliveries>, &mut CaughtUp),
    ) {
        let waiting: u64 = self.buffer.iter().map(|chunk| chunk.records).sum();
        if waiting == 0 || self.next_poll > to {
            return;
        }
        let (most, full) = (pace.habits.most(), pace.habits.full_poll());
        let polls = if waiting <= most { 1 } else { waiting.div_ceil(most) };
        let due = match full {
            _ if polls == 1 => 1,
            0 => polls,
            full => polls.min((to - self.next_poll).as_nanos() / full + 1),
        };
        let earlier = due - 1;
        if earlier > 0 {
            let turns = Turns { at: self.next_poll, most, length: full };
            self.hand(
                earlier * most,
                turns,
                full.saturating_mul(earlier),
                readings,
                logs,
                (out.as_deref_mut(), caught_up),
            );
        }
        for reading in &mut *readings {
            reading.before = reading.position;
        }
        // The last one that begins until `to`.
        let begins = self.next_poll + SimDuration::from_nanos(full) * earlier;
        let records = (waiting - earlier * most).min(most);
        let is_last = due == polls;
        let work = if is_last { pace.habits.poll_time(self.polls + earlier, self.records, records) } else { full };
        self.hand(records, Turns::at_once(begins), work, readings, logs, (out, caught_up));
        self.polls += due;
        self.given_at = begins;
        self.free_at = begins + SimDuration::from_nanos(work);
        self.next_poll = self.free_at;
        if is_last {
            let before_free = self.free_at - pace.ways.trip();
            self.sent = if pace.habits.fetches_on { begins.max(before_free) } else { begins };
        }
        (self.planned, self.rolled_at) = (None, None);
    }

    /// The next `records` of the buffer are handed over in these turns.
    fn hand(
        &mut self,
        records: u64,
        turns: Turns,
        work: u64,
        readings: &mut [Reading],
        logs: &[PartitionLog],
        (mut out, caught_up): (Option<&mut Deliveries>, &mut CaughtUp),
    ) {
        let (mut done, mut given) = (0, 0);
        while done < records {
            let chunk = self.buffer.front_mut().expect("no more is handed over than there is");
            let count = chunk.records.min(records - done);
            let place = readings
                .binary_search_by_key(&chunk.partition, |reading| reading.partition)
                .expect("what is no longer read was dropped");
            let reading = &mut readings[place];
            match &mut out {
                Some(out) => {
                    let until = part(work, done + count, records);
                    let share = until - core::mem::replace(&mut given, until);
                    reading.hand(count, (turns, done), share, &logs[chunk.partition.index()], out);
                }
                None => reading.position += count,
            }
            done += count;
            chunk.records -= count;
            if chunk.records == 0 {
                if chunk.catches_up && !reading.is_caught_up {
                    reading.is_caught_up = true;
                    caught_up.push((reading.partition, turns.turn(done - 1)));
                }
                self.buffer.pop_front();
            }
        }
        self.records += records;
    }
}

/// When `fetch.min.bytes` are there, between two moments; the later one, if they are not there before.
fn enough_at(
    first: SimTime,
    last: SimTime,
    sent: SimTime,
    readings: &[Reading],
    logs: &[PartitionLog],
    pace: &Pace,
) -> SimTime {
    let min_bytes = pace.habits.fetch.min_bytes;
    let is_enough = |at: SimTime| {
        let bytes = |reading: &Reading| {
            let log = &logs[reading.partition.index()];
            let records = log.count(at - pace.ways.visible).saturating_sub(reading.position);
            records.saturating_mul(log.record_bytes())
        };
        let named = readings.iter().filter(|reading| reading.since <= sent);
        named.map(bytes).fold(0, u64::saturating_add) >= min_bytes
    };
    if min_bytes <= 1 || is_enough(first) {
        return first;
    }
    let (mut less, mut enough) = (first.as_nanos(), last.as_nanos());
    while less < enough {
        let middle = less + (enough - less) / 2;
        if is_enough(SimTime::from_nanos(middle)) { enough = middle } else { less = middle + 1 }
    }
    SimTime::from_nanos(enough)
}
