//! `expect:`: what must come out of a run.
//!
//! Contract: an expectation names a measure of [`timeline::MEASURES`] and bounds it; `happens` names what must happen
//! at least once, so that no scenario passes by missing its point. Everything is checked against the outcome alone.
//! Left out on purpose: bounds that refer to another variant.

use std::collections::BTreeSet;

use coordinator::{ClassicGroupState, ConsumerGroupState};
use protocol::SimDuration;
use timeline::Outcome;
use timeline::measure::{self, MEASURES, Measure, Unit, Value as Measured};

use crate::diagnostic::{Report, shortened};
use crate::source::Position;
use crate::tree::{Entry, Node, Value};
use crate::unit;
use crate::variants::{Variant, Variants};
use crate::word::{did_you_mean, either};

/// What is expected of one variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    bounds: Vec<Bound>,
    marks: Vec<(String, Position)>,
}

/// A measure and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    /// The measure's id.
    measure: &'static str,
    relation: Relation,
    limit: Limit,
    at: Position,
}

/// How a measure must relate to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// The relations as they are written, longer ones first where one begins like another.
const RELATIONS: [(&str, Relation); 7] = [
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("==", Relation::Equal),
    ("!=", Relation::Unequal),
    ("<", Relation::Less),
    (">", Relation::More),
    ("=", Relation::Equal),
];

/// What a measure is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Limit {
    Count(u64),
    Duration(SimDuration),
    Text(String),
}

impl Expectations {
    /// Whether nothing is expected.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty() && self.marks.is_empty()
    }

    /// Files everything that is not as expected.
    pub(crate) fn check(&self, outcome: &Outcome, report: &Report) {
        for bound in &self.bounds {
            let value = outcome.value(bound.measure);
            if !bound.holds(value) {
                let message =
                    format!("`{}`, seed {}: {} is {}", outcome.name, outcome.seed, bound.measure, show(value));
                report.error(bound.at, message).label("not as expected").file();
            }
        }
        for (mark, at) in &self.marks {
            if outcome.marks.get(mark).copied().unwrap_or(0) == 0 {
                let happened =
                    either(outcome.marks.iter().filter(|(_, times)| **times > 0).map(|(mark, _)| mark.as_str()));
                let error =
                    report.error(*at, format!("`{}`, seed {}: `{mark}` never happened", outcome.name, outcome.seed));
                error.label("expected at least once").help(format!("what happened: {happened}")).file();
            }
        }
    }
}

impl Bound {
    fn holds(&self, value: &Measured) -> bool {
        let ordering = match (value, &self.limit) {
            (Measured::Text(text), Limit::Text(limit)) => text.as_str().cmp(limit.as_str()),
            (value, Limit::Count(limit)) => match value.amount() {
                Some(amount) => amount.cmp(limit),
                None => return false,
            },
            (value, Limit::Duration(limit)) => match value.amount() {
                Some(amount) => amount.cmp(&limit.as_nanos()),
                None => return false,
            },
            (_, Limit::Text(_)) => return false,
        };
        match self.relation {
            Relation::Equal => ordering.is_eq(),
            Relation::Unequal => ordering.is_ne(),
            Relation::Less => ordering.is_lt(),
            Relation::AtMost => ordering.is_le(),
            Relation::More => ordering.is_gt(),
            Relation::AtLeast => ordering.is_ge(),
        }
    }
}

fn show(value: &Measured) -> String {
    match value {
        Measured::Unknown => "unknown".to_owned(),
        Measured::Count(count) => count.to_string(),
        Measured::Share(hundredths) => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
        Measured::Duration(length) | Measured::PartitionTime(length) => length.to_string(),
        Measured::Text(text) => text.clone(),
    }
}

