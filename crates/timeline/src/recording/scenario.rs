//! The first line of a recording: what was to happen, and which client was recorded.
//!
//! Contract: every field that recordings of real groups have, typed; fields that are not known are ignored; what is not
//! said takes the recorder's default. From a head alone follows the [`Cast`]: who takes part, and since when measures
//! count.

use std::collections::BTreeMap;
use std::fmt;

use protocol::{SimDuration, SimTime, TopicName};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::RecordingError;
use super::millis;
use crate::{Cast, MAX_PARTITIONS};

/// A start is a disturbance of its own, not part of the group's start-up, if the last start before it is longer ago
/// than this …
const LATE_START_GAP: SimDuration = SimDuration::from_millis(3_500);
/// … and it happens later than this.
const LATE_START_AFTER: SimTime = SimTime::from_millis(8_000);

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// What was to happen.
    pub scenario: Scenario,
    /// Which client was recorded, with its version (`java 4.3.0`).
    #[serde(default)]
    pub client: String,
}

/// What was to happen.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub note: String,
    /// The group's id.
    #[serde(default)]
    pub group: String,
    /// Broker configs that differ from Kafka's defaults, except that `group.initial.rebalance.delay.ms` is 0 unless it
    /// is here.
    #[serde(default)]
    pub broker: BTreeMap<String, ConfigValue>,
    /// Topics at the start.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// Who writes.
    #[serde(default)]
    pub producer: Producer,
    /// What members have in common.
    #[serde(default)]
    pub members: Members,
    /// What happens, in order.
    #[serde(default)]
    pub actions: Vec<TimedAction>,
    /// Words to select recordings by.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A topic at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
}

/// One producer for all topics; records go to partitions in turn.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Producer {
    /// Records a second, over all topics.
    pub rate: u64,
    /// Bytes a record.
    pub bytes: u64,
    /// Records go out in bursts this far apart.
    #[serde(rename = "tick_ms", with = "millis::duration")]
    pub tick: SimDuration,
}

/// What members have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Members {
    /// Whether each member has its name as `group.instance.id`.
    #[serde(rename = "static")]
    pub is_static: bool,
    /// The consumers' own Kafka configs.
    pub props: BTreeMap<String, ConfigValue>,
    /// Processing time a record, in microseconds.
    pub record_us: u64,
    /// Time spent in `onPartitionsRevoked`.
    #[serde(rename = "revoke_ms", with = "millis::duration")]
    pub revoke: SimDuration,
    /// Time spent in `onPartitionsAssigned`.
    #[serde(rename = "assign_ms", with = "millis::duration")]
    pub assign: SimDuration,
    /// The timeout that is given to `poll`.
    #[serde(rename = "poll_ms", with = "millis::duration")]
    pub poll: SimDuration,
}

impl Default for Members {
    fn default() -> Self {
        Self {
            is_static: false,
            props: BTreeMap::new(),
            record_us: 0,
            revoke: SimDuration::ZERO,
            assign: SimDuration::ZERO,
            poll: SimDuration::from_millis(100),
        }
    }
}

/// Something that was to happen at a given time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedAction {
    /// When.
    #[serde(with = "millis::time")]
    pub at: SimTime,
    /// What.
    #[serde(flatten)]
    pub action: Action,
}

/// What was to happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Action {
    /// A new consumer is created and subscribes.
    Start {
        /// The member's name.
        #[serde(rename = "m")]
        member: String,
        /// Its topics, if not all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        topics: Vec<String>,
        /// Its own configs, over those that members have in common.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        props: BTreeMap<String, ConfigValue>,
        /// Its own `group.instance.id`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
    },
    /// A clean stop: poll ends, the consumer is closed; a dynamic member leaves the group, a static one does not.
    Close {
        /// The member's name.
        #[serde(rename = "m")]
        member: String,
    },
    /// Silence: no heartbeat, no commit, no LeaveGroup from here on.
    Kill {
        /// The member's name.
        #[serde(rename = "m")]
        member: String,
    },
    /// The member stops polling; its heartbeats go on.
    Hang {
        /// The member's name.
        #[serde(rename = "m")]
        member: String,
        /// For how long.
        #[serde(rename = "ms", with = "millis::duration")]
        length: SimDuration,
    },
    /// A topic grows.
    Partitions {
        /// Which one.
        topic: String,
        /// To how many partitions.
        count: i32,
    },
    /// The group as an administrator sees it.
    Describe,
    /// The recording ends.
    End,
}

