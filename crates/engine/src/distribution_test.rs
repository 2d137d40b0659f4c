//! The distributions against what is known of them: means, percentiles, bounds.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::{Distribution, DistributionError, Quantiles, Ratio, Rng, Streams};

const DRAWS: usize = 200_000;

/// Sorted samples.
fn samples(distribution: &Distribution) -> Vec<u64> {
    let mut stream = Streams::new(7).stream("samples");
    let mut values: Vec<_> = (0..DRAWS).map(|_| distribution.sample(&mut stream)).collect();
    values.sort_unstable();
    values
}

fn mean(values: &[u64]) -> u64 {
    (values.iter().map(|&value| u128::from(value)).sum::<u128>() / values.len() as u128) as u64
}

/// The value that `permille` of the sorted samples do not exceed.
fn percentile(values: &[u64], permille: usize) -> u64 {
    values[values.len() * permille / 1_000]
}

/// Whether `actual` is within `permille` of `expected`.
fn near(actual: u64, expected: u64, permille: u64) -> bool {
    actual.abs_diff(expected) * 1_000 <= expected * permille
}

fn skewed(min: u64, median: u64, p99: u64) -> Distribution {
    Distribution::Quantiles(Quantiles::skewed(min, median, p99).unwrap())
}

fn ratio(numerator: u32, denominator: u32) -> Ratio {
    Ratio::new(numerator, denominator).unwrap()
}

#[test]
fn a_uniform_distribution_reaches_both_bounds_and_nothing_beyond() {
    let die = Distribution::Uniform { lo: 1, hi: 6 };
    let values = samples(&die);
    for face in 1..=6 {
        let count = values.iter().filter(|&&value| value == face).count() as u64;
        assert!(near(count, DRAWS as u64 / 6, 20), "{face} came {count} times");
    }
    assert_eq!((die.min(), die.mean(), die.max()), (1, 4, 6));
    assert_eq!((values[0], values[DRAWS - 1]), (1, 6));
    let all = Distribution::Uniform { lo: 0, hi: u64::MAX };
    assert_eq!((all.at(0), all.at(12_345), all.at(u64::MAX)), (0, 12_345, u64::MAX));
}

#[test]
fn an_exponential_distribution_has_its_mean_and_its_percentiles() {
    let waits = Distribution::Exponential { mean: 3_000_000_000 };
    let values = samples(&waits);
    assert!(near(mean(&values), waits.mean(), 10), "mean {}", mean(&values));
    // mean · ln(1 / (1 − p)).
    for (permille, expected) in [(100, 316_081_547), (500, 2_079_441_542), (900, 6_907_755_279), (990, 13_815_510_558)]
    {
        let drawn = percentile(&values, permille);
        assert!(near(drawn, expected, 25), "{permille} ‰: {drawn} for {expected}");
        let exact = waits.quantile(ratio(permille as u32, 1_000));
        assert!(exact.abs_diff(expected) < expected / 100_000, "{permille} ‰: {exact} for {expected}");
    }
    assert_eq!(waits.min(), 0);
    assert!(near(waits.max(), 133_084_258_670, 1), "44.36 times the mean: {}", waits.max());
    assert_eq!(Distribution::Exponential { mean: 0 }.max(), 0);
    assert_eq!(Distribution::Exponential { mean: u64::MAX }.max(), u64::MAX);
}

#[test]
fn a_skewed_distribution_has_the_median_and_percentiles_it_was_made_of() {
    for (min, median, p99) in [(200, 1_000, 9_000), (0, 500_000, 2_000_000), (1_000_000, 1_100_000, 50_000_000)] {
        let latency = skewed(min, median, p99);
        let values = samples(&latency);
        assert!(near(percentile(&values, 500), median, 10), "median {}", percentile(&values, 500));
        assert!(near(percentile(&values, 990), p99, 50), "99 % {}", percentile(&values, 990));
        // A few huge values decide the mean of the most skewed: it is computed from evenly spaced positions, not drawn.
        let spaced: Vec<_> = (0..1 << 18).map(|place| latency.at((2 * place + 1) << 45)).collect();
        assert!(near(mean(&spaced), latency.mean(), 5), "mean {} for {}", mean(&spaced), latency.mean());
        assert!(values[0] >= min && values[DRAWS - 1] <= latency.max());
        assert_eq!(latency.quantile(ratio(1, 2)), median);
        assert_eq!(latency.quantile(ratio(99, 100)), p99);
        assert_eq!(latency.min(), min);
    }
}

#[test]
fn a_skewed_distribution_is_log_normal() {
    // r = 10: one deviation is a factor of 10^(1 / 2.326348) = 2.690657.
    let latency = skewed(0, 1_000_000, 10_000_000);
    for (numerator, denominator, expected) in [
        (841_344_746, 1_000_000_000, 2_690_657), // one deviation above
        (158_655_254, 1_000_000_000, 371_656),   // one below
        (977_249_868, 1_000_000_000, 7_239_635), // two above
        (999, 1_000, 21_299_141),                // 3.090232 above
    ] {
        let value = latency.quantile(ratio(numerator, denominator));
        // Straight lines between the points are above the curve.
        assert!(
            value >= expected - 1 && near(value, expected, 7),
            "{numerator} in {denominator}: {value} for {expected}"
        );
    }
    // The mean of a log-normal distribution is median · e^(σ² / 2), with σ = ln 10 / 2.326348 = 0.989785.
    assert!(near(latency.mean(), 1_632_051, 3), "{}", latency.mean());
    // Five deviations above.
    assert!(near(latency.max(), 141_023_544, 1), "{}", latency.max());
}

