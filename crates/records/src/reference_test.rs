//! A reader that goes record by record, slow and obvious, to hold [`Reader`] to.
//!
//! It shares with it the flow of a log (when a partition counts as caught up with) and the rule of fairness, which
//! have tests of their own; what is written when, whose turn it is, and how old a record is, it finds out one record
//! at a time.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::curve::{RECORD, Rate, RateCurve};
use crate::delivery::Delivery;
use crate::ledger::Ledger;
use crate::stream::{Share, Stream};

/// How long scenarios take.
const END: SimTime = SimTime::from_millis(6_000);

/// What a producer writes into a partition, as it is drawn.
#[derive(Clone, Debug)]
struct Source {
    /// Rates in records a second, each from its millisecond on.
    rates: Vec<(u64, u64)>,
    parts: u64,
    of: u64,
    ahead: u64,
    batch: u64,
    tick_millis: u64,
}

impl Source {
    fn stream(&self) -> Stream {
        let rates: Vec<(SimTime, Rate)> =
            self.rates.iter().map(|(millis, rate)| (SimTime::from_millis(*millis), Rate::per_second(*rate))).collect();
        let tick = SimDuration::from_millis(self.tick_millis);
        let ahead = self.ahead % (self.of * self.batch);
        Stream::new(RateCurve::new(&rates), Share::new(self.parts, self.of), ahead, self.batch, tick)
    }

    /// Tick by tick.
    fn times(&self) -> Vec<u64> {
        const NANOS: u64 = 1_000_000;
        let mut written = 0;
        let mut times = Vec::new();
        let mut tick = 0;
        // In parts of a record times `of`, added up millisecond by millisecond.
        let mut flow = u128::from(self.ahead % (self.of * self.batch)) * RECORD;
        for millis in 0..END.as_millis() + 2_000 {
            if millis == tick * self.tick_millis {
                let batches = flow / (RECORD * u128::from(self.of) * u128::from(self.batch));
                while written < batches * u128::from(self.batch) {
                    times.push(millis * NANOS);
                    written += 1;
                }
                tick += 1;
            }
            let rate = self.rates.iter().rfind(|(from, _)| *from <= millis).map_or(0, |(_, rate)| *rate);
            flow += u128::from(rate) * 1_000_000 * u128::from(NANOS) * u128::from(self.parts);
        }
        times
    }
}

/// What is done to a reader.
#[derive(Clone, Debug)]
enum Deed {
    /// It reads a partition, this share of 100 of what is there already skipped, so many milliseconds later.
    Begin {
        partition: usize,
        percent: u64,
        later: u64,
    },
    End {
        partition: usize,
    },
    Pause,
    Resume,
    Look,
}

#[derive(Clone, Debug)]
struct Scenario {
    partitions: Vec<Vec<Source>>,
    record_micros: u64,
    delay_millis: u64,
    deeds: Vec<(u64, Deed)>,
}

fn source() -> impl Strategy<Value = Source> {
    let rates = prop::collection::btree_map(0_u64..5_000, prop_oneof![Just(0), 0_u64..400, 200_u64..1_500], 1..4);
    let tick = prop::sample::select(vec![1_u64, 7, 20, 250]);
    let batch = prop::sample::select(vec![1_u64, 1, 5]);
    (rates, 1_u64..4, 3_u64..5, 0_u64..10, batch, tick).prop_map(|(rates, parts, of, ahead, batch, tick_millis)| {
        Source { rates: rates.into_iter().collect(), parts: parts.min(of), of, ahead, batch, tick_millis }
    })
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let partitions = prop::collection::vec(prop::collection::vec(source(), 0..3), 1..5);
    let record = prop::sample::select(vec![0_u64, 37, 500, 1_000, 3_001, 20_000]);
    let deed =
        (0_usize..5, 0_u64..130, 0_u64..300, 0_u8..12).prop_map(|(partition, percent, later, kind)| match kind {
            0..=5 => Deed::Begin { partition, percent: percent.min(100), later },
            6 => Deed::End { partition },
            7 => Deed::Pause,
            8 => Deed::Resume,
            _ => Deed::Look,
        });
    let deeds = prop::collection::vec((0..END.as_millis(), deed), 1..24);
    (partitions, record, 1_u64..40, deeds).prop_map(|(partitions, record_micros, delay_millis, mut deeds)| {
        deeds.sort_by_key(|(millis, _)| *millis);
        Scenario { partitions, record_micros, delay_millis, deeds }
    })
}

