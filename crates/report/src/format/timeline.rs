//! A story as a time line in text: a row a member, a row a partition, a column a stretch of time.
//!
//! Contract: rows are bounded; each column shows what took most of its time. Two stories with the same `end` and width
//! have the same columns, so that one can stand above the other.

use std::fmt::Write as _;

use protocol::SimTime;
use timeline::story::{Phase, Span, Story};

use crate::story::{clock, member};
use crate::text;

/// Most rows of members, and of partitions.
const ROWS: usize = 24;
/// Names are cut to so many characters.
const MOST_NAME: usize = 24;
/// Who reads a partition: by place among the members.
const OWNERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a column shows of a member.
pub(crate) const fn sign(phase: Phase) -> char {
    match phase {
        Phase::Down => ' ',
        Phase::Starting => '.',
        Phase::Joining => 'j',
        Phase::Syncing => 's',
        Phase::Draining => 'd',
        Phase::Revoking => 'r',
        Phase::Assigning => 'a',
        Phase::FetchingOffsets => 'o',
        Phase::Consuming => '█',
        Phase::Idle => '-',
        Phase::Hung => 'h',
        Phase::CutOff => 'c',
        Phase::Leaving => 'x',
    }
}

/// Columns of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    pub(crate) from: SimTime,
    pub(crate) to: SimTime,
    pub(crate) count: u64,
}

impl Columns {
    /// When a column begins and ends.
    fn bounds(self, column: u64) -> (SimTime, SimTime) {
        let length = u128::from(self.to.since(self.from).as_nanos());
        let at = |column: u64| {
            let nanos = length * u128::from(column) / u128::from(self.count.max(1));
            SimTime::from_nanos(self.from.as_nanos() + u64::try_from(nanos).unwrap_or(u64::MAX))
        };
        (at(column), at(column + 1))
    }

    /// What a member did, a phase a column.
    pub(crate) fn phases(self, spans: &[Span]) -> Vec<Phase> {
        let phase = |column: u64| {
            let (from, to) = self.bounds(column);
            let first = spans.partition_point(|span| span.to <= from);
            let these = spans[first..].iter().take_while(|span| span.from < to);
            these
                .max_by_key(|span| (span.to.min(to).since(span.from.max(from)), span.phase))
                .map_or(Phase::Down, |span| span.phase)
        };
        (0..self.count).map(phase).collect()
    }
}

/// The story from the start of the run to `end`, under a title; ends with a line break.
pub fn story_timeline(title: &str, story: &Story, end: SimTime, width: u16) -> String {
    let name = |name: &str| text::name(name, MOST_NAME);
    let members = story.members.iter().take(ROWS).map(|member| name(&member.name));
    let partitions = story.partitions.iter().take(ROWS).map(|one| name(&one.partition.to_string()));
    let label = members.chain(partitions).map(|name| name.chars().count()).max().unwrap_or(0);
    let count = usize::from(width).saturating_sub(label + 6).max(20) as u64;
    let columns = Columns { from: SimTime::ZERO, to: end, count };
    let mut out = format!("{}\n", text::name(title, 100));
    let _ = writeln!(out, "  {:label$}    {}", "", axis(columns));
    let mut seen = Vec::new();
    for (place, member) in story.members.iter().take(ROWS).enumerate() {
        let phases = columns.phases(&member.spans);
        seen.extend(&phases);
        let owner = OWNERS.get(place).map_or('?', |owner| char::from(*owner));
        let line: String = phases.iter().map(|phase| sign(*phase)).collect();
        let _ = writeln!(out, "  {:label$} {owner}  {}", name(&member.name), line.trim_end());
    }
    rest(&mut out, story.members.len(), "members");
    for partition in story.partitions.iter().take(ROWS) {
        let reader = |column: u64| {
            let (from, to) = columns.bounds(column);
            let these = partition.spans.iter().filter(|span| span.from < to && span.to > from);
            let longest = these.max_by_key(|span| span.to.min(to).since(span.from.max(from)));
            match longest {
                // Half of the time at least.
                Some(span) if span.to.min(to).since(span.from.max(from)) * 2 >= to.since(from) => {
                    OWNERS.get(span.member.0 as usize).map_or('?', |owner| char::from(*owner))
                }
                _ => '·',
            }
        };
        let line: String = (0..columns.count).map(reader).collect();
        let _ = writeln!(out, "  {:label$}    {line}", name(&partition.partition.to_string()));
    }
    rest(&mut out, story.partitions.len(), "partitions");
    for one in &story.rebalances {
        let culprit = one.culprit.map_or_else(String::new, |who| format!(": {}", member(story, who)));
        let _ = writeln!(out, "  {}  {}{culprit}", clock(one.began), one.cause.words());
    }
    let _ = writeln!(out, "  {}", legend(seen));
    out
}

fn rest(out: &mut String, all: usize, what: &str) {
    if all > ROWS {
        let _ = writeln!(out, "  … and {} {what} more", text::count((all - ROWS) as u64));
    }
}

/// Moments above the columns, as many as have room.
fn axis(columns: Columns) -> String {
    const ROOM: u64 = 14;
    let mut axis = String::new();
    for column in (0..columns.count.saturating_sub(ROOM - 2)).step_by(ROOM as usize) {
        let _ = write!(axis, "{:14}", format!("|{}", clock(columns.bounds(column).0)));
    }
    axis.trim_end().to_owned()
}

/// What the signs of these phases mean.
pub(crate) fn legend(mut seen: Vec<Phase>) -> String {
    seen.sort_unstable();
    seen.dedup();
    seen.retain(|phase| *phase != Phase::Down);
    seen.iter().map(|phase| format!("{} {}", sign(*phase), phase.name())).collect::<Vec<_>>().join(", ")
}
