//! When nobody read anything.

use super::{Better, Measure, Prominence, Unit, Value};

/// The whole group stands still.
pub(super) const STANDSTILL: Measure = Measure {
    id: "standstill",
    title: "Whole group stood still",
    unit: Unit::Duration,
    explanation: "Time during which every partition that should be read was without a living owner at the same moment.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| Value::Duration(measures.standstill),
};
