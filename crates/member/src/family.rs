//! The client libraries that are simulated, and what distinguishes them before anything happens.
//!
//! Contract: everything that is said of a client anywhere (words of a scenario, help, documentation, defaults) is
//! read off [`PROFILES`]. How a client *behaves* is in its own module.

use assignor::ClientAssignorKind;
use protocol::SimDuration;

use crate::config::{ClientConfig, OffsetReset};

/// A client library.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ClientFamily {
    /// Apache Kafka's own consumer.
    #[default]
    Java,
    /// The C library that clients of many languages are built on.
    Librdkafka,
    /// franz-go.
    FranzGo,
}

/// What is known of a client.
#[derive(Debug)]
pub struct Profile {
    /// Which one it is.
    pub family: ClientFamily,
    /// Its name.
    pub name: &'static str,
    /// The version whose behaviour is simulated.
    pub version: &'static str,
    /// What it is, in a line.
    pub doc: &'static str,
    /// Its defaults where they differ from Kafka's own consumer's: name in Kafka's words, value as it is written.
    pub defaults: &'static [(&'static str, &'static str)],
    /// Configs of Kafka's own consumer that it has no counterpart of.
    pub ignores: &'static [&'static str],
    /// Whether it asks for the end of an offset's leader epoch before it reads on from a committed offset.
    pub validates_epochs: bool,
    /// Whether it runs in a virtual machine, which has to start and to load it.
    pub has_runtime: bool,
    make: fn() -> ClientConfig,
}

/// Every client, the default first.
pub const PROFILES: &[Profile] = &[
    Profile {
        family: ClientFamily::Java,
        name: "java",
        version: "4.3",
        doc: "Apache Kafka's own consumer, kafka-clients",
        defaults: &[],
        ignores: &[],
        validates_epochs: true,
        has_runtime: true,
        make: ClientConfig::default,
    },
    Profile {
        family: ClientFamily::Librdkafka,
        name: "librdkafka",
        version: "2.15",
        doc: "librdkafka, and the clients built on it (confluent-kafka for Python, .NET, Go, JavaScript; rdkafka for Rust)",
        defaults: &[
            ("partition.assignment.strategy", "range, roundrobin"),
            ("request.timeout.ms", "60000"),
            ("max.poll.records", "1"),
        ],
        ignores: &[],
        validates_epochs: false,
        has_runtime: false,
        make: librdkafka,
    },
    Profile {
        family: ClientFamily::FranzGo,
        name: "franz-go",
        version: "1.22",
        doc: "franz-go, the Go client of kgo",
        defaults: &[
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("request.timeout.ms", "10000"),
            ("retry.backoff.ms", "250"),
            ("retry.backoff.max.ms", "5000"),
            ("fetch.max.wait.ms", "5000"),
            ("max.poll.records", "2147483647"),
            ("auto.offset.reset", "earliest"),
        ],
        ignores: &["max.poll.interval.ms"],
        validates_epochs: true,
        has_runtime: false,
        make: franz_go,
    },
];

impl ClientFamily {
    /// What is known of it.
    pub fn profile(self) -> &'static Profile {
        PROFILES.iter().find(|profile| profile.family == self).expect("every family has a profile")
    }

    /// The client with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        PROFILES.iter().find(|profile| profile.name == name).map(|profile| profile.family)
    }
}

impl Profile {
    /// Its configuration if nothing is configured.
    pub fn config(&self) -> ClientConfig {
        (self.make)()
    }

    /// Its own default of a config, as it is written; none if that is Kafka's own consumer's.
    pub fn default_of(&self, name: &str) -> Option<&'static str> {
        self.defaults.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }
}

/// `request.timeout.ms` stands for `socket.timeout.ms`, `metadata.max.age.ms` for `topic.metadata.refresh.interval.ms`,
/// `max.partition.fetch.bytes` for `fetch.message.max.bytes`. A call of `rd_kafka_consumer_poll` returns one message.
fn librdkafka() -> ClientConfig {
    ClientConfig {
        assignors: alloc::vec![ClientAssignorKind::Range, ClientAssignorKind::RoundRobin],
        request_timeout: SimDuration::from_millis(60_000),
        max_poll_records: 1,
        ..ClientConfig::default()
    }
}

/// `request.timeout.ms` stands for `RequestTimeoutOverhead`, `retry.backoff…` for `RetryBackoffFn`, `max.poll.records`
/// for the argument of `PollRecords`; `PollFetches` returns all that is buffered.
fn franz_go() -> ClientConfig {
    ClientConfig {
        rebalance_timeout: Some(SimDuration::from_millis(60_000)),
        assignors: alloc::vec![ClientAssignorKind::CooperativeSticky],
        request_timeout: SimDuration::from_millis(10_000),
        retry_backoff: SimDuration::from_millis(250),
        retry_backoff_max: SimDuration::from_millis(5_000),
        max_poll_records: i32::MAX.unsigned_abs().into(),
        fetch_max_wait: SimDuration::from_millis(5_000),
        offset_reset: OffsetReset::Earliest,
        ..ClientConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_one_profile_and_a_name_of_its_own() {
        for family in [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo] {
            assert_eq!(PROFILES.iter().filter(|profile| profile.family == family).count(), 1);
            assert_eq!(ClientFamily::by_name(family.profile().name), Some(family));
        }
        assert_eq!(ClientFamily::by_name("sarama"), None);
    }
}
