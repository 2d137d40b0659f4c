//! The group configs of a broker (`org.apache.kafka.coordinator.group.GroupCoordinatorConfig`, 4.3.0).

use coordinator::GroupConfig;
use coordinator::config::MigrationPolicy;
use coordinator::consumer::ConsumerAssignors;

use super::Status::{Modelled, NotYet};
use super::Unit::{Bytes, Millis, Minutes, Things};
use super::{Config, Kind, Status, any_int, int, long};

/// One line of the table.
const fn config(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    status: Status<GroupConfig>,
    doc: &'static str,
) -> Config<GroupConfig> {
    Config { name, kind, default, doc, status }
}

/// A bound of another config: looked at when that one is read, and nowhere else.
const BOUND: Status<GroupConfig> = Modelled(|_, _| {});

/// `group.*` and `offsets.*` of a broker.
pub static BROKER: &[Config<GroupConfig>] = &[
    // Classic groups.
    config(
        "group.initial.rebalance.delay.ms",
        any_int(Millis),
        "3000",
        Modelled(|group, value| group.initial_rebalance_delay_ms = value.int()),
        "how long the first rebalance of an empty group waits for more members",
    ),
    config(
        "group.min.session.timeout.ms",
        any_int(Millis),
        "6000",
        Modelled(|group, value| group.min_session_timeout_ms = value.int()),
        "the shortest `session.timeout.ms` that the coordinator accepts",
    ),
    config(
        "group.max.session.timeout.ms",
        any_int(Millis),
        "1800000",
        Modelled(|group, value| group.max_session_timeout_ms = value.int()),
        "the longest `session.timeout.ms` that the coordinator accepts",
    ),
    config(
        "group.max.size",
        int(1, Things),
        "2147483647",
        Modelled(|group, value| group.max_size = value.int()),
        "most members of a classic group",
    ),
    // Consumer groups (KIP-848).
    config(
        "group.consumer.session.timeout.ms",
        int(1, Millis),
        "45000",
        Modelled(|group, value| group.consumer_session_timeout_ms = value.int()),
        "session timeout, consumer protocol",
    ),
    config("group.consumer.min.session.timeout.ms", int(1, Millis), "45000", BOUND, "least session timeout of a group"),
    config(
        "group.consumer.max.session.timeout.ms",
        int(1, Millis),
        "60000",
        BOUND,
        "greatest session timeout of a group",
    ),
    config(
        "group.consumer.heartbeat.interval.ms",
        int(1, Millis),
        "5000",
        Modelled(|group, value| group.consumer_heartbeat_interval_ms = value.int()),
        "heartbeat interval, consumer protocol",
    ),
    config(
        "group.consumer.min.heartbeat.interval.ms",
        int(1, Millis),
        "5000",
        BOUND,
        "least heartbeat interval of a group",
    ),
    config(
        "group.consumer.max.heartbeat.interval.ms",
        int(1, Millis),
        "15000",
        BOUND,
        "greatest heartbeat interval of a group",
    ),
    config(
        "group.consumer.max.size",
        int(1, Things),
        "2147483647",
        Modelled(|group, value| group.consumer_max_size = value.int()),
        "most members of a consumer group",
    ),
    config(
        "group.consumer.assignors",
        Kind::List,
        "uniform, range",
        Modelled(|group, value| {
            group.consumer_assignors = ConsumerAssignors::parse(&value.list().join(",")).unwrap_or_default();
        }),
        "the coordinator's assignors; the first is the default",
    ),
    config(
        "group.consumer.migration.policy",
        Kind::Word(&["bidirectional", "upgrade", "downgrade", "disabled"]),
        "bidirectional",
        Modelled(|group, value| {
            group.consumer_migration_policy = MigrationPolicy::by_name(value.text()).unwrap_or_default();
        }),
        "which ways a running group may change its protocol",
    ),
    config(
        "group.consumer.assignment.interval.ms",
        int(0, Millis),
        "1000",
        Modelled(|group, value| group.consumer_assignment_interval_ms = value.int()),
        "least time between two assignments (KIP-1263)",
    ),
    config("group.consumer.min.assignment.interval.ms", int(0, Millis), "0", BOUND, "least value of that for a group"),
    config(
        "group.consumer.max.assignment.interval.ms",
        int(0, Millis),
        "15000",
        BOUND,
        "greatest value of that for a group",
    ),
    config("group.consumer.assignor.offload.enable", Kind::Bool, "true", NotYet, "whether a background thread assigns"),
    config(
        "group.consumer.regex.refresh.interval.ms",
        int(10_000, Millis),
        "600000",
        Modelled(|group, value| group.consumer_regex_refresh_interval_ms = value.int()),
        "how often patterns are matched again",
    ),
    // The coordinator itself.
    config(
        "group.coordinator.rebalance.protocols",
        Kind::List,
        "classic, consumer, streams",
        NotYet,
        "protocols that are enabled; deprecated",
    ),
    config(
        "group.coordinator.append.linger.ms",
        int(-1, Millis),
        "-1",
        NotYet,
        "how long writes are gathered; -1 adapts",
    ),
    config("group.coordinator.threads", int(1, Things), "4", NotYet, "threads of the coordinator"),
    config("group.coordinator.background.threads", int(1, Things), "2", NotYet, "threads for assignors and patterns"),
    config(
        "group.coordinator.cached.buffer.max.bytes",
        int(524_288, Bytes),
        "1048588",
        NotYet,
        "largest buffer that is kept",
    ),
    // Committed offsets.
    config(
        "offsets.commit.timeout.ms",
        int(1, Millis),
        "5000",
        Modelled(|group, value| group.commit_timeout_ms = value.int()),
        "bound on every write of the coordinator",
    ),
    config("offsets.topic.num.partitions", int(1, Things), "50", NotYet, "partitions of `__consumer_offsets`"),
    config(
        "offsets.topic.replication.factor",
        Kind::Number { least: 1, most: i16::MAX as i64, unit: Things },
        "3",
        NotYet,
        "replicas of `__consumer_offsets`",
    ),
    config("offsets.topic.segment.bytes", int(1, Bytes), "104857600", NotYet, "segment size of `__consumer_offsets`"),
    config("offsets.topic.compression.codec", any_int(Things), "0", NotYet, "compression of `__consumer_offsets`"),
    config("offsets.load.buffer.size", int(1, Bytes), "5242880", NotYet, "batch size when a coordinator loads"),
    config(
        "offsets.retention.minutes",
        int(1, Minutes),
        "10080",
        Modelled(|group, value| group.retention_minutes = value.int()),
        "how long offsets of an empty group are kept",
    ),
    config(
        "offsets.retention.check.interval.ms",
        long(1, Millis),
        "600000",
        Modelled(|group, value| group.retention_check_interval_ms = value.long()),
        "how often expired offsets are sought",
    ),
    config(
        "offset.metadata.max.bytes",
        any_int(Bytes),
        "4096",
        Modelled(|group, value| group.metadata_max_bytes = value.int()),
        "longest metadata of a committed offset",
    ),
    // Share groups (KIP-932).
    config("group.share.session.timeout.ms", int(1, Millis), "45000", NotYet, "share groups only"),
    config("group.share.min.session.timeout.ms", int(1, Millis), "45000", NotYet, "share groups only"),
    config("group.share.max.session.timeout.ms", int(1, Millis), "60000", NotYet, "share groups only"),
    config("group.share.heartbeat.interval.ms", int(1, Millis), "5000", NotYet, "share groups only"),
    config("group.share.min.heartbeat.interval.ms", int(1, Millis), "5000", NotYet, "share groups only"),
    config("group.share.max.heartbeat.interval.ms", int(1, Millis), "15000", NotYet, "share groups only"),
    config(
        "group.share.max.size",
        Kind::Number { least: 1, most: 1_000, unit: Things },
        "200",
        NotYet,
        "share groups only",
    ),
    config("group.share.assignors", Kind::List, "simple", NotYet, "share groups only"),
    config("group.share.assignment.interval.ms", int(0, Millis), "1000", NotYet, "share groups only"),
    config("group.share.min.assignment.interval.ms", int(0, Millis), "0", NotYet, "share groups only"),
    config("group.share.max.assignment.interval.ms", int(0, Millis), "15000", NotYet, "share groups only"),
    config("group.share.assignor.offload.enable", Kind::Bool, "true", NotYet, "share groups only"),
    config("group.share.initialize.retry.interval.ms", int(1, Millis), "30000", NotYet, "share groups only"),
    // Streams groups (KIP-1071).
    config("group.streams.session.timeout.ms", int(1, Millis), "45000", NotYet, "streams groups only"),
    config("group.streams.min.session.timeout.ms", int(1, Millis), "45000", NotYet, "streams groups only"),
    config("group.streams.max.session.timeout.ms", int(1, Millis), "60000", NotYet, "streams groups only"),
    config("group.streams.heartbeat.interval.ms", int(1, Millis), "5000", NotYet, "streams groups only"),
    config("group.streams.min.heartbeat.interval.ms", int(1, Millis), "5000", NotYet, "streams groups only"),
    config("group.streams.max.heartbeat.interval.ms", int(1, Millis), "15000", NotYet, "streams groups only"),
    config("group.streams.max.size", int(1, Things), "2147483647", NotYet, "streams groups only"),
    config("group.streams.num.standby.replicas", int(0, Things), "0", NotYet, "streams groups only"),
    config("group.streams.max.standby.replicas", int(0, Things), "2", NotYet, "streams groups only"),
    config("group.streams.initial.rebalance.delay.ms", int(0, Millis), "3000", NotYet, "streams groups only"),
    config("group.streams.assignment.interval.ms", int(0, Millis), "1000", NotYet, "streams groups only"),
    config("group.streams.min.assignment.interval.ms", int(0, Millis), "0", NotYet, "streams groups only"),
    config("group.streams.max.assignment.interval.ms", int(0, Millis), "15000", NotYet, "streams groups only"),
    config("group.streams.assignor.offload.enable", Kind::Bool, "true", NotYet, "streams groups only"),
    config("group.streams.task.offset.interval.ms", int(1, Millis), "60000", NotYet, "streams groups only"),
    config("group.streams.min.task.offset.interval.ms", int(1, Millis), "15000", NotYet, "streams groups only"),
];

