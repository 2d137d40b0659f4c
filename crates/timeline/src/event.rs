//! What can happen: the one vocabulary in which the simulator, a recording of a real group, measures and reports speak.
//!
//! Contract: an event says what a member saw or what the broker did, and nothing that only a simulator could know.
//! Partition lists are borrowed: a run of a thousand members says "these ten partitions" millions of times.

use std::fmt;

use serde::{Deserialize, Serialize};

use protocol::{Generation, SimDuration, SimTime, TopicName, TopicPartition};

use crate::Step;

/// The buckets of time over which consumed records are added up, from the start of the run.
pub const CONSUMED_BUCKET: SimDuration = SimDuration::from_millis(100);

/// A member's place in the cast of a run ([`crate::Cast::members`]): the process behind one name, across its restarts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberIndex(pub u32);

/// A partition's place among all partitions into which records are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PartitionPlace(pub u32);

/// How the reader of a partition came to be no longer its reader.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handover {
    /// It was asked to give the partition up, or closed its consumer.
    Revoked,
    /// It was killed, or failed.
    Killed,
    /// The partition was given to another one behind its back: its session or `max.poll.interval.ms` was over.
    Expelled,
    /// Whichever way, but what had been committed has expired before the next reader began.
    Forgotten,
}

/// A broker that has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BrokerGone {
    /// Which.
    pub broker: i32,
    /// Whether it was killed; else it handed over what it led before it went.
    pub is_killed: bool,
    /// Whether it was the group's coordinator.
    pub was_coordinator: bool,
    /// How many partitions nobody can write to, or read on in, from then on.
    pub partitions: u64,
    /// For how long, at the longest, as far as the run goes.
    #[serde(rename = "longest_ns", with = "crate::serial::duration")]
    pub longest: SimDuration,
}

/// Consecutive records whose ages lie on a straight line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgeLine {
    /// How many.
    pub records: u64,
    /// The age of the first of them.
    pub oldest: SimDuration,
    /// The age of the last of them.
    pub newest: SimDuration,
}

/// Why a record that was sent never came into its partition's log, or was gone from it before anybody could read it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Its leader was killed before its followers had it, and its producer did not wait for them (`acks`).
    Unreplicated,
    /// Its producer gave it up (`delivery.timeout.ms`).
    Expired,
}

