//! A reader that goes record by record, slow and obvious, to hold [`Reader`] to.
//!
//! It shares with it the habits of a consumer. What is written when, which fetch is answered when and with what, which
//! poll returns it, and how old it is then, it finds out one record and one fetch at a time.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec;

use proptest::prelude::*;
use protocol::SimDuration;

use super::*;
use crate::curve::{RECORD, Rate, RateCurve};
use crate::delivery::Delivery;
use crate::habits::{FetchLimits, Times};
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
        let (mut written, mut tick, mut times) = (0, 0, Vec::new());
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
    /// A partition has no leader for so many milliseconds, and so many more pass until this reader knows the new one.
    Outage {
        partition: usize,
        length: u64,
        later: u64,
    },
    Pause,
    Resume,
    Look,
}

#[derive(Clone, Debug)]
struct Scenario {
    partitions: Vec<Vec<Source>>,
    sizes: Vec<u64>,
    habits: Habits,
    ways: Ways,
    deeds: Vec<(u64, Deed)>,
}

impl Scenario {
    /// When a partition has no leader.
    fn outages(&self, place: usize) -> Vec<(SimTime, SimTime)> {
        let of = |(from, deed): &(u64, Deed)| match deed {
            Deed::Outage { partition, length, .. } if partition % self.partitions.len() == place => {
                Some((SimTime::from_millis(*from), SimTime::from_millis(from + length)))
            }
            _ => None,
        };
        self.deeds.iter().filter_map(of).collect()
    }
}

fn source() -> impl Strategy<Value = Source> {
    let rates = prop::collection::btree_map(0_u64..5_000, prop_oneof![Just(0), 0_u64..400, 200_u64..1_500], 1..4);
    let tick = prop::sample::select(vec![1_u64, 7, 20, 250]);
    let batch = prop::sample::select(vec![1_u64, 1, 5]);
    (rates, 1_u64..4, 3_u64..5, 0_u64..10, batch, tick).prop_map(|(rates, parts, of, ahead, batch, tick_millis)| {
        Source { rates: rates.into_iter().collect(), parts: parts.min(of), of, ahead, batch, tick_millis }
    })
}

fn times() -> impl Strategy<Value = Times> {
    let micros = || prop::sample::select(vec![0_u64, 0, 37, 500, 1_000, 3_001, 20_000]);
    let fixed = micros().prop_map(|micros| Times::fixed(SimDuration::from_micros(micros)));
    let drawn = prop::collection::vec(micros().prop_map(SimDuration::from_micros), 1..9);
    prop_oneof![fixed, drawn.prop_map(|lengths| Times::drawn(&lengths))]
}

fn habits() -> impl Strategy<Value = Habits> {
    let most = prop::sample::select(vec![1_u64, 3, 50, 500]);
    let min_bytes = prop::sample::select(vec![1_u64, 1, 1, 900, 40_000]);
    let wait = prop::sample::select(vec![0_u64, 30, 500, 500, 5_000]);
    let limits = prop::sample::select(vec![1_u64, 700, 5_000, 1 << 20, 1 << 20]);
    (times(), times(), most, (min_bytes, wait, limits.clone(), limits), any::<bool>()).prop_map(
        |(record, poll, max_poll_records, (min_bytes, wait, max_partition_bytes, max_bytes), fetches_on)| Habits {
            record,
            poll,
            max_poll_records,
            fetch: FetchLimits { min_bytes, max_wait: SimDuration::from_millis(wait), max_partition_bytes, max_bytes },
            fetches_on,
        },
    )
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let partitions = prop::collection::vec(prop::collection::vec(source(), 0..3), 1..5);
    let sizes = prop::collection::vec(prop::sample::select(vec![1_u64, 100, 333, 2_000]), 5);
    let way = || (0_u64..9_000).prop_map(SimDuration::from_micros);
    let ways = (way(), way(), way()).prop_map(|(request, response, visible)| Ways { request, response, visible });
    let deed =
        (0_usize..5, 0_u64..130, 0_u64..300, 0_u8..14).prop_map(|(partition, percent, later, kind)| match kind {
            0..=5 => Deed::Begin { partition, percent: percent.min(100), later },
            6 => Deed::End { partition },
            7 => Deed::Pause,
            8 => Deed::Resume,
            12.. => Deed::Outage { partition, length: percent * 9 + 1, later },
            _ => Deed::Look,
        });
    let deeds = prop::collection::vec((0..END.as_millis(), deed), 1..24);
    (partitions, sizes, habits(), ways, deeds).prop_map(|(partitions, sizes, habits, ways, mut deeds)| {
        deeds.sort_by_key(|(millis, _)| *millis);
        Scenario { partitions, sizes, habits, ways, deeds }
    })
}

