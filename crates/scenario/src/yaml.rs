//! From YAML text to a [`Node`], with bounds on what a file may make of itself.
//!
//! Contract: one document, a map on top; syntax errors end the reading (what follows one is guesswork), everything else
//! is collected. Aliases are replaced by copies that count against [`MAX_NODES`], so a file of a kilobyte cannot become
//! a gigabyte; merge keys (`<<`) fill in what a map does not say itself. Left out on purpose: tags, which mean nothing
//! here, and keys that are not plain words.

use std::collections::BTreeMap;

use serde_yaml::granit_parser::{self as parser, Event, Marker, Parser, ScalarStyle, Span};

use crate::diagnostic::{Report, shortened};
use crate::source::Position;
use crate::tree::{Entry, Node, Value};

/// How many values a file may hold, aliases replaced.
pub(crate) const MAX_NODES: usize = 100_000;
/// How deep maps and lists may be nested.
const MAX_DEPTH: usize = 40;

/// The tree that `text` says, or nothing after a syntax error. `file` is its number in [`crate::source::Sources`].
pub(crate) fn parse(text: &str, file: u16, report: &Report) -> Option<Node> {
    let options =
        parser::options! { emit_comments: false, flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    let mut builder = Builder { file, report, open: Vec::new(), anchors: BTreeMap::new(), nodes: 0, root: None };
    let mut documents = 0;
    for step in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match step {
            Ok(step) => step,
            Err(error) => {
                syntax_error(report, builder.position(*error.marker(), 1), error.kind(), text);
                return None;
            }
        };
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                let at = builder.position(span.start, 3);
                report.error(at, "a second YAML document begins here").label("one scenario a file").file();
                return None;
            }
        }
        builder.take(event, span)?;
    }
    let root = builder.root.unwrap_or(Node { at: Position::whole(file), value: Value::Null });
    if matches!(root.value, Value::Map(_)) {
        return Some(root);
    }
    let message = match root.value {
        Value::Null => "the file is empty".to_owned(),
        _ => format!("a scenario is a map of settings, and this is {}", root.kind()),
    };
    report.error(root.at, message).help("`rehearsal new NAME` writes a commented starter").file();
    None
}

/// What the parser found wrong, with the usual cause where there is one.
fn syntax_error(report: &Report, at: Position, kind: &parser::ErrorKind, text: &str) {
    let line = text.lines().nth(at.line.saturating_sub(1) as usize).unwrap_or("");
    let indent = line.len() - line.trim_start().len();
    let help = if line[..indent].contains('\t') {
        Some("YAML is indented with spaces; there is a tab".to_owned())
    } else if matches!(kind, parser::ErrorKind::RecursionLimitExceeded) {
        Some(format!("maps and lists may be nested {MAX_DEPTH} deep"))
    } else if matches!(kind, parser::ErrorKind::UnknownAnchor) {
        Some(
            "`*name` repeats what `&name` marked earlier; a text that begins with `*` is put in quotes: \"*\""
                .to_owned(),
        )
    } else if matches!(kind, parser::ErrorKind::ExpectedFlowMappingSeparator) && line.contains('{') {
        Some("a text with braces is put in quotes: \"{name}\"".to_owned())
    } else {
        None
    };
    report.error(at, format!("this is not YAML: {kind}")).maybe_help(help).file();
}

/// A map or list that is not finished.
struct Open {
    at: Position,
    anchor: usize,
    /// `nodes` when it was opened: the difference is its size.
    nodes_before: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Position>, key: Option<(String, Position)>, merges: Vec<Node> },
}

/// What an anchor stands for, and how many nodes that is.
struct Anchored {
    node: Node,
    nodes: usize,
}

struct Builder<'a> {
    file: u16,
    report: &'a Report,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    nodes: usize,
    root: Option<Node>,
}

