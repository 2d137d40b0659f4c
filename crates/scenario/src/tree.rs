//! What a YAML file says, as a tree in which everything knows its place.
//!
//! Contract: scalars keep the letters that were written, because only the reader of a key knows whether `4.3` is a
//! number or a version; aliases and merge keys are already replaced by what they stand for.

use crate::source::Position;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// Where it begins.
    pub(crate) at: Position,
    /// What it is.
    pub(crate) value: Value,
}

/// What a node can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// Text as it was written.
    Scalar {
        /// The letters.
        text: String,
        /// Whether it stood without quotes, so that `true` is a truth and `5` a number.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order in which it was written; no key twice.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key's letters.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) at: Position,
    /// The value.
    pub(crate) value: Node,
}

impl Node {
    /// The value under `key`, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries, if this is a map.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The letters, if this is a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether there is nothing here.
    pub(crate) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The elements of a list; a value that is no list counts as a list of one.
    pub(crate) fn elements(&self) -> &[Node] {
        match &self.value {
            Value::List(nodes) => nodes,
            _ => std::slice::from_ref(self),
        }
    }

    /// How many values it holds, itself included.
    pub(crate) fn size(&self) -> usize {
        match &self.value {
            Value::Null | Value::Scalar { .. } => 1,
            Value::List(nodes) => 1 + nodes.iter().map(Self::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
        }
    }

    /// What it is, in a word, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