/// Something that happened at one moment. A field means the same wherever it stands:
///
/// | field | meaning |
/// |---|---|
/// | `member` | to whom it happened |
/// | `partitions` | which partitions are added or taken away by this call (not all that it holds) |
/// | `generation` | the member's generation (classic) or member epoch (consumer protocol) at that moment |
/// | `total` | how many partitions the member holds afterwards |
/// | `reason`, `error`, `line`, `state` | Kafka's own words |
/// | `members` | how many members the group has |
/// | `topic`, `count` | which topic, and how many partitions it has now |
/// | `bucket` | the moment at which the bucket of time began |
/// | `records` | how many records |
/// | `bar`, `expected`, `reported` | a bar of a monitor's chart: when it begins, how many records were written in its time, how many of those were reported as consumed |
/// | `latency_sum`, `latency_max` | their ages when they were consumed: added up, and the oldest |
/// | `lines` | how many records, and their ages; at least one line |
/// | `oldest` | the age of the oldest |
/// | `work` | how long the application works on them |
/// | `partition` | which one, among those into which records are written |
/// | `longest` | for how long, that of them which takes longest |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "fields are explained once, in the table above")]
pub enum Event<'a> {
    /// A process starts and creates its consumer.
    Started { member: MemberIndex },
    /// A clean stop begins: the poll loop ends, the consumer is being closed.
    Closing { member: MemberIndex },
    /// The consumer is closed and the process has ended.
    Closed { member: MemberIndex },
    /// The process is gone without a word (SIGKILL, lost node).
    Killed { member: MemberIndex },
    /// The member stops polling; its heartbeats go on.
    Hung { member: MemberIndex },
    /// It polls again.
    HangOver { member: MemberIndex },
    /// What it had when it hung, or was cut off, was not taken from it meanwhile: it reads that on, since `since`.
    /// Follows [`Event::HangOver`] or [`Event::CutOver`] at the earliest, and is missing if the group went on without
    /// the member.
    ReadsOn { member: MemberIndex, since: SimTime },
    /// The member and the brokers do not hear each other from now on, without being told: it polls, and is given
    /// nothing.
    CutOff { member: MemberIndex },
    /// It would be given records again. Its heartbeats may have been heard before.
    CutOver { member: MemberIndex },
    /// The consumer threw an error out of `poll` and ended. What it held counts as read until `Closed` or `Killed`
    /// follows.
    Failed { member: MemberIndex, error: &'a str },
    /// `onPartitionsAssigned` returned: these partitions were added; now it holds `total`.
    Assigned { member: MemberIndex, partitions: &'a [TopicPartition], generation: Generation, total: usize },
    /// `onPartitionsRevoked` begins: the member no longer reads these.
    Revoked { member: MemberIndex, partitions: &'a [TopicPartition], generation: Generation },
    /// `onPartitionsLost` begins: they were taken away without asking.
    Lost { member: MemberIndex, partitions: &'a [TopicPartition], generation: Generation },
    /// The coordinator starts a rebalance (classic: enters PreparingRebalance with this old generation).
    Rebalancing { generation: Generation, reason: &'a str },
    /// A generation (classic) or a target assignment of this epoch (consumer protocol) came to be.
    Generation { generation: Generation, members: usize },
    /// Consumer protocol: the group has a new epoch, for which a target assignment is to be computed.
    GroupEpoch { epoch: Generation },
    /// The topic has grown to `count` partitions.
    PartitionsAdded { topic: &'a TopicName, count: i32 },
    /// The group as an administrator sees it.
    Described { state: &'a str, members: usize },
    /// What one member has of it, by its member id, as an administrator sees it who has just been shown the group
    /// ([`Event::Described`]).
    Shown { id: &'a str, partitions: &'a [TopicPartition] },
    /// The run is over: the group as an administrator would see it now, its state and how many members it has; none if
    /// nobody could tell. Only a simulator says that; a recorder describes the group ([`Event::Described`]).
    Ended { seen: Option<(&'a str, usize)> },
    /// A line of the broker's log about this group.
    BrokerLog { line: &'a str },
    /// Records that a member consumed in one bucket of time ([`CONSUMED_BUCKET`], the one this event happens in): how
    /// many, and their latency since they were produced. Several events a bucket are added up.
    Consumed { member: MemberIndex, records: u64, latency_sum: SimDuration, latency_max: SimDuration },
    /// The same, told after its bucket was over, as recordings of real groups do; the bucket began at `bucket`.
    ConsumedEarlier {
        member: MemberIndex,
        bucket: SimTime,
        records: u64,
        latency_sum: SimDuration,
        latency_max: SimDuration,
    },
    /// Records that producers wrote since the last such event.
    Produced { records: u64 },
    /// Consecutive records of one partition that a member's application was given since the last such event; `again`
    /// of them had been given to an application before. Only a simulator sees that; [`Event::Consumed`] is the sum.
    Delivered { member: MemberIndex, partition: PartitionPlace, lines: &'a [AgeLine], again: u64, work: SimDuration },
    /// What waits in all partitions at this moment: records, and the age of the oldest; `produced` in all so far.
    Backlog { produced: u64, waiting: u64, oldest: SimDuration },
    /// A partition is read from `records` before the point up to which `member` had read it: these are read again.
    Rewound { partition: PartitionPlace, records: u64, member: MemberIndex, why: Handover },
    /// A partition is read from `records` after the point up to which it had been read: these are never read.
    Skipped { partition: PartitionPlace, records: u64 },
    /// A transaction of this member's application, with which so many records would have been committed, was aborted.
    TransactionAborted { member: MemberIndex, records: u64 },
    /// All that had waited in a partition is read; it had not been read, or not fast enough, for this long.
    CaughtUp { partition: PartitionPlace, after: SimDuration },
    /// A broker has gone: so many partitions are not appended to, or let no record through, until others take over.
    BrokerGone(BrokerGone),
    /// Records that were sent to a partition and lost.
    NeverWritten { partition: PartitionPlace, records: u64, why: Loss },
    /// How a partition stands at the end: `produced` in all, `waiting` of them.
    Settled { partition: PartitionPlace, name: &'a TopicPartition, produced: u64, waiting: u64 },
    /// A bar of a monitor's chart, drawn from what consumers reported of themselves by the records' own time.
    Charted { bar: SimTime, expected: u64, reported: u64, latency_sum: SimDuration, latency_max: SimDuration },
    /// A step in between, for who follows.
    Step(Step<'a>),
}

impl Event<'_> {
    /// The member it happened to; none if the broker, a producer or an administrator did it.
    pub fn member(&self) -> Option<MemberIndex> {
        match *self {
            Event::Started { member }
            | Event::Closing { member }
            | Event::Closed { member }
            | Event::Killed { member }
            | Event::Hung { member }
            | Event::HangOver { member }
            | Event::CutOff { member }
            | Event::CutOver { member }
            | Event::ReadsOn { member, .. }
            | Event::Failed { member, .. }
            | Event::Assigned { member, .. }
            | Event::Revoked { member, .. }
            | Event::Lost { member, .. }
            | Event::Consumed { member, .. }
            | Event::ConsumedEarlier { member, .. }
            | Event::Delivered { member, .. }
            | Event::Rewound { member, .. }
            | Event::TransactionAborted { member, .. } => Some(member),
            Event::Step(step) => step.member(),
            Event::Rebalancing { .. }
            | Event::Generation { .. }
            | Event::GroupEpoch { .. }
            | Event::PartitionsAdded { .. }
            | Event::Described { .. }
            | Event::Shown { .. }
            | Event::Ended { .. }
            | Event::BrokerLog { .. }
            | Event::Produced { .. }
            | Event::Backlog { .. }
            | Event::Skipped { .. }
            | Event::CaughtUp { .. }
            | Event::BrokerGone(_)
            | Event::NeverWritten { .. }
            | Event::Settled { .. }
            | Event::Charted { .. } => None,
        }
    }
}

impl fmt::Display for MemberIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
