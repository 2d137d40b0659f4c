//! Reading a map key by key, against its table.
//!
//! Contract: a reader asks for keys that stand in the [`Object`]'s table, in the shape that stands there; asking for
//! anything else panics, so table and reader cannot drift apart. Whatever is wrong is reported and answered with the
//! default, so that one mistake hides no other. Every value that is read leaves a line for `explain-plan`.

use std::cell::RefCell;

use engine::Distribution;
use protocol::SimDuration;
use simulation::plan::Rate;

use crate::diagnostic::{Report, shortened};
use crate::drawn;
use crate::explain::{Explained, Origin};
use crate::kafka::{self, Setting};
use crate::schema::{Default, Kafka, Key, Object, Shape, Word};
use crate::source::Position;
use crate::tree::{Entry, Node, Value};
use crate::unit;
use crate::word::{did_you_mean, either};

/// What all readers of one variant share.
pub(crate) struct Context<'a> {
    /// Where mistakes go.
    pub(crate) report: &'a Report,
    /// Where values come from.
    pub(crate) explained: RefCell<Vec<Explained>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        Self { report, explained: RefCell::new(Vec::new()) }
    }

    /// Notes where a value comes from.
    pub(crate) fn explain(&self, path: String, value: impl Into<String>, origin: Origin) {
        self.explained.borrow_mut().push(Explained { path, value: value.into(), origin });
    }
}

/// A map that is being read.
pub(crate) struct Fields<'a> {
    object: &'static Object,
    /// The map itself.
    pub(crate) node: &'a Node,
    /// Where it is, as a path of keys; empty at the top.
    pub(crate) path: String,
    /// What all readers share.
    pub(crate) context: &'a Context<'a>,
}

/// A word or a text, and where it stands; nowhere if it is a default.
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) at: Option<Position>,
}

impl<'a> Fields<'a> {
    /// Begins to read `node` as an `object`: says which keys it does not know, and that it is no map if it is none.
    pub(crate) fn open(
        object: &'static Object,
        node: &'a Node,
        path: impl Into<String>,
        context: &'a Context<'a>,
    ) -> Option<Self> {
        let fields = Self { object, node, path: path.into(), context };
        match &node.value {
            Value::Map(entries) => {
                for entry in entries.iter().take_while(|_| !fields.report().is_long()) {
                    fields.check_key(entry);
                }
                fields.check_choice(entries);
                Some(fields)
            }
            // `broker:` with nothing under it is an empty map.
            Value::Null => Some(fields),
            Value::Scalar { .. } | Value::List(_) => {
                let expected = either(object.keys.iter().take(4).map(|key| key.name));
                let error =
                    fields.report().error(node.at, format!("{} is a map, and this is {}", object.name, node.kind()));
                let count = node.text().filter(|text| object.key("count").is_some() && unit::count(text).is_ok());
                let help = count.map(|count| format!("write `{{count: {count}}}`"));
                error.label(format!("expected keys such as {expected}")).maybe_help(help).file();
                None
            }
        }
    }

    /// A map whose keys have been checked: one put together from checked ones.
    pub(crate) fn checked(object: &'static Object, node: &'a Node, path: String, context: &'a Context<'a>) -> Self {
        Self { object, node, path, context }
    }

