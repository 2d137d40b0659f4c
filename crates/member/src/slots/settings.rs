//! What a member of a slot group is configured with, and which of the published defects are repaired.

use protocol::SimDuration;

/// Configuration of one member (`static-consumer`'s JSON file).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotSettings {
    /// `max.group.size`: how many slots there are.
    pub max_group_size: u32,
    /// `config.version`: the release; a greater one than the plan's makes this member's settings count.
    pub config_version: i64,
    /// `more.max.poll.time`: how long a turn of the loop polls, at least.
    pub max_poll_time: SimDuration,
    /// `more.max.messages`: most records of a turn.
    pub max_messages: u64,
    /// The session timeout that ZooKeeper is asked for; kazoo's own, which nobody can configure.
    pub session_timeout: SimDuration,
    /// What is repaired.
    pub repaired: Repairs,
}

impl Default for SlotSettings {
    /// As in the published measurement: the file's `max.messages`, the code's own poll time.
    fn default() -> Self {
        Self {
            max_group_size: 0,
            config_version: -1,
            max_poll_time: SimDuration::from_secs(5),
            max_messages: 10_000,
            session_timeout: SimDuration::from_secs(10),
            repaired: Repairs::NONE,
        }
    }
}

/// A defect of the published code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Defect {
    /// Z1.
    PlanForgotten,
    /// Z2.
    PlanKept,
    /// Z3.
    PlanChangedInPlace,
    /// Z4.
    SurplusSlotKept,
    /// Z5.
    SuspensionIgnored,
    /// Z6.
    WritesUnconditional,
    /// Z7.
    SlotFreedBeforeCommit,
    /// Z8.
    MetadataUntimed,
    /// Z9.
    FailureExitsZero,
    /// Z10.
    NewPartitionsSkipped,
}

/// What is known of a defect.
#[derive(Debug)]
pub struct KnownDefect {
    /// Which one.
    pub defect: Defect,
    /// Its number in scenarios.
    pub name: &'static str,
    /// What the published code does, and what comes of it.
    pub published: &'static str,
    /// What it does when repaired.
    pub repaired: &'static str,
}

const fn known(defect: Defect, name: &'static str, published: &'static str, repaired: &'static str) -> KnownDefect {
    KnownDefect { defect, name, published, repaired }
}

/// Every defect, in order of their numbers.
pub const DEFECTS: &[KnownDefect] = &[
    known(
        Defect::PlanForgotten,
        "Z1",
        "the plan is forgotten with a lost session and not read again: alive, without a slot, for ever",
        "the plan is read again in the new session",
    ),
    known(
        Defect::PlanKept,
        "Z2",
        "the plan in use is kept on the way back to `new`: stuck in `joined` until a newer plan comes",
        "the plan in use is forgotten with the slot",
    ),
    known(
        Defect::PlanChangedInPlace,
        "Z3",
        "whoever sees a changed partition count changes its own plan in place and never applies what it wrote",
        "the change is made to a copy, and applied when it comes back",
    ),
    known(
        Defect::SurplusSlotKept,
        "Z4",
        "a member whose slot the plan no longer has turns at full speed and keeps its node",
        "it gives the slot up and tries again each second",
    ),
    known(
        Defect::SuspensionIgnored,
        "Z5",
        "a member cut off from ZooKeeper reads on after its slot has gone to somebody else: two owners",
        "it stops reading when its session may have run out",
    ),
    known(
        Defect::WritesUnconditional,
        "Z6",
        "the plan is written whatever it says by then: of two writers the last one wins, and versions repeat",
        "the plan is written only over the version that was read; else it is read and changed again",
    ),
    known(
        Defect::SlotFreedBeforeCommit,
        "Z7",
        "the slot is freed before the last commit: a joiner may read up to a commit interval twice",
        "commit first, free the slot then",
    ),
    known(
        Defect::MetadataUntimed,
        "Z8",
        "the loop waits for partition counts without limit: deaf to stops and plans while no broker answers",
        "after 10 s it fails, and stops",
    ),
    known(
        Defect::FailureExitsZero,
        "Z9",
        "the process ends with status 0 when it fails: who restarts on failure only does not restart it",
        "it ends with status 1",
    ),
    known(
        Defect::NewPartitionsSkipped,
        "Z10",
        "reading begins at the end of a partition without a committed offset: records of new ones are skipped",
        "it begins at the first record",
    ),
];

/// A set of repaired defects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Repairs(u16);

impl Repairs {
    /// As published.
    pub const NONE: Self = Self(0);
    /// Everything repaired.
    pub const ALL: Self = Self((1 << DEFECTS.len()) - 1);

    /// The same, and this one too.
    #[must_use]
    pub const fn and(self, defect: Defect) -> Self {
        Self(self.0 | 1 << defect as u16)
    }

    /// Whether this one is repaired.
    pub const fn has(self, defect: Defect) -> bool {
        self.0 & 1 << defect as u16 != 0
    }
}

impl KnownDefect {
    /// The defect with this number.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        DEFECTS.iter().find(|known| known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defects_are_listed_in_order_and_can_be_repaired_one_by_one() {
        let mut repairs = Repairs::NONE;
        for (place, known) in DEFECTS.iter().enumerate() {
            assert_eq!(known.name, alloc::format!("Z{}", place + 1));
            assert_eq!(known.defect as usize, place);
            assert!(!repairs.has(known.defect));
            repairs = repairs.and(known.defect);
            assert!(repairs.has(known.defect) && Repairs::ALL.has(known.defect));
            assert_eq!(KnownDefect::by_name(known.name).map(|found| found.defect), Some(known.defect));
        }
        assert_eq!(repairs, Repairs::ALL);
    }
}
