//! Things with an identity of their own: a key finds its thing until that is removed, and nothing afterwards.
//!
//! Kafka's handlers keep references to objects that may meanwhile have left the maps that knew them; a [`Key`] is
//! such a reference. Room is reused, identities are not.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU32;

/// The identity of a thing in an [`Arena`] of `T`.
pub(crate) struct Key<T> {
    index: u32,
    life: NonZeroU32,
    of: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// A small number that no other thing has at the same time.
    pub(crate) fn index(self) -> usize {
        self.index as usize
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.life == other.life
    }
}

impl<T> Eq for Key<T> {}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.index, self.life)
    }
}

#[derive(Debug)]
struct Place<T> {
    life: NonZeroU32,
    thing: Option<T>,
}

/// A set of things, each found by its key in constant time.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Arena<T> {
    /// Takes `thing` in and gives its key.
    pub(crate) fn insert(&mut self, thing: T) -> Key<T> {
        self.insert_with(|_| thing)
    }

    /// Takes in a thing that knows its own key.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(Key<T>) -> T) -> Key<T> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { life: NonZeroU32::MIN, thing: None });
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 things at a time")
        });
        let place = &mut self.places[index as usize];
        let key = Key { index, life: place.life, of: PhantomData };
        place.thing = Some(make(key));
        key
    }

    /// The thing, if it is still here.
    pub(crate) fn get(&self, key: Key<T>) -> Option<&T> {
        self.places
            .get(key.index as usize)
            .filter(|place| place.life == key.life)
            .and_then(|place| place.thing.as_ref())
    }

    /// The thing to change, if it is still here.
    pub(crate) fn get_mut(&mut self, key: Key<T>) -> Option<&mut T> {
        self.places
            .get_mut(key.index as usize)
            .filter(|place| place.life == key.life)
            .and_then(|place| place.thing.as_mut())
    }

    /// Removes the thing and gives it, if it was still here.
    pub(crate) fn remove(&mut self, key: Key<T>) -> Option<T> {
        let place = self.places.get_mut(key.index as usize).filter(|place| place.life == key.life)?;
        let thing = place.thing.take()?;
        place.life = place.life.checked_add(1).unwrap_or(NonZeroU32::MIN);
        self.free.push(key.index);
        Some(thing)
    }

    /// Number of things.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_find_what_later_takes_the_room_of_its_thing() {
        let mut arena = Arena::default();
        let first = arena.insert('a');
        assert_eq!(arena.remove(first), Some('a'));
        let second = arena.insert('b');
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.remove(first), None);
        assert_eq!(arena.get(second), Some(&'b'));
        assert_eq!(arena.len(), 1);
    }
}
