//! A consumer as a reader of partitions: where it stands at any moment, and what it handed to its application.
//!
//! Contract: a state and its time. [`Reader::advance`] moves it forward, [`Reader::tell`] says what was handed over
//! since it was asked last, and it makes no difference whether one goes in one step or in many. Whoever drives it
//! advances it to the present before changing anything about it, and hands in the same `logs` each time.

mod positions;

use alloc::sync::Arc;
use alloc::vec::{self, Vec};

use protocol::{SimDuration, SimTime};

use crate::ages::Aged;
use crate::delivery::{Deliveries, Delivery, LogIndex, Told};
use crate::habits::{Habits, Pace, Ways};
use crate::known::{self, Kind, Known, KnownAges, Sighting};
use crate::log::PartitionLog;
use crate::reading::{Reading, Turns};
use crate::rounds::{CaughtUp, Rounds};
use crate::settled::{Settled, Verdict, Watch, settles_until};

/// It remembers so many loops of its own that have settled.
const SIGHTINGS: usize = 8;

/// A consumer that reads partitions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    at: SimTime,
    pace: Pace,
    /// By partition.
    readings: Vec<Reading>,
    paused: bool,
    rounds: Rounds,
    /// The loop of polls may be taken for settled if its batches take no longer than this; none: never.
    longest_settled: Option<SimDuration>,
    watch: Watch,
    settled: Option<Settled>,
    /// What was known of loops when somebody did something to it last, and what it has seen itself since then.
    known_ages: KnownAges,
    sightings: Vec<Sighting>,
    /// Ages in loops like its own, if they are known, and until when that is so; none if it has not been looked up.
    foretold: Option<(SimTime, Option<Aged>)>,
    /// What determined its loop when that was found out last.
    kind: Kind,
    /// What its loop looks like from near, if it has settled and somebody has asked.
    close_up: Option<CloseUp>,
    /// Partitions that were caught up with, and when, since somebody asked.
    caught_up: CaughtUp,
    /// What was handed over poll by poll since somebody asked. What a settled loop hands over is added when it is told.
    untold: Deliveries,
    /// The ages of what else was handed over, by a loop that had settled and has not gone on since.
    unsaid: Option<Aged>,
}

/// A loop, poll by poll, that is otherwise settled.
#[derive(Clone, PartialEq, Eq, Debug)]
struct CloseUp {
    at: SimTime,
    rounds: Rounds,
    readings: Vec<Reading>,
}

impl Reader {
    /// A reader without partitions.
    pub fn new(at: SimTime, habits: Habits, ways: Ways) -> Self {
        let pace = Pace { habits: Arc::new(habits), ways };
        Self {
            at,
            kind: Kind::new(&pace),
            pace,
            readings: Vec::new(),
            paused: false,
            rounds: Rounds::new(at),
            longest_settled: Some(SimDuration::MAX),
            watch: Watch::new(at),
            settled: None,
            known_ages: KnownAges::default(),
            sightings: Vec::new(),
            foretold: None,
            close_up: None,
            caught_up: Vec::new(),
            untold: Deliveries::new(),
            unsaid: None,
        }
    }

    /// The same, whose first poll and first record take what was drawn for the `turn`-th, from 0.
    #[must_use]
    pub fn from_turn(mut self, turn: u64) -> Self {
        self.rounds = Rounds::from_turn(self.at, turn);
        self
    }

    /// The time of its state.
    pub fn at(&self) -> SimTime {
        self.at
    }

    /// What it has seen of its loop is known to all from now on, and what all know to it.
    pub fn share(&mut self, known: &mut Known) {
        if !self.sightings.is_empty() {
            self.sightings.drain(..).for_each(|sighting| known.learn(sighting));
        }
        if !Arc::ptr_eq(&self.known_ages, known.known_ages()) {
            self.known_ages = known.known_ages().clone();
            self.foretold = None;
        }
    }

    /// Records are so far away from now on.
    pub fn set_ways(&mut self, ways: Ways, logs: &[PartitionLog]) {
        self.look_closely(logs);
        self.rounds.change_ways();
        self.pace.ways = ways;
    }

    /// How far away records are.
    pub fn ways(&self) -> Ways {
        self.pace.ways
    }

    /// Whether its application takes time, so that records may wait for it.
    pub fn takes_polls(&self) -> bool {
        self.pace.habits.takes_polls()
    }

