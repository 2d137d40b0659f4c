//! From events to [`Records`], in one pass.

use protocol::{SimDuration, SimTime};

use super::{Bucket, Latencies, MAX_BUCKETS, MAX_LISTED, MemberRecords, PartitionRecords, Records, Sums, Throughput};
use crate::event::{BrokerGone, Event, Handover, Loss, MemberIndex, PartitionPlace};

/// Lengths of a stretch of time that people like, in seconds.
const LENGTHS: [u64; 20] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 604_800,
    2_592_000,
];

/// Takes down what becomes of records.
#[derive(Clone, Debug)]
pub(crate) struct RecordsMeasurer {
    from: SimTime,
    bucket: SimDuration,
    buckets: Vec<Tally>,
    /// The stretch of the last event, and the moments that belong to it: from, until.
    latest: (usize, SimTime, SimTime),
    partitions: Vec<PartitionRecords>,
    members: Vec<MemberRecords>,
    /// Latencies after the first disturbance, those of the stretch under way not included if it began after that.
    latencies: Latencies,
    /// The stretch under way, and the latencies in it.
    under_way: (usize, Latencies),
    /// Whether it began before the first disturbance: those of its latencies that count are taken down by themselves.
    straddles_from: bool,
    produced: u64,
    sums: Sums,
    /// Whether anything could be seen at all.
    seen: bool,
}

/// A stretch of time under way.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    bucket: Bucket,
    latency_sum: SimDuration,
    /// None yet, if nothing was read.
    latency_min: Option<SimDuration>,
}

impl RecordsMeasurer {
    /// Nothing has happened yet, to so many members.
    pub(crate) fn new(members: usize, from: SimTime, end: SimTime) -> Self {
        let fits = |seconds: &&u64| end.as_nanos().div_ceil(**seconds * 1_000_000_000) <= MAX_BUCKETS;
        let seconds = LENGTHS.iter().find(fits).or(LENGTHS.last()).copied().unwrap_or(1);
        let bucket = SimDuration::from_secs(seconds);
        let buckets = end.as_nanos().div_ceil(bucket.as_nanos()).min(MAX_BUCKETS);
        Self {
            from,
            bucket,
            buckets: vec![Tally::default(); usize::try_from(buckets).unwrap_or(0)],
            latest: (0, SimTime::ZERO, SimTime::ZERO + bucket),
            partitions: Vec::new(),
            members: vec![MemberRecords::default(); members.min(MAX_LISTED)],
            latencies: Latencies::default(),
            under_way: (0, Latencies::default()),
            straddles_from: from > SimTime::ZERO,
            produced: 0,
            sums: Sums::default(),
            seen: false,
        }
    }

    /// How long a stretch of time is.
    pub(crate) fn bucket(&self) -> SimDuration {
        self.bucket
    }

    /// The stretch that a time belongs to; the last one's end belongs to it.
    fn place(&mut self, at: SimTime) -> usize {
        let (place, from, until) = self.latest;
        if from <= at && at < until {
            return place;
        }
        let place = usize::try_from(at.as_nanos() / self.bucket.as_nanos()).unwrap_or(usize::MAX);
        let from = SimTime::ZERO + self.bucket * place as u64;
        let place = place.min(self.buckets.len().saturating_sub(1));
        self.latest = (place, from, from + self.bucket);
        place
    }

    fn tally(&mut self, at: SimTime) -> Option<&mut Tally> {
        let place = self.place(at);
        self.buckets.get_mut(place)
    }

    /// Whether all of a stretch is after the first disturbance.
    fn is_after(&self, place: usize) -> bool {
        self.bucket * place as u64 >= self.from.since(SimTime::ZERO)
    }

    /// This stretch is under way; if another one was, that is over.
    fn come_to(&mut self, place: usize) {
        if place != self.under_way.0 {
            self.end_stretch();
            self.under_way.0 = place;
            self.straddles_from = !self.is_after(place);
        }
    }

    /// The stretch under way is over.
    fn end_stretch(&mut self) {
        let place = self.under_way.0;
        let is_after = self.is_after(place);
        let (_, ages) = &mut self.under_way;
        if let Some(Tally { bucket, .. }) = self.buckets.get_mut(place) {
            [bucket.latency_p50, bucket.latency_p99] = ages.percentiles([50, 99]);
        }
        if is_after {
            self.latencies.absorb(ages);
        } else {
            ages.clear();
        }
    }

    fn partition(&mut self, place: PartitionPlace) -> Option<&mut PartitionRecords> {
        entry(&mut self.partitions, place.0)
    }

