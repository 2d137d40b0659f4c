//! Commands, options, exit codes, and the files that are written.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use crate::{rehearsal, rehearsal_in, root, scratch};

const GOOD: &str =
    "question: How long?\ntopics: {orders: 6}\nmembers: {count: 3, name: web}\nevents: [{at: 30s, kill: web-1}]\n";

#[test]
fn without_arguments_there_is_help_and_with_wrong_ones_exit_code_2() {
    assert_eq!(rehearsal(&[]).code, Some(2));
    assert_eq!(rehearsal(&["--seeds", "5..1", "x.yaml"]).code, Some(2));
    assert_eq!(rehearsal(&["--seed", "1", "--seeds", "1..2", "x.yaml"]).code, Some(2));
    let help = rehearsal(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("Exit codes: 0 good; 1"), "{}", help.out);
}

#[test]
fn an_expectation_that_fails_is_quoted_and_makes_exit_code_1() {
    let directory = scratch("expectation");
    fs::write(directory.join("a.yaml"), format!("{GOOD}expect:\n  all:\n    members-affected: 99\n")).unwrap();
    let ran = rehearsal_in(&directory, &["a.yaml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("a.yaml:7:23") && ran.err.contains("members-affected: 99"), "{}", ran.err);
    fs::write(directory.join("b.yaml"), format!("{GOOD}expect:\n  all:\n    happens: the end of the world\n")).unwrap();
    let ran = rehearsal_in(&directory, &["b.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("`the end of the world` never happened"), "{}", ran.err);
}

#[test]
fn quiet_says_nothing_and_json_says_nothing_else() {
    let directory = scratch("quiet");
    fs::write(directory.join("a.yaml"), GOOD).unwrap();
    let quiet = rehearsal_in(&directory, &["--quiet", "a.yaml"]);
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.err.as_str()), (Some(0), "", ""));
    let json = rehearsal_in(&directory, &["--json", "a.yaml"]);
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["question"], "How long?");
}

#[test]
fn a_report_appears_whole_and_a_bad_scenario_leaves_nothing() {
    let directory = scratch("reports");
    fs::write(directory.join("good.yaml"), GOOD).unwrap();
    fs::write(directory.join("bad.yaml"), "topics: 5\n").unwrap();
    let ran = rehearsal_in(&directory, &["--report", "out/here", "good.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let names = |folder: &str| {
        let entries = fs::read_dir(directory.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<String>>()
    };
    assert_eq!(names("out/here"), ["good", "good.html", "good.md"].map(str::to_owned).into());
    for file in ["good.md", "good.html", "good/figures.json"] {
        assert!(fs::read_to_string(directory.join("out/here").join(file)).unwrap().contains("How long?"), "{file}");
    }
    for (file, text) in [("good/waiting.svg", "old"), ("good/mine.txt", "mine"), ("good/figures.csv", "old")] {
        fs::write(directory.join("out/here").join(file), text).unwrap();
    }
    let ran = rehearsal_in(&directory, &["--report", "out/here", "good.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let within = names("out/here/good");
    assert!(!within.contains("waiting.svg"), "what an earlier report said and this one does not is gone");
    assert!(within.contains("mine.txt"), "what is not ours stays");
    assert_ne!(fs::read_to_string(directory.join("out/here/good/figures.csv")).unwrap(), "old");
    let ran = rehearsal_in(&directory, &["--report", "nowhere", "good.yaml", "bad.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(!directory.join("nowhere").exists());
    fs::write(directory.join("file"), "").unwrap();
    let ran = rehearsal_in(&directory, &["--report", "file", "good.yaml"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("cannot write reports to `file`"), "{}", ran.err);
}

#[test]
fn seeds_give_a_distribution_and_a_seed_overrules_the_file() {
    let directory = scratch("seeds");
    fs::write(directory.join("a.yaml"), GOOD).unwrap();
    let ran = rehearsal_in(&directory, &["--seeds", "1..5", "a.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("5 seeds"), "{}", ran.out);
    let ran = rehearsal_in(&directory, &["explain-plan", "--seed", "77", "a.yaml"]);
    assert!(
        ran.out.lines().any(|line| line.starts_with("seed") && line.contains("77") && line.contains("command line")),
        "{}",
        ran.out
    );
}

#[test]
fn variants_can_be_chosen_and_an_unknown_one_is_refused() {
    let file = "scenarios/kill-one-of-three.yaml";
    let ran = rehearsal(&["--variant", "static", "--json", file]);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(value["variants"].as_array().unwrap().len(), 1);
    let ran = rehearsal(&["--variant", "statik", file]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("has no variant `statik`; there are `dynamic`, `static`"), "{}", ran.err);
}

#[test]
fn new_writes_a_starter_that_runs_and_never_over_a_file() {
    let directory = scratch("new");
    assert_eq!(rehearsal_in(&directory, &["new", "first"]).code, Some(0));
    let ran = rehearsal_in(&directory, &["first.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let before = fs::read_to_string(directory.join("first.yaml")).unwrap();
    assert_eq!(rehearsal_in(&directory, &["new", "first.yaml"]).code, Some(2));
    assert_eq!(fs::read_to_string(directory.join("first.yaml")).unwrap(), before);
    assert_eq!(rehearsal_in(&directory, &["new", "second", "--from", "rolling-restart"]).code, Some(0));
    let shipped = fs::read_to_string(root().join("scenarios/rolling-restart.yaml")).unwrap();
    assert_eq!(fs::read_to_string(directory.join("second.yaml")).unwrap(), shipped);
}

#[test]
fn list_and_schema_print_what_there_is() {
    let list = rehearsal(&["list"]).out;
    let is_question = |line: &str| line.starts_with("  crash-loop ") && line.ends_with('?');
    assert!(list.lines().any(is_question), "what reproduces nothing stands there with its question: {list}");
    assert!(list.starts_with("seed 000\n") && list.contains("\nothers\n"), "{list}");
    for words in [["list", "seed", "001"].as_slice(), &["list", "Seed-001"]] {
        let list = rehearsal(words).out;
        let names: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names, ["kill-one-of-three", "one-of-three-returns", "rolling-restart-session-too-short"]);
    }
    assert!(rehearsal(&["list", "static-group"]).out.contains("static-group-killed "));
    let nothing = rehearsal(&["list", "seed 999"]);
    assert!(nothing.code == Some(2) && nothing.err.contains("seed 999"), "{}", nothing.err);
    let schema: serde_json::Value = serde_json::from_str(&rehearsal(&["schema"]).out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(rehearsal(&["schema", "--markdown"]).out.contains("| `session.timeout.ms` |"));
}

#[test]
fn shells_and_manual_readers_are_served() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(rehearsal(&["completions", shell]).out.contains("explain-plan"), "{shell}");
    }
    assert!(rehearsal(&["man"]).out.contains("exit codes") || rehearsal(&["man"]).out.contains("Exit codes"));
}

#[test]
fn standard_input_is_a_scenario_named_by_a_dash() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rehearsal"))
        .args(["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), GOOD.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "-: good, 1 variant\n");
}

#[test]
fn a_pipe_that_closes_is_no_panic() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rehearsal"))
        .args(["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One byte of far more than a pipe holds, and the reader is gone.
    let mut byte = [0];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut byte).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}
