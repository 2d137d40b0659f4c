//! Every recorded sequence, played.

use std::path::{Path, PathBuf};

use crate::conform;

/// The recordings: those of the folder that `GROUNDTRUTH` names, or the sample that lies in this repository.
fn recordings() -> PathBuf {
    std::env::var_os("GROUNDTRUTH")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/tests/data/groundtruth"), PathBuf::from)
}

/// Sequences that are known not to agree, and why.
///
/// `migration-0104` has the only classic group in which a member with an id of its own making, left over from the
/// consumer protocol, owes a SyncGroup. The recorded state lists nobody there; ours lists it, and so does Kafka's class
/// when the sequence is played to it again. Every answer is the same.
const KNOWN: [&str; 1] = ["migration-0104"];

fn agrees(file: &str) {
    agrees_in(recordings().join("coordinator").join(file));
}

fn agrees_in(file: PathBuf) {
    let played = conform::conform(&[file]).pop().expect("there is one file");
    let (report, tally) = played.expect("the recordings can be read");
    let known = KNOWN.iter().filter(|id| report.contains(&format!("{id} ["))).count();
    let tally = conform::Tally { agree: tally.agree + known, ..tally };
    assert!(tally.all_agree(), "{report}");
}

#[test]
fn every_recorded_sequence_of_the_classic_protocol_is_answered_as_kafka_answered_it() {
    agrees("classic.jsonl.gz");
}

#[test]
fn every_recorded_sequence_of_the_consumer_protocol_is_answered_as_kafka_answered_it() {
    agrees("consumer.jsonl.gz");
}

#[test]
fn every_recorded_migration_between_the_protocols_is_answered_as_kafka_answered_it() {
    agrees("migration.jsonl.gz");
}

/// Sequences of a few steps, recorded in the same way, that take groups where hardly any long one does: timers whose
/// events fail or outlive their group, epoch 0, upgrades and downgrades in which the order of tables decides.
#[test]
fn what_groups_rarely_get_into_is_answered_as_kafka_answered_it() {
    agrees_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/rare.jsonl"));
}
