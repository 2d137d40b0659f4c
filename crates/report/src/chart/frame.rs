//! What surrounds every chart.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use protocol::SimTime;

use super::{colour, stroke};
use crate::text;

/// The width of every chart, in pixels.
pub(super) const WIDTH: u32 = 900;
/// Characters of a name in a legend.
const MOST_NAME: usize = 40;
/// The height of the title, and of a line of the legend.
const TITLE: u32 = 34;
const LEGEND: u32 = 20;
/// About how wide a character of a legend is, in pixels.
const CHARACTER: u32 = 8;
/// How wide the sample of a line is in a legend.
const SAMPLE: u32 = 26;

/// Moments for an axis that goes from the start to `end`, as shares of it, and what they are called.
pub(super) fn ticks(end: SimTime) -> Vec<(f64, String)> {
    const STEPS: [u64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];
    const MOST: u64 = 10;
    let seconds = end.as_nanos() / 1_000_000_000;
    let step = STEPS.into_iter().find(|step| seconds / step <= MOST).unwrap_or((seconds / MOST).max(1));
    let share = |at: u64| at as f64 * 1e9 / end.as_nanos().max(1) as f64;
    (0..=seconds / step).map(|tick| (share(tick * step), text::clock(SimTime::from_secs(tick * step)))).collect()
}

/// Of words and axes, and of what is only there to help the eye.
pub(super) const INK: RGBColor = RGBColor(34, 34, 40);
pub(super) const FAINT: RGBColor = RGBColor(222, 222, 228);

/// The part of a drawing that is left for axes and data.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A drawing of this height, with a title.
pub(super) fn drawing(height: u32, title: &'static str, paint: impl FnOnce(&Area<'_>)) -> String {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE).expect("a text takes everything");
        let (head, rest) = root.split_vertically(TITLE);
        let style = ("sans-serif", 20).into_font().style(FontStyle::Bold).color(&INK);
        head.draw(&Text::new(title.to_owned(), (12, 10), style)).expect("a text takes everything");
        paint(&rest);
        root.present().expect("a text takes everything");
    }
    // For who does not see it.
    svg.replacen(">\n", &format!(" role=\"img\">\n<title>{title}</title>\n"), 1)
}

/// The unit in which a time of so many seconds is shown: how many seconds it has, and what it is called.
pub(super) fn unit(seconds: f64) -> (f64, &'static str) {
    match seconds {
        ..=240.0 => (1.0, "s"),
        ..=14_400.0 => (60.0, "min"),
        _ => (3_600.0, "h"),
    }
}

/// A legend of these names on top of an area; what is left of it.
fn legend<'a, 'n>(area: &Area<'a>, names: impl Iterator<Item = &'n str>) -> Area<'a> {
    let mut places = Vec::new();
    let (mut x, mut y) = (12, 0);
    for name in names {
        let name = text::name(name, MOST_NAME);
        let width = SAMPLE + 8 + CHARACTER * name.chars().count() as u32 + 20;
        if x > 12 && x + width > WIDTH {
            (x, y) = (12, y + LEGEND);
        }
        places.push((x, y, name));
        x += width;
    }
    let (head, rest) = area.split_vertically(y + LEGEND + 4);
    for (place, (x, y, name)) in places.into_iter().enumerate() {
        let (left, middle) = (x as i32, y as i32 + 8);
        let right = left + SAMPLE as i32;
        line(&head, place, vec![(left, middle), (right, middle)]);
        let style = ("sans-serif", 16).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
        head.draw(&Text::new(name, (right + 8, middle), style)).expect("a text takes everything");
    }
    rest
}

/// What is written beside the axes of a plot.
pub(super) struct Axes<'a> {
    /// A value of the lower axis, in words.
    pub(super) x: &'a dyn Fn(f64) -> String,
    /// A value of the axis on the left, in words.
    pub(super) y: &'a dyn Fn(f64) -> String,
    /// About how many of the latter there are.
    pub(super) most_y: usize,
    /// How much room they take, in pixels.
    pub(super) margin: u32,
}

/// A line a variant over two axes, with a legend on top.
pub(super) fn plot<'n, X, Y>(
    area: &Area<'_>,
    names: impl Iterator<Item = &'n str>,
    (x, y): (X, Y),
    axes: &Axes<'_>,
    lines: Vec<Vec<(f64, f64)>>,
) where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let area = legend(area, names);
    let mut chart = ChartBuilder::on(&area)
        .margin_right(24)
        .margin_top(6)
        .x_label_area_size(34)
        .y_label_area_size(axes.margin)
        .build_cartesian_2d(x, y)
        .expect("a text takes everything");
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(INK)
        .y_labels(axes.most_y)
        .x_label_formatter(&|x| (axes.x)(*x))
        .y_label_formatter(&|y| (axes.y)(*y))
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
}

/// A line in the stroke of a variant, through pixels.
fn line(area: &Area<'_>, place: usize, points: Vec<(i32, i32)>) {
    let style = colour(place).stroke_width(2);
    match stroke(place) {
        None => area.draw(&PathElement::new(points, style)),
        Some((size, gap)) => area.draw(&DashedPathElement::new(points, size, gap, style)),
    }
    .expect("a text takes everything");
}
