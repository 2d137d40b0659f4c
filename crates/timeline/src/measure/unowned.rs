//! How long a partition was unread in all, over its pauses: one value a partition, partitions that never paused
//! included.

use super::{Better, Measure, Prominence, Unit, Value};

/// Mean over the partitions.
pub(super) const MEAN: Measure = Measure {
    id: "unowned-mean",
    title: "Unread, mean partition",
    unit: Unit::Duration,
    explanation: "Time after the first disturbance during which a partition had no living owner, averaged over all partitions.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| Value::Duration(measures.pauses.total_over(measures.partitions)),
};

/// The middle partition.
pub(super) const MEDIAN: Measure = Measure {
    id: "unowned-median",
    title: "Unread, median partition",
    unit: Unit::Duration,
    explanation: "Half of the partitions were without a living owner for no longer than this, over the whole run.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Duration(measures.unowned.median()),
};

/// All but one in a hundred.
pub(super) const P99: Measure = Measure {
    id: "unowned-p99",
    title: "Unread, p99 partition",
    unit: Unit::Duration,
    explanation: "99 of 100 partitions were without a living owner for no longer than this, over the whole run.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Duration(measures.unowned.percentile(99)),
};

/// Sum over the partitions.
pub(super) const TOTAL: Measure = Measure {
    id: "unowned-total",
    title: "Unread, all partitions together",
    unit: Unit::PartitionTime,
    explanation: "Time without a living owner, added up over all partitions.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::PartitionTime(measures.pauses.total()),
};

/// Those nobody came for.
pub(super) const AT_END: Measure = Measure {
    id: "unowned-at-end",
    title: "Unread at the end",
    unit: Unit::Count("partitions"),
    explanation: "Partitions that should be read and have no living owner when the run ends.",
    better: Better::Lower,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.unowned_at_end),
};
