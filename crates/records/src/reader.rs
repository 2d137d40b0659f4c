//! A consumer as a reader of partitions: where it stands at any moment, and what it handed to its application.
//!
//! Contract: a state and its time. [`Reader::advance`] moves it forward; what was handed over meanwhile is appended
//! to `out`, and it makes no difference whether one goes in one step or in many. Whoever drives it advances it to the
//! present before changing anything about it.

use alloc::vec::Vec;

use protocol::{SimDuration, SimTime};

use crate::delivery::{Deliveries, LogIndex};
use crate::divide::{self, WHOLE};
use crate::log::PartitionLog;
use crate::reading::{Pace, Reading, State};

/// When a partition has been caught up with, the application's time is divided anew at the next multiple of this
/// length: as fast as fetches follow each other.
const ROUND: SimDuration = SimDuration::from_millis(10);

/// How many of the last records of each partition tell how busy an application is.
const RECENT: u64 = 16;

/// Shares of time are said as [`WHOLE`]th parts; rates as millionths of a record a second, times in nanoseconds.
const RATE_AND_TIME: u128 = 1_000_000 * 1_000_000_000;

/// A consumer that reads partitions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    at: SimTime,
    pace: Pace,
    /// By partition.
    readings: Vec<Reading>,
    paused: bool,
    /// How many are behind.
    behind: usize,
    /// Since when any is.
    behind_since: SimTime,
    /// What following all partitions at their fastest would need of the application's time.
    worst_need: u128,
    /// What each partition that is behind gets of the application's time, and when that is looked at again.
    share: u64,
    divide_at: SimTime,
    /// Partitions that were caught up with, and when, since somebody asked.
    caught_up: Vec<(LogIndex, SimTime)>,
}

/// What a partition that is behind does until the end of a step.
#[derive(Clone, Copy)]
enum Course {
    /// It is caught up with after so many records.
    CatchesUp(u64),
    StaysBehind,
}

impl Reader {
    /// A reader without partitions. `record` is the processing time of a record, `delay` the time from the writing of a
    /// record until it can be handed over.
    pub fn new(at: SimTime, record: SimDuration, delay: SimDuration) -> Self {
        Self {
            at,
            pace: Pace { record: record.as_nanos(), delay },
            readings: Vec::new(),
            paused: false,
            behind: 0,
            behind_since: SimTime::ZERO,
            worst_need: 0,
            share: WHOLE,
            divide_at: SimTime::ZERO,
            caught_up: Vec::new(),
        }
    }

    /// The time of its state.
    pub fn at(&self) -> SimTime {
        self.at
    }

    /// Records take this long from now on until they can be handed over.
    pub fn set_delay(&mut self, delay: SimDuration) {
        self.pace.delay = delay;
    }

    /// Time from the writing of a record until it can be handed over.
    pub fn delay(&self) -> SimDuration {
        self.pace.delay
    }

    /// It reads one more partition, from the offset `position` on, from the time `from` on.
    pub fn begin(&mut self, partition: LogIndex, position: u64, from: SimTime, logs: &[PartitionLog]) {
        let state = State::Starting { at: from.max(self.at) };
        self.divide_at = self.at;
        let reading = Reading { partition, position, state };
        match self.place(partition) {
            Ok(place) => {
                self.note_end(place);
                self.readings[place] = reading;
            }
            Err(place) => {
                self.worst_need += self.need(logs[partition.index()].fastest());
                self.readings.insert(place, reading);
            }
        }
    }

    /// It reads this partition no longer. Where it stood, if it did read it.
    pub fn end(&mut self, partition: LogIndex, logs: &[PartitionLog]) -> Option<u64> {
        let place = self.place(partition).ok()?;
        self.note_end(place);
        self.divide_at = self.at;
        self.worst_need -= self.need(logs[partition.index()].fastest());
        Some(self.readings.remove(place).position)
    }

    fn note_end(&mut self, place: usize) {
        if matches!(self.readings[place].state, State::Behind { .. }) {
            self.behind -= 1;
        }
    }

    fn place(&self, partition: LogIndex) -> Result<usize, usize> {
        self.readings.binary_search_by_key(&partition, |reading| reading.partition)
    }

