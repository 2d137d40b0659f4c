//! Loops that are taken for settled against the same loops gone through to the end.

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::curve::{Rate, RateCurve};
use crate::delivery::LogIndex;
use crate::habits::{FetchLimits, Habits, Times, Ways};
use crate::known::Known;
use crate::reader::Reader;
use crate::stream::{Share, Stream};

const MILLIS: fn(u64) -> SimDuration = SimDuration::from_millis;

/// So many partitions that take turns, out of `of`, into which a producer writes.
fn logs(per_second: u64, partitions: u64, of: u64, tick: SimDuration, change: u64) -> Vec<PartitionLog> {
    let rates = [(SimTime::ZERO, Rate::per_second(per_second)), (SimTime::from_secs(600), Rate::per_second(change))];
    let curve = RateCurve::new(&rates);
    let log = |number: u64| {
        let mut log = PartitionLog::empty();
        log.add(Stream::new(curve.clone(), Share::new(1, of), of - 1 - number, 1, tick));
        log.add_size(100);
        log
    };
    (0..partitions).map(log).collect()
}

fn habits(record: Times, poll: Times, most: u64, min_bytes: u64) -> Habits {
    let fetch = FetchLimits { min_bytes, ..FetchLimits::default() };
    Habits { record, poll, max_poll_records: most, fetch, fetches_on: false }
}

fn cases() -> Vec<(&'static str, Habits, Vec<PartitionLog>)> {
    let fixed = |millis| Times::fixed(MILLIS(millis));
    let drawn = Times::drawn(&[MILLIS(5), MILLIS(50), MILLIS(20), MILLIS(11), MILLIS(44)]);
    let (none, tick) = (Times::default(), MILLIS(20));
    vec![
        ("four in turn", habits(fixed(200), none.clone(), 20, 1), logs(10, 4, 12, tick, 5)),
        ("a poll at a time", habits(none.clone(), drawn, 500, 1), logs(36_000, 3, 360, MILLIS(5), 20_000)),
        ("busy", habits(fixed(3), fixed(10), 100, 1), logs(3_000, 8, 100, MILLIS(1), 1_000)),
        ("waiting for bytes", habits(none, Times::default(), 500, 5_000), logs(777, 3, 9, tick, 7_000)),
        ("little", habits(fixed(1), fixed(1), 500, 1), logs(50, 5, 5, tick, 100)),
    ]
}

/// What is read until the end, looked at every so often: records, the sum of their ages, the oldest, and work.
fn read(reader: &mut Reader, logs: &[PartitionLog], end: SimTime, look: SimDuration) -> (u64, u128, u64, u64) {
    let mut at = reader.at();
    let mut seen = (0, 0, 0, 0);
    while at < end {
        at = (at + look).min(end);
        let foreseen = reader.positions_at(at, logs).map(|positions| positions.collect::<Vec<_>>());
        reader.advance(at, logs);
        assert!(foreseen.is_none_or(|foreseen| foreseen == reader.positions().collect::<Vec<_>>()));
        for delivery in reader.told() {
            seen.0 += delivery.records;
            seen.1 += delivery.latency_sum;
            seen.2 = seen.2.max(delivery.latency_max);
            seen.3 += delivery.work;
        }
    }
    seen
}

fn reader(habits: &Habits, logs: &[PartitionLog]) -> Reader {
    let way = SimDuration::from_micros(700);
    let mut reader =
        Reader::new(SimTime::ZERO, habits.clone(), Ways { request: way, response: way, visible: MILLIS(2) });
    for place in 0..logs.len() {
        reader.begin(LogIndex(place as u32), 0, SimTime::from_millis(3_000), logs);
    }
    reader
}

