//! How runs end, and what is said of it: small scenarios that come out of no shipped one.

use std::fs;

use crate::{Ran, rehearsal, scratch};

/// The command with a scenario of this text, before all other arguments.
fn with(name: &str, text: &str, command: &[&str]) -> Ran {
    let file = scratch(name).join("scenario.yaml");
    fs::write(&file, text).unwrap();
    let (first, rest) = command.split_first().unwrap();
    rehearsal(&[&[*first, file.to_str().unwrap()], rest].concat())
}

#[test]
fn the_end_decides_how_the_group_stands_and_not_the_last_describe() {
    let text = r#"
topics: {orders: 6}
members: {count: 3, name: "web-{n}"}
events: [{at: 1m, kill: web-0}, {at: 2m, describe}, {at: 3m, start: web-0}]
until: 5m
expect: {all: {final-members: 3}}
"#;
    let ran = with("last-describe", text, &["compare"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 min 00 s") && ran.out.contains("members   2"), "{}", ran.out);
    assert!(!ran.out.contains("5 min 00 s"), "nobody looked at the end: {}", ran.out);
}

/// A group that dies out and begins again with generation 1: its offsets expire, and so does it.
const DIES_OUT: &str = r#"
topics: {orders: 6}
broker: {offsets.retention.minutes: 1, offsets.retention.check.interval.ms: 60000}
producers: {rate: 10/s}
members: {count: 2, name: "web-{n}", auto.offset.reset: earliest}
events: [{at: 5m, stop: all}, {at: 15m, start: all}]
until: 20m
"#;

#[test]
fn a_group_that_begins_again_rebalances_once_more() {
    let protocol = "members: {group.protocol: consumer}";
    let text = format!("{DIES_OUT}expect: {{all: {{rebalances: 1}}}}\ncompare: {{classic: {{}}}}\n");
    let ran = with("begins-again", &text, &["compare"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let text = format!("{DIES_OUT}expect: {{all: {{rebalances: \">= 1\"}}}}\ncompare: {{consumer: {{{protocol}}}}}\n");
    let ran = with("begins-again-consumer", &text, &["compare"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[test]
fn whoever_committed_is_not_to_blame_for_offsets_that_expired() {
    let ran = with("expired", DIES_OUT, &["compare"]);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("most of them because the committed offsets were no longer there"), "{}", ran.out);
    assert!(!said.contains("gave partitions up") && !said.contains("first of all"), "{}", ran.out);
}

#[test]
fn latencies_of_what_is_read_are_no_merit_where_the_rest_never_is() {
    let text = r#"
topics: {orders: 2, refunds: 2}
producers: {rate: 100/s}
members:
  {count: 2, name: "web-{n}", group.instance.id: "{name}", subscribe: orders, auto.offset.reset: earliest}
events: [{at: 1m, rolling-restart: {every: 20s, down: 5s, change: {subscribe: [orders, refunds]}}}]
until: 6m
compare: {classic: {}, consumer: {members: {group.protocol: consumer}}}
"#;
    let ran = with("never-read", text, &["compare"]);
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("18,000 records of 2 partitions are never read, the oldest of them is 6 min 00 s old"),
        "{said}"
    );
    for row in ["Longest record latency", "p99 record latency", "Longest time to catch up"] {
        let (_, figures) = ran.out.split_once(row).unwrap();
        let classic = figures.split_once(" s").unwrap().1;
        assert!(!classic.trim_start_matches(' ').starts_with('*'), "{row}: {}", ran.out);
        assert!(!said.contains(&format!("“{row}”")), "{said}");
    }
}

#[test]
fn a_coordinator_that_is_not_there_does_not_say_that_the_group_is_not() {
    let text = r#"
topics: {orders: 2}
broker: {cluster-size: 1}
members: {count: 2, name: "web-{n}"}
events: [{at: 1m, kill-broker: 1}]
until: 6m
"#;
    let ran = with("no-coordinator", text, &["describe", "--at", "3m"]);
    assert!(ran.err.contains("No coordinator of consumer group 'group' answers") && ran.out.is_empty(), "{}", ran.err);
    let ran = with("no-coordinator", text, &["metrics", "--at", "3m"]);
    assert!(!ran.out.contains("kafka_consumergroup_members"), "{}", ran.out);
    let ran = with("no-coordinator", text, &["compare"]);
    assert!(ran.code == Some(0) && !ran.out.contains("Final"), "nobody can tell how it stands: {}", ran.out);
    let ran = with("no-coordinator", text, &["metrics", "--at", "30s"]);
    assert!(ran.out.contains("kafka_consumergroup_members"), "{}", ran.out);
}

#[test]
fn epochs_are_logged_in_the_order_in_which_they_are_bumped() {
    let text = r#"
topics: {orders-a: 6}
members:
  - {count: 2, name: "old-{n}", subscribe: {pattern: "orders-.*"}, metadata.max.age.ms: 60000}
  - {name: new-0, group.protocol: consumer, subscribe: {pattern: "orders-.*"}, start: never}
events: [{at: 1m, start: new-0}, {at: 2m, add-topic: {orders-b: 6}}]
until: 3m
"#;
    let ran = with("epochs", text, &["log", "--broker", "--seed", "1"]);
    let bumps = ran.out.lines().filter_map(|line| line.split_once("Bumped group epoch to ")).map(|(_, rest)| rest);
    let epochs: Vec<u32> = bumps.map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(epochs.len() > 2 && epochs.is_sorted(), "{}", ran.out);
}

#[test]
fn a_mistake_of_one_variant_is_shown_in_that_variant() {
    let text = r#"topics: {orders: 2}
members: {count: 2, name: "web-{n}"}
events: [{at: 1m, kill: web-0}]
until: 6m
compare:
  plain: {}
  manual: {members: {application: {commit: sync}}}
"#;
    let ran = with("commits-twice", text, &["check"]);
    assert!(ran.err.contains("commit by themselves") && ran.err.contains("scenario.yaml:7:"), "{}", ran.err);
}
