//! The group itself, and how it ended.

use super::{Better, Measure, Prominence, Unit, Value};

/// State.
pub(super) const FINAL_STATE: Measure = Measure {
    id: "final-state",
    title: "Final state",
    unit: Unit::Word,
    explanation: "The state of the group at the end; of a recording, when it was described last.",
    better: Better::Neither,
    prominence: Prominence::Headline,
    value: |measures| measures.last_seen.as_ref().map_or(Value::Unknown, |seen| Value::Text(seen.state.clone())),
};

/// Members.
pub(super) const FINAL_MEMBERS: Measure = Measure {
    id: "final-members",
    title: "Final members",
    unit: Unit::Count("members"),
    explanation: "The number of members in the group at the end; of a recording, when it was described last.",
    better: Better::Neither,
    prominence: Prominence::Headline,
    value: |measures| measures.last_seen.as_ref().map_or(Value::Unknown, |seen| Value::Count(seen.members)),
};

/// Partitions.
pub(super) const PARTITIONS: Measure = Measure {
    id: "partitions",
    title: "Partitions",
    unit: Unit::Count("partitions"),
    explanation: "Partitions that the group should read, those included that were added in the run.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.partitions),
};

/// Errors.
pub(super) const FAILURES: Measure = Measure {
    id: "failures",
    title: "Consumers that failed",
    unit: Unit::Count("consumers"),
    explanation: "How many times a consumer threw an error out of poll.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.failures),
};