#[test]
fn what_settles_reads_as_many_records_as_old_as_what_does_not() {
    let end = SimTime::from_secs(1_200);
    for (name, habits, logs) in cases() {
        let mut quick = reader(&habits, &logs);
        let mut slow = reader(&habits, &logs);
        slow.never_settles();
        // The first minutes have a catching up in them that dwarfs the rest.
        let from = SimTime::from_secs(60);
        for reader in [&mut quick, &mut slow] {
            read(reader, &logs, from, MILLIS(60_000));
        }
        let found = read(&mut quick, &logs, end, MILLIS(7_000));
        let exact = read(&mut slow, &logs, end, MILLIS(7_000));
        let mut again = reader(&habits, &logs);
        let settled = (0..1_200)
            .filter(|_| {
                let next = again.at() + MILLIS(1_000);
                read(&mut again, &logs, next, MILLIS(1_000));
                again.has_settled()
            })
            .count();
        assert!(settled > 900, "{name} is settled in {settled} of 1,200 seconds");
        assert!(found.0.abs_diff(exact.0) <= 200, "{name}: {found:?} for {exact:?}");
        let mean = |(records, sum, ..): (u64, u128, u64, u64)| sum / u128::from(records);
        assert!(mean(found).abs_diff(mean(exact)) * 10 <= mean(exact), "{name}: {found:?} for {exact:?}");
        assert!(found.2 <= exact.2 * 5 / 4 && found.2 >= exact.2 / 2, "{name}: {found:?} for {exact:?}");
        assert!(found.3.abs_diff(exact.3) * 10 <= exact.3, "{name}: {found:?} for {exact:?}");
    }
}

#[test]
fn it_makes_no_difference_who_looks_when() {
    let end = SimTime::from_secs(700);
    for (name, habits, logs) in cases() {
        let mut once = reader(&habits, &logs);
        let mut often = reader(&habits, &logs);
        let all = read(&mut once, &logs, end, MILLIS(700_000));
        let seen = read(&mut often, &logs, end, SimDuration::from_nanos(333_333_333));
        assert_eq!((all.0, all.1, all.3), (seen.0, seen.1, seen.3), "{name}");
        assert_eq!(once.batch_in_hand(&logs).1, often.batch_in_hand(&logs).1, "{name}");
        for place in 0..logs.len() {
            let partition = LogIndex(place as u32);
            assert_eq!(once.position(partition), often.position(partition), "{name}");
        }
    }
}

/// Also where no poll falls into the rounds that are gone through.
#[test]
fn a_settled_loop_can_be_looked_at_closely_at_any_moment() {
    let (none, smooth) = (Times::default(), MILLIS(1));
    let little_work = habits(Times::fixed(SimDuration::from_micros(10)), none.clone(), 500, 5_000);
    let more = [
        ("smooth, waiting for bytes", habits(none.clone(), none, 500, 5_000), logs(777, 3, 9, smooth, 7_000)),
        ("smooth, with little work", little_work, logs(777, 3, 9, smooth, 7_000)),
    ];
    for (name, habits, logs) in cases().into_iter().chain(more) {
        let mut reader = reader(&habits, &logs);
        read(&mut reader, &logs, SimTime::from_secs(300), MILLIS(1_000));
        assert!(reader.has_settled(), "{name}");
        for _ in 0..500 {
            let next = reader.at() + SimDuration::from_micros(13_777);
            read(&mut reader, &logs, next, MILLIS(1_000));
            let mut close = reader.clone();
            close.look_closely(&logs);
            for place in 0..logs.len() {
                let partition = LogIndex(place as u32);
                assert_eq!(close.position(partition), reader.position(partition), "{name}");
                assert!(close.position_before_poll(partition) <= close.position(partition), "{name}");
            }
        }
    }
}

#[test]
fn what_falls_behind_does_not_settle() {
    // 21 ms a record for 50 a second: what waits grows slowly, and slowly it has to be seen.
    let habits = habits(Times::fixed(MILLIS(21)), Times::default(), 500, 1);
    let logs = logs(50, 1, 1, MILLIS(20), 50);
    let mut reader = reader(&habits, &logs);
    let (records, ..) = read(&mut reader, &logs, SimTime::from_secs(1_000), MILLIS(10_000));
    assert!(!reader.has_settled());
    assert!(records.abs_diff(997_000 / 21) <= 500, "{records}");
}