    fn member(&mut self, member: MemberIndex) -> Option<&mut MemberRecords> {
        entry(&mut self.members, member.0)
    }

    #[inline]
    pub(crate) fn observe(&mut self, at: SimTime, event: &Event<'_>) {
        match event {
            Event::Delivered { .. } => self.delivered(at, event),
            _ => self.happened(at, event),
        }
    }

    fn happened(&mut self, at: SimTime, event: &Event<'_>) {
        match *event {
            Event::Consumed { records, latency_sum, latency_max, .. } => {
                if let Some(tally) = self.tally(at) {
                    tally.bucket.consumed += records;
                    tally.latency_sum += latency_sum;
                    tally.bucket.latency_max = tally.bucket.latency_max.max(latency_max);
                }
            }
            Event::ConsumedEarlier { bucket, records, .. } => {
                if let Some(tally) = self.tally(bucket) {
                    tally.bucket.consumed += records;
                }
            }
            Event::Backlog { produced, waiting, oldest } => {
                self.seen = true;
                let new = produced - std::mem::replace(&mut self.produced, produced);
                if at >= self.from {
                    self.sums.waiting_max = self.sums.waiting_max.max(waiting);
                }
                self.sums.waiting = waiting;
                if let Some(tally) = self.tally(at) {
                    tally.bucket.produced += new;
                    (tally.bucket.waiting, tally.bucket.waiting_oldest) = (waiting, oldest);
                }
            }
            Event::Rewound { records, member, why, .. } => {
                match self.sums.twice_after.iter_mut().find(|(kind, _)| *kind == why) {
                    Some((_, sum)) => *sum += records,
                    None => self.sums.twice_after.push((why, records)),
                }
                if why != Handover::Forgotten
                    && let Some(member) = self.member(member)
                {
                    member.to_blame_for += records;
                }
            }
            Event::Skipped { partition, records } => {
                self.sums.skipped += records;
                if let Some(partition) = self.partition(partition) {
                    partition.skipped += records;
                }
            }
            Event::TransactionAborted { .. } => self.sums.aborted += 1,
            Event::BrokerGone(BrokerGone { partitions, longest, .. }) => {
                let sums = self.sums.out_of_service.get_or_insert_default();
                sums.partitions += partitions;
                sums.longest = sums.longest.max(longest);
            }
            Event::NeverWritten { records, why, .. } => {
                let sums = self.sums.out_of_service.get_or_insert_default();
                match why {
                    Loss::Unreplicated => sums.unreplicated += records,
                    Loss::Expired => sums.expired += records,
                }
            }
            Event::CaughtUp { after, .. } if at >= self.from => {
                self.sums.catch_up_longest = self.sums.catch_up_longest.max(after);
            }
            Event::Settled { partition, name, produced, waiting } => {
                if let Some(partition) = self.partition(partition) {
                    partition.partition = format!("{}-{}", name.topic, name.partition.0);
                    (partition.produced, partition.waiting) = (produced, waiting);
                }
            }
            _ => {}
        }
    }

    fn delivered(&mut self, at: SimTime, event: &Event<'_>) {
        let Event::Delivered { member, partition, lines, again, work } = *event else { return };
        self.seen = true;
        let counts = at >= self.from;
        self.sums.twice += again;
        let place = self.place(at);
        self.come_to(place);
        let (mut records, mut least, mut most) = (0, SimDuration::MAX, SimDuration::ZERO);
        for line in lines {
            self.under_way.1.add(line.records, line.oldest, line.newest);
            records += line.records;
            least = least.min(line.oldest).min(line.newest);
            most = most.max(line.oldest).max(line.newest);
        }
        if counts && self.straddles_from {
            lines.iter().for_each(|line| self.latencies.add(line.records, line.oldest, line.newest));
        }
        if let Some(tally) = self.buckets.get_mut(place) {
            tally.bucket.twice += again;
            tally.latency_min = Some(tally.latency_min.map_or(least, |shortest| shortest.min(least)));
        }
        if let Some(partition) = self.partition(partition) {
            partition.consumed += records;
            partition.twice += again;
            if counts {
                partition.latency_max = partition.latency_max.max(most);
            }
        }
        if let Some(member) = self.member(member) {
            member.consumed += records;
            member.twice += again;
            member.busy += if counts { work } else { SimDuration::ZERO };
        }
    }

    /// How many records were consumed when.
    pub(crate) fn throughput(&self) -> Throughput {
        Throughput { bucket: self.bucket, consumed: self.buckets.iter().map(|tally| tally.bucket.consumed).collect() }
    }

