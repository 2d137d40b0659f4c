//! What a member shall have.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use protocol::TopicId;

use super::draft::{set_order, topic_order};

/// Partitions by topic id, in the order of the record that stores them. The order matters: the assignors of the
/// coordinator fill Java's tables from it. Cheap to clone.
///
/// No topic is named twice and no partition of a topic either. A topic may come with no partitions (share groups leave
/// such).
#[derive(Clone, Default)]
pub struct TargetAssignment {
    /// Number of topics and of partitions; then per topic its id in four words, the number of its partitions, and
    /// these. Nothing at all if there are no topics.
    words: Option<Arc<[i32]>>,
}

/// Words before the first topic, and before the partitions of a topic.
const HEAD: usize = 2;
const TOPIC_HEAD: usize = 5;

impl TargetAssignment {
    /// Nothing.
    pub const fn new() -> Self {
        Self { words: None }
    }

    /// Topics with their partitions, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TopicId, &[i32])> {
        let mut rest = self.words.as_deref().map_or(&[][..], |words| &words[HEAD..]);
        core::iter::from_fn(move || {
            let (head, following) = rest.split_first_chunk::<TOPIC_HEAD>()?;
            let (partitions, following) = following.split_at(head[4] as usize);
            rest = following;
            Some((id(head), partitions))
        })
    }

    /// Topics with their partitions in the order in which they come out of the tables that are filled from the record.
    pub fn in_table_order(&self) -> Vec<(TopicId, Vec<i32>)> {
        let stored: Vec<_> = self.iter().collect();
        let topics = topic_order(self).into_iter().map(|position| stored[position as usize]);
        topics.map(|(topic, partitions)| (topic, set_order(partitions))).collect()
    }

    /// Number of topics.
    pub fn topics(&self) -> usize {
        self.words.as_ref().map_or(0, |words| words[0] as usize)
    }

    /// Number of partitions.
    pub fn len(&self) -> usize {
        self.words.as_ref().map_or(0, |words| words[1] as usize)
    }

    /// Whether there are no partitions.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both are the very same record, so that there is nothing to write. Equal ones that were made apart are
    /// not.
    pub fn is_same_record(&self, other: &Self) -> bool {
        match (&self.words, &other.words) {
            (Some(words), Some(others)) => Arc::ptr_eq(words, others),
            (words, others) => words.is_none() && others.is_none(),
        }
    }

    /// Whether both say the same, order aside (`Assignment.equals`).
    pub fn same_partitions(&self, other: &Self) -> bool {
        if self.topics() != other.topics() || self.len() != other.len() {
            return false;
        }
        if self == other {
            return true;
        }
        let sorted = |target: &Self| -> BTreeMap<TopicId, Vec<i32>> {
            let topics = target.iter().map(|(topic, partitions)| {
                let mut partitions = partitions.to_vec();
                partitions.sort_unstable();
                (topic, partitions)
            });
            topics.collect()
        };
        sorted(self) == sorted(other)
    }
}

fn id(head: &[i32; TOPIC_HEAD]) -> TopicId {
    let half = |high: i32, low: i32| i64::from(high) << 32 | i64::from(low.cast_unsigned());
    TopicId { high: half(head[0], head[1]), low: half(head[2], head[3]) }
}

const fn halves(half: i64) -> [i32; 2] {
    [(half >> 32) as i32, half as i32]
}

/// Equal are records with the same partitions in the same order.
impl PartialEq for TargetAssignment {
    fn eq(&self, other: &Self) -> bool {
        self.is_same_record(other) || self.words == other.words
    }
}

impl Eq for TargetAssignment {}

impl FromIterator<(TopicId, Vec<i32>)> for TargetAssignment {
    fn from_iter<I: IntoIterator<Item = (TopicId, Vec<i32>)>>(topics: I) -> Self {
        let mut writer = Writer::default();
        topics.into_iter().for_each(|(topic, partitions)| writer.push(topic, partitions.len(), partitions.into_iter()));
        writer.finish()
    }
}

impl fmt::Debug for TargetAssignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Writes one target assignment after the other into the same memory.
#[derive(Default)]
pub(super) struct Writer {
    words: Vec<i32>,
    topics: i32,
    partitions: i32,
}

impl Writer {
    /// Adds a topic that is not there yet, with its partitions, which are so many.
    #[inline]
    pub(super) fn push(&mut self, topic: TopicId, count: usize, partitions: impl Iterator<Item = i32>) {
        if self.words.is_empty() {
            self.words.extend([0; HEAD]);
        }
        let count = i32::try_from(count).expect("fewer partitions than numbers");
        let [id_0, id_1] = halves(topic.high);
        let [id_2, id_3] = halves(topic.low);
        self.words.reserve(TOPIC_HEAD + count as usize);
        self.words.extend_from_slice(&[id_0, id_1, id_2, id_3, count]);
        partitions.for_each(|partition| self.words.push(partition));
        self.topics += 1;
        self.partitions += count;
    }

    fn complete(&mut self) {
        if let Some(head) = self.words.first_chunk_mut::<HEAD>() {
            *head = [core::mem::take(&mut self.topics), core::mem::take(&mut self.partitions)];
        }
    }

