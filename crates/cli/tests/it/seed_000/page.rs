//! The page in `reports/seed-000`: published, simulated, treated equally. Every figure on it comes from runs.

use std::fmt::Write;
use std::fs;

use super::published::{Of, PUBLISHED, SEEDS, all};
use super::rig::ROWS;
use super::{Ran, Spread, runs, seconds, shown, variant};
use crate::root;

/// Seeds of each comparison beside the published one.
const SEEDS_BESIDE: u64 = 20;

/// A scenario, what it is, and what is told of it: measures, and what they are called on the page.
type Beside = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Comparisons: the scenario, what it is, and what is told of it.
const BESIDE: [Beside; 7] = [
    (
        "static-group-treated-equally",
        "The published restart, clean for everybody (Kafka 2.3, sessions of 10 s, no initial delay)",
        &LATENCY,
    ),
    (
        "static-group-with-defaults-of-4.3",
        "The same with the defaults of Kafka 4.3 (sessions of 45 s, initial delay of 3 s)",
        &LATENCY,
    ),
    ("static-group-killed", "SIGKILL to all at once (Kafka 2.3, sessions of 10 s)", &LATENCY),
    (
        "static-group-killed-with-defaults-of-4.3",
        "The same with the defaults of Kafka 4.3 (sessions of 45 s)",
        &LATENCY,
    ),
    ("static-group-rolling", "A StatefulSet, one pod after the other (Kafka 4.3)", &LATENCY),
    ("static-group-in-production", "64 members, 1,024 partitions, all at once and clean (Kafka 4.3)", &LATENCY),
    ("static-group-scaled", "From 8 members to 16 and back (Kafka 4.3)", &MOVES),
];

const LATENCY: [(&str, &str); 7] = [
    ("latency-max", "oldest record"),
    ("monitored-latency-mean", "mean of that minute"),
    ("unowned-mean", "unread, mean partition"),
    ("pause-longest", "longest pause"),
    ("rebalances", "rebalances"),
    ("members-affected", "bystanders"),
    ("monitored-share", "as monitored"),
];

const MOVES: [(&str, &str); 7] = [
    ("latency-max", "oldest record"),
    ("unowned-mean", "unread, mean partition"),
    ("rebalances", "rebalances"),
    ("partitions-moved", "partitions moved"),
    ("members-affected", "bystanders"),
    ("double-owned", "read by two at once"),
    ("read-twice", "records read twice"),
];

