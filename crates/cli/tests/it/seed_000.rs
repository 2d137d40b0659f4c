//! Seed 000: the published measurement, simulated from its mechanisms and treated equally; and the page that says so.
//!
//! The published figures are read off two screenshots (jhollandus/static-group); the ranges beside them are what its
//! own set-up gives if the unknown phases of timers and the start-up times of a laptop are drawn, from the fifth to the
//! ninety-fifth percentile.

use std::fmt::Write;
use std::fs;

use timeline::Outcome;

use crate::root;

/// Seeds of the published measurement, and of each comparison beside it.
const SEEDS: u64 = 200;
const SEEDS_BESIDE: u64 = 20;

/// Outcomes by variant, in order of seeds; variants in the order of the file.
fn outcomes(name: &str, seeds: u64) -> Vec<(String, Vec<Outcome>)> {
    let shipped = cli::shipped::SHIPPED.iter().find(|shipped| shipped.name == name).unwrap();
    let mut plans = Vec::new();
    for seed in 1..=seeds {
        let comparison = scenario::load_text(name, shipped.text, Some(seed)).unwrap_or_else(|wrong| panic!("{wrong}"));
        plans.extend(comparison.variants.into_iter().map(|variant| variant.plan));
    }
    let mut variants: Vec<(String, Vec<Outcome>)> = Vec::new();
    for outcome in simulation::run_all(&plans, 4, |_| {}) {
        let outcome = outcome.unwrap();
        match variants.iter_mut().find(|(name, _)| *name == outcome.name) {
            Some((_, all)) => all.push(outcome),
            None => variants.push((outcome.name.clone(), vec![outcome])),
        }
    }
    variants
}

/// A measure of all seeds, in ascending order.
struct Spread(Vec<u64>);

impl Spread {
    fn of(outcomes: &[Outcome], id: &str) -> Self {
        let mut all: Vec<u64> = outcomes.iter().map(|outcome| outcome.value(id).amount().unwrap()).collect();
        all.sort_unstable();
        Self(all)
    }

    /// The value below which so many of a hundred lie.
    fn at(&self, percent: usize) -> u64 {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }

    /// How many of a hundred lie between these two.
    fn within(&self, least: u64, most: u64) -> usize {
        self.0.iter().filter(|value| (least..=most).contains(value)).count() * 100 / self.0.len()
    }

    fn least_and_most(&self) -> (u64, u64) {
        (self.at(0), self.at(100))
    }
}

const MILLI: u64 = 1_000_000;

/// Published, and the range that the set-up gives: variant, measure, what it is, figure, from, to.
type Published = (&'static str, &'static str, &'static str, u64, u64, u64);
const PUBLISHED: [Published; 5] = [
    ("standard", "monitored-latency-max", "oldest record", 17_000 * MILLI, 11_500 * MILLI, 17_700 * MILLI),
    ("standard", "monitored-latency-mean", "mean latency of the minute", 2_630 * MILLI, 1_300 * MILLI, 3_000 * MILLI),
    ("standard", "monitored-share", "consumed, as monitored", 9_670, 9_590, 10_080),
    ("static", "monitored-latency-max", "oldest record", 8_200 * MILLI, 7_000 * MILLI, 8_700 * MILLI),
    ("static", "monitored-latency-mean", "mean latency of the minute", 391 * MILLI, 352 * MILLI, 466 * MILLI),
];

fn variant<'a>(all: &'a [(String, Vec<Outcome>)], name: &str) -> &'a [Outcome] {
    &all.iter().find(|(variant, _)| variant == name).unwrap().1
}

#[test]
fn the_published_measurement_comes_out_of_its_mechanisms() {
    let all = outcomes("static-group-as-published", SEEDS);
    for (name, id, what, published, from, to) in PUBLISHED {
        let spread = Spread::of(variant(&all, name), id);
        let (median, within) = (spread.at(50), spread.within(from, to));
        assert!((from..=to).contains(&median), "{name}, {what}: the median {median} is not within {from}..{to}");
        assert!(within >= 70, "{name}, {what}: {within} of 100 within {from}..{to}");
        let (least, most) = spread.least_and_most();
        assert!((least..=most).contains(&published), "{name}, {what}: {published} is not within {least}..{most}");
    }
    for (name, outcomes) in &all {
        for outcome in outcomes {
            let amount = |id| outcome.value(id).amount().unwrap();
            let (produced, consumed) = (amount("produced"), amount("consumed"));
            assert!(consumed >= produced && amount("double-owned") == 0, "{name}: nothing is lost");
            assert!(name != "static" || consumed == produced, "{name}: nothing is read twice");
            assert!(name != "static" || amount("monitored-share") == 10_000, "{name}: everything is reported");
        }
    }
    // A minute with 89 % is one of those that come out.
    let worst = Spread::of(variant(&all, "standard"), "monitored-share-worst");
    assert!(worst.at(0) < 8_900 && worst.at(100) > 8_900);
}

fn seconds(nanos: u64) -> String {
    let hundredths = (nanos + 5_000_000) / 10_000_000;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}

