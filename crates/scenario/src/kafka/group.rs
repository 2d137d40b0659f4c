//! The configs of a single group (`org.apache.kafka.coordinator.group.GroupConfig`, 4.3.0).
//!
//! Contract: each overrules the broker's config of the same name with `group.` before it, and has to lie within the
//! broker's bounds. Left out: those of share and streams groups.

use coordinator::GroupConfig;

use super::Status::Modelled;
use super::Unit::Millis;
use super::{Config, int};

/// `consumer.*` of a group. The default is the broker's value.
pub static GROUP: &[Config<GroupConfig>] = &[
    Config {
        name: "consumer.session.timeout.ms",
        kind: int(1, Millis),
        default: "",
        doc: "session timeout of this group, consumer protocol",
        status: Modelled(|group, value| group.consumer_session_timeout_ms = value.int()),
    },
    Config {
        name: "consumer.heartbeat.interval.ms",
        kind: int(1, Millis),
        default: "",
        doc: "heartbeat interval of this group, consumer protocol",
        status: Modelled(|group, value| group.consumer_heartbeat_interval_ms = value.int()),
    },
    Config {
        name: "consumer.assignment.interval.ms",
        kind: int(0, Millis),
        default: "",
        doc: "least time between two assignments of this group (KIP-1263)",
        status: Modelled(|group, value| group.consumer_assignment_interval_ms = value.int()),
    },
];
