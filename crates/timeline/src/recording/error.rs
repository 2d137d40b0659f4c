//! What can be wrong with a recording: errors end the reading, warnings are counted.

use std::fmt;
use std::io;

use thiserror::Error;

/// Why a recording could not be read.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// There is nothing in it.
    #[error("the recording is empty")]
    Empty,
    /// The bytes could not be read or unpacked: a broken disk, a cut off or damaged archive.
    #[error("line {line}: the recording is cut off or damaged: {source}")]
    Read {
        /// The line that was being read.
        line: u64,
        /// What the reader says.
        source: io::Error,
    },
    /// The file ends within a line.
    #[error("line {line}: the recording is cut off in the middle of this line: {excerpt}")]
    CutOff {
        /// The last line.
        line: u64,
        /// What there is of it.
        excerpt: String,
    },
    /// The line has more bytes than any event needs.
    #[error("line {line}: longer than {most} bytes; is this a recording (JSON Lines)?")]
    LineTooLong {
        /// Which one.
        line: u64,
        /// How many are read.
        most: usize,
    },
    /// The first line is not a head.
    #[error(
        "line 1, column {column}: this is no head of a recording ({{\"scenario\": {{…}}, \"client\": …}}): {problem}: {excerpt}"
    )]
    Head {
        /// Where in the line.
        column: usize,
        /// What is wrong.
        problem: String,
        /// What stands there.
        excerpt: String,
    },
    /// A line is not an event.
    #[error("line {line}, column {column}: this is no event: {problem}: {excerpt}")]
    Event {
        /// Which line.
        line: u64,
        /// Where in the line.
        column: usize,
        /// What is wrong.
        problem: String,
        /// What stands there.
        excerpt: String,
    },
    /// An event lacks what it is about.
    #[error("line {line}: this event needs `{field}`")]
    MissingField {
        /// Which line.
        line: u64,
        /// What it should have.
        field: &'static str,
    },
    /// A partition is not written `topic-number`.
    #[error("line {line}: {text} is no partition; one is written topic-number, as in orders-3")]
    Partition {
        /// Which line.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// More different members than any group has.
    #[error("line {line}: more than {most} different members")]
    TooManyMembers {
        /// Where the bound was passed.
        line: u64,
        /// The bound.
        most: usize,
    },
    /// More partitions than can be tracked.
    #[error("line {line}: {partitions} partitions; at most {most} can be followed")]
    TooManyPartitions {
        /// Where it says so.
        line: u64,
        /// How many it has.
        partitions: i64,
        /// The bound.
        most: usize,
    },
    /// The scenario does nothing, and so has no end.
    #[error("line 1: the scenario has no actions; its last one says when the recording ends")]
    NoActions,
}

/// Something odd that does not keep a recording from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub kind: WarningKind,
    /// How often.
    pub count: u64,
    /// The first line with it.
    pub first_line: u64,
}

/// What can be odd.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningKind {
    /// Events of this kind are not known and were skipped.
    UnknownEvent(String),
    /// Unknown events of yet more kinds.
    MoreUnknownEvents,
    /// A time lay before the one in an earlier line; the earlier one was taken instead.
    TimeBackwards,
    /// A member that does not occur in the scenario.
    UnknownMember,
    /// There is no `end` line: the recording was probably cut off.
    NoEnd,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, count, first_line } = self;
        match kind {
            WarningKind::UnknownEvent(event) => {
                write!(f, "events of an unknown kind, {} (skipped)", excerpt(event, 0))?;
            }
            WarningKind::MoreUnknownEvents => f.write_str("events of further unknown kinds (skipped)")?,
            WarningKind::TimeBackwards => f.write_str("events older than one before them (taken as simultaneous)")?,
            WarningKind::UnknownMember => f.write_str("members that the scenario does not mention")?,
            WarningKind::NoEnd => {
                return write!(f, "no `end` event after line {first_line}: the recording may be cut off");
            }
        }
        write!(f, ": {count}, first in line {first_line}")
    }
}

/// The part of a text around a column, fit to stand in a message: at most 60 characters, in quotes, nothing invisible.
pub(super) fn excerpt(text: &str, column: usize) -> String {
    const BEFORE: usize = 20;
    const MOST: usize = 60;
    let start = text.floor_char_boundary(column.saturating_sub(BEFORE));
    let mut characters = text[start..].chars();
    let shown: String = characters.by_ref().take(MOST).flat_map(char::escape_debug).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if characters.next().is_some() { "…" } else { "" });
    format!("`{before}{shown}{after}`")
}

/// What serde_json says, without its own idea of the line.
pub(super) fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((problem, _)) => excerpt_long(problem),
        None => excerpt_long(&text),
    }
}

/// Messages quote values from the file, which may be long.
fn excerpt_long(text: &str) -> String {
    const MOST: usize = 200;
    let mut characters = text.chars();
    let shown: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() { format!("{shown}…") } else { shown }
}
