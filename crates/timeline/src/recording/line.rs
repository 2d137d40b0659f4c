//! One line of a recording, as it stands there.

use std::borrow::Cow;
use std::fmt;

use protocol::{Generation, SimDuration, SimTime, TopicPartition};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize, Serializer};

use super::millis;
use crate::serial;

/// An event as it is read. Only `t`, `m` and `e` are in every line.
#[derive(Debug, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(with = "millis::time")]
    pub(super) t: SimTime,
    #[serde(borrow)]
    pub(super) m: Cow<'a, str>,
    pub(super) e: Kind,
    #[serde(borrow, default)]
    pub(super) p: Option<Vec<Text<'a>>>,
    #[serde(rename = "gen", default)]
    pub(super) generation: Option<i32>,
    #[serde(default)]
    pub(super) total: Option<u64>,
    #[serde(default, deserialize_with = "millis::maybe_time")]
    pub(super) b: Option<SimTime>,
    #[serde(default)]
    pub(super) n: Option<u64>,
    #[serde(default, deserialize_with = "millis::maybe_duration")]
    pub(super) sum: Option<SimDuration>,
    #[serde(default, deserialize_with = "millis::maybe_duration")]
    pub(super) max: Option<SimDuration>,
    #[serde(borrow, default)]
    pub(super) what: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) state: Option<Text<'a>>,
    #[serde(default)]
    pub(super) members: Option<u64>,
    #[serde(borrow, default)]
    pub(super) topic: Option<Text<'a>>,
    #[serde(default)]
    pub(super) count: Option<i32>,
    #[serde(default)]
    pub(super) produced: Option<u64>,
}

/// Every kind of event that is known, those included that say nothing to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Start,
    Closing,
    Closed,
    Killed,
    Hang,
    HangOver,
    CutOff,
    CutOver,
    Error,
    Assigned,
    Revoked,
    Lost,
    #[serde(rename = "c")]
    Consumed,
    #[serde(rename = "p")]
    Produced,
    Log,
    Rebalancing,
    Generation,
    GroupEpoch,
    Partitions,
    Describe,
    End,
    Epoch,
    Stop,
    Warn,
    RevokeDone,
}

impl Kind {
    /// The kind of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
        Self::deserialize(name).ok()
    }
}

/// What is looked at when a line is no [`Line`]: an event of an unknown kind may have any fields.
#[derive(Debug, Deserialize)]
pub(super) struct KindOnly<'a> {
    #[serde(borrow)]
    pub(super) e: Cow<'a, str>,
}

/// A text that is borrowed from the line whenever it has no escapes.
#[derive(Debug, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// An event as it is written.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    #[serde(with = "millis::time")]
    pub(super) t: SimTime,
    pub(super) m: Name<'a>,
    pub(super) e: Kind,
    #[serde(flatten)]
    pub(super) fields: Fields<'a>,
}

/// Whose event it is.
pub(super) enum Name<'a> {
    /// The broker's.
    Broker,
    /// That of the one who runs the show.
    Lab,
    /// A member's.
    Member(&'a dyn fmt::Display),
}

/// The fields of each kind of event.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Fields<'a> {
    None {},
    What {
        what: &'a str,
    },
    Partitions {
        p: Partitions<'a>,
        #[serde(rename = "gen", with = "serial::generation")]
        generation: Generation,
        #[serde(skip_serializing_if = "Option::is_none")]
        total: Option<usize>,
    },
    Rebalancing {
        #[serde(rename = "gen", with = "serial::generation")]
        generation: Generation,
        what: &'a str,
    },
    GroupEpoch {
        #[serde(rename = "gen", with = "crate::serial::generation")]
        epoch: Generation,
    },
    Generation {
        #[serde(rename = "gen", with = "serial::generation")]
        generation: Generation,
        members: usize,
    },
    Topic {
        topic: &'a str,
        count: i32,
    },
    Described {
        state: &'a str,
        members: usize,
    },
    Consumed {
        #[serde(with = "millis::time")]
        b: SimTime,
        n: u64,
        #[serde(with = "millis::duration")]
        sum: SimDuration,
        #[serde(with = "millis::duration")]
        max: SimDuration,
    },
    Produced {
        s: u64,
        n: u64,
    },
    End {
        produced: u64,
    },
}

/// Partitions, written `topic-number`.
pub(super) struct Partitions<'a>(pub(super) &'a [TopicPartition]);

impl Serialize for Partitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Shown<'a>(&'a TopicPartition);
        impl Serialize for Shown<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self.0)
            }
        }
        serializer.collect_seq(self.0.iter().map(Shown))
    }
}

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Broker => serializer.serialize_str("broker"),
            Self::Lab => serializer.serialize_str("lab"),
            Self::Member(name) => serializer.collect_str(name),
        }
    }
}
