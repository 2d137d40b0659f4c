//! Texts that go from hand to hand.

use alloc::string::String;
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

/// A text that cannot be changed. A clone copies nothing; where every client says the same, not even a counter is
/// touched. Two are equal if they read the same, wherever they come from.
#[derive(Clone)]
pub enum Text {
    /// Written in the program.
    Known(&'static str),
    /// Heard from somebody.
    Told(Arc<str>),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Known(text) => text,
            Self::Told(text) => text,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Told(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Told(text.into())
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn what_is_known_and_what_was_told_are_equal_if_they_read_the_same() {
        let (known, told) = (Text::Known("range"), Text::from("range"));
        assert_eq!(known, told);
        assert_eq!(known.cmp(&told), Ordering::Equal);
        assert!(known < Text::from(String::from("sticky")));
        assert_eq!(format!("{known:>7} {told:?}"), "  range \"range\"");
    }
}
