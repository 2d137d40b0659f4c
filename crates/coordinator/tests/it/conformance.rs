//! Every recorded sequence of the classic protocol, played.

use std::path::{Path, PathBuf};

use crate::conform;

/// The recordings: those of the folder that `GROUNDTRUTH` names, or the sample that lies in this repository.
fn recordings() -> PathBuf {
    std::env::var_os("GROUNDTRUTH")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/tests/data/groundtruth"), PathBuf::from)
}

#[test]
fn every_recorded_sequence_of_the_classic_protocol_is_answered_as_kafka_answered_it() {
    let file = recordings().join("coordinator/classic.jsonl.gz");
    let mut report = Vec::new();
    let tally = conform::conform(&[file], &mut report).expect("the recordings can be read");
    assert!(tally.all_agree(), "{}", String::from_utf8_lossy(&report));
}
