//! What each member read: members from the busiest on, a line a variant.

use plotters::prelude::*;

use super::frame::{FAINT, INK, drawing, legend};
use super::{Chart, colour, has_records, stroke};
use crate::comparison::Comparison;
use crate::text;

/// The height of the chart, in pixels.
const HEIGHT: u32 = 300;

/// Load per member.
pub(super) const LOAD: Chart =
    Chart { file: "load.svg", title: "Records read by each member, from the busiest on", is_there: has_records, draw };

fn draw(comparison: &Comparison) -> Option<String> {
    let steps = |outcome: &timeline::Outcome| {
        let members = outcome.records.iter().flat_map(|records| &records.members);
        let mut loads: Vec<u64> = members.map(|member| member.consumed).collect();
        loads.sort_unstable_by_key(|load| std::cmp::Reverse(*load));
        let corners = loads.iter().enumerate();
        corners.flat_map(|(place, load)| [place, place + 1].map(|x| (x as f64, *load as f64))).collect::<Vec<_>>()
    };
    let lines: Vec<Vec<(f64, f64)>> = comparison.variants.iter().map(steps).collect();
    let all = || lines.iter().flatten();
    let (last, most) = (all().map(|(x, _)| *x).fold(1.0, f64::max), all().map(|(_, y)| *y).fold(1.0, f64::max));
    all().next()?;
    let names: Vec<&str> = comparison.variants.iter().map(|outcome| outcome.name.as_str()).collect();
    Some(drawing(HEIGHT, LOAD.title, |area| {
        let area = legend(area, &names);
        let mut chart = ChartBuilder::on(&area)
            .margin_right(24)
            .margin_top(6)
            .x_label_area_size(34)
            .y_label_area_size(86)
            .build_cartesian_2d(0.0..last, 0.0..most * 1.05)
            .expect("a text takes everything");
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT)
            .axis_style(INK)
            .y_labels(5)
            .x_label_formatter(&|x| text::count(*x as u64))
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
