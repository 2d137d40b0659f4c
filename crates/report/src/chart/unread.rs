//! How many partitions nobody reads: a strip a variant.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use protocol::SimTime;
use timeline::Story;

use super::frame::{FAINT, INK, WIDTH, drawing, ticks};
use super::{Chart, colour, is_told};
use crate::comparison::Comparison;
use crate::text;

/// Pixels of a strip, of the axis below, and on either side.
const STRIP: i32 = 74;
const AXIS: i32 = 30;
const LEFT: i32 = 60;
const RIGHT: i32 = 24;
/// Pixels for a name above its strip.
const NAME: i32 = 22;
/// Characters of a name.
const MOST_NAME: usize = 60;

/// Partitions that nobody reads, over time.
pub(super) const NOBODY: Chart =
    Chart { file: "nobody-reads.svg", title: "Partitions that nobody reads", is_there: is_told, draw };

fn draw(comparison: &Comparison, title: &'static str) -> Option<String> {
    let stories = &comparison.stories;
    let end = stories.iter().map(|story| story.end).max()?;
    let most = stories.iter().map(|story| story.partitions.len()).max().unwrap_or(0).max(1) as i64;
    let height = 34 + STRIP * stories.len() as i32 + AXIS;
    let room = WIDTH as i32 - LEFT - RIGHT;
    Some(drawing(height as u32, title, |area| {
        let label = |words: String, at: (i32, i32), side: HPos, size: i32| {
            let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
            area.draw(&Text::new(words, at, style)).expect("a text takes everything");
        };
        for (place, (story, outcome)) in stories.iter().zip(&comparison.variants).enumerate() {
            let (top, floor) = (place as i32 * STRIP + NAME, (place as i32 + 1) * STRIP);
            let high = floor - top;
            for (y, value) in [(top, most), (floor, 0)] {
                area.draw(&PathElement::new(vec![(LEFT, y), (LEFT + room, y)], FAINT))
                    .expect("a text takes everything");
                label(text::count(value as u64), (LEFT - 6, y), HPos::Right, 14);
            }
            label(text::name(&outcome.name, MOST_NAME), (LEFT + 2, top - 11), HPos::Left, 16);
            let mut corners = vec![(LEFT, floor)];
            for (column, unread) in columns(story, end, room as usize).into_iter().enumerate() {
                let y = floor - (unread * i64::from(high) / most) as i32;
                corners.extend([(LEFT + column as i32, y), (LEFT + column as i32 + 1, y)]);
            }
            corners.push((LEFT + room, floor));
            corners.dedup();
            area.draw(&Polygon::new(corners, colour(place).filled())).expect("a text takes everything");
        }
        let floor = STRIP * stories.len() as i32;
        for (share, words) in ticks(end) {
            let x = LEFT + (share * f64::from(room)) as i32;
            area.draw(&PathElement::new(vec![(x, floor), (x, floor + 5)], INK)).expect("a text takes everything");
            label(words, (x, floor + 16), HPos::Center, 14);
        }
    }))
}

/// How many partitions nobody reads, at most, in each of so many stretches of the run.
fn columns(story: &Story, end: SimTime, count: usize) -> Vec<i64> {
    let mut steps: Vec<(SimTime, i64)> = Vec::new();
    for partition in &story.partitions {
        steps.extend(partition.gaps(story.end).flat_map(|(from, to)| [(from, 1), (to, -1)]));
    }
    steps.sort_unstable();
    let width = u128::from(end.as_nanos().max(1));
    let column = |at: SimTime| (u128::from(at.as_nanos()) * count as u128 / width) as usize;
    let (mut unread, mut most) = (0, vec![0; count]);
    let mut reached = 0;
    for (at, step) in steps {
        let place = column(at).min(count - 1);
        while reached < place {
            reached += 1;
            most[reached] = unread;
        }
        unread += step;
        most[place] = most[place].max(unread);
    }
    most[reached + 1..].fill(unread);
    most
}

#[cfg(test)]
mod tests {
    use protocol::{TopicName, TopicPartition};
    use timeline::MemberIndex;
    use timeline::story::{Owned, PartitionStory};

    use super::*;

    #[test]
    fn a_column_is_as_high_as_its_highest_moment() {
        let at = SimTime::from_millis;
        let owned = |from, to| Owned { from: at(from), to: at(to), member: MemberIndex(0) };
        let partition = |number, spans| PartitionStory {
            partition: TopicPartition::new(TopicName::new("t"), number),
            born: at(0),
            spans,
        };
        let partitions =
            vec![partition(0, vec![owned(0, 35), owned(37, 100)]), partition(1, vec![owned(0, 36), owned(62, 80)])];
        let story = Story { end: at(100), partitions, ..Story::default() };
        assert_eq!(columns(&story, at(100), 10), [0, 0, 0, 2, 1, 1, 1, 0, 1, 1]);
    }
}
