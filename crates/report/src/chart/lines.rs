//! What changes with time: a line a variant, or two.

use protocol::SimDuration;
use timeline::Outcome;
use timeline::records::Bucket;

use super::frame::{Axes, drawing, plot, unit};
use super::{Chart, has_records};
use crate::comparison::Comparison;
use crate::flow;
use crate::text;

/// The height of a chart, in pixels.
const HEIGHT: u32 = 340;

/// What waits.
pub(super) const WAITING: Chart = Chart {
    file: "waiting.svg",
    title: "Records waiting",
    is_there: has_records,
    draw: |comparison, title| draw(comparison, title, text::count, |bucket, _| bucket.waiting),
};

/// The oldest.
pub(super) const LATENCY: Chart = Chart {
    file: "latency.svg",
    title: "Longest record latency",
    is_there: has_records,
    draw: |comparison, title| draw(comparison, title, age, |bucket, _| bucket.latency_max.as_nanos()),
};

/// All but one in a hundred.
pub(super) const LATENCY_P99: Chart = Chart {
    file: "latency-p99.svg",
    title: "99 of 100 records are no older than this",
    is_there: has_records,
    draw: |comparison, title| draw(comparison, title, age, |bucket, _| bucket.latency_p99.as_nanos()),
};

/// The usual one.
pub(super) const LATENCY_MEAN: Chart = Chart {
    file: "latency-mean.svg",
    title: "Mean record latency",
    is_there: has_records,
    draw: |comparison, title| draw(comparison, title, age, |bucket, _| bucket.latency_mean.as_nanos()),
};

/// What is read.
pub(super) const RATE: Chart = Chart {
    file: "consumed.svg",
    title: "Records consumed a second",
    is_there: has_records,
    draw: |comparison, title| {
        let each_second = |bucket: &Bucket, length: SimDuration| {
            let records = u128::from(bucket.consumed) * 1_000_000_000 / u128::from(length.as_nanos().max(1));
            u64::try_from(records).unwrap_or(u64::MAX)
        };
        draw(comparison, title, text::count, each_second)
    },
};

fn age(nanos: u64) -> String {
    text::duration(SimDuration::from_nanos(nanos))
}

/// The moments at which a value was taken, in seconds, and the values.
fn points(outcome: &Outcome, value: fn(&Bucket, SimDuration) -> u64) -> Vec<(f64, f64)> {
    let Some(records) = &outcome.records else { return Vec::new() };
    flow::buckets(outcome).map(|(from, bucket)| (seconds(from), value(bucket, records.bucket) as f64)).collect()
}

fn seconds(length: SimDuration) -> f64 {
    length.as_nanos() as f64 / 1e9
}

fn draw(
    comparison: &Comparison,
    title: &'static str,
    label: fn(u64) -> String,
    value: fn(&Bucket, SimDuration) -> u64,
) -> Option<String> {
    let lines: Vec<Vec<(f64, f64)>> = comparison.variants.iter().map(|outcome| points(outcome, value)).collect();
    let all = || lines.iter().flatten();
    let last = all().map(|(x, _)| *x).fold(1.0, f64::max);
    let (second, unit) = unit(last);
    let most = all().map(|(_, y)| *y).fold(1.0, f64::max);
    all().next()?;
    let names = comparison.variants.iter().map(|outcome| outcome.name.as_str());
    let axes = Axes { x: &|x| format!("{x} {unit}"), y: &|y| label(y as u64), most_y: 6, margin: 78 };
    let ranges = (0.0..last / second, 0.0..most * 1.05);
    let lines = lines.into_iter().map(|points| points.into_iter().map(|(x, y)| (x / second, y)).collect()).collect();
    Some(drawing(HEIGHT, title, |area| plot(area, names, ranges, &axes, lines)))
}
