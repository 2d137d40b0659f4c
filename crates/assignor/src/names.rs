//! Finding live topics by name, by address first.
//!
//! Names that come from the same place share their text, so nearly every look-up is answered by the address of the
//! text. What the address does not answer is compared by letter; nothing depends on which way it went.

use alloc::vec;
use alloc::vec::Vec;

use protocol::TopicName;
use protocol::java::string_order;

use crate::group::LiveTopic;

/// Multiplicative hashing: 2⁶⁴ divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Whether two lists of names are the same.
pub(crate) fn are_same(a: &[TopicName], b: &[TopicName]) -> bool {
    let address = |name: &TopicName| name.as_str().as_ptr();
    // Several at a time: a jump for each would take longer than the comparison.
    let (a_parts, b_parts) = (a.chunks(8), b.chunks(8));
    let same_addresses = || {
        a_parts.zip(b_parts).all(|(a, b)| a.iter().zip(b).fold(true, |same, (a, b)| same & (address(a) == address(b))))
    };
    a.len() == b.len() && (core::ptr::eq(a, b) || same_addresses() || a == b)
}

/// Remembers numbers of names by the address of their text. A name has four neighbouring slots to go to; when they
/// are taken the first is taken over.
pub(crate) struct AddressCache {
    slots: Vec<(usize, u32)>,
}

impl Default for AddressCache {
    fn default() -> Self {
        Self { slots: vec![(Self::NOTHING, 0); Self::SLOTS_MIN] }
    }
}

impl AddressCache {
    const NOTHING: usize = 0;
    const SLOTS_MIN: usize = 16;
    const PROBES: usize = 4;

    /// Makes room for so many names.
    pub(crate) fn make_room_for(&mut self, names: usize) {
        let wanted = (names * 4).next_power_of_two();
        if wanted > self.slots.len() {
            let old = core::mem::replace(&mut self.slots, vec![(Self::NOTHING, 0); wanted]);
            for (address, number) in old.into_iter().filter(|&(address, _)| address != Self::NOTHING) {
                self.insert_address(address, number);
            }
        }
    }

    fn probes(&self, address: usize) -> impl Iterator<Item = usize> + use<> {
        let mixed = ((address as u64).wrapping_mul(GOLDEN) >> 32) as usize;
        let mask = self.slots.len() - 1;
        (0..Self::PROBES).map(move |step| (mixed + step) & mask)
    }

    /// The number last remembered for this very text.
    pub(crate) fn get(&self, name: &TopicName) -> Option<u32> {
        let address = name.as_str().as_ptr().addr();
        self.probes(address).map(|slot| self.slots[slot]).find(|&(held, _)| held == address).map(|(_, number)| number)
    }

    /// Remembers a number.
    pub(crate) fn insert(&mut self, name: &TopicName, number: u32) {
        self.insert_address(name.as_str().as_ptr().addr(), number);
    }

    fn insert_address(&mut self, address: usize, number: u32) {
        let mut probes = self.probes(address);
        let free = |slot: &usize| [Self::NOTHING, address].contains(&self.slots[*slot].0);
        if let Some(slot) = probes.find(free).or_else(|| self.probes(address).next()) {
            self.slots[slot] = (address, number);
        }
    }
}

/// Finds live topics by name.
pub(crate) struct TopicFinder<'g> {
    topics: &'g [LiveTopic<'g>],
    addresses: AddressCache,
    /// Numbers of topics by a hash of the text.
    texts: Vec<u32>,
}

impl<'g> TopicFinder<'g> {
    const ABSENT: u32 = u32::MAX;

    pub(crate) fn new(topics: &'g [LiveTopic<'g>]) -> Self {
        let mut addresses = AddressCache::default();
        addresses.make_room_for(topics.len());
        (0u32..).zip(topics).for_each(|(number, topic)| addresses.insert(topic.name, number));
        Self { topics, addresses, texts: Vec::new() }
    }

    /// The live topic of this name.
    pub(crate) fn find(&mut self, name: &TopicName) -> Option<u32> {
        let number = match self.addresses.get(name) {
            Some(number) => number,
            None => {
                let number = self.search(name.as_str().as_bytes()).unwrap_or(Self::ABSENT);
                self.addresses.insert(name, number);
                number
            }
        };
        (number != Self::ABSENT).then_some(number)
    }

    /// The live topic whose name is this text in UTF-8.
    pub(crate) fn find_text(&mut self, text: &[u8]) -> Option<u32> {
        if self.texts.is_empty() {
            self.texts = vec![Self::ABSENT; (self.topics.len() * 16).next_power_of_two().max(16)];
        }
        let slot = text_hash(text) as usize & (self.texts.len() - 1);
        let held = self.texts[slot];
        if self.topics.get(held as usize).is_some_and(|topic| topic.name.as_str().as_bytes() == text) {
            return Some(held);
        }
        let number = self.search(text)?;
        self.texts[slot] = number;
        Some(number)
    }

    fn search(&self, text: &[u8]) -> Option<u32> {
        // As Java reads it: what is not UTF-8 becomes the replacement character.
        let text = alloc::string::String::from_utf8_lossy(text);
        let found = self.topics.binary_search_by(|topic| string_order(topic.name.as_str(), &text)).ok()?;
        u32::try_from(found).ok()
    }
}

/// A hash of the length, the first and the last eight bytes; names that agree in all three are told apart by search.
fn text_hash(text: &[u8]) -> u64 {
    let word = |bytes: &[u8]| bytes.iter().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
    let first = word(&text[..text.len().min(8)]);
    let last = word(&text[text.len().saturating_sub(8)..]);
    (first.wrapping_mul(GOLDEN) ^ last ^ text.len() as u64).wrapping_mul(GOLDEN) >> 32
}
