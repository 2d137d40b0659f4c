//! Measures of real recordings, held to the figures that a script independent of this code took from the same files.
//!
//! A sample of recordings is part of the repository, with the figures of all; `GROUNDTRUTH=<directory>` has all of them
//! measured. `GROUNDTRUTH=<directory> cargo test -p timeline -- --ignored` asks the script itself, also about what was
//! read and written again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use protocol::SimDuration;
use serde_json::Value as Json;
use timeline::recording::Recording;
use timeline::{Measurer, Measures, Outcome, Value};

/// The script's name of a figure, and the measure it is.
const FIGURES: &[(&str, &str)] = &[
    ("rebalances", "rebalances"),
    ("rebalances_startup", "rebalances-start-up"),
    ("partitions_moved", "partitions-moved"),
    ("unowned_partition_s", "unowned-total"),
    ("mean_pause_ms", "unowned-mean"),
    ("longest_pause_ms", "pause-longest"),
    ("median_pause_ms", "pause-median"),
    ("pauses", "pauses"),
    ("double_owned", "double-owned"),
    ("consumed", "consumed"),
    ("produced", "produced"),
    ("latency_mean_ms", "latency-mean"),
    ("latency_max_ms", "latency-max"),
    ("final_state", "final-state"),
    ("final_members", "final-members"),
    ("errors", "failures"),
];

pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/tests/data/groundtruth")
}

fn measure(path: &Path) -> (Outcome, Measures) {
    let recording = Recording::open(File::open(path).unwrap()).unwrap();
    let mut measurer = Measurer::new(recording.cast());
    let summary = recording.replay(&mut measurer).unwrap();
    assert_eq!(summary.warnings, [], "{}", path.display());
    let measures = measurer.finish();
    (Outcome::new(&path.display().to_string(), 0, summary.cast, &measures), measures)
}

/// Differences between a recording's measures and the script's figures, in words.
fn differences(path: &Path, figures: &Json) -> Vec<String> {
    let (outcome, measures) = measure(path);
    let from = outcome.cast.from.as_millis();
    let mut differences: Vec<String> = FIGURES
        .iter()
        .filter(|(figure, id)| !agree(figure, &figures[figure], outcome.value(id)))
        .map(|(figure, id)| format!("{figure}: {} there, {:?} here", figures[figure], outcome.value(id)))
        .collect();
    if figures["from_ms"].as_u64() != Some(from) {
        differences.push(format!("from: {} there, {from} here", figures["from_ms"]));
    }
    if measures.ignored != 0 {
        differences.push(format!("{} events ignored", measures.ignored));
    }
    differences
}

/// The script rounds: milliseconds to one decimal place, seconds to three.
fn agree(figure: &str, there: &Json, here: &Value) -> bool {
    let nanos_per_unit = if figure.ends_with("_s") { 1e9 } else { 1e6 };
    let rounding = if figure.ends_with("_s") { 500_000.0 } else { 50_000.0 };
    match here {
        Value::Unknown | Value::Share(_) => there.is_null(),
        Value::Count(count) => there.as_u64() == Some(*count),
        Value::Text(text) => there.as_str() == Some(text),
        Value::Duration(length) | Value::PartitionTime(length) => there
            .as_f64()
            .is_some_and(|there| (there * nanos_per_unit - length.as_nanos() as f64).abs() <= rounding + 10.0),
    }
}

/// Where the recordings are, and how many there must be at least.
fn recordings() -> (PathBuf, usize) {
    std::env::var_os("GROUNDTRUTH").map_or_else(|| (sample(), 6), |root| (PathBuf::from(root), 80))
}

/// A franz-go client knows no `max.poll.interval.ms`: who hangs stays a member and reads on. The script counts its
/// partitions as unread to the end all the same; we end the pause when it consumes again. These figures differ there.
const READS_ON: &str = "franz-go/hang-past-max-poll-range";
const PAUSES: [&str; 4] = ["unowned_partition_s", "mean_pause_ms", "longest_pause_ms", "median_pause_ms"];

