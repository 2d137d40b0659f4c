//! What assignors answer, as tables for a terminal and as JSON.
//!
//! Contract: fits the width that was asked for; long lists of members and topics are cut and say so. JSON has all.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Width};
use serde_json::{Value, json};

use super::terminal::{LEAST_WIDTH, STYLE};
use crate::assigned::{Assigned, AssignedAnswer, AssignedStep, Moves, Sharing};
use crate::text;

/// Most members that are shown one by one.
const MOST_MEMBERS: usize = 40;
/// Most topics of a member that are shown one by one.
const MOST_TOPICS: usize = 12;
/// Most runs of partitions of a topic that are shown.
const MOST_RUNS: usize = 12;
/// Names are cut to so many characters.
const MOST_NAME: usize = 40;
/// Questions are.
const MOST_TITLE: usize = 300;
/// Least width of a column of partitions.
const LEAST_COLUMN: u16 = 14;
/// And of a column of figures.
const LEAST_FIGURE: u16 = 10;

/// The answers as text for a terminal of so many columns; ends with a line break.
pub fn assigned_terminal(assigned: &Assigned, width: u16) -> String {
    let width = width.max(LEAST_WIDTH);
    let wrap = |text: &str| text::wrap(text, usize::from(width));
    let mut parts = vec![wrap(&text::line(&assigned.question, MOST_TITLE))];
    for step in &assigned.steps {
        let (topics, members) = (step.topics, step.members.len() as u64);
        parts.push(wrap(&format!(
            "{}: {} of {}, {}",
            step.title,
            text::things(step.partitions, "partition", "partitions"),
            text::things(topics, "topic", "topics"),
            text::things(members, "member", "members"),
        )));
        parts.extend(tables(&figures(step), LEAST_FIGURE, width));
        parts.extend(tables(&shares(step), LEAST_COLUMN, width));
        if step.members.len() > MOST_MEMBERS {
            parts.push(format!("… and {} more members; --json has all of them", step.members.len() - MOST_MEMBERS));
        }
        if let Some(legend) = legend(step) {
            parts.push(wrap(legend));
        }
        parts.extend(sentences(step).iter().map(|sentence| wrap(sentence)));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

/// Rows with a head each.
struct Grid {
    columns: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
    alignment: CellAlignment,
}

/// How even, how many move: a row an assignor.
fn figures(step: &AssignedStep) -> Grid {
    type Figure = fn(&Sharing) -> Option<u64>;
    let figures: [(&str, Figure); 9] = [
        ("Fewest", |sharing| Some(sharing.extremes().0)),
        ("Most", |sharing| Some(sharing.extremes().1)),
        ("Spread", |sharing| Some(sharing.extremes().1 - sharing.extremes().0)),
        ("Idle", |sharing| Some(sharing.idle())),
        ("From afar", |sharing| sharing.from_afar),
        ("Moved", |sharing| sharing.moves.map(|moves| moves.moved)),
        ("off stayers", |sharing| sharing.moves.map(|moves| moves.from_those_who_stay)),
        ("Stopped", |sharing| sharing.moves.map(|moves| moves.stopped)),
        ("Rounds", |sharing| sharing.rebalances.map(u64::from)),
    ];
    let known = |answer: &AssignedAnswer, figure: Figure| answer.sharing.as_ref().ok().and_then(figure);
    let shown = figures.into_iter().filter(|(_, figure)| step.answers.iter().any(|a| known(a, *figure).is_some()));
    let shown: Vec<(&str, Figure)> = shown.collect();
    let row = |answer: &AssignedAnswer| {
        let figures =
            shown.iter().map(|(_, figure)| known(answer, *figure).map_or_else(|| "-".to_owned(), text::count));
        (text::name(&answer.assignor, MOST_NAME), figures.collect())
    };
    Grid {
        columns: shown.iter().map(|(title, _)| (*title).to_owned()).collect(),
        rows: step.answers.iter().map(row).collect(),
        alignment: CellAlignment::Right,
    }
}

/// The assignors as heads of columns, broken where they may be.
fn columns(step: &AssignedStep) -> Vec<String> {
    let name = |answer: &AssignedAnswer| text::name(&answer.assignor, MOST_NAME);
    step.answers.iter().map(|answer| name(answer).replace("-s", "-\ns").replace(" (", "\n(")).collect()
}

/// Who gets what.
fn shares(step: &AssignedStep) -> Grid {
    let mut grid = Grid { columns: columns(step), rows: Vec::new(), alignment: CellAlignment::Left };
    for (place, member) in step.members.iter().enumerate().take(MOST_MEMBERS) {
        let cell = |answer: &AssignedAnswer| match &answer.sharing {
            Ok(sharing) => sharing.shares.get(place).map(|share| show_share(share)).unwrap_or_default(),
            Err(failure) if place == 0 => text::line(failure, MOST_TITLE),
            Err(_) => String::new(),
        };
        grid.rows.push((text::name(member, MOST_NAME), step.answers.iter().map(cell).collect()));
    }
    grid
}

/// `orders 0-3, 7`, a line a topic.
fn show_share(share: &[(String, Vec<i32>)]) -> String {
    if share.is_empty() {
        return "-".to_owned();
    }
    let mut lines: Vec<String> = share
        .iter()
        .take(MOST_TOPICS)
        .map(|(topic, partitions)| format!("{} {}", text::name(topic, MOST_NAME), runs(partitions)))
        .collect();
    if share.len() > MOST_TOPICS {
        lines.push(format!("… {} topics more", share.len() - MOST_TOPICS));
    }
    lines.join("\n")
}

/// Ascending numbers as runs: `0-3, 7`.
fn runs(numbers: &[i32]) -> String {
    let runs: Vec<&[i32]> = numbers.chunk_by(|a, b| a + 1 == *b).collect();
    let mut shown: Vec<String> = runs
        .iter()
        .take(MOST_RUNS)
        .map(|run| match run {
            [first, .., last] => format!("{first}-{last}"),
            [only] => only.to_string(),
            [] => String::new(),
        })
        .collect();
    if runs.len() > MOST_RUNS {
        let left: usize = runs[MOST_RUNS..].iter().map(|run| run.len()).sum();
        shown.push(format!("… {left} more"));
    }
    shown.join(", ")
}

/// One table, or as many as it takes to show all columns in this width.
fn tables(grid: &Grid, least: u16, width: u16) -> Vec<String> {
    let longest = grid.rows.iter().map(|(head, _)| head.chars().count()).max().unwrap_or(0);
    let heads = u16::try_from(longest).unwrap_or(u16::MAX).min(width / 2) + 2;
    let at_once = usize::from((width.saturating_sub(heads) / least).max(1));
    let places: Vec<usize> = (0..grid.columns.len()).collect();
    places.chunks(at_once).map(|places| part(grid, places, heads, width)).collect()
}

fn part(grid: &Grid, places: &[usize], heads: u16, width: u16) -> String {
    let mut shown = comfy_table::Table::new();
    shown.load_style(STYLE).set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    let cell = |text: &str| Cell::new(text).set_alignment(grid.alignment);
    let header = places.iter().map(|place| cell(&grid.columns[*place]));
    shown.set_header(std::iter::once(Cell::new("")).chain(header).collect::<Vec<Cell>>());
    for (head, cells) in &grid.rows {
        let cells = places.iter().map(|place| cell(&cells[*place]));
        shown.add_row(std::iter::once(Cell::new(head)).chain(cells).collect::<Vec<Cell>>());
    }
    if let Some(column) = shown.column_mut(0) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(heads)));
    }
    shown.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// What some of the figures mean.
