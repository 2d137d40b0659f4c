//! The story of one run: what every member did, who read which partition, and why the group rebalanced.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | [`Story`]: plain data |
//! | [`phase`] | [`Phase`] of a member, [`Cause`] of a rebalance |
//! | [`split`] | [`Split`]: where the time of a rebalance went |
//! | [`mod@patterns`] | what stands out in it: loops, storms, members that keep the others waiting |
//! | [`teller`] | [`Teller`]: the [`crate::Observer`] that writes it down |
//!
//! Contract: opt-in, bounded ([`MAX_SPANS`], [`MAX_REBALANCES`]; [`Story::cut`] says that something is missing), the
//! same for simulated and recorded groups. A recording knows callbacks and the broker's log; so its phases are those
//! that follow from callbacks, nobody is waited for, and a rebalance's time is all `join` and `sync`.
//!
//! A rebalance is told from the moment the coordinator knows that there must be one until the last member has what it
//! is to have:
//!
//! | | classic | consumer protocol |
//! |---|---|---|
//! | begins | PreparingRebalance | the group's epoch is bumped (the first bump, if one assignment answers several) |
//! | generation | the join phase is over | the target assignment is computed |
//! | waited for | who joined last, or did not in time | who gave partitions up last |
//! | ends | the last of those who joined consumes, or is idle | the same, and all have what the target gives them |
//!
//! Groups with slots in ZooKeeper have no rebalances; their members' phases and the gaps in [`PartitionStory::spans`]
//! tell theirs.

mod holdings;
pub mod patterns;
pub mod phase;
mod rebalances;
pub mod split;
pub mod teller;

use protocol::{Generation, SimDuration, SimTime, TopicPartition};
use serde::{Deserialize, Serialize};

use crate::MemberIndex;
use crate::event::BrokerGone;
use crate::serial;
pub use patterns::{Pattern, patterns};
pub use phase::{Cause, Phase};
pub use split::{Part, Split};
pub use teller::Teller;

/// The most spans that are kept, of members and of partitions each (24 bytes apiece); the earliest are kept.
pub const MAX_SPANS: usize = 1_000_000;
/// The most rebalances that are kept (about 300 bytes apiece); the earliest are.
pub const MAX_REBALANCES: usize = 50_000;

/// What happened in one run.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Story {
    /// The first disturbance: what is before it is start-up. (The story tells that as well.)
    #[serde(rename = "from_ns", with = "serial::time")]
    pub from: SimTime,
    /// The end of the run.
    #[serde(rename = "end_ns", with = "serial::time")]
    pub end: SimTime,
    /// Every member; a [`MemberIndex`] is a place here.
    pub members: Vec<MemberStory>,
    /// Every partition that the group should read, and whatever else somebody was given; sorted.
    pub partitions: Vec<PartitionStory>,
    /// Every rebalance, in order, those of the start-up included.
    pub rebalances: Vec<Rebalance>,
    /// Every broker that went, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<Outage>,
    /// Whether the run was too long for a bound, and so something is missing.
    pub cut: bool,
}

/// A broker went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// When.
    #[serde(rename = "at_ns", with = "serial::time")]
    pub at: SimTime,
    /// Which, how, and what went out of service with it.
    #[serde(flatten)]
    pub gone: BrokerGone,
}

/// What one member did, across its restarts.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberStory {
    /// Its name.
    pub name: String,
    /// From the start of the run to its end without gaps, each longer than nothing.
    pub spans: Vec<Span>,
}

/// A member did one thing for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Since when.
    #[serde(rename = "from_ns", with = "serial::time")]
    pub from: SimTime,
    /// Until when.
    #[serde(rename = "to_ns", with = "serial::time")]
    pub to: SimTime,
    /// What.
    pub phase: Phase,
}

/// Who read one partition, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionStory {
    /// Which.
    #[serde(with = "serial::partition")]
    pub partition: TopicPartition,
    /// Since when there is such a partition.
    #[serde(rename = "born_ns", with = "serial::time")]
    pub born: SimTime,
    /// In order. Between them nobody read it.
    pub spans: Vec<Owned>,
}

