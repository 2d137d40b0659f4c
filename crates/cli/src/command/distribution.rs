//! `--seeds A..B`: how outcomes are distributed over seeds.
//!
//! Contract: keeps a number per seed, variant and measure, and nothing else of an outcome.

use std::fmt::Write as _;

use report::Detail;
use timeline::Outcome;
use timeline::measure::{MEASURES, Measure, Prominence, Value};

/// The outcomes of many seeds.
pub(super) struct Distribution {
    question: Option<String>,
    measures: Vec<&'static Measure>,
    /// The variants' names.
    names: Vec<String>,
    /// By variant, then by measure: a value for each seed for which it is known.
    values: Vec<Vec<Vec<Value>>>,
    seeds: usize,
}

impl Distribution {
    /// No outcomes yet.
    pub(super) fn new(question: Option<&str>, detail: Detail) -> Self {
        let wanted = |measure: &&Measure| detail == Detail::Everything || measure.prominence == Prominence::Headline;
        let measures = MEASURES.iter().filter(wanted).collect();
        Self { question: question.map(str::to_owned), measures, names: Vec::new(), values: Vec::new(), seeds: 0 }
    }

    /// Takes the outcomes of one seed.
    pub(super) fn take(&mut self, outcomes: &[Outcome]) {
        if self.names.is_empty() {
            self.names = outcomes.iter().map(|outcome| outcome.name.clone()).collect();
            self.values = vec![vec![Vec::new(); self.measures.len()]; outcomes.len()];
        }
        self.seeds += 1;
        for (outcome, values) in outcomes.iter().zip(&mut self.values) {
            for (measure, values) in self.measures.iter().zip(values) {
                let value = outcome.value(measure.id);
                if value.amount().is_some() {
                    values.push(value.clone());
                }
            }
        }
    }

    /// A table for each measure: per variant the least, the median, the 95th percentile and the greatest value.
    pub(super) fn show(mut self) -> String {
        let mut text = String::new();
        if let Some(question) = &self.question {
            line(&mut text, &format!("{question}\n"));
        }
        line(&mut text, &format!("{} seeds; each line: least, median, 95th percentile, greatest", self.seeds));
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (place, measure) in self.measures.iter().enumerate() {
            let mut lines = String::new();
            for (name, values) in self.names.iter().zip(&mut self.values) {
                if let Some([least, median, high, greatest]) = quantiles(&mut values[place]) {
                    line(
                        &mut lines,
                        &format!("  {name:width$}  {least:>14}  {median:>14}  {high:>14}  {greatest:>14}"),
                    );
                }
            }
            if !lines.is_empty() {
                line(&mut text, &format!("\n{}\n{}", measure.title, lines.trim_end()));
            }
        }
        text
    }
}

fn line(text: &mut String, content: &str) {
    writeln!(text, "{content}").expect("writing to a string cannot fail");
}

/// Least, median, 95th percentile and greatest, as text; nothing of nothing.
fn quantiles(values: &mut [Value]) -> Option<[String; 4]> {
    values.sort_by_key(Value::amount);
    let last = values.len().checked_sub(1)?;
    let places = [0, last / 2, (last * 95).div_ceil(100), last];
    Some(places.map(|place| say(&values[place])))
}

fn say(value: &Value) -> String {
    match value {
        Value::Unknown => "-".to_owned(),
        Value::Count(count) => count.to_string(),
        Value::Share(hundredths) => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
        Value::Duration(length) | Value::PartitionTime(length) => length.to_string(),
        Value::Text(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_one_to_a_hundred_and_of_nothing() {
        let mut values: Vec<Value> = (1..=100).rev().map(Value::Count).collect();
        assert_eq!(quantiles(&mut values), Some(["1", "50", "96", "100"].map(str::to_owned)));
        assert_eq!(quantiles(&mut [Value::Count(7)]), Some(["7"; 4].map(str::to_owned)));
        assert_eq!(quantiles(&mut []), None);
    }
}
