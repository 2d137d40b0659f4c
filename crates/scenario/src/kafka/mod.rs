//! Kafka's own configs: what exists, what it may be, what of it is simulated.
//!
//! Contract: one table for consumers ([`CONSUMER`]), one for brokers ([`BROKER`]), one for groups ([`GROUP`]), as of
//! Kafka 4.3 (`ConsumerConfig`, `GroupCoordinatorConfig`, `GroupConfig`). Names, defaults and bounds are Kafka's; a
//! value that Kafka refuses is refused here. A config that exists and is not simulated is told apart from one that does
//! not exist. Left out on purpose: importance, documentation texts, configs of producers, Connect and Streams.

mod assignor;
mod broker;
mod client;
mod group;
mod value;

pub(crate) use assignor::{assignor, is_cooperative};
pub use broker::BROKER;
pub(crate) use broker::is_of_a_broker;
pub use client::CONSUMER;
pub(crate) use client::is_security;
pub use group::GROUP;
pub(crate) use value::{Setting, read};

/// One config of Kafka's, for something of type `T` that it configures.
#[derive(Debug)]
pub struct Config<T: 'static> {
    /// Kafka's name.
    pub name: &'static str,
    /// What a value may be.
    pub kind: Kind,
    /// Kafka's default, as it is written; empty if there is none.
    pub default: &'static str,
    /// What it does, in a line.
    pub doc: &'static str,
    /// What becomes of it here.
    pub status: Status<T>,
}

/// What a value may be: the types and validators of Kafka's `ConfigDef`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number between two bounds, both included, in a unit.
    Number {
        /// The least value.
        least: i64,
        /// The greatest value.
        most: i64,
        /// What it counts.
        unit: Unit,
    },
    /// `true` or `false`.
    Bool,
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list, comma-separated in Kafka's files.
    List,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Millis,
    /// Minutes.
    Minutes,
    /// Bytes.
    Bytes,
    /// Things.
    Things,
}

/// What becomes of a config in a simulation.
#[derive(Clone, Copy, Debug)]
pub enum Status<T: 'static> {
    /// It is simulated; how it gets to where it is read.
    Modelled(fn(&mut T, &Setting)),
    /// It has no bearing on what is simulated; it may be written and changes nothing.
    NoBearing,
    /// The scenario says this elsewhere.
    Elsewhere(&'static str),
    /// It matters and is not simulated: only its default may be written.
    NotYet,
}

impl<T> Config<T> {
    /// Kafka's bounds as a sentence; nothing if every value of the type is allowed.
    pub fn bounds(&self) -> Option<String> {
        match self.kind {
            Kind::Number { least: i64::MIN, .. } => None,
            Kind::Number { least, most, .. } if most == i64::from(i32::MAX) || most == i64::MAX => {
                (least != i64::from(i32::MIN)).then(|| format!("at least {least}"))
            }
            Kind::Number { least, most, .. } => Some(format!("between {least} and {most}")),
            Kind::Word(words) => Some(crate::word::either(words.iter().copied())),
            Kind::Bool | Kind::Text | Kind::List => None,
        }
    }

    /// The unit of a number, for messages; empty where there is none.
    pub fn unit(&self) -> &'static str {
        match self.kind {
            Kind::Number { unit: Unit::Millis, .. } => "ms",
            Kind::Number { unit: Unit::Minutes, .. } => "minutes",
            Kind::Number { unit: Unit::Bytes, .. } => "bytes",
            _ => "",
        }
    }
}

/// The config of this name in a table.
pub fn find<T>(table: &'static [Config<T>], name: &str) -> Option<&'static Config<T>> {
    table.iter().find(|config| config.name == name)
}

/// A Java `int` with a lower bound.
const fn int(least: i32, unit: Unit) -> Kind {
    Kind::Number { least: least as i64, most: i32::MAX as i64, unit }
}

/// A Java `int` without bounds.
const fn any_int(unit: Unit) -> Kind {
    int(i32::MIN, unit)
}

/// A Java `long` with a lower bound.
const fn long(least: i64, unit: Unit) -> Kind {
    Kind::Number { least, most: i64::MAX, unit }
}