/// A member read a partition for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// Since when.
    #[serde(rename = "from_ns", with = "serial::time")]
    pub from: SimTime,
    /// Until when.
    #[serde(rename = "to_ns", with = "serial::time")]
    pub to: SimTime,
    /// Who.
    pub member: MemberIndex,
}

/// Which protocol a rebalance followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// JoinGroup and SyncGroup.
    #[default]
    Classic,
    /// Epochs and reconciliation (KIP-848).
    Consumer,
}

/// One rebalance: why it was, who kept the others waiting, and what it cost.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rebalance {
    /// Its number, from 1 on, those of the start-up included.
    pub number: u64,
    /// Which protocol it followed.
    pub protocol: Protocol,
    /// The generation it led to, or the epoch of the target assignment; none if it led to nothing.
    #[serde(with = "serial::maybe_generation")]
    pub generation: Option<Generation>,
    /// When it began.
    #[serde(rename = "began_ns", with = "serial::time")]
    pub began: SimTime,
    /// When the generation came to be; the end if none did.
    #[serde(rename = "decided_ns", with = "serial::time")]
    pub decided: SimTime,
    /// When everybody had what they were to have, or the next one began.
    #[serde(rename = "ended_ns", with = "serial::time")]
    pub ended: SimTime,
    /// Whether the next rebalance began, or the run ended, before everybody had.
    pub interrupted: bool,
    /// How many members the generation has.
    pub members: u64,
    /// What made the group rebalance.
    pub cause: Cause,
    /// The same in the words of whoever told of it (at most 300 bytes).
    pub trigger: String,
    /// How many more reasons came up while it was being prepared.
    pub more_triggers: u64,
    /// The member who caused it, if one did.
    pub culprit: Option<MemberIndex>,
    /// How long that member had been gone, or had stood still, before the group knew.
    #[serde(rename = "unnoticed_ns", with = "serial::duration")]
    pub unnoticed: SimDuration,
    /// The number of the rebalance that this one follows up (cooperative: hands on what that one took away).
    pub follows: Option<u64>,
    /// The member everybody waited for.
    pub waited_for: Option<MemberIndex>,
    /// How many members were removed because they did not join in time.
    pub removed: u64,
    /// The member who had its assignment last.
    pub last: Option<MemberIndex>,
    /// Where its time went; adds up to [`Rebalance::length`].
    pub split: Split,
    /// How many times a partition was without an owner until this rebalance gave it one.
    pub pauses: u64,
    /// How long that was in all: partition-time.
    #[serde(rename = "unread_ns", with = "serial::duration")]
    pub unread: SimDuration,
    /// The longest of those pauses.
    #[serde(rename = "longest_ns", with = "serial::duration")]
    pub longest: SimDuration,
    /// How many records waited in those partitions when somebody read on.
    pub records_delayed: u64,
}

impl Rebalance {
    /// From its beginning to its end.
    pub fn length(&self) -> SimDuration {
        self.ended.since(self.began)
    }
}

impl PartitionStory {
    /// When nobody read it between its birth and `end`, in order.
    pub fn gaps(&self, end: SimTime) -> impl Iterator<Item = (SimTime, SimTime)> {
        let ends = core::iter::once(self.born).chain(self.spans.iter().map(|span| span.to));
        let begins = self.spans.iter().map(|span| span.from).chain([end]);
        ends.zip(begins).filter(|(from, to)| from < to)
    }
}

impl Story {
    /// Each root cause once: rebalances that follow up another one stand behind it.
    pub fn chains(&self) -> Vec<Vec<&Rebalance>> {
        let mut chains: Vec<Vec<&Rebalance>> = Vec::new();
        for rebalance in &self.rebalances {
            match chains.last_mut() {
                Some(chain) if rebalance.follows.is_some_and(|number| number == chain[0].number) => {
                    chain.push(rebalance);
                }
                _ => chains.push(vec![rebalance]),
            }
        }
        chains
    }

    /// A member's name.
    pub fn name(&self, member: MemberIndex) -> &str {
        self.members.get(member.0 as usize).map_or("", |member| &member.name)
    }
}
