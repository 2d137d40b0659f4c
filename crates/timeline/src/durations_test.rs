//! Tests of durations in little memory.

use proptest::prelude::*;

use super::*;

fn nanos(nanos: u64) -> SimDuration {
    SimDuration::from_nanos(nanos)
}

#[test]
fn without_durations_every_statistic_is_zero() {
    let none = Durations::default();
    assert_eq!((none.count(), none.total(), none.longest()), (0, nanos(0), nanos(0)));
    assert_eq!((none.median(), none.percentile(99), none.total_over(0)), (nanos(0), nanos(0), nanos(0)));
}

#[test]
fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
    let mut durations = Durations::default();
    for length in [10, 1, 30, 20] {
        durations.add(nanos(length), 1);
    }
    assert_eq!(durations.median(), nanos(15));
    assert_eq!(durations.percentile(99), nanos(30));
    assert_eq!(durations.total_over(3), nanos(20));
}

#[test]
fn sums_beyond_the_longest_length_saturate() {
    let mut durations = Durations::default();
    durations.add(SimDuration::MAX, u64::from(u32::MAX));
    assert_eq!(durations.total(), SimDuration::MAX);
    assert_eq!(durations.total_over(u64::from(u32::MAX)), SimDuration::MAX);
    assert_eq!(durations.median(), SimDuration::MAX);
}

#[test]
fn memory_is_bounded_and_order_statistics_lose_little_beyond_the_bound() {
    let mut durations = Durations::default();
    let different = 3 * MAX_DISTINCT as u64;
    for place in 0..different {
        let length = place * 2_654_435_761 % different; // every length below `different` once, in no order
        durations.add(nanos(length * 1_000), 1);
        assert!(durations.runs.len() <= 2 * MAX_DISTINCT);
    }
    durations.seal();
    assert!(durations.runs.len() <= MAX_DISTINCT);
    assert_eq!(durations.count(), different);
    assert_eq!(durations.longest(), nanos((different - 1) * 1_000));
    assert_eq!(durations.total(), nanos((different - 1) * different / 2 * 1_000));
    let error = nanos(different / 2 * 1_000).saturating_sub(durations.median());
    assert!(error <= nanos(1 << durations.shift), "off by {} ns at {} bits", error.as_nanos(), durations.shift);
    assert!(durations.shift <= 12, "three times too many different microseconds need no more than 4 us");
}

proptest! {
    #[test]
    fn statistics_agree_with_a_sorted_list(
        lengths in prop::collection::vec((0..1_000u64, 1..4u64), 1..200),
        rank in 1..100u64,
    ) {
        let mut durations = Durations::default();
        let mut list = Vec::new();
        for (length, count) in lengths {
            durations.add(nanos(length), count);
            list.extend((0..count).map(|_| length));
        }
        list.sort_unstable();
        prop_assert_eq!(durations.count(), list.len() as u64);
        prop_assert_eq!(durations.median(), nanos((list[(list.len() - 1) / 2] + list[list.len() / 2]) / 2));
        let place = (list.len() as u64 * rank).div_ceil(100);
        prop_assert_eq!(durations.percentile(rank), nanos(list[place as usize - 1]));
    }
}
