//! How long pauses are: how many are longer than a time, a line a variant.

use plotters::prelude::IntoLogRange;
use protocol::SimDuration;

use super::Chart;
use super::frame::{Axes, drawing, plot};
use crate::comparison::Comparison;
use crate::pauses::{distribution, lengths};
use crate::text;

/// The height of the chart, in pixels.
const HEIGHT: u32 = 340;

/// Distribution of pauses.
pub(super) const PAUSES: Chart = Chart {
    file: "pauses.svg",
    title: "How many pauses of single partitions were longer than a time",
    is_there: |comparison| comparison.stories.iter().any(|story| !lengths(story).is_empty()),
    draw,
};

fn draw(comparison: &Comparison, title: &'static str) -> Option<String> {
    let points = |story: &timeline::Story| {
        let counts = distribution(story).into_iter().filter(|(_, count)| *count > 0);
        counts.map(|(length, count)| (length.as_nanos() as f64, count as f64)).collect::<Vec<_>>()
    };
    let lines: Vec<Vec<(f64, f64)>> = comparison.stories.iter().map(points).collect();
    let all = || lines.iter().flatten();
    all().next()?;
    let least = all().map(|(x, _)| *x).fold(f64::MAX, f64::min);
    let (last, most) = (all().map(|(x, _)| *x).fold(0.0, f64::max), all().map(|(_, y)| *y).fold(1.0, f64::max));
    let names = comparison.variants.iter().take(lines.len()).map(|outcome| outcome.name.as_str());
    let axes = Axes {
        x: &|x| text::duration(SimDuration::from_nanos(x as u64)),
        y: &|y| text::count(y as u64),
        most_y: 11,
        margin: 86,
    };
    let ranges = ((least..last * 1.5).log_scale(), (0.8..most * 1.3).log_scale());
    Some(drawing(HEIGHT, title, |area| plot(area, names, ranges, &axes, lines)))
}
