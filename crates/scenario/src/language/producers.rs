//! Who writes records: rates, keys, and how a producer spreads them over partitions.

use super::word;
use crate::schema::{Default, Kafka, Key, Object, Shape};

/// Most different keys of one producer.
pub(crate) const MAX_KEYS: u64 = 1_000_000;

/// `producers:`.
pub(crate) static PRODUCER: Object = Object {
    name: "a producer",
    doc: "Who writes records, how many, and which keys they have. Without a producer no records flow.",
    keys: &[
        Key {
            name: "name",
            shape: Shape::Text,
            default: Default::Depends("`producer`; numbered if there are several"),
            doc: "What it is called; events refer to it.",
            otherwise: &["id", "client.id"],
        },
        Key {
            name: "topics",
            shape: Shape::Texts,
            default: Default::Depends("all topics"),
            doc: "The topics it writes into, those that come later (`add-topic`) from then on.",
            otherwise: &["topic", "into", "to"],
        },
        Key {
            name: "rate",
            shape: Shape::Either(&[Shape::Rate, Shape::Object(&RATE)]),
            default: Default::Required("how many records are written? for example `rate: 500/s`"),
            doc: "Records in a length of time, over all its topics: `500/s`, `30_000/min`, or a map for a rate that changes.",
            otherwise: &["throughput", "records", "per-second", "load", "speed"],
        },
        Key {
            name: "record-size",
            shape: Shape::Size,
            default: Default::Value("100 B"),
            doc: "How large a record is, key and headers included.",
            otherwise: &["size", "bytes", "record_size"],
        },
        Key {
            name: "keys",
            shape: Shape::Either(&[
                Shape::Word(&[word("none", "records have no key: `partitioner` spreads them")]),
                Shape::Object(&KEYS),
            ]),
            default: Default::Value("none"),
            doc: "Which keys records have. A key goes where Kafka's murmur2 puts it.",
            otherwise: &["key", "distribution", "skew"],
        },
        Key {
            name: "partitioner",
            shape: Shape::Word(&[
                word("sticky", "Kafka's own: a batch to one partition, the next to another"),
                word("round-robin", "`RoundRobinPartitioner`: record by record in turn"),
            ]),
            default: Default::Value("sticky"),
            doc: "How records without keys are spread.",
            otherwise: &["partitioner.class"],
        },
        Key {
            name: "linger.ms",
            shape: Shape::Count(0, 3_600_000),
            default: Default::Value("5"),
            doc: "Kafka's: how long records wait for others, so that they go out together, this far apart.",
            otherwise: &["linger", "tick", "linger-ms"],
        },
        Key {
            name: "batch.size",
            shape: Shape::Count(1, 1 << 30),
            default: Default::Value("16384"),
            doc: "Kafka's: how many bytes go to one partition before the sticky partitioner takes the next.",
            otherwise: &["batch", "batch-size"],
        },
        Key {
            name: "acks",
            shape: Shape::Word(&[
                word("all", "all replicas in sync; nothing that was acknowledged is lost"),
                word("1", "the leader: what its followers have not fetched is lost if it is killed"),
                word("0", "nobody: what is on its way is lost as well"),
            ]),
            default: Default::Value("all"),
            doc: "Kafka's: who has to have a record before its producer is told that it is written. Readers see it no sooner or later.",
            otherwise: &["ack", "request.required.acks"],
        },
        Key {
            name: "delivery.timeout.ms",
            shape: Shape::Count(0, 86_400_000),
            default: Default::Value("120000"),
            doc: "Kafka's: how long a record that finds no leader is tried again; then it is lost.",
            otherwise: &["message.timeout.ms", "delivery-timeout"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `rate:` as a map.
pub(crate) static RATE: Object = Object {
    name: "`rate`",
    doc: "A rate that changes with time.",
    keys: &[
        Key {
            name: "steps",
            shape: Shape::Map(&Shape::Rate),
            default: Default::Nothing,
            doc: "Rates, each from its time on: `{0s: 100/s, 10m: 900/s}`.",
            otherwise: &["step", "at", "timeline"],
        },
        Key {
            name: "daily",
            shape: Shape::Object(&DAILY),
            default: Default::Nothing,
            doc: "A wave that comes back every day.",
            otherwise: &["day", "diurnal", "wave", "sine"],
        },
        Key {
            name: "bursts",
            shape: Shape::Object(&BURSTS),
            default: Default::Nothing,
            doc: "A low rate, and a high one now and then.",
            otherwise: &["burst", "spikes", "bursty"],
        },
    ],
    kafka: Kafka::No,
    one_of: &["steps", "daily", "bursts"],
};

/// `daily:`.
pub(crate) static DAILY: Object = Object {
    name: "`daily`",
    doc: "A wave that comes back every day, in steps of a quarter of an hour.",
    keys: &[
        Key {
            name: "low",
            shape: Shape::Rate,
            default: Default::Required("how many in the quietest hour? for example `low: 100/s`"),
            doc: "The lowest rate, twelve hours from the highest.",
            otherwise: &["min", "least", "night"],
        },
        Key {
            name: "high",
            shape: Shape::Rate,
            default: Default::Required("how many in the busiest hour? for example `high: 900/s`"),
            doc: "The highest rate.",
            otherwise: &["max", "most", "day"],
        },
        Key {
            name: "peak",
            shape: Shape::Duration,
            default: Default::Value("12h"),
            doc: "When the rate is highest, since the start of the run (a day later again).",
            otherwise: &["peak-at", "noon", "at"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `bursts:`.
pub(crate) static BURSTS: Object = Object {
    name: "`bursts`",
    doc: "A low rate, and a high one now and then.",
    keys: &[
        Key {
            name: "base",
            shape: Shape::Rate,
            default: Default::Value("0/s"),
            doc: "The rate between bursts.",
            otherwise: &["low", "between", "normal"],
        },
        Key {
            name: "burst",
            shape: Shape::Rate,
            default: Default::Required("how many in a burst? for example `burst: 10_000/s`"),
            doc: "The rate in a burst.",
            otherwise: &["high", "peak", "rate"],
        },
        Key {
            name: "every",
            shape: Shape::Duration,
            default: Default::Required("how long from burst to burst? for example `every: 1m`"),
            doc: "From the beginning of a burst to the next; the first one comes after this time.",
            otherwise: &["interval", "period"],
        },
        Key {
            name: "for",
            shape: Shape::Duration,
            default: Default::Required("how long is a burst? for example `for: 5s`"),
            doc: "How long a burst is.",
            otherwise: &["length", "duration"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `keys:` as a map.
pub(crate) static KEYS: Object = Object {
    name: "`keys`",
    doc: "Which keys records have. Keys without a name of their own are called `key-0`, `key-1` and so on.",
    keys: &[
        Key {
            name: "uniform",
            shape: Shape::Count(1, MAX_KEYS),
            default: Default::Nothing,
            doc: "So many keys, each as often as the others.",
            otherwise: &["count", "keys", "even"],
        },
        Key {
            name: "zipf",
            shape: Shape::Object(&ZIPF),
            default: Default::Nothing,
            doc: "The n-th key is wanted `n^-exponent` times as often as the first (Zipf's law).",
            otherwise: &["skewed", "pareto", "power-law"],
        },
        Key {
            name: "hot",
            shape: Shape::Object(&HOT),
            default: Default::Nothing,
            doc: "One key has a large part of all records.",
            otherwise: &["hot-key", "hotkey", "hotspot"],
        },
        Key {
            name: "weights",
            shape: Shape::Map(&Shape::Count(0, MAX_KEYS)),
            default: Default::Nothing,
            doc: "Keys of your own, each with its weight: `{customer-42: 90, customer-7: 10}`.",
            otherwise: &["list", "named", "weight"],
        },
    ],
    kafka: Kafka::No,
    one_of: &["uniform", "zipf", "hot", "weights"],
};

/// `zipf:`.
pub(crate) static ZIPF: Object = Object {
    name: "`zipf`",
    doc: "Keys by Zipf's law.",
    keys: &[
        Key {
            name: "keys",
            shape: Shape::Count(1, MAX_KEYS),
            default: Default::Required("how many keys are there? for example `keys: 10_000`"),
            doc: "How many keys there are.",
            otherwise: &["count", "n"],
        },
        Key {
            name: "exponent-percent",
            shape: Shape::Count(0, 1_000),
            default: Default::Value("100"),
            doc: "The exponent in hundredths: 0 is uniform, 100 is the classic law, 200 is steep.",
            otherwise: &["exponent", "s", "alpha"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};

/// `hot:`.
pub(crate) static HOT: Object = Object {
    name: "`hot`",
    doc: "One key has a large part of all records.",
    keys: &[
        Key {
            name: "key",
            shape: Shape::Text,
            default: Default::Value("hot"),
            doc: "The key; its letters decide its partition.",
            otherwise: &["name", "id"],
        },
        Key {
            name: "percent",
            shape: Shape::Count(0, 100),
            default: Default::Required("how much of all records has it? for example `percent: 50`"),
            doc: "How much of all records has it.",
            otherwise: &["share", "part", "weight"],
        },
        Key {
            name: "others",
            shape: Shape::Count(1, MAX_KEYS),
            default: Default::Value("1000"),
            doc: "How many other keys share the rest alike.",
            otherwise: &["rest", "keys", "count"],
        },
    ],
    kafka: Kafka::No,
    one_of: &[],
};
