//! On which brokers a partition's replicas stand; the first one is its preferred leader.
//!
//! Source: `org.apache.kafka.metadata.placement.StripedReplicaPlacer` (KRaft, 4.3.0), of a cluster without racks: from
//! a random start each partition begins one broker further on, and after as many partitions as there are brokers the
//! order is shuffled. So of each such round every broker leads one. Left out: racks, and brokers that are fenced when a
//! topic is created.

use engine::{Distribution, Stream};
use protocol::BrokerId;

/// Places partitions of one topic, one after the other.
pub(crate) struct Placer {
    brokers: Vec<BrokerId>,
    offset: usize,
    placed: usize,
}

impl Placer {
    /// A placer for the first partitions of a topic, on brokers from 1 to `brokers`.
    pub(crate) fn new(brokers: u16, draws: &mut Stream) -> Self {
        let brokers: Vec<BrokerId> = (1..=i32::from(brokers.max(1))).map(BrokerId).collect();
        let offset = below(brokers.len(), draws);
        Self { brokers, offset, placed: 0 }
    }

    /// A placer for partitions that are added to a topic, the last of whose partitions has this leader.
    pub(crate) fn after(brokers: u16, leader: BrokerId) -> Self {
        let brokers: Vec<BrokerId> = (1..=i32::from(brokers.max(1))).map(BrokerId).collect();
        let offset = brokers.iter().position(|broker| *broker == leader).map_or(0, |place| place + 1) % brokers.len();
        Self { brokers, offset, placed: 0 }
    }

    /// The brokers of the next partition's replicas.
    pub(crate) fn place(&mut self, replicas: u16, draws: &mut Stream) -> Vec<BrokerId> {
        let count = self.brokers.len();
        if self.placed == count && count > 1 {
            // `Collections.shuffle`.
            for place in (1..count).rev() {
                self.brokers.swap(place, below(place + 1, draws));
            }
            self.placed = 0;
            self.offset += 1;
        } else if self.placed > 0 {
            self.offset += 1;
        }
        self.placed += 1;
        let replicas = usize::from(replicas.max(1)).min(count);
        (0..replicas).map(|replica| self.brokers[(self.offset + replica) % count]).collect()
    }
}

/// One of the numbers from 0 below `count`.
fn below(count: usize, draws: &mut Stream) -> usize {
    let last = count.saturating_sub(1) as u64;
    let drawn = Distribution::Uniform { lo: 0, hi: last }.sample(draws);
    usize::try_from(drawn).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Streams;
    use std::collections::BTreeSet;

    #[test]
    fn of_each_round_every_broker_leads_one_partition_and_replicas_differ() {
        for seed in 0..20 {
            let mut draws = Streams::new(seed).stream("placement");
            let mut placer = Placer::new(5, &mut draws);
            let placed: Vec<Vec<BrokerId>> = (0..15).map(|_| placer.place(3, &mut draws)).collect();
            for round in placed.chunks(5) {
                let leaders: BTreeSet<BrokerId> = round.iter().map(|replicas| replicas[0]).collect();
                assert_eq!(leaders.len(), 5, "{placed:?}");
            }
            for replicas in &placed {
                assert_eq!(replicas.iter().collect::<BTreeSet<_>>().len(), 3, "{placed:?}");
            }
        }
    }

    #[test]
    fn the_first_round_is_a_stripe_and_added_partitions_go_on_behind_the_last() {
        let mut draws = Streams::new(3).stream("placement");
        let mut placer = Placer::new(3, &mut draws);
        let ids = |replicas: Vec<BrokerId>| replicas.iter().map(|broker| broker.0).collect::<Vec<_>>();
        let first = ids(placer.place(2, &mut draws));
        let second = ids(placer.place(2, &mut draws));
        assert_eq!(second[0], first[1], "{first:?} {second:?}");
        let mut placer = Placer::after(3, BrokerId(3));
        assert_eq!(ids(placer.place(3, &mut draws)), [1, 2, 3]);
        assert_eq!(ids(placer.place(3, &mut draws)), [2, 3, 1]);
        assert_eq!(ids(Placer::after(1, BrokerId(1)).place(1, &mut draws)), [1]);
    }
}
