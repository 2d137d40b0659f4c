//! How long partitions were without an owner at a time.
//!
//! Contract: the same pauses as the measures count: from the first disturbance on, one that is open at the end too.

use protocol::{SimDuration, SimTime};
use timeline::Story;

/// Steps of one decade: the E12 series of preferred numbers, so that a chart with equal steps shows equal ratios.
const STEPS: [u64; 12] = [10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82];
/// From a tenth of a millisecond to about a week.
const DECADES: u32 = 10;

/// The lengths of all pauses, in no order.
pub(crate) fn lengths(story: &Story) -> Vec<SimDuration> {
    let gaps = story.partitions.iter().flat_map(|partition| partition.gaps(story.end));
    let counted = gaps.filter_map(|(from, to)| {
        let from: SimTime = from.max(story.from);
        (from < to).then(|| to.since(from))
    });
    counted.collect()
}

/// For lengths in equal ratios: how many pauses are longer. From the last length that all are longer than, to the first
/// that none is.
pub(crate) fn distribution(story: &Story) -> Vec<(SimDuration, u64)> {
    let mut lengths = lengths(story);
    if lengths.is_empty() {
        return Vec::new();
    }
    lengths.sort_unstable();
    let all = lengths.len();
    let thresholds =
        (0..DECADES).flat_map(|decade| STEPS.map(|step| SimDuration::from_micros(step * 10 * 10_u64.pow(decade))));
    let mut counts: Vec<(SimDuration, u64)> = Vec::new();
    for threshold in thresholds {
        let longer = all - lengths.partition_point(|length| *length <= threshold);
        if longer == all {
            counts.clear();
        }
        counts.push((threshold, longer as u64));
        if longer == 0 {
            break;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use protocol::{TopicName, TopicPartition};
    use timeline::MemberIndex;
    use timeline::story::{Owned, PartitionStory};

    use super::*;

    #[test]
    fn pauses_are_counted_by_how_many_are_longer() {
        let at = SimTime::from_millis;
        let owned = |from, to| Owned { from: at(from), to: at(to), member: MemberIndex(0) };
        let spans = vec![owned(10, 100), owned(103, 200), owned(230, 900)];
        let partition = PartitionStory { partition: TopicPartition::new(TopicName::new("t"), 0), born: at(0), spans };
        let story = Story { from: at(50), end: at(1_000), partitions: vec![partition], ..Story::default() };
        let millis = |it: &SimDuration| it.as_nanos() / 1_000_000;
        let mut all = lengths(&story);
        all.sort_unstable();
        assert_eq!(all.iter().map(millis).collect::<Vec<_>>(), [3, 30, 100]);
        let longer = |than: u64| {
            let counts = distribution(&story);
            counts.iter().find(|(threshold, _)| millis(threshold) == than).map(|(_, count)| *count)
        };
        assert_eq!(
            [longer(2), longer(10), longer(33), longer(100), longer(120)],
            [Some(3), Some(2), Some(1), Some(0), None]
        );
        assert!(distribution(&Story::default()).is_empty());
    }
}