    /// Where mistakes go.
    pub(crate) fn report(&self) -> &'a Report {
        self.context.report
    }

    /// Says what is wrong with a key, if anything is.
    fn check_key(&self, entry: &Entry) {
        let report = self.report();
        if let Some(Key { shape: Shape::Later(what), name, .. }) = self.object.key(&entry.key) {
            let error = report.error(entry.at, format!("`{name}` is not simulated yet"));
            error.label(format!("{what}: planned")).help("remove it to run the scenario without it").file();
        } else if self.object.key(&entry.key).is_none() && !self.is_kafka(&entry.key) {
            let name = shortened(&entry.key);
            let error = report.error(entry.at, format!("{} has no key `{name}`", self.object.name));
            error.label(self.known_keys(&entry.key)).maybe_help(crate::lookup::suggest(self.object, &entry.key)).file();
        }
    }

    /// What could stand instead of an unknown key.
    fn known_keys(&self, written: &str) -> String {
        match self.object.kafka {
            Kafka::Consumer if written.contains('.') => "Kafka's consumer has no config of this name".to_owned(),
            Kafka::Broker if written.contains('.') => "Kafka's broker has no config of this name".to_owned(),
            Kafka::Group if written.contains('.') => "Kafka's groups have no config of this name".to_owned(),
            _ => "unknown key".to_owned(),
        }
    }

    /// Whether the word is one of Kafka's configs that may stand here.
    fn is_kafka(&self, name: &str) -> bool {
        match self.object.kafka {
            Kafka::No => false,
            Kafka::Consumer => kafka::find(kafka::CONSUMER, name).is_some() || kafka::is_security(name),
            Kafka::Broker => kafka::find(kafka::BROKER, name).is_some() || kafka::is_of_a_broker(name),
            Kafka::Group => kafka::find(kafka::GROUP, name).is_some(),
        }
    }

    /// Exactly one of the keys that exclude each other.
    fn check_choice(&self, entries: &[Entry]) {
        let mut chosen = entries.iter().filter(|entry| self.object.one_of.contains(&entry.key.as_str()));
        let Some(first) = chosen.next() else {
            if !self.object.one_of.is_empty() && entries.iter().all(|entry| self.object.key(&entry.key).is_some()) {
                let modelled = self
                    .object
                    .one_of
                    .iter()
                    .filter(|name| self.object.key(name).is_some_and(|key| !matches!(key.shape, Shape::Later(_))));
                let error = self.report().error(self.node.at, format!("{} needs one more key", self.object.name));
                error.label("one of these is missing").help(format!("write {}", either(modelled.copied()))).file();
            }
            return;
        };
        for second in chosen {
            let error =
                self.report().error(second.at, format!("`{}` and `{}` exclude each other", first.key, second.key));
            error.label("one too many").related(first.at, "the other one").file();
        }
    }

    /// The table's line for a key.
    fn key(&self, name: &str) -> &'static Key {
        self.object.key(name).unwrap_or_else(|| panic!("{} has no key `{name}` in its table", self.object.name))
    }

    /// The path of a key in this map.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Notes the value of a key, and whether it was written.
    pub(crate) fn explain(&self, name: &str, value: impl Into<String>, at: Option<Position>) {
        let origin = match (at, self.key(name).default) {
            (Some(at), _) => Origin::Written(at),
            (None, Default::Depends(how)) => Origin::Depends(how),
            (None, _) => Origin::Default,
        };
        self.context.explain(self.path_of(name), value, origin);
    }

    /// What is written under a key; nothing if it is absent or `null`. Says so if it must be there and is not.
    pub(crate) fn entry(&self, name: &str) -> Option<&'a Entry> {
        let key = self.key(name);
        let found = self.node.get(name).filter(|entry| !entry.value.is_null() || matches!(key.shape, Shape::Nothing));
        // Who wrote another word for it is told so there.
        let said_otherwise = || self.node.entries().iter().any(|entry| key.otherwise.contains(&&*entry.key));
        if let (None, Default::Required(help)) = (found, key.default)
            && !said_otherwise()
            && !self.report().is_partial()
        {
            let message = format!("{} needs `{name}`", self.object.name);
            let error = match self.node.get(name) {
                Some(nothing) => self.report().error(nothing.at, message).label("there is nothing under it"),
                None => self.report().error(self.node.at, message).label(format!("`{name}` is missing")),
            };
            error.help(help).file();
        }
        found
    }

    /// Whether the key is written.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.key(name);
        self.node.get(name).is_some_and(|entry| !entry.value.is_null())
    }

    /// Whether one of Kafka's configs is written.
    pub(crate) fn has_kafka(&self, name: &str) -> bool {
        self.node.get(name).is_some_and(|entry| !entry.value.is_null())
    }

    /// The text under a key, or its default.
    pub(crate) fn text(&self, name: &str) -> Option<Located<String>> {
        debug_assert!(accepts(&self.key(name).shape, &Shape::Text), "{name} is a text in its table");
        match self.entry(name) {
            Some(entry) => {
                let text = single(entry, self.report())?.to_owned();
                self.explain(name, text.trim(), Some(entry.value.at));
                Some(Located { value: text, at: Some(entry.value.at) })
            }
            None => self.default(name).map(|text| {
                self.explain(name, text, None);
                Located { value: text.to_owned(), at: None }
            }),
        }
    }

    /// The default's letters, if there is one.
    fn default(&self, name: &str) -> Option<&'static str> {
        match self.key(name).default {
            Default::Value(text) => Some(text),
            Default::Depends(_) | Default::Required(_) | Default::Nothing => None,
        }
    }

    /// The texts under a key: one, or a list.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<(String, Position)>> {
        debug_assert!(accepts(&self.key(name).shape, &Shape::Texts), "{name} is a list of texts in its table");
        let entry = self.entry(name)?;
        let mut texts = Vec::new();
        for element in entry.value.elements() {
            match element.text() {
                Some(text) => texts.push((text.to_owned(), element.at)),
                None => self
                    .report()
                    .error(element.at, format!("`{name}` takes names, and this is {}", element.kind()))
                    .file(),
            }
        }
        Some(texts)
    }

    /// The whole number under a key, or its default.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        let bounds = count_bounds(&self.key(name).shape).unwrap_or_else(|| panic!("{name} is a number in its table"));
        match self.entry(name) {
            Some(entry) => {
                let value = count(&format!("`{name}`"), bounds, &entry.value, self.report())?;
                self.explain(name, value.to_string(), Some(entry.value.at));
                Some(value)
            }
            None => self.default(name).map(|text| {
                self.explain(name, text, None);
                unit::count(text).expect("the table's defaults are well-formed")
            }),
        }
    }

    /// The length of time under a key, or its default.
    pub(crate) fn duration(&self, name: &str) -> Option<SimDuration> {
        debug_assert!(matches!(self.key(name).shape, Shape::Duration), "{name} is a length of time in its table");
        match self.entry(name) {
            Some(entry) => {
                let value = duration(&format!("`{name}`"), &entry.value, self.report())?;
                self.explain(name, value.to_string(), Some(entry.value.at));
                Some(value)
            }
            None => self.default(name).map(|text| {
                self.explain(name, text, None);
                unit::duration(text).expect("the table's defaults are well-formed")
            }),
        }
    }

    /// The length of time under a key, which may be drawn, or its default.
    pub(crate) fn drawn(&self, name: &str) -> Option<Distribution> {
        debug_assert!(accepts(&self.key(name).shape, &Shape::Drawn), "{name} may be drawn in its table");
        match self.entry(name) {
            Some(entry) => {
                let value = drawn::read(&format!("`{name}`"), &entry.value, self.report())?;
                self.explain(name, drawn::show(&value), Some(entry.value.at));
                Some(value)
            }
            None => self.default(name).map(|text| {
                self.explain(name, text, None);
                let length = unit::duration(text).expect("the table's defaults are well-formed");
                Distribution::Fixed(length.as_nanos())
            }),
        }
    }

    /// The rate under a key, or its default, in millionths a second.
    pub(crate) fn rate(&self, name: &str) -> Option<u64> {
        debug_assert!(accepts(&self.key(name).shape, &Shape::Rate), "{name} is a rate in its table");
        let entry = self.entry(name);
        let text = entry.map_or_else(|| self.default(name), |entry| single(entry, self.report()))?;
        self.explain(name, text.trim(), entry.map(|entry| entry.value.at));
        match entry {
            Some(entry) => rate(&format!("`{name}`"), &entry.value, self.report()),
            None => unit::rate(text).ok(),
        }
    }

    /// The size under a key, or its default, in bytes.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        debug_assert!(accepts(&self.key(name).shape, &Shape::Size), "{name} is a size in its table");
        let entry = self.entry(name);
        let text = entry.map_or_else(|| self.default(name), |entry| single(entry, self.report()))?;
        self.explain(name, text.trim(), entry.map(|entry| entry.value.at));
        match (unit::size(text), entry) {
            (Ok(bytes), _) => Some(bytes),
            (Err(refusal), Some(entry)) => {
                let message = format!("`{name}` cannot be `{}`", shortened(text));
                self.report().error(entry.value.at, message).label(refusal).file();
                None
            }
            (Err(refusal), None) => panic!("the default of {name}: {refusal}"),
        }
    }

    /// The word under a key, or its default.
    pub(crate) fn word(&self, name: &str) -> Option<Located<&'static str>> {
        let words = words_of(&self.key(name).shape).unwrap_or_else(|| panic!("{name} is a word in its table"));
        let Some(entry) = self.entry(name) else {
            let text = self.default(name)?;
            self.explain(name, text, None);
            return Some(Located { value: text, at: None });
        };
        let word = word(&format!("`{name}`"), words, &entry.value, self.report())?;
        self.explain(name, word, Some(entry.value.at));
        Some(Located { value: word, at: Some(entry.value.at) })
    }

    /// The map under a key, open.
    pub(crate) fn object(&self, name: &str) -> Option<Fields<'a>> {
        let object = match self.key(name).shape {
            Shape::Object(object) | Shape::Objects(object) => object,
            Shape::Either(shapes) => shapes
                .iter()
                .find_map(|shape| if let Shape::Object(object) = shape { Some(*object) } else { None })
                .unwrap_or_else(|| panic!("{name} may be a map in its table")),
            _ => panic!("{name} is a map in its table"),
        };
        Fields::open(object, &self.entry(name)?.value, self.path_of(name), self.context)
    }

    /// The map under a key, open; an empty one if it is not written, so that its defaults hold.
    pub(crate) fn object_or_default(&self, name: &str) -> Option<Fields<'a>> {
        static EMPTY: Node = Node { at: Position { file: 0, line: 0, column: 0, length: 0 }, value: Value::Null };
        let Shape::Object(object) = self.key(name).shape else { panic!("{name} is a map in its table") };
        let node = self.entry(name).map_or(&EMPTY, |entry| &entry.value);
        Fields::open(object, node, self.path_of(name), self.context)
    }

    /// Kafka's configs in this map, read; for each also where it stands.
    pub(crate) fn kafka<T>(
        &self,
        table: &'static [kafka::Config<T>],
    ) -> Vec<(&'static kafka::Config<T>, Setting, Position)> {
        let mut settings = Vec::new();
        for entry in self.node.entries() {
            match kafka::find(table, &entry.key) {
                Some(_) if entry.value.is_null() => {}
                Some(config) => {
                    if let Some(setting) = kafka::read(config, entry, self.report()) {
                        settings.push((config, setting, entry.value.at));
                    }
                }
                None if self.object.key(&entry.key).is_none() && self.is_kafka(&entry.key) => {
                    let warning =
                        self.report().warning(entry.at, format!("`{}` changes nothing in a simulation", entry.key));
                    warning.label("Kafka's, but without bearing on groups").file();
                }
                None => {}
            }
        }
        settings
    }
}

