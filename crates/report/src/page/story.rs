//! Time lines in the page: what every member did, who read every partition, and what happened.
//!
//! Contract: one JSON document, deflated (RFC 1951) and in base64, so that the page stays small. Moments are whole
//! units of `unit` milliseconds: 1, or as many as it takes to have no more than [`MOST_SPANS`] spans in the page. What
//! is shorter than a unit is not in the pictures; it is in all figures.
//!
//! ```text
//! {unit, phases: [name], parts: [name], variants: [{
//!   members:    {names: [name], spans: [[length, phase, length, phase, …]]},   from the start of the run on
//!   partitions: {names: [name], born: [moment], spans: [[gap, length, member, …]]},   from its birth on
//!   happenings: [{at, to, began, title, detail, unread, longest, records, split, start}]
//! }]}
//! ```

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use protocol::SimTime;
use serde_json::json;
use timeline::Story;
use timeline::story::{MemberStory, Part, PartitionStory, Phase};

use super::MOST_NAME;
use crate::comparison::Comparison;
use crate::happening::{Happening, happenings};
use crate::text;

/// Most spans in a page, members and partitions of all variants together.
const MOST_SPANS: usize = 1_500_000;
/// How hard to look for what can be said more briefly: a sixth larger than with 6, in a third of the time.
const LEVEL: u32 = 3;
/// Most happenings of a variant in a page, the costliest.
const MOST_HAPPENINGS: usize = 1_000;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// The stories as they stand in the page; empty if there are none.
pub(super) fn packed(comparison: &Comparison) -> String {
    if comparison.stories.is_empty() {
        return String::new();
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(document(comparison).as_bytes()).expect("memory takes everything");
    STANDARD.encode(encoder.finish().expect("memory takes everything"))
}

/// The same before it is packed.
pub(crate) fn document(comparison: &Comparison) -> String {
    let unit = unit(&comparison.stories);
    let phases: Vec<&str> = Phase::ALL.iter().map(|phase| phase.name()).collect();
    let parts: Vec<&str> = Part::ALL.iter().map(|part| part.name()).collect();
    let mut text = format!("{{\"unit\":{unit},\"phases\":{},\"parts\":{},\"variants\":[", json!(phases), json!(parts));
    for (place, story) in comparison.stories.iter().enumerate() {
        text += if place > 0 { "," } else { "" };
        variant(&mut text, story, unit);
    }
    text += "]}";
    text
}

/// How many milliseconds a unit has: the fewest of 1, 2, 4 … with which there are few enough spans.
fn unit(stories: &[Story]) -> u64 {
    let mut unit = 1;
    while unit < 1 << 40 {
        let spans = |story: &Story| {
            let members = story.members.iter().map(|member| phases(member, unit).count());
            let partitions = story.partitions.iter().map(|partition| owners(partition, unit).count());
            members.chain(partitions).sum::<usize>()
        };
        if stories.iter().map(spans).sum::<usize>() <= MOST_SPANS {
            break;
        }
        unit *= 2;
    }
    unit
}

fn moment(at: SimTime, unit: u64) -> u64 {
    at.as_nanos() / (unit * NANOS_PER_MILLI)
}

/// Length and phase of a member's spans, in units.
fn phases(member: &MemberStory, unit: u64) -> impl Iterator<Item = (u64, Phase)> {
    let lengths = member.spans.iter().map(move |span| (moment(span.to, unit) - moment(span.from, unit), span.phase));
    lengths.filter(|(length, _)| *length > 0)
}

/// The gap before, the length, and the owner of a partition's spans, in units.
fn owners(partition: &PartitionStory, unit: u64) -> impl Iterator<Item = (u64, u64, u32)> {
    let mut last = moment(partition.born, unit);
    partition.spans.iter().filter_map(move |span| {
        let (from, to) = (moment(span.from, unit), moment(span.to, unit));
        (to > from).then(|| (from - std::mem::replace(&mut last, to), to - from, span.member.0))
    })
}

fn variant(text: &mut String, story: &Story, unit: u64) {
    let names: Vec<String> = story.members.iter().map(|member| text::name(&member.name, MOST_NAME)).collect();
    let _ = write!(text, "{{\"members\":{{\"names\":{},\"spans\":[", json!(names));
    for (place, member) in story.members.iter().enumerate() {
        *text += if place > 0 { ",[" } else { "[" };
        for (place, (length, phase)) in phases(member, unit).enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let _ = write!(text, "{comma}{length},{}", phase as u8);
        }
        *text += "]";
    }
    let name = |it: &PartitionStory| {
        let topic = text::name(it.partition.topic.as_str(), MOST_NAME);
        format!("{topic}-{}", it.partition.partition.0)
    };
    let names: Vec<String> = story.partitions.iter().map(name).collect();
    let born: Vec<u64> = story.partitions.iter().map(|partition| moment(partition.born, unit)).collect();
    let _ = write!(text, "]}},\"partitions\":{{\"names\":{},\"born\":{},\"spans\":[", json!(names), json!(born));
    for (place, partition) in story.partitions.iter().enumerate() {
        *text += if place > 0 { ",[" } else { "[" };
        for (place, (gap, length, member)) in owners(partition, unit).enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let _ = write!(text, "{comma}{gap},{length},{member}");
        }
        *text += "]";
    }
    *text += "]},\"happenings\":[";
    let mut list = happenings(story);
    if list.len() > MOST_HAPPENINGS {
        list.sort_by_key(|it| std::cmp::Reverse(it.unread));
        list.truncate(MOST_HAPPENINGS);
        list.sort_by_key(|it| it.from);
    }
    for (place, it) in list.iter().enumerate() {
        *text += if place > 0 { "," } else { "" };
        *text += &happening(it).to_string();
    }
    let _ = write!(text, "],\"cut\":{}}}", story.cut);
}