/// A reader of twelve partitions that is busy for half of its time and has nothing to catch up with: how many
/// deliveries it takes until what it has seen counts for good, or until nine minutes are over.
fn deliveries_until_known(per_second: u64) -> usize {
    let logs = logs(per_second, 12, 12, MILLIS(5), per_second);
    let habits = habits(Times::fixed(SimDuration::from_nanos(500_000_000 / per_second)), Times::default(), 500, 1);
    let (mut reader, begins) = (reader(&habits, &logs), SimTime::from_secs(10));
    for (place, log) in (0..).zip(&logs) {
        reader.begin(LogIndex(place), log.count(begins), begins, &logs);
    }
    let (mut count, mut at) = (0, SimTime::ZERO);
    while !reader.has_settled_for_good() && at < SimTime::from_secs(550) {
        at += MILLIS(2);
        let is_gone_through = !reader.has_settled();
        reader.advance(at, &logs);
        let told = reader.told().len();
        count += if is_gone_through { told } else { 0 };
    }
    count
}

#[test]
fn a_million_records_a_second_take_no_longer_to_know_than_ten() {
    let ten = deliveries_until_known(10);
    for per_second in [100_000, 1_000_000, 10_000_000] {
        let count = deliveries_until_known(per_second);
        assert!(count <= ten, "{count} deliveries at {per_second} records a second, {ten} at ten");
    }
    // Where a round has few records it tells little, and more of them are gone through; but there is a bound.
    for per_second in [100, 1_000, 10_000] {
        let count = deliveries_until_known(per_second);
        assert!(count <= 1_000, "{count} deliveries at {per_second} records a second");
    }
}

/// How often a loop is stopped, once every ten seconds.
const STOPS: u64 = 49;

/// It is stopped and goes on every ten seconds until the end, and shares what it has seen each time. What was read,
/// without what it had to catch up with, and for how many seconds it was not settled.
fn stopped_again_and_again(
    reader: &mut Reader,
    logs: &[PartitionLog],
    known: &mut Known,
    look: SimDuration,
) -> ((u64, u128, u64, u64), u64) {
    let (mut all, mut unsettled) = ((0, 0, 0, 0), 0);
    for turn in 1..=STOPS {
        let at = SimTime::from_secs(10 * turn);
        for part in 0..8 {
            let seen = read(reader, logs, at + MILLIS(1_000 * part), look);
            unsettled += u64::from(!reader.has_settled());
            if part >= 2 {
                all = (all.0 + seen.0, all.1 + seen.1, u64::max(all.2, seen.2), all.3 + seen.3);
            }
        }
        read(reader, logs, at + MILLIS(9_999), look);
        reader.pause(logs);
        reader.share(known);
        read(reader, logs, at + MILLIS(10_000), look);
        reader.resume(at + MILLIS(10_000));
        reader.share(known);
    }
    (all, unsettled)
}

#[test]
fn what_is_known_of_one_loop_holds_for_others_of_its_kind() {
    for (name, habits, logs) in cases() {
        let mut known = Known::default();
        let look = MILLIS(1_000);
        for turn in 0..40 {
            stopped_again_and_again(&mut reader(&habits, &logs).from_turn(turn), &logs, &mut known, look);
        }
        assert!(!known.known_ages().is_empty(), "{name}");
        let mut slow = reader(&habits, &logs);
        slow.never_settles();
        let (exact, _) = stopped_again_and_again(&mut slow, &logs, &mut Known::default(), look);
        let (mut once, mut often) = (reader(&habits, &logs), reader(&habits, &logs));
        let mut also_known = known.clone();
        let (found, unsettled) = stopped_again_and_again(&mut once, &logs, &mut known, look);
        let (seen, _) =
            stopped_again_and_again(&mut often, &logs, &mut also_known, SimDuration::from_nanos(33_333_333));
        assert_eq!((found.0, found.1, found.3), (seen.0, seen.1, seen.3), "{name}: it makes no difference who looks");
        assert!(unsettled <= 2 * STOPS, "{name} is not settled in {unsettled} seconds");
        assert!(found.0.abs_diff(exact.0) * 50 <= exact.0, "{name}: {found:?} for {exact:?}");
        let mean = |(records, sum, ..): (u64, u128, u64, u64)| sum / u128::from(records);
        assert!(mean(found).abs_diff(mean(exact)) * 10 <= mean(exact), "{name}: {found:?} for {exact:?}");
        assert!(found.2 <= exact.2 * 5 / 4 && found.2 >= exact.2 / 2, "{name}: {found:?} for {exact:?}");
        assert!(found.3.abs_diff(exact.3) * 10 <= exact.3, "{name}: {found:?} for {exact:?}");
    }
}

