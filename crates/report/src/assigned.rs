//! What assignors answer, side by side.
//!
//! Contract: plain data and the numbers that follow from it; who computed it is no matter here.

/// Answers to one question.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Assigned {
    /// The question; may be empty.
    pub question: String,
    /// The group at first, and after what happened to it.
    pub steps: Vec<AssignedStep>,
}

/// A group, and how every assignor shares out its partitions.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AssignedStep {
    /// When: "At first", "After the change".
    pub title: String,
    /// The members, in order.
    pub members: Vec<String>,
    /// How many topics there are.
    pub topics: u64,
    /// How many partitions there are.
    pub partitions: u64,
    /// What each assignor says, all of them in the same order in every step.
    pub answers: Vec<AssignedAnswer>,
}

/// What one assignor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedAnswer {
    /// What it is called.
    pub assignor: String,
    /// Whether it deals each topic by itself to the same members, so that what does not come out even adds up.
    pub adds_up_odds: bool,
    /// Who gets what, or in words how Kafka's own class fails.
    pub sharing: Result<Sharing, String>,
}

/// Who gets what.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sharing {
    /// Per member, by topic, the numbers of its partitions, ascending.
    pub shares: Vec<Vec<(String, Vec<i32>)>>,
    /// How many rebalances it takes until everybody has what it shall have; nothing where the group need not stop
    /// for one.
    pub rebalances: Option<u32>,
    /// How many partitions have no replica in their member's rack; nothing if nothing is known of racks.
    pub from_afar: Option<u64>,
    /// What it costs to get there from what was owned; nothing if nothing was.
    pub moves: Option<Moves>,
}

/// What changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Moves {
    /// Partitions that go from one member to another.
    pub moved: u64,
    /// How many of them are taken from members that stay.
    pub from_those_who_stay: u64,
    /// Partitions of members that stay which are not read meanwhile.
    pub stopped: u64,
}

impl Sharing {
    /// How many partitions each member gets.
    pub fn counts(&self) -> Vec<u64> {
        let count = |share: &Vec<(String, Vec<i32>)>| share.iter().map(|(_, partitions)| partitions.len() as u64).sum();
        self.shares.iter().map(count).collect()
    }

    /// The fewest and the most that a member gets.
    pub fn extremes(&self) -> (u64, u64) {
        let counts = self.counts();
        (counts.iter().copied().min().unwrap_or(0), counts.iter().copied().max().unwrap_or(0))
    }

    /// How many members get nothing.
    pub fn idle(&self) -> u64 {
        self.counts().iter().filter(|count| **count == 0).count() as u64
    }
}
