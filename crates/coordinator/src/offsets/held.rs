//! The committed offset of one partition, and those that it followed.
//!
//! Contract: every change has a number, upwards over all partitions, and leaves behind what it changed for as long as
//! somebody may ask for it. So a move of the high watermark costs nothing for the offsets that it commits.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;

use protocol::Offset;

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedOffset {
    /// The next record to read.
    pub(crate) offset: Offset,
    /// What the committer added; the empty text is none. In a box: hardly anybody adds anything, and there is one of
    /// these for each partition.
    pub(crate) metadata: Option<Box<Arc<str>>>,
    /// When it was committed, ms.
    pub(crate) commit_timestamp_ms: i64,
}

/// A committed offset and the position of its record, which decides between a plain commit and one of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) record_offset: i64,
    pub(crate) value: CommittedOffset,
}

/// What a change has left of a partition: an offset, or none.
#[derive(Debug, Default)]
pub(crate) struct Held {
    number: u64,
    stored: Option<Stored>,
}

impl Held {
    /// The offset as it is.
    pub(crate) fn live(&self) -> Option<&Stored> {
        self.stored.as_ref()
    }
}

/// What a change has taken the place of. Without text: most are let go of unread.
#[derive(Clone, Copy, Debug)]
struct Former {
    number: u64,
    /// The next record to read, and when that was committed, ms.
    offset: Option<(Offset, i64)>,
}

/// The changes that are not committed yet.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The last change.
    last: u64,
    /// The last one that is committed.
    settled: u64,
    /// What each of those after it has changed.
    former: VecDeque<Former>,
    /// What committers had added to what these have changed, by the change; few add anything.
    texts: VecDeque<(u64, Arc<str>)>,
}

impl Changes {
    /// The number of the last change.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The number of the last change that is committed.
    pub(crate) fn settled(&self) -> u64 {
        self.settled
    }

    /// A partition has another offset, or none.
    #[inline(always)]
    pub(crate) fn make(&mut self, held: &mut Held, stored: Option<Stored>) {
        self.last += 1;
        let offset = held.live().map(|stored| (stored.value.offset, stored.value.commit_timestamp_ms));
        self.former.push_back(Former { number: held.number, offset });
        if let Some(text) = held.stored.as_mut().and_then(|stored| stored.value.metadata.take()) {
            self.texts.push_back((self.last, *text));
        }
        held.number = self.last;
        held.stored = stored;
    }

    /// The changes up to this one are committed.
    pub(crate) fn settle(&mut self, number: u64) {
        self.former.drain(..(number - self.settled) as usize);
        while self.texts.pop_front_if(|(change, _)| *change <= number).is_some() {}
        self.settled = number;
    }

    /// The offset of a partition as of the committed offset.
    pub(crate) fn committed(&self, held: &Held) -> Option<CommittedOffset> {
        if held.number <= self.settled {
            return held.live().map(|stored| stored.value.clone());
        }
        let before = |change: u64| self.former[(change - self.settled - 1) as usize];
        let mut change = held.number;
        while before(change).number > self.settled {
            change = before(change).number;
        }
        let (offset, commit_timestamp_ms) = before(change).offset?;
        let text = self.texts.binary_search_by_key(&change, |(change, _)| *change).ok();
        let metadata = text.map(|place| Box::new(self.texts[place].1.clone()));
        Some(CommittedOffset { offset, metadata, commit_timestamp_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Compares with the lists of all changes.
    #[test]
    fn what_is_committed_is_the_last_change_up_to_its_number() {
        let mut changes = Changes::default();
        let mut held = [Held::default(), Held::default(), Held::default()];
        let mut all: [Vec<(u64, Option<i64>)>; 3] = [[(0, None)].into(), [(0, None)].into(), [(0, None)].into()];
        for number in 1..300_u64 {
            let partition = (number * number % 7 % 3) as usize;
            let offset = (!number.is_multiple_of(5)).then_some(number as i64);
            let metadata = number.is_multiple_of(3).then(|| Box::new(Arc::from(alloc::format!("{number}"))));
            let value = |offset| CommittedOffset { offset: Offset(offset), metadata, commit_timestamp_ms: 0 };
            let stored = offset.map(|offset| Stored { record_offset: offset, value: value(offset) });
            changes.make(&mut held[partition], stored);
            all[partition].push((number, offset));
            if number.is_multiple_of(11) {
                changes.settle(number - number % 4);
            }
            for (held, all) in held.iter().zip(&all) {
                let (of, last) = *all.iter().rfind(|(number, _)| *number <= changes.settled()).expect("the first is 0");
                let committed = changes.committed(held);
                assert_eq!(committed.as_ref().map(|value| value.offset.0), last, "after {number}");
                let text = committed.and_then(|value| value.metadata);
                assert_eq!(text.is_some(), last.is_some() && of.is_multiple_of(3), "after {number}");
                assert!(text.is_none_or(|text| **text == *alloc::format!("{of}")), "after {number}");
                assert_eq!(held.live().map(|stored| stored.value.offset.0), all.last().and_then(|(_, offset)| *offset));
            }
        }
    }
}
