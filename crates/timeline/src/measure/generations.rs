//! How often the group was put together anew.

use super::{Better, Measure, Prominence, Unit, Value};

/// Generations after the first disturbance.
pub(super) const REBALANCES: Measure = Measure {
    id: "rebalances",
    title: "Rebalances",
    unit: Unit::Count("generations"),
    explanation: "How many generations (classic) or target assignments (consumer protocol) came to be after the first disturbance.",
    better: Better::Lower,
    prominence: Prominence::Headline,
    value: |measures| Value::Count(measures.rebalances),
};

/// Epochs of a consumer group.
pub(super) const GROUP_EPOCHS: Measure = Measure {
    id: "group-epochs",
    title: "Group epochs",
    unit: Unit::Count("epochs"),
    explanation: "How many new epochs a consumer group had after the first disturbance (consumer protocol only): one a change, of which one target assignment may cover several.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.group_epochs),
};

/// Generations before the first disturbance.
pub(super) const REBALANCES_START_UP: Measure = Measure {
    id: "rebalances-start-up",
    title: "Rebalances during start-up",
    unit: Unit::Count("generations"),
    explanation: "How many came to be before the first disturbance, while the group formed.",
    better: Better::Neither,
    prominence: Prominence::Detail,
    value: |measures| Value::Count(measures.rebalances_start_up),
};
