//! `rehearsal explain`: why a group rebalanced, and what would have been better.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::{Ran, rehearsal, rehearsal_in, root, scratch};

fn explain(arguments: &[&str]) -> Ran {
    rehearsal(&[&["explain"], arguments].concat())
}

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/explain" }, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn a_group_is_explained_variant_by_variant_with_advice_that_was_run() {
    let ran = explain(&["scenarios/kill-one-of-three.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    snapshot!("kill-one-of-three", ran.out);
    let ran = explain(&["scenarios/rebalance-longer-than-timeout.yaml", "--variant", "timeout of 30 s"]);
    snapshot!("rebalance-longer-than-timeout", ran.out);
}

#[test]
fn one_rebalance_is_told_moment_by_moment() {
    let slow = ["scenarios/slow-revoke.yaml", "--variant", "eager", "--rebalance", "2"];
    snapshot!("slow-revoke-2", explain(&slow).out);
    let modern = ["scenarios/slow-revoke.yaml", "--variant", "consumer protocol", "--at", "06:01"];
    snapshot!("slow-revoke-consumer-protocol", explain(&modern).out);
    let followed = ["scenarios/slow-revoke.yaml", "--variant", "cooperative", "--all"];
    snapshot!("slow-revoke-all", explain(&followed).out);
}

#[test]
fn what_scripts_read_says_the_same() {
    let ran = explain(&["scenarios/slow-revoke.yaml", "--variant", "cooperative", "--json"]);
    snapshot!("slow-revoke-json", ran.out);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rebalances = json["variants"][0]["rebalances"].as_array().unwrap();
    for one in rebalances {
        let split: f64 = one["split"].as_object().unwrap().values().map(|part| part.as_f64().unwrap()).sum();
        let length = one["ended_ms"].as_f64().unwrap() - one["began_ms"].as_f64().unwrap();
        assert!((split - length).abs() < 1e-3, "{one}");
    }
    assert!(rebalances.iter().any(|one| one["follows"].is_u64()));
}

#[test]
fn a_comparison_brings_advice_if_it_is_asked_for() {
    let file = "scenarios/slow-revoke.yaml";
    let folder = scratch("explain-advice");
    let ran = rehearsal(&[file, "--variant", "eager", "--advice", "--report", folder.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("1. the cooperative-sticky assignor"), "{}", ran.out);
    let page = std::fs::read_to_string(folder.join("slow-revoke.md")).unwrap();
    assert!(page.contains("### What would be better than eager") && page.contains("```yaml"), "{page}");
    let ran = rehearsal(&[file, "--advice", "--seeds", "1..2"]);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn standard_input_can_be_advised_on_although_it_is_read_once() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
    let command = command.args(["explain", "-"]).env("NO_COLOR", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(HOSTILE.as_bytes()).unwrap();
    let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(out.contains("that was tried") || out.contains("What would have been better"), "{out}");
}

#[test]
fn what_is_not_there_is_one_clear_message() {
    let file = "scenarios/slow-revoke.yaml";
    for (arguments, expected) in [
        (
            &[file, "--variant", "x"][..],
            "scenarios/slow-revoke.yaml has no variant `x`; there are `eager`, `cooperative`",
        ),
        (&[file, "--rebalance", "1"], "which variant is it about? Say --variant with one of `eager`"),
        (&[file, "--variant", "eager", "--rebalance", "99"], "there is no rebalance 99: those of `eager` are 1 to 3"),
        (&[file, "--variant", "eager", "--rebalance", "0"], "there is no rebalance 0: those of `eager` are 1 to 3"),
        (&[file, "--variant", "eager", "--at", "99h"], "is after the end of the run"),
        (&[file, "--variant", "eager", "--at", "1ns"], "no rebalance had begun by"),
        (&[file, "--at", "soon"], "expected a time since the start, such as 75s, 1m15s or 01:15"),
        (&["no.yaml"], "cannot read `no.yaml`"),
    ] {
        let ran = explain(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(expected), "{arguments:?}: {}", ran.err);
    }
}

/// Names that mean harm: HTML and turned writing. (Kafka allows neither in the names of topics and clients.)
pub(crate) const HOSTILE: &str = r#"
topics: {orders: 4}
group: "<script>alert(1)</script>\u202e"
members: {count: 3, session.timeout.ms: 10000}
producers: {rate: 100/s}
events: [{at: 1m, kill: member-0}, {at: 2m, start: member-0}]
until: 3m
compare: {"<img src=x onerror=alert(1)>|`x`\u202e": {}}
"#;

#[test]
fn names_that_mean_harm_are_shown_as_text() {
    let folder = scratch("explain-hostile");
    std::fs::write(folder.join("hostile.yaml"), HOSTILE).unwrap();
    for arguments in [&["explain", "hostile.yaml"][..], &["explain", "hostile.yaml", "--rebalance", "2"]] {
        let ran = rehearsal_in(&folder, arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.out.contains("<img src=x onerror=alert(1)>"), "{}", ran.out);
        assert!(!ran.out.contains('\u{202e}') && !ran.out.contains('\u{1b}'), "{}", ran.out);
        assert!(ran.out.lines().all(|line| line.chars().count() < 250), "{}", ran.out);
    }
}

/// The words of a command line; quotes hold together what is in them.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<String>>(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// Complains unless every quoted line stands in what was printed, in this order. A line may end in an ellipsis early,
/// and lines of nothing else stand for any number of lines; others follow each other without a gap.
fn is_quoted(quote: &str, printed: &str) -> Result<(), String> {
    let mut rest = printed.lines();
    let mut gap = false;
    for line in quote.lines() {
        let (start, is_cut) = line.strip_suffix('…').map_or((line, false), |start| (start.trim_end(), true));
        if start.is_empty() && is_cut {
            gap = true;
            continue;
        }
        let fits = |there: &str| if is_cut { there.starts_with(start) } else { there == line };
        let found = if gap { rest.any(fits) } else { rest.next().is_some_and(fits) };
        if !found {
            return Err(format!("this is no longer printed there:\n{line}"));
        }
        gap = is_cut;
    }
    Ok(())
}

#[test]
fn what_is_quoted_is_what_is_printed() {
    let page = fs::read_to_string(root().join("docs/why.md")).unwrap();
    let mut printed: BTreeMap<String, String> = BTreeMap::new();
    let blocks: Vec<&str> = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3, "the examples have gone");
    for block in blocks {
        let (command, quote) = block.split_once('\n').unwrap();
        let arguments = words(command.strip_prefix("$ rehearsal ").unwrap_or_else(|| panic!("no command: {command}")));
        let out = printed.entry(command.to_owned()).or_insert_with(|| {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            rehearsal(&arguments).out
        });
        is_quoted(quote, out).unwrap_or_else(|wrong| panic!("docs/why.md, {command}: {wrong}\n\n{out}"));
    }
}
