//! Loops that are taken for settled against the same loops gone through to the end.

use alloc::vec;

use super::*;
use crate::curve::{Rate, RateCurve};
use crate::delivery::LogIndex;
use crate::habits::{FetchLimits, Habits, Times, Ways};
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
    let (mut out, mut at) = (Deliveries::new(), reader.at());
    let mut seen = (0, 0, 0, 0);
    while at < end {
        at = (at + look).min(end);
        reader.advance(at, logs, &mut out);
        for delivery in out.drain(..) {
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
        assert_eq!(once.busy_until(&logs), often.busy_until(&logs), "{name}");
        for place in 0..logs.len() {
            let partition = LogIndex(place as u32);
            assert_eq!(once.position(partition), often.position(partition), "{name}");
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
