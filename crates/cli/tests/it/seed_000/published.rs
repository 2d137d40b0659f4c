//! Both arms as published.
//!
//! The published figures are read off two screenshots (jhollandus/static-group); the ranges beside them are what its
//! own set-up gives if the unknown phases of timers and the start-up times of a laptop are drawn, from the fifth to the
//! ninety-fifth percentile.

use std::sync::OnceLock;

use protocol::SimDuration;

use super::{MILLI, Ran, Spread, runs, variant};

/// Seeds of the published measurement.
pub(super) const SEEDS: u64 = 200;

/// How many of a hundred runs lie in the range of their set-up, at least: ranges hold 90 of draws that are independent,
/// and those of a run are not (slots are numbered in the order in which turns end).
const WITHIN: usize = 80;

/// All runs.
pub(super) fn all() -> &'static [(String, Vec<Ran>)] {
    static ALL: OnceLock<Vec<(String, Vec<Ran>)>> = OnceLock::new();
    ALL.get_or_init(|| runs("static-group-as-published", SEEDS))
}

/// Which runs of an arm a figure is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    All,
    /// The members' poll turns end one soon after the other, as those do that began together.
    Together,
    /// The restart falls between them: the first turns end at once, the last ones five seconds later.
    Split,
}

impl Of {
    pub(super) fn has(self, ran: &Ran) -> bool {
        let split = ran.stopping.is_some_and(|stopping| stopping > SimDuration::from_millis(2_500));
        match self {
            Self::All => true,
            Self::Together => !split,
            Self::Split => split,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Together => ", turns end together",
            Self::Split => ", the restart falls between turns",
        }
    }
}

/// A published figure, and the range that the set-up gives.
pub(super) struct Published {
    pub(super) variant: &'static str,
    pub(super) of: Of,
    pub(super) id: &'static str,
    pub(super) what: &'static str,
    pub(super) figure: u64,
    pub(super) range: (u64, u64),
}

const fn published(
    variant: &'static str,
    of: Of,
    (id, what): (&'static str, &'static str),
    figure: u64,
    range: (u64, u64),
) -> Published {
    Published { variant, of, id, what, figure, range }
}

const OLDEST: (&str, &str) = ("monitored-latency-max", "oldest record");
const MEAN: (&str, &str) = ("monitored-latency-mean", "mean latency of the minute");
const SHARE: (&str, &str) = ("monitored-share", "consumed, as monitored");

pub(super) const PUBLISHED: [Published; 5] = [
    published("standard", Of::All, OLDEST, 17_000 * MILLI, (11_500 * MILLI, 17_700 * MILLI)),
    published("standard", Of::All, MEAN, 2_630 * MILLI, (1_300 * MILLI, 3_000 * MILLI)),
    published("standard", Of::All, SHARE, 9_670, (9_590, 10_080)),
    published("static", Of::Together, OLDEST, 8_200 * MILLI, (7_000 * MILLI, 8_700 * MILLI)),
    published("static", Of::Together, MEAN, 391 * MILLI, (352 * MILLI, 466 * MILLI)),
];

impl Published {
    /// How it comes out.
    pub(super) fn spread(&self) -> Spread {
        Spread::of(variant(all(), self.variant).iter().filter(|ran| self.of.has(ran)), self.id)
    }
}

#[test]
fn the_published_measurement_comes_out_of_its_mechanisms() {
    for figure in &PUBLISHED {
        let (spread, (from, to)) = (figure.spread(), figure.range);
        let name = format!("{}, {}", figure.variant, figure.what);
        let (median, within) = (spread.at(50), spread.within(from, to));
        assert!((from..=to).contains(&median), "{name}: the median {median} is not within {from}..{to}");
        assert!(within >= WITHIN, "{name}: {within} of 100 within {from}..{to}");
        let (least, most) = (spread.at(0), spread.at(100));
        assert!((least..=most).contains(&figure.figure), "{name}: {} is not within {least}..{most}", figure.figure);
    }
}

#[test]
fn nothing_is_lost_in_either_arm_and_duplicates_are_counted() {
    for (name, runs) in all() {
        for ran in runs {
            let (produced, consumed) = (ran.amount("produced"), ran.amount("consumed"));
            assert_eq!((produced, ran.amount("skipped"), ran.amount("lag-end")), (2_250_000, 0, 0), "{name}");
            assert_eq!(consumed, produced + ran.amount("read-twice"), "{name}: all is read, and some of it twice");
            assert_eq!(ran.amount("double-owned"), 0, "{name}");
            let is_clean = consumed == produced && ran.amount("monitored-share") == 10_000;
            assert!(name != "static" || is_clean, "{name}: once, and reported");
        }
    }
}

#[test]
fn a_minute_of_eighty_nine_percent_is_one_of_those_that_come_out() {
    let worst = Spread::of(variant(all(), "standard"), "monitored-share-worst");
    assert!(worst.at(0) < 8_900 && worst.at(100) > 8_900);
    assert_eq!(Spread::of(variant(all(), "static"), "monitored-share-worst").at(0), 10_000);
}

/// Whoever comes back takes the lowest free slot: if the first turns end five seconds before the last ones, a slot that
/// was freed early may be taken by a process that stopped late.
#[test]
fn the_tail_of_the_static_arm_are_the_runs_in_which_the_restart_falls_between_turns() {
    let runs = variant(all(), "static");
    let oldest = |of: Of| Spread::of(runs.iter().filter(|ran| of.has(ran)), "monitored-latency-max");
    let (together, split) = (oldest(Of::Together), oldest(Of::Split));
    assert!(together.at(100) < split.at(5), "{} {}", together.at(100), split.at(5));
    assert!((10..80).contains(&split.len()), "{} of {SEEDS}", split.len());
}