/// Whether a table's shape is, or may be, this shape.
fn accepts(shape: &Shape, wanted: &Shape) -> bool {
    match shape {
        Shape::Either(shapes) => shapes.iter().any(|shape| accepts(shape, wanted)),
        shape => std::mem::discriminant(shape) == std::mem::discriminant(wanted),
    }
}

/// The bounds of a number.
fn count_bounds(shape: &Shape) -> Option<(u64, u64)> {
    match shape {
        Shape::Count(least, most) => Some((*least, *most)),
        Shape::Either(shapes) => shapes.iter().find_map(count_bounds),
        _ => None,
    }
}

/// The words that may stand under a key.
fn words_of(shape: &Shape) -> Option<&'static [Word]> {
    match shape {
        Shape::Word(words) => Some(words),
        Shape::Either(shapes) => shapes.iter().find_map(words_of),
        _ => None,
    }
}

/// The letters of a single value.
pub(crate) fn single<'a>(entry: &'a Entry, report: &Report) -> Option<&'a str> {
    let text = entry.value.text();
    if text.is_none() {
        let error = report
            .error(entry.value.at, format!("`{}` takes a single value, and this is {}", entry.key, entry.value.kind()));
        let braces = matches!(entry.value.value, Value::Map(_))
            .then(|| "a text with braces is put in quotes: \"{name}\"".to_owned());
        error.maybe_help(braces).file();
    }
    text
}

