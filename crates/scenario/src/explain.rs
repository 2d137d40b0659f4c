//! Where each value of a plan comes from.

use crate::source::Position;

/// A value of a plan, and its origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Explained {
    /// What it is the value of, as a path of keys: `members.session.timeout.ms`.
    pub path: String,
    /// The value, as people write it.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It was written here.
    Written(Position),
    /// It is the language's default.
    Default,
    /// It is Kafka's default.
    Kafka,
    /// It is the default of this client library, another one than Kafka's.
    Client(&'static str),
    /// It follows from the rest; how, in words.
    Depends(&'static str),
    /// It is the environment's.
    Environment(&'static str),
    /// It was given on the command line.
    CommandLine,
}
