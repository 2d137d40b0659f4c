//! Files for `rehearsal assign`: a group, and what happens to its topics and members between two assignments.

use super::{people, world};
use crate::schema::{Default, Kafka, Key, Object, Shape};

/// Topics with partitions.
const TOPICS: Shape =
    Shape::Map(&Shape::Either(&[Shape::Count(1, world::MAX_PARTITIONS), Shape::Object(&ASSIGNED_TOPIC)]));

/// The top of such a file.
pub static ASSIGNMENT: Object = Object {
    name: "an assignment",
    doc: "A group whose partitions are shared out: topics, members, and perhaps a change after which it is done again.",
    keys: &[
        Key {
            name: "question",
            shape: Shape::Text,
            default: Default::Nothing,
            doc: "The question; printed above the answer.",
            otherwise: &["title", "description", "summary"],
        },
        Key {
            name: "include",
            shape: Shape::Texts,
            default: Default::Nothing,
            doc: "Files with common parts, relative to this one; what is written here is laid over them.",
            otherwise: &["import", "extends", "base"],
        },
        Key {
            name: "topics",
            shape: TOPICS,
            default: Default::Required("which topics are there? for example `topics: {orders: 12}`"),
            doc: "Topics by name, each with its number of partitions: `orders: 12`.",
            otherwise: &["topic", "partitions"],
        },
        Key {
            name: "members",
            shape: Shape::Objects(&ASSIGNED_MEMBERS),
            default: Default::Required("who is in the group? for example `members: {count: 3}`"),
            doc: "The members: how many, what they are called, what they read. A list if there are several kinds.",
            otherwise: &["consumers", "consumer", "clients", "member", "instances"],
        },
        Key {
            name: "change",
            shape: Shape::Object(&ASSIGNED_CHANGE),
            default: Default::Nothing,
            doc: "What happens then; it is assigned again afterwards, and members own what they were given first.",
            otherwise: &["then", "after", "events", "changes"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// A topic as a map.
pub(crate) static ASSIGNED_TOPIC: Object = Object {
    name: "a topic to be assigned",
    doc: "A topic whose replicas stand in racks.",
    keys: &[
        Key {
            name: "partitions",
            shape: Shape::Count(1, world::MAX_PARTITIONS),
            default: Default::Required("how many partitions has it? for example `partitions: 12`"),
            doc: "How many partitions it has.",
            otherwise: &["count", "partition", "num.partitions"],
        },
        Key {
            name: "racks",
            shape: Shape::Texts,
            default: Default::Nothing,
            doc: "For each partition the racks of its replicas: `[a b, b c, c a]`. A shorter list starts over.",
            otherwise: &["rack", "replicas", "zones"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `members:`.
pub(crate) static ASSIGNED_MEMBERS: Object = Object {
    name: "`members` of an assignment",
    doc: "Members of one kind. Of Kafka's consumer configs, assignors see `client.rack` and `group.instance.id`.",
    keys: &[
        Key {
            name: "count",
            shape: Shape::Count(1, people::MAX_MEMBERS),
            default: Default::Value("1"),
            doc: "How many there are.",
            otherwise: &["replicas", "number", "size", "instances", "n"],
        },
        Key {
            name: "name",
            shape: Shape::Text,
            default: Default::Value("member-{n}"),
            doc: "What they are called, and their member ids, by which several assignors sort: in life, `client.id` and \
                  something random. `{n}` is the number, from 0; several with a name without it get `-{n}`.",
            otherwise: &["names", "id", "pattern", "prefix", "member.id", "client.id"],
        },
        Key {
            name: "subscribe",
            shape: Shape::Texts,
            default: Default::Depends("all topics, those that the change brings included"),
            doc: "The topics they read.",
            otherwise: &["topics", "topic", "subscription", "subscribes", "subscriptions"],
        },
        Key {
            name: "owns",
            shape: Shape::Map(&Shape::Texts),
            default: Default::Nothing,
            doc: "The partitions that a member has had so far, by topic: `{orders: [0, 4-7]}`.",
            otherwise: &["owned", "has", "assigned", "assignment", "partitions"],
        },
    ],
    kafka: Kafka::Consumer,
    one_of: &[],
};

/// `change:`.
pub(crate) static ASSIGNED_CHANGE: Object = Object {
    name: "`change` of an assignment",
    doc: "What happens between two assignments.",
    keys: &[
        Key {
            name: "remove",
            shape: Shape::Members,
            default: Default::Nothing,
            doc: "Members leave: names, `web-*`, `first 3`, `last 3`, `random 3`.",
            otherwise: &["leave", "stop", "remove-members", "kill", "removed"],
        },
        Key {
            name: "add",
            shape: Shape::Objects(&ASSIGNED_MEMBERS),
            default: Default::Nothing,
            doc: "Members join; written as `members`.",
            otherwise: &["join", "start", "add-members", "members", "added"],
        },
        Key {
            name: "topics",
            shape: TOPICS,
            default: Default::Nothing,
            doc: "Topics that are new, and topics that have grown to so many partitions.",
            otherwise: &["add-topics", "add-partitions", "partitions", "topic"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};