    /// It reads one more partition, from the offset `position` on, with fetches that leave at `from` or later. If its
    /// application takes no time, `from` is when the first records are there.
    pub fn begin(&mut self, partition: LogIndex, position: u64, from: SimTime, logs: &[PartitionLog]) {
        self.look_closely(logs);
        self.say_rest();
        self.rounds.drop_partition(partition);
        let since = from.max(self.at);
        let reading = Reading::new(partition, position, since);
        match self.place(partition) {
            Ok(place) => self.readings[place] = reading,
            Err(place) => self.readings.insert(place, reading),
        }
    }

    /// Nobody can give it records of this partition before `until`; then it goes on from where it stands. `until` is
    /// like the `from` of [`begin`](Self::begin), and never before all that was held meanwhile
    /// ([`PartitionLog::hold`]) is visible.
    pub fn suspend(&mut self, partition: LogIndex, until: SimTime, logs: &[PartitionLog]) {
        if self.starve(partition, until, logs) {
            self.rounds.drop_partition(partition);
        }
    }

    /// No fetch of this partition that leaves before `until` is answered; what was fetched is handed over all the same.
    /// `until` is like the `from` of [`begin`](Self::begin). Whether it reads the partition.
    pub fn starve(&mut self, partition: LogIndex, until: SimTime, logs: &[PartitionLog]) -> bool {
        let Ok(place) = self.place(partition) else { return false };
        self.look_closely(logs);
        self.rounds.change_ways();
        let reading = &mut self.readings[place];
        reading.since = reading.since.max(until).max(self.at);
        reading.is_caught_up = false;
        true
    }

    /// It reads this partition no longer. Where it stood, if it did read it.
    pub fn end(&mut self, partition: LogIndex, logs: &[PartitionLog]) -> Option<u64> {
        let place = self.place(partition).ok()?;
        self.look_closely(logs);
        self.say_rest();
        self.rounds.drop_partition(partition);
        Some(self.readings.remove(place).position)
    }

    fn place(&self, partition: LogIndex) -> Result<usize, usize> {
        self.readings.binary_search_by_key(&partition, |reading| reading.partition)
    }

    /// Nothing is handed over until [`resume`](Self::resume). What was fetched, or is being fetched, is kept for then,
    /// but for what is no longer read.
    pub fn pause(&mut self, logs: &[PartitionLog]) {
        self.look_closely(logs);
        self.paused = true;
    }

    /// Records are handed over again, from `at` on.
    pub fn resume(&mut self, at: SimTime) {
        if !self.paused {
            return;
        }
        self.paused = false;
        self.at = self.at.max(at);
        self.rounds.resume(at);
        self.watch.restart(self.at);
        let takes_polls = self.takes_polls();
        for reading in &mut self.readings {
            if !takes_polls {
                reading.since = reading.since.max(at);
            }
            reading.is_caught_up = false;
        }
    }

    /// Whether it hands nothing over.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Since when its application works on what the last poll returned, and until when; now, if it waits for records.
    pub fn batch_in_hand(&mut self, logs: &[PartitionLog]) -> (SimTime, SimTime) {
        self.close_up(logs);
        let rounds = self.close_up.as_ref().map_or(&self.rounds, |close| &close.rounds);
        let is_busy = self.takes_polls() && rounds.busy_until() > self.at;
        if is_busy { (rounds.busy_since(), rounds.busy_until()) } else { (self.at, self.at) }
    }

    /// When the fetch that is under way is answered, after the longest wait if nothing comes; now, if none is. To be
    /// asked after [`look_closely`](Self::look_closely), of an application that takes time.
    pub fn answer_of_fetch(&mut self, logs: &[PartitionLog]) -> SimTime {
        self.rounds.answer(self.at, &mut self.readings, logs, &self.pace)
    }

    /// When the next records are handed over; now, if its application is busy; never, if it reads nothing.
    pub fn next_records(&mut self, logs: &[PartitionLog]) -> SimTime {
        if self.paused {
            return SimTime::NEVER;
        }
        if !self.takes_polls() {
            let of = |reading: &Reading| match reading.is_caught_up {
                true => logs[reading.partition.index()].time_of(reading.position) + self.pace.ways.delay(),
                false => SimTime::NEVER,
            };
            return self.readings.iter().map(of).min().unwrap_or(SimTime::NEVER);
        }
        if self.settled.is_some() || self.rounds.busy_until() > self.at {
            return self.at;
        }
        self.rounds.upcoming(&mut self.readings, logs, &self.pace).map_or(SimTime::NEVER, |round| round.begins)
    }

