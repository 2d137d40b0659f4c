//! Scenario files: YAML with Kafka's own config names, resolved to plans.
//!
//! | module | what lives there |
//! |---|---|
//! | [`schema`] | the language as data: keys, shapes, defaults, what each means |
//! | [`kafka`] | Kafka's own configs as data: names, defaults, bounds, what is simulated |
//! | [`source`] | the files of a scenario, and places in them |
//! | [`json_schema`], [`mod@reference`] | the language for editors, and for people |
//! | [`expect`] | what must come out of a run |
//! | [`diagnostic`] | what is wrong, where, and what to do about it |
//! | [`explain`] | where each value of a plan comes from |
//! | [`assignment`] | groups whose partitions are to be shared out |
//! | `what_if` | [`what_if()`]: a variant with something laid over it |
//! | [`recorded`] | recordings of real groups as scenarios |
//!
//! The way of a scenario: bytes, text (`source`), tree with places (`yaml`), included files in place (`files`),
//! variants (`variants`), and each of those read against the tables (`resolve`) to a [`Plan`].
//!
//! Contract: [`load`] gives plans or all that is wrong, never half of either, and opens no file by itself. Hostile
//! input is refused early: size, nesting, aliases, counts and the number of variants are bounded. Left out on purpose:
//! running anything, and printing beyond plain text.

pub mod assignment;
pub mod diagnostic;
mod drawn;
pub mod expect;
pub mod explain;
mod fields;
mod files;
pub mod json_schema;
pub mod kafka;
mod language;
mod lookup;
mod merge;
pub mod recorded;
pub mod reference;
mod resolve;
pub mod schema;
pub mod source;
mod tree;
mod unit;
mod variants;
mod what_if;
mod word;
mod yaml;

use simulation::Plan;
use timeline::Outcome;

pub use diagnostic::{Coloured, Diagnostic, Diagnostics, Severity};
pub use expect::Expectations;
pub use explain::{Explained, Origin};
pub use source::{Files, MAX_FILE_BYTES, Sources};
pub use what_if::{Overlay, what_if};
pub use word::nearest;

use diagnostic::Report;
use files::Reader;
use tree::Node;

/// A scenario file, resolved: a question and the plans whose outcomes answer it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The question.
    pub question: Option<String>,
    /// Where it comes from.
    pub story: Option<String>,
    /// Documents that are rehearsed, and what of each.
    pub reproduces: Vec<(String, String)>,
    /// The variants, in order; at least one.
    pub variants: Vec<Variant>,
    /// What is allowed and probably not meant. None of it is an error.
    pub warnings: Diagnostics,
}

impl Comparison {
    /// What is not as expected in these outcomes, each held to the variant of its name; nothing wrong if there are no
    /// errors.
    pub fn check(&self, outcomes: &[Outcome]) -> Diagnostics {
        let report = Report::default();
        for outcome in outcomes {
            for variant in self.variants.iter().filter(|variant| variant.plan.name == outcome.name) {
                variant.expectations.check(outcome, &report);
            }
        }
        Diagnostics { list: report.into_list(), sources: self.warnings.sources.clone() }
    }
}

/// One variant of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What is run; its name is the variant's.
    pub plan: Plan,
    /// Where its values come from.
    pub explained: Vec<Explained>,
    /// What must come out.
    pub expectations: Expectations,
}

/// Loads the scenario at `path`. `seed` overrules the one that is written.
///
/// # Errors
/// Everything that is wrong with it, if anything is.
pub fn load(path: &str, files: &dyn Files, seed: Option<u64>) -> Result<Comparison, Diagnostics> {
    comparison(seed, files, |reader| reader.read(path, None))
}

/// Loads a scenario from its text; `name` stands for its path. It can include nothing.
///
/// # Errors
/// Everything that is wrong with it, if anything is.
pub fn load_text(name: &str, text: &str, seed: Option<u64>) -> Result<Comparison, Diagnostics> {
    comparison(seed, &NoFiles, |reader| reader.read_bytes(name, text.as_bytes().to_vec()))
}