fn percent(hundredths: u64) -> String {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

fn shown(id: &str, value: u64) -> String {
    if id.contains("share") { percent(value) } else { seconds(value) }
}

/// The page.
fn page() -> String {
    let mut page = String::from(HEAD);
    let all = outcomes("static-group-as-published", SEEDS);
    page.push_str("| arm | figure | published | its set-up gives | simulated: 5 % | median | 95 % |\n|---|---|---|---|---|---|---|\n");
    for (name, id, what, published, from, to) in PUBLISHED {
        let spread = Spread::of(variant(&all, name), id);
        let [low, median, high] = [5, 50, 95].map(|percent| shown(id, spread.at(percent)));
        let (published, from, to) = (shown(id, published), shown(id, from), shown(id, to));
        writeln!(page, "| {name} | {what} | {published} | {from} … {to} | {low} | {median} | {high} |").unwrap();
    }
    for (name, published) in [("standard", "89 %"), ("static", "100 %")] {
        let id = "monitored-share-worst";
        let spread = Spread::of(variant(&all, name), id);
        let [low, median, high] = [5, 50, 95].map(|percent| shown(id, spread.at(percent)));
        writeln!(page, "| {name} | worst minute, as monitored | {published} | – | {low} | {median} | {high} |")
            .unwrap();
    }
    for (name, outcomes) in &all {
        let twice = outcomes.iter().map(|outcome| {
            let amount = |id| outcome.value(id).amount().unwrap();
            amount("consumed") - amount("produced")
        });
        let (least, most) = (twice.clone().min().unwrap(), twice.max().unwrap());
        writeln!(page, "| {name} | really read, of 2,250,000 | – | all | all | all | all |").unwrap();
        writeln!(page, "| {name} | read twice (least, most) | – | – | {least} | | {most} |").unwrap();
    }
    page.push_str(EQUALLY);
    for (name, title) in BESIDE {
        writeln!(page, "\n### {title}\n\n`scenarios/{name}.yaml`\n").unwrap();
        page.push_str("| group | oldest record | mean of that minute | unread, mean partition | longest pause | rebalances | as monitored |\n|---|---|---|---|---|---|---|\n");
        for (variant, outcomes) in outcomes(name, SEEDS_BESIDE) {
            let [oldest, mean, unread, pause, rebalances, share] = [
                "latency-max",
                "monitored-latency-mean",
                "unowned-mean",
                "pause-longest",
                "rebalances",
                "monitored-share",
            ]
            .map(|id| Spread::of(&outcomes, id).at(50));
            let [oldest, mean, unread, pause] = [oldest, mean, unread, pause].map(seconds);
            let share = percent(share);
            writeln!(page, "| {variant} | {oldest} | {mean} | {unread} | {pause} | {rebalances} | {share} |").unwrap();
        }
    }
    page
}

const HEAD: &str = "\
# Seed 000: published, simulated, treated equally

The project began with a measurement: a group whose members take numbered slots in ZooKeeper and compute a fixed
assignment came through a restart with 100 % where the standard group showed 89 % (jhollandus/static-group). This page is
made from the simulator by `crates/cli/tests/it/seed_000.rs`, which also holds it to the published figures.

## As published

200 seeds of `scenarios/static-group-as-published.yaml`. One set of assumptions, the same for every figure:

- eight Java processes that start at once share a laptop: all are ready 9 to 13 s after the kill, the container included;
  a second passes from an assignment to the first record in a cold JVM;
- a Python process needs 4.2 to 7.2 s from its exit to its first record, the container and the look-up of Kafka's
  coordinator included; eight that start at the same moment come up together;
- the restart comes at any moment of the consumers' timers: fifteen seconds are drawn from;
- everything else is configuration: a shell that swallows SIGTERM, ten seconds of grace, sessions of ten seconds,
  commits each five, reports to the monitor each fifteen.

The 89 % are lost *monitoring* data, of processes that were killed before they had reported: every record was read. The
oldest record of the static arm has a long tail: who comes back takes the lowest free slot, so that one that was freed
early may be taken late.

";

const EQUALLY: &str = "
## Treated equally

Medians of 20 seeds. Everybody has the start-up of the static arm, everybody gets the same signal.
";

const BESIDE: [(&str, &str); 6] = [
    (
        "static-group-treated-equally",
        "The published restart, clean for everybody (Kafka 2.3, sessions of 10 s, no initial delay)",
    ),
    (
        "static-group-with-defaults-of-4.3",
        "The same with the defaults of Kafka 4.3 (sessions of 45 s, initial delay of 3 s)",
    ),
    ("static-group-killed", "SIGKILL to all at once (Kafka 2.3, sessions of 10 s)"),
    ("static-group-killed-with-defaults-of-4.3", "The same with the defaults of Kafka 4.3 (sessions of 45 s)"),
    ("static-group-rolling", "A StatefulSet, one pod after the other (Kafka 4.3)"),
    ("static-group-in-production", "64 members, 1,024 partitions, all at once and clean (Kafka 4.3)"),
];

#[test]
fn the_page_is_fresh() {
    let path = root().join("reports/seed-000/published-simulated-treated-equally.md");
    let fresh = page();
    if std::env::var_os("WRITE_REPORTS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), fresh, "write it anew: run this test with WRITE_REPORTS=1");
}