/// What is expected of each variant, in order.
pub(crate) fn read(root: &Node, all: &Variants, report: &Report) -> Vec<Expectations> {
    let variants = &all.list;
    let mut expectations = vec![Expectations::default(); variants.len()];
    let Some(entry) = root.get("expect").filter(|entry| !entry.value.is_null()) else { return expectations };
    let Value::Map(entries) = &entry.value.value else {
        let error =
            report.error(entry.value.at, format!("`expect` is a map by variant, and this is {}", entry.value.kind()));
        error.help("for example `expect: {all: {double-owned: 0}}`").file();
        return expectations;
    };
    for entry in entries {
        let meant: Vec<usize> = (0..variants.len()).filter(|place| means(&entry.key, &variants[*place].name)).collect();
        if meant.is_empty() && is_measure(&entry.key) {
            without_variant(entry, report);
            continue;
        }
        // If some variants could not be read, this may be one of those.
        if meant.is_empty() && !all.incomplete {
            unknown_variant(entry, variants, report);
        }
        let expected = of_variant(entry, report);
        for place in meant {
            expectations[place].bounds.extend(expected.bounds.iter().cloned());
            expectations[place].marks.extend(expected.marks.iter().cloned());
        }
    }
    expectations
}

/// Whether a key of `expect:` means a variant: by its name, by one of the parts that a matrix made it of, or by `all`.
fn means(key: &str, variant: &str) -> bool {
    key == "all" || key == variant || variant.split(", ").any(|part| part == key)
}

/// Whether a key stands where only a variant's name can, and is what stands under one.
fn is_measure(key: &str) -> bool {
    measure::find(key).is_some() || key == "happens"
}

fn without_variant(entry: &Entry, report: &Report) {
    let name = shortened(&entry.key);
    let error = report.error(entry.at, format!("`{name}` is a measure, and `expect` begins with variants"));
    error.label("for which variant?").help(format!("write `all: {{{name}: …}}` for all of them")).file();
    of_measure(entry, report);
}

fn unknown_variant(entry: &Entry, variants: &[Variant], report: &Report) {
    let names = || variants.iter().map(|variant| variant.name.as_str());
    let name = shortened(&entry.key);
    let error = report.error(entry.at, format!("there is no variant `{name}`"));
    let help = did_you_mean(&entry.key, names().chain(["all"]));
    error.label(format!("expected `all` or {}", either(names().take(10)))).maybe_help(help).file();
}

/// What stands under one variant.
fn of_variant(entry: &Entry, report: &Report) -> Expectations {
    let mut expected = Expectations::default();
    if !matches!(entry.value.value, Value::Map(_)) {
        let error = report.error(
            entry.value.at,
            format!("`{}` is a map of measures, and this is {}", shortened(&entry.key), entry.value.kind()),
        );
        error.label("expected something like `{rebalances: 0}`").file();
    }
    for entry in entry.value.entries() {
        let of_this = of_measure(entry, report);
        expected.bounds.extend(of_this.bounds);
        expected.marks.extend(of_this.marks);
    }
    expected
}

/// What stands under one measure.
fn of_measure(entry: &Entry, report: &Report) -> Expectations {
    let mut expected = Expectations::default();
    if entry.key == "happens" {
        expected.marks = marks(entry, report);
    } else if let Some(measure) = measure::find(&entry.key) {
        expected.bounds = bounds(measure, entry, report);
    } else {
        let known = || MEASURES.iter().map(|measure| measure.id).chain(["happens"]);
        let error = report.error(entry.at, format!("there is no measure `{}`", shortened(&entry.key)));
        let help = did_you_mean(&entry.key, known())
            .unwrap_or_else(|| format!("there are {}", known().collect::<Vec<_>>().join(", ")));
        error.label("unknown").help(help).file();
    }
    expected
}

/// What must happen at least once.
fn marks(entry: &Entry, report: &Report) -> Vec<(String, Position)> {
    let mut marks = Vec::new();
    for node in entry.value.elements() {
        match node.text() {
            Some(text) if !text.trim().is_empty() => marks.push((text.trim().to_owned(), node.at)),
            _ => report.error(node.at, "`happens` takes names of what happens").file(),
        }
    }
    marks
}

