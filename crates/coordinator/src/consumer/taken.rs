//! Which partitions of a consumer group are taken: by a member that has them, or that has yet to give them up.
//!
//! Contract: an ordered map from partitions to epochs, and nothing else. Epochs stand in [stretches](crate::stretch).

use alloc::collections::BTreeMap;

use protocol::{ErrorCode, TopicId};

use crate::consumer::partitions::{AssignedPartition, AssignedPartitions};
use crate::context::Refusal;
use crate::stretch::{STRETCH, place_of};

/// Per partition that is taken, the epoch of the member that took it. Stretches that have become empty are kept, as
/// partitions come back.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    stretches: BTreeMap<(TopicId, i32), [Option<i32>; STRETCH]>,
    len: usize,
}

/// Partitions that stand in one stretch each time, with that stretch.
fn runs(partitions: &AssignedPartitions) -> impl Iterator<Item = ((TopicId, i32), &[AssignedPartition])> {
    let stretch = |one: &AssignedPartition| (one.topic, place_of(one.partition).0);
    partitions
        .as_slice()
        .chunk_by(move |one, other| stretch(one) == stretch(other))
        .map(move |run| (stretch(&run[0]), run))
}

impl Taken {
    /// Number of partitions that are taken.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The epoch at which the partition was taken, if it is.
    pub(crate) fn get(&self, topic: TopicId, partition: i32) -> Option<i32> {
        let (stretch, place) = place_of(partition);
        self.stretches.get(&(topic, stretch))?[place]
    }

    /// A member takes these partitions.
    ///
    /// # Errors
    /// One is taken at this epoch or a later one: Kafka does not expect that of itself, and stops there.
    pub(crate) fn take(&mut self, partitions: &AssignedPartitions, epoch: i32) -> Result<(), Refusal> {
        for (stretch, run) in runs(partitions) {
            let places = self.stretches.entry(stretch).or_insert([None; STRETCH]);
            for assigned in run {
                let taken = &mut places[place_of(assigned.partition).1];
                match *taken {
                    Some(taken) if taken >= epoch => return Err(Refusal(ErrorCode::UnknownServerError)),
                    Some(_) => {}
                    None => self.len += 1,
                }
                *taken = Some(epoch);
            }
        }
        Ok(())
    }

    /// The member that took these partitions at `epoch` has them no more. Those that another has taken since are not
    /// its own.
    pub(crate) fn release(&mut self, partitions: &AssignedPartitions, epoch: i32) {
        for (stretch, run) in runs(partitions) {
            let Some(places) = self.stretches.get_mut(&stretch) else { continue };
            for assigned in run {
                let taken = &mut places[place_of(assigned.partition).1];
                if *taken == Some(epoch) {
                    *taken = None;
                    self.len -= 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partitions(all: &[(i64, i32)]) -> AssignedPartitions {
        let topic = |low| TopicId { high: 0, low };
        all.iter().map(|&(low, partition)| AssignedPartition { topic: topic(low), partition, epoch: 0 }).collect()
    }

    #[test]
    fn what_is_taken_is_free_again_once_it_is_released_at_the_same_epoch() {
        let mut taken = Taken::default();
        let (topic, all) = (TopicId { high: 0, low: 1 }, [(1, 0), (1, 31), (1, 32), (2, 0), (2, -1)]);
        assert_eq!(taken.take(&partitions(&all), 5), Ok(()));
        assert_eq!((taken.len(), taken.get(topic, 31), taken.get(topic, 1)), (5, Some(5), None));
        assert_eq!(taken.take(&partitions(&[(1, 31)]), 5), Err(Refusal(ErrorCode::UnknownServerError)));
        assert_eq!(taken.take(&partitions(&[(1, 31)]), 6), Ok(()));
        taken.release(&partitions(&all), 5);
        assert_eq!((taken.len(), taken.get(topic, 31), taken.get(topic, 32)), (1, Some(6), None));
        taken.release(&partitions(&[(1, 31), (9, 9)]), 6);
        assert_eq!(taken.len(), 0);
    }
}
