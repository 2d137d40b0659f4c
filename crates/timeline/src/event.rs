//! What can happen: the one vocabulary in which the simulator, a recording of a real group, measures and reports speak.
//!
//! Contract: an event says what a member saw or what the broker did, and nothing that only a simulator could know.
//! Partition lists are borrowed: a run of a thousand members says "these ten partitions" millions of times.

use std::fmt;

use protocol::{Generation, SimDuration, TopicName, TopicPartition};

/// A member's place in the cast of a run ([`crate::Cast::members`]): the process behind one name, across its restarts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberIndex(pub u32);

/// Something that happened at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
    /// The consumer threw an error out of `poll` and ended.
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
    /// The topic has grown to `count` partitions.
    PartitionsAdded { topic: &'a TopicName, count: i32 },
    /// The group as an administrator sees it.
    Described { state: &'a str, members: usize },
    /// A line of the broker's log about this group.
    BrokerLog { line: &'a str },
    /// Records that a member consumed in one bucket of time: how many, and their latency since they were produced.
    Consumed { member: MemberIndex, records: u64, latency_sum: SimDuration, latency_max: SimDuration },
    /// Records that producers wrote in one bucket of time.
    Produced { records: u64 },
}

impl fmt::Display for MemberIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
