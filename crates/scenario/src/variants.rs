//! `compare:` and `matrix:`: from one file to the scenarios that it stands for.
//!
//! Contract: every variant is a whole scenario, the base with its overlays; the order is that of the file, matrix axes
//! turning like digits, the last one fastest. The number of variants is bounded before anything is built.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::diagnostic::{Report, shortened};
use crate::kafka;
use crate::merge::{overlay, without};
use crate::schema::{Object, Shape};
use crate::source::Position;
use crate::tree::{Entry, Node, Value};
use crate::word::either;

/// Most variants of one file.
pub(crate) const MAX_VARIANTS: usize = 1_000;

/// Most values of all variants together.
const MAX_SIZE: usize = 5_000_000;

/// The name of the only variant of a file that compares nothing.
const ONLY: &str = "scenario";

/// What a variant may not override, because it is about the whole file.
pub(crate) const OF_THE_WHOLE: [&str; 7] =
    ["question", "story", "reproduces", "include", "compare", "matrix", "expect"];

/// One scenario of a file.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    /// Its name.
    pub(crate) name: String,
    /// What is laid over the base, in order.
    overlays: Vec<Rc<Node>>,
    /// Whether all of it can be laid over a scenario.
    pub(crate) is_sound: bool,
}

/// All scenarios of a file.
pub(crate) struct Variants {
    base: Node,
    /// The variants, in order.
    pub(crate) list: Vec<Variant>,
    /// Whether there would be more, or others, if all of them could be read.
    pub(crate) incomplete: bool,
}

impl Variants {
    /// A variant as a whole. It is made when it is asked for, so that a thousand of them are never there at once.
    pub(crate) fn whole(&self, variant: &Variant) -> Node {
        variant.overlays.iter().fold(self.base.clone(), |node, over| overlaid(&node, over))
    }
}

/// A value of an axis: what it is called, and what it lays over the scenario.
#[derive(Clone, Debug)]
struct Choice {
    name: String,
    overlay: Rc<Node>,
    is_sound: bool,
}

/// The scenarios that a file stands for.
pub(crate) fn expand(root: &Node, report: &Report) -> Variants {
    let mut variants = match root.get("compare").filter(|entry| !entry.value.is_null()) {
        Some(compare) => compared(compare, report),
        None => vec![Variant { name: String::new(), overlays: Vec::new(), is_sound: true }],
    };
    let mut incomplete = variants.is_empty();
    if let Some(matrix) = root.get("matrix").filter(|entry| !entry.value.is_null()) {
        let (axes, is_whole) = axes(matrix, report);
        incomplete |= !is_whole;
        let total = axes.iter().try_fold(variants.len(), |total, axis| total.checked_mul(axis.len()));
        if total.is_none_or(|total| total > MAX_VARIANTS) {
            let error = report.error(matrix.at, format!("these are more than {MAX_VARIANTS} combinations"));
            error.label("too many").help("leave out values, or run parts of the matrix by themselves").file();
            variants.truncate(1);
            incomplete = true;
        } else {
            variants = axes.iter().fold(variants, |variants, axis| turned(&variants, axis));
            // What could not be read might have told them apart.
            if !incomplete {
                check_names(&variants, matrix, report);
            }
        }
    }
    for variant in &mut variants {
        if variant.name.is_empty() {
            ONLY.clone_into(&mut variant.name);
        }
    }
    let base = without(root, &OF_THE_WHOLE);
    let size = base.size().saturating_mul(variants.len());
    if size > MAX_SIZE {
        let error = report
            .error(root.at, format!("this file stands for {} variants of {} values each", variants.len(), base.size()));
        error.label("more than can be read").help("put fewer variants into one file").file();
        variants.clear();
        incomplete = true;
    }
    Variants { base, list: variants, incomplete }
}