#[test]
fn what_differs_in_what_counts_is_another_kind() {
    let case = |partitions, rate, poll| {
        let logs = logs(rate, partitions, 9, MILLIS(20), rate);
        (habits(Times::default(), Times::fixed(MILLIS(poll)), 500, 1), logs)
    };
    let mut known = Known::default();
    let (habits, logs) = case(3, 900, 20);
    for _ in 0..20 {
        stopped_again_and_again(&mut reader(&habits, &logs), &logs, &mut known, MILLIS(1_000));
    }
    let rounds = |(habits, logs): (Habits, Vec<PartitionLog>)| {
        let mut reader = reader(&habits, &logs);
        reader.share(&mut known.clone());
        // Two thousand milliseconds until it begins, and six rounds.
        let found = read(&mut reader, &logs, SimTime::from_millis(3_000 + 7 * 20), MILLIS(7));
        (reader.has_settled(), found)
    };
    assert!(rounds(case(3, 900, 20)).0);
    for other in [case(4, 900, 20), case(3, 1_000, 20), case(3, 900, 21)] {
        assert!(!rounds(other).0);
    }
}

/// The age that so many percent of records do not exceed, between two ends of lines.
fn percentile(lines: &[(u64, u64, u64)], percent: u64) -> u64 {
    let all: u128 = lines.iter().map(|(records, ..)| u128::from(*records)).sum();
    let below = |age: u64| -> u128 {
        let of = |&(records, one, other): &(u64, u64, u64)| {
            let (least, most) = (one.min(other), one.max(other) + 1);
            u128::from(records) * u128::from(age.clamp(least, most) - least) / u128::from(most - least)
        };
        lines.iter().map(of).sum()
    };
    let (mut lo, mut hi) = (0, 1 << 40);
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        if below(middle) * 100 >= all * u128::from(percent) { hi = middle } else { lo = middle + 1 }
    }
    lo
}

/// The same partitions, with records in batches of 81: one of them gets a batch, then the next.
fn in_batches(per_second: u64, partitions: u64, of: u64) -> Vec<PartitionLog> {
    let curve = RateCurve::new(&[(SimTime::ZERO, Rate::per_second(per_second))]);
    let log = |number: u64| {
        let mut log = PartitionLog::empty();
        let ahead = (of - 1 - number) * 81;
        log.add(Stream::new(curve.clone(), Share::new(1, of), ahead, 81, MILLIS(5)));
        log.add_size(200);
        log
    };
    (0..partitions).map(log).collect()
}

#[test]
fn ages_of_what_settles_are_spread_as_those_of_what_does_not() {
    let lengths: Vec<SimDuration> =
        (0..64).map(|place| SimDuration::from_micros(5_000 + (place * 37 % 64) * 714)).collect();
    let drawn = habits(Times::default(), Times::drawn(&lengths), 500, 1);
    let more = [
        ("in batches", drawn.clone(), in_batches(36_000, 3, 360)),
        ("in batches, 4", drawn, in_batches(36_000, 4, 360)),
    ];
    for (name, habits, logs) in cases().into_iter().chain(more) {
        let mut known = Known::default();
        let look = MILLIS(1_000);
        for turn in 0..40 {
            stopped_again_and_again(&mut reader(&habits, &logs).from_turn(turn), &logs, &mut known, look);
        }
        let ages = |settles: bool, known: &Known| {
            let mut reader = reader(&habits, &logs);
            if !settles {
                reader.never_settles();
            }
            reader.share(&mut known.clone());
            reader.advance(SimTime::from_secs(60), &logs);
            reader.told();
            reader.advance(SimTime::from_secs(600), &logs);
            reader.told().into_iter().map(|one| (one.records, one.latencies.0, one.latencies.1)).collect::<Vec<_>>()
        };
        let exact = ages(false, &Known::default());
        let (alone, knowing) = (ages(true, &Known::default()), ages(true, &known));
        for percent in [90, 99] {
            let [exact, alone, knowing] = [&exact, &alone, &knowing].map(|lines| percentile(lines, percent));
            for found in [alone, knowing] {
                assert!(found.abs_diff(exact) * 5 <= exact, "{name}: p{percent} is {found} for {exact}");
            }
        }
    }
}
