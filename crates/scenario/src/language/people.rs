//! Who is in the group: members and their applications.

use member::PROFILES;

use super::{later, word};
use crate::schema::{Default, Kafka, Key, Object, Shape, Word};

/// Most members that a scenario may have.
pub(crate) const MAX_MEMBERS: u64 = 100_000;

/// The word for one of the clients that are simulated.
const fn client(place: usize) -> Word {
    word(PROFILES[place].name, PROFILES[place].doc)
}

/// The clients there are.
pub(super) const CLIENTS: &[Word] = &[
    client(0),
    client(1),
    client(2),
    later("sarama", "Sarama (Go) has a group loop of its own"),
    later("kafkajs", "KafkaJS (Node.js) has a group loop of its own"),
    later("aiokafka", "aiokafka (Python) has a group loop of its own"),
    later(
        "streams",
        "Kafka Streams shares out tasks with their state (StreamsPartitionAssignor, warm-up and stand-by tasks); without \
         state, `client: java` with `cooperative-sticky` and `commit: transaction` comes near",
    ),
    later(
        "connect",
        "Kafka Connect's workers share out connectors and tasks in a protocol of their own (`connect.protocol`); the tasks of \
         one sink are a group of `client: java`",
    ),
];

/// What may stand under `subscribe:`.
pub(super) const SUBSCRIBE: Shape = Shape::Either(&[Shape::Texts, Shape::Object(&PATTERN)]);

/// `subscribe:` as a map.
pub(crate) static PATTERN: Object = Object {
    name: "`subscribe`",
    doc: "Topics by pattern. Kafka's own consumer only; under the consumer protocol the broker matches (RE2/J).",
    keys: &[Key {
        name: "pattern",
        shape: Shape::Text,
        default: Default::Required("which topics? for example `pattern: \"orders-.*\"`"),
        doc: "A regular expression that has to match a topic's whole name. Topics that come later are found when somebody's metadata \
              are refreshed (`metadata.max.age.ms`).",
        otherwise: &["regex", "regexp", "match", "topics"],
    }],
    kafka: Kafka::No,
    one_of: &[],
};

/// `slots:` of members.
pub(super) const SLOTS: Key = Key {
    name: "slots",
    shape: Shape::Object(&super::slots::SLOTS),
    default: Default::Nothing,
    doc: "Numbered slots in ZooKeeper and a fixed assignment, instead of a group of Kafka's. `slots: {}` is as published.",
    otherwise: &["slot", "static-group", "static_group"],
};

/// `members:`.
pub(crate) static MEMBERS: Object = Object {
    name: "`members`",
    doc: "Members of one kind. Kafka's consumer configs stand here under their own names and in Kafka's units.",
    keys: &[
        Key {
            name: "count",
            shape: Shape::Count(1, MAX_MEMBERS),
            default: Default::Value("1"),
            doc: "How many there are at the start.",
            otherwise: &["replicas", "number", "size", "instances", "n"],
        },
        Key {
            name: "name",
            shape: Shape::Text,
            default: Default::Value("member-{n}"),
            doc: "What they are called, and their `client.id`. `{n}` is the number, from 0; where several have a name without it, `-{n}` is added.",
            otherwise: &["names", "id", "pattern", "prefix"],
        },
        Key {
            name: "client",
            shape: Shape::Word(CLIENTS),
            default: Default::Value("java"),
            doc: "Which client library they use. Kafka Streams and Kafka Connect are not simulated yet.",
            otherwise: &["library", "language", "family"],
        },
        Key {
            name: "subscribe",
            shape: SUBSCRIBE,
            default: Default::Depends("all topics"),
            doc: "The topics they read: names, or `{pattern: \"orders-.*\"}`, which also matches topics that come later.",
            otherwise: &["topics", "topic", "subscription", "subscribes", "pattern"],
        },
        SLOTS,
        Key {
            name: "start",
            shape: Shape::Either(&[
                Shape::Drawn,
                Shape::Object(&STAGGER),
                Shape::Word(&[word("never", "only an event starts them")]),
            ]),
            default: Default::Value("0s"),
            doc: "When their processes start: a time, drawn or not, `{every: 200ms}` for one after the other, or `never`.",
            otherwise: &["starts", "start-at", "at"],
        },
        Key {
            name: "application",
            shape: Shape::Object(&APPLICATION),
            default: Default::Nothing,
            doc: "What their applications do.",
            otherwise: &["app", "behaviour", "behavior", "process"],
        },
        Key {
            name: "overrides",
            shape: Shape::Map(&Shape::Object(&OVERRIDE)),
            default: Default::Nothing,
            doc: "What is different for some of them, by name: `web-3: {max.poll.interval.ms: 600000}`.",
            otherwise: &["override", "except", "exceptions"],
        },
    ],
    kafka: Kafka::Consumer,
    one_of: &[],
};