/// The variants of `compare:`.
fn compared(compare: &Entry, report: &Report) -> Vec<Variant> {
    let Value::Map(entries) = &compare.value.value else {
        let error = report.error(
            compare.value.at,
            format!("`compare` is a map of variants by name, and this is {}", compare.value.kind()),
        );
        error.help("for example `compare: {eager: {…}, cooperative: {…}}`").file();
        return Vec::new();
    };
    if entries.is_empty() || entries.len() > MAX_VARIANTS {
        report
            .error(compare.at, format!("`compare` has 1 to {MAX_VARIANTS} variants, and this has {}", entries.len()))
            .file();
        return Vec::new();
    }
    let mut variants = Vec::new();
    for entry in entries {
        let is_sound = check_overlay(&format!("variant `{}`", shortened(&entry.key)), &entry.value, report);
        check_name(entry, report);
        variants.push(Variant { name: entry.key.clone(), overlays: vec![Rc::new(entry.value.clone())], is_sound });
    }
    variants
}

/// An overlay of nothing leaves the base as it is.
fn overlaid(base: &Node, over: &Node) -> Node {
    if over.is_null() { base.clone() } else { overlay(base, over) }
}

/// Names are for tables and file names.
fn check_name(entry: &Entry, report: &Report) {
    let length = entry.key.chars().count();
    if entry.key.trim().is_empty() || length > 60 || entry.key.chars().any(char::is_control) {
        report.error(entry.at, "a variant's name is 1 to 60 characters on one line").label("it heads a column").file();
    }
    if entry.key == "all" {
        report.error(entry.at, "a variant cannot be called `all`").label("`expect:` means every variant by it").file();
    }
}

/// Names that a matrix puts together tell its variants apart, unless they have commas of their own.
fn check_names(variants: &[Variant], matrix: &Entry, report: &Report) {
    let mut names = BTreeSet::new();
    if let Some(twice) = variants.iter().find(|variant| !names.insert(&*variant.name)) {
        let error = report.error(matrix.at, format!("two variants are called `{}`", shortened(&twice.name)));
        error.label("variants have names of their own").file();
    }
}

/// Whether something can be laid over a scenario at all; what is in it is checked when the whole is read.
fn check_overlay(what: &str, node: &Node, report: &Report) -> bool {
    let is_sound = matches!(node.value, Value::Map(_) | Value::Null);
    if !is_sound {
        let error = report.error(node.at, format!("{what} is a piece of scenario, and this is {}", node.kind()));
        error.label("expected a map such as `{members: {…}}`").file();
    }
    for entry in node.entries().iter().filter(|entry| OF_THE_WHOLE.contains(&&*entry.key)) {
        let error = report.error(entry.at, format!("`{}` is about the whole file, not about one variant", entry.key));
        error.label("move it to the top").file();
    }
    is_sound
}

/// The axes of `matrix:` that could be read, and whether those are all.
fn axes(matrix: &Entry, report: &Report) -> (Vec<Vec<Choice>>, bool) {
    let Value::Map(entries) = &matrix.value.value else {
        let error = report
            .error(matrix.value.at, format!("`matrix` is a map of settings, and this is {}", matrix.value.kind()));
        error.help("for example `matrix: {session.timeout.ms: [6000, 45000]}`").file();
        return (Vec::new(), false);
    };
    let read = entries.iter().map(|entry| axis(entry, report));
    let axes: Vec<_> = read.filter(|choices| !choices.is_empty()).collect();
    let is_whole = axes.len() == entries.len();
    (axes, is_whole)
}

/// One axis: a setting with a list of values, or overlays by name.
fn axis(entry: &Entry, report: &Report) -> Vec<Choice> {
    match &entry.value.value {
        Value::List(values) if values.is_empty() => {
            report.error(entry.value.at, format!("`{}` has no values to try", shortened(&entry.key))).file();
            Vec::new()
        }
        Value::List(values) => {
            let Some(path) = path(&entry.key) else {
                let error =
                    report.error(entry.at, format!("`{}` is not a setting that can be varied", shortened(&entry.key)));
                error.label("unknown").help(path_help(&entry.key)).file();
                return Vec::new();
            };
            let (mut choices, mut tried) = (Vec::new(), BTreeMap::new());
            for value in values {
                let name = format!("{}={}", entry.key, name_of(value));
                if let Some(first) = tried.insert(name.clone(), value.at) {
                    let error = report.error(value.at, format!("`{name}` is tried twice"));
                    error.label("variants have names of their own").related(first, "and here").file();
                    continue;
                }
                choices.push(Choice { name, overlay: Rc::new(nested(&path, entry.at, value)), is_sound: true });
            }
            choices
        }
        Value::Map(overlays) if !overlays.is_empty() => {
            let mut choices = Vec::new();
            for over in overlays {
                let is_sound = check_overlay(&format!("`{}`", shortened(&over.key)), &over.value, report);
                check_name(over, report);
                choices.push(Choice { name: over.key.clone(), overlay: Rc::new(over.value.clone()), is_sound });
            }
            choices
        }
        _ => {
            let error = report.error(
                entry.value.at,
                format!("`{}` needs a list of values, or variants by name", shortened(&entry.key)),
            );
            error.label("expected something like `[6000, 45000]`").file();
            Vec::new()
        }
    }
}

