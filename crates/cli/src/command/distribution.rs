//! `--seeds A..B`: how outcomes are distributed over seeds.

use std::fmt::Write as _;

use report::Detail;
use timeline::measure::{MEASURES, Measure, Prominence, Value};

use crate::runs::Rehearsal;

/// A table for each measure: per variant the least, the median, the 95th percentile and the greatest value.
pub(super) fn show(rehearsals: &[Rehearsal], detail: Detail) -> String {
    let mut text = String::new();
    let Some(first) = rehearsals.first() else { return text };
    if let Some(question) = &first.comparison.question {
        writeln!(text, "{question}\n").expect("writing to a string cannot fail");
    }
    let names: Vec<&str> = first.outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(8);
    let seeds = rehearsals.len();
    writeln!(text, "{seeds} seeds; each line: least, median, 95th percentile, greatest")
        .expect("writing to a string cannot fail");
    let wanted = |measure: &&Measure| detail == Detail::Everything || measure.prominence == Prominence::Headline;
    for measure in MEASURES.iter().filter(wanted) {
        let mut lines = String::new();
        for (place, name) in names.iter().enumerate() {
            let mut values: Vec<&Value> = rehearsals
                .iter()
                .filter_map(|rehearsal| Some(rehearsal.outcomes.get(place)?.value(measure.id)))
                .collect();
            values.retain(|value| value.amount().is_some());
            if let Some([least, median, high, greatest]) = quantiles(&mut values) {
                writeln!(lines, "  {name:width$}  {least:>14}  {median:>14}  {high:>14}  {greatest:>14}")
                    .expect("writing to a string cannot fail");
            }
        }
        if !lines.is_empty() {
            write!(text, "\n{}\n{lines}", measure.title).expect("writing to a string cannot fail");
        }
    }
    text
}

/// Least, median, 95th percentile and greatest, as text; nothing of nothing.
fn quantiles(values: &mut [&Value]) -> Option<[String; 4]> {
    values.sort_by_key(|value| value.amount());
    let last = values.len().checked_sub(1)?;
    let places = [0, last / 2, (last * 95).div_ceil(100), last];
    Some(places.map(|place| say(values[place])))
}

fn say(value: &Value) -> String {
    match value {
        Value::Unknown => "-".to_owned(),
        Value::Count(count) => count.to_string(),
        Value::Duration(length) | Value::PartitionTime(length) => length.to_string(),
        Value::Text(text) => text.clone(),
    }
}