/// A whole number within bounds. `what` is what it is the value of.
pub(crate) fn count(what: &str, (least, most): (u64, u64), node: &Node, report: &Report) -> Option<u64> {
    let Some(text) = node.text() else {
        report.error(node.at, format!("{what} is a whole number, and this is {}", node.kind())).file();
        return None;
    };
    match unit::count(text) {
        Ok(value) if value < least => {
            report.error(node.at, format!("{what} is {least} or more")).label("too small").file();
            None
        }
        Ok(value) if value > most => {
            report.error(node.at, format!("{what} is {most} at most")).label("more than a scenario may have").file();
            None
        }
        Ok(value) => Some(value),
        Err(refusal) => {
            report.error(node.at, format!("{what} cannot be `{}`", shortened(text))).label(refusal).file();
            None
        }
    }
}

/// A length of time.
pub(crate) fn duration(what: &str, node: &Node, report: &Report) -> Option<SimDuration> {
    let Some(text) = node.text() else {
        report
            .error(node.at, format!("{what} is a length of time, and this is {}", node.kind()))
            .label("expected something like `45s`")
            .file();
        return None;
    };
    match unit::duration(text) {
        Ok(length) => Some(length),
        Err(refusal) => {
            report.error(node.at, format!("{what} cannot be `{}`", shortened(text))).label(refusal).file();
            None
        }
    }
}