    /// The partitions that were caught up with, and when, since this was asked last; those included in which nothing
    /// waited when reading began.
    pub fn take_caught_up(&mut self) -> vec::Drain<'_, (LogIndex, SimTime)> {
        self.caught_up.drain(..)
    }

    /// Moves it to `to`.
    pub fn advance(&mut self, to: SimTime, logs: &[PartitionLog]) {
        if self.paused {
            self.at = self.at.max(to);
        } else if let Some(settled) = self.settled.as_ref().filter(|settled| to < settled.until) {
            // No partition joins before that.
            if self.at < to {
                settled.hand_until(to, &mut self.readings, logs);
                self.at = to;
            }
        } else if self.takes_polls() {
            self.poll_until(to, logs);
        } else {
            self.follow_until(to, logs);
        }
    }

    /// Tells what was handed over since this was asked last: what follows each other in one partition at a time. Its
    /// ages stand in `lines`, each made by `line` of so many records and the ages of the first and the last of them.
    pub fn tell<L>(
        &mut self,
        lines: &mut Vec<L>,
        line: impl Fn(u64, (u64, u64)) -> L,
        mut each: impl FnMut(Told, &[L]),
    ) {
        // Polls hand over records of several partitions in turn.
        self.untold.sort_by_key(|delivery| delivery.partition);
        for deliveries in self.untold.chunk_by(Delivery::is_followed_by) {
            lines.clear();
            lines.extend(deliveries.iter().map(|delivery| line(delivery.records, delivery.latencies)));
            each(Told::of(deliveries), lines);
        }
        self.untold.clear();
        let unsaid = self.unsaid.take();
        let Some(ages) = unsaid.as_ref().or(self.settled.as_ref().map(|settled| &settled.ages)) else { return };
        for reading in &mut self.readings {
            lines.clear();
            if let Some(told) = ages.tell(reading, |records, ages| lines.push(line(records, ages))) {
                each(told, lines);
            }
        }
    }

    /// What was handed over since this was asked last.
    #[cfg(test)]
    pub(crate) fn told(&mut self) -> Deliveries {
        self.say_rest();
        if let Some(settled) = &self.settled {
            settled.ages.say(&mut self.readings, &mut self.untold);
        }
        core::mem::take(&mut self.untold)
    }

    /// An application that takes no time has every record as soon as it can be there.
    fn follow_until(&mut self, to: SimTime, logs: &[PartitionLog]) {
        let (delay, out) = (self.pace.ways.delay(), &mut self.untold);
        for reading in &mut self.readings {
            let log = &logs[reading.partition.index()];
            if !reading.is_caught_up {
                let since = reading.since;
                if since > to {
                    continue;
                }
                let waiting = log.count(since - delay).saturating_sub(reading.position);
                reading.hand(waiting, (Turns::at_once(since), 0), 0, log, out);
                reading.is_caught_up = true;
                self.caught_up.push((reading.partition, since));
            }
            reading.follow(to, delay, log, out);
        }
        self.at = self.at.max(to);
    }

    fn poll_until(&mut self, to: SimTime, logs: &[PartitionLog]) {
        self.say_rest();
        self.look_for_empty_partitions(to, logs);
        loop {
            if let Some(settled) = &self.settled {
                let until = settled.until.min(to);
                settled.hand_until(until, &mut self.readings, logs);
                self.at = self.at.max(until);
                if until == to {
                    return;
                }
                let (rounds, is_over) = (settled.rounds, until == settled.over_at);
                self.look_closely(logs);
                self.say_rest();
                if is_over {
                    self.watch.see_more_than(rounds, until);
                }
            }
            if self.rounds.has_buffer() {
                let seen = self.untold.len();
                let found = (Some(&mut self.untold), &mut self.caught_up);
                self.rounds.poll(to, &mut self.readings, logs, &self.pace, found);
                if self.rounds.has_buffer() {
                    self.watch.see(&self.untold[seen..]);
                    break;
                }
                let batch = self.rounds.busy_until() - self.rounds.busy_since();
                if self.longest_settled.is_none_or(|longest| batch > longest) {
                    self.watch.restart(self.rounds.busy_until());
                } else {
                    self.end_of_round(seen, self.rounds.busy_until(), logs);
                    if self.settled.is_some() {
                        continue;
                    }
                }
            }
            match self.rounds.upcoming(&mut self.readings, logs, &self.pace) {
                Some(round) if round.begins <= to => {
                    self.at = self.at.max(round.begins);
                    self.rounds.take(round, &self.readings, logs, &self.pace);
                }
                Some(_) | None => break,
            }
        }
        self.at = self.at.max(to);
    }

    /// A round has ended at `at`, with what is untold from the `seen`-th on: if enough is known of those that follow,
    /// the loop has settled.
    fn end_of_round(&mut self, seen: usize, at: SimTime, logs: &[PartitionLog]) {
        if self.rounds.was_cut() {
            self.watch.restart(at);
            return;
        }
        let is_foretold = self.foretell(at, logs);
        let last_polls = &self.untold[seen..];
        if let Some((_, Some(ages))) = &self.foretold
            && is_foretold
            && self.watch.oldest_of_round(last_polls) <= ages.oldest()
        {
            let some_rounds = ages.some_rounds();
            if let Some(until) = self.settles_until(some_rounds, SimTime::NEVER, at, logs)
                && let Some((_, Some(ages))) = self.foretold.take()
            {
                self.settle(Settled { ages, rounds: 0, until, over_at: SimTime::NEVER }, at);
            }
            return;
        }
        self.watch.see(last_polls);
        if let Some(verdict) = self.watch.end_of_round(at, self.pace.habits.drawn()) {
            let (over_at, least) = (at + verdict.counts_for(), self.pace.ways.least_age());
            let Verdict { seen, rounds, counts_for_good } = verdict;
            let mut seen = seen.younger(least);
            let beyond = Arc::new(seen.ages());
            let aged = Aged { beyond: beyond.clone(), least };
            let Some(until) = self.settles_until(aged.some_rounds(), over_at, at, logs) else { return };
            self.settle(Settled { ages: aged, rounds, until, over_at }, at);
            if !is_foretold {
                if self.sightings.len() == SIGHTINGS {
                    self.sightings.remove(0);
                }
                self.look_at_kind(at, logs);
                self.sightings.push(Sighting { kind: self.kind.clone(), seen, ages: beyond, counts_for_good });
            }
        }
    }

    /// Finds out what determines its loop at `at`.
    fn look_at_kind(&mut self, at: SimTime, logs: &[PartitionLog]) {
        let own = self.readings.iter().map(|reading| &logs[reading.partition.index()]);
        self.kind.look_again(self.pace.ways, at, own);
    }

    /// Looks up how old records are from `at` on. Whether that is known of loops like this one, and it has caught up.
    fn foretell(&mut self, at: SimTime, logs: &[PartitionLog]) -> bool {
        let has_caught_up = |reading: &Reading| reading.is_caught_up && reading.since <= at;
        if !self.readings.iter().all(has_caught_up) {
            return false;
        }
        if let Some((until, ages)) = &self.foretold
            && at < *until
        {
            return ages.is_some();
        }
        self.look_at_kind(at, logs);
        let own = || self.sightings.iter().find_map(|sighting| sighting.ages_of(&self.kind));
        let ages = known::ages_of(&self.known_ages, &self.kind).or_else(own);
        let ages = ages.map(|ages| Aged { beyond: ages.clone(), least: self.pace.ways.least_age() });
        let changes = self.readings.iter().map(|reading| logs[reading.partition.index()].next_change(at));
        let is_known = ages.is_some();
        self.foretold = Some((changes.min().unwrap_or(SimTime::NEVER), ages));
        is_known
    }

    /// Where nothing waits when reading begins, nothing has to be caught up with.
    fn look_for_empty_partitions(&mut self, to: SimTime, logs: &[PartitionLog]) {
        for reading in &mut self.readings {
            let begins = !reading.is_caught_up && reading.since >= self.at && reading.since <= to;
            if begins && logs[reading.partition.index()].count(reading.since) <= reading.position {
                reading.is_caught_up = true;
                self.caught_up.push((reading.partition, reading.since));
            }
        }
    }

    /// Until when all rounds from `at` on are like those that were seen.
    fn settles_until(
        &mut self,
        some_rounds: SimDuration,
        over_at: SimTime,
        at: SimTime,
        logs: &[PartitionLog],
    ) -> Option<SimTime> {
        self.watch.restart(at);
        settles_until((some_rounds, over_at), at, &self.readings, logs, &self.pace)
    }

    /// It goes like this from `at` on.
    fn settle(&mut self, settled: Settled, at: SimTime) {
        for reading in self.readings.iter_mut().filter(|reading| !reading.is_caught_up && reading.since <= at) {
            reading.is_caught_up = true;
            self.caught_up.push((reading.partition, at));
        }
        self.settled = Some(settled);
        self.close_up = None;
    }

    /// What a loop that had settled handed over, and has not been told, is told like what is handed over poll by poll.
    fn say_rest(&mut self) {
        if let Some(ages) = self.unsaid.take() {
            ages.say(&mut self.readings, &mut self.untold);
        }
    }

    /// From here on it goes poll by poll again: what its application has in hand is known.
    pub fn look_closely(&mut self, logs: &[PartitionLog]) {
        // One that hands nothing over has looked when it stopped, and nothing has been fetched since.
        if !self.takes_polls() || self.paused {
            return;
        }
        self.watch.restart(self.at);
        self.close_up(logs);
        if let Some(settled) = self.settled.take() {
            self.unsaid = Some(settled.ages);
        }
        self.foretold = None;
        if let Some(close_up) = self.close_up.take() {
            self.rounds = close_up.rounds;
            for (reading, close) in self.readings.iter_mut().zip(close_up.readings) {
                // Where it stands has been told already.
                let in_hand = close.position - close.before;
                reading.before = reading.position.saturating_sub(in_hand);
                reading.learn(&close);
                if reading.position != close.position {
                    self.rounds.skip(reading.partition, reading.position.saturating_sub(close.position));
                }
            }
        }
        self.rounds.roll(self.at, &mut self.readings, logs, &self.pace);
    }

    /// Looks at a settled loop poll by poll: some time before, all that was there then is handed over, and the rounds
    /// since are gone through; or those since somebody looked last, if that is not long ago.
    fn close_up(&mut self, logs: &[PartitionLog]) {
        let Some(settled) = &self.settled else { return };
        let from = self.at - settled.ages.looks_back().max(self.pace.ways.trip());
        let close_up = match &mut self.close_up {
            Some(close_up) if close_up.at == self.at => return,
            Some(close_up) if close_up.at >= from => close_up,
            outdated => {
                let mut readings = self.readings.clone();
                for reading in &mut readings {
                    let handed = logs[reading.partition.index()].count(from - self.pace.ways.visible);
                    reading.position = handed.min(reading.position);
                    reading.before = reading.position;
                }
                outdated.insert(CloseUp { at: from, rounds: self.rounds.anew(from), readings })
            }
        };
        let (rounds, readings, mut caught_up) = (&mut close_up.rounds, &mut close_up.readings, CaughtUp::new());
        loop {
            if rounds.has_buffer() {
                rounds.poll(self.at, readings, logs, &self.pace, (None, &mut caught_up));
                if rounds.has_buffer() {
                    break;
                }
            }
            match rounds.upcoming(readings, logs, &self.pace) {
                Some(round) if round.begins <= self.at => rounds.take(round, readings, logs, &self.pace),
                Some(_) | None => break,
            }
        }
        close_up.at = self.at;
    }

    /// It goes poll by poll as long as batches take longer than this: which one its application has in hand matters.
    pub fn goes_poll_by_poll_above(&mut self, batch: SimDuration) {
        self.longest_settled = Some(batch);
    }

    /// It goes poll by poll for ever.
    pub fn never_settles(&mut self) {
        self.longest_settled = None;
    }

    /// Whether its loop is taken for settled.
    #[cfg(test)]
    pub(crate) fn has_settled(&self) -> bool {
        self.settled.is_some()
    }

    /// Whether it has settled on what counts for good.
    #[cfg(test)]
    pub(crate) fn has_settled_for_good(&self) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.over_at == SimTime::NEVER)
    }
}

#[cfg(test)]
#[path = "reference_test.rs"]
mod reference;
