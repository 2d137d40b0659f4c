//! Records over time and by partition and member: what all formats need of it.
//!
//! Contract: numbers and plain text; formats escape. What is said in words is said by the numbers.

use protocol::SimDuration;
use timeline::records::{Bucket, MemberRecords, PartitionRecords};
use timeline::{Handover, Measure, Outcome, Value};

use crate::comparison::Comparison;
use crate::text::{count, duration, things};

/// Most partitions and members that are shown to people.
pub(crate) const MOST_ROWS: usize = 10;

/// Heights of a column, from nearly nothing to full.
const COLUMNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A column of height zero.
const NOTHING: char = '·';

/// The values as a row of columns, `most` being a full one.
pub(crate) fn columns(values: impl Iterator<Item = u64>, most: u64) -> String {
    let column = |value: u64| match value {
        0 => NOTHING,
        value => {
            let level = (u128::from(value) * 8).div_ceil(u128::from(most.max(1))).clamp(1, 8);
            COLUMNS[usize::try_from(level - 1).unwrap_or(0)]
        }
    };
    values.map(column).collect()
}

/// A chart: what is drawn, of each stretch of time.
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    pub(crate) value: fn(&Bucket) -> u64,
    /// The largest value, in words.
    pub(crate) largest: fn(u64) -> String,
}

/// The charts, in the order in which they are shown.
pub(crate) const CHARTS: [Chart; 3] = [
    Chart { title: "consumed", value: |bucket| bucket.consumed, largest: |most| format!("up to {}", count(most)) },
    Chart {
        title: "longest latency",
        value: |bucket| bucket.latency_max.as_nanos(),
        largest: |most| format!("up to {}", duration(SimDuration::from_nanos(most))),
    },
    Chart { title: "waiting", value: |bucket| bucket.waiting, largest: |most| format!("up to {}", count(most)) },
];

/// The stretches of time of an outcome, with the time at which each begins.
pub(crate) fn buckets(outcome: &Outcome) -> impl Iterator<Item = (SimDuration, &Bucket)> {
    let records = outcome.records.iter();
    records.flat_map(|records| (0..).map(|place| records.bucket * place).zip(&records.buckets))
}

/// The partitions into which most was written, at most [`MOST_ROWS`].
pub(crate) fn fullest(outcome: &Outcome) -> Vec<&PartitionRecords> {
    let mut partitions: Vec<&PartitionRecords> =
        outcome.records.iter().flat_map(|records| &records.partitions).collect();
    partitions.sort_by_key(|partition| std::cmp::Reverse(partition.produced));
    partitions.truncate(MOST_ROWS);
    partitions
}

/// The members that read most, at most [`MOST_ROWS`], each with its name.
pub(crate) fn busiest(outcome: &Outcome) -> Vec<(&str, &MemberRecords)> {
    let members = outcome.records.iter().flat_map(|records| &records.members);
    let mut named: Vec<(&str, &MemberRecords)> = outcome.cast.members.iter().map(String::as_str).zip(members).collect();
    named.sort_by_key(|(_, member)| std::cmp::Reverse(member.consumed));
    named.truncate(MOST_ROWS);
    named
}

/// What became of records, in a sentence or two; nothing if none flowed. `name` makes a name fit to be shown.
pub(crate) fn sentences(comparison: &Comparison, name: &dyn Fn(&str) -> String) -> Vec<String> {
    let seen: Vec<&Outcome> = comparison.variants.iter().filter(|outcome| outcome.records.is_some()).collect();
    let mut sentences = Vec::new();
    let waits: Vec<String> = seen.iter().filter_map(|outcome| wait(outcome, &name(&outcome.name))).collect();
    if !waits.is_empty() {
        sentences.push(format!("Records wait {}.", waits.join("; ")));
    }
    for outcome in seen {
        sentences.extend(repeats(outcome, name));
    }
    sentences
}

fn wait(outcome: &Outcome, name: &str) -> Option<String> {
    let time = |id| outcome.value(id).amount().map(SimDuration::from_nanos);
    let (longest, p99, catch_up) = (time("latency-max")?, time("latency-p99")?, time("catch-up")?);
    let (longest, p99) = (duration(longest), duration(p99));
    if let Some(never) = never_read(outcome) {
        return Some(format!(
            "up to {longest} with {name}, if they are read (99 of 100 no longer than {p99}): {never}"
        ));
    }
    let caught = match left_behind(outcome) {
        Some((waiting, oldest)) => format!(
            "; it has not caught up when the run ends: {}, the oldest for {}",
            things(waiting, "record waits", "records wait"),
            duration(oldest)
        ),
        None if catch_up.is_zero() => String::new(),
        None => format!(", and it takes {} to catch up", duration(catch_up)),
    };
    Some(format!("up to {longest} with {name} (99 of 100 no longer than {p99}{caught})"))
}

