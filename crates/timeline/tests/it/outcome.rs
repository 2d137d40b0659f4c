//! Outcomes: equal for equal runs, with a digest that tells them apart, and written so that they read back the same.

use std::fs::File;

use timeline::recording::Recording;
use timeline::{Measurer, Outcome, Value};

use crate::groundtruth::sample;

fn outcome() -> Outcome {
    let recording =
        Recording::open(File::open(sample().join("java/hang-past-max-poll-range.jsonl.gz")).unwrap()).unwrap();
    let mut measurer = Measurer::new(recording.cast());
    let cast = recording.replay(&mut measurer).unwrap().cast;
    Outcome::new("hang", 7, cast, &measurer.finish())
}

#[test]
fn the_same_run_twice_gives_equal_outcomes_and_digests() {
    assert_eq!(outcome(), outcome());
    assert_eq!(outcome().digest(), outcome().digest());
}

#[test]
fn whatever_differs_changes_the_digest() {
    let original = outcome();
    let changes: [fn(&mut Outcome); 7] = [
        |outcome| outcome.name.push('!'),
        |outcome| outcome.seed += 1,
        |outcome| outcome.cast.members[0].push('0'),
        |outcome| outcome.values.insert("rebalances".to_owned(), Value::Count(99)).map_or((), drop),
        |outcome| outcome.generations[0].reason = None,
        |outcome| outcome.generations_total += 1,
        |outcome| outcome.marks.insert("fenced".to_owned(), 1).map_or((), drop),
    ];
    for change in changes {
        let mut changed = original.clone();
        change(&mut changed);
        assert_ne!(changed.digest(), original.digest());
    }
}

#[test]
fn an_outcome_reads_back_as_it_was_written() {
    let text = serde_json::to_string(&outcome()).unwrap();
    // What was consumed second by second is for judging only, and not written.
    let written = Outcome { throughput: Default::default(), ..outcome() };
    assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), written);
    for part in
        [r#""from_ns":12000000000"#, r#""unowned-mean":{"duration_ns":3322"#, r#""final-state":{"text":"Stable"}"#]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
