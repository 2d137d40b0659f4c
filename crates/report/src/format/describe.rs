//! A group as `kafka-consumer-groups.sh --describe` prints it (`ConsumerGroupCommand`, 4.3; members' assignments as
//! before 4.0, if it is that old).
//!
//! Contract: columns, widths, order and notes are Kafka's, trailing spaces included. Names are made fit to be shown.
//! The host of a broker is made up: `broker-1:9092`.

use std::collections::BTreeMap;

use protocol::TopicPartition;

use crate::group::{DescribedGroup, DescribedOne};
use crate::text;

const MISSING: &str = "-";
/// Names are cut to so many characters: Kafka's own bound for topics.
const MOST_NAME: usize = 249;

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Table {
    /// Partitions, with offsets and owners: `--offsets`, and what is shown unless something else is asked for.
    #[default]
    Offsets,
    /// `--members`.
    Members,
    /// `--state`.
    State,
}

/// A table, and the note about the group's state that goes to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Described {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The group as the tool describes it: `verbose` as with `--verbose`, `is_old` as before 4.0.
pub fn describe(group: &DescribedGroup, table: Table, verbose: bool, is_old: bool) -> Described {
    let name = text::name(&group.group, MOST_NAME);
    if group.is_unreachable {
        let err =
            format!("\nError: No coordinator of consumer group '{name}' answers: its broker is gone or loading.\n");
        return Described { out: String::new(), err };
    }
    let err = match group.state.as_str() {
        "Dead" | "" => format!("\nError: Consumer group '{name}' does not exist.\n"),
        "Empty" => format!("\nConsumer group '{name}' has no active members.\n"),
        "Stable" => String::new(),
        _ => format!("\nWarning: Consumer group '{name}' is rebalancing.\n"),
    };
    if err.contains("does not exist") {
        return Described { out: String::new(), err };
    }
    let out = match table {
        Table::Offsets => offsets(group, &name, verbose),
        Table::Members => members(group, &name, verbose, is_old),
        Table::State => state(group, &name, verbose),
    };
    Described { out, err }
}

/// Cells, each padded to its column's width: the least one, grown to the longest cell. The last column is not padded
/// unless it has a least width.
fn table(rows: &[Vec<String>], least: &[usize]) -> String {
    let widths: Vec<usize> = least
        .iter()
        .enumerate()
        .map(|(column, least)| match least {
            0 => 0,
            least => rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(*least),
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count()))))
            .collect();
        out.push_str(&cells.join(" "));
        out.push('\n');
    }
    out
}

fn sorted(group: &DescribedGroup) -> Vec<&DescribedOne> {
    let mut members: Vec<&DescribedOne> = group.members.iter().collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.assignment.len()));
    members
}

fn offsets(group: &DescribedGroup, name: &str, verbose: bool) -> String {
    let mut rows = vec![words(&[
        "GROUP",
        "TOPIC",
        "PARTITION",
        "LEADER-EPOCH",
        "CURRENT-OFFSET",
        "LOG-END-OFFSET",
        "LAG",
        "CONSUMER-ID",
        "HOST",
        "CLIENT-ID",
    ])];
    let row = |partition: &TopicPartition, owner: Option<&DescribedOne>| {
        let number = |number: Option<i64>| number.map_or(MISSING.to_owned(), |number| number.to_string());
        let (offset, end) = (group.committed.get(partition).copied(), group.ends.get(partition).copied());
        let owner = |field: fn(&DescribedOne) -> &String| {
            owner.map_or(MISSING.to_owned(), |owner| text::name(field(owner), MOST_NAME))
        };
        vec![
            name.to_owned(),
            text::name(partition.topic.as_str(), MOST_NAME),
            partition.partition.0.to_string(),
            // Leaders never change here.
            if offset.is_some() { "0" } else { MISSING }.to_owned(),
            number(offset),
            number(end),
            number(offset.zip(end).map(|(offset, end)| end - offset)),
            owner(|owner| &owner.id),
            owner(|owner| &owner.host),
            owner(|owner| &owner.client),
        ]
    };
    let mut unowned: Vec<&TopicPartition> = group.committed.keys().collect();
    for member in sorted(group) {
        let mut partitions: Vec<&TopicPartition> = member.assignment.iter().collect();
        partitions.sort();
        for partition in partitions {
            unowned.retain(|one| *one != partition);
            rows.push(row(partition, Some(member)));
        }
    }
    rows.extend(unowned.into_iter().map(|partition| row(partition, None)));
    if rows.len() == 1 {
        return String::new();
    }
    let mut least = vec![15, 15, 10, 15, 15, 15, 15, 15, 15, 0];
    if !verbose {
        rows.iter_mut().for_each(|row| drop(row.remove(3)));
        least.remove(3);
    }
    format!("\n{}", table(&rows, &least))
}

/// A column of the members' table: its title, its least width, what stands in it.
struct Column<'a> {
    title: &'static str,
    least: usize,
    cell: Box<dyn Fn(&DescribedOne) -> String + 'a>,
}

