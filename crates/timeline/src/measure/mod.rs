//! The measures: one slice of values that tables, exports, help and tests walk.
//!
//! A new measure is a file here (or a place in the file of its family) and its line in [`MEASURES`]. Contract: a
//! measure is a pure function of the finished [`Measures`], an integer with a unit, and says which direction is better,
//! if any.

mod affected;
mod consumption;
mod flow;
mod generations;
mod group;
mod monitored;
mod ownership;
mod pauses;
mod standstill;
mod unowned;

use protocol::SimDuration;
use serde::{Deserialize, Serialize};

use crate::Measures;
use crate::serial;

/// One measure.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Its name for machines: kebab-case, never changes.
    pub id: &'static str,
    /// Its name for people, short enough for the head of a row.
    pub title: &'static str,
    /// What its value counts, or that it is a time or a word.
    pub unit: Unit,
    /// What it says, in one sentence.
    pub explanation: &'static str,
    /// Which direction is better.
    pub better: Better,
    /// Whether short tables show it.
    pub prominence: Prominence,
    /// Its value.
    pub value: fn(&Measures) -> Value,
}

/// What the value of a measure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// [`Value::Count`] of these things, in the plural.
    Count(&'static str),
    /// [`Value::Duration`].
    Duration,
    /// [`Value::PartitionTime`].
    PartitionTime,
    /// [`Value::Share`].
    Share,
    /// [`Value::Text`].
    Word,
}

/// Which direction of a measure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// It describes; neither is better.
    Neither,
}

/// Who wants to see a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prominence {
    /// Everyone.
    Headline,
    /// Those who ask for all of them.
    Detail,
}

/// What a measure came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// It was not observed.
    Unknown,
    /// So many.
    Count(u64),
    /// So long.
    #[serde(rename = "duration_ns", with = "serial::duration")]
    Duration(SimDuration),
    /// Durations of several partitions added up; saturates after 584 years.
    #[serde(rename = "partition_time_ns", with = "serial::duration")]
    PartitionTime(SimDuration),
    /// A part of something, in hundredths of a percent; more than 10,000 if things are counted twice.
    #[serde(rename = "share_hundredths_of_percent")]
    Share(u64),
    /// A word of Kafka's.
    Text(String),
}

impl Value {
    /// The value as a number that can be compared with that of another run: how many, nanoseconds, or hundredths of a
    /// percent.
    pub fn amount(&self) -> Option<u64> {
        match self {
            Self::Count(count) | Self::Share(count) => Some(*count),
            Self::Duration(length) | Self::PartitionTime(length) => Some(length.as_nanos()),
            Self::Unknown | Self::Text(_) => None,
        }
    }
}

/// All measures, in the order in which tables show them.
pub const MEASURES: &[Measure] = &[
    generations::REBALANCES,
    generations::REBALANCES_START_UP,
    generations::GROUP_EPOCHS,
    unowned::MEAN,
    unowned::MEDIAN,
    unowned::P99,
    unowned::TOTAL,
    unowned::AT_END,
    pauses::LONGEST,
    pauses::MEDIAN,
    pauses::P99,
    pauses::COUNT,
    standstill::STANDSTILL,
    ownership::MOVED,
    ownership::DOUBLE_OWNED,
    affected::AFFECTED,
    affected::INTERRUPTIONS,
    affected::DISTURBED,
    affected::RESTARTED,
    consumption::LATENCY_MAX,
    flow::LATENCY_P99,
    consumption::LATENCY_MEAN,
    flow::LATENCY_MEDIAN,
    flow::LAG_MAX,
    flow::LAG_END,
    flow::CATCH_UP,
    flow::TWICE,
    flow::TWICE_REVOKED,
    flow::TWICE_KILLED,
    flow::TWICE_EXPELLED,
    flow::ABORTED,
    flow::SKIPPED,
    flow::OUT_OF_SERVICE,
    flow::OUT_OF_SERVICE_LONGEST,
    flow::LOST_WITH_LEADER,
    flow::EXPIRED,
    flow::BUSIEST,
    flow::BUSY_MEAN,
    flow::IDLE,
    consumption::CONSUMED,
    consumption::PRODUCED,
    monitored::SHARE,
    monitored::WORST_SHARE,
    monitored::LATENCY_MAX,
    monitored::LATENCY_MEAN,
    group::FINAL_STATE,
    group::FINAL_MEMBERS,
    group::PARTITIONS,
    group::FAILURES,
];

/// The measure with this id.
pub fn find(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Cast, Measurer};

    #[test]
    fn every_measure_has_a_kebab_case_id_of_its_own_a_title_that_fits_a_row_and_one_sentence() {
        let ids: BTreeSet<&str> = MEASURES.iter().map(|measure| measure.id).collect();
        let titles: BTreeSet<&str> = MEASURES.iter().map(|measure| measure.title).collect();
        assert_eq!((ids.len(), titles.len()), (MEASURES.len(), MEASURES.len()));
        for Measure { id, title, unit, explanation, .. } in MEASURES {
            assert!(
                id.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric())),
                "{id}"
            );
            assert!((5..=34).contains(&title.len()) && *unit != Unit::Count(""), "{id}");
            assert!(explanation.ends_with('.') && explanation.matches(". ").count() == 0, "{id}");
        }
    }

    #[test]
    fn a_run_in_which_nothing_happens_has_a_value_for_every_measure() {
        let measures = Measurer::new(&Cast::default()).finish();
        for measure in MEASURES {
            match (measure.value)(&measures) {
                Value::Unknown => {
                    let unknown = [
                        "latency",
                        "final-",
                        "lag",
                        "catch-up",
                        "read-twice",
                        "rewound",
                        "skipped",
                        "partitions-out-of-service",
                        "out-of-service",
                        "lost-with-leader",
                        "expired",
                        "transactions",
                        "busy",
                        "members-idle",
                        "monitored",
                    ];
                    assert!(unknown.iter().any(|start| measure.id.starts_with(start)), "{}", measure.id);
                }
                value => {
                    assert_eq!(value.amount(), Some(0), "{}", measure.id);
                    let unit = match value {
                        Value::Duration(_) => measure.unit == Unit::Duration,
                        Value::PartitionTime(_) => measure.unit == Unit::PartitionTime,
                        Value::Count(_) => matches!(measure.unit, Unit::Count(_)),
                        Value::Share(_) => measure.unit == Unit::Share,
                        Value::Text(_) | Value::Unknown => measure.unit == Unit::Word,
                    };
                    assert!(unit, "{}: {value:?} is no {:?}", measure.id, measure.unit);
                }
            }
        }
    }

    #[test]
    fn measures_are_found_by_their_id() {
        assert_eq!(find("rebalances").map(|measure| measure.title), Some("Rebalances"));
        assert!(find("Rebalances").is_none());
    }
}