/// A scenario's name, and its runs by variant.
type Compared = Vec<(&'static str, Vec<(String, Vec<Ran>)>)>;

fn row(page: &mut String, cells: &[&str]) {
    writeln!(page, "| {} |", cells.join(" | ")).unwrap();
}

fn published(page: &mut String) {
    row(page, &["arm", "figure", "published", "its set-up gives", "simulated: 5 %", "median", "95 %", "runs"]);
    page.push_str("|---|---|---|---|---|---|---|---|\n");
    for figure in &PUBLISHED {
        let (spread, id) = (figure.spread(), figure.id);
        let [low, median, high] = [5, 50, 95].map(|percent| shown(id, spread.at(percent)));
        let range = format!("{} … {}", shown(id, figure.range.0), shown(id, figure.range.1));
        let arm = format!("{}{}", figure.variant, figure.of.name());
        let count = spread.len().to_string();
        row(page, &[&arm, figure.what, &shown(id, figure.figure), &range, &low, &median, &high, &count]);
    }
    let others = [
        ("static", Of::Split, "monitored-latency-max", "oldest record", "–"),
        ("static", Of::Split, "monitored-latency-mean", "mean latency of the minute", "–"),
        ("standard", Of::All, "monitored-share-worst", "worst minute, as monitored", "89 %"),
        ("static", Of::All, "monitored-share-worst", "worst minute, as monitored", "100 %"),
        ("standard", Of::All, "read-twice", "records read twice, of 2,250,000", "–"),
        ("static", Of::All, "read-twice", "records read twice, of 2,250,000", "–"),
        ("standard", Of::All, "skipped", "records never read", "0"),
        ("static", Of::All, "skipped", "records never read", "0"),
    ];
    let defaults = "standard with the defaults of 4.3";
    let of_today = ["monitored-latency-max", "monitored-latency-mean", "monitored-share", "read-twice"];
    let names = ["oldest record", "mean latency of the minute", "consumed, as monitored", "records read twice"];
    let of_today = of_today.into_iter().zip(names).map(|(id, what)| (defaults, Of::All, id, what, "–"));
    for (name, of, id, what, published) in others.into_iter().chain(of_today) {
        let spread = Spread::of(variant(all(), name).iter().filter(|ran| of.has(ran)), id);
        let counts = id == "skipped";
        let [low, median, high] = [5, 50, 95]
            .map(|percent| if counts { spread.at(percent).to_string() } else { shown(id, spread.at(percent)) });
        let arm = format!("{name}{}", of.name());
        row(page, &[&arm, what, published, "–", &low, &median, &high, &spread.len().to_string()]);
    }
}

fn rig(page: &mut String) {
    row(page, &["restart", "largest latency on the rig", "simulated", "runs that read about as much twice"]);
    page.push_str("|---|---|---|---|\n");
    for rig in &ROWS {
        let spread = rig.spread();
        let (least, median, most) = (spread.at(5), spread.at(50), spread.at(95));
        let simulated = format!("{} ({} … {})", seconds(median), seconds(least), seconds(most));
        row(page, &[rig.variant, &seconds(rig.oldest), &simulated, &spread.len().to_string()]);
    }
}

/// The median of a measure.
fn median(compared: &Compared, scenario: &str, name: &str, id: &str) -> u64 {
    let (_, variants) = compared.iter().find(|(found, _)| *found == scenario).expect("it was compared");
    Spread::of(variant(variants, name), id).at(50)
}

fn tables(page: &mut String, compared: &Compared) {
    for ((name, title, measures), (_, variants)) in BESIDE.iter().zip(compared) {
        write!(page, "\n### {title}\n\n[{name}](../../scenarios/{name}.yaml)\n\n").unwrap();
        let head: Vec<&str> = ["group"].into_iter().chain(measures.iter().map(|(_, what)| *what)).collect();
        row(page, &head);
        writeln!(page, "|{}", "---|".repeat(head.len())).unwrap();
        for (variant, runs) in variants {
            let values = measures.iter().map(|(id, _)| shown(id, Spread::of(runs, id).at(50)));
            let cells: Vec<String> = std::iter::once(variant.clone()).chain(values).collect();
            row(page, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}

/// What the comparison found, in a paragraph.
fn found(compared: &Compared) -> String {
    let of = |scenario: &str, name: &str, id: &str| {
        shown(id, median(compared, &format!("static-group-{scenario}"), name, id))
    };
    let oldest = |scenario: &str, name: &str| of(scenario, name, "latency-max");
    let equal = "treated-equally";
    let [dynamic, kip, consumer, slots] =
        ["dynamic eager", "KIP-345", "consumer protocol", "slots"].map(|name| oldest(equal, name));
    let killed = ["dynamic eager", "KIP-345", "slots"].map(|name| oldest("killed", name));
    let rolled = ["dynamic eager", "KIP-345", "slots"].map(|name| oldest("rolling", name));
    let bystanders = ["dynamic eager", "KIP-345", "slots"].map(|name| of("rolling", name, "members-affected"));
    let moved = ["cooperative", "slots"].map(|name| of("scaled", name, "partitions-moved"));
    let twice = of("scaled", "slots", "double-owned");
    format!(
        "The published gap is one of stopping, not of coordinating. With the same signal and the same start-up, the oldest \
         record is {dynamic} old in a standard group, {consumer} under the consumer protocol, {kip} with static ids \
         (KIP-345) and {slots} with slots: whoever is back first reads everything in the first two, and each process its \
         own part in the other two. Killed all at once they come to {}, {} (KIP-345) and {} (slots). One pod after the \
         other, where the design should win, it does what it was made for: {} of 8 bystanders are interrupted, {} with \
         static ids, {} in a standard group; but its oldest record is {} old, against {} and {}, because nobody takes over \
         while a process is away. What it costs besides: a process that stops looks once a second whether it may end, and \
         asks for Kafka's coordinator anew, which makes its restart about a second longer than that of a static member; \
         slots are taken lowest first, so a restart may leave one unread far longer than its process was away; from 8 \
         members to 16 and back {} partitions move, where a cooperative group moves {}, and {twice} times a partition has \
         two readers; a hung member keeps its slot for ever; and whoever loses its session with ZooKeeper reads on unfenced, \
         or, as published, never again ([static-group-loses-zookeeper](../../scenarios/static-group-loses-zookeeper.yaml), \
         [static-group-needs-a-scheduler](../../scenarios/static-group-needs-a-scheduler.yaml)).",
        killed[0],
        killed[1],
        killed[2],
        bystanders[2],
        bystanders[1],
        bystanders[0],
        rolled[2],
        rolled[1],
        rolled[0],
        moved[1],
        moved[0]
    )
}

/// The page.
fn page() -> String {
    let compared: Compared = BESIDE.iter().map(|(name, ..)| (*name, runs(name, SEEDS_BESIDE))).collect();
    let mut page = String::from(HEAD);
    page.push_str(&found(&compared));
    page.push_str(AS_PUBLISHED);
    published(&mut page);
    page.push_str(TAIL);
    rig(&mut page);
    page.push_str(EQUALLY);
    tables(&mut page, &compared);
    page
}

const HEAD: &str = "\
# Seed 000: published, simulated, treated equally

The project began with a measurement: a group whose members take numbered slots in ZooKeeper and compute a fixed
assignment came through a restart with 100 % where the standard group showed 89 % (jhollandus/static-group). This page is
made from the simulator by `crates/cli/tests/it/seed_000`, which also holds it to the published figures.

## What it found

";

const AS_PUBLISHED: &str = "

## As published

200 seeds of [static-group-as-published](../../scenarios/static-group-as-published.yaml). One set of assumptions, the same
for every figure:

- eight Java processes that start at once share a laptop: all are ready 9 to 13 s after the kill, the container included;
  a second passes from an assignment to the first record in a cold JVM;
- container and Python need 4 to 7 s, each process its own time, before it makes its consumer and looks for Kafka's
  coordinator (half a second to a second more); at the first start all eight come up within half a second;
- the restart comes at any moment of the consumers' timers: fifteen seconds are drawn from;
- everything else is configuration: a shell that swallows SIGTERM, ten seconds of grace, sessions of ten seconds,
  commits each five, reports to the monitor each fifteen.

The 89 % are lost *monitoring* data, of processes that were killed before they had reported: every record was read.
What its set-up gives is reckoned from the same phases and start-ups, from the 5th to the 95th percentile. A record that
nothing delays took 81 and 65 ms on the laptop and takes 5 ms here, so that much of each mean is not modelled. The lines
with the defaults of 4.3 are the same restart with that broker's initial delay of 3 s and the client's session of 45 s.

";

const TAIL: &str = "
The range for the static arm holds if the members' poll turns of five seconds, which began together, also end together
after the signal. The restart may as well fall between them: the first members then stop at once and the last ones five
seconds later, and all slots are free by the time the first process is back, which takes the lowest. Slots were numbered
in the order of turns, so the one that was freed first is now taken by one that stopped last, and its oldest record is
four to five seconds older. Those runs are the tail, and the published one is not among them.

## On a rig

Whoever took the measurement apart repeated its restarts with small groups and 300 records a second
([static-group-on-a-rig](../../scenarios/static-group-on-a-rig.yaml)); 200 seeds, median (5 % … 95 %). A kill makes the oldest
record older by what was not committed, so runs are compared that read about as much twice.

";

const EQUALLY: &str = "
## Treated equally

Medians of 20 seeds. Every process has the start-up of the static arm, and gets the same signal. The consumer protocol
needs a broker of 4.0 or later; beside Kafka 2.3 it has one of 4.3 with the same session of 10 s.
";

#[test]
fn the_page_is_fresh() {
    assert_eq!(SEEDS, 200, "the page says so");
    let path = root().join("reports/seed-000/published-simulated-treated-equally.md");
    let fresh = page();
    if std::env::var_os("WRITE_REPORTS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), fresh, "write it anew: run this test with WRITE_REPORTS=1");
}
