//! `network:`, a fault of the network.

use super::events::{WHO, members};
use crate::schema::{Default, Kafka, Key, Object, Shape};

/// `network:`.
pub(crate) static NETWORK: Object = Object {
    name: "`network`",
    doc: "The network between members and brokers fails for a while. All that they send each other is lost, and neither is told, or, with `delay`, it is slow; where several are at a time, delays add up. Brokers hear each other; producers and ZooKeeper are not concerned.",
    keys: &[
        members(WHO),
        Key {
            name: "for",
            shape: Shape::Duration,
            default: Default::Required("for how long? for example `for: 20s`"),
            doc: "For how long. What is lost is sent again by TCP, after 0.2 s, 0.4 s, 0.9 s and so on: a connection stands still for longer than this, at worst for 0.2 s or twice as long.",
            otherwise: &["length", "duration", "time"],
        },
        Key {
            name: "delay",
            shape: Shape::Drawn,
            default: Default::Nothing,
            doc: "Nothing is lost, but every message takes this much longer, each way.",
            otherwise: &["latency", "slow", "by", "slower", "how"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};
