//! The plan: which slot reads what, as it stands in one node.
//!
//! Source: jhollandus/static-group, `assignments.py`, `group.py`. The entry of a slot is the one at its place in the
//! list; the number written into it is not looked at. What cannot be read counts as no plan.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use protocol::{TopicName, TopicPartition};
use serde::{Deserialize, Serialize};

/// A plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The group.
    pub group: String,
    /// The partition counts it was made for.
    pub topics: BTreeMap<String, i32>,
    /// How many slots there are.
    pub max_members: u32,
    /// Grows by one with every change.
    pub version: i64,
    /// The greatest release that has changed it.
    pub config_version: i64,
    /// One entry a slot.
    pub member_assignments: Vec<Entry>,
}

/// What a slot reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The slot, for people.
    pub member_id: u32,
    /// Partitions by topic.
    pub topics: BTreeMap<String, Vec<i32>>,
}

/// What a member knows that a plan depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) group: &'a str,
    pub(super) slots: u32,
    pub(super) config_version: i64,
    /// Partition counts of this member's topics; topics without partitions are left out.
    pub(super) topics: &'a BTreeMap<String, i32>,
}

impl Plan {
    /// Reads the node's text.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The node's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a plan has only text keys")
    }

    /// What a slot reads, sorted; none if the plan does not have it.
    pub fn entry(&self, slot: u32) -> Option<Vec<TopicPartition>> {
        let entry = self.member_assignments.get(slot as usize)?;
        let mut partitions = Vec::new();
        for (topic, numbers) in &entry.topics {
            let topic = TopicName::new(topic);
            partitions.extend(numbers.iter().map(|number| TopicPartition::new(topic.clone(), *number)));
        }
        partitions.sort_unstable();
        Some(partitions)
    }

    /// The plan as `wanted` would have it; none if there is no reason to change it.
    pub(super) fn changed(before: Option<&Self>, wanted: Wanted<'_>) -> Option<Self> {
        let Some(before) = before else {
            let mut plan = Self {
                group: wanted.group.to_string(),
                topics: wanted.topics.clone(),
                max_members: wanted.slots,
                version: 1,
                config_version: wanted.config_version,
                member_assignments: Vec::new(),
            };
            plan.assign();
            return Some(plan);
        };
        let mut plan = before.clone();
        if wanted.config_version > before.config_version {
            plan.config_version = wanted.config_version;
            plan.max_members = wanted.slots;
        }
        // Only the member's own topics are compared: one that it no longer has is no reason.
        if wanted.topics.iter().any(|(topic, count)| before.topics.get(topic) != Some(count)) {
            plan.topics = wanted.topics.clone();
        }
        if plan == *before {
            return None;
        }
        if (plan.max_members, &plan.topics) != (before.max_members, &before.topics) {
            plan.assign();
        }
        plan.version += 1;
        Some(plan)
    }

    fn assign(&mut self) {
        let topics = self.topics.iter().map(|(topic, count)| (TopicName::new(topic), *count)).collect();
        let runs = assignor::slots::assign(&topics, self.max_members as usize);
        let entry = |(slot, run): (u32, Vec<TopicPartition>)| {
            let mut topics: BTreeMap<String, Vec<i32>> = BTreeMap::new();
            for partition in run {
                topics.entry(partition.topic.as_str().to_string()).or_default().push(partition.partition.0);
            }
            Entry { member_id: slot, topics }
        };
        self.member_assignments = (0..).zip(runs).map(entry).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(topics: &[(&str, i32)]) -> BTreeMap<String, i32> {
        topics.iter().map(|(name, count)| ((*name).to_string(), *count)).collect()
    }

    fn change(before: Option<&Plan>, slots: u32, config_version: i64, topics: &[(&str, i32)]) -> Option<Plan> {
        Plan::changed(before, Wanted { group: "g", slots, config_version, topics: &counts(topics) })
    }

    #[test]
    fn a_plan_is_stored_as_the_published_code_stores_it() {
        let plan = change(None, 2, 5, &[("a", 3)]).expect("there was none");
        let text = r#"{"group":"g","topics":{"a":3},"maxMembers":2,"version":1,"configVersion":5,"memberAssignments":[{"memberId":0,"topics":{"a":[0,1]}},{"memberId":1,"topics":{"a":[2]}}]}"#;
        assert_eq!(plan.to_text(), text);
        assert_eq!(Plan::parse(text), Some(plan));
        assert_eq!((Plan::parse(""), Plan::parse("{}")), (None, None));
    }

    #[test]
    fn the_place_in_the_list_is_the_slot() {
        let mut plan = change(None, 2, 5, &[("a", 3)]).expect("there was none");
        plan.member_assignments.swap(0, 1);
        let partitions =
            |numbers: &[i32]| numbers.iter().map(|n| TopicPartition::new(TopicName::new("a"), *n)).collect();
        assert_eq!(plan.entry(0), Some(partitions(&[2])));
        assert_eq!((plan.entry(1), plan.entry(2)), (Some(partitions(&[0, 1])), None));
    }

    #[test]
    fn reasons_to_change_a_plan() {
        let plan = change(None, 2, 5, &[("a", 4), ("b", 2)]).expect("there was none");
        let same = &[("a", 4), ("b", 2)];
        assert_eq!(change(Some(&plan), 2, 5, same), None, "nothing differs");
        assert_eq!(change(Some(&plan), 3, 5, same), None, "another size needs a greater release");
        assert_eq!(change(Some(&plan), 3, 4, same), None, "an older release changes nothing");
        assert_eq!(change(Some(&plan), 2, 5, &[("a", 4)]), None, "a topic less is no reason");
        let bumped = change(Some(&plan), 2, 6, same).expect("a greater release");
        assert_eq!((bumped.version, bumped.config_version), (2, 6));
        assert_eq!(bumped.member_assignments, plan.member_assignments, "the same lists");
        let smaller = change(Some(&plan), 1, 6, same).expect("a greater release");
        assert_eq!((smaller.max_members, smaller.member_assignments.len()), (1, 1));
        let grown = change(Some(&plan), 9, 5, &[("a", 6), ("b", 2)]).expect("a topic has grown");
        assert_eq!((grown.version, grown.config_version, grown.max_members), (2, 5, 2));
        assert_eq!(grown.entry(1).map(|entry| entry.len()), Some(4));
        let other = change(Some(&plan), 2, 5, &[("c", 1)]).expect("a new topic");
        assert_eq!(other.topics, counts(&[("c", 1)]), "replaced as a whole");
    }
}