/// No files at all.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str, _limit: usize) -> Result<Vec<u8>, String> {
        Err("a text by itself can include nothing".to_owned())
    }
}

/// Reads a scenario.
fn comparison(
    seed: Option<u64>,
    files: &dyn Files,
    root: impl FnOnce(&mut Reader<'_>) -> Option<Node>,
) -> Result<Comparison, Diagnostics> {
    let resolve = |root: &Node, report: &Report| Some(resolve(root, seed, report));
    let (comparison, warnings) = read(files, root, resolve)?;
    Ok(Comparison { warnings, ..comparison })
}

/// Reads a tree and makes of it what can be made; with it comes what is allowed and probably not meant.
fn read<T>(
    files: &dyn Files,
    root: impl FnOnce(&mut Reader<'_>) -> Option<Node>,
    resolve: impl FnOnce(&Node, &Report) -> Option<T>,
) -> Result<(T, Diagnostics), Diagnostics> {
    let report = Report::default();
    let mut sources = Sources::default();
    let root = root(&mut Reader { files, sources: &mut sources, report: &report, open: Vec::new() });
    let resolved = root.and_then(|root| resolve(&root, &report));
    let diagnostics = Diagnostics { list: report.into_list(), sources };
    match resolved {
        Some(resolved) if !diagnostics.has_errors() => Ok((resolved, diagnostics)),
        _ => Err(diagnostics),
    }
}

/// Most members of all variants together: bounds the memory that plans take.
const MAX_MEMBERS_IN_ALL: usize = 300_000;
/// Most events of all variants together.
const MAX_EVENTS_IN_ALL: usize = 2_000_000;

/// What can be made of a tree; warnings are in the report.
fn resolve(root: &Node, seed: Option<u64>, report: &Report) -> Comparison {
    let text = |key: &str| {
        let entry = root.get(key).filter(|entry| !entry.value.is_null())?;
        fields::single(entry, report).map(|text| text.trim().to_owned())
    };
    let (question, story) = (text("question"), text("story"));
    let expanded = variants::expand(root, report);
    let expected = expect::read(root, &expanded, report);
    let mut variants = Vec::new();
    let (mut members, mut events) = (0, 0);
    for (variant, expectations) in expanded.list.iter().zip(expected) {
        // What cannot be laid over anything has been said, and what would be missing without it is no mistake.
        let whole = variant.is_sound.then(|| expanded.whole(variant));
        let resolved = whole.and_then(|whole| resolve::plan(&variant.name, &whole, seed, report));
        if let Some(resolved) = resolved {
            members += resolved.plan.members.len();
            events += resolved.plan.events.len();
            variants.push(Variant { plan: resolved.plan, explained: resolved.explained, expectations });
        }
        if members > MAX_MEMBERS_IN_ALL || events > MAX_EVENTS_IN_ALL {
            let message = "the variants are too large together";
            let bound = format!("{MAX_MEMBERS_IN_ALL} members and {MAX_EVENTS_IN_ALL} events in all are allowed");
            report.error(root.at, message).label(bound).help("run some of them by themselves").file();
        }
        // More of the same would only be more to read.
        if report.is_long() || members > MAX_MEMBERS_IN_ALL || events > MAX_EVENTS_IN_ALL {
            break;
        }
    }
    Comparison { question, story, reproduces: reproduces(root, report), variants, warnings: Diagnostics::default() }
}

/// Documents, and what of each is rehearsed.
fn reproduces(root: &Node, report: &Report) -> Vec<(String, String)> {
    let Some(entry) = root.get("reproduces").filter(|entry| !entry.value.is_null()) else { return Vec::new() };
    if !matches!(entry.value.value, tree::Value::Map(_)) {
        let error = report.error(entry.value.at, format!("`reproduces` is a map, and this is {}", entry.value.kind()));
        error.help("write the document and what of it: `reproduces: {seed 001: three consumers, one killed}`").file();
    }
    let entries = entry.value.entries().iter();
    entries.filter_map(|entry| Some((entry.key.clone(), fields::single(entry, report)?.trim().to_owned()))).collect()
}