    /// The run is over; nothing, if nothing could be seen.
    pub(crate) fn finish(mut self) -> Option<Records> {
        if !self.seen {
            return None;
        }
        self.end_stretch();
        self.sums.twice_after.sort_unstable_by_key(|(why, _): &(Handover, u64)| *why);
        let [latency_p50, latency_p99] = self.latencies.percentiles([50, 99]);
        let bucket_of = |tally: Tally| Bucket {
            latency_mean: tally.latency_sum / tally.bucket.consumed.max(1),
            latency_min: tally.latency_min.unwrap_or(SimDuration::ZERO),
            ..tally.bucket
        };
        Some(Records {
            bucket: self.bucket,
            buckets: self.buckets.into_iter().map(bucket_of).collect(),
            partitions: self.partitions,
            members: self.members,
            sums: Sums { latency_p50, latency_p99, ..self.sums },
        })
    }
}

/// The entry at a place, made if it is not there yet; none beyond the bound.
fn entry<T: Clone + Default>(list: &mut Vec<T>, place: u32) -> Option<&mut T> {
    let place = place as usize;
    if place >= MAX_LISTED {
        return None;
    }
    if list.len() <= place {
        list.resize(place + 1, T::default());
    }
    list.get_mut(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgeLine;

    #[test]
    fn a_run_is_cut_into_at_most_sixty_stretches_of_a_round_length() {
        for (end, length, count) in [(15, 1, 15), (60, 1, 60), (61, 2, 31), (3_780, 120, 32), (86_400, 1_800, 48)] {
            let measurer = RecordsMeasurer::new(0, SimTime::ZERO, SimTime::from_secs(end));
            assert_eq!((measurer.bucket, measurer.buckets.len()), (SimDuration::from_secs(length), count), "{end} s");
        }
    }

    #[test]
    fn what_is_seen_is_summed_up_by_time_partition_and_member() {
        let at = SimTime::from_secs;
        let mut measurer = RecordsMeasurer::new(0, at(10), at(30));
        let (member, partition) = (MemberIndex(1), PartitionPlace(2));
        let (oldest, newest) = (SimDuration::from_millis(20), SimDuration::from_millis(10));
        let mut delivered = |seconds: u64, records: u64, again: u64| {
            let work = SimDuration::from_millis(records);
            let lines = &[AgeLine { records, oldest, newest }];
            let event = Event::Delivered { member, partition, lines, again, work };
            measurer.observe(at(seconds), &event);
            let latency_sum = SimDuration::from_millis(15 * records);
            measurer.observe(at(seconds), &Event::Consumed { member, records, latency_sum, latency_max: oldest });
        };
        delivered(5, 100, 0);
        delivered(12, 40, 7);
        let rewound = Event::Rewound { partition, records: 7, member: MemberIndex(0), why: Handover::Killed };
        measurer.observe(at(12), &rewound);
        measurer.observe(at(12), &Event::Skipped { partition, records: 3 });
        let oldest_waiting = SimDuration::from_secs(1);
        measurer.observe(at(12), &Event::Backlog { produced: 170, waiting: 30, oldest: oldest_waiting });
        let records = measurer.finish().expect("something was seen");
        assert_eq!((records.sums.twice, records.sums.skipped, records.sums.waiting_max), (7, 3, 30));
        assert_eq!(records.sums.twice_after, [(Handover::Killed, 7)]);
        assert!(records.sums.latency_p99.as_nanos().abs_diff(20_000_000) < 400_000, "{records:?}");
        let bucket = records.buckets[12];
        assert!(bucket.latency_p99.as_nanos().abs_diff(20_000_000) < 400_000, "{bucket:?}");
        assert!(bucket.latency_p50.as_nanos().abs_diff(15_000_000) < 400_000, "{bucket:?}");
        assert_eq!(records.buckets[13].latency_p99, SimDuration::ZERO, "nothing was read in it");
        assert_eq!((bucket.produced, bucket.consumed, bucket.twice, bucket.waiting), (170, 40, 7, 30));
        assert_eq!((bucket.latency_min, bucket.latency_mean), (newest, SimDuration::from_millis(15)));
        assert_eq!((records.members[1].consumed, records.members[0].to_blame_for), (140, 7));
        assert_eq!(records.members[1].busy, SimDuration::from_millis(40));
        assert_eq!((records.partitions[2].consumed, records.partitions[2].skipped), (140, 3));
    }

    #[test]
    fn recordings_say_nothing_of_it() {
        let mut measurer = RecordsMeasurer::new(0, SimTime::ZERO, SimTime::from_secs(9));
        measurer.observe(SimTime::from_secs(1), &Event::Produced { records: 5 });
        assert_eq!(measurer.finish(), None);
    }
}
