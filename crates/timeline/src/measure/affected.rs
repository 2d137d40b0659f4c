//! Whom others' disturbances hit.

use super::{Better, Measure, Prominence, Unit, Value};

/// Members.
pub(super) const AFFECTED: Measure = Measure {
    id: "members-affected",
    title: "Bystanders interrupted",
    unit: Unit::Count("members"),
    explanation: "Members that had to stop reading at least one partition while nothing was done to them.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| Value::Count(measures.affected),
};

/// Times.
pub(super) const INTERRUPTIONS: Measure = Measure {
    id: "interruptions",
    title: "Interruptions of bystanders",
    unit: Unit::Count("interruptions"),
    explanation: "How many times a member had to stop reading partitions while nothing was done to it.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.interruptions),
};

/// The cause.
pub(super) const DISTURBED: Measure = Measure {
    id: "members-disturbed",
    title: "Members closed, killed or hung",
    unit: Unit::Count("members"),
    explanation: "Members that were closed or killed, hung or failed: those to whom something was done.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.disturbed),
};

/// Those who came back.
pub(super) const RESTARTED: Measure = Measure {
    id: "members-restarted",
    title: "Members restarted",
    unit: Unit::Count("members"),
    explanation: "Members that were closed or killed, or failed, after the first disturbance and then started again.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.restarted),
};
