//! What would have been better: what stands out in a run, and what came of running it otherwise.
//!
//! Contract: plain data. Whoever fills it has run every improvement; a sentence says nothing that its figures do not.

use timeline::measure::find;
use timeline::{Better, Value};

use crate::text;

/// Advice about one variant.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Advice {
    /// The variant's name.
    pub variant: String,
    /// What stands out in it, a sentence each.
    pub findings: Vec<String>,
    /// What was tried, in a few words each; improvements are among them.
    pub tried: Vec<String>,
    /// What helped, the best first.
    pub improvements: Vec<Improvement>,
}

/// A change that helps, as a run of it showed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Improvement {
    /// What to change, in a few words: “static members, and session.timeout.ms 45000”.
    pub what: String,
    /// The same as a piece of scenario to lay over the variant, in YAML; empty if the language has no words for it.
    pub overlay: String,
    /// What gets better.
    pub better: Vec<Change>,
    /// What gets worse.
    pub worse: Vec<Change>,
    /// What it costs besides, a sentence each.
    pub costs: Vec<String>,
}

/// A measure before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The measure's id, see [`timeline::MEASURES`].
    pub measure: &'static str,
    /// What it was.
    pub before: Value,
    /// What it is with the improvement.
    pub after: Value,
}

impl Change {
    /// “rebalances 0 instead of 240”.
    pub(crate) fn words(&self) -> String {
        let title = find(self.measure).map_or(self.measure.to_owned(), |measure| lower(measure.title));
        format!("{title} {} instead of {}", text::value(&self.after), text::value(&self.before))
    }
}

/// A title within a sentence; names of percentiles stay as they are.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

impl Improvement {
    /// What it does, in one sentence; what it costs, in others.
    pub fn sentences(&self) -> Vec<String> {
        let list = |changes: &[Change]| changes.iter().map(Change::words).collect::<Vec<_>>().join(", ");
        let mut sentences = vec![format!("{}.", list(&self.better))];
        if !self.worse.is_empty() {
            sentences.push(format!("But {}.", list(&self.worse)));
        }
        sentences.extend(self.costs.iter().cloned());
        sentences
    }

    /// Compares two runs of the same length: what gets better and what gets worse by at least a tenth.
    pub fn compare(&mut self, before: &timeline::Outcome, after: &timeline::Outcome) {
        const LOOKED_AT: [&str; 7] = [
            "rebalances",
            "unowned-mean",
            "pause-longest",
            "standstill",
            "members-affected",
            "latency-max",
            "read-twice",
        ];
        for measure in LOOKED_AT {
            let (old, new) = (before.value(measure), after.value(measure));
            let (Some(was), Some(is)) = (old.amount(), new.amount()) else { continue };
            debug_assert!(find(measure).is_some_and(|measure| measure.better == Better::Lower));
            // What cannot be seen, or does not matter, is no change.
            let least = if matches!(old, Value::Count(_)) { 1 } else { 100_000_000 };
            let change = Change { measure, before: old.clone(), after: new.clone() };
            if was.abs_diff(is) < least.max(was / 10) {
                continue;
            }
            if is < was { self.better.push(change) } else { self.worse.push(change) }
        }
    }

    /// A measure that gets better, or worse.
    pub fn change(&self, measure: &str) -> Option<&Change> {
        self.better.iter().chain(&self.worse).find(|change| change.measure == measure)
    }
}