/// How many records still wait at the end, and for how long the oldest has, if that is long.
fn left_behind(outcome: &Outcome) -> Option<(u64, SimDuration)> {
    let last = outcome.records.as_ref()?.buckets.last()?;
    let longest = outcome.value("latency-max").amount().map_or(SimDuration::ZERO, SimDuration::from_nanos);
    (last.waiting_oldest > BEHIND.max(longest / 2)).then_some((last.waiting, last.waiting_oldest))
}

/// What was written into partitions that nobody ever read, in words.
fn never_read(outcome: &Outcome) -> Option<String> {
    let records = outcome.records.as_ref()?;
    let (partitions, waiting) = never_read_of(outcome);
    let oldest = records.buckets.last().map_or(SimDuration::ZERO, |bucket| bucket.waiting_oldest);
    (partitions > 0).then(|| {
        format!(
            "{} of {} never read, the oldest of them is {} old at the end",
            things(waiting, "record", "records"),
            things(partitions, "partition is", "partitions are"),
            duration(oldest)
        )
    })
}

/// Partitions with records that nobody ever read, and how many those are.
fn never_read_of(outcome: &Outcome) -> (u64, u64) {
    let partitions = outcome.records.iter().flat_map(|records| &records.partitions);
    let never = partitions.filter(|partition| partition.consumed == 0 && partition.waiting > 0);
    never.fold((0, 0), |(partitions, records), partition| (partitions + 1, records + partition.waiting))
}

/// Whether a measure tells only of records that were read, while others are not, or not for long: nobody is better by
/// that.
pub(crate) fn hides_unread(outcome: &Outcome, measure: &Measure) -> bool {
    let is_of_read = measure.id.starts_with("latency-") || measure.id == "catch-up";
    is_of_read && (never_read_of(outcome).0 > 0 || left_behind(outcome).is_some())
}

/// Records that have waited no longer than this, or than half as long as one that was read, are on their way.
const BEHIND: SimDuration = SimDuration::from_secs(10);

/// Why records are read again although nobody is to blame.
const FORGOTTEN: &str = "because the committed offsets were no longer there";

/// What is read again or never, and why.
fn repeats(outcome: &Outcome, name: &dyn Fn(&str) -> String) -> Option<String> {
    let amount = |id| outcome.value(id).amount().unwrap_or(0);
    let forgotten = |(why, records): &(Handover, u64)| (*why == Handover::Forgotten).then_some(*records);
    let forgotten = outcome.records.iter().flat_map(|records| &records.sums.twice_after).find_map(forgotten);
    let of_others = [
        ("rewound-after-kill", "because a member was killed before it had committed them"),
        ("rewound-after-expulsion", "because the group went on without a member that had not committed them"),
        ("rewound-after-revocation", "because a member gave partitions up that it had not committed to the end"),
    ];
    let (twice, skipped) = (amount("read-twice"), amount("skipped"));
    let mut parts = Vec::new();
    if twice > 0 {
        let reasons =
            of_others.map(|(id, why)| (amount(id), why)).into_iter().chain([(forgotten.unwrap_or(0), FORGOTTEN)]);
        let main = reasons.max_by_key(|(records, _)| *records).filter(|(records, _)| *records > 0);
        let why = main.map(|(_, why)| format!(", most of them {why}")).unwrap_or_default();
        let blamed = blamed(outcome).map(|member| format!(" (first of all {})", name(member)));
        parts.push(format!(
            "{} again{why}{}",
            things(twice, "record is consumed", "records are consumed"),
            blamed.unwrap_or_default()
        ));
    }
    if skipped > 0 {
        parts.push(format!(
            "{}, because reading began behind them (auto.offset.reset: latest)",
            things(skipped, "record is never consumed", "records are never consumed")
        ));
    }
    (!parts.is_empty()).then(|| format!("With {}, {}.", name(&outcome.name), parts.join("; ")))
}

/// The member because of which most is read again, if it is not one of many.
fn blamed(outcome: &Outcome) -> Option<&str> {
    let members = &outcome.records.as_ref()?.members;
    let total: u64 = members.iter().map(|member| member.to_blame_for).sum();
    let (place, most) = members.iter().enumerate().max_by_key(|(_, member)| member.to_blame_for)?;
    let stands_out = most.to_blame_for * 2 > total;
    stands_out.then(|| outcome.cast.members.get(place).map(String::as_str)).flatten()
}

/// Whether a value is known of any variant.
pub(crate) fn any_records(comparison: &Comparison) -> bool {
    comparison.variants.iter().any(|outcome| *outcome.value("lag-max") != Value::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_high_as_their_values_and_nothing_is_told_from_little() {
        assert_eq!(columns([0, 1, 50, 99, 100].into_iter(), 100), "·▁▄██");
        assert_eq!(columns([0, 0].into_iter(), 0), "··");
        assert_eq!(columns([u64::MAX].into_iter(), u64::MAX), "█");
    }
}
