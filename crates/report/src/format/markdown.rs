//! Markdown (GitHub's dialect), for pull requests and wikis.
//!
//! Contract: whatever names hold, they show as what they are: no markup, no HTML, no mention, no link, no end of a
//! cell.

use std::fmt::Write;

use timeline::Outcome;

use crate::advice::Advice;
use crate::chart::CHARTS;
use crate::comparison::{Comparison, Detail};
use crate::conclusion::conclusion;
use crate::described::{self, Looks};
use crate::flow;
use crate::table::Table;
use crate::text::{self, link};

/// Titles and questions are cut to so many characters, names to the other number.
const MOST_TITLE: usize = 300;
const MOST_NAME: usize = 60;
const MOST_STORY: usize = 4_000;
/// Tables of what was described are folded if they have more rows.
const MOST_ROWS: usize = 12;

/// The comparison as Markdown; ends with a line break.
pub fn markdown(comparison: &Comparison, detail: Detail) -> String {
    let mut parts = Vec::new();
    let title = text::line(&comparison.title, MOST_TITLE);
    if !title.is_empty() {
        parts.push(format!("## {}", escape(&title)));
    }
    let question = text::line(&comparison.question, MOST_TITLE);
    if !question.is_empty() {
        parts.push(format!("> {}", escape(&question)));
    }
    parts.extend(text::paragraphs(&comparison.story, MOST_STORY).iter().map(|paragraph| escape(paragraph)));
    let sentences = conclusion(comparison, &|name| format!("**{}**", escape(&text::name(name, MOST_NAME))));
    parts.push(sentences.join("\n"));
    let table = Table::new(comparison, detail);
    let headlines = Table::new(comparison, Detail::Headlines);
    if !headlines.rows.is_empty() {
        parts.push(grid(comparison, &headlines));
    }
    if table.rows.len() > headlines.rows.len() {
        let summary = format!("Every measure, {} in all", table.rows.len());
        parts.push(folded(&summary, &grid(comparison, &table)));
    }
    parts.extend(described::looks(comparison).map(|(outcome, looks)| described(outcome, &looks)));
    parts.extend(comparison.advice.iter().map(advice_section));
    parts.extend(pictures(comparison));
    let legend = if table.has_marks() { "The best of each row is **bold**. " } else { "" };
    parts.push(format!("{legend}Seed {}.", comparison.seed));
    let command = text::line(&comparison.command, MOST_TITLE);
    if !command.is_empty() {
        parts.push(format!("Again: {}", code(&command)));
    }
    if detail == Detail::Everything && flow::any_records(comparison) {
        parts.extend(comparison.variants.iter().filter(|outcome| outcome.records.is_some()).map(records));
    }
    if !table.rows.is_empty() {
        parts.push(legend_of_rows(&table));
    }
    parts.join("\n\n") + "\n"
}

/// What is there for who wants it.
fn folded(summary: &str, text: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{text}\n\n</details>")
}

fn grid(comparison: &Comparison, table: &Table) -> String {
    let mut grid = String::from("| |");
    for outcome in &comparison.variants {
        let _ = write!(grid, " {} |", escape(&text::name(&outcome.name, MOST_NAME)));
    }
    grid += "\n|---|";
    grid += &"---:|".repeat(comparison.variants.len());
    for row in &table.rows {
        let _ = write!(grid, "\n| {} |", escape(row.measure.title));
        for cell in &row.cells {
            let mark = if cell.best { "**" } else { "" };
            let _ = write!(grid, " {mark}{}{mark} |", escape(&cell.text));
        }
    }
    grid
}

/// Who had what when an administrator looked.
fn described(outcome: &Outcome, looks: &Looks) -> String {
    let cells = |cells: &[String]| cells.iter().map(|cell| format!(" {} |", escape(cell))).collect::<String>();
    let name = escape(&text::name(&outcome.name, MOST_NAME));
    let mut grid = format!("| |{}\n|---|", cells(&looks.head));
    grid += &"---|".repeat(looks.head.len());
    for (label, row) in &looks.rows {
        let _ = write!(grid, "\n| {} |{}", escape(label), cells(row));
    }
    match looks.rows.len() {
        ..=MOST_ROWS => format!("Described, with **{name}**:\n\n{grid}"),
        _ => folded(&format!("Described, with {name}"), &grid),
    }
}

/// A line of YAML within a fence: it keeps its indentation, and ends no fence.
fn plain(line: &str) -> String {
    let indent = line.chars().take_while(|character| *character == ' ').count().min(80);
    format!("{}{}", " ".repeat(indent), text::line(line, MOST_TITLE).replace('`', "'"))
}

/// What stands out in a variant, and what would have been better.
fn advice_section(advice: &Advice) -> String {
    let shown = |words: &str| escape(&text::line(words, MOST_STORY));
    let mut section = format!("### What would be better than {}\n", escape(&text::name(&advice.variant, MOST_NAME)));
    for finding in &advice.findings {
        let _ = write!(section, "\n- {}", shown(finding));
    }
    if !advice.tried.is_empty() && advice.improvements.is_empty() {
        let _ = write!(section, "\n\nNothing that was tried is better: {}.", shown(&advice.tried.join("; ")));
    }
    if !advice.improvements.is_empty() {
        section.push('\n');
    }
    for (place, improvement) in advice.improvements.iter().enumerate() {
        let words = shown(&improvement.sentences().join(" "));
        let _ = write!(section, "\n{}. **{}**: {words}", place + 1, shown(&improvement.what));
        if !improvement.overlay.is_empty() {
            let overlay = improvement.overlay.lines().map(|line| format!("\n   {}", plain(line)));
            let _ = write!(section, "\n   ```yaml{}\n   ```", overlay.collect::<String>());
        }
    }
    section
}

