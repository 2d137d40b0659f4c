//! Stories, advice, tables of administrators' tools and traces: of hand-made groups, with names that mean harm.

use std::collections::BTreeMap;

use protocol::{SimDuration, SimTime, TopicName, TopicPartition};
use report::{
    Advice, Change, Comparison, DescribedGroup, DescribedOne, DescribedTable, Detail, Improvement, Shown,
    TerminalOptions, describe, json, log_line, markdown, terminal, trace_json, why_json, why_terminal,
};
use timeline::story::{Cause, MemberStory, Owned, PartitionStory, Phase, Rebalance, Span, Story};
use timeline::{MemberIndex, Value};

use crate::outcomes::{comparison, static_range};

fn at(seconds: u64) -> SimTime {
    SimTime::from_secs(seconds)
}

/// Two members with this name, a partition, and a rebalance.
fn story(name: &str) -> Story {
    let span = |from: u64, to: u64, phase: Phase| Span { from: at(from), to: at(to), phase };
    let spans = vec![span(0, 5, Phase::Consuming), span(5, 8, Phase::Joining), span(8, 20, Phase::Consuming)];
    let member = MemberStory { name: name.to_owned(), spans };
    let owned = |from: u64, to: u64| Owned { from: at(from), to: at(to), member: MemberIndex(0) };
    let partition = PartitionStory {
        partition: TopicPartition::new(TopicName::new("orders"), 0),
        born: at(0),
        spans: vec![owned(0, 5), owned(8, 20)],
    };
    let rebalance = Rebalance {
        number: 1,
        began: at(5),
        decided: at(7),
        ended: at(8),
        cause: Cause::Left,
        trigger: format!("{name} left"),
        culprit: Some(MemberIndex(1)),
        waited_for: Some(MemberIndex(0)),
        last: Some(MemberIndex(0)),
        pauses: 1,
        unread: SimDuration::from_secs(3),
        ..Rebalance::default()
    };
    let members = vec![member.clone(), member];
    Story { end: at(20), members, partitions: vec![partition], rebalances: vec![rebalance], ..Story::default() }
}

fn advice(name: &str) -> Advice {
    let change = |before: u64, after: u64| Change {
        measure: "rebalances",
        before: Value::Count(before),
        after: Value::Count(after),
    };
    let improvement = Improvement {
        what: format!("static members of {name}"),
        overlay: "members:\n  group.instance.id: \"{name}\"\n".to_owned(),
        better: vec![change(240, 0)],
        worse: vec![change(0, 1)],
        costs: vec!["Names must stay.".to_owned()],
    };
    Advice {
        variant: name.to_owned(),
        findings: vec![format!("{name} caused it.")],
        tried: vec!["static members".to_owned()],
        improvements: vec![improvement],
    }
}

fn advised(name: &str) -> Comparison {
    Comparison { advice: vec![advice(name)], ..comparison(vec![static_range()]) }
}

const NAMES: [&str; 6] = [
    "<script>alert(1)</script>",
    "a\nb\r\n```\n# c",
    "\u{202e}gnp.exe\u{2066}",
    "\u{1b}[2J",
    "a|b `code` **bold** @everyone [x](http://y)",
    "",
];

fn hostile() -> Vec<String> {
    NAMES.iter().map(|name| (*name).to_owned()).chain(["x".repeat(10_000)]).collect()
}

/// Nothing that a terminal obeys, and no line without end.
fn is_harmless(text: &str, widest: usize) {
    let obeyed =
        |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    assert_eq!(text.chars().find(|c| obeyed(*c)), None, "{text}");
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(width <= widest, "{width}: {text}");
}

#[test]
fn stories_are_told_whatever_members_are_called() {
    for name in hostile() {
        for shown in [Shown::Summary, Shown::Every, Shown::One(1), Shown::One(7)] {
            is_harmless(&why_terminal(&name, &story(&name), Some(&advice(&name)), shown, 80), 250);
        }
        let story = story(&name);
        let rebalances: Vec<&Rebalance> = story.rebalances.iter().collect();
        let json = why_json(&name, &story, &rebalances, Some(&advice(&name)));
        assert_eq!(json["rebalances"][0]["culprit"], name.as_str(), "JSON keeps names whole");
    }
}

#[test]
fn traces_and_logs_hold_names_that_are_fit_to_be_shown() {
    for name in hostile() {
        let trace = trace_json(&name, &story(&name));
        is_harmless(&trace, usize::MAX);
        let document: serde_json::Value = serde_json::from_str(&trace).unwrap();
        assert!(document["traceEvents"].as_array().unwrap().len() > 8);
        is_harmless(&log_line(at(1), &name, &format!("Adding new member {name}")), 4_100);
    }
}

#[test]
fn tables_of_tools_keep_their_columns_whatever_names_hold() {
    let partition = TopicPartition::new(TopicName::new("orders"), 0);
    for name in hostile() {
        let member = DescribedOne {
            id: name.clone(),
            instance: name.clone(),
            host: name.clone(),
            client: name.clone(),
            assignment: vec![partition.clone()],
            ..DescribedOne::default()
        };
        let group = DescribedGroup {
            group: name.clone(),
            state: "Stable".to_owned(),
            members: vec![member],
            committed: BTreeMap::from([(partition.clone(), 3)]),
            ends: BTreeMap::from([(partition.clone(), 5)]),
            ..DescribedGroup::default()
        };
        for table in [DescribedTable::Offsets, DescribedTable::Members, DescribedTable::State] {
            for (verbose, is_old) in [(false, false), (true, false), (true, true)] {
                let described = describe(&group, table, verbose, is_old);
                is_harmless(&described.out, 1_500);
                assert_eq!(described.out.lines().count(), 3, "an empty line, titles, one row: {}", described.out);
            }
        }
    }
}

#[test]
fn notes_about_the_groups_state_are_kafkas() {
    let note = |state: &str| {
        let group = DescribedGroup { group: "g".to_owned(), state: state.to_owned(), ..DescribedGroup::default() };
        describe(&group, DescribedTable::State, false, false).err
    };
    assert_eq!(note("Dead"), "\nError: Consumer group 'g' does not exist.\n");
    assert_eq!(note("Empty"), "\nConsumer group 'g' has no active members.\n");
    assert_eq!(note("Reconciling"), "\nWarning: Consumer group 'g' is rebalancing.\n");
    assert_eq!(note("Stable"), "");
}

#[test]
fn advice_stands_in_every_format_and_keeps_their_shape() {
    let text = terminal(&advised("eager"), TerminalOptions::default());
    assert!(text.contains("rebalances 0 instead of 240."), "{text}");
    let page = markdown(&advised("eager"), Detail::Headlines);
    assert!(page.contains("### What would be better than eager"), "{page}");
    let document: serde_json::Value = serde_json::from_str(&json(&advised("eager"))).unwrap();
    assert_eq!(document["advice"][0]["improvements"][0]["better"][0]["after"], 0);
    for name in hostile() {
        is_harmless(&terminal(&advised(&name), TerminalOptions::default()), 250);
        let page = markdown(&advised(&name), Detail::Headlines);
        assert_eq!(page.matches("```").count(), 2, "one fenced piece: {page}");
        assert!(!page.contains("<script>") && !page.contains("@everyone") && !page.contains("](http"), "{page}");
    }
}
