//! What can happen to a group.

use super::{people, word, world};
use crate::schema::{Default, Kafka, Key, Object, Shape, Word};

/// How a process can end.
const STOPS: &[Word] = &[
    word("close", "the consumer is closed, then the process ends; killed if that takes longer than `grace`"),
    word("sigterm", "what the application makes of SIGTERM (`wrapper`, `shutdown-hook`); killed after `grace`"),
    word("kill", "the process is gone at once, without a word to the broker"),
];

/// An entry of `events:`.
pub(crate) static EVENT: Object = Object {
    name: "an event",
    doc: "Something that happens at a time: `- {at: 2m, kill: web-0}`.",
    keys: &[
        Key {
            name: "at",
            shape: Shape::Drawn,
            default: Default::Required("when does it happen? for example `at: 2m`"),
            doc: "When, since the start of the run. If it is drawn (`{uniform: [2m, 3m]}`), once a run.",
            otherwise: &["time", "when", "after", "t"],
        },
        Key {
            name: "repeat",
            shape: Shape::Object(&REPEAT),
            default: Default::Nothing,
            doc: "How often it happens again.",
            otherwise: &["every", "times", "loop", "again"],
        },
        Key {
            name: "start",
            shape: Shape::Members,
            default: Default::Nothing,
            doc: "Processes start.",
            otherwise: &["join", "launch", "add"],
        },
        Key {
            name: "stop",
            shape: Shape::Either(&[Shape::Members, Shape::Object(&STOP)]),
            default: Default::Nothing,
            doc: "Processes end cleanly: the consumer is closed.",
            otherwise: &["close", "leave", "shutdown", "terminate"],
        },
        Key {
            name: "kill",
            shape: Shape::Members,
            default: Default::Nothing,
            doc: "Processes are gone at once, as by SIGKILL or a lost node.",
            otherwise: &["crash", "sigkill", "die"],
        },
        Key {
            name: "hang",
            shape: Shape::Object(&HANG),
            default: Default::Nothing,
            doc: "Applications stop polling; their heartbeats go on.",
            otherwise: &["pause", "block", "stuck", "freeze"],
        },
        Key {
            name: "restart",
            shape: Shape::Object(&RESTART),
            default: Default::Nothing,
            doc: "Processes end and start again, all at the same time.",
            otherwise: &["bounce", "reboot"],
        },
        Key {
            name: "rolling-restart",
            shape: Shape::Object(&ROLLING),
            default: Default::Nothing,
            doc: "Processes end and start again, one or a few after the other: a deploy.",
            otherwise: &["rolling", "deploy", "rollout", "rolling_restart", "rolling-bounce", "rolling-update"],
        },
        Key {
            name: "redeploy",
            shape: Shape::Object(&super::redeploy::REDEPLOY),
            default: Default::Nothing,
            doc: "Processes are replaced as Compose, Kubernetes or systemd do it: `redeploy: {by: compose}`.",
            otherwise: &[
                "compose-restart",
                "docker-compose-restart",
                "kubectl-rollout",
                "rollout-restart",
                "systemctl-restart",
            ],
        },
        Key {
            name: "zookeeper-outage",
            shape: Shape::Duration,
            default: Default::Nothing,
            doc: "ZooKeeper does not answer for this long.",
            otherwise: &["zk-outage", "zookeeper-down"],
        },
        Key {
            name: "zookeeper-pause",
            shape: Shape::Duration,
            default: Default::Nothing,
            doc: "ZooKeeper stands still for this long: connections are kept, nothing is answered, sessions whose time is over then expire.",
            otherwise: &["zk-pause", "zookeeper-gc"],
        },
        Key {
            name: "zookeeper-cut",
            shape: Shape::Object(&super::slots::CUT),
            default: Default::Nothing,
            doc: "Members and ZooKeeper do not hear each other for a while.",
            otherwise: &["zk-cut", "cut"],
        },
        Key {
            name: "scale",
            shape: Shape::Either(&[Shape::Count(0, people::MAX_MEMBERS), Shape::Object(&SCALE)]),
            default: Default::Nothing,
            doc: "The number of members changes: new ones start, or the last ones stop.",
            otherwise: &["scale-to", "scale-out", "scale-in", "resize", "replicas"],
        },
        Key {
            name: "crash-loop",
            shape: Shape::Object(&CRASH_LOOP),
            default: Default::Nothing,
            doc: "Processes die again and again, with growing pauses between.",
            otherwise: &["crashloop", "crash-loop-back-off", "flap"],
        },
        Key {
            name: "add-partitions",
            shape: Shape::Map(&Shape::Count(1, world::MAX_PARTITIONS)),
            default: Default::Nothing,
            doc: "Topics grow to a number of partitions: `add-partitions: {orders: 24}`.",
            otherwise: &["partitions", "grow", "alter-topic", "increase-partitions"],
        },
        Key {
            name: "rate",
            shape: Shape::Map(&Shape::Either(&[
                Shape::Rate,
                Shape::Word(&[
                    word("stop", "it writes nothing from here on"),
                    word("start", "it writes again what it would have written anyway"),
                ]),
            ])),
            default: Default::Nothing,
            doc: "Producers change their rates: `rate: {producer: 2_000/s}`; or they `stop` and `start`.",
            otherwise: &["produce", "producer", "producers", "throughput", "load"],
        },
        Key {
            name: "describe",
            shape: Shape::Nothing,
            default: Default::Nothing,
            doc: "An administrator describes the group; what it says is in the report.",
            otherwise: &["show", "status"],
        },
        Key {
            name: "add-topic",
            shape: Shape::Map(&Shape::Count(1, world::MAX_PARTITIONS)),
            default: Default::Nothing,
            doc: "Topics are created, with so many partitions: `add-topic: {refunds: 6}`. Members read them if they subscribe to them by \
                  name or by pattern.",
            otherwise: &["create-topic", "new-topic"],
        },
        Key {
            name: "change",
            shape: Shape::Object(&CHANGE),
            default: Default::Nothing,
            doc: "Members are configured otherwise from their next start on: `change: {members: all, session.timeout.ms: 60000}`.",
            otherwise: &["config", "configure", "set", "reconfigure"],
        },
        Key {
            name: "network",
            shape: Shape::Object(&super::network::NETWORK),
            default: Default::Nothing,
            doc: "The network between members and brokers is cut or slow for a while.",
            otherwise: &["partition", "disconnect", "slow", "latency", "network-cut", "blip"],
        },
        Key {
            name: "move-coordinator",
            shape: Shape::Object(&MOVE),
            default: Default::Nothing,
            doc: "Another broker becomes the group's coordinator, as when its broker is restarted cleanly.",
            otherwise: &["failover", "move-leader"],
        },
        Key {
            name: "kill-broker",
            shape: BROKER,
            default: Default::Nothing,
            doc: "A broker is gone at once: `kill-broker: 2`. Until it is given up (`broker.session.timeout.ms`) nothing is read of any \
                  partition that it has a replica of.",
            otherwise: &["broker-crash", "crash-broker", "broker-failure", "broker-kill"],
        },
        Key {
            name: "stop-broker",
            shape: BROKER,
            default: Default::Nothing,
            doc: "A broker shuts down, having handed over what it led (`controlled.shutdown.enable`).",
            otherwise: &["broker-stop", "shutdown-broker", "broker-shutdown"],
        },
        Key {
            name: "start-broker",
            shape: BROKER,
            default: Default::Nothing,
            doc: "A broker that is down starts. It leads nothing but what nobody else could.",
            otherwise: &["broker-start"],
        },
        Key {
            name: "restart-broker",
            shape: Shape::Object(&RESTART_BROKER),
            default: Default::Nothing,
            doc: "A broker goes and comes back: `restart-broker: {broker: 2, down: 30s}`.",
            otherwise: &["broker-restart", "bounce-broker", "roll-broker"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[
        "start",
        "stop",
        "kill",
        "hang",
        "restart",
        "rolling-restart",
        "redeploy",
        "zookeeper-outage",
        "zookeeper-pause",
        "zookeeper-cut",
        "scale",
        "crash-loop",
        "add-partitions",
        "rate",
        "describe",
        "add-topic",
        "change",
        "network",
        "move-coordinator",
        "kill-broker",
        "stop-broker",
        "start-broker",
        "restart-broker",
    ],
};

/// The number of a broker.
const BROKER: Shape = Shape::Count(1, world::MAX_BROKERS);

/// `restart-broker:`.
pub(crate) static RESTART_BROKER: Object = Object {
    name: "`restart-broker`",
    doc: "A broker goes and comes back.",
    keys: &[
        Key {
            name: "broker",
            shape: BROKER,
            default: Default::Required("which one? for example `broker: 2`"),
            doc: "Its number.",
            otherwise: &["id", "which", "number", "node"],
        },
        Key {
            name: "stop",
            shape: Shape::Word(&[
                word("close", "it shuts down, having handed over what it led"),
                word("kill", "it is gone at once"),
            ]),
            default: Default::Value("close"),
            doc: "How it goes.",
            otherwise: &["kind", "how", "by"],
        },
        Key {
            name: "down",
            shape: Shape::Duration,
            default: Default::Required("how long is it gone? for example `down: 30s`"),
            doc: "How long it is gone. It registers again no sooner than its former session is over.",
            otherwise: &["for", "downtime", "away"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `members:` of an event.
pub(super) const fn members(default: Default) -> Key {
    Key {
        name: "members",
        shape: Shape::Members,
        default,
        doc: "Whom it happens to: names, `web-*`, `all`, `first 3`, `last 3`, `random 3`, `random 3 of web-*`.",
        otherwise: &["member", "who", "consumers", "of", "name"],
    }
}

pub(super) const WHO: Default = Default::Required("whom does it happen to? for example `members: all`");

/// `grace:`.
const GRACE: Key = Key {
    name: "grace",
    shape: Shape::Duration,
    default: Default::Value("30s"),
    doc: "How long a clean stop may take before the process is killed.",
    otherwise: &["grace-period", "timeout", "terminationGracePeriodSeconds"],
};

/// `stop:` of a restart.
const STOP_KIND: Key = Key {
    name: "stop",
    shape: Shape::Word(STOPS),
    default: Default::Value("close"),
    doc: "How the processes end.",
    otherwise: &["kind", "how", "by"],
};

/// `group-membership:`.
const GROUP_MEMBERSHIP: Key = Key {
    name: "group-membership",
    shape: Shape::Word(&[
        word("default", "dynamic members leave the group; static ones do not, or say that they will be back"),
        word("leave-group", "all leave the group, static members too"),
        word(
            "remain-in-group",
            "nobody leaves a classic group, which waits for their sessions; a consumer group as by default",
        ),
    ]),
    default: Default::Value("default"),
    doc: "What consumers that are closed do about their membership (Java's `CloseOptions`, KIP-1092); other clients do as by default.",
    otherwise: &["membership", "leave", "operation", "group-membership-operation", "close-options"],
};

/// `down:`.
const DOWN: Key = Key {
    name: "down",
    shape: Shape::Duration,
    default: Default::Required("how long after the stop began does the new process start? for example `down: 10s`"),
    doc: "Time from the beginning of the stop to the start of the new process, which then takes its `start-up`. Never before the old \
          one has ended.",
    otherwise: &["downtime", "down-time", "away", "gone"],
};

/// Which client library members use from then on.
const CLIENT: Key = Key {
    name: "client",
    shape: Shape::Word(people::CLIENTS),
    default: Default::Nothing,
    doc: "Which client library they use.",
    otherwise: &["library", "language", "family"],
};

/// What they read from then on.
const SUBSCRIBE: Key = Key {
    name: "subscribe",
    shape: people::SUBSCRIBE,
    default: Default::Nothing,
    doc: "The topics they read.",
    otherwise: &["topics", "topic", "subscription"],
};

/// What their applications do from then on.
const APPLICATION: Key = Key {
    name: "application",
    shape: Shape::Object(&people::APPLICATION),
    default: Default::Nothing,
    doc: "What their applications do.",
    otherwise: &["app", "behaviour", "behavior"],
};

/// `change:` as an event of its own.
pub(crate) static CHANGE: Object = Object {
    name: "`change`",
    doc: "Members are configured otherwise from their next start on; those that run go on as they are. What is written is laid over \
          what they had; `null` takes a setting back.",
    keys: &[members(WHO), CLIENT, people::SLOTS, SUBSCRIBE, APPLICATION],
    kafka: Kafka::Consumer,
    one_of: &[],
};

/// `change:` of a restart.
pub(crate) static CHANGE_OF_RESTARTED: Object = Object {
    name: "`change` of a restart",
    doc: "What the restarted members come back with. It is laid over what they had; `null` takes a setting back.",
    keys: &[CLIENT, people::SLOTS, SUBSCRIBE, APPLICATION],
    kafka: Kafka::Consumer,
    one_of: &[],
};

/// `change:` in a restart.
pub(super) const WITH_CHANGE: Key = Key {
    name: "change",
    shape: Shape::Object(&CHANGE_OF_RESTARTED),
    default: Default::Nothing,
    doc: "Configs that they come back with.",
    otherwise: &["with", "config", "configs", "set", "configure"],
};

/// `move-coordinator:`.
pub(crate) static MOVE: Object = Object {
    name: "`move-coordinator`",
    doc: "Another broker becomes the group's coordinator. It answers once it has read its partition of `__consumer_offsets`.",
    keys: &[Key {
        name: "load",
        shape: Shape::Duration,
        default: Default::Value("200ms"),
        doc: "How long it reads (`partition-load-time`); meanwhile it answers COORDINATOR_LOAD_IN_PROGRESS.",
        otherwise: &["loading", "for", "down", "time"],
    }],
    kafka: Kafka::No,
    one_of: &[],
};

/// `repeat:`.
pub(crate) static REPEAT: Object = Object {
    name: "`repeat`",
    doc: "How often something happens again.",
    keys: &[
        Key {
            name: "every",
            shape: Shape::Duration,
            default: Default::Required("how long between one time and the next? for example `every: 1m`"),
            doc: "From one time to the next.",
            otherwise: &["interval", "each"],
        },
        Key {
            name: "times",
            shape: Shape::Count(1, 100_000),
            default: Default::Required("how often in all? for example `times: 5`"),
            doc: "How often in all.",
            otherwise: &["count", "n"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `stop:` as a map.
pub(crate) static STOP: Object = Object {
    name: "`stop`",
    doc: "Processes end cleanly.",
    keys: &[members(WHO), GRACE, GROUP_MEMBERSHIP],
    kafka: Kafka::No,
    one_of: &[],
};

/// `hang:`.
pub(crate) static HANG: Object = Object {
    name: "`hang`",
    doc: "Applications stop polling.",
    keys: &[
        members(WHO),
        Key {
            name: "for",
            shape: Shape::Duration,
            default: Default::Required("for how long? for example `for: 6m`"),
            doc: "For how long.",
            otherwise: &["length", "duration", "time"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `restart:`.
pub(crate) static RESTART: Object = Object {
    name: "`restart`",
    doc: "Processes end and start again.",
    keys: &[members(WHO), STOP_KIND, GRACE, GROUP_MEMBERSHIP, DOWN, WITH_CHANGE],
    kafka: Kafka::No,
    one_of: &[],
};

/// `rolling-restart:`.
pub(crate) static ROLLING: Object = Object {
    name: "`rolling-restart`",
    doc: "Processes end and start again, one or a few after the other. Either `every` or `when-ready` says when the next ones follow.",
    keys: &[
        members(Default::Value("all")),
        Key {
            name: "at-once",
            shape: Shape::Count(1, people::MAX_MEMBERS),
            default: Default::Value("1"),
            doc: "How many at the same time.",
            otherwise: &["max-unavailable", "maxUnavailable", "batch", "parallel", "concurrency", "at_once"],
        },
        Key {
            name: "order",
            shape: Shape::Word(&[
                word("ascending", "as they are listed"),
                word("descending", "the last one first, as a Kubernetes StatefulSet does"),
            ]),
            default: Default::Value("ascending"),
            doc: "Who comes first.",
            otherwise: &["direction"],
        },
        Key {
            name: "every",
            shape: Shape::Duration,
            default: Default::Nothing,
            doc: "The next ones follow this long after the last ones began.",
            otherwise: &["interval", "gap", "pace", "each"],
        },
        Key {
            name: "when-ready",
            shape: Shape::Duration,
            default: Default::Nothing,
            doc: "The next ones follow this long after the last ones have an assignment again.",
            otherwise: &["ready", "wait", "min-ready", "minReadySeconds", "then"],
        },
        STOP_KIND,
        GRACE,
        GROUP_MEMBERSHIP,
        DOWN,
        WITH_CHANGE,
    ],
    kafka: Kafka::No,
    one_of: &["every", "when-ready"],
};

/// `scale:` as a map.
pub(crate) static SCALE: Object = Object {
    name: "`scale`",
    doc: "The number of members changes.",
    keys: &[
        Key {
            name: "to",
            shape: Shape::Count(0, people::MAX_MEMBERS),
            default: Default::Required("to how many members? for example `to: 8`"),
            doc: "How many members there shall be.",
            otherwise: &["count", "replicas", "size"],
        },
        Key {
            name: "members",
            shape: Shape::Text,
            default: Default::Depends("the only kind of members there is"),
            doc: "Which kind of members, by the pattern in their `name:`.",
            otherwise: &["of", "kind", "name"],
        },
        Key {
            name: "every",
            shape: Shape::Duration,
            default: Default::Value("0s"),
            doc: "How long after each other they start or stop.",
            otherwise: &["gap", "interval"],
        },
        GRACE,
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `crash-loop:`.
pub(crate) static CRASH_LOOP: Object = Object {
    name: "`crash-loop`",
    doc: "Processes die again and again; the pause between doubles up to a bound, as Kubernetes' CrashLoopBackOff.",
    keys: &[
        members(WHO),
        Key {
            name: "times",
            shape: Shape::Count(1, 100_000),
            default: Default::Required("how often do they die? for example `times: 10`"),
            doc: "How often they die.",
            otherwise: &["count", "n", "repeat"],
        },
        Key {
            name: "alive",
            shape: Shape::Duration,
            default: Default::Required("how long do they live? for example `alive: 20s`"),
            doc: "How long a process lives, its start-up included.",
            otherwise: &["after", "lives", "up"],
        },
        Key {
            name: "down",
            shape: Shape::Duration,
            default: Default::Value("10s"),
            doc: "The first pause.",
            otherwise: &["back-off", "backoff", "pause"],
        },
        Key {
            name: "down-max",
            shape: Shape::Duration,
            default: Default::Value("5m"),
            doc: "The longest pause.",
            otherwise: &["max-down", "back-off-max", "max-back-off"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};
