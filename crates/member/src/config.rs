//! A consumer's configuration, under Kafka's own names.
//!
//! [`ClientConfig`] is what the state machines read; every field but one is the value of one Kafka config, with the
//! default of the Java client 4.3.0 (`ConsumerConfig`); other clients' defaults are in [`crate::family`]. Left out:
//! configs that say how to reach brokers, authenticate or decode records.

use alloc::vec::Vec;

use assignor::ClientAssignorKind;
use protocol::{AssignorName, InstanceId, RackId, SimDuration};

/// How a consumer takes part in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// `group.protocol`: the rebalance protocol.
    pub group_protocol: GroupProtocol,
    /// `group.remote.assignor`: the coordinator's assignor it wishes for; consumer protocol only.
    pub remote_assignor: Option<AssignorName>,
    /// `group.instance.id`: a static member's own name (KIP-345); none for a dynamic member.
    pub instance_id: Option<InstanceId>,
    /// `session.timeout.ms`: how long the coordinator waits for a sign of life.
    pub session_timeout: SimDuration,
    /// `heartbeat.interval.ms`: time from heartbeat to heartbeat.
    pub heartbeat_interval: SimDuration,
    /// `max.poll.interval.ms`: longest time between two polls; the rebalance timeout as well, unless there is one
    /// below.
    pub max_poll_interval: SimDuration,
    /// How long the coordinator waits for this member in a rebalance, for clients that set it apart
    /// (`RebalanceTimeout` of franz-go); Kafka's own consumer has no such config.
    pub rebalance_timeout: Option<SimDuration>,
    /// `partition.assignment.strategy`: assignors, most wanted first; at least one.
    pub assignors: Vec<ClientAssignorKind>,
    /// `enable.auto.commit`.
    pub auto_commit: bool,
    /// `auto.commit.interval.ms`.
    pub auto_commit_interval: SimDuration,
    /// `metadata.max.age.ms`: how old a client's picture of the topics may get.
    pub metadata_max_age: SimDuration,
    /// `retry.backoff.ms`.
    pub retry_backoff: SimDuration,
    /// `retry.backoff.max.ms`.
    pub retry_backoff_max: SimDuration,
    /// `request.timeout.ms`.
    pub request_timeout: SimDuration,
    /// `client.rack`.
    pub rack: Option<RackId>,
    /// `max.poll.records`: most records that one `poll` returns. For the driver, as is all that follows.
    pub max_poll_records: u64,
    /// `fetch.min.bytes`: how many bytes a fetch waits for at the broker …
    pub fetch_min_bytes: u64,
    /// `fetch.max.wait.ms`: … and how long at most.
    pub fetch_max_wait: SimDuration,
    /// `max.partition.fetch.bytes`: most bytes of one partition in an answer.
    pub max_partition_fetch_bytes: u64,
    /// `fetch.max.bytes`: most bytes of an answer.
    pub fetch_max_bytes: u64,
    /// `auto.offset.reset`: where to begin without a committed offset.
    pub offset_reset: OffsetReset,
}

/// The rebalance protocols.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum GroupProtocol {
    /// JoinGroup, SyncGroup, a leader that assigns.
    #[default]
    Classic,
    /// KIP-848: the coordinator assigns, members reconcile one by one.
    Consumer,
}

/// Where to begin without a committed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the first record there is.
    Earliest,
    /// Behind the last record there is.
    Latest,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            group_protocol: GroupProtocol::Classic,
            remote_assignor: None,
            instance_id: None,
            session_timeout: SimDuration::from_millis(45_000),
            heartbeat_interval: SimDuration::from_millis(3_000),
            max_poll_interval: SimDuration::from_millis(300_000),
            rebalance_timeout: None,
            assignors: alloc::vec![ClientAssignorKind::Range, ClientAssignorKind::CooperativeSticky],
            auto_commit: true,
            auto_commit_interval: SimDuration::from_millis(5_000),
            metadata_max_age: SimDuration::from_millis(300_000),
            retry_backoff: SimDuration::from_millis(100),
            retry_backoff_max: SimDuration::from_millis(1_000),
            request_timeout: SimDuration::from_millis(30_000),
            rack: None,
            max_poll_records: 500,
            fetch_min_bytes: 1,
            fetch_max_wait: SimDuration::from_millis(500),
            max_partition_fetch_bytes: 1 << 20,
            fetch_max_bytes: 50 << 20,
            offset_reset: OffsetReset::Latest,
        }
    }
}

impl ClientConfig {
    /// How long the coordinator waits for this member in a rebalance.
    pub fn rebalance_timeout(&self) -> SimDuration {
        self.rebalance_timeout.unwrap_or(self.max_poll_interval)
    }

    /// How long a client waits after so many failures in a row (KIP-580): `retry.backoff.ms` · 2ⁿ, at most
    /// `retry.backoff.max.ms`; jitter comes on top.
    pub(crate) fn exponential_backoff(&self, failures: u32) -> SimDuration {
        (self.retry_backoff * (1u64 << failures.min(20))).min(self.retry_backoff_max)
    }

    /// Whether the member is static.
    pub fn is_static(&self) -> bool {
        self.instance_id.is_some()
    }
}
