//! What a member is doing, and what makes a group rebalance: the words that a story is told in.

use serde::{Deserialize, Serialize};

/// What a member is doing at one moment, seen from outside. It says nothing of reading: a cooperative member reads on
/// while it joins ([`super::PartitionStory`] says who reads what).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// There is no process.
    #[default]
    Down,
    /// The process has started; its consumer has not polled yet.
    Starting,
    /// It wants to be a member, or a member of the next generation (consumer protocol: its first heartbeat is under
    /// way; slots: it tries to take one).
    Joining,
    /// It has joined and waits for its assignment; a classic leader computes everybody's.
    Syncing,
    /// It is to give up partitions, or to join again, and first ends what it has in hand: the batch, the last commit.
    Draining,
    /// It gives partitions up: `onPartitionsRevoked` or `onPartitionsLost` runs.
    Revoking,
    /// It is given partitions: `onPartitionsAssigned` runs.
    Assigning,
    /// It asks where to read on.
    FetchingOffsets,
    /// It has partitions and nothing else to do.
    Consuming,
    /// It is in the group, and nothing is assigned to it.
    Idle,
    /// Its application does not poll.
    Hung,
    /// It was cut off from the brokers, and is not given records again yet.
    CutOff,
    /// Its consumer is being closed.
    Leaving,
}

impl Phase {
    /// Every phase, in the order of a process's life.
    pub const ALL: [Self; 13] = [
        Self::Down,
        Self::Starting,
        Self::Joining,
        Self::Syncing,
        Self::Draining,
        Self::Revoking,
        Self::Assigning,
        Self::FetchingOffsets,
        Self::Consuming,
        Self::Idle,
        Self::Hung,
        Self::CutOff,
        Self::Leaving,
    ];

    /// In a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Starting => "starting",
            Self::Joining => "joining",
            Self::Syncing => "syncing",
            Self::Draining => "draining",
            Self::Revoking => "revoking",
            Self::Assigning => "assigning",
            Self::FetchingOffsets => "fetching offsets",
            Self::Consuming => "consuming",
            Self::Idle => "idle",
            Self::Hung => "hung",
            Self::CutOff => "cut off",
            Self::Leaving => "leaving",
        }
    }

    /// Whether the member has what it is to have.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Consuming | Self::Idle)
    }

    /// Whether a rebalance has nothing to wait for here: the process is gone or going.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Down | Self::Leaving)
    }
}

/// What made a group rebalance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A member joined.
    Joined,
    /// A static member returned and the group could not just go on.
    Returned,
    /// A member left, as it does when it is closed.
    Left,
    /// A member left because its application had not polled for `max.poll.interval.ms`.
    PollTimeout,
    /// The coordinator heard nothing of a member for its session timeout.
    Expired,
    /// A member did not join, or did not give its partitions up, in time.
    Overdue,
    /// A member did not ask for its assignment in time.
    DidNotSync,
    /// Cooperative: a member has given partitions up in the rebalance before; now they can be handed on.
    HandedOn,
    /// Topics, or what somebody subscribes to, have changed.
    TopicsChanged,
    /// A member's place in the group was void, and it joined again.
    Rejoined,
    /// Something about the group itself: it changed its protocol, was loaded too large, or could not be stored.
    Group,
    /// Nobody said.
    #[default]
    Unknown,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 12] = [
        Self::Joined,
        Self::Returned,
        Self::Left,
        Self::PollTimeout,
        Self::Expired,
        Self::Overdue,
        Self::DidNotSync,
        Self::HandedOn,
        Self::TopicsChanged,
        Self::Rejoined,
        Self::Group,
        Self::Unknown,
    ];

    /// In a few words, as the end of “because …”.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Joined => "a member joined",
            Self::Returned => "a static member returned",
            Self::Left => "a member left",
            Self::PollTimeout => "a member did not poll in time",
            Self::Expired => "a session expired",
            Self::Overdue => "a member was not ready in time",
            Self::DidNotSync => "a member did not fetch its assignment in time",
            Self::HandedOn => "partitions were to be handed on",
            Self::TopicsChanged => "topics changed",
            Self::Rejoined => "a member had to join again",
            Self::Group => "the group itself changed",
            Self::Unknown => "nobody said why",
        }
    }

    /// Whether the member that caused it was gone, or stood still, before anybody knew.
    pub const fn is_found_late(self) -> bool {
        matches!(self, Self::PollTimeout | Self::Expired | Self::Overdue | Self::DidNotSync)
    }

    /// What Kafka's own words for a reason, or the simulator's, come to.
    pub fn of(words: &str) -> Self {
        const SIGNS: [(&str, Cause); 15] = [
            ("need to revoke partitions", Cause::HandedOn),
            ("after revoking what we lost", Cause::HandedOn),
            ("poll timeout", Cause::PollTimeout),
            ("Adding new member", Cause::Joined),
            (" joined", Cause::Joined),
            ("LeaveGroup", Cause::Left),
            (" left", Cause::Left),
            ("heartbeat expiration", Cause::Expired),
            (" expired", Cause::Expired),
            ("pending sync", Cause::DidNotSync),
            ("metadata has changed", Cause::TopicsChanged),
            ("subscription has changed", Cause::TopicsChanged),
            ("static member", Cause::Returned),
            ("re-joining group", Cause::Rejoined),
            ("Updating metadata", Cause::Rejoined),
        ];
        SIGNS.iter().find(|(sign, _)| words.contains(sign)).map_or(Self::Unknown, |(_, cause)| *cause)
    }
}