/// The bounds of one measure: `0`, `"< 10s"`, `">= 27s, < 35s"`.
fn bounds(measure: &'static Measure, entry: &Entry, report: &Report) -> Vec<Bound> {
    let Some(text) = crate::fields::single(entry, report) else { return Vec::new() };
    let at = entry.value.at;
    let mut bounds = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        let (relation, rest) = RELATIONS
            .iter()
            .find_map(|(sign, relation)| part.strip_prefix(sign).map(|rest| (*relation, rest.trim())))
            .unwrap_or((Relation::Equal, part));
        if measure.unit == Unit::Word && !matches!(relation, Relation::Equal | Relation::Unequal) {
            let error = report.error(at, format!("`{}` is a word, and words are not more or less", measure.id));
            error.label("expected `=` or `!=`").file();
            continue;
        }
        let limit = match measure.unit {
            Unit::Count(_) => unit::count(rest).map(Limit::Count),
            Unit::Share => unit::share(rest).map(Limit::Count),
            Unit::Duration | Unit::PartitionTime => unit::duration(rest).map(Limit::Duration),
            Unit::Word if is_state(rest) => Ok(Limit::Text(rest.to_owned())),
            Unit::Word => {
                unknown_state(rest, at, report);
                continue;
            }
        };
        match limit {
            Ok(limit) => bounds.push(Bound { measure: measure.id, relation, limit, at }),
            Err(refusal) => {
                let error = report.error(at, format!("`{}` cannot be compared with `{}`", measure.id, shortened(part)));
                let example = match measure.unit {
                    Unit::Count(_) => "0, or \">= 3\"",
                    Unit::Share => "\">= 99.5 %\"",
                    Unit::Duration | Unit::PartitionTime => "\"< 10s\"",
                    Unit::Word => "Stable",
                };
                error.label(refusal).help(format!("write for example `{}: {example}`", measure.id)).file();
            }
        }
    }
    if !can_hold(&bounds) {
        let error = report.error(at, format!("`{}` can never be `{}`", measure.id, shortened(text)));
        error.label("no value is all of this").file();
    }
    bounds
}

/// The states that a group can be described in; the only measure that is a word is one of them.
fn states() -> impl Iterator<Item = &'static str> {
    let classic = ClassicGroupState::ALL.into_iter().map(ClassicGroupState::name);
    let consumer = ConsumerGroupState::ALL.into_iter().map(ConsumerGroupState::name);
    classic.chain(consumer.filter(|name| !ClassicGroupState::ALL.iter().any(|state| state.name() == *name)))
}

fn is_state(word: &str) -> bool {
    states().any(|state| state == word)
}

fn unknown_state(word: &str, at: Position, report: &Report) {
    let error = report.error(at, format!("a group is never `{}`", shortened(word)));
    error.label(format!("expected {}", either(states()))).maybe_help(did_you_mean(word, states())).file();
}

/// Whether some value is within all bounds.
fn can_hold(bounds: &[Bound]) -> bool {
    let (mut least, mut most, mut not) = (0_u64, u64::MAX, BTreeSet::new());
    for bound in bounds {
        let limit = match &bound.limit {
            Limit::Count(limit) => *limit,
            Limit::Duration(limit) => limit.as_nanos(),
            // Words are as good as numbers: the same one is the same number.
            Limit::Text(word) => states().take_while(|state| state != word).count() as u64,
        };
        let (low, high) = match bound.relation {
            Relation::Equal => (Some(limit), Some(limit)),
            Relation::Unequal => {
                not.insert(limit);
                continue;
            }
            Relation::Less => (Some(0), limit.checked_sub(1)),
            Relation::AtMost => (Some(0), Some(limit)),
            Relation::More => (limit.checked_add(1), Some(u64::MAX)),
            Relation::AtLeast => (Some(limit), Some(u64::MAX)),
        };
        let (Some(low), Some(high)) = (low, high) else { return false };
        (least, most) = (least.max(low), most.min(high));
    }
    least <= most && not.range(least..=most).count() as u64 <= most - least
}
