//! The language's tables, one file a part of it.
//!
//! Contract: data only. Every key says what it means, what holds without it, and by which other words people look for
//! it.

mod assignment;
mod events;
mod network;
mod people;
mod producers;
mod redeploy;
mod slots;
mod world;

pub use assignment::ASSIGNMENT;
pub(crate) use assignment::{ASSIGNED_MEMBERS, ASSIGNED_TOPIC};
pub(crate) use events::{EVENT, STOP};
pub(crate) use people::{APPLICATION, MAX_MEMBERS, MEMBERS, OVERRIDE};
pub(crate) use producers::{MAX_KEYS, PRODUCER};
pub(crate) use world::{MAX_PARTITIONS, TOPIC};

use crate::schema::{Default, Kafka, Key, Object, Shape, Word};

/// The top of a scenario.
pub static SCENARIO: Object = Object {
    name: "a scenario",
    doc: "A scenario: a group, the world it lives in, and what happens to it.",
    keys: &[
        Key {
            name: "question",
            shape: Shape::Text,
            default: Default::Nothing,
            doc: "The question that the scenario answers; printed above the answer.",
            otherwise: &["title", "description", "summary"],
        },
        Key {
            name: "story",
            shape: Shape::Text,
            default: Default::Nothing,
            doc: "Where the question comes from.",
            otherwise: &["background", "source", "context"],
        },
        Key {
            name: "reproduces",
            shape: Shape::Map(&Shape::Text),
            default: Default::Nothing,
            doc: "Documents that are rehearsed here, and what of each: `reproduces: {seed 001: three consumers, one of them killed}`. \
                  `rehearsal list` sorts by them.",
            otherwise: &["reproduce", "document", "reference", "see"],
        },
        Key {
            name: "include",
            shape: Shape::Texts,
            default: Default::Nothing,
            doc: "Files with common parts, relative to this one; what is written here is laid over them.",
            otherwise: &["import", "extends", "base"],
        },
        Key {
            name: "environment",
            shape: Shape::Either(&[Shape::Text, Shape::Object(&world::ENVIRONMENT)]),
            default: Default::Value("datacenter"),
            doc: "How long things take that nobody configures: network, processors, disks. A preset's name, or a map.",
            otherwise: &["network", "env", "latency"],
        },
        Key {
            name: "topics",
            shape: Shape::Map(&Shape::Either(&[Shape::Count(1, world::MAX_PARTITIONS), Shape::Object(&world::TOPIC)])),
            default: Default::Required("which topics are there? for example `topics: {orders: 12}`"),
            doc: "Topics by name, each with its number of partitions: `orders: 12`.",
            otherwise: &["topic", "partitions"],
        },
        Key {
            name: "broker",
            shape: Shape::Object(&world::BROKER),
            default: Default::Nothing,
            doc: "The broker that coordinates the group: its version and Kafka's own broker configs.",
            otherwise: &["brokers", "server", "kafka", "cluster", "coordinator"],
        },
        Key {
            name: "zookeeper",
            shape: Shape::Object(&slots::ZOOKEEPER),
            default: Default::Nothing,
            doc: "The ZooKeeper of members that take `slots`.",
            otherwise: &["zk", "ensemble"],
        },
        Key {
            name: "monitor",
            shape: Shape::Object(&slots::MONITOR),
            default: Default::Nothing,
            doc: "A monitor that sees what consumers report; its figures stand beside the real ones. `monitor: {}` for the usual one.",
            otherwise: &["monitoring", "control-center", "interceptors", "dashboard"],
        },
        Key {
            name: "group",
            shape: Shape::Either(&[Shape::Text, Shape::Object(&world::GROUP)]),
            default: Default::Value("group"),
            doc: "The group's name (`group.id`), or a map with `name` and the group's own configs.",
            otherwise: &["group.id", "group_id", "groupId", "consumer-group"],
        },
        Key {
            name: "members",
            shape: Shape::Objects(&people::MEMBERS),
            default: Default::Required("who is in the group? for example `members: {count: 3}`"),
            doc: "The members: how many, what they are called, how they are configured. A list if there are several kinds.",
            otherwise: &["consumers", "consumer", "clients", "member", "instances"],
        },
        Key {
            name: "producers",
            shape: Shape::Objects(&producers::PRODUCER),
            default: Default::Nothing,
            doc: "Who writes records, and how many. Without one no records flow: nothing is said of lag and latency.",
            otherwise: &["produce", "producer", "records", "traffic", "rate"],
        },
        Key {
            name: "events",
            shape: Shape::Objects(&events::EVENT),
            default: Default::Nothing,
            doc: "What happens, and when. All members are running before the first event unless `start:` says otherwise.",
            otherwise: &["timeline", "steps", "actions", "schedule", "faults", "scenario"],
        },
        Key {
            name: "until",
            shape: Shape::Duration,
            default: Default::Depends("the longest session and a minute after the last event has run its course"),
            doc: "When the run ends.",
            otherwise: &["end", "length", "duration", "for", "runtime"],
        },
        Key {
            name: "measure-from",
            shape: Shape::Duration,
            default: Default::Depends("the first event"),
            doc: "Since when measures count; what is before is start-up.",
            otherwise: &["warm-up", "warmup", "from"],
        },
        Key {
            name: "seed",
            shape: Shape::Count(0, u64::MAX),
            default: Default::Value("1"),
            doc: "From which everything is drawn that is drawn. The same seed gives the same run, to the nanosecond.",
            otherwise: &["random-seed", "random"],
        },
        Key {
            name: "compare",
            shape: Shape::Map(&Shape::Overlay),
            default: Default::Nothing,
            doc: "Variants by name. Each is a piece of scenario that is laid over the rest: maps are merged, everything else is \
                  replaced, and `null` takes a setting back.",
            otherwise: &["variants", "versus", "variant", "alternatives"],
        },
        Key {
            name: "matrix",
            shape: Shape::Map(&Shape::Axis),
            default: Default::Nothing,
            doc: "Every combination of some settings: `session.timeout.ms: [6000, 45000]`, a path such as `members.count: [10, 100]`, \
                  or a name with variants under it.",
            otherwise: &["sweep", "grid", "parameters"],
        },
        Key {
            name: "expect",
            shape: Shape::Map(&Shape::Expectations),
            default: Default::Nothing,
            doc: "What must come out, by variant (`all` for every one): `rebalances: 0`, `pause-longest: \"< 10s\"`. Exit code 1 if it does not.",
            otherwise: &["assert", "expectations", "expected", "check"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// A word that is simulated.
const fn word(name: &'static str, doc: &'static str) -> Word {
    Word { name, doc, modelled: true }
}

/// A word that is not simulated yet.
const fn later(name: &'static str, doc: &'static str) -> Word {
    Word { name, doc, modelled: false }
}