impl Builder<'_> {
    fn position(&self, marker: Marker, length: usize) -> Position {
        let clamp = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (line, column) = (clamp(marker.line().max(1)), clamp(marker.col() + 1));
        Position { file: self.file, line, column, length: clamp(length.max(1)) }
    }

    /// The place of a span; one of several lines counts with its first.
    fn place(&self, span: Span) -> Position {
        let one_line = span.start.line() == span.end.line();
        self.position(span.start, if one_line { span.end.col().saturating_sub(span.start.col()) } else { 1 })
    }

    /// Takes one event; nothing if the file cannot be read on.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let at = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(at, tag.is_some());
                self.count(at, 1)?;
                let plain = style == ScalarStyle::Plain;
                let value = match &*text {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
                    _ => Value::Scalar { text: text.into_owned(), plain },
                };
                self.finish(Node { at, value }, anchor, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(at, tag.is_some());
                self.begin(at, anchor, OpenKind::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(at, tag.is_some());
                let kind = OpenKind::Map { entries: Vec::new(), seen: BTreeMap::new(), key: None, merges: Vec::new() };
                self.begin(at, anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => self.alias(at, id),
            _ => Some(()),
        }
    }

    fn refuse_tag(&self, at: Position, tagged: bool) {
        if tagged {
            self.report.error(at, "tags (`!…`) mean nothing in a scenario").label("write the value without one").file();
        }
    }

    fn count(&mut self, at: Position, nodes: usize) -> Option<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Some(());
        }
        let message = format!("the file says more than {MAX_NODES} values, repetitions by `*` included");
        self.report.error(at, message).help("members and events are counted or repeated, not listed one by one").file();
        None
    }

    fn begin(&mut self, at: Position, anchor: usize, kind: OpenKind) -> Option<()> {
        if let Some(Open { kind: OpenKind::Map { key: None, .. }, .. }) = self.open.last() {
            let error = self.report.error(at, "a key is a word, not a map or a list");
            error.help("a text with braces or brackets is put in quotes: \"{name}\"").file();
            return None;
        }
        let nodes_before = self.nodes;
        self.count(at, 1)?;
        self.open.push(Open { at, anchor, nodes_before, kind });
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let Open { at, anchor, nodes_before, kind } = self.open.pop().expect("the parser closes what it opened");
        let value = match kind {
            OpenKind::List(nodes) => Value::List(nodes),
            OpenKind::Map { mut entries, mut seen, merges, .. } => {
                for merged in merges.iter().flat_map(Node::elements) {
                    self.merge(merged, &mut entries, &mut seen);
                }
                Value::Map(entries)
            }
        };
        let size = self.nodes - nodes_before;
        self.finish(Node { at, value }, anchor, size)
    }

    /// `<<: *common`: what the map does not say itself.
    fn merge(&self, merged: &Node, entries: &mut Vec<Entry>, seen: &mut BTreeMap<String, Position>) {
        if !matches!(merged.value, Value::Map(_)) {
            let error = self.report.error(merged.at, format!("`<<` takes over a map, and this is {}", merged.kind()));
            error.label("expected a map, or a list of maps").file();
        }
        for entry in merged.entries() {
            if seen.insert(entry.key.clone(), entry.at).is_none() {
                entries.push(entry.clone());
            }
        }
    }

    fn alias(&mut self, at: Position, id: usize) -> Option<()> {
        let Some(Anchored { node, nodes }) = self.anchors.get(&id) else {
            self.report.error(at, "this repeats something that it is part of").label("a loop").file();
            return None;
        };
        let (value, nodes) = (node.value.clone(), *nodes);
        self.count(at, nodes)?;
        self.finish(Node { at, value }, 0, nodes)
    }

    /// Puts a finished node where it belongs. `nodes` is its size.
    fn finish(&mut self, node: Node, anchor: usize, nodes: usize) -> Option<()> {
        if anchor > 0 {
            self.count(node.at, nodes)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes });
        }
        let report = self.report;
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::List(list)) => list.push(node),
            Some(OpenKind::Map { entries, seen, key, merges }) => match key.take() {
                None => *key = Some(key_of(node, report)?),
                Some((name, _)) if name == "<<" => merges.push(node),
                Some((name, at)) => match seen.get(&name) {
                    Some(first) => {
                        let error = report.error(at, format!("`{}` is written twice", shortened(&name)));
                        error.label("again here").related(*first, "first here").file();
                    }
                    None => {
                        seen.insert(name.clone(), at);
                        entries.push(Entry { key: name, at, value: node });
                    }
                },
            },
        }
        Some(())
    }
}

/// A key's letters and place.
fn key_of(node: Node, report: &Report) -> Option<(String, Position)> {
    match node.value {
        Value::Scalar { text, .. } => Some((text, node.at)),
        Value::Null => {
            report.error(node.at, "a key is missing before this `:`").file();
            None
        }
        Value::List(_) | Value::Map(_) => {
            report.error(node.at, "a key is a word, not a map or a list").file();
            None
        }
    }
}
