//! What became of records: over time, by partition, by member, and in sum.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | [`Records`]: what a run leaves of it |
//! | `measurer` | from events to that, in one pass |
//! | `latencies` | [`Latencies`]: how many records of each age |
//!
//! Contract: plain data, bounded whatever the run was. Lag is what waits behind the position up to which the group has
//! read, in records and as the age of the oldest that waits; latency is the age of a record when its application gets
//! it. A record counts as consumed as often as it is given to an application; `twice` says how many of those had been
//! given to one before.

mod latencies;
mod measurer;

use protocol::SimDuration;
use serde::{Deserialize, Serialize};

use crate::event::Handover;
use crate::serial;

pub use latencies::Latencies;
pub(crate) use measurer::RecordsMeasurer;

/// Most stretches of time that are told apart.
pub const MAX_BUCKETS: u64 = 60;
/// Most partitions and members that are listed; what is beyond is in the sums only.
pub const MAX_LISTED: usize = 2_000;

/// How many records were consumed, stretch by stretch.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Throughput {
    /// The length of a stretch.
    pub bucket: SimDuration,
    /// Records consumed in each, from the start of the run on; those included that were consumed before.
    pub consumed: Vec<u64>,
}

/// What became of records.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Records {
    /// The length of a stretch of time.
    #[serde(rename = "bucket_ns", with = "serial::duration")]
    pub bucket: SimDuration,
    /// Stretches of time, from the start of the run on.
    pub buckets: Vec<Bucket>,
    /// Partitions by place; at most [`MAX_LISTED`].
    pub partitions: Vec<PartitionRecords>,
    /// Members by index; at most [`MAX_LISTED`].
    pub members: Vec<MemberRecords>,
    /// Sums after the first disturbance, the whole run where it says so.
    pub sums: Sums,
}

/// One stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bucket {
    /// Written in it.
    pub produced: u64,
    /// Read in it.
    pub consumed: u64,
    /// Of those, read before.
    pub twice: u64,
    /// The latencies of those that were read: mean, shortest, longest.
    #[serde(rename = "latency_mean_ns", with = "serial::duration")]
    pub latency_mean: SimDuration,
    /// The shortest.
    #[serde(rename = "latency_min_ns", with = "serial::duration")]
    pub latency_min: SimDuration,
    /// The longest.
    #[serde(rename = "latency_max_ns", with = "serial::duration")]
    pub latency_max: SimDuration,
    /// Half of them were no longer than this …
    #[serde(rename = "latency_p50_ns", with = "serial::duration")]
    pub latency_p50: SimDuration,
    /// … and 99 of 100 no longer than this.
    #[serde(rename = "latency_p99_ns", with = "serial::duration")]
    pub latency_p99: SimDuration,
    /// What waits at its end.
    pub waiting: u64,
    /// The age of the oldest of those.
    #[serde(rename = "waiting_oldest_ns", with = "serial::duration")]
    pub waiting_oldest: SimDuration,
}

/// One partition, over the whole run.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartitionRecords {
    /// Topic and number, as Kafka's tools write it.
    pub partition: String,
    /// Written into it.
    pub produced: u64,
    /// Read from it.
    pub consumed: u64,
    /// Of those, read before.
    pub twice: u64,
    /// Never read, because reading began after them.
    pub skipped: u64,
    /// Waiting at the end.
    pub waiting: u64,
    /// The longest latency after the first disturbance.
    #[serde(rename = "latency_max_ns", with = "serial::duration")]
    pub latency_max: SimDuration,
}

/// One member, over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberRecords {
    /// What it read.
    pub consumed: u64,
    /// Of those, read before by itself or another.
    pub twice: u64,
    /// How many that it had read were read again because of the way it ended.
    pub to_blame_for: u64,
    /// How long its application worked on records, after the first disturbance.
    #[serde(rename = "busy_ns", with = "serial::duration")]
    pub busy: SimDuration,
}

/// Sums after the first disturbance.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sums {
    /// Half of all records were no older when they were read …
    #[serde(rename = "latency_p50_ns", with = "serial::duration")]
    pub latency_p50: SimDuration,
    /// … and 99 of 100 no older than this.
    #[serde(rename = "latency_p99_ns", with = "serial::duration")]
    pub latency_p99: SimDuration,
    /// Most records that waited at any moment that was looked at: ends of stretches, readings that begin after some
    /// have stopped.
    pub waiting_max: u64,
    /// What waits at the end.
    pub waiting: u64,
    /// The longest time from when a partition was no longer read (or not fast enough) until all that waited was read.
    #[serde(rename = "catch_up_longest_ns", with = "serial::duration")]
    pub catch_up_longest: SimDuration,
    /// Records read again in the whole run.
    pub twice: u64,
    /// How many of them after which kind of handover.
    pub twice_after: Vec<(Handover, u64)>,
    /// Records never read because reading began after them, in the whole run.
    pub skipped: u64,
    /// Transactions aborted in the whole run.
    pub aborted: u64,
    /// What brokers that went have done; none if none went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_service: Option<OutOfService>,
}

/// What brokers that went have done, in the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OutOfService {
    /// How many partitions were out of service, each time counted.
    pub partitions: u64,
    /// For how long at the longest.
    #[serde(rename = "longest_ns", with = "serial::duration")]
    pub longest: SimDuration,
    /// Records that were lost with a leader.
    pub unreplicated: u64,
    /// Records that their producers gave up.
    pub expired: u64,
}