fn differs_on_purpose(name: &str, difference: &str) -> bool {
    name.ends_with(READS_ON) && PAUSES.iter().any(|figure| difference.starts_with(&format!("{figure}: ")))
}

#[test]
fn measures_agree_with_the_figures_taken_by_the_script() {
    let figures: Json = serde_json::from_reader(File::open(sample().join("expected.json")).unwrap()).unwrap();
    let (root, least) = recordings();
    let mut measured = 0;
    for (name, figures) in figures.as_object().unwrap() {
        let path = root.join(format!("{name}.jsonl.gz"));
        if path.exists() {
            measured += 1;
            let (meant, differences): (Vec<String>, Vec<String>) =
                differences(&path, figures).into_iter().partition(|it| differs_on_purpose(name, it));
            assert!(differences.is_empty(), "{name}: {differences:#?}");
            assert_eq!(meant.len(), if name == READS_ON { PAUSES.len() } else { 0 }, "{name}");
        }
    }
    assert!(measured >= least, "only {measured} recordings in {}", root.display());
}

#[test]
#[ignore = "needs GROUNDTRUTH=<directory of all recordings, with score.py> and python3"]
fn measures_of_all_recordings_agree_with_the_script() {
    let root = PathBuf::from(std::env::var("GROUNDTRUTH").expect("GROUNDTRUTH names a directory"));
    let mut paths: Vec<PathBuf> = ["java", "librdkafka", "franz-go"]
        .iter()
        .flat_map(|client| std::fs::read_dir(root.join(client)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 50, "{} recordings found", paths.len());
    let scratch = std::env::temp_dir().join(format!("timeline-groundtruth-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let mut failed = 0;
    for path in &paths {
        let figures = script_figures(&root, path);
        let copy = scratch.join("copy.jsonl");
        std::fs::write(&copy, crate::recording::rewritten(&std::fs::read(path).unwrap())).unwrap();
        let mut differences = differences(path, &figures);
        let name = path.to_string_lossy().replace(".jsonl.gz", "");
        differences.retain(|it| !differs_on_purpose(&name, it));
        if script_figures(&root, &copy) != figures {
            differences.push("the script finds other figures in what was written after reading".to_owned());
        }
        failed += usize::from(!differences.is_empty());
        for difference in differences {
            eprintln!("{}: {difference}", path.display());
        }
    }
    std::fs::remove_dir_all(&scratch).unwrap();
    assert_eq!(failed, 0, "of {} recordings", paths.len());
}

fn script_figures(root: &Path, recording: &Path) -> Json {
    let script = Command::new("python3").arg(root.join("score.py")).arg("--metrics").arg(recording).output().unwrap();
    serde_json::from_slice(&script.stdout).unwrap()
}

#[test]
fn a_member_that_hangs_costs_its_partitions_and_interrupts_the_others_twice() {
    let (outcome, _) = measure(&sample().join("java/hang-past-max-poll-range.jsonl.gz"));
    assert_eq!(outcome.cast.members, ["c0", "c1", "c2"]);
    assert_eq!(outcome.value("members-disturbed"), &Value::Count(1), "only c1 hung");
    assert_eq!(outcome.value("members-affected"), &Value::Count(2), "c0 and c2, who did nothing");
    assert_eq!(outcome.value("interruptions"), &Value::Count(4), "both when c1 left and when it came back");
    let Value::Duration(standstill) = outcome.value("standstill") else { panic!("no standstill") };
    // The last revocation before the first assignment, both times, from the recording: 21691.384 - 21625.041 and
    // 33758.023 - 33736.631.
    assert_eq!(*standstill, SimDuration::from_micros(66_343 + 21_392));
    let reason = outcome.generations.last().unwrap().reason.as_deref().unwrap();
    assert!(reason.starts_with("Adding new member c1-"), "{reason}");
}
