//! What surrounds the group: environment, topics, broker.

use super::word;
use crate::schema::{Default, Kafka, Key, Object, Shape};

/// Most partitions of a topic that a scenario may have.
pub(crate) const MAX_PARTITIONS: u64 = 1_000_000;

/// Most brokers of a cluster.
pub(crate) const MAX_BROKERS: u64 = 1_000;

/// Most processors that an environment may have.
pub(crate) const MAX_PROCESSORS: u64 = 1_024;

const OF_PRESET: Default = Default::Depends("the preset's");

/// `environment:` as a map.
pub(crate) static ENVIRONMENT: Object = Object {
    name: "`environment`",
    doc: "How long things take that nobody configures. All of it may be drawn: `{skewed: [100us, 250us, 2ms]}`.",
    keys: &[
        Key {
            name: "preset",
            shape: Shape::Text,
            default: Default::Value("datacenter"),
            doc: "Where the numbers come from that are not written here.",
            otherwise: &["base", "name", "from"],
        },
        Key {
            name: "one-way",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "One message one way between a client and a broker, network threads included.",
            otherwise: &["latency", "network", "rtt", "one_way"],
        },
        Key {
            name: "request-handling",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What a broker works on one request before the coordinator sees it, queueing included.",
            otherwise: &["request", "broker"],
        },
        Key {
            name: "log-append",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "From an append to the coordinator's log until it is committed: a disk, or a round of the followers.",
            otherwise: &["commit", "disk", "append"],
        },
        Key {
            name: "connection",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "Setting up one connection, beyond its round trips.",
            otherwise: &["connect", "connection-set-up"],
        },
        Key {
            name: "client-wake-up",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "From an answer at the client's socket until the thread that waits for it acts.",
            otherwise: &["wake-up", "client"],
        },
        Key {
            name: "poll-turn",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "How much later a Java application comes back to an answer that it does not block for.",
            otherwise: &["poll", "turn"],
        },
        Key {
            name: "assignor",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "The leader's assignor and the building of its plan.",
            otherwise: &["assignment", "assign"],
        },
        Key {
            name: "heartbeat-slip",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "How much later than `heartbeat.interval.ms` heartbeats leave; drawn once a generation.",
            otherwise: &["slip", "jitter"],
        },
        Key {
            name: "close-connections",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "Ending fetch sessions and closing sockets when a consumer is closed.",
            otherwise: &["close"],
        },
        Key {
            name: "client-start",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "From the creation of a consumer object until its application polls.",
            otherwise: &["client-startup", "start"],
        },
        Key {
            name: "admin-call",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "From an administrator's request, for more partitions say, until clients can see what came of it.",
            otherwise: &["admin", "metadata-propagation"],
        },
        Key {
            name: "cold-start",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What the first consumers of all wait for in addition, drawn once a run.",
            otherwise: &["cold", "jvm-start"],
        },
        Key {
            name: "cold-request",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What a request takes in addition while broker and clients are in their first three seconds.",
            otherwise: &["warm-up"],
        },
        Key {
            name: "processors",
            shape: Shape::Count(1, MAX_PROCESSORS),
            default: OF_PRESET,
            doc: "How many processors the brokers and all clients share; without it, each has as many as it has work for.",
            otherwise: &["cores", "cpus", "processor"],
        },
        Key {
            name: "request-work",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What a shared processor works at a request, or at a new connection, on the broker's side.",
            otherwise: &["broker-work"],
        },
        Key {
            name: "answer-work",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What a shared processor works at an answer on the client's side, callbacks and the next request included.",
            otherwise: &["client-work", "response-work"],
        },
        Key {
            name: "start-work",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What a shared processor works at the start of a consumer.",
            otherwise: &["work"],
        },
        Key {
            name: "record-work",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What shared processors work at a record: written, fetched and handed over.",
            otherwise: &["fetch-work", "read-work"],
        },
        Key {
            name: "beat-work",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What a shared processor works in addition at a heartbeat of a Java member under the classic protocol.",
            otherwise: &["heartbeat-work"],
        },
        Key {
            name: "cold-work",
            shape: Shape::Drawn,
            default: OF_PRESET,
            doc: "What shared processors work in addition at each of these at first, then less and less; drawn once a run.",
            otherwise: &["cold-cpu"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// A topic as a map.
pub(crate) static TOPIC: Object = Object {
    name: "a topic",
    doc: "A topic.",
    keys: &[
        Key {
            name: "partitions",
            shape: Shape::Count(1, MAX_PARTITIONS),
            default: Default::Required("how many partitions has it? for example `partitions: 12`"),
            doc: "How many partitions it has at the start.",
            otherwise: &["count", "partition", "num.partitions"],
        },
        Key {
            name: "replication-factor",
            shape: Shape::Count(1, MAX_BROKERS),
            default: Default::Depends("the environment's: 3, or 1 on one machine"),
            doc: "How many replicas each partition has, the leader included. Readers see a record once all in sync have it.",
            otherwise: &["replication.factor", "default.replication.factor", "replication", "rf"],
        },
        Key {
            name: "replicas",
            shape: Shape::Later("replicas on brokers and racks of one's own choice"),
            default: Default::Nothing,
            doc: "Where its replicas stand.",
            otherwise: &["racks", "replica-assignment"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `broker:`.
pub(crate) static BROKER: Object = Object {
    name: "`broker`",
    doc: "The brokers, all alike. Kafka's broker configs stand here under their own names. The group's coordinator is on broker 1.",
    keys: &[VERSION, BROKERS, BROKER_SESSION, BROKER_HEARTBEAT],
    kafka: Kafka::Broker,
    one_of: &[],
};

/// `cluster-size:`.
const BROKERS: Key = Key {
    name: "cluster-size",
    shape: Shape::Count(1, MAX_BROKERS),
    default: Default::Value("3"),
    doc: "How many brokers there are, numbered from 1. Leaders are spread over them as KRaft's controller does it, racks left out.",
    otherwise: &["count", "brokers", "number", "size", "nodes"],
};

/// When a silent broker is given up.
const BROKER_SESSION: Key = Key {
    name: "broker.session.timeout.ms",
    shape: Shape::Count(1, 3_600_000),
    default: Default::Value("9000"),
    doc: "Kafka's: after how long a silence the controller gives a broker up, and others lead its partitions.",
    otherwise: &["zookeeper.session.timeout.ms", "broker-session-timeout"],
};

/// How often a broker is heard of.
const BROKER_HEARTBEAT: Key = Key {
    name: "broker.heartbeat.interval.ms",
    shape: Shape::Count(1, 3_600_000),
    default: Default::Value("2000"),
    doc: "Kafka's: how often the controller hears of a broker.",
    otherwise: &["broker-heartbeat-interval"],
};

/// `version:` of brokers.
const VERSION: Key = Key {
    name: "version",
    shape: Shape::Word(&[
        word("2.3", "Apache Kafka 2.3.0: the first with static members"),
        word("2.8", "Apache Kafka 2.8.0"),
        word("3.0", "Apache Kafka 3.0.0"),
        word("3.9", "Apache Kafka 3.9.0: the coordinator in Scala"),
        word("4.0", "Apache Kafka 4.0.0: the coordinator in Java, the consumer protocol (KIP-848)"),
        word("4.1", "Apache Kafka 4.1.0"),
        word("4.2", "Apache Kafka 4.2.0"),
        word("4.3", "Apache Kafka 4.3.0: assignments are spaced in time (KIP-1263)"),
    ]),
    default: Default::Value("4.3"),
    doc: "The version of Apache Kafka whose coordinator is imitated.",
    otherwise: &["release", "kafka-version"],
};

/// `group:`, where it says more than a name.
pub(crate) static GROUP: Object = Object {
    name: "`group`",
    doc: "The group. Kafka's group configs (`kafka-configs.sh --entity-type groups`) stand here under their own names.",
    keys: &[Key {
        name: "name",
        shape: Shape::Text,
        default: Default::Value("group"),
        doc: "Its name (`group.id`).",
        otherwise: &["group.id", "id", "group_id", "groupId"],
    }],
    kafka: Kafka::Group,
    one_of: &[],
};
