//! What each member read: members from the busiest on, a line a variant.

use super::frame::{Axes, drawing, plot};
use super::{Chart, has_records};
use crate::comparison::Comparison;
use crate::text;

/// The height of the chart, in pixels.
const HEIGHT: u32 = 300;

/// Load per member.
pub(super) const LOAD: Chart =
    Chart { file: "load.svg", title: "Records read by each member, from the busiest on", is_there: has_records, draw };

fn draw(comparison: &Comparison, title: &'static str) -> Option<String> {
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
    let names = comparison.variants.iter().map(|outcome| outcome.name.as_str());
    let axes = Axes { x: &|x| text::count(x as u64), y: &|y| text::count(y as u64), most_y: 5, margin: 86 };
    Some(drawing(HEIGHT, title, |area| plot(area, names, (0.0..last, 0.0..most * 1.05), &axes, lines)))
}