/// Beginnings of broker configs that are not about groups: logs, replication, networking, the quorum.
const OTHER: &[&str] = &[
    "advertised.",
    "alter.",
    "authorizer.",
    "auto.",
    "background.",
    "broker.",
    "client.quota.",
    "compression.",
    "connection.",
    "connections.",
    "controlled.",
    "controller.",
    "create.",
    "default.",
    "delegation.",
    "delete.",
    "early.",
    "fetch.",
    "inter.",
    "leader.",
    "listener.",
    "log.",
    "max.",
    "message.",
    "metadata.",
    "metric.",
    "metrics.",
    "min.",
    "node.",
    "num.",
    "password.",
    "principal.",
    "process.",
    "producer.",
    "queued.",
    "quota.",
    "remote.",
    "replica.",
    "replication.",
    "request.",
    "sasl.",
    "security.",
    "server.",
    "share.",
    "socket.",
    "ssl.",
    "telemetry.",
    "transaction.",
    "transactional.",
    "unclean.",
    "unstable.",
];

/// Whether this looks like one of the many broker configs that are not about groups. They are known by how they begin,
/// not by name: it is not this table's business which of them exist.
pub(crate) fn is_of_a_broker(name: &str) -> bool {
    OTHER.iter().any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use coordinator::config::SETTINGS;

    use super::*;
    use crate::kafka::{Setting, Status, find};

    #[test]
    fn names_bounds_and_defaults_are_those_of_the_coordinator() {
        let defaults = GroupConfig::default();
        for setting in SETTINGS {
            let config = find(BROKER, setting.name).expect(setting.name);
            let Kind::Number { least, most, .. } = config.kind else { panic!("{} is a number", config.name) };
            // Kafka's `int` begins at -2^31, which the table says as it is.
            assert_eq!((least, most), (setting.min, setting.max), "{}", config.name);
            assert_eq!(config.default, (setting.get)(&defaults).to_string(), "{}", config.name);
        }
    }

    #[test]
    fn a_modelled_config_sets_the_field_of_its_own_name() {
        for config in BROKER {
            let Status::Modelled(set) = config.status else { continue };
            let mut group = GroupConfig::default();
            let Some(setting) = SETTINGS.iter().find(|setting| setting.name == config.name) else {
                // Bounds set nothing, and two are no numbers.
                let others = ["group.consumer.assignors", "group.consumer.migration.policy"];
                let is_bound = config.name.contains(".min.") || config.name.contains(".max.");
                assert!(is_bound || others.contains(&config.name), "{}", config.name);
                continue;
            };
            set(&mut group, &Setting::Number(7));
            assert_eq!((setting.get)(&group), 7, "{}", config.name);
        }
    }
}