/// The value of a Kafka config. Kafka itself takes all of them as text; recordings keep what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ConfigValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Anything else.
    Text(String),
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for ConfigValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = ConfigValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of a config: a text, a number, true or false")
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<ConfigValue, E> {
                Ok(ConfigValue::Bool(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<ConfigValue, E> {
                Ok(ConfigValue::Integer(value))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<ConfigValue, E> {
                Ok(i64::try_from(value).map_or_else(|_| ConfigValue::Text(value.to_string()), ConfigValue::Integer))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<ConfigValue, E> {
                Ok(ConfigValue::Text(value.to_string()))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<ConfigValue, E> {
                Ok(ConfigValue::Text(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

impl Head {
    /// Who and what the recording is about.
    ///
    /// Measures count from the first disturbance: the first action that is not a start, or the first start that comes
    /// late (3.5 s after the one before, and later than 8 s); from the beginning if there is none. The end is the last
    /// action.
    ///
    /// # Errors
    /// [`RecordingError::NoActions`], [`RecordingError::TooManyPartitions`].
    pub fn cast(&self) -> Result<Cast, RecordingError> {
        let scenario = &self.scenario;
        let end = scenario.actions.last().ok_or(RecordingError::NoActions)?.at;
        let partitions: i64 = scenario.topics.iter().map(|topic| i64::from(topic.partitions.max(0))).sum();
        if partitions > MAX_PARTITIONS as i64 {
            return Err(RecordingError::TooManyPartitions { line: 1, partitions, most: MAX_PARTITIONS });
        }
        Ok(Cast {
            members: scenario.member_names(),
            topics: scenario.topics_read(),
            from: scenario.first_disturbance(),
            end,
        })
    }
}

impl Scenario {
    fn member_names(&self) -> Vec<String> {
        let mut known = std::collections::BTreeSet::new();
        let names = self.actions.iter().filter_map(|action| action.action.member());
        names.filter(|name| known.insert(*name)).map(str::to_owned).collect()
    }

    /// Topics that somebody subscribes to.
    fn topics_read(&self) -> Vec<(TopicName, i32)> {
        let mut all = false;
        let mut named = std::collections::BTreeSet::new();
        for action in &self.actions {
            if let Action::Start { topics, .. } = &action.action {
                all |= topics.is_empty();
                named.extend(topics.iter().map(String::as_str));
            }
        }
        let read = self.topics.iter().filter(|topic| all || named.contains(topic.name.as_str()));
        read.map(|topic| (TopicName::new(&topic.name), topic.partitions)).collect()
    }

    fn first_disturbance(&self) -> SimTime {
        let is_start = |action: &Action| matches!(action, Action::Start { .. });
        let quiet = |action: &Action| is_start(action) || matches!(action, Action::Describe | Action::End);
        let disturbance = self.actions.iter().filter(|action| !quiet(&action.action)).map(|action| action.at).min();
        let mut starts: Vec<SimTime> =
            self.actions.iter().filter(|action| is_start(&action.action)).map(|action| action.at).collect();
        starts.sort_unstable();
        let late = starts.windows(2).find(|pair| pair[1] - pair[0] > LATE_START_GAP && pair[1] > LATE_START_AFTER);
        disturbance.into_iter().chain(late.map(|pair| pair[1])).min().unwrap_or_default()
    }
}

impl Action {
    /// The member it is done to.
    pub fn member(&self) -> Option<&str> {
        match self {
            Self::Start { member, .. } | Self::Close { member } | Self::Kill { member } | Self::Hang { member, .. } => {
                Some(member)
            }
            Self::Partitions { .. } | Self::Describe | Self::End => None,
        }
    }
}
