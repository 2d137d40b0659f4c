//! The consumer's configs (`org.apache.kafka.clients.consumer.ConsumerConfig`, 4.3.0).

use member::{ClientConfig, GroupProtocol, OffsetReset};
use protocol::{AssignorName, InstanceId, RackId};

use super::Status::{Elsewhere, Modelled, NoBearing, NotYet};
use super::Unit::{Bytes, Millis, Things};
use super::{Config, Kind, any_int, int, long};

/// One line of the table.
const fn config(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    status: super::Status<ClientConfig>,
    doc: &'static str,
) -> Config<ClientConfig> {
    Config { name, kind, default, doc, status }
}

/// Every config of a consumer. Those of TLS and SASL are known by their beginnings.
pub static CONSUMER: &[Config<ClientConfig>] = &[
    // What decides how a member takes part in its group.
    config(
        "group.instance.id",
        Kind::Text,
        "",
        Modelled(|client, value| client.instance_id = Some(InstanceId::new(value.text()))),
        "a name of its own makes a member static: it may come back within its session without a rebalance (KIP-345)",
    ),
    config(
        "session.timeout.ms",
        any_int(Millis),
        "45000",
        Modelled(|client, value| client.session_timeout = value.millis()),
        "how long the coordinator waits for a sign of life before it removes a member",
    ),
    config(
        "heartbeat.interval.ms",
        any_int(Millis),
        "3000",
        Modelled(|client, value| client.heartbeat_interval = value.millis()),
        "time from heartbeat to heartbeat; also how late a member learns of a rebalance",
    ),
    config(
        "max.poll.interval.ms",
        int(1, Millis),
        "300000",
        Modelled(|client, value| client.max_poll_interval = value.millis()),
        "longest time between two polls before a member leaves; the rebalance timeout as well",
    ),
    config(
        "partition.assignment.strategy",
        Kind::List,
        "range, cooperative-sticky",
        Modelled(|client, value| {
            client.assignors = value.list().iter().filter_map(|name| super::assignor(name)).collect();
        }),
        "assignors, most wanted first: range, roundrobin, sticky, cooperative-sticky",
    ),
    config(
        "group.protocol",
        Kind::Word(&["classic", "consumer"]),
        "classic",
        Modelled(|client, value| {
            client.group_protocol =
                if value.text() == "consumer" { GroupProtocol::Consumer } else { GroupProtocol::Classic };
        }),
        "the rebalance protocol: classic, or the one of KIP-848",
    ),
    config(
        "group.remote.assignor",
        Kind::Text,
        "",
        Modelled(|client, value| {
            client.remote_assignor = Some(AssignorName::new(value.text())).filter(|name| !name.is_empty());
        }),
        "the coordinator's assignor that a member wishes for, under the consumer protocol; none: the broker's first",
    ),
    config(
        "enable.auto.commit",
        Kind::Bool,
        "true",
        Modelled(|client, value| client.auto_commit = value.bool()),
        "whether positions are committed by the consumer itself",
    ),
    config(
        "auto.commit.interval.ms",
        int(0, Millis),
        "5000",
        Modelled(|client, value| client.auto_commit_interval = value.millis()),
        "time between automatic commits",
    ),
    config(
        "metadata.max.age.ms",
        long(0, Millis),
        "300000",
        Modelled(|client, value| client.metadata_max_age = value.millis()),
        "how old a client's picture of the topics may get; how late new partitions are found",
    ),
    config(
        "retry.backoff.ms",
        long(0, Millis),
        "100",
        Modelled(|client, value| client.retry_backoff = value.millis()),
        "first wait before a failed request is repeated",
    ),
    config(
        "retry.backoff.max.ms",
        long(0, Millis),
        "1000",
        Modelled(|client, value| client.retry_backoff_max = value.millis()),
        "longest wait before a failed request is repeated",
    ),
    config(
        "request.timeout.ms",
        int(0, Millis),
        "30000",
        Modelled(|client, value| client.request_timeout = value.millis()),
        "how long a client waits for an answer",
    ),
    config(
        "client.rack",
        Kind::Text,
        "",
        Modelled(|client, value| client.rack = Some(RackId::new(value.text())).filter(|rack| !rack.is_empty())),
        "where the client stands, for rack-aware assignors",
    ),
    // What the scenario says in a place of its own.
    config(
        "group.id",
        Kind::Text,
        "",
        Elsewhere("the group is named once: `group:` at the top of the scenario"),
        "the group",
    ),
    config(
        "client.id",
        Kind::Text,
        "",
        Elsewhere("a member's `name:` is its client.id"),
        "what the client calls itself",
    ),
    // What decides how records are read.
    config(
        "max.poll.records",
        int(1, Things),
        "500",
        Modelled(|client, value| client.max_poll_records = value.long().unsigned_abs()),
        "most records that one poll returns",
    ),
    config(
        "fetch.max.wait.ms",
        int(0, Millis),
        "500",
        Modelled(|client, value| client.fetch_max_wait = value.millis()),
        "how long a broker may wait for `fetch.min.bytes`",
    ),
    config(
        "fetch.min.bytes",
        int(0, Bytes),
        "1",
        Modelled(|client, value| client.fetch_min_bytes = value.long().unsigned_abs()),
        "least bytes that a broker waits for before it answers a fetch",
    ),
    config(
        "max.partition.fetch.bytes",
        int(0, Bytes),
        "1048576",
        Modelled(|client, value| client.max_partition_fetch_bytes = value.long().unsigned_abs()),
        "most bytes of one partition that a fetch returns, but always a record",
    ),
    config(
        "fetch.max.bytes",
        int(0, Bytes),
        "52428800",
        Modelled(|client, value| client.fetch_max_bytes = value.long().unsigned_abs()),
        "most bytes that a fetch returns, but always a record",
    ),
    config(
        "auto.offset.reset",
        Kind::Word(&["earliest", "latest"]),
        "latest",
        Modelled(|client, value| {
            client.offset_reset = if value.text() == "earliest" { OffsetReset::Earliest } else { OffsetReset::Latest };
        }),
        "where to begin without a committed offset; `none` and `by_duration` are not simulated",
    ),
    // What matters and is not simulated.
    config("default.api.timeout.ms", int(0, Millis), "60000", NotYet, "how long calls of the consumer may take"),
    config(
        "isolation.level",
        Kind::Word(&["read_committed", "read_uncommitted"]),
        "read_uncommitted",
        NotYet,
        "whether records of open transactions are read",
    ),
    config("allow.auto.create.topics", Kind::Bool, "true", NotYet, "whether subscribing may create a topic"),
    config("exclude.internal.topics", Kind::Bool, "true", NotYet, "whether a pattern skips internal topics"),
    config("reconnect.backoff.ms", long(0, Millis), "50", NotYet, "first wait before a lost connection is made again"),
    config(
        "reconnect.backoff.max.ms",
        long(0, Millis),
        "1000",
        NotYet,
        "longest wait before a connection is made again",
    ),
    config(
        "socket.connection.setup.timeout.ms",
        long(i64::MIN, Millis),
        "10000",
        NotYet,
        "how long connecting may take",
    ),
    config("socket.connection.setup.timeout.max.ms", long(i64::MIN, Millis), "30000", NotYet, "the longest of those"),
    config("connections.max.idle.ms", long(i64::MIN, Millis), "540000", NotYet, "when idle connections are closed"),
    config(
        "metadata.recovery.strategy",
        Kind::Word(&["none", "rebootstrap"]),
        "rebootstrap",
        NotYet,
        "what to do when no known broker answers",
    ),
    config("metadata.recovery.rebootstrap.trigger.ms", int(0, Millis), "300000", NotYet, "when to do it"),
    config("internal.throw.on.fetch.stable.offset.unsupported", Kind::Bool, "false", NotYet, "internal"),
    config(
        "share.acknowledgement.mode",
        Kind::Word(&["implicit", "explicit"]),
        "implicit",
        NotYet,
        "share groups only",
    ),
    config(
        "share.acquire.mode",
        Kind::Word(&["batch_optimized", "record_limit"]),
        "batch_optimized",
        NotYet,
        "share groups only",
    ),
    // What changes nothing about a group.
    config("bootstrap.servers", Kind::List, "", NoBearing, "first brokers to ask"),
    config("client.dns.lookup", Kind::Text, "use_all_dns_ips", NoBearing, "how names are resolved"),
    config("key.deserializer", Kind::Text, "", NoBearing, "how keys are read"),
    config("value.deserializer", Kind::Text, "", NoBearing, "how values are read"),
    config("interceptor.classes", Kind::List, "", NoBearing, "code around polls and commits"),
    config("check.crcs", Kind::Bool, "true", NoBearing, "whether checksums are checked"),
    config("send.buffer.bytes", int(-1, Bytes), "131072", NoBearing, "socket buffer"),
    config("receive.buffer.bytes", int(-1, Bytes), "65536", NoBearing, "socket buffer"),
    config("metrics.sample.window.ms", long(0, Millis), "30000", NoBearing, "metrics"),
    config("metrics.num.samples", int(1, Things), "2", NoBearing, "metrics"),
    config("metrics.recording.level", Kind::Word(&["info", "debug", "trace"]), "INFO", NoBearing, "metrics"),
    config("metric.reporters", Kind::List, "", NoBearing, "metrics"),
    config("enable.metrics.push", Kind::Bool, "true", NoBearing, "metrics"),
    config("config.providers", Kind::List, "", NoBearing, "where secrets come from"),
    config("security.protocol", Kind::Text, "PLAINTEXT", NoBearing, "how brokers are talked to"),
    config("security.providers", Kind::Text, "", NoBearing, "security"),
];

/// Whether this is one of the many configs of TLS and SASL, which change nothing about a group.
pub(crate) fn is_security(name: &str) -> bool {
    name.starts_with("ssl.") || name.starts_with("sasl.")
}
