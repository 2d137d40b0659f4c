//! What Kafka's users read: the tables of `kafka-consumer-groups.sh`, logs, traces.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::explain::HOSTILE;
use crate::{rehearsal, rehearsal_in, scratch};

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/forms" }, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn a_classic_group_is_described_in_kafkas_tables() {
    let file = "scenarios/catch-up.yaml";
    let mut shown = String::new();
    for options in [&[][..], &["--members"], &["--members", "--verbose"], &["--state"], &["--state", "--verbose"]] {
        let arguments = [&["describe", file, "--variant", "three members", "--at", "75s"], options].concat();
        let ran = rehearsal(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        shown += &format!("$ {}\n{}{}", options.join(" "), ran.err, ran.out);
    }
    snapshot!("describe-classic", shown);
}

#[test]
fn a_consumer_group_shows_epochs_and_targets_and_that_it_is_rebalancing() {
    let file = "scenarios/slow-revoke.yaml";
    let mut shown = String::new();
    for (at, options) in [
        ("06:02", &["--members", "--verbose"][..]),
        ("06:02", &["--state", "--verbose"]),
        ("1s", &["--state"]),
        ("1ms", &["--members"]),
    ] {
        let arguments = [&["describe", file, "--variant", "consumer protocol", "--at", at], options].concat();
        let ran = rehearsal(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        shown += &format!("$ {at} {}\n{}{}", options.join(" "), ran.err, ran.out);
    }
    snapshot!("describe-consumer", shown);
}

#[test]
fn what_cannot_be_described_is_one_clear_message() {
    for (arguments, expected) in [
        (&["describe", "scenarios/slow-revoke.yaml"][..], "--at <TIME>"),
        (&["describe", "scenarios/slow-revoke.yaml", "--at", "99h"], "is after the end of the run of `eager`"),
        (&["describe", "scenarios/slow-revoke.yaml", "--at", "1s", "--variant", "x"], "has no variant `x`"),
        (&["describe", "scenarios/slow-revoke.yaml", "--at", "1s", "--members", "--state"], "cannot be used with"),
        (&["trace", "scenarios/slow-revoke.yaml"], "a trace is of one variant: say --variant with one of `eager`"),
        (&["log", "scenarios/slow-revoke.yaml", "--from", "x"], "expected a time since the start"),
    ] {
        let ran = rehearsal(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(expected), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn the_log_tells_a_rebalance_in_kafkas_words() {
    let file = "scenarios/kill-one-of-three.yaml";
    let ran = rehearsal(&["log", file, "--variant", "dynamic", "--from", "60s", "--to", "80s"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    snapshot!("log-kill", without_ids(&ran.out));
    let ran = rehearsal(&["log", file, "--variant", "static", "--broker", "--to", "10s"]);
    snapshot!("log-start-static", without_ids(&ran.out));
    assert!(ran.out.lines().all(|line| line[9..].trim_start().starts_with("broker ")), "{}", ran.out);
    let java = ["log", "scenarios/catch-up.yaml", "--variant", "three members", "--to", "10s"];
    let ran = rehearsal(&java);
    assert!(
        ran.out.contains("(Re-)joining group") && ran.out.contains("Adding newly assigned partitions: "),
        "{}",
        ran.out
    );
    snapshot!("log-start-java", without_ids(&ran.out));
    let ran =
        rehearsal(&["log", "scenarios/network-cut.yaml", "--variant", "session 10 s", "--from", "2m", "--to", "2m36s"]);
    let cut_off: String =
        ran.out.lines().filter(|line| line.contains("clientId=web-0")).map(|line| format!("{line}\n")).collect();
    snapshot!("log-cut", without_ids(&cut_off));
}

/// Member ids end in drawn uuids, which say nothing to a reader.
fn without_ids(text: &str) -> String {
    let is_uuid = |text: &str| {
        let is_dash = |place: usize| matches!(place, 8 | 13 | 18 | 23);
        text.bytes()
            .enumerate()
            .all(|(place, byte)| if is_dash(place) { byte == b'-' } else { byte.is_ascii_hexdigit() })
    };
    let mut shown = String::new();
    let mut rest = text;
    while let Some(place) =
        rest.char_indices().map(|(place, _)| place).find(|place| rest.get(*place..*place + 36).is_some_and(is_uuid))
    {
        shown += &rest[..place];
        shown += "UUID";
        rest = &rest[place + 36..];
    }
    shown + rest
}

#[test]
fn a_comparison_writes_log_and_trace_as_the_commands_print_them() {
    let directory = scratch("log-and-trace");
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let (file, one) = ("scenarios/slow-revoke.yaml", ["--variant", "eager"]);
    let ran = rehearsal(&[&[file, "-q", "--log", &path("a.log"), "--trace", &path("a.json")], &one[..]].concat());
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
    for (name, command) in [("a.log", "log"), ("a.json", "trace")] {
        let printed = rehearsal(&[&[command, file], &one[..]].concat()).out;
        assert!(!printed.is_empty());
        assert_eq!(fs::read_to_string(directory.join(name)).unwrap(), printed);
    }
    let ran = rehearsal(&[file, "-q", "--log", &path("all.log")]);
    assert_eq!(
        (ran.code, fs::read_to_string(directory.join("all.log")).unwrap()),
        (Some(0), rehearsal(&["log", file]).out)
    );
    let nowhere = path("nowhere/a.log");
    let (trace, log) = (path("b.json"), path("b.log"));
    for (arguments, part) in [
        (vec![file, "--trace", &trace], "a trace is of one variant: say --variant with one of `eager`"),
        (vec![file, "scenarios/crash-loop.yaml", "--log", &log], "name one file"),
        (vec![file, "--log", &nowhere], "cannot write `"),
        (vec![file, "--log", &log, "--seeds", "1..2"], "--seeds"),
    ] {
        let ran = rehearsal(&arguments);
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{arguments:?}");
        assert!(ran.err.contains(part), "{}", ran.err);
    }
    let left: Vec<String> =
        fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// The trace of a variant.
fn trace(file: &str, variant: &str) -> Vec<Value> {
    let ran = rehearsal(&["trace", file, "--variant", variant]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    document["traceEvents"].as_array().unwrap().clone()
}

#[test]
fn traces_are_sorted_their_slices_do_not_overlap_and_their_arrows_bind() {
    for (file, variant) in [
        ("scenarios/slow-revoke.yaml", "eager"),
        ("scenarios/slow-revoke.yaml", "consumer protocol"),
        ("scenarios/kill-one-of-three.yaml", "dynamic"),
        ("scenarios/crash-loop.yaml", "static"),
    ] {
        let events = trace(file, variant);
        let number = |event: &Value, key: &str| event[key].as_f64().unwrap();
        let track = |event: &Value| (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let times: Vec<f64> = events.iter().map(|event| number(event, "ts")).collect();
        assert!(times.is_sorted(), "{file}");
        let mut slices: BTreeMap<(u64, u64), Vec<(f64, f64)>> = BTreeMap::new();
        for event in events.iter().filter(|event| event["ph"] == "X") {
            let (from, length) = (number(event, "ts"), number(event, "dur"));
            assert!(length > 0.0, "{event}");
            slices.entry(track(event)).or_default().push((from, from + length));
        }
        for (track, slices) in &slices {
            let apart = slices.windows(2).all(|pair| pair[0].1 <= pair[1].0 + 0.01);
            assert!(apart, "{file}, {track:?}: {slices:?}");
        }
        let mut arrows: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
        for event in events.iter().filter(|event| event["ph"] == "s" || event["ph"] == "f") {
            let at = number(event, "ts");
            let is_inside = |(from, to): &(f64, f64)| *from <= at + 0.01 && at < *to + 0.01;
            assert!(slices[&track(event)].iter().any(is_inside), "{file}: {event} is in no slice");
            arrows.entry(event["id"].as_u64().unwrap()).or_default().push(event);
        }
        assert!(arrows.len() > 2, "{file}");
        for (id, ends) in arrows {
            let phases: Vec<&str> = ends.iter().map(|end| end["ph"].as_str().unwrap()).collect();
            assert_eq!(phases, ["s", "f"], "{file}: arrow {id}");
        }
    }
}

#[test]
fn names_that_mean_harm_do_no_harm_in_any_form() {
    let folder = scratch("forms-hostile");
    std::fs::write(folder.join("hostile.yaml"), HOSTILE).unwrap();
    for arguments in [
        &["describe", "hostile.yaml", "--at", "30s"][..],
        &["describe", "hostile.yaml", "--at", "30s", "--state"],
        &["log", "hostile.yaml"],
        &["trace", "hostile.yaml"],
    ] {
        let ran = rehearsal_in(&folder, arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
        assert!(!ran.out.contains('\u{202e}') && !ran.out.contains('\u{1b}'), "{arguments:?}: {}", ran.out);
    }
}

#[test]
fn metrics_stand_under_the_names_of_their_sources() {
    let file = "scenarios/kill-one-of-three.yaml";
    let ran = rehearsal(&["metrics", file, "--variant", "dynamic", "--at", "95s"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    snapshot!("metrics-kill", ran.out);
    let modern = ["metrics", "scenarios/slow-revoke.yaml", "--variant", "consumer protocol", "--at", "06:10", "--json"];
    let json: Value = serde_json::from_str(&rehearsal(&modern).out).unwrap();
    let value = |name: &str| {
        let metric = json.as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap();
        metric["values"][0]["value"].as_f64().unwrap()
    };
    let bumps = value("kafka_server_group_coordinator_metrics_consumer_group_rebalance_count");
    let completed = value("kafka_server_group_coordinator_metrics_group_completed_rebalance_count");
    assert!(bumps > 20.0 && completed == 0.0, "{bumps} {completed}");
    assert!((value("rehearsal_generation") - bumps).abs() <= 2.0);
}
