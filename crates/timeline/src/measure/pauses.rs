//! Single pauses: the time from one owner of a partition to the next.

use super::{Better, Measure, Prominence, Unit, Value};

/// The longest.
pub(super) const LONGEST: Measure = Measure {
    id: "pause-longest",
    title: "Longest single pause",
    unit: Unit::Duration,
    explanation: "The longest time that any partition was without a living owner at a stretch.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| Value::Duration(measures.pauses.longest()),
};

/// The middle one.
pub(super) const MEDIAN: Measure = Measure {
    id: "pause-median",
    title: "Median pause",
    unit: Unit::Duration,
    explanation: "Half of all single pauses were no longer than this.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Duration(measures.pauses.median()),
};

/// All but one in a hundred.
pub(super) const P99: Measure = Measure {
    id: "pause-p99",
    title: "p99 pause",
    unit: Unit::Duration,
    explanation: "99 of 100 single pauses were no longer than this.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Duration(measures.pauses.percentile(99)),
};

/// How many.
pub(super) const COUNT: Measure = Measure {
    id: "pauses",
    title: "Pauses",
    unit: Unit::Count("pauses"),
    explanation: "How many times a partition was without a living owner for a while.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.pauses.count()),
};
