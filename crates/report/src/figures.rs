//! The figures of one variant that conclusions are drawn from.

use protocol::SimDuration;
use timeline::{Outcome, Value};

use crate::comparison::Comparison;
use crate::conclusion::KEY;

/// What conclusions look at. A figure that was not measured counts as zero, except for `mean`, without which nothing
/// can be concluded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// Its place among the variants.
    pub(crate) place: usize,
    /// Its name, fit to be shown.
    pub(crate) name: String,
    pub(crate) members: u64,
    pub(crate) rebalances: u64,
    /// Whether it ever had a generation.
    pub(crate) was_a_group: bool,
    pub(crate) mean: SimDuration,
    pub(crate) longest: SimDuration,
    pub(crate) standstill: SimDuration,
    pub(crate) pauses: u64,
    pub(crate) total: SimDuration,
    pub(crate) unowned_at_end: u64,
    pub(crate) interruptions: u64,
    pub(crate) affected: u64,
    pub(crate) disturbed: u64,
    pub(crate) restarted: u64,
    pub(crate) double_owned: u64,
    pub(crate) failures: u64,
    pub(crate) final_state: Option<String>,
    pub(crate) final_members: Option<u64>,
}

impl Figures {
    /// The figures of all variants that were measured; `name` makes a name fit to be shown.
    pub(crate) fn all(comparison: &Comparison, name: &dyn Fn(&str) -> String) -> Vec<Self> {
        let variants = comparison.variants.iter().enumerate();
        variants.filter_map(|(place, outcome)| Self::of(place, outcome, name(&outcome.name))).collect()
    }

    fn of(place: usize, outcome: &Outcome, name: String) -> Option<Self> {
        let count = |id| outcome.value(id).amount().unwrap_or(0);
        let time = |id| SimDuration::from_nanos(count(id));
        Some(Self {
            place,
            name,
            members: outcome.cast.members.len() as u64,
            rebalances: count("rebalances"),
            was_a_group: count("rebalances") + count("rebalances-start-up") > 0,
            mean: SimDuration::from_nanos(outcome.value(KEY).amount()?),
            longest: time("pause-longest"),
            standstill: time("standstill"),
            pauses: count("pauses"),
            total: time("unowned-total"),
            unowned_at_end: count("unowned-at-end"),
            interruptions: count("interruptions"),
            affected: count("members-affected"),
            disturbed: count("members-disturbed"),
            restarted: count("members-restarted"),
            double_owned: count("double-owned"),
            failures: count("failures"),
            final_state: match outcome.value("final-state") {
                Value::Text(state) => Some(state.clone()),
                _ => None,
            },
            final_members: outcome.value("final-members").amount(),
        })
    }

    /// How long a single pause is on average.
    pub(crate) fn mean_pause(&self) -> SimDuration {
        self.total / self.pauses.max(1)
    }
}
