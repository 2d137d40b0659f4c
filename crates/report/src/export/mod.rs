//! What a report leaves for people's own documents and tools: every figure and every series as CSV and JSON, every
//! chart as SVG.
//!
//! Contract: pure functions from a comparison to texts with fixed names, the same whatever the comparison, so that a
//! later report replaces an earlier one.

mod csv;

use crate::chart::CHARTS;
use crate::comparison::Comparison;
use crate::format::json::json;

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name in the report's folder.
    pub name: &'static str,
    /// What is in it; none: there is nothing to say, and a file of this name from an earlier report is wrong.
    pub text: Option<String>,
}

/// The files of a report, all that there can be.
pub fn files(comparison: &Comparison) -> Vec<File> {
    let mut files = vec![File { name: "figures.json", text: Some(json(comparison)) }];
    let story = (!comparison.stories.is_empty()).then(|| crate::page::story(comparison) + "\n");
    files.push(File { name: "story.json", text: story });
    files.extend(csv::TABLES.iter().map(|table| File { name: table.file, text: table.write(comparison) }));
    files.extend(CHARTS.iter().map(|chart| File { name: chart.file, text: chart.draw(comparison) }));
    files
}

/// The names of these files.
pub fn file_names() -> impl Iterator<Item = &'static str> {
    let tables = csv::TABLES.iter().map(|table| table.file);
    ["figures.json", "story.json"].into_iter().chain(tables).chain(CHARTS.iter().map(|chart| chart.file))
}
