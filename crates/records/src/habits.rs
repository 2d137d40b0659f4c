//! How a consumer fetches, how far away the broker is, and how long an application works on what it gets.
//!
//! Source: `org.apache.kafka.clients.consumer.ConsumerConfig` for the limits of a fetch and of a poll.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::SimDuration;

/// A fetch and its answer take at least this long together, however near the broker: a poll that finds nothing goes
/// through the kernel twice. It bounds how many polls there can be in a second.
const LEAST_TRIP: SimDuration = SimDuration::from_micros(100);

/// Up to so many records of a poll each have a time of their own; of more, their mean counts.
const SINGLE_RECORDS: u64 = 16;

/// How long something takes that an application does again and again, in nanoseconds.
#[derive(Clone, Eq, Debug, Default)]
pub struct Times {
    mean: u64,
    /// What was drawn for the first time, the second, and so on; then from the beginning again. Empty if it always
    /// takes the same.
    drawn: Arc<[u64]>,
}

impl PartialEq for Times {
    /// Lists are shared by all that draw from one distribution, and long.
    fn eq(&self, other: &Self) -> bool {
        self.mean == other.mean && (Arc::ptr_eq(&self.drawn, &other.drawn) || self.drawn == other.drawn)
    }
}

impl Times {
    /// Always the same.
    pub fn fixed(length: SimDuration) -> Self {
        Self { mean: length.as_nanos(), drawn: Arc::default() }
    }

    /// These in turn; nothing at all if there are none.
    pub fn drawn(lengths: &[SimDuration]) -> Self {
        let drawn: Vec<u64> = lengths.iter().map(|length| length.as_nanos()).collect();
        let sum: u128 = drawn.iter().map(|nanos| u128::from(*nanos)).sum();
        let mean = u64::try_from(sum / drawn.len().max(1) as u128).unwrap_or(u64::MAX);
        Self { mean, drawn: drawn.into() }
    }

    /// The mean of all of them.
    pub fn mean(&self) -> SimDuration {
        SimDuration::from_nanos(self.mean)
    }

    /// How long it takes the `turn`-th time, from 0.
    pub(crate) fn at(&self, turn: u64) -> u64 {
        if self.drawn.is_empty() {
            return self.mean;
        }
        self.drawn[usize::try_from(turn % self.drawn.len() as u64).expect("a place in a list")]
    }
}

/// What bounds the answer of a fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FetchLimits {
    /// `fetch.min.bytes`: less is not worth an answer …
    pub min_bytes: u64,
    /// … before the broker has waited so long: `fetch.max.wait.ms`.
    pub max_wait: SimDuration,
    /// `max.partition.fetch.bytes`: most of one partition, but always a record.
    pub max_partition_bytes: u64,
    /// `fetch.max.bytes`: most of all together, but always a record.
    pub max_bytes: u64,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            min_bytes: 1,
            max_wait: SimDuration::from_millis(500),
            max_partition_bytes: 1 << 20,
            max_bytes: 50 << 20,
        }
    }
}

/// How a consumer fetches, and how long its application works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Habits {
    /// What an application spends on a record.
    pub record: Times,
    /// What it spends on all records of a poll together, besides.
    pub poll: Times,
    /// `max.poll.records`: most records of a poll.
    pub max_poll_records: u64,
    /// The limits of a fetch.
    pub fetch: FetchLimits,
    /// Whether it fetches on while its application works (librdkafka's queue); otherwise the next fetch leaves with the
    /// poll that takes the last record of the one before (Java, franz-go).
    pub fetches_on: bool,
}

impl Habits {
    /// An application that does nothing with records, and Kafka's own defaults.
    pub fn idle() -> Self {
        Self {
            record: Times::default(),
            poll: Times::default(),
            max_poll_records: 500,
            fetch: FetchLimits::default(),
            fetches_on: false,
        }
    }

    /// Whether any of its lengths was drawn.
    pub fn are_drawn(&self) -> bool {
        self.drawn() > 1
    }

    /// Whether records ever wait for more than their way: an application takes time, or a broker waits for more.
    pub(crate) fn takes_polls(&self) -> bool {
        self.record.mean > 0 || self.poll.mean > 0 || self.fetch.min_bytes > 1
    }

    /// Most records of a poll; at least one.
    pub(crate) fn most(&self) -> u64 {
        self.max_poll_records.max(1)
    }

    /// How long a full poll takes on average.
    pub(crate) fn full_poll(&self) -> u64 {
        self.poll.mean.saturating_add(self.record.mean.saturating_mul(self.most()))
    }

    /// After how many polls lengths that were drawn have all been there.
    pub(crate) fn drawn(&self) -> u64 {
        self.poll.drawn.len().max(self.record.drawn.len()).max(1) as u64
    }

    /// How long the `poll`-th poll takes, which has so many records, the first of which is the `record`-th.
    pub(crate) fn poll_time(&self, poll: u64, record: u64, records: u64) -> u64 {
        let single = if records <= SINGLE_RECORDS && !self.record.drawn.is_empty() {
            (record..record + records).map(|record| self.record.at(record)).fold(0, u64::saturating_add)
        } else {
            self.record.mean.saturating_mul(records)
        };
        self.poll.at(poll).saturating_add(single)
    }
}

/// How far away records are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ways {
    /// From the consumer to the broker.
    pub request: SimDuration,
    /// From the broker's answer until an application that waits for it has it.
    pub response: SimDuration,
    /// From the writing of a record until a fetch is answered with it: the high watermark has to pass it.
    pub visible: SimDuration,
}

impl Ways {
    /// From the writing of a record until an application that waits for it has it, a fetch being made for it.
    pub fn delay(&self) -> SimDuration {
        self.request + self.response + self.visible
    }

    /// What no record is younger than when it is handed over: even one that is waited for was written before it was
    /// visible, and comes from there.
    pub(crate) fn least_age(&self) -> SimDuration {
        self.visible + self.response
    }

    /// The way to the broker, so long that there and back is a trip.
    pub(crate) fn there(&self) -> SimDuration {
        self.request.max(LEAST_TRIP.saturating_sub(self.response))
    }

    /// There and back.
    pub(crate) fn trip(&self) -> SimDuration {
        self.there() + self.response
    }
}

/// What decides how fast records are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pace {
    pub(crate) habits: Arc<Habits>,
    pub(crate) ways: Ways,
}