/// The charts that lie beside the report, those that say most first and the others folded; and the way to the page.
fn pictures(comparison: &Comparison) -> Option<String> {
    const FIRST: usize = 3;
    let folder = link(&comparison.files);
    let drawn = CHARTS.iter().filter(|chart| (chart.is_there)(comparison));
    let shown: Vec<String> = drawn.map(|chart| format!("![{}]({folder}/{})", chart.title, chart.file)).collect();
    if folder.is_empty() || shown.is_empty() {
        return None;
    }
    let (first, others) = shown.split_at(FIRST.min(shown.len()));
    let mut text = first.join("\n\n");
    if !others.is_empty() {
        let _ = write!(text, "\n\n{}", folded("More charts", &others.join("\n\n")));
    }
    let _ = write!(text, "\n\nThe same as a page, with time lines to zoom: [{folder}.html]({folder}.html).");
    Some(text)
}

/// What became of one variant's records: over time, and where most of them went.
fn records(outcome: &Outcome) -> String {
    let name = escape(&text::name(&outcome.name, MOST_NAME));
    let mut page = String::from(
        "| from | expected | consumed | again | mean latency | range | waiting at its end |\n|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (from, bucket) in flow::buckets(outcome) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} to {} | {} |",
            text::duration(from),
            text::count(bucket.produced),
            text::count(bucket.consumed),
            text::count(bucket.twice),
            text::duration(bucket.latency_mean),
            text::duration(bucket.latency_min),
            text::duration(bucket.latency_max),
            text::count(bucket.waiting),
        );
    }
    page += "\n| fullest partitions | produced | consumed | again | skipped | waiting | longest latency |\n|---|---:|---:|---:|---:|---:|---:|\n";
    for partition in flow::fullest(outcome) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} |",
            escape(&partition.partition),
            text::count(partition.produced),
            text::count(partition.consumed),
            text::count(partition.twice),
            text::count(partition.skipped),
            text::count(partition.waiting),
            text::duration(partition.latency_max),
        );
    }
    page += "\n| busiest members | consumed | again | others read again after it | time at work |\n|---|---:|---:|---:|---:|\n";
    for (member, records) in flow::busiest(outcome) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            escape(&text::name(member, MOST_NAME)),
            text::count(records.consumed),
            text::count(records.twice),
            text::count(records.to_blame_for),
            text::duration(records.busy),
        );
    }
    folded(&format!("Records with {name}"), page.trim_end())
}

fn legend_of_rows(table: &Table) -> String {
    let mut legend = String::new();
    for row in &table.rows {
        let _ = writeln!(legend, "- {}: {}", escape(row.measure.title), escape(row.measure.explanation));
    }
    folded("What the rows mean", legend.trim_end())
}

/// The text as Markdown that shows just that. Characters that begin markup, HTML, mentions or references become
/// entities, which no dialect takes for anything else; so does the colon of an address, which GitHub would turn into a
/// link.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for (place, character) in text.char_indices() {
        let special = matches!(
            character,
            '&' | '<' | '>' | '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '@' | '$' | '!'
        );
        let address = character == ':' && text[place..].starts_with("://")
            || character == '.' && text[..place].to_ascii_lowercase().ends_with("www");
        // A line that begins so would be a list, a table's rule, or a heading.
        let begins = place == 0 && matches!(character, '-' | '+' | '=');
        let number = matches!(character, '.' | ')')
            && text[..place].bytes().all(|byte| byte.is_ascii_digit())
            && text[place + 1..].bytes().next().is_none_or(|next| next == b' ');
        if special || address || begins || number {
            let _ = write!(escaped, "&#{};", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// The text as inline code, fenced by more backticks than it has in a row.
fn code(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(escape("a|b"), "a&#124;b");
        assert_eq!(escape("<img src=x onerror=alert(1)>"), "&#60;img src=x onerror=alert(1)&#62;");
        assert_eq!(
            escape("[x](javascript:y) **b** `c` @me #1 ~~d~~"),
            "&#91;x&#93;(javascript:y) &#42;&#42;b&#42;&#42; &#96;c&#96; &#64;me &#35;1 &#126;&#126;d&#126;&#126;"
        );
        assert_eq!(escape("https://a www.b v1.2"), "https&#58;//a www&#46;b v1.2");
        assert_eq!(escape("- a"), "&#45; a");
        assert_eq!(escape("12. a"), "12&#46; a");
        assert_eq!(escape("6.20 s"), "6.20 s");
    }

    #[test]
    fn code_is_fenced_by_more_backticks_than_it_holds() {
        assert_eq!(code("a b"), "`a b`");
        assert_eq!(code("a `` b"), "``` a `` b ```");
    }
}
