//! What a scenario may say: the shape of the language, as data.
//!
//! Contract: [`SCENARIO`] is the whole language (its tables are in `language`), [`ASSIGNMENT`] that of files for
//! `rehearsal assign`. Unknown words, JSON Schema,
//! the reference and `explain-plan` are all read off these tables, and the readers in `resolve` can only ask
//! for keys that stand here, in the shape that stands here: a table that drifts from the reader fails every test.
//! Kafka's configs are in [`crate::kafka`].

pub use crate::language::{ASSIGNMENT, SCENARIO};

/// A map with known keys.
#[derive(Debug)]
pub struct Object {
    /// What it is called in messages and in the reference.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Which of Kafka's configs may stand among them.
    pub kafka: Kafka,
    /// If exactly one of the keys must be there: those keys.
    pub one_of: &'static [&'static str],
}

/// Which of Kafka's configs may stand in a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kafka {
    /// None.
    No,
    /// Those of a consumer.
    Consumer,
    /// Those of a broker.
    Broker,
    /// Those of a group.
    Group,
}

/// A key of an [`Object`].
#[derive(Debug)]
pub struct Key {
    /// The word.
    pub name: &'static str,
    /// What may stand under it.
    pub shape: Shape,
    /// What holds if it is not written.
    pub default: Default,
    /// What it means, in a line or two.
    pub doc: &'static str,
    /// Other words for it that people are likely to try.
    pub otherwise: &'static [&'static str],
}

/// What holds if a key is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// This, read like something written.
    Value(&'static str),
    /// Something that depends on the rest; how, in words.
    Depends(&'static str),
    /// It must be written; the help says what for.
    Required(&'static str),
    /// Nothing.
    Nothing,
}

/// What may stand under a key.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Text.
    Text,
    /// A whole number between two bounds, both included.
    Count(u64, u64),
    /// A length of time: `45s`.
    Duration,
    /// A length of time that may be drawn anew each time: `5s`, `{uniform: [1s, 3s]}`.
    Drawn,
    /// So many in a length of time: `500/s`.
    Rate,
    /// A size: `2KiB`.
    Size,
    /// One of these words.
    Word(&'static [Word]),
    /// Members by name: `web-3`, `web-*`, `all`, `first 3`, `random 3 of web-*`, or a list of such.
    Members,
    /// Text, or a list of texts.
    Texts,
    /// A map with these keys.
    Object(&'static Object),
    /// A map with these keys, or a list of such maps.
    Objects(&'static Object),
    /// A map with names of the user's own as keys; its values have this shape.
    Map(&'static Shape),
    /// Either of these shapes.
    Either(&'static [Shape]),
    /// Any part of a scenario, to be laid over the whole.
    Overlay,
    /// Values of one setting to be tried one after the other, or overlays by name.
    Axis,
    /// What is expected of a run, by measure.
    Expectations,
    /// Nothing: the key says it all.
    Nothing,
    /// A part of the language that is not simulated yet.
    Later(&'static str),
}

/// A word that may be a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Whether it is simulated.
    pub modelled: bool,
}

impl Object {
    /// The key of this name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// Every map of the language of scenarios, from the top down, each once.
pub fn objects() -> Vec<&'static Object> {
    objects_under(&SCENARIO)
}

/// A map and every map under it, from the top down, each once.
pub fn objects_under(top: &'static Object) -> Vec<&'static Object> {
    let mut found: Vec<&'static Object> = vec![top];
    let mut next = 0;
    while let Some(object) = found.get(next) {
        for key in object.keys {
            gather(&key.shape, &mut found);
        }
        next += 1;
    }
    found
}

/// Adds the maps that a shape leads to.
fn gather(shape: &'static Shape, found: &mut Vec<&'static Object>) {
    match shape {
        Shape::Object(object) | Shape::Objects(object) if found.iter().any(|known| std::ptr::eq(*known, *object)) => {}
        Shape::Object(object) | Shape::Objects(object) => found.push(object),
        Shape::Map(inner) => gather(inner, found),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| gather(shape, found)),
        _ => {}
    }
}
