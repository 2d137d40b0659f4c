//! Who reads each partition over time: a panel a variant, a line a partition; where nobody does there is a gap.
//!
//! Contract: at most [`MOST_LINES`] partitions of a variant, evenly chosen; a gap that is shorter than a column of
//! pixels is seen all the same. Colours tell neighbours apart and come round again: which member it is the page tells.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use protocol::SimTime;
use timeline::story::PartitionStory;

use super::frame::{INK, WIDTH, drawing, ticks};
use super::{Chart, is_told};
use crate::comparison::Comparison;
use crate::text;

/// Most lines of a panel, and about how many bars one may have: fewer lines where partitions keep moving.
const MOST_LINES: usize = 24;
const MOST_BARS: usize = 2_000;
/// Fewest lines, however many bars they have.
const FEWEST_LINES: usize = 4;
/// Pixels of a column.
const COLUMN: i32 = 2;
/// Pixels of a line, of its bar, of a name above a panel, of the axis, of the legend, and on either side.
const LINE: i32 = 7;
const BAR: i32 = 5;
const NAME: i32 = 26;
const AXIS: i32 = 30;
const LEGEND: i32 = 26;
const LEFT: i32 = 20;
const RIGHT: i32 = 24;
/// Characters of a name.
const MOST_NAME: usize = 60;

/// Of members, in turn.
const MEMBERS: [RGBColor; 6] = [
    RGBColor(143, 193, 227),
    RGBColor(182, 215, 168),
    RGBColor(243, 208, 143),
    RGBColor(205, 183, 230),
    RGBColor(168, 220, 217),
    RGBColor(201, 206, 216),
];
/// Of the line where nobody reads.
const NOBODY: RGBColor = RGBColor(195, 34, 26);

/// Ownership.
pub(super) const OWNERS: Chart =
    Chart { file: "partitions.svg", title: "Who reads each partition", is_there: is_told, draw };

fn draw(comparison: &Comparison, title: &'static str) -> Option<String> {
    let end = comparison.stories.iter().map(|story| story.end).max()?;
    let room = WIDTH as i32 - LEFT - RIGHT;
    let columns = (room / COLUMN) as usize;
    let lines: Vec<Vec<Line>> =
        comparison.stories.iter().map(|story| chosen(&story.partitions, end, columns)).collect();
    let panels: i32 = lines.iter().map(|lines| NAME + lines.len() as i32 * LINE).sum();
    Some(drawing((34 + LEGEND + panels + AXIS) as u32, title, |area| {
        let label = |words: String, at: (i32, i32), side: HPos, size: i32| {
            let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
            area.draw(&Text::new(words, at, style)).expect("a text takes everything");
        };
        let bar = |left: i32, right: i32, top: i32, reader: Reader| {
            let (colour, from, to) = match reader {
                Reader::Member(member) => (MEMBERS[member as usize % MEMBERS.len()], top, top + BAR),
                Reader::Nobody => (NOBODY, top + BAR / 2, top + BAR / 2 + 1),
            };
            area.draw(&Rectangle::new([(left, from), (right, to)], colour.filled())).expect("a text takes everything");
        };
        bar(LEFT, LEFT + 8, 6, Reader::Member(0));
        bar(LEFT + 8, LEFT + 16, 6, Reader::Member(1));
        label("a colour a member".to_owned(), (LEFT + 22, 9), HPos::Left, 14);
        bar(LEFT + 170, LEFT + 186, 6, Reader::Nobody);
        label("nobody reads it".to_owned(), (LEFT + 192, 9), HPos::Left, 14);
        let mut top = LEGEND;
        for (lines, outcome) in lines.iter().zip(&comparison.variants) {
            label(text::name(&outcome.name, MOST_NAME), (LEFT, top + NAME / 2), HPos::Left, 16);
            top += NAME;
            for line in lines {
                for (left, right, reader) in line {
                    bar(LEFT + left * COLUMN, LEFT + right * COLUMN, top, *reader);
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

/// Who reads a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Member(u32),
    Nobody,
}

/// A line: columns from, to, and who reads the partition there.
type Line = Vec<(i32, i32, Reader)>;

/// The lines of at most [`MOST_LINES`] partitions, evenly chosen.
fn chosen(partitions: &[PartitionStory], end: SimTime, columns: usize) -> Vec<Line> {
    let some = |most: usize| {
        let step = partitions.len().div_ceil(most).max(1);
        partitions.iter().step_by(step).map(|partition| runs(partition, end, columns)).collect::<Vec<Line>>()
    };
    let lines = some(MOST_LINES);
    let bars: usize = lines.iter().map(Vec::len).sum();
    if bars <= MOST_BARS { lines } else { some((MOST_LINES * MOST_BARS / bars).max(FEWEST_LINES)) }
}

/// Who reads a partition, column by column; nobody, if nobody does for a part of the column. Before its birth there is
/// nothing.
fn runs(partition: &PartitionStory, end: SimTime, count: usize) -> Line {
    let column = |at: SimTime| (u128::from(at.as_nanos()) * count as u128 / u128::from(end.as_nanos().max(1))) as usize;
    let mut columns: Vec<Option<Reader>> = vec![None; count];
    let mut fill = |from: SimTime, to: SimTime, reader: Reader| {
        let left = column(from).min(count - 1);
        columns[left..column(to).clamp(left + 1, count)].fill(Some(reader));
    };
    for span in &partition.spans {
        fill(span.from, span.to, Reader::Member(span.member.0));
    }
    for (from, to) in partition.gaps(end) {
        fill(from, to, Reader::Nobody);
    }
    let mut runs = Line::new();
    for (place, reader) in columns.into_iter().enumerate() {
        let place = place as i32;
        match (runs.last_mut(), reader) {
            (Some((_, right, last)), Some(reader)) if *last == reader && *right == place => *right = place + 1,
            (_, Some(reader)) => runs.push((place, place + 1, reader)),
            (_, None) => {}
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use protocol::{TopicName, TopicPartition};
    use timeline::MemberIndex;
    use timeline::story::Owned;

    use super::*;

    #[test]
    fn a_gap_is_seen_however_short_it_is_and_nothing_before_birth() {
        let at = SimTime::from_millis;
        let owned = |from, to, member| Owned { from: at(from), to: at(to), member: MemberIndex(member) };
        let partition = PartitionStory {
            partition: TopicPartition::new(TopicName::new("t"), 0),
            born: at(200),
            spans: vec![owned(200, 450, 7), owned(452, 600, 8), owned(800, 1_000, 7)],
        };
        let (seven, eight) = (Reader::Member(7), Reader::Member(8));
        let expected = [(2, 4, seven), (4, 5, Reader::Nobody), (5, 6, eight), (6, 8, Reader::Nobody), (8, 10, seven)];
        assert_eq!(runs(&partition, at(1_000), 10), expected);
    }
}