/// What `overrides:` may change of a member.
pub(crate) static OVERRIDE: Object = Object {
    name: "an override",
    doc: "What is different for some members.",
    keys: &[
        Key {
            name: "subscribe",
            shape: SUBSCRIBE,
            default: Default::Nothing,
            doc: "The topics they read.",
            otherwise: &["topics", "topic"],
        },
        SLOTS,
        Key {
            name: "start",
            shape: Shape::Either(&[Shape::Drawn, Shape::Word(&[word("never", "only an event starts them")])]),
            default: Default::Nothing,
            doc: "When their processes start.",
            otherwise: &["start-at", "at"],
        },
        Key {
            name: "application",
            shape: Shape::Object(&APPLICATION),
            default: Default::Nothing,
            doc: "What their applications do.",
            otherwise: &["app", "behaviour", "behavior"],
        },
    ],
    kafka: Kafka::Consumer,
    one_of: &[],
};

/// `start: {every: …}`.
pub(crate) static STAGGER: Object = Object {
    name: "`start`",
    doc: "One process after the other.",
    keys: &[
        Key {
            name: "at",
            shape: Shape::Duration,
            default: Default::Value("0s"),
            doc: "When the first one starts.",
            otherwise: &["from", "first"],
        },
        Key {
            name: "every",
            shape: Shape::Duration,
            default: Default::Required("how long after each other? for example `every: 200ms`"),
            doc: "How long after each other they start.",
            otherwise: &["each", "gap", "interval"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `application:`.
pub(crate) static APPLICATION: Object = Object {
    name: "`application`",
    doc: "What an application does around its consumer. Times may be drawn: `{uniform: [1s, 3s]}`.",
    keys: &[
        Key {
            name: "start-up",
            shape: Shape::Drawn,
            default: Default::Value("0s"),
            doc: "Time from the start of the process to its first `poll`.",
            otherwise: &["startup", "boot", "start_up", "startup-time"],
        },
        Key {
            name: "start-up-together",
            shape: Shape::Drawn,
            default: Default::Value("0s"),
            doc: "And what all processes need alike that start at the same moment, as they share a machine: drawn once for each moment.",
            otherwise: &["startup-together", "shared-start-up"],
        },
        Key {
            name: "wrapper",
            shape: Shape::Word(&[
                word("none", "the process itself gets signals"),
                word("passes-signals", "a wrapper that passes them on"),
                word(
                    "swallows-signals",
                    "a wrapper that does not, such as a shell as PID 1: the process works until it is killed",
                ),
            ]),
            default: Default::Value("none"),
            doc: "What stands between SIGTERM and the process.",
            otherwise: &["entrypoint", "pid-1", "shell", "init"],
        },
        Key {
            name: "shutdown-hook",
            shape: Shape::Word(&[
                word("yes", "the consumer is closed"),
                word("no", "the process ends without closing it"),
            ]),
            default: Default::Value("yes"),
            doc: "What the process does on SIGTERM.",
            otherwise: &["hook", "on-sigterm", "signal-handler", "graceful"],
        },
        Key {
            name: "restart-policy",
            shape: Shape::Object(&super::slots::RESTART_POLICY),
            default: Default::Nothing,
            doc: "Who starts it again when it ends without having been told to. Without it nobody does.",
            otherwise: &["scheduler", "supervisor", "restart"],
        },
        Key {
            name: "onPartitionsRevoked",
            shape: Shape::Drawn,
            default: Default::Value("0s"),
            doc: "Time in that callback, each time it takes something away.",
            otherwise: &["revoke-callback", "revoke", "on-revoke", "on-partitions-revoked", "revoked"],
        },
        Key {
            name: "onPartitionsAssigned",
            shape: Shape::Drawn,
            default: Default::Value("0s"),
            doc: "Time in that callback, each time it adds something.",
            otherwise: &["assign-callback", "assign", "on-assign", "on-partitions-assigned", "assigned"],
        },
        Key {
            name: "processing",
            shape: Shape::Drawn,
            default: Default::Value("0s"),
            doc: "Time to process what one `poll` returned (librdkafka's: one record, if `max.poll.records` does not say \
                  otherwise); 0: the application waits in `poll` nearly all the time. A batch that takes longer than \
                  `max.poll.interval.ms`, with its records, expels its member.",
            otherwise: &["batch", "batch-processing", "process", "work", "per-batch"],
        },
        Key {
            name: "commit",
            shape: Shape::Word(&[
                word("none", "nothing but what the consumer does (`enable.auto.commit`)"),
                word("sync", "`commitSync` after every batch"),
                word("async", "`commitAsync` after every batch"),
                word("transaction", "with what is produced from the records, in transactions"),
            ]),
            default: Default::Value("none"),
            doc: "How it commits what it has processed, by itself; then `enable.auto.commit` is false.",
            otherwise: &["commits", "commit-policy", "commitSync", "commitAsync"],
        },
        Key {
            name: "transaction",
            shape: Shape::Duration,
            default: Default::Value("100ms"),
            doc: "How long a transaction is, if it commits with transactions (Kafka Streams: 100 ms).",
            otherwise: &["commit.interval.ms", "transaction-length", "session"],
        },
        Key {
            name: "record",
            shape: Shape::Drawn,
            default: Default::Value("0s"),
            doc: "Time to process one record. Records are worked off one after the other, so its mean is what counts.",
            otherwise: &["per-record", "record-processing", "record-time"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};