/// So many in a length of time, in millionths a second.
pub(crate) fn rate(what: &str, node: &Node, report: &Report) -> Option<u64> {
    let Some(text) = node.text() else {
        let error = report.error(node.at, format!("{what} is a rate, and this is {}", node.kind()));
        error.label("expected something like `500/s`").file();
        return None;
    };
    let refusal = match unit::rate(text) {
        Ok(micros) if micros <= Rate::MAX.as_micros() => return Some(micros),
        Ok(_) => {
            format!("more than {} a second, the most that a producer may write", Rate::MAX.as_micros() / 1_000_000)
        }
        Err(refusal) => refusal,
    };
    report.error(node.at, format!("{what} cannot be `{}`", shortened(text))).label(refusal).file();
    None
}

/// One of a few words.
pub(crate) fn word(what: &str, words: &'static [Word], node: &Node, report: &Report) -> Option<&'static str> {
    let known = || words.iter().filter(|word| word.modelled).map(|word| word.name);
    let Some(text) = node.text() else {
        let error = report.error(node.at, format!("{what} is a word, and this is {}", node.kind()));
        error.label(format!("expected {}", either(known()))).file();
        return None;
    };
    match words.iter().find(|word| word.name == text.trim()) {
        Some(word) if word.modelled => Some(word.name),
        Some(word) => {
            let error = report.error(node.at, format!("{what}: `{}` is not simulated yet", word.name));
            error.label(format!("there is {}", either(known()))).help(word.doc).file();
            None
        }
        None => {
            let error = report.error(node.at, format!("{what} cannot be `{}`", shortened(text)));
            error.label(format!("expected {}", either(known()))).maybe_help(did_you_mean(text, known())).file();
            None
        }
    }
}
