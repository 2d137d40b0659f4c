//! The terminal: a table and what it means.
//!
//! Contract: fits the width that was asked for, whatever the names; with more variants than fit side by side, several
//! tables follow each other. Colour and weight repeat what the text says and never add to it.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width};

use super::why::advice_terminal;
use crate::comparison::{Comparison, Detail};
use crate::conclusion::conclusion;
use crate::described;
use crate::flow;
use crate::table::Table;
use crate::text;

/// The narrowest terminal that is served; on a narrower one, lines break where they may.
pub(super) const LEAST_WIDTH: u16 = 40;
/// Least width of a column of values, its margin included.
const LEAST_COLUMN: u16 = 13;
/// Titles and questions are cut to so many characters, names in the text to the other number.
const MOST_TITLE: usize = 300;
const MOST_NAME: usize = 40;
const MOST_STORY: usize = 2_000;

/// Stands where the mark of the best value will: no name that was made fit to be shown has this character.
const MARK: char = '\u{e000}';

/// Lines above and below, and one under the heads of the columns.
pub(super) const STYLE: TableStyle = {
    let line = LineStyle::none().fill('─').junction('─');
    TableStyle::new().top_border(line).header_separator(line).bottom_border(line)
};

const BOLD: &str = "\u{1b}[1m";
const GREEN: &str = "\u{1b}[1;32m";
const RESET: &str = "\u{1b}[0m";

/// How to print on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Columns of the terminal; at least 40 are used.
    pub width: u16,
    /// Whether escape sequences for colour and weight are welcome. Nothing is said by colour alone.
    pub color: bool,
    /// Which measures to show.
    pub detail: Detail,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self { width: 100, color: false, detail: Detail::Headlines }
    }
}

/// The comparison as text for a terminal; ends with a line break.
pub fn terminal(comparison: &Comparison, options: TerminalOptions) -> String {
    let width = options.width.max(LEAST_WIDTH);
    let wrap = |text: &str| text::wrap(text, usize::from(width));
    let mut parts = Vec::new();
    let title = text::line(&comparison.title, MOST_TITLE);
    if !title.is_empty() {
        let title = wrap(&title);
        parts.push(if options.color { format!("{BOLD}{title}{RESET}") } else { title });
    }
    parts.push(wrap(&text::line(&comparison.question, MOST_TITLE)));
    if options.detail == Detail::Everything {
        parts.extend(text::paragraphs(&comparison.story, MOST_STORY).iter().map(|paragraph| wrap(paragraph)));
    }
    let table = Table::new(comparison, options.detail);
    parts.extend(tables(comparison, &table, width));
    parts.extend(charts(comparison, usize::from(width)));
    parts.extend(described(comparison, usize::from(width)));
    let legend = if table.has_marks() { "* best of its row    " } else { "" };
    parts.push(format!("{legend}seed {}", comparison.seed));
    let sentences = conclusion(comparison, &|name| text::name(name, MOST_NAME));
    parts.push(sentences.iter().map(|sentence| wrap(sentence)).collect::<Vec<_>>().join("\n"));
    for advice in &comparison.advice {
        let name = text::name(&advice.variant, MOST_NAME);
        parts.push(format!("{name}\n{}", advice_terminal(advice, width).trim_end()));
    }
    let command = text::line(&comparison.command, MOST_TITLE);
    if !command.is_empty() {
        parts.push(format!("Again: {command}"));
    }
    parts.retain(|part| !part.is_empty());
    let mark = if options.color { format!("{GREEN}*{RESET}") } else { "*".to_owned() };
    parts.join("\n\n").replace(MARK, &mark) + "\n"
}