    /// Nothing is handed over until [`resume`](Self::resume).
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Records are handed over again, from `at` on.
    pub fn resume(&mut self, at: SimTime) {
        if !self.paused {
            return;
        }
        self.paused = false;
        self.at = self.at.max(at);
        self.behind = 0;
        for reading in &mut self.readings {
            let from = match reading.state {
                State::Starting { at: planned } => planned.max(at),
                State::Following | State::Behind { .. } => at,
            };
            reading.state = State::Starting { at: from };
        }
    }

    /// Whether it hands nothing over.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The partitions it reads, and the offset of the next record of each.
    pub fn positions(&self) -> impl Iterator<Item = (LogIndex, u64)> {
        self.readings.iter().map(|reading| (reading.partition, reading.position))
    }

    /// The offset of the next record of a partition, if it reads it.
    pub fn position(&self, partition: LogIndex) -> Option<u64> {
        self.place(partition).ok().map(|place| self.readings[place].position)
    }

    /// The partitions that it follows, and the offset of the next record of each.
    pub fn followed(&self) -> impl Iterator<Item = (LogIndex, u64)> {
        let followed = |reading: &&Reading| reading.state == State::Following;
        self.readings.iter().filter(followed).map(|reading| (reading.partition, reading.position))
    }

    /// How long the application is still busy with the record in hand, if it takes one after the other as they come,
    /// and what comes together as one batch; nothing, if it waits for records. Looks at the last few records only.
    pub fn record_in_hand(&self, logs: &[PartitionLog]) -> SimDuration {
        let record = self.pace.record;
        if record == 0 {
            return SimDuration::ZERO;
        }
        let mut arrivals: Vec<SimTime> = Vec::new();
        for (partition, position) in self.followed() {
            let log = &logs[partition.index()];
            let last =
                (position.saturating_sub(RECENT)..position).rev().map(|offset| log.time_of(offset) + self.pace.delay);
            arrivals.extend(last.take_while(|at| (self.at - *at).as_nanos() < record.saturating_mul(RECENT)));
        }
        arrivals.sort_unstable_by(|one, other| other.cmp(one));
        // The work that has come since a record and is not done is the longest of what any of the last records says.
        let mut unfinished = 0;
        for (later, at) in arrivals.iter().enumerate() {
            let work = record.saturating_mul(later as u64 + 1);
            unfinished = unfinished.max(work.saturating_sub((self.at - *at).as_nanos()));
        }
        let together = arrivals.iter().take_while(|at| Some(*at) == arrivals.first()).count() as u64;
        let batch = record.saturating_mul(together.max(1));
        SimDuration::from_nanos(unfinished.saturating_sub(1) % batch + u64::from(unfinished > 0))
    }

    /// The partitions that were caught up with, and when, since this was asked last; those included in which nothing
    /// waited when reading began.
    pub fn take_caught_up(&mut self) -> Vec<(LogIndex, SimTime)> {
        core::mem::take(&mut self.caught_up)
    }

    /// Processing time of a record.
    pub fn record_time(&self) -> SimDuration {
        SimDuration::from_nanos(self.pace.record)
    }

    /// Since when some partition has been behind, if one is.
    pub fn behind_since(&self) -> Option<SimTime> {
        (self.behind > 0 && !self.paused).then_some(self.behind_since)
    }

    /// Moves it to `to`; what was handed over meanwhile is appended to `out`.
    pub fn advance(&mut self, to: SimTime, logs: &[PartitionLog], out: &mut Deliveries) {
        if self.paused {
            self.at = self.at.max(to);
            return;
        }
        loop {
            self.start_what_is_due(logs, out);
            if self.at >= to {
                return;
            }
            self.step(to, logs, out);
        }
    }

    fn start_what_is_due(&mut self, logs: &[PartitionLog], out: &mut Deliveries) {
        for place in 0..self.readings.len() {
            let reading = &mut self.readings[place];
            if let State::Starting { at } = reading.state
                && at <= self.at
            {
                reading.start(self.at, &logs[reading.partition.index()], self.pace, out);
                self.divide_at = self.at;
                match reading.state {
                    State::Behind { .. } => self.note_behind(),
                    State::Starting { .. } | State::Following => self.caught_up.push((reading.partition, self.at)),
                }
            }
        }
    }

    fn note_behind(&mut self) {
        if self.behind == 0 {
            self.behind_since = self.at;
        }
        self.behind += 1;
    }

