//! What changes with time: a line a variant, or two.

use plotters::prelude::*;
use protocol::SimDuration;
use timeline::Outcome;
use timeline::records::Bucket;

use super::frame::{FAINT, INK, drawing, legend, unit};
use super::{Chart, colour, has_records, stroke};
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
    draw: |comparison| draw(comparison, "Records waiting", text::count, |bucket, _| bucket.waiting),
};

/// The oldest.
pub(super) const LATENCY: Chart = Chart {
    file: "latency.svg",
    title: "Longest record latency",
    is_there: has_records,
    draw: |comparison| draw(comparison, "Longest record latency", age, |bucket, _| bucket.latency_max.as_nanos()),
};

/// All but one in a hundred.
pub(super) const LATENCY_P99: Chart = Chart {
    file: "latency-p99.svg",
    title: "99 of 100 records are no older than this",
    is_there: has_records,
    draw: |comparison| {
        let title = "99 of 100 records are no older than this";
        draw(comparison, title, age, |bucket, _| bucket.latency_p99.as_nanos())
    },
};

/// The usual one.
pub(super) const LATENCY_MEAN: Chart = Chart {
    file: "latency-mean.svg",
    title: "Mean record latency",
    is_there: has_records,
    draw: |comparison| draw(comparison, "Mean record latency", age, |bucket, _| bucket.latency_mean.as_nanos()),
};

/// What is read.
pub(super) const RATE: Chart = Chart {
    file: "consumed.svg",
    title: "Records consumed a second",
    is_there: has_records,
    draw: |comparison| {
        let each_second = |bucket: &Bucket, length: SimDuration| {
            let records = u128::from(bucket.consumed) * 1_000_000_000 / u128::from(length.as_nanos().max(1));
            u64::try_from(records).unwrap_or(u64::MAX)
        };
        draw(comparison, "Records consumed a second", text::count, each_second)
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
    let names: Vec<&str> = comparison.variants.iter().map(|outcome| outcome.name.as_str()).collect();
    Some(drawing(HEIGHT, title, |area| {
        let area = legend(area, &names);
        let mut chart = ChartBuilder::on(&area)
            .margin_right(24)
            .margin_top(6)
            .x_label_area_size(34)
            .y_label_area_size(78)
            .build_cartesian_2d(0.0..last / second, 0.0..most * 1.05)
            .expect("a text takes everything");
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .y_labels(6)
            .x_label_formatter(&|x| format!("{x} {unit}"))
            .y_label_formatter(&|y| label(*y as u64))
            .label_style(("sans-serif", 15).into_font().color(&INK))
            .draw()
            .expect("a text takes everything");
        for (place, points) in lines.into_iter().enumerate() {
            let points = points.into_iter().map(|(x, y)| (x / second, y));
            let style = colour(place).stroke_width(2);
            let drawn = match stroke(place) {
                None => chart.draw_series(LineSeries::new(points, style)).map(|_| ()),
                Some((size, gap)) => chart.draw_series(DashedLineSeries::new(points, size, gap, style)).map(|_| ()),
            };
            drawn.expect("a text takes everything");
        }
    }))
}