#[test]
fn measured_quantiles_are_joined_by_straight_lines() {
    let quantiles = [(Ratio::NEVER, 10), (ratio(1, 2), 20), (ratio(9, 10), 60), (Ratio::ALWAYS, 1_000)];
    let measured = Distribution::Quantiles(Quantiles::new(&quantiles).unwrap());
    for (probability, value) in [
        (ratio(0, 1), 10),
        (ratio(1, 4), 15),
        (ratio(1, 2), 20),
        (ratio(7, 10), 40),
        (ratio(19, 20), 530),
        (ratio(1, 1), 1_000),
    ] {
        assert_eq!(measured.quantile(probability), value, "{probability:?}");
    }
    // 0.5 · 15 + 0.4 · 40 + 0.1 · 530.
    assert_eq!(measured.mean(), 77);
    assert!(near(mean(&samples(&measured)), 77, 15));
    assert_eq!((measured.min(), measured.max()), (10, 1_000));
}

#[test]
fn what_is_no_distribution_is_refused_by_name() {
    let falling = DistributionError::Falling { low: 3, high: 2 };
    assert_eq!(Distribution::Uniform { lo: 3, hi: 2 }.validate(), Err(falling));
    assert_eq!(Distribution::Uniform { lo: 3, hi: 2 }.at(u64::MAX), 3);
    assert_eq!(Quantiles::skewed(3, 2, 9), Err(falling));
    assert_eq!(Quantiles::skewed(1, 3, 2), Err(falling));
    assert_eq!(Quantiles::skewed(5, 5, 9), Err(DistributionError::NoSpread { median: 5, p99: 9 }));
    assert_eq!(Quantiles::new(&[]), Err(DistributionError::Incomplete));
    assert_eq!(Quantiles::new(&[(Ratio::NEVER, 1), (ratio(1, 2), 2)]), Err(DistributionError::Incomplete));
    let twice = [(Ratio::NEVER, 1), (ratio(1, 2), 2), (ratio(2, 4), 3), (Ratio::ALWAYS, 4)];
    let message = alloc::format!("{}", Quantiles::new(&twice).unwrap_err());
    assert_eq!(message, "after the quantile of probability 1 in 2 comes one of 2 in 4, which is not more likely");
    assert_eq!(Quantiles::new(&[(Ratio::NEVER, 3), (Ratio::ALWAYS, 2)]), Err(falling));
}

#[test]
fn a_skewed_distribution_without_spread_is_constant() {
    let constant = skewed(7, 7, 7);
    assert_eq!((constant.min(), constant.mean(), constant.max()), (7, 7, 7));
    let narrow = skewed(5, 7, 7);
    assert_eq!((narrow.quantile(ratio(1, 2)), narrow.max()), (7, 7));
}

fn any_distribution() -> impl Strategy<Value = Distribution> {
    let three = || {
        prop_oneof![prop::array::uniform3(any::<u64>()), prop::array::uniform3(0_u64..1_000)].prop_map(|mut three| {
            three.sort_unstable();
            three
        })
    };
    prop_oneof![
        any::<u64>().prop_map(Distribution::Fixed),
        three().prop_map(|[lo, _, hi]| Distribution::Uniform { lo, hi }),
        any::<u64>().prop_map(|mean| Distribution::Exponential { mean }),
        three().prop_filter_map("spread", |[min, median, p99]| {
            Quantiles::skewed(min, median, p99).ok().map(Distribution::Quantiles)
        }),
        three().prop_map(|[low, middle, high]| {
            let points = vec![(Ratio::NEVER, low), (ratio(1, 3), middle), (Ratio::ALWAYS, high)];
            Distribution::Quantiles(Quantiles::new(&points).unwrap())
        }),
    ]
}

proptest! {
    #[test]
    fn no_parameters_overflow_and_values_rise_with_the_number_drawn(
        distribution in any_distribution(),
        mut positions in prop::collection::vec(any::<u64>(), 1..50),
    ) {
        positions.extend([0, u64::MAX]);
        positions.sort_unstable();
        let values: Vec<_> = positions.iter().map(|&position| distribution.at(position)).collect();
        prop_assert!(values.is_sorted());
        prop_assert!(values[0] >= distribution.min());
        prop_assert!(values[values.len() - 1] <= distribution.max());
        prop_assert!((distribution.min()..=distribution.max()).contains(&distribution.mean()));
    }
}

#[test]
fn every_sample_takes_one_number_whatever_the_distribution() {
    let mut plain = Streams::new(1).stream("sizes");
    let mut drawn = plain.clone();
    for distribution in [Distribution::Fixed(3), Distribution::Exponential { mean: 9 }, skewed(1, 2, 3)] {
        plain.next_u64();
        distribution.sample(&mut drawn);
    }
    assert_eq!(plain.next_u64(), drawn.next_u64());
}
