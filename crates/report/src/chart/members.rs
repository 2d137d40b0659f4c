//! What members do over time: a panel a variant, a line a member.
//!
//! Contract: at most [`MOST_LINES`] members of a variant, evenly chosen; in each column of pixels the phase that wants
//! most to be seen. Left out: the small print; the page has that.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use protocol::SimTime;
use timeline::story::{MemberStory, Phase};

use super::frame::{INK, WIDTH, drawing, ticks};
use super::{Chart, is_told};
use crate::comparison::Comparison;
use crate::text;

/// Most lines of a panel, and about how many bars one may have: fewer lines of members that are never at rest.
const MOST_LINES: usize = 24;
const MOST_BARS: usize = 2_000;
/// Fewest lines, however many bars they have.
const FEWEST_LINES: usize = 4;
/// Pixels of a column.
const COLUMN: i32 = 2;
/// Pixels of a line, of a name above a panel, of the axis, of the legend, and on either side.
const LINE: i32 = 7;
const NAME: i32 = 26;
const AXIS: i32 = 30;
const LEGEND: i32 = 46;
const LEFT: i32 = 20;
const RIGHT: i32 = 24;
/// Characters of a name.
const MOST_NAME: usize = 60;

/// Time lines.
pub(super) const MEMBERS: Chart = Chart { file: "members.svg", title: "What members do", is_there: is_told, draw };

/// How a phase looks: its colour, how many of the six pixels of a line it fills, and how much it wants to be seen.
const fn look(phase: Phase) -> (RGBColor, i32, u8) {
    match phase {
        Phase::Consuming => (RGBColor(159, 212, 189), 6, 0),
        Phase::Idle => (RGBColor(185, 190, 201), 2, 1),
        Phase::FetchingOffsets => (RGBColor(15, 139, 160), 6, 2),
        Phase::Draining => (RGBColor(217, 164, 0), 6, 3),
        Phase::Assigning => (RGBColor(194, 54, 127), 6, 3),
        Phase::Syncing => (RGBColor(37, 99, 201), 4, 4),
        Phase::Joining => (RGBColor(123, 63, 181), 4, 5),
        Phase::Revoking => (RGBColor(212, 86, 11), 6, 6),
        Phase::Starting => (RGBColor(122, 127, 140), 2, 7),
        Phase::Leaving => (RGBColor(107, 74, 43), 3, 7),
        Phase::Down => (RGBColor(35, 37, 43), 1, 8),
        Phase::Hung => (RGBColor(195, 34, 26), 3, 9),
        Phase::CutOff => (RGBColor(133, 20, 75), 2, 9),
    }
}

fn draw(comparison: &Comparison, title: &'static str) -> Option<String> {
    let end = comparison.stories.iter().map(|story| story.end).max()?;
    let room = WIDTH as i32 - LEFT - RIGHT;
    let columns = (room / COLUMN) as usize;
    let lines: Vec<Vec<Line>> = comparison.stories.iter().map(|story| chosen(&story.members, end, columns)).collect();
    let panels: i32 = lines.iter().map(|lines| NAME + lines.len() as i32 * LINE).sum();
    Some(drawing((34 + LEGEND + panels + AXIS) as u32, title, |area| {
        let label = |words: String, at: (i32, i32), side: HPos, size: i32| {
            let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
            area.draw(&Text::new(words, at, style)).expect("a text takes everything");
        };
        let bar = |left: i32, right: i32, top: i32, phase: Phase| {
            let (colour, tall, _) = look(phase);
            let high = top + (6 - tall) / 2;
            let bar = Rectangle::new([(left, high), (right, high + tall)], colour.filled());
            area.draw(&bar).expect("a text takes everything");
        };
        let (mut x, mut y) = (LEFT, 0);
        for phase in Phase::ALL {
            if lines.iter().flatten().flatten().any(|run| run.2 == phase) {
                let width = 38 + 7 * phase.name().len() as i32;
                if x + width > LEFT + room {
                    (x, y) = (LEFT, 20);
                }
                bar(x, x + 16, y + 6, phase);
                label(phase.name().to_owned(), (x + 21, y + 9), HPos::Left, 14);
                x += width;
            }
        }
        let mut top = LEGEND;
        for (lines, outcome) in lines.iter().zip(&comparison.variants) {
            label(text::name(&outcome.name, MOST_NAME), (LEFT, top + NAME / 2), HPos::Left, 16);
            top += NAME;
            for line in lines {
                for (left, right, phase) in line {
                    bar(LEFT + left * COLUMN, LEFT + right * COLUMN, top, *phase);
                }
                top += LINE;
            }
        }
        for (share, words) in ticks(end) {
            let x = LEFT + (share * f64::from(room)) as i32;
            area.draw(&PathElement::new(vec![(x, top), (x, top + 5)], INK)).expect("a text takes everything");
            label(words, (x, top + 16), HPos::Center, 14);
        }
    }))
}

/// A line: columns from, to, and what the member does there.
type Line = Vec<(i32, i32, Phase)>;

/// The lines of at most [`MOST_LINES`] members, evenly chosen.
fn chosen(members: &[MemberStory], end: SimTime, columns: usize) -> Vec<Line> {
    let some = |most: usize| {
        let step = members.len().div_ceil(most).max(1);
        members.iter().step_by(step).map(|member| runs(member, end, columns)).collect::<Vec<Line>>()
    };
    let lines = some(MOST_LINES);
    let bars: usize = lines.iter().map(Vec::len).sum();
    if bars <= MOST_BARS { lines } else { some((MOST_LINES * MOST_BARS / bars).max(FEWEST_LINES)) }
}

/// What a member does, column by column.
fn runs(member: &MemberStory, end: SimTime, count: usize) -> Line {
    let column = |at: SimTime| (u128::from(at.as_nanos()) * count as u128 / u128::from(end.as_nanos().max(1))) as usize;
    let mut columns: Vec<Option<Phase>> = vec![None; count];
    for span in &member.spans {
        let left = column(span.from).min(count - 1);
        for column in &mut columns[left..column(span.to).clamp(left + 1, count)] {
            if column.is_none_or(|there| look(there).2 < look(span.phase).2) {
                *column = Some(span.phase);
            }
        }
    }
    let mut runs = Line::new();
    for (place, phase) in columns.into_iter().enumerate() {
        let place = place as i32;
        match (runs.last_mut(), phase) {
            (Some((_, right, last)), Some(phase)) if *last == phase && *right == place => *right = place + 1,
            (_, Some(phase)) => runs.push((place, place + 1, phase)),
            (_, None) => {}
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use timeline::story::Span;

    use super::*;

    #[test]
    fn what_is_shorter_than_a_column_is_seen_if_it_is_no_good_news() {
        let at = SimTime::from_millis;
        let span = |from, to, phase| Span { from: at(from), to: at(to), phase };
        let spans = vec![
            span(0, 400, Phase::Consuming),
            span(400, 403, Phase::Revoking),
            span(403, 700, Phase::Consuming),
            span(700, 1_000, Phase::Down),
        ];
        let member = MemberStory { name: "m".to_owned(), spans };
        let expected =
            [(0, 4, Phase::Consuming), (4, 5, Phase::Revoking), (5, 7, Phase::Consuming), (7, 10, Phase::Down)];
        assert_eq!(runs(&member, at(1_000), 10), expected);
    }
}
