//! Outcomes made by hand.

use protocol::{Generation, SimDuration, SimTime, TopicName};
use report::Comparison;
use timeline::{Cast, GenerationRecord, Outcome, Value};

/// An outcome with these counts, and these times in milliseconds; what is not named was not measured.
pub(crate) fn outcome(name: &str, members: usize, counts: &[(&str, u64)], millis: &[(&str, u64)]) -> Outcome {
    let cast = Cast {
        members: (0..members).map(|member| format!("c{member}")).collect(),
        topics: vec![(TopicName::new("orders"), 240)],
        from: SimTime::from_secs(60),
        end: SimTime::from_millis(600_000),
    };
    let mut outcome = Outcome { name: name.to_owned(), seed: 42, cast, ..Outcome::default() };
    outcome.values.extend(counts.iter().map(|(id, count)| ((*id).to_owned(), Value::Count(*count))));
    for (id, millis) in millis {
        let length = SimDuration::from_millis(*millis);
        let value = if *id == "unowned-total" { Value::PartitionTime(length) } else { Value::Duration(length) };
        outcome.values.insert((*id).to_owned(), value);
    }
    outcome.values.insert("final-state".to_owned(), Value::Text("Stable".to_owned()));
    outcome.values.insert("final-members".to_owned(), Value::Count(members as u64));
    outcome
}

/// 120 members with static ids, restarted one by one: nobody else notices.
pub(crate) fn static_range() -> Outcome {
    let counts = [
        ("rebalances", 0),
        ("rebalances-start-up", 3),
        ("partitions-moved", 0),
        ("members-affected", 0),
        ("interruptions", 0),
        ("members-disturbed", 120),
        ("members-restarted", 120),
        ("pauses", 240),
        ("partitions", 240),
    ];
    let times = [("unowned-mean", 6_203), ("unowned-total", 1_488_720), ("pause-longest", 6_512), ("standstill", 0)];
    outcome("static", 120, &counts, &times)
}

/// The same without ids, with the eager protocol: everybody stops, again and again.
pub(crate) fn dynamic_eager() -> Outcome {
    let counts = [
        ("rebalances", 237),
        ("rebalances-start-up", 3),
        ("partitions-moved", 21_930),
        ("members-affected", 120),
        ("interruptions", 28_203),
        ("members-disturbed", 120),
        ("members-restarted", 120),
        ("pauses", 56_880),
        ("partitions", 240),
    ];
    let times =
        [("unowned-mean", 41_949), ("unowned-total", 10_067_760), ("pause-longest", 3_120), ("standstill", 31_400)];
    let mut outcome = outcome("dynamic eager", 120, &counts, &times);
    outcome.generations.push(GenerationRecord {
        at: SimTime::from_micros(60_003_500),
        generation: Generation(4),
        members: Some(119),
        reason: Some("explicit `LeaveGroup` request for (c0-1) members".to_owned()),
    });
    outcome.generations_total = 240;
    outcome.marks.insert("member-left".to_owned(), 120);
    outcome
}

/// The same with the cooperative protocol: only partitions that move stop, but rebalances are twice as many.
pub(crate) fn dynamic_cooperative() -> Outcome {
    let counts = [
        ("rebalances", 470),
        ("rebalances-start-up", 4),
        ("partitions-moved", 940),
        ("members-affected", 97),
        ("interruptions", 412),
        ("members-disturbed", 120),
        ("members-restarted", 120),
        ("pauses", 1_120),
        ("partitions", 240),
    ];
    let times = [("unowned-mean", 9_871), ("unowned-total", 2_369_040), ("pause-longest", 4_410), ("standstill", 0)];
    outcome("dynamic cooperative", 120, &counts, &times)
}

pub(crate) fn comparison(variants: Vec<Outcome>) -> Comparison {
    Comparison {
        title: "Rolling restart of 120 members".to_owned(),
        question: "Does static membership spare the group its rebalances?".to_owned(),
        story: "Every member is closed and started again,\none after another.\n\nIt is down for 6 s.".to_owned(),
        seed: 42,
        command: "rehearsal run scenarios/rolling-restart.yaml --seed 42".to_owned(),
        variants,
        ..Comparison::default()
    }
}