/// Every variant with every choice.
fn turned(variants: &[Variant], axis: &[Choice]) -> Vec<Variant> {
    let mut turned = Vec::new();
    for variant in variants {
        for choice in axis {
            let name = if variant.name.is_empty() {
                choice.name.clone()
            } else {
                format!("{}, {}", variant.name, choice.name)
            };
            let mut overlays = variant.overlays.clone();
            overlays.push(Rc::clone(&choice.overlay));
            turned.push(Variant { name, overlays, is_sound: variant.is_sound && choice.is_sound });
        }
    }
    turned
}

/// A value in a name.
fn name_of(value: &Node) -> String {
    match &value.value {
        Value::Null => "default".to_owned(),
        Value::Scalar { text, .. } => shortened(text),
        Value::List(values) => values.iter().map(name_of).collect::<Vec<_>>().join("+"),
        Value::Map(entries) => {
            entries.iter().map(|entry| format!("{} {}", entry.key, name_of(&entry.value))).collect::<Vec<_>>().join(" ")
        }
    }
}

/// `value` under a path of keys.
fn nested(path: &[&str], at: Position, value: &Node) -> Node {
    let mut node = value.clone();
    for key in path.iter().rev() {
        let entry = Entry { key: (*key).to_owned(), at, value: node };
        node = Node { at, value: Value::Map(vec![entry]) };
    }
    node
}

/// The keys that lead to a setting: `session.timeout.ms` is one of the members', `members.count` says so itself.
/// Kafka's names have points in them and ours have not, so the first word that is not ours is the rest.
fn path(name: &str) -> Option<Vec<&str>> {
    if kafka::find(kafka::CONSUMER, name).is_some() {
        return Some(vec!["members", name]);
    }
    if kafka::find(kafka::BROKER, name).is_some() {
        return Some(vec!["broker", name]);
    }
    let mut path = Vec::new();
    let mut object: &'static Object = &crate::schema::SCENARIO;
    let mut rest = name;
    loop {
        let (head, tail) = rest.split_once('.').map_or((rest, None), |(head, tail)| (head, Some(tail)));
        let key = object.key(head).filter(|key| !OF_THE_WHOLE.contains(&key.name) && key.name != "events")?;
        path.push(head);
        let Some(tail) = tail else { return Some(path) };
        match inner(&key.shape) {
            Some(inner) if inner.key(tail.split('.').next()?).is_some() => (object, rest) = (inner, tail),
            // One of Kafka's configs, or a name of the user's own.
            _ => {
                path.push(tail);
                return Some(path);
            }
        }
    }
}

/// The map that a shape may be.
fn inner(shape: &'static Shape) -> Option<&'static Object> {
    match shape {
        Shape::Object(object) | Shape::Objects(object) => Some(object),
        Shape::Either(shapes) => shapes.iter().find_map(inner),
        _ => None,
    }
}

/// What can be varied.
fn path_help(written: &str) -> String {
    let known = kafka::CONSUMER.iter().map(|config| config.name).chain(kafka::BROKER.iter().map(|config| config.name));
    let ours = crate::schema::SCENARIO
        .keys
        .iter()
        .map(|key| key.name)
        .filter(|name| !OF_THE_WHOLE.contains(name) && *name != "events");
    crate::word::did_you_mean(written, known).unwrap_or_else(|| {
        format!(
            "a config of Kafka's, or a path that begins with {}; or variants by name instead of a list",
            either(ours)
        )
    })
}
