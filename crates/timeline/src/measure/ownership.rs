//! What happened to the ownership of partitions.

use super::{Better, Measure, Prominence, Unit, Value};

/// Moves.
pub(super) const MOVED: Measure = Measure {
    id: "partitions-moved",
    title: "Partitions moved",
    unit: Unit::Count("moves"),
    explanation: "How many times a partition was given to another member than the one that had it last.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| Value::Count(measures.moved),
};

/// Two owners at a time.
pub(super) const DOUBLE_OWNED: Measure = Measure {
    id: "double-owned",
    title: "Partitions read twice at once",
    unit: Unit::Count("assignments"),
    explanation: "How many times a partition was given to a member while another one still held it.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.double_owned),
};
