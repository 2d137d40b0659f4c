//! What came out of a scenario, as reports want it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use report::Setting;
use scenario::Comparison;

use crate::runs::Rehearsal;

/// The outcomes as a report wants them. `command` makes them again; `files` is the folder beside the report.
pub(crate) fn compared(file: &str, rehearsal: Rehearsal, command: &str, files: String) -> report::Comparison {
    let comparison = &rehearsal.comparison;
    let mut story = vec![comparison.story.clone().unwrap_or_default()];
    story.extend(comparison.reproduces.iter().map(|(document, what)| format!("Reproduces {document}: {what}.")));
    report::Comparison {
        title: stem(file),
        question: comparison.question.clone().unwrap_or_default(),
        story: story.join("\n\n"),
        seed: rehearsal.outcomes.first().map_or(0, |outcome| outcome.seed),
        command: command.to_owned(),
        files,
        settings: settings(comparison),
        stories: rehearsal.stories,
        variants: rehearsal.outcomes,
        advice: Vec::new(),
    }
}

/// The settings in which variants differ, with the value of each.
fn settings(comparison: &Comparison) -> Vec<Setting> {
    let variants: Vec<BTreeMap<&str, &str>> = comparison
        .variants
        .iter()
        .map(|variant| variant.explained.iter().map(|line| (line.path.as_str(), line.value.as_str())).collect())
        .collect();
    let lines = comparison.variants.iter().flat_map(|variant| &variant.explained);
    let mut seen = BTreeSet::new();
    let paths = lines.map(|line| line.path.as_str()).filter(|path| seen.insert(*path));
    paths
        .map(|path| {
            let values = variants.iter().map(|values| values.get(path).map(|value| (*value).to_owned()));
            Setting { name: path.to_owned(), values: values.collect() }
        })
        .filter(|setting| setting.values.windows(2).any(|pair| pair[0] != pair[1]))
        .collect()
}

/// The file's name without its directory and ending.
pub(crate) fn stem(file: &str) -> String {
    match Path::new(file).file_stem() {
        Some(stem) if file != "-" => stem.to_string_lossy().into_owned(),
        _ => "scenario".to_owned(),
    }
}