/// Records over time, a column a stretch; none if no records flowed, or if they do not fit.
fn charts(comparison: &Comparison, width: usize) -> Option<String> {
    const MOST_LABEL: usize = 24;
    let seen: Vec<&timeline::Outcome> = comparison.variants.iter().filter(|one| one.records.is_some()).collect();
    let records = seen.first()?.records.as_ref()?;
    let names: Vec<String> = seen.iter().map(|outcome| text::name(&outcome.name, MOST_LABEL)).collect();
    let label = names.iter().map(|name| name.chars().count()).max()?;
    let stretches = seen.iter().map(|outcome| flow::buckets(outcome).count()).max()?;
    let mut lines = vec![format!("Records over time, {} a column", text::duration(records.bucket))];
    for chart in &flow::CHARTS {
        let values = |outcome| flow::buckets(outcome).map(|(_, bucket)| (chart.value)(bucket));
        let most = seen.iter().flat_map(|outcome| values(outcome)).max().unwrap_or(0);
        lines.push(format!("  {}, {}", chart.title, (chart.largest)(most)));
        for (outcome, name) in seen.iter().zip(&names) {
            lines.push(format!("    {name:label$}  {}", flow::columns(values(outcome), most)));
        }
    }
    (label + stretches + 6 <= width).then(|| lines.join("\n"))
}

/// Who had what when an administrator looked: a table a variant, in as many parts as it takes.
fn described(comparison: &Comparison, width: usize) -> Vec<String> {
    let mut parts = Vec::new();
    for (outcome, looks) in described::looks(comparison) {
        let cells = looks.rows.iter().flat_map(|(_, cells)| cells).chain(&looks.head);
        let column = cells.map(|cell| cell.chars().count()).max().unwrap_or(0) + 2;
        let label = looks.rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + 4;
        let at_once = (width.saturating_sub(label) / column).max(1);
        let mut lines = vec![format!("Described, with {}", text::name(&outcome.name, MOST_NAME))];
        let line = |label_text: &str, cells: &[String]| {
            let cells: String = cells.iter().map(|cell| format!("{cell:<column$}")).collect();
            format!("  {label_text:<width$}{cells}", width = label - 2).trim_end().to_owned()
        };
        for from in (0..looks.head.len()).step_by(at_once) {
            let these = from..(from + at_once).min(looks.head.len());
            lines.push(line("", &looks.head[these.clone()]));
            lines.extend(looks.rows.iter().map(|(label, cells)| line(label, &cells[these.clone()])));
        }
        parts.push(lines.join("\n"));
    }
    parts
}

/// One table, or as many as it takes to show all variants in this width.
fn tables(comparison: &Comparison, table: &Table, width: u16) -> Vec<String> {
    let names: Vec<String> = comparison.variants.iter().map(|outcome| text::name(&outcome.name, MOST_NAME)).collect();
    let longest = table.rows.iter().map(|row| row.measure.title.len()).max().unwrap_or(0);
    let titles = u16::try_from(longest).unwrap_or(u16::MAX).min(width / 2) + 2;
    let at_once = usize::from((width.saturating_sub(titles) / LEAST_COLUMN).max(1));
    let places: Vec<usize> = (0..names.len()).collect();
    places.chunks(at_once).map(|places| part(&names, table, places, titles, width)).collect()
}

fn part(names: &[String], table: &Table, places: &[usize], titles: u16, width: u16) -> String {
    let mut shown = comfy_table::Table::new();
    shown.load_style(STYLE).set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let header = places.iter().map(|place| right(format!("{}  ", names[*place])));
    shown.set_header(std::iter::once(Cell::new("")).chain(header).collect::<Vec<Cell>>());
    for row in &table.rows {
        let values = places.iter().map(|place| {
            let cell = &row.cells[*place];
            right(format!("{} {}", cell.text, if cell.best { MARK } else { '\u{a0}' }))
        });
        shown.add_row(std::iter::once(Cell::new(row.measure.title)).chain(values).collect::<Vec<Cell>>());
    }
    if let Some(column) = shown.column_mut(0) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(titles)));
    }
    let lines = shown.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}