fn happening(it: &Happening) -> serde_json::Value {
    let millis = |nanos: u64| nanos / NANOS_PER_MILLI;
    json!({
        "at": millis(it.from.as_nanos()),
        "to": millis(it.to.as_nanos()),
        "title": it.title,
        "detail": it.detail,
        "unread": millis(it.unread.as_nanos()),
        "longest": millis(it.longest.as_nanos()),
        "still": millis(it.still.as_nanos()),
        "records": it.records,
        "split": it.split.map(|split| Part::ALL.map(|part| millis(split.part(part).as_nanos()))),
        "start": it.is_start_up,
    })
}

#[cfg(test)]
mod tests {
    use protocol::{TopicName, TopicPartition};
    use timeline::MemberIndex;
    use timeline::story::{Owned, Span};

    use super::*;

    #[test]
    fn spans_are_lengths_and_what_is_shorter_than_a_unit_is_left_out() {
        let at = SimTime::from_millis;
        let span = |from, to, phase| Span { from: at(from), to: at(to), phase };
        let spans = vec![span(0, 5, Phase::Down), span(5, 6, Phase::Joining), span(6, 20, Phase::Consuming)];
        let member = MemberStory { name: "m".to_owned(), spans };
        let all = |unit| phases(&member, unit).collect::<Vec<_>>();
        assert_eq!(all(1), [(5, Phase::Down), (1, Phase::Joining), (14, Phase::Consuming)]);
        assert_eq!(all(4), [(1, Phase::Down), (4, Phase::Consuming)], "and it all ends at the same moment");
    }

    #[test]
    fn owners_are_gaps_and_lengths() {
        let at = SimTime::from_millis;
        let owned = |from, to, member| Owned { from: at(from), to: at(to), member: MemberIndex(member) };
        let partition = PartitionStory {
            partition: TopicPartition::new(TopicName::new("t"), 0),
            born: at(2),
            spans: vec![owned(5, 9, 1), owned(9, 10, 0), owned(12, 20, 2)],
        };
        let all = |unit| owners(&partition, unit).collect::<Vec<_>>();
        assert_eq!(all(1), [(3, 4, 1), (0, 1, 0), (2, 8, 2)]);
        assert_eq!(all(4), [(1, 1, 1), (1, 2, 2)]);
    }
}
