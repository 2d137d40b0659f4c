//! Records: how many, and how old when they were read.

use super::{Better, Measure, Prominence, Unit, Value};
use crate::Measures;
use protocol::SimDuration;

/// The oldest.
pub(super) const LATENCY_MAX: Measure = Measure {
    id: "latency-max",
    title: "Longest record latency",
    unit: Unit::Duration,
    explanation: "The longest time from the production of a record to its consumption, after the first disturbance.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| after_records(measures, measures.consumption.latency_max),
};

/// The mean.
pub(super) const LATENCY_MEAN: Measure = Measure {
    id: "latency-mean",
    title: "Mean record latency",
    unit: Unit::Duration,
    explanation: "Time from the production of a record to its consumption, averaged over all records after the first disturbance.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| {
        after_records(measures, measures.consumption.latency_sum / measures.consumption.consumed_after.max(1))
    },
};

/// Read.
pub(super) const CONSUMED: Measure = Measure {
    id: "consumed",
    title: "Records consumed",
    unit: Unit::Count("records"),
    explanation: "Records that members consumed in the whole run; what was read twice counts twice.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.consumption.consumed),
};

/// Written.
pub(super) const PRODUCED: Measure = Measure {
    id: "produced",
    title: "Records produced",
    unit: Unit::Count("records"),
    explanation: "Records that producers wrote in the whole run.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.consumption.produced),
};

/// Latencies are unknown if nothing was consumed after the first disturbance.
fn after_records(measures: &Measures, latency: SimDuration) -> Value {
    if measures.consumption.consumed_after == 0 { Value::Unknown } else { Value::Duration(latency) }
}