fn legend(step: &AssignedStep) -> Option<&'static str> {
    let moves = step.answers.iter().any(|answer| answer.sharing.as_ref().is_ok_and(|sharing| sharing.moves.is_some()));
    let legend = "Moved: partitions that change hands; off stayers: those of them that are taken from members that stay. \
                  Stopped: partitions of members that stay which nobody reads until the rebalance is over. Rounds: \
                  rebalances until everybody has what it shall have.";
    moves.then_some(legend)
}

/// What is to be noticed.
fn sentences(step: &AssignedStep) -> Vec<String> {
    let mut sentences = Vec::new();
    let known = || step.answers.iter().filter_map(|answer| Some((answer, answer.sharing.as_ref().ok()?)));
    let spread = |sharing: &Sharing| sharing.extremes().1 - sharing.extremes().0;
    let uneven = known().find(|(answer, sharing)| answer.adds_up_odds && spread(sharing) > 1);
    if let Some((answer, sharing)) = uneven {
        let counts = sharing.counts();
        let (least, most) = sharing.extremes();
        let member = |wanted: u64| {
            let place = counts.iter().position(|count| *count == wanted).unwrap_or(0);
            text::name(&step.members[place], MOST_NAME)
        };
        let nothing = if least == 0 { "none".to_owned() } else { text::count(least) };
        sentences.push(format!(
            "{} gives {} to {} and {nothing} to {}: it deals each topic by itself, and what does not come out even goes to the \
             first members in the order of their ids, in every topic to the same ones.",
            answer.assignor,
            text::things(most, "partition", "partitions"),
            member(most),
            member(least),
        ));
    }
    let moves = || known().filter_map(|(answer, sharing)| Some((answer, sharing.moves?.moved)));
    let (fewest, most) =
        (moves().min_by_key(|(_, moved)| *moved), moves().min_by_key(|(_, moved)| std::cmp::Reverse(*moved)));
    if let (Some((best, least)), Some((worst, most))) = (fewest, most)
        && least < most
    {
        sentences.push(format!(
            "{} moves {}, {} moves {}.",
            best.assignor,
            text::things(least, "partition", "partitions"),
            worst.assignor,
            text::count(most),
        ));
    }
    sentences
}