fn column<'a>(title: &'static str, least: usize, cell: impl Fn(&DescribedOne) -> String + 'a) -> Column<'a> {
    Column { title, least, cell: Box::new(cell) }
}

fn members(group: &DescribedGroup, name: &str, verbose: bool, is_old: bool) -> String {
    if group.members.is_empty() {
        return String::new();
    }
    let shown = |text: &str| text::line(text, MOST_NAME);
    let mut columns = vec![
        column("GROUP", 15, |_| name.to_owned()),
        column("CONSUMER-ID", 15, |member| shown(&member.id)),
        column("HOST", 15, |member| shown(&member.host)),
        column("CLIENT-ID", 15, |member| shown(&member.client)),
        column("#PARTITIONS", 15, |member| member.assignment.len().to_string()),
    ];
    if group.members.iter().any(|member| !member.instance.is_empty()) {
        columns.insert(2, column("GROUP-INSTANCE-ID", 17, |member| shown(&member.instance)));
    }
    match (verbose, is_old) {
        (true, true) => columns.push(column("ASSIGNMENT", 0, |member| old_assignment(&member.assignment))),
        (true, false) => columns.extend(epochs(group)),
        // The last column is padded, as the tool's is.
        (false, _) => columns.push(column("", 0, |_| String::new())),
    }
    let mut rows: Vec<Vec<String>> = vec![columns.iter().map(|column| column.title.to_owned()).collect()];
    for member in sorted(group) {
        rows.push(columns.iter().map(|column| (column.cell)(member)).collect());
    }
    let least: Vec<usize> = columns.iter().map(|column| column.least).collect();
    format!("\n{}", table(&rows, &least))
}

/// What `--verbose` adds since 4.0 (KIP-1099).
fn epochs(group: &DescribedGroup) -> Vec<Column<'_>> {
    let number = |number: Option<i32>| number.map_or(MISSING.to_owned(), |number| number.to_string());
    let target = number(group.epochs.map(|(_, target)| target));
    let speaks = |upgraded: bool| group.members.iter().any(|member| member.is_upgraded == Some(upgraded));
    let mut columns = vec![
        column("CURRENT-EPOCH", 15, move |member| number(member.epoch)),
        column("CURRENT-ASSIGNMENT", 20, |member| assignment(&member.assignment)),
        column("TARGET-EPOCH", 15, move |_| target.clone()),
        column("TARGET-ASSIGNMENT", 20, |member| member.target.as_deref().map_or(MISSING.to_owned(), assignment)),
    ];
    if speaks(true) && speaks(false) {
        let upgraded = |member: &DescribedOne| member.is_upgraded.map_or(MISSING.to_owned(), |it| it.to_string());
        columns.push(column("UPGRADED", 0, upgraded));
    }
    columns
}

fn state(group: &DescribedGroup, name: &str, verbose: bool) -> String {
    let broker = group.coordinator;
    let coordinator = format!("broker-{broker}:9092  ({broker})");
    let assignor = if group.assignor.is_empty() { MISSING } else { &group.assignor };
    let mut titles = words(&["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE"]);
    let mut cells = words(&[name, &coordinator, assignor, &group.state]);
    let mut least = vec![15, 25, 20, 20];
    if verbose {
        let epoch = |epoch: Option<i32>| epoch.map_or(MISSING.to_owned(), |epoch| epoch.to_string());
        titles.extend(words(&["GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH"]));
        cells.extend([epoch(group.epochs.map(|epochs| epochs.0)), epoch(group.epochs.map(|epochs| epochs.1))]);
        least.extend([15, 25]);
    }
    titles.push("#MEMBERS".to_owned());
    cells.push(group.members.len().to_string());
    least.push(0);
    format!("\n{}", table(&[titles, cells], &least))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn by_topic(partitions: &[TopicPartition]) -> BTreeMap<String, Vec<i32>> {
    let mut topics: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(text::name(partition.topic.as_str(), MOST_NAME)).or_default().push(partition.partition.0);
    }
    topics.values_mut().for_each(|numbers| numbers.sort_unstable());
    topics
}

fn numbers(numbers: &[i32]) -> String {
    numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}

/// `orders:0,1;refunds:2`.
fn assignment(partitions: &[TopicPartition]) -> String {
    let topics = by_topic(partitions);
    let topics: Vec<String> = topics.iter().map(|(topic, list)| format!("{topic}:{}", numbers(list))).collect();
    if topics.is_empty() { MISSING.to_owned() } else { topics.join(";") }
}

/// `orders(0,1), refunds(2)`, as before 4.0.
fn old_assignment(partitions: &[TopicPartition]) -> String {
    let topics = by_topic(partitions);
    let topics: Vec<String> = topics.iter().map(|(topic, list)| format!("{topic}({})", numbers(list))).collect();
    if topics.is_empty() { MISSING.to_owned() } else { topics.join(", ") }
}
