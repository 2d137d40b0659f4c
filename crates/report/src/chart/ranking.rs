//! How long a partition is unread: a bar a variant.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::frame::{INK, WIDTH, drawing};
use super::{Chart, colour};
use crate::comparison::Comparison;
use crate::conclusion::KEY;
use crate::text;

/// Pixels for a name, a bar and a value.
const NAME: i32 = 250;
const VALUE: i32 = 110;
const LINE: i32 = 30;
/// Characters of a name.
const MOST_NAME: usize = 30;
/// Bars of one chart; what is beyond has no place in a picture.
const MOST_BARS: usize = 40;

/// The headline of every comparison.
pub(super) const UNREAD: Chart = Chart {
    file: "unread.svg",
    title: "Time a partition is unread, on average",
    is_there: |comparison| comparison.variants.iter().any(|it| it.value(KEY).amount().is_some()),
    draw,
};

fn draw(comparison: &Comparison, title: &'static str) -> Option<String> {
    let known = comparison.variants.iter().enumerate();
    let known = known.filter_map(|(place, outcome)| Some((place, outcome, outcome.value(KEY).amount()?)));
    let mut known: Vec<_> = known.collect();
    known.truncate(MOST_BARS);
    let most = known.iter().map(|(.., amount)| *amount).max()?;
    let height = 48 + LINE as u32 * known.len() as u32;
    Some(drawing(height, title, |area| {
        for (line, (place, outcome, amount)) in known.iter().enumerate() {
            let (top, room) = (line as i32 * LINE, i128::from(WIDTH as i32 - NAME - VALUE));
            let length = (i128::from(*amount) * room / i128::from(most.max(1))) as i32;
            let text = |words: String, x: i32, side: HPos| {
                let style = ("sans-serif", 17).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
                area.draw(&Text::new(words, (x, top + LINE / 2), style)).expect("a text takes everything");
            };
            text(text::name(&outcome.name, MOST_NAME), NAME - 10, HPos::Right);
            let bar = [(NAME, top + 5), (NAME + length.max(1), top + LINE - 5)];
            area.draw(&Rectangle::new(bar, colour(*place).filled())).expect("a text takes everything");
            text(text::value(outcome.value(KEY)), NAME + length + 8, HPos::Left);
        }
    }))
}
