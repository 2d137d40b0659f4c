//! Lists of partitions that go from hand to hand.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use crate::id::TopicPartition;

/// A list of partitions that many may share: an assignment is handed on from the leader's plan to the last commit of
/// what it gave. A clone is a counter; the empty list, which members have in hand in every rebalance, is not even that.
#[derive(Clone, Default)]
pub struct Partitions(Option<Arc<[TopicPartition]>>);

impl Partitions {
    /// Whether both are one and the same list: what is known of one then holds for the other.
    fn is_shared_with(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// The list, to change; a copy of its own first, if others share it.
    pub fn make_mut(&mut self) -> &mut [TopicPartition] {
        self.0.as_mut().map_or(&mut [], Arc::make_mut)
    }

    /// The same partitions, sorted by topic and number: this very list, if it is sorted.
    pub fn into_sorted(mut self) -> Self {
        if !self.is_sorted() {
            self.make_mut().sort_unstable();
        }
        self
    }
}

impl Deref for Partitions {
    type Target = [TopicPartition];

    fn deref(&self) -> &[TopicPartition] {
        match &self.0 {
            Some(list) => list,
            None => &[],
        }
    }
}

impl From<Arc<[TopicPartition]>> for Partitions {
    fn from(list: Arc<[TopicPartition]>) -> Self {
        Self((!list.is_empty()).then_some(list))
    }
}

impl From<Vec<TopicPartition>> for Partitions {
    fn from(list: Vec<TopicPartition>) -> Self {
        Self((!list.is_empty()).then(|| list.into()))
    }
}

impl From<&[TopicPartition]> for Partitions {
    fn from(list: &[TopicPartition]) -> Self {
        Self((!list.is_empty()).then(|| list.into()))
    }
}

impl<const COUNT: usize> From<[TopicPartition; COUNT]> for Partitions {
    fn from(list: [TopicPartition; COUNT]) -> Self {
        Self((COUNT > 0).then(|| list.into()))
    }
}

impl FromIterator<TopicPartition> for Partitions {
    fn from_iter<I: IntoIterator<Item = TopicPartition>>(partitions: I) -> Self {
        Self::from(partitions.into_iter().collect::<Arc<[TopicPartition]>>())
    }
}

impl<'a> IntoIterator for &'a Partitions {
    type Item = &'a TopicPartition;
    type IntoIter = core::slice::Iter<'a, TopicPartition>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Partitions {
    fn eq(&self, other: &Self) -> bool {
        self.is_shared_with(other) || **self == **other
    }
}

impl Eq for Partitions {}

impl fmt::Debug for Partitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn partition(number: i32) -> TopicPartition {
        TopicPartition::new("orders".into(), number)
    }

    #[test]
    fn no_partitions_are_no_list() {
        let empty: [Partitions; 4] =
            [Partitions::default(), Vec::new().into(), [].into(), core::iter::empty().collect()];
        for list in &empty {
            assert!(list.0.is_none() && list.is_empty() && list.is_shared_with(&empty[0]));
            assert!(list.clone().make_mut().is_empty());
        }
    }

    #[test]
    fn a_sorted_list_is_shared_and_another_one_copied() {
        let list = Partitions::from([partition(0), partition(1)]);
        assert!(list.clone().into_sorted().is_shared_with(&list));
        let turned = Partitions::from(vec![partition(1), partition(0)]);
        assert_eq!(turned.clone().into_sorted(), list);
        assert_eq!(*turned, [partition(1), partition(0)], "whoever shares it keeps the order it came in");
    }
}