/// One partition, record by record.
#[derive(Clone, Debug)]
struct Slow {
    position: usize,
    before: usize,
    since: u64,
    is_caught_up: bool,
}

/// A record that was handed over: when, and how old it was.
type Handed = Vec<(usize, u64, u64, u64)>;

/// The consumer, record by record and fetch by fetch.
struct SlowReader<'a> {
    logs: &'a [PartitionLog],
    /// When records were sent, and when they were in the log.
    times: &'a [Vec<u64>],
    appended: &'a [Vec<u64>],
    pace: Pace,
    now: u64,
    paused: bool,
    resumed: u64,
    slow: BTreeMap<usize, Slow>,
    /// When a partition's leader can be read from again, after the last outage.
    reachable: Vec<SimTime>,
    /// When the fetch under way left, or is to leave.
    sent: u64,
    given_at: u64,
    free_at: u64,
    /// Partitions, a record each, and whether it is the last of all that there were.
    buffer: VecDeque<(usize, bool)>,
    first: usize,
    polls: u64,
    records: u64,
    /// Partition, offset, when, how old.
    handed: Handed,
    caught_up: Vec<(usize, u64)>,
}

impl SlowReader<'_> {
    /// When the `nth` record that is not yet read could be in an answer.
    fn visible(&self, partition: usize, nth: usize) -> u64 {
        let appended = self.appended[partition].get(self.slow[&partition].position + nth);
        appended.map_or(u64::MAX, |appended| appended.saturating_add(self.pace.ways.visible.as_nanos()))
    }

    fn hand(&mut self, partition: usize, at: u64) {
        let slow = self.slow.get_mut(&partition).unwrap();
        let written = self.times[partition][slow.position];
        let there = self.appended[partition][slow.position] + self.pace.ways.visible.as_nanos();
        assert!(there <= at, "a record is read before it is there");
        self.handed.push((partition, slow.position as u64, at, at - written));
        slow.position += 1;
    }

    fn catch_up(&mut self, partition: usize, at: u64) {
        if !std::mem::replace(&mut self.slow.get_mut(&partition).unwrap().is_caught_up, true) {
            self.caught_up.push((partition, at));
        }
    }

    fn run(&mut self, to: u64) {
        if !self.paused && self.pace.habits.takes_polls() {
            self.begin_with_nothing(to);
            while self.poll(to) || self.fetch(to) {}
        } else if !self.paused {
            self.follow(to);
        }
        self.now = to;
    }

    /// An application without work: every record as soon as it can be there.
    fn follow(&mut self, to: u64) {
        let delay = self.pace.ways.delay().as_nanos();
        for partition in self.slow.keys().copied().collect::<Vec<_>>() {
            let since = self.slow[&partition].since;
            while let Some(written) = self.times[partition].get(self.slow[&partition].position) {
                let at = (written + delay).max(since);
                if at > to {
                    break;
                }
                self.hand(partition, at);
            }
            if since <= to {
                self.catch_up(partition, since);
            }
        }
    }

    fn begin_with_nothing(&mut self, to: u64) {
        for partition in self.slow.keys().copied().collect::<Vec<_>>() {
            let slow = &self.slow[&partition];
            let written = self.times[partition].get(slow.position);
            if (self.now..=to).contains(&slow.since) && written.is_none_or(|written| *written > slow.since) {
                self.catch_up(partition, slow.since);
            }
        }
    }

    /// One poll that returns records, if there is one until `to`.
    fn poll(&mut self, to: u64) -> bool {
        let at = self.free_at;
        if self.buffer.is_empty() || at > to {
            return false;
        }
        let habits = self.pace.habits.clone();
        let (first, mut count) = (self.records, 0);
        self.slow.values_mut().for_each(|slow| slow.before = slow.position);
        while count < habits.most()
            && let Some((partition, catches_up)) = self.buffer.pop_front()
        {
            self.hand(partition, at);
            if catches_up {
                self.catch_up(partition, at);
            }
            count += 1;
        }
        self.records += count;
        let mean = habits.poll.mean().as_nanos() + count * habits.record.mean().as_nanos();
        let work = match self.buffer.is_empty() {
            true if count <= 16 => {
                (first..first + count).map(|record| habits.record.at(record)).sum::<u64>() + habits.poll.at(self.polls)
            }
            true => habits.poll.at(self.polls) + count * habits.record.mean().as_nanos(),
            false => mean,
        };
        self.polls += 1;
        (self.given_at, self.free_at) = (at, at + work);
        if self.buffer.is_empty() {
            let trip = self.pace.ways.trip().as_nanos();
            self.sent = if habits.fetches_on { at.max(self.free_at.saturating_sub(trip)) } else { at };
        }
        true
    }

    /// One fetch, if it is over until `to`: the records of its answer, if it has any, are in the buffer then.
    fn fetch(&mut self, to: u64) -> bool {
        let Some(since) = self.slow.values().map(|slow| slow.since).min() else { return false };
        let sent = self.sent.max(since);
        if !self.buffer.is_empty() || sent > to {
            return false;
        }
        let fetch = self.pace.habits.fetch;
        let back = self.pace.ways.response.as_nanos();
        let arrives = sent + self.pace.ways.there().as_nanos();
        let last = arrives + fetch.max_wait.as_nanos();
        let named: Vec<usize> =
            self.slow.iter().filter(|(_, slow)| slow.since <= sent).map(|(partition, _)| *partition).collect();
        // One record after the other, as they come.
        let mut found: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut bytes, mut answered) = (0, None);
        while bytes < fetch.min_bytes {
            let next =
                |partition: &usize| self.visible(*partition, found.get(partition).copied().unwrap_or(0)).max(arrives);
            let Some(partition) = named.iter().min_by_key(|partition| next(partition)) else { break };
            if next(partition) > last {
                answered = (bytes > 0).then_some(last);
                break;
            }
            answered = Some(next(partition));
            bytes += self.logs[*partition].record_bytes();
            *found.entry(*partition).or_default() += 1;
        }
        let Some(answered) = answered else {
            let again = (last + back).max(self.free_at);
            if again > to {
                return false;
            }
            self.sent = again;
            return true;
        };
        let begins = (answered + back).max(self.free_at);
        if begins > to {
            return false;
        }
        self.answer(&named, answered);
        self.free_at = begins;
        true
    }

    fn answer(&mut self, named: &[usize], answered: u64) {
        let fetch = self.pace.habits.fetch;
        let mut left = fetch.max_bytes;
        let turn = named.iter().filter(|partition| **partition >= self.first);
        for partition in turn.chain(named.iter().filter(|partition| **partition < self.first)) {
            let size = self.logs[*partition].record_bytes();
            let (mut own, mut count) = (0, 0);
            while self.visible(*partition, count) <= answered {
                let fits = own + size <= fetch.max_partition_bytes || count == 0;
                if !fits {
                    break;
                }
                if size > left && !self.buffer.is_empty() {
                    self.first = *partition;
                    return;
                }
                (own, left, count) = (own + size, left.saturating_sub(size), count + 1);
                self.buffer.push_back((*partition, false));
            }
            let is_all = self.visible(*partition, count) > answered && answered >= self.resumed;
            if count > 0 && is_all && count as u64 <= self.pace.habits.most() {
                self.buffer.back_mut().unwrap().1 = true;
            }
        }
    }

    fn drop_partition(&mut self, partition: usize) {
        let was_busy = !self.buffer.is_empty();
        self.buffer.retain(|(other, _)| *other != partition);
        if was_busy && self.buffer.is_empty() {
            self.sent = self.free_at;
        }
    }
}