    /// What was added since the last time.
    fn finish(&mut self) -> TargetAssignment {
        self.complete();
        let target = stored(&self.words);
        self.words.clear();
        target
    }

    /// What was added since the last time; if it says the same as `before`, that.
    pub(super) fn finish_after(&mut self, before: &TargetAssignment) -> TargetAssignment {
        self.complete();
        let target = stored_after(&self.words, before);
        self.words.clear();
        target
    }
}

fn stored(words: &[i32]) -> TargetAssignment {
    TargetAssignment { words: (!words.is_empty()).then(|| Arc::from(words)) }
}

/// The words as a record; if they say the same as `before`, that.
fn stored_after(words: &[i32], before: &TargetAssignment) -> TargetAssignment {
    if before.words.as_deref().unwrap_or_default() == words {
        return before.clone();
    }
    let target = stored(words);
    if target.same_partitions(before) { before.clone() } else { target }
}

/// Writes target assignments of the same topics with equally many neighbouring partitions of each, every one going on
/// where the one before ended: only the numbers change, all by as much as there are partitions of their topic.
#[derive(Default)]
pub(super) struct Row {
    words: Vec<i32>,
    /// What is added to each word from one to the next.
    steps: Vec<i32>,
}

impl Row {
    /// Begins a new row with these partitions; topics without any are left out.
    pub(super) fn begin(&mut self, topics: impl Iterator<Item = (TopicId, Range<u32>)>) {
        let mut writer = Writer { words: core::mem::take(&mut self.words), ..Writer::default() };
        writer.words.clear();
        self.steps.clear();
        for (id, run) in topics.filter(|(_, run)| !run.is_empty()) {
            let count = run.len();
            writer.push(id, count, run.map(u32::cast_signed));
            self.steps.resize(writer.words.len() - count, 0);
            self.steps.resize(writer.words.len(), count as i32);
        }
        writer.complete();
        self.words = writer.words;
    }

    /// Whether there are no partitions.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The next target assignment; if it says the same as `before`, that.
    pub(super) fn take_after(&mut self, before: &TargetAssignment) -> TargetAssignment {
        let target = stored_after(&self.words, before);
        self.words.iter_mut().zip(&self.steps).for_each(|(word, step)| *word = word.wrapping_add(*step));
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn what_is_written_is_read_again() {
        let topics = [
            (TopicId { high: i64::MIN + 5, low: -1 }, vec![3, -1, 7]),
            (TopicId { high: 0x0123_4567_89AB_CDEF, low: 0x7FFF_FFFF_8000_0000 }, vec![]),
            (TopicId { high: -2, low: 1 << 31 }, vec![0]),
        ];
        let target: TargetAssignment = topics.iter().cloned().collect();
        assert_eq!((target.topics(), target.len()), (3, 4));
        assert!(target.iter().eq(topics.iter().map(|(topic, partitions)| (*topic, &partitions[..]))));
        assert_eq!(TargetAssignment::new().iter().count(), 0);
        assert!(TargetAssignment::new().is_empty());
    }

    #[test]
    fn order_makes_another_record_but_not_other_partitions() {
        let (a, b) = (TopicId { high: 0, low: 1 }, TopicId { high: 0, low: 2 });
        let one: TargetAssignment = [(a, vec![1, 2]), (b, vec![])].into_iter().collect();
        let other: TargetAssignment = [(b, vec![]), (a, vec![2, 1])].into_iter().collect();
        let fewer: TargetAssignment = [(a, vec![1, 2])].into_iter().collect();
        assert_ne!(one, other);
        assert!(one.same_partitions(&other));
        assert!(!one.same_partitions(&fewer), "an empty topic counts");
        let mut writer = Writer::default();
        writer.push(b, 0, core::iter::empty());
        writer.push(a, 2, [2, 1].into_iter());
        assert!(writer.finish_after(&one).is_same_record(&one));
        writer.push(a, 2, [2, 1].into_iter());
        assert!(!writer.finish_after(&one).is_same_record(&one));
    }

    #[test]
    fn a_row_goes_on_where_it_ended_and_leaves_out_topics_without_partitions() {
        let (a, b, c) = (TopicId { high: 0, low: 1 }, TopicId { high: -1, low: 2 }, TopicId { high: 0, low: 3 });
        let mut row = Row::default();
        row.begin([(a, 0..2), (b, 5..5), (c, 7..8)].into_iter());
        let nothing = TargetAssignment::new();
        let taken = [(); 3].map(|()| row.take_after(&nothing));
        let expected = |first, third| [(a, vec![first, first + 1]), (c, vec![third])].into_iter().collect();
        assert_eq!(taken, [expected(0, 7), expected(2, 8), expected(4, 9)]);
        row.begin([(a, 6..7)].into_iter());
        let before: TargetAssignment = [(a, vec![6])].into_iter().collect();
        assert!(row.take_after(&before).is_same_record(&before));
        row.begin([(a, 7..7)].into_iter());
        assert!(row.is_empty());
    }
}
