//! How the ids and times of `protocol`, which knows no serialisation, are written: nanoseconds, bare numbers, bare
//! texts.

use protocol::{Generation, SimDuration, SimTime, TopicName, TopicPartition};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! bare {
    ($(#[$doc:meta])* $module:ident, $type:ty, $inner:ty, $out:expr, $in:expr) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use super::*;

            pub(crate) fn serialize<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                let out: fn(&$type) -> $inner = $out;
                out(value).serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                <$inner>::deserialize(deserializer).map($in)
            }
        }
    };
}

bare!(
    /// A moment, in nanoseconds since the start.
    time, SimTime, u64, |time| time.as_nanos(), SimTime::from_nanos
);
bare!(
    /// A length, in nanoseconds.
    duration, SimDuration, u64, |length| length.as_nanos(), SimDuration::from_nanos
);
bare!(
    /// A generation's number.
    generation, Generation, i32, |generation| generation.0, Generation
);

/// Topics with their number of partitions, as pairs.
pub(crate) mod topics {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(topics: &[(TopicName, i32)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(topics.iter().map(|(name, count)| (name.as_str(), count)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(TopicName, i32)>, D::Error> {
        let pairs = Vec::<(String, i32)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|(name, count)| (TopicName::from(name), count)).collect())
    }
}

/// A partition, as topic and number.
pub(crate) mod partition {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(partition: &TopicPartition, serializer: S) -> Result<S::Ok, S::Error> {
        (partition.topic.as_str(), partition.partition.0).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TopicPartition, D::Error> {
        let (topic, number) = <(String, i32)>::deserialize(deserializer)?;
        Ok(TopicPartition::new(TopicName::from(topic), number))
    }
}

/// A generation's number, if there is one.
pub(crate) mod maybe_generation {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Option<Generation>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(|generation| generation.0).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Generation>, D::Error> {
        Ok(Option::<i32>::deserialize(deserializer)?.map(Generation))
    }
}
