//! What an administrator saw of the group, each time one looked.
//!
//! Contract: the last look is always kept, and the first [`MAX_LOOKS`] before it; of each, who has the first
//! [`MAX_PARTITIONS`] partitions, sorted. A member that is dead is there as long as the coordinator takes it for alive.

use protocol::{SimTime, TopicPartition};
use serde::{Deserialize, Serialize};

use crate::serial;

/// How many looks are kept.
pub const MAX_LOOKS: usize = 50;
/// Of how many partitions it is kept who has them.
pub const MAX_PARTITIONS: usize = 200;

/// The group as an administrator saw it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// When.
    #[serde(rename = "at_ns", with = "serial::time")]
    pub at: SimTime,
    /// The group's state.
    pub state: String,
    /// How many members it had.
    pub members: u64,
    /// Partitions and the ids of the members that have them; empty if nobody asked for them.
    pub owners: Vec<(String, String)>,
}

/// All looks so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Descriptions {
    looks: Vec<Description>,
    /// Who has what in the last one.
    owners: Vec<(TopicPartition, String)>,
}

impl Descriptions {
    /// An administrator looks.
    pub(crate) fn begin(&mut self, at: SimTime, state: &str, members: u64) {
        self.settle();
        if self.looks.len() > MAX_LOOKS {
            self.looks.pop();
        }
        self.looks.push(Description { at, state: state.to_owned(), members, owners: Vec::new() });
    }

    /// One member, of the last look.
    pub(crate) fn show(&mut self, id: &str, partitions: &[TopicPartition]) {
        let left = (2 * MAX_PARTITIONS).saturating_sub(self.owners.len());
        self.owners.extend(partitions.iter().take(left).map(|partition| (partition.clone(), id.to_owned())));
    }

    pub(crate) fn finish(mut self) -> Vec<Description> {
        self.settle();
        self.looks
    }

    /// The last look is complete.
    fn settle(&mut self) {
        let mut owners = std::mem::take(&mut self.owners);
        owners.sort();
        owners.truncate(MAX_PARTITIONS);
        if let Some(last) = self.looks.last_mut() {
            last.owners = owners.into_iter().map(|(partition, id)| (partition.to_string(), id)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::TopicName;

    use super::*;

    fn partitions(numbers: std::ops::Range<i32>) -> Vec<TopicPartition> {
        numbers.map(|number| TopicPartition::new(TopicName::new("t"), number)).collect()
    }

    #[test]
    fn owners_belong_to_the_look_before_them_and_are_sorted_by_number() {
        let mut seen = Descriptions::default();
        seen.begin(SimTime::from_secs(1), "Stable", 2);
        seen.show("b", &partitions(10..12));
        seen.show("a", &partitions(2..3));
        seen.begin(SimTime::from_secs(2), "Empty", 0);
        let looks = seen.finish();
        let owners: Vec<(&str, &str)> = looks[0].owners.iter().map(|(p, id)| (p.as_str(), id.as_str())).collect();
        assert_eq!(owners, [("t-2", "a"), ("t-10", "b"), ("t-11", "b")]);
        assert_eq!((looks.len(), looks[1].owners.len(), looks[1].members), (2, 0, 0));
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_last_look_stays() {
        let mut seen = Descriptions::default();
        for second in 0..1_000 {
            seen.begin(SimTime::from_secs(second), "Stable", second);
            seen.show("a", &partitions(0..5_000));
        }
        let looks = seen.finish();
        assert_eq!((looks.len(), looks.last().map(|look| look.members)), (MAX_LOOKS + 1, Some(999)));
        assert!(looks.iter().all(|look| look.owners.len() == MAX_PARTITIONS));
    }
}
