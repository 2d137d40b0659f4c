//! What must always be true of a coordinator, whatever it has been through.

use crate::coordinator::{Coordinator, Status};
use crate::groups::Group;

/// How much a coordinator keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Groups.
    pub groups: usize,
    /// Members of all groups, and who has only been given an id.
    pub members: usize,
    /// Armed timers.
    pub timers: usize,
    /// Armed timers of ids that are no members of consumer groups any more.
    pub loose: usize,
    /// JoinGroup and SyncGroup requests that may still be answered.
    pub promises: usize,
    /// Events that wait for the log.
    pub waiting: usize,
}

impl Coordinator {
    /// How much it keeps now.
    pub fn footprint(&self) -> Footprint {
        let groups = self.groups.keys();
        Footprint {
            groups: groups.len(),
            members: groups.iter().filter_map(|key| self.groups.get(*key)).map(members).sum(),
            timers: self.timers.len(),
            loose: self.loose.values().map(|timers| timers.iter().count()).sum(),
            promises: self.replies.len(),
            waiting: self.log.waiting.len(),
        }
    }

    /// Panics if something that must always be true is not: counts, timers, who waits for what. Costs as much as
    /// there is to look at; for tests and for simulations that are being tested.
    pub fn check(&self) {
        self.timers.check();
        self.groups.check();
        for key in self.groups.keys() {
            match self.groups.get(key) {
                Some(Group::Classic(group)) => group.check(&self.timers, &self.joins),
                Some(Group::Consumer(group)) => group.check(&self.timers),
                None => {}
            }
        }
        for (whose, timers) in &self.loose {
            assert!(!timers.is_empty(), "timers are kept only while they are armed: {whose:?}");
            assert!(timers.iter().all(|timer| self.timers.is_armed(timer)), "a timer of {whose:?} is armed");
        }
        for (id, timer) in &self.joins {
            assert!(self.timers.is_armed(*timer), "the timer of the join phase of {id} is armed");
        }
        assert!(self.log.committed <= self.log.written, "only what is written can be committed");
        assert!(self.log.queue.is_empty(), "between two inputs nothing is left to do");
        assert!(!self.log.is_batch_open, "between two inputs no batch is open");
        assert_eq!(self.log.next_offset, self.log.written, "without an open batch every offset is written");
        assert_eq!(self.log.waiting.len(), self.timers.in_line(), "every event that waits stands in line");
        let ends = self.log.waiting.iter().map(|(end, _)| *end);
        assert!(ends.is_sorted(), "events wait in the order of the log");
        if self.status != Status::Active {
            assert_eq!((self.groups.len(), self.timers.len()), (0, 0), "nothing is known of a partition not owned");
            assert_eq!(self.replies.len(), 0, "nobody is left to answer for a partition not owned");
        }
    }
}

fn members(group: &Group) -> usize {
    match group {
        Group::Classic(group) => group.len(),
        Group::Consumer(group) => group.members.len(),
    }
}