/// What is sent into an outage waits for its end, and may find the next one begun.
fn appended_at(sent: u64, outages: &[(SimTime, SimTime)]) -> u64 {
    outages.iter().fold(sent, |at, (from, until)| match (from.as_nanos()..until.as_nanos()).contains(&at) {
        true => until.as_nanos(),
        false => at,
    })
}

fn both(scenario: &Scenario) -> Result<(), TestCaseError> {
    let mut logs = Vec::new();
    let (mut times, mut appended) = (Vec::new(), Vec::new());
    for (place, (sources, size)) in scenario.partitions.iter().zip(&scenario.sizes).enumerate() {
        let mut log = PartitionLog::empty();
        sources.iter().for_each(|source| log.add(source.stream()));
        let outages = scenario.outages(place);
        outages.iter().for_each(|(from, until)| log.hold(*from, *until));
        log.add_size(*size);
        let mut all: Vec<u64> = sources.iter().flat_map(Source::times).collect();
        all.sort_unstable();
        for (offset, at) in all.iter().enumerate() {
            prop_assert_eq!(log.time_of(offset as u64).as_nanos(), *at, "record {}", offset);
        }
        logs.push(log);
        appended.push(all.iter().map(|at| appended_at(*at, &outages)).collect());
        times.push(all);
    }
    let mut fast = Reader::new(SimTime::ZERO, scenario.habits.clone(), scenario.ways);
    // Going by what was seen is another test's business.
    fast.never_settles();
    let mut slow = SlowReader {
        logs: &logs,
        times: &times,
        appended: &appended,
        pace: fast.pace.clone(),
        now: 0,
        paused: false,
        resumed: 0,
        slow: BTreeMap::new(),
        reachable: vec![SimTime::ZERO; times.len()],
        sent: 0,
        given_at: 0,
        free_at: 0,
        buffer: VecDeque::new(),
        first: 0,
        polls: 0,
        records: 0,
        handed: Vec::new(),
        caught_up: Vec::new(),
    };
    let mut out = Deliveries::new();
    for (millis, deed) in scenario.deeds.iter().chain([&(END.as_millis(), Deed::Look)]) {
        let at = SimTime::from_millis(*millis);
        fast.advance(at, &logs);
        out.extend(fast.told());
        slow.run(at.as_nanos());
        do_to_both(deed, at, &mut fast, &mut slow);
        let positions: Vec<(usize, u64)> = fast.positions().map(|(p, offset)| (p.index(), offset)).collect();
        let expected: Vec<(usize, u64)> = slow.slow.iter().map(|(p, slow)| (*p, slow.position as u64)).collect();
        prop_assert_eq!(positions, expected, "at {} after {:?}", at, deed);
        same_in_hand(&mut fast, &slow, at)?;
        let waiting = |(p, slow): (&usize, &Slow)| {
            let written = appended[*p].iter().take_while(|written| **written <= at.as_nanos()).count();
            written.saturating_sub(slow.position) as u64
        };
        prop_assert_eq!(fast.lag(&logs), slow.slow.iter().map(waiting).sum::<u64>(), "the lag at {}", at);
    }
    let caught_up: Vec<(usize, u64)> = fast.take_caught_up().map(|(p, at)| (p.index(), at.as_nanos())).collect();
    let sorted = |mut list: Vec<(usize, u64)>| {
        list.sort_unstable();
        list
    };
    prop_assert_eq!(sorted(caught_up), sorted(slow.caught_up));
    same_repeats(&out, &slow.handed)?;
    same_ages(&out, &slow.handed, &logs, scenario)
}