    /// The part of the application's time that a rate, in millionths of a record a second, needs.
    fn need(&self, rate: u64) -> u128 {
        u128::from(rate) * u128::from(self.pace.record) * u128::from(WHOLE) / RATE_AND_TIME
    }

    /// Goes on until `to`, or until the application's time has to be divided anew.
    fn step(&mut self, to: SimTime, logs: &[PartitionLog], out: &mut Deliveries) {
        let starts = self.readings.iter().filter_map(|reading| match reading.state {
            State::Starting { at } => Some(at),
            State::Following | State::Behind { .. } => None,
        });
        let mut next = starts.min().map_or(to, |start| start.min(to));
        let may_not_keep_up = self.behind > 0 || self.worst_need > u128::from(WHOLE);
        if !may_not_keep_up {
            self.follow_until(next, logs, out);
            return;
        }
        if self.at >= self.divide_at {
            self.divide(logs);
        }
        next = next.min(self.divide_at);
        let mut courses = Vec::with_capacity(self.behind);
        for reading in &self.readings {
            let Some(turns) = reading.turns(self.at, self.share, self.pace) else { continue };
            let log = &logs[reading.partition.index()];
            let course = match reading.caught_up(turns, next, log, self.pace) {
                Some(records) => {
                    next = next.min(end_of_round(turns.turn(records)));
                    Course::CatchesUp(records)
                }
                None => Course::StaysBehind,
            };
            courses.push((course, turns));
        }
        let mut courses = courses.into_iter();
        for reading in &mut self.readings {
            let log = &logs[reading.partition.index()];
            match reading.state {
                State::Starting { .. } => {}
                State::Following => reading.follow(next, log, self.pace, out),
                State::Behind { .. } => match courses.next().expect("every partition behind has its turns") {
                    (Course::CatchesUp(records), turns) if turns.turn(records) <= next => {
                        let caught_up = turns.turn(records);
                        reading.take_turns(records, turns, log, out);
                        reading.catch_up(caught_up, log, self.pace, out);
                        self.caught_up.push((reading.partition, caught_up));
                        self.divide_at = self.divide_at.min(end_of_round(caught_up));
                        reading.follow(next, log, self.pace, out);
                        self.behind -= 1;
                    }
                    (_, turns) => reading.work_until(next, turns, log, out),
                },
            }
        }
        self.at = next;
    }

    fn follow_until(&mut self, to: SimTime, logs: &[PartitionLog], out: &mut Deliveries) {
        for reading in &mut self.readings {
            if reading.state == State::Following {
                reading.follow(to, &logs[reading.partition.index()], self.pace, out);
            }
        }
        self.at = to;
    }

    /// Divides the application's time: says what each partition that is behind gets, until a rate changes. Those that
    /// need more than that are behind from here on.
    fn divide(&mut self, logs: &[PartitionLog]) {
        let at = self.at;
        let need = |reader: &Self, reading: &Reading| {
            let rate = logs[reading.partition.index()].rate(at);
            u64::try_from(reader.need(rate)).unwrap_or(u64::MAX)
        };
        let followed = self.readings.iter().filter(|reading| reading.state == State::Following);
        let mut needs: Vec<u64> = followed.map(|reading| need(self, reading)).collect();
        self.share = divide::level(&mut needs, self.behind);
        self.divide_at = SimTime::NEVER;
        for place in 0..self.readings.len() {
            if self.readings[place].state != State::Following {
                continue;
            }
            let log = &logs[self.readings[place].partition.index()];
            if need(self, &self.readings[place]) > self.share {
                self.readings[place].fall_behind(log, self.pace);
                self.note_behind();
            } else {
                self.divide_at = self.divide_at.min(log.next_change(at));
            }
        }
    }

    /// How many records wait in its partitions at its time.
    pub fn lag(&self, logs: &[PartitionLog]) -> u64 {
        let waiting =
            |reading: &Reading| logs[reading.partition.index()].count(self.at).saturating_sub(reading.position);
        self.readings.iter().map(waiting).fold(0, u64::saturating_add)
    }
}

/// When the application's time is divided anew after a partition was caught up with.
fn end_of_round(caught_up: SimTime) -> SimTime {
    SimTime::from_nanos(caught_up.as_nanos().next_multiple_of(ROUND.as_nanos()))
}

#[cfg(test)]
#[path = "reference_test.rs"]
mod reference;