/// One partition, record by record.
#[derive(Clone, Debug)]
struct Slow {
    position: usize,
    state: SlowState,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum SlowState {
    Starting(u64),
    Following,
    Behind { from: u64, work: u128 },
}

/// A record that was handed over: when, and how old it was.
type Handed = Vec<(usize, u64, u64, u64)>;

/// The reader, record by record.
struct SlowReader<'a> {
    logs: &'a [PartitionLog],
    times: &'a [Vec<u64>],
    now: u64,
    cost: u128,
    pace: Pace,
    paused: bool,
    slow: BTreeMap<usize, Slow>,
    share: u64,
    divide_at: u64,
    /// Partition, offset, when, how old.
    handed: Handed,
}

impl SlowReader<'_> {
    fn fresh_until(&self, partition: usize, position: usize) -> u64 {
        let log = &self.logs[partition];
        let flow = log.time_of_flow(position as u64 + 1 + log.slack());
        (flow + log.tick() + self.pace.delay).as_nanos()
    }

    fn hand(&mut self, partition: usize, at: u64) {
        let slow = self.slow.get_mut(&partition).unwrap();
        let written = self.times[partition][slow.position];
        assert!(written + self.pace.delay.as_nanos() <= at, "a record is read before it is there");
        self.handed.push((partition, slow.position as u64, at, at - written));
        slow.position += 1;
    }

    fn hand_all(&mut self, partition: usize, at: u64) {
        while self.next_is_there(partition, at) {
            self.hand(partition, at);
        }
        self.slow.get_mut(&partition).unwrap().state = SlowState::Following;
    }

    fn next_is_there(&self, partition: usize, at: u64) -> bool {
        let written = self.times[partition].get(self.slow[&partition].position);
        written.is_some_and(|written| written + self.pace.delay.as_nanos() <= at)
    }

    /// When something happens to a partition next.
    fn next_of(&self, partition: usize) -> u64 {
        let slow = &self.slow[&partition];
        match slow.state {
            SlowState::Starting(at) => at,
            SlowState::Following => match self.times[partition].get(slow.position) {
                Some(written) => (written + self.pace.delay.as_nanos()).max(self.now),
                None => u64::MAX,
            },
            SlowState::Behind { from, work } => {
                let nanos = self.cost.saturating_sub(work).div_ceil(u128::from(self.share));
                self.now.max(from).saturating_add(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
        }
    }

    fn behind(&self) -> usize {
        self.slow.values().filter(|slow| matches!(slow.state, SlowState::Behind { .. })).count()
    }

    fn run(&mut self, to: u64) {
        if self.paused {
            self.now = to;
            return;
        }
        loop {
            self.start_what_is_due();
            self.divide_if_due();
            let next = self.slow.keys().map(|partition| self.next_of(*partition)).min().unwrap_or(u64::MAX);
            let looks = self.cost > 0 && self.divide_at > self.now;
            let next = next.min(if looks { self.divide_at } else { u64::MAX }).min(to);
            let elapsed = next - self.now;
            for slow in self.slow.values_mut() {
                if let SlowState::Behind { from, work } = &mut slow.state {
                    let idle = from.saturating_sub(self.now).min(elapsed);
                    *work += u128::from(elapsed - idle) * u128::from(self.share);
                }
            }
            self.now = next;
            while let Some(partition) = self.slow.keys().copied().find(|partition| self.is_due(*partition)) {
                self.turn(partition);
            }
            if next == to {
                self.start_what_is_due();
                return;
            }
        }
    }

    fn is_due(&self, partition: usize) -> bool {
        !matches!(self.slow[&partition].state, SlowState::Starting(_)) && self.next_of(partition) <= self.now
    }

    fn turn(&mut self, partition: usize) {
        let now = self.now;
        match self.slow[&partition].state {
            SlowState::Starting(_) => {}
            SlowState::Following => self.hand(partition, now),
            SlowState::Behind { from, work } => {
                assert!(work >= self.cost);
                if now < self.fresh_until(partition, self.slow[&partition].position) {
                    self.hand_all(partition, now);
                    self.divide_at = self.divide_at.min(now.next_multiple_of(ROUND.as_nanos()));
                } else {
                    self.hand(partition, now);
                    let state = SlowState::Behind { from, work: work - self.cost };
                    self.slow.get_mut(&partition).unwrap().state = state;
                }
            }
        }
    }

    fn start_what_is_due(&mut self) {
        for partition in self.slow.keys().copied().collect::<Vec<_>>() {
            let slow = self.slow[&partition].clone();
            if !matches!(slow.state, SlowState::Starting(at) if at <= self.now) {
                continue;
            }
            self.divide_at = self.now;
            if self.cost == 0 || self.now < self.fresh_until(partition, slow.position) {
                self.hand_all(partition, self.now);
            } else {
                self.hand(partition, self.now);
                let state = SlowState::Behind { from: self.now, work: 0 };
                self.slow.get_mut(&partition).unwrap().state = state;
            }
        }
    }

    fn need(&self, rate: u64) -> u128 {
        u128::from(rate) * u128::from(self.pace.record) * u128::from(WHOLE) / RATE_AND_TIME
    }

    fn divide_if_due(&mut self) {
        let worst: u128 = self.slow.keys().map(|partition| self.need(self.logs[*partition].fastest())).sum();
        if self.now < self.divide_at || self.cost == 0 || (self.behind() == 0 && worst <= u128::from(WHOLE)) {
            return;
        }
        let at = SimTime::from_nanos(self.now);
        let follow: Vec<usize> = self
            .slow
            .iter()
            .filter(|(_, slow)| slow.state == SlowState::Following)
            .map(|(partition, _)| *partition)
            .collect();
        let need = |partition: &usize| u64::try_from(self.need(self.logs[*partition].rate(at))).unwrap();
        let mut needs: Vec<u64> = follow.iter().map(need).collect();
        let needed = needs.clone();
        self.share = divide::level(&mut needs, self.behind());
        self.divide_at = u64::MAX;
        for (partition, need) in follow.into_iter().zip(needed) {
            if need > self.share {
                let from = self.fresh_until(partition, self.slow[&partition].position);
                self.slow.get_mut(&partition).unwrap().state = SlowState::Behind { from, work: 0 };
            } else {
                self.divide_at = self.divide_at.min(self.logs[partition].next_change(at).as_nanos());
            }
        }
    }
}

fn both(scenario: &Scenario) -> Result<(), TestCaseError> {
    let mut logs = Vec::new();
    let mut times = Vec::new();
    for sources in &scenario.partitions {
        let mut log = PartitionLog::empty();
        sources.iter().for_each(|source| log.add(source.stream()));
        let mut all: Vec<u64> = sources.iter().flat_map(Source::times).collect();
        all.sort_unstable();
        for (offset, at) in all.iter().enumerate() {
            prop_assert_eq!(log.time_of(offset as u64).as_nanos(), *at, "record {}", offset);
        }
        logs.push(log);
        times.push(all);
    }
    let (record, delay) =
        (SimDuration::from_micros(scenario.record_micros), SimDuration::from_millis(scenario.delay_millis));
    let mut fast = Reader::new(SimTime::ZERO, record, delay);
    let mut slow = SlowReader {
        logs: &logs,
        times: &times,
        now: 0,
        cost: u128::from(record.as_nanos()) * u128::from(WHOLE),
        pace: fast.pace,
        paused: false,
        slow: BTreeMap::new(),
        share: WHOLE,
        divide_at: 0,
        handed: Vec::new(),
    };
    let mut out = Deliveries::new();
    for (millis, deed) in scenario.deeds.iter().chain([&(END.as_millis(), Deed::Look)]) {
        let at = SimTime::from_millis(*millis);
        fast.advance(at, &logs, &mut out);
        slow.run(at.as_nanos());
        do_to_both(deed, at, &mut fast, &mut slow);
        let positions: Vec<(usize, u64)> = fast.positions().map(|(p, offset)| (p.index(), offset)).collect();
        let expected: Vec<(usize, u64)> = slow.slow.iter().map(|(p, slow)| (*p, slow.position as u64)).collect();
        prop_assert_eq!(positions, expected, "at {} after {:?}", at, deed);
        let waiting = |(p, slow): (&usize, &Slow)| {
            let written = times[*p].iter().take_while(|written| **written <= at.as_nanos()).count();
            written.saturating_sub(slow.position) as u64
        };
        prop_assert_eq!(fast.lag(&logs), slow.slow.iter().map(waiting).sum::<u64>(), "the lag at {}", at);
    }
    same_repeats(&out, &slow.handed)?;
    same_ages(&out, &slow.handed, &logs, scenario)
}

fn do_to_both(deed: &Deed, at: SimTime, fast: &mut Reader, slow: &mut SlowReader<'_>) {
    let logs = slow.logs;
    match *deed {
        Deed::Begin { partition, percent, later } => {
            let partition = partition % logs.len();
            let index = LogIndex(partition as u32);
            let position = logs[partition].count(at) * percent / 100;
            let from = at + SimDuration::from_millis(later);
            fast.begin(index, position, from, logs);
            let state = SlowState::Starting(from.as_nanos());
            slow.slow.insert(partition, Slow { position: position as usize, state });
            slow.divide_at = slow.now;
        }
        Deed::End { partition } => {
            let partition = partition % logs.len();
            let ended = fast.end(LogIndex(partition as u32), logs);
            let expected = slow.slow.remove(&partition);
            assert_eq!(ended, expected.map(|slow| slow.position as u64));
            if ended.is_some() {
                slow.divide_at = slow.now;
            }
        }
        Deed::Pause => {
            fast.pause();
            slow.paused = true;
        }
        Deed::Resume => {
            fast.resume(at);
            if std::mem::take(&mut slow.paused) {
                for one in slow.slow.values_mut() {
                    let planned = if let SlowState::Starting(planned) = one.state { planned } else { 0 };
                    one.state = SlowState::Starting(planned.max(at.as_nanos()));
                }
            }
        }
        Deed::Look => {}
    }
}

/// Whether a ledger says how many records were read again, and how many at all.
fn same_repeats(out: &[Delivery], handed: &Handed) -> Result<(), TestCaseError> {
    let mut ledgers: BTreeMap<usize, Ledger> = BTreeMap::new();
    let mut again = 0;
    for delivery in out {
        let ledger = ledgers.entry(delivery.partition.index()).or_default();
        again += ledger.read(delivery.first, delivery.first + delivery.records);
    }
    let different: BTreeSet<(usize, u64)> =
        handed.iter().map(|(partition, offset, ..)| (*partition, *offset)).collect();
    prop_assert_eq!(again, (handed.len() - different.len()) as u64);
    prop_assert_eq!(ledgers.values().map(Ledger::once).sum::<u64>(), different.len() as u64);
    Ok(())
}

/// Whether deliveries say of each record what happened to it.
fn same_ages(
    out: &[Delivery],
    handed: &Handed,
    logs: &[PartitionLog],
    scenario: &Scenario,
) -> Result<(), TestCaseError> {
    let mut by_partition: BTreeMap<usize, Vec<(u64, u64)>> = BTreeMap::new();
    for (partition, offset, _, age) in handed {
        by_partition.entry(*partition).or_default().push((*offset, *age));
    }
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for delivery in out {
        let of_partition = by_partition.get(&delivery.partition.index()).map_or(&[][..], Vec::as_slice);
        let from = taken.entry(delivery.partition.index()).or_default();
        let to = *from + delivery.records as usize;
        prop_assert!(to <= of_partition.len(), "more is handed over than there is: {:?}", delivery);
        let records = &of_partition[*from..to];
        *from = to;
        prop_assert_eq!(records[0].0, delivery.first);
        let sum: u128 = records.iter().map(|(_, age)| u128::from(*age)).sum();
        prop_assert_eq!(delivery.latency_sum, sum, "{:?}", delivery);
        let oldest = records.iter().map(|(_, age)| *age).max().unwrap();
        // A turn comes once in as many records as there are partitions. Where bursts differ in size, the oldest
        // record may be in any of them.
        let log = &logs[delivery.partition.index()];
        let turn = scenario.record_micros * 1_000 * 5 * (log.slack() + 1);
        let bursts = if log.slack() == 0 { 0 } else { log.tick().as_nanos() };
        let least = oldest.saturating_sub(turn + bursts);
        prop_assert!((least..=oldest).contains(&delivery.latency_max), "{oldest} {delivery:?}");
        prop_assert_eq!((records[0].1, records[records.len() - 1].1), delivery.latencies);
    }
    for (partition, records) in &by_partition {
        prop_assert_eq!(taken.get(partition), Some(&records.len()), "partition {}", partition);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn going_by_formulas_and_going_record_by_record_come_to_the_same(scenario in scenario()) {
        both(&scenario)?;
    }
}