/// Whether both say the same of the poll that the application is busy with.
fn same_in_hand(fast: &mut Reader, slow: &SlowReader<'_>, at: SimTime) -> Result<(), TestCaseError> {
    if fast.is_paused() || !fast.takes_polls() {
        return Ok(());
    }
    let (since, until) = fast.batch_in_hand(slow.logs);
    prop_assert_eq!(until.as_nanos(), slow.free_at.max(at.as_nanos()), "busy at {}", at);
    prop_assert!(since.as_nanos() == if until > at { slow.given_at } else { at.as_nanos() }, "since when at {}", at);
    let before = |slow: &Slow, is_busy: bool| if is_busy { slow.before } else { slow.position };
    for (partition, one) in &slow.slow {
        let found = fast.position_before_poll(LogIndex(*partition as u32));
        prop_assert_eq!(found, Some(before(one, slow.free_at > at.as_nanos()) as u64), "before the poll at {}", at);
    }
    Ok(())
}

fn do_to_both(deed: &Deed, at: SimTime, fast: &mut Reader, slow: &mut SlowReader<'_>) {
    let logs = slow.logs;
    match *deed {
        Deed::Begin { partition, percent, later } => {
            let partition = partition % logs.len();
            let index = LogIndex(partition as u32);
            let position = logs[partition].appended(at) * percent / 100;
            let from = (at + SimDuration::from_millis(later)).max(slow.reachable[partition]);
            fast.begin(index, position, from, logs);
            slow.drop_partition(partition);
            let position = position as usize;
            let begun = Slow { position, before: position, since: from.as_nanos(), is_caught_up: false };
            slow.slow.insert(partition, begun);
        }
        Deed::End { partition } => {
            let partition = partition % logs.len();
            let ended = fast.end(LogIndex(partition as u32), logs);
            slow.drop_partition(partition);
            let expected = slow.slow.remove(&partition);
            assert_eq!(ended, expected.map(|slow| slow.position as u64));
        }
        Deed::Outage { partition, length, later } => {
            let partition = partition % logs.len();
            let again = at + SimDuration::from_millis(length) + fast.ways().visible;
            slow.reachable[partition] = slow.reachable[partition].max(again);
            let until = again + SimDuration::from_millis(later);
            fast.suspend(LogIndex(partition as u32), until, logs);
            if let Some(one) = slow.slow.get_mut(&partition) {
                one.since = one.since.max(until.as_nanos());
                one.is_caught_up = false;
                slow.drop_partition(partition);
            }
        }
        Deed::Pause => {
            fast.pause(logs);
            slow.paused = true;
        }
        Deed::Resume => {
            fast.resume(at);
            if std::mem::take(&mut slow.paused) {
                slow.free_at = slow.free_at.max(slow.now);
                slow.resumed = slow.now;
                slow.buffer.iter_mut().for_each(|(_, catches_up)| *catches_up = false);
                for one in slow.slow.values_mut() {
                    if !slow.pace.habits.takes_polls() {
                        one.since = one.since.max(at.as_nanos());
                    }
                    one.is_caught_up = false;
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
        // Where bursts differ in size, the oldest record may be in any of them.
        let log = &logs[delivery.partition.index()];
        let polls = scenario.habits.full_poll() * (log.slack() + 2);
        let least = oldest.saturating_sub(polls + log.tick().as_nanos());
        prop_assert!((least..=oldest).contains(&delivery.latency_max), "{oldest} {delivery:?}");
        prop_assert_eq!((records[0].1, records[records.len() - 1].1), delivery.latencies, "{:?}", delivery);
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

/// A source keeps a part of a batch back when its rate falls.
#[test]
fn what_is_written_past_a_bend_is_told_by_itself() {
    let one = Source { rates: vec![(1_445, 908), (2_601, 0)], parts: 2, of: 3, ahead: 6, batch: 5, tick_millis: 1 };
    let other = Source { rates: vec![(2_627, 7)], ahead: 1, batch: 1, ..one };
    let record = Times::drawn(&[0, 0, 0, 20].map(SimDuration::from_millis));
    let fetch = FetchLimits { max_wait: SimDuration::ZERO, max_bytes: 700, ..FetchLimits::default() };
    let scenario = Scenario {
        partitions: vec![vec![one, other]],
        habits: Habits { record, max_poll_records: 1, fetch, ..Habits::idle() },
        ways: Ways::default(),
        sizes: vec![1],
        deeds: vec![(2_937, Deed::Begin { partition: 0, percent: 21, later: 262 })],
    };
    both(&scenario).unwrap();
}
