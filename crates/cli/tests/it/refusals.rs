//! What commands refuse: every refusal is one clear message and exit code 2, and leaves nothing behind.

use std::fs;
use std::path::Path;

use crate::{rehearsal, rehearsal_in, scratch};

/// A recorded sequence with these steps.
fn sequence(steps: &str) -> String {
    let empty = r#""answers":[],"unanswered":[],"states":[],"member_ids":[],"tags":[],"config":{}"#;
    format!(r#"{{"id":"one","end":200,{empty},"steps":[{steps}]}}"#) + "\n"
}

/// Checks that these arguments are refused with a message that says all of `parts`.
fn refused(directory: &Path, arguments: &[&str], parts: &[&str]) {
    let ran = rehearsal_in(directory, arguments);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
    for part in parts {
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn recorded_sequences_that_go_back_in_time_lack_a_timeout_or_never_end() {
    let directory = scratch("refused-sequences");
    let back = r#"{"t":100,"event":"stall"},{"t":99,"event":"resume"}"#;
    let join = r#"{"t":1,"n":1,"req":"JoinGroup","member":"","instance":"i","protocols":[["range",{"topics":["t"]}]]"#;
    for (name, text, part) in [
        ("back", sequence(back), "step 2, at 99 ms, is before the step before it, at 100 ms"),
        ("rebalance", sequence(&format!(r#"{join},"session":10000}}"#)), "a JoinGroup needs `rebalance`"),
        ("session", sequence(&format!(r#"{join},"rebalance":10000}}"#)), "a JoinGroup needs `session`"),
        ("end", sequence("").replace("200", "18446744073709551615"), "`end` is 315360000000 ms at most"),
        ("delay", sequence("").replace("{}", "{\"append_delay_ms\":18446744073709551615}"), "`append_delay_ms` is"),
    ] {
        let file = format!("{name}.jsonl");
        fs::write(directory.join(&file), format!("\n{text}")).unwrap();
        refused(&directory, &["conform", &file], &[part, &format!("{file}, line 2")]);
    }
    for (name, text) in [("empty.jsonl", ""), ("blank.jsonl", "\n \n")] {
        fs::write(directory.join(name), text).unwrap();
        refused(&directory, &["conform", name], &["there are no sequences in", name]);
    }
}

#[test]
fn moments_that_no_clock_shows_and_no_run_has() {
    let file = "scenarios/kill-one-of-three.yaml";
    let one = ["--variant", "dynamic"];
    for (arguments, part) in [
        (&["log", file, "--from", "2m", "--to", "1m"][..], "--from 02:00.000 is after --to 01:00.000"),
        (&["log", file, "--from", "99h"], "is after the end of the run of `dynamic`"),
        (&["metrics", file, "--at", "99h"], "is after the end of the run of `dynamic`"),
        (&["describe", file, "--at", "01:99"], "expected a time since the start"),
        (&["metrics", file, "--at", "01:60"], "expected a time since the start"),
        (&["explain", file, "--at", "1:60:00"], "expected a time since the start"),
        (&["explain", file, "--at", "-1"], "expected a time since the start"),
        (&["trace", file, "--out", "."], "cannot write `.`: it is a directory"),
    ] {
        let ran = rehearsal(&[arguments, &one].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn names_that_nothing_has() {
    let directory = scratch("refused-names");
    let file = "scenarios/kill-one-of-three.yaml";
    let question = "scenarios/assign/racks.yaml";
    for (arguments, part) in [
        (&[file, "--variant", "dynami"][..], "has no variant `dynami`; there are `dynamic`, `static`, "),
        (&[file, "--variant", "dynami"], "; did you mean `dynamic`?"),
        (&["log", file, "--variant", "statik", "--variant", "dynami"], "has no variants `statik`, `dynami`; "),
        (&["log", file, "--variant", "statik", "--variant", "dynami"], "did you mean `static` and `dynamic`?"),
        (&["assign", question, "--assignor", "rang"], "did you mean `range`?"),
        (&["new", "--from", "roling-restart", "x"], "did you mean `rolling-restart`?"),
    ] {
        let ran = rehearsal(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
    refused(&directory, &["lst"], &["cannot read `lst`", "did you mean the command `list`?"]);
    for command in ["run", "compare"] {
        let ran = rehearsal_in(&directory, &[command, "lst"]);
        assert!(ran.err.contains("cannot read `lst`") && !ran.err.contains("did you mean"), "{}", ran.err);
    }
    for name in ["", ".yaml", "a\nb", "a/", "\u{1b}[31m"] {
        refused(&directory, &["new", name], &["a scenario cannot be called"]);
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn one_bad_recording_or_target_keeps_all_from_being_written() {
    let directory = scratch("refused-wholes");
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/groundtruth/java/kill-one-of-3-static.jsonl.gz");
    fs::create_dir(directory.join("recordings")).unwrap();
    fs::copy(good, directory.join("recordings/a.jsonl.gz")).unwrap();
    fs::write(directory.join("recordings/b.jsonl"), "garbage\n").unwrap();
    refused(&directory, &["replay", "recordings", "--seeds", "1..1", "--out", "replayed"], &["b.jsonl"]);
    assert!(!directory.join("replayed").exists());

    for name in ["a.yaml", "b.yaml"] {
        fs::write(directory.join(name), "topics: {orders: 2}\nmembers: {count: 1}\n").unwrap();
    }
    for target in ["out/b.html", "out/b.md", "out/b/figures.csv", "out/b/story.json"] {
        fs::create_dir_all(directory.join(target)).unwrap();
        refused(&directory, &["a.yaml", "b.yaml", "--report", "out"], &[target, "it is a directory"]);
        fs::remove_dir(directory.join(target)).unwrap();
    }
    fs::remove_dir(directory.join("out/b")).unwrap();
    fs::write(directory.join("out/b"), "mine").unwrap();
    refused(&directory, &["a.yaml", "b.yaml", "--report", "out"], &["out/b", "it is no directory"]);
    assert_eq!(fs::read_dir(directory.join("out")).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_without_room_is_named_once() {
    let directory = scratch("refused-full");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/groundtruth/java");
    // One recording fills the buffers before its end, the other only there.
    for name in ["rolling-10-range-static", "join-together-3-consumer"] {
        let recording = crate::files_in(&data, "gz").into_iter().find(|path| path.to_string_lossy().contains(name));
        let target = format!("{name}.s1.jsonl.gz");
        std::os::unix::fs::symlink("/dev/full", directory.join(&target)).unwrap();
        let arguments = ["replay", recording.as_ref().unwrap().to_str().unwrap(), "--seeds", "1..1", "--out", "."];
        let ran = rehearsal_in(&directory, &arguments);
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        let expected = format!("error: cannot write `./{target}`: No space left on device (os error 28)\n");
        assert_eq!(ran.err, expected);
    }
}

#[test]
fn bad_recordings_are_all_named_and_hide_no_good_one() {
    let directory = scratch("refused-some");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/groundtruth/java");
    fs::create_dir(directory.join("recordings")).unwrap();
    for (from, to) in
        [("kill-one-of-3-static", "a.r1"), ("kill-one-of-3-static", "a.r2"), ("kill-one-of-3-dynamic", "c")]
    {
        let to = directory.join(format!("recordings/{to}.jsonl.gz"));
        fs::copy(data.join(format!("{from}.jsonl.gz")), to).unwrap();
    }
    let good = rehearsal_in(&directory, &["validate", "--seeds", "1..2", "recordings"]);
    let twice = ["validate", "--seeds", "1..2", "recordings", "recordings/a.r1.jsonl.gz"];
    assert_eq!(rehearsal_in(&directory, &twice).out, good.out, "what is named twice was recorded once");
    for bad in ["a.r3", "b", "d"] {
        fs::write(directory.join(format!("recordings/{bad}.jsonl")), "garbage\n").unwrap();
    }
    let ran = rehearsal_in(&directory, &["validate", "--seeds", "1..2", "recordings", "nowhere.jsonl"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), good.out.as_str()), "{}", ran.err);
    for bad in ["a.r3.jsonl", "b.jsonl", "d.jsonl", "nowhere.jsonl"] {
        assert!(ran.err.contains(bad), "{bad}: {}", ran.err);
    }
    let replay = ["replay", "recordings", "nowhere.jsonl", "--seeds", "1..1", "--out", "replayed"];
    refused(&directory, &replay, &["b.jsonl", "d.jsonl", "nowhere.jsonl"]);
    assert!(!directory.join("replayed").exists());
}

#[test]
fn bad_sequences_are_all_named_and_hide_no_good_one() {
    let directory = scratch("refused-some-sequences");
    let stall = sequence(r#"{"t":100,"event":"stall"}"#);
    for (name, text) in [("a", stall.clone()), ("b", format!("{stall}garbage\n")), ("c", stall), ("d", String::new())] {
        fs::write(directory.join(format!("{name}.jsonl")), text).unwrap();
    }
    let files = ["b", "a", "missing", "c", "d"].map(|name| format!("{name}.jsonl"));
    let arguments: Vec<&str> = ["conform"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let ran = rehearsal_in(&directory, &arguments);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(["a.jsonl: ", "c.jsonl: "].iter().all(|good| ran.out.contains(good)), "{}", ran.out);
    assert!(!ran.out.contains("b.jsonl"), "half of a file was told: {}", ran.out);
    for part in ["b.jsonl, line 2", "missing.jsonl", "no sequences in `d.jsonl`"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn numbers_of_seeds_and_threads_that_are_none_are_answered_in_words() {
    let directory = scratch("refused-numbers");
    fs::write(directory.join("a.yaml"), "topics: {orders: 2}\nmembers: {count: 1}\n").unwrap();
    for (arguments, part) in [
        (["--threads", "0"], "expected a whole number, 1 or more"),
        (["--threads", "-1"], "expected a whole number, 1 or more"),
        (["--threads", "1e3"], "expected a whole number, 1 or more"),
        (["--seed", "-1"], "expected a whole number from 0 to 18446744073709551615"),
        (["--seeds", "-1..3"], "expected two numbers such as 1..200"),
    ] {
        refused(&directory, &[&["a.yaml"], &arguments[..]].concat(), &[part]);
    }
}
