//! The numbers behind the charts.
//!
//! Contract: JSON that can stand in an HTML `script` element: no character in it means anything to HTML, and none ends
//! a line of a script. Times are whole milliseconds, latencies whole microseconds.

use protocol::{SimDuration, SimTime};
use serde_json::{Value, json};
use timeline::{Outcome, Story};

use super::MOST_NAME;
use crate::comparison::Comparison;
use crate::flow;
use crate::pauses::distribution;
use crate::text;

/// The data of the page.
pub(super) fn block(comparison: &Comparison) -> String {
    let data = json!({
        "seed": comparison.seed,
        "variants": comparison.variants.iter().enumerate().map(|(place, outcome)| {
            variant(outcome, comparison.stories.get(place))
        }).collect::<Vec<Value>>(),
    });
    harmless(&data.to_string())
}

/// JSON without the characters that HTML or scripts would take for something.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text += &format!("\\u{:04x}", u32::from(character)),
            _ => text.push(character),
        }
    }
    text
}

fn variant(outcome: &Outcome, story: Option<&Story>) -> Value {
    // Lengths in hundredths of a millisecond.
    let pauses = story.map(|story| {
        let counts = distribution(story);
        let lengths: Vec<u64> = counts.iter().map(|(length, _)| length.as_nanos() / 10_000).collect();
        json!({ "longer": lengths, "count": counts.iter().map(|(_, count)| *count).collect::<Vec<u64>>() })
    });
    json!({
        "name": text::name(&outcome.name, MOST_NAME),
        "from": moment(outcome.cast.from),
        "end": moment(outcome.cast.end),
        "flow": outcome.records.as_ref().map(|records| over_time(outcome, records.bucket)),
        "pauses": pauses,
        "load": outcome.records.as_ref().map(|_| load(outcome)),
    })
}

fn over_time(outcome: &Outcome, bucket: SimDuration) -> Value {
    type Of = fn(&timeline::records::Bucket) -> u64;
    let series = |of: Of| flow::buckets(outcome).map(|(_, bucket)| of(bucket)).collect::<Vec<u64>>();
    json!({
        "bucket": millis(bucket),
        "produced": series(|bucket| bucket.produced),
        "consumed": series(|bucket| bucket.consumed),
        "twice": series(|bucket| bucket.twice),
        "waiting": series(|bucket| bucket.waiting),
        "latency": {
            "mean": series(|bucket| micros(bucket.latency_mean)),
            "p50": series(|bucket| micros(bucket.latency_p50)),
            "p99": series(|bucket| micros(bucket.latency_p99)),
            "max": series(|bucket| micros(bucket.latency_max)),
        },
    })
}

/// Members by what they read, most first.
fn load(outcome: &Outcome) -> Value {
    let members = outcome.records.iter().flat_map(|records| &records.members);
    let mut all: Vec<(u64, u64, &String)> =
        outcome.cast.members.iter().zip(members).map(|(name, it)| (it.consumed, millis(it.busy), name)).collect();
    all.sort_by_key(|(consumed, ..)| std::cmp::Reverse(*consumed));
    json!({
        "names": all.iter().map(|(_, _, name)| text::name(name, MOST_NAME)).collect::<Vec<String>>(),
        "consumed": all.iter().map(|(consumed, ..)| *consumed).collect::<Vec<u64>>(),
        "busy": all.iter().map(|(_, busy, _)| *busy).collect::<Vec<u64>>(),
    })
}

fn moment(at: SimTime) -> u64 {
    at.as_nanos() / 1_000_000
}

fn millis(length: SimDuration) -> u64 {
    length.as_nanos() / 1_000_000
}

fn micros(length: SimDuration) -> u64 {
    length.as_nanos() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_the_element_it_stands_in() {
        let name = "</script><!--\u{2028}&\u{2029}";
        let shown = harmless(&json!({ "name": name }).to_string());
        assert!(!shown.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{shown}");
        let read: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["name"], name);
    }
}
