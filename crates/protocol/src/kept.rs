//! Texts that are kept for good: one copy of each, however often it is named.
//!
//! Contract: what is kept is never given back, so this is for names that a scenario or a recording gives: a few for
//! each member at most, and the same ones in every run. What a run makes up (ids of members) does not belong here.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use core::ops::Deref;

use spin::Mutex;

static ALL: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A text that lives as long as the process. There is one copy of it, so two are equal if they stand at one address.
#[derive(Clone, Copy)]
pub(crate) struct Kept(&'static str);

impl From<&str> for Kept {
    fn from(text: &str) -> Self {
        let mut all = ALL.lock();
        if let Some(kept) = all.get(text) {
            return Self(kept);
        }
        let kept: &'static str = Box::leak(text.into());
        all.insert(kept);
        Self(kept)
    }
}

impl Deref for Kept {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.0, other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_copy_of_each_text() {
        let [one, same, other, nothing] = ["orders", "orders", "order", ""].map(Kept::from);
        assert!(one == same && one != other && other != nothing && nothing == Kept::from(""));
        assert_eq!((&*one, &*other, &*nothing), ("orders", "order", ""));
    }
}