/// The answers as JSON; ends with a line break.
pub fn assigned_json(assigned: &Assigned) -> String {
    let steps: Vec<Value> = assigned.steps.iter().map(step_json).collect();
    let value = json!({ "question": assigned.question, "steps": steps });
    let mut text = serde_json::to_string_pretty(&value).expect("a JSON value is JSON");
    text.push('\n');
    text
}

fn step_json(step: &AssignedStep) -> Value {
    let mut assignors = serde_json::Map::new();
    for answer in &step.answers {
        let value = match &answer.sharing {
            Ok(sharing) => sharing_json(step, sharing),
            Err(failure) => json!({ "failure": failure }),
        };
        assignors.insert(answer.assignor.clone(), value);
    }
    json!({ "title": step.title, "topics": step.topics, "partitions": step.partitions, "assignors": assignors })
}

fn sharing_json(step: &AssignedStep, sharing: &Sharing) -> Value {
    let (least, most) = sharing.extremes();
    let mut members = serde_json::Map::new();
    for (member, share) in step.members.iter().zip(&sharing.shares) {
        let topics: serde_json::Map<String, Value> =
            share.iter().map(|(topic, partitions)| (topic.clone(), json!(partitions))).collect();
        members.insert(member.clone(), Value::Object(topics));
    }
    let mut value = json!({
        "least": least, "most": most, "spread": most - least, "with-nothing": sharing.idle(), "members": members,
    });
    if let Some(Moves { moved, from_those_who_stay, stopped }) = sharing.moves {
        value["moved"] = json!(moved);
        value["moved-from-those-who-stay"] = json!(from_those_who_stay);
        value["stopped-meanwhile"] = json!(stopped);
    }
    if let Some(from_afar) = sharing.from_afar {
        value["from-another-rack"] = json!(from_afar);
    }
    if let Some(rebalances) = sharing.rebalances {
        value["rebalances"] = json!(rebalances);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_runs() {
        assert_eq!(runs(&[0, 1, 2, 3, 7, 9, 10]), "0-3, 7, 9-10");
        assert_eq!(runs(&[]), "");
        let odd: Vec<i32> = (0..100).map(|number| 2 * number + 1).collect();
        assert_eq!(runs(&odd), "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, … 88 more");
    }
}
