//! Charts as SVG, for documents and for Markdown.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | what charts there are; colours and strokes |
//! | `frame` | title, legend, axes and lines, the same for all |
//! | `ranking` | how long a partition is unread, a bar a variant |
//! | `lines` | what changes with time, a line a variant |
//! | `load` | what each member read |
//! | `unread` | how many partitions nobody reads |
//! | `members` | what each member does |
//! | `partitions` | who reads each partition |
//! | `pauses` | how long pauses are |
//!
//! Contract: pure functions from a comparison to a text, with plotters. All variants on the same scale. What a colour
//! says is said a second time: by how a line is broken, by a legend, or by where something stands. Whatever names hold,
//! they are text.

mod frame;
mod lines;
mod load;
mod members;
mod partitions;
mod pauses;
mod ranking;
mod unread;

use plotters::style::RGBColor;

use crate::comparison::Comparison;

/// A chart.
pub(crate) struct Chart {
    /// The name of its file.
    pub(crate) file: &'static str,
    /// What it shows, in a few words.
    pub(crate) title: &'static str,
    /// Whether anything is known of what it shows.
    pub(crate) is_there: fn(&Comparison) -> bool,
    /// The chart under a title; none if nothing is known of what it shows.
    draw: fn(&Comparison, &'static str) -> Option<String>,
}

impl Chart {
    /// The chart; none if nothing is known of what it shows.
    pub(crate) fn draw(&self, comparison: &Comparison) -> Option<String> {
        (self.draw)(comparison, self.title)
    }
}

/// All charts, in the order in which they are shown.
pub(crate) const CHARTS: &[Chart] = &[
    ranking::UNREAD,
    unread::NOBODY,
    members::MEMBERS,
    partitions::OWNERS,
    pauses::PAUSES,
    lines::WAITING,
    lines::LATENCY,
    lines::LATENCY_P99,
    lines::LATENCY_MEAN,
    lines::RATE,
    load::LOAD,
];

/// Whether stories were told.
fn is_told(comparison: &Comparison) -> bool {
    !comparison.stories.is_empty()
}

/// Whether records flowed.
fn has_records(comparison: &Comparison) -> bool {
    comparison.variants.iter().any(|outcome| outcome.records.is_some())
}

/// Colours of variants (Okabe and Ito's, which people with any kind of sight tell apart; the lightest are darkened).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 95, 158),
    RGBColor(196, 78, 0),
    RGBColor(0, 128, 94),
    RGBColor(160, 70, 130),
    RGBColor(120, 100, 0),
    RGBColor(70, 70, 80),
];

/// How lines of variants are broken: lengths of a stroke and of the gap after it; none for a whole line.
const STROKES: [Option<(i32, i32)>; 4] = [None, Some((8, 3)), Some((3, 3)), Some((14, 5))];

/// The colour of a variant.
fn colour(place: usize) -> RGBColor {
    COLOURS[place % COLOURS.len()]
}

/// The stroke of a variant: where colours come round again, strokes differ.
fn stroke(place: usize) -> Option<(i32, i32)> {
    STROKES[(place + place / COLOURS.len()) % STROKES.len()]
}
