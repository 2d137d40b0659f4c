//! How long pauses are: how many are longer than a time, a line a variant.

use plotters::prelude::*;
use protocol::SimDuration;

use super::frame::{FAINT, INK, drawing, legend};
use super::{Chart, colour, stroke};
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

fn draw(comparison: &Comparison) -> Option<String> {
    let points = |story: &timeline::Story| {
        let counts = distribution(story).into_iter().filter(|(_, count)| *count > 0);
        counts.map(|(length, count)| (length.as_nanos() as f64, count as f64)).collect::<Vec<_>>()
    };
    let lines: Vec<Vec<(f64, f64)>> = comparison.stories.iter().map(points).collect();
    let all = || lines.iter().flatten();
    all().next()?;
    let least = all().map(|(x, _)| *x).fold(f64::MAX, f64::min);
    let (last, most) = (all().map(|(x, _)| *x).fold(0.0, f64::max), all().map(|(_, y)| *y).fold(1.0, f64::max));
    let names: Vec<&str> = comparison.variants.iter().map(|outcome| outcome.name.as_str()).collect();
    Some(drawing(HEIGHT, PAUSES.title, |area| {
        let area = legend(area, &names[..comparison.stories.len()]);
        let mut chart = ChartBuilder::on(&area)
            .margin_right(24)
            .margin_top(6)
            .x_label_area_size(34)
            .y_label_area_size(86)
            .build_cartesian_2d((least..last * 1.5).log_scale(), (0.8..most * 1.3).log_scale())
            .expect("a text takes everything");
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .x_label_formatter(&|x| text::duration(SimDuration::from_nanos(*x as u64)))
            .y_label_formatter(&|y| text::count(*y as u64))
            .label_style(("sans-serif", 15).into_font().color(&INK))
            .draw()
            .expect("a text takes everything");
        for (place, points) in lines.into_iter().enumerate() {
            let style = colour(place).stroke_width(2);
            let drawn = match stroke(place) {
                None => chart.draw_series(LineSeries::new(points, style)).map(|_| ()),
                Some((size, gap)) => chart.draw_series(DashedLineSeries::new(points, size, gap, style)).map(|_| ()),
            };
            drawn.expect("a text takes everything");
        }
    }))
}
