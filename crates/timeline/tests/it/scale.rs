//! A large run: every rebalance of a large eager group stops and restarts every partition.

use protocol::{Generation, SimDuration, SimTime, TopicName, TopicPartition};
use timeline::{Cast, Event, Measurer, Measures, MemberIndex, Observer};

/// Each generation, every member gives up its partitions, then all get new ones; members answer one after another, so
/// that pauses differ.
fn eager_group(members: u32, partitions: i32, generations: i32) -> Measures {
    let topic = TopicName::new("orders");
    let cast = Cast {
        members: (0..members).map(|member| format!("c{member}")).collect(),
        topics: vec![(topic.clone(), partitions)],
        from: SimTime::ZERO,
        end: SimTime::from_secs(generations as u64 * 10),
    };
    let all: Vec<TopicPartition> = (0..partitions).map(|p| TopicPartition::new(topic.clone(), p)).collect();
    let shares: Vec<&[TopicPartition]> = all.chunks(partitions as usize / members as usize).collect();
    let mut measurer = Measurer::new(&cast);
    for round in 0..generations {
        let start = SimTime::from_secs(round as u64 * 10);
        let generation = Generation(round);
        let share = |member: u32, round: i32| shares[(member as usize + round as usize) % shares.len()];
        for member in 0..members {
            let at = start + revoked_after(u64::from(member), round as u64);
            let partitions = share(member, round - 1 + members as i32);
            measurer.observe(at, Event::Revoked { member: MemberIndex(member), partitions, generation });
        }
        let start = start + SimDuration::from_secs(5);
        measurer.observe(start, Event::Generation { generation, members: members as usize });
        for member in 0..members {
            let at = start + SimDuration::from_micros(u64::from(member) * 11);
            let partitions = share(member, round);
            let event =
                Event::Assigned { member: MemberIndex(member), partitions, generation, total: partitions.len() };
            measurer.observe(at, event);
        }
    }
    measurer.finish()
}

#[test]
fn every_partition_pauses_once_a_generation() {
    let measures = eager_group(100, 1_000, 20);
    assert_eq!(measures.rebalances, 20);
    assert_eq!(measures.pauses.count(), 20 * 1_000);
    assert_eq!(measures.moved, 19 * 1_000, "each partition goes to another member each time");
    assert_eq!(measures.double_owned, 0);
    assert_eq!(measures.affected, 100);
    assert_eq!(measures.standstill, eager_standstill(100, 20));
}

/// Members notice a rebalance one after another, with a jitter that makes nearly all pauses different.
fn revoked_after(member: u64, round: u64) -> SimDuration {
    SimDuration::from_nanos(member * 3_000_000 + (member * 7_919 + round * 15_485_863) % 2_999_999)
}

/// From the last revocation (the start, in the first round) to the first assignment.
fn eager_standstill(members: u64, generations: u64) -> SimDuration {
    let revoking: SimDuration = (1..generations).map(|round| revoked_after(members - 1, round)).sum();
    (SimDuration::from_secs(5) * generations).saturating_sub(revoking)
}

#[test]
#[ignore = "the full size: 20 million pauses; run in release under a stopwatch"]
fn twenty_million_pauses_are_measured() {
    let measures = eager_group(1_000, 10_000, 2_000);
    assert_eq!(measures.pauses.count(), 2_000 * 10_000);
    assert_eq!(measures.standstill, eager_standstill(1_000, 2_000));
}
