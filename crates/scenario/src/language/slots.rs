//! Groups that number their members in ZooKeeper: `slots:`, `zookeeper:`.

use super::{people, word};
use crate::schema::{Default, Kafka, Key, Object, Shape};

/// `slots:` of members.
pub(crate) static SLOTS: Object = Object {
    name: "`slots`",
    doc: "Members are in no group of Kafka's: each takes a numbered slot in ZooKeeper and reads what a fixed plan gives that number. \
          They are librdkafka's, as in the published code; `slots: {}` is as published.",
    keys: &[
        Key {
            name: "max.group.size",
            shape: Shape::Count(0, people::MAX_MEMBERS),
            default: Default::Depends("as many as there are members"),
            doc: "How many slots there are; counts only together with a greater `config.version`.",
            otherwise: &["count", "size", "max-group-size", "slots"],
        },
        Key {
            name: "config.version",
            shape: Shape::Count(0, i64::MAX as u64),
            default: Default::Value("1"),
            doc: "The release: a greater one than the plan's makes a starting member's settings count.",
            otherwise: &["version", "release", "config-version"],
        },
        Key {
            name: "max.poll.time",
            shape: Shape::Duration,
            default: Default::Value("5s"),
            doc: "How long a turn of the loop polls at least, at most twice that: stops and plans are seen between turns.",
            otherwise: &["poll-time", "max.polling.time", "turn"],
        },
        Key {
            name: "max.messages",
            shape: Shape::Count(1, 1_000_000_000),
            default: Default::Value("10000"),
            doc: "Most records of a turn.",
            otherwise: &["messages", "max-messages"],
        },
        Key {
            name: "session-timeout",
            shape: Shape::Duration,
            default: Default::Value("10s"),
            doc: "The session timeout that ZooKeeper is asked for. The published code cannot ask for another one.",
            otherwise: &["session.timeout", "timeout", "session"],
        },
        Key {
            name: "repaired",
            shape: Shape::Texts,
            default: Default::Depends("nothing: as published"),
            doc: "Which of the published code's defects are repaired: `Z1` to `Z10`, or `all`.",
            otherwise: &["repair", "repairs", "fixed", "fix"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `zookeeper:`.
pub(crate) static ZOOKEEPER: Object = Object {
    name: "`zookeeper`",
    doc: "The ensemble in which members with `slots` take them.",
    keys: &[Key {
        name: "tickTime",
        shape: Shape::Duration,
        default: Default::Value("2s"),
        doc: "ZooKeeper's tick: sessions are granted 2 to 20 of them and expire at the end of one.",
        otherwise: &["tick", "tick-time"],
    }],
    kafka: Kafka::No,
    one_of: &[],
};

/// `zookeeper-cut:`.
pub(crate) static CUT: Object = Object {
    name: "`zookeeper-cut`",
    doc: "Members and ZooKeeper do not hear each other; Kafka hears both.",
    keys: &[
        super::events::members(super::events::WHO),
        Key {
            name: "for",
            shape: Shape::Duration,
            default: Default::Required("for how long? for example `for: 25s`"),
            doc: "For how long.",
            otherwise: &["length", "duration", "time"],
        },
        Key {
            name: "how",
            shape: Shape::Word(&[
                word("silence", "nothing arrives and nobody is told: noticed when two pings in a row are not answered"),
                word("reset", "the connection ends at once at both ends, and new ones are refused"),
            ]),
            default: Default::Value("silence"),
            doc: "How the network fails.",
            otherwise: &["kind", "by"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `monitor:`.
pub(crate) static MONITOR: Object = Object {
    name: "`monitor`",
    doc: "A monitor that draws what consumers report of themselves, as Confluent's interceptors do, in bars by the records' own time.",
    keys: &[
        Key {
            name: "report-every",
            shape: Shape::Duration,
            default: Default::Value("15s"),
            doc: "How long after each other a consumer's reports leave. What a killed process has not reported is lost to the chart.",
            otherwise: &["publishMs", "publish-every", "interval", "every"],
        },
        Key {
            name: "bar",
            shape: Shape::Duration,
            default: Default::Value("1m"),
            doc: "How much time a bar of the chart is for.",
            otherwise: &["bin", "bucket", "window"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `restart-policy:` of an application.
pub(crate) static RESTART_POLICY: Object = Object {
    name: "`restart-policy`",
    doc: "A scheduler outside that starts a process again which has ended without having been told to.",
    keys: &[
        Key {
            name: "when",
            shape: Shape::Word(&[
                word("always", "however it ended"),
                word("on-failure", "if it was killed or its exit status is not 0"),
            ]),
            default: Default::Value("always"),
            doc: "After which ends.",
            otherwise: &["policy", "restart"],
        },
        Key {
            name: "delay",
            shape: Shape::Duration,
            default: Default::Required("how long after its end is it started again? for example `delay: 1s`"),
            doc: "How long after its end.",
            otherwise: &["after", "backoff", "back-off"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};
