//! Records that were handed to an application.

use alloc::vec::Vec;

/// A partition's place in the table of all logs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LogIndex(pub u32);

impl LogIndex {
    /// As an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Consecutive records of one partition that were handed to one application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Whose.
    pub partition: LogIndex,
    /// The offset of the first one.
    pub first: u64,
    /// How many; at least one.
    pub records: u64,
    /// Their ages in nanoseconds, added up.
    pub latency_sum: u128,
    /// The age of the first one and of the last one, in nanoseconds. Those between lie on a straight line between
    /// these two, to within a tick of the producers and the time of one poll.
    pub latencies: (u64, u64),
    /// The age of the oldest one, to within a tick of the producers and the time of one poll.
    pub latency_max: u64,
    /// What the application spends on them, in nanoseconds.
    pub work: u64,
}

impl Delivery {
    /// Whether another one goes on where it ends.
    pub(crate) fn is_followed_by(&self, other: &Self) -> bool {
        self.partition == other.partition && self.first + self.records == other.first
    }
}

/// Deliveries, in the order in which they happened in each partition.
pub type Deliveries = Vec<Delivery>;

/// Consecutive records of one partition that were handed to one application, in sum: all that follow each other, their
/// ages told line by line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Whose.
    pub partition: LogIndex,
    /// The offset of the first one.
    pub first: u64,
    /// How many; at least one.
    pub records: u64,
    /// Their ages in nanoseconds, added up.
    pub latency_sum: u128,
    /// The age of the oldest one.
    pub latency_max: u64,
    /// What the application spends on them, in nanoseconds.
    pub work: u64,
}

impl Told {
    /// Deliveries, each of which [goes on](Delivery::is_followed_by) where the one before ends.
    pub(crate) fn of(deliveries: &[Delivery]) -> Self {
        let Delivery { partition, first, .. } = deliveries[0];
        let mut told = Self { partition, first, records: 0, latency_sum: 0, latency_max: 0, work: 0 };
        for delivery in deliveries {
            told.records += delivery.records;
            told.latency_sum += delivery.latency_sum;
            told.latency_max = told.latency_max.max(delivery.latency_max);
            told.work = told.work.saturating_add(delivery.work);
        }
        told
    }
}
