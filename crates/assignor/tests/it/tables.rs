//! Answers that the order in Java's hash tables decides, each as Kafka's class gave it.

use assignor::server::target::TargetAssignment;
use assignor::server::{MemberSpec, MetadataImage, ServerAssignorKind, TopicImage};
use protocol::{MemberId, TopicId, TopicName};

fn spec(id: &str, subscribed: &[&str], target: TargetAssignment) -> MemberSpec {
    let subscribed = subscribed.iter().map(|&topic| TopicName::from(topic)).collect();
    MemberSpec { id: MemberId::from(id), instance_id: None, subscribed, target }
}

fn image(topics: &[(&str, &str, i32)]) -> MetadataImage {
    let image = |&(name, id, partitions): &(&str, &str, i32)| {
        (TopicName::from(name), TopicImage { id: TopicId::parse(id).unwrap(), partitions, initialized: None })
    };
    topics.iter().map(image).collect()
}

#[test]
fn range_takes_the_topics_of_all_in_the_sequence_of_the_first_member() {
    // The names share a bucket of the set they are in, and the ids one of the answer.
    let (events, z) = ("NeAzqI78jI_czzlUIV2O_A", "Rz6rgw6bF6U_osSV_hWFwA");
    let image = image(&[("Events20", events, 2), ("z-921", z, 2)]);
    let specs = [
        spec("vbcyPvAaxX3t7g5Ak6d4jw", &["Events20", "z-921"], TargetAssignment::new()),
        spec("rr-v8O2qWGpaCRko-LTubQ", &["z-921", "Events20"], TargetAssignment::new()),
    ];
    let answer = ServerAssignorKind::Range.assign(&specs, &image).unwrap();
    let ids = [TopicId::parse(z).unwrap(), TopicId::parse(events).unwrap()];
    for (member, number) in [("rr-v8O2qWGpaCRko-LTubQ", 0), ("vbcyPvAaxX3t7g5Ak6d4jw", 1)] {
        let (_, target) = answer.iter().find(|(id, _)| id.as_str() == member).unwrap();
        let expected: TargetAssignment = ids.iter().map(|&id| (id, vec![number])).collect();
        assert_eq!(*target, expected);
    }
}

/// The letters from `a` on as ids of members.
fn letters(count: u8) -> Vec<String> {
    (b'a'..b'a' + count).map(|letter| char::from(letter).to_string()).collect()
}

const T: TopicId = TopicId { high: 1, low: 2 };
const U: TopicId = TopicId { high: 1, low: 3 };

fn two_topics() -> MetadataImage {
    let topic = |name, id, partitions| (TopicName::from(name), TopicImage { id, partitions, initialized: None });
    [topic("t", T, 144), topic("u", U, 1)].into_iter().collect()
}

fn record_of(kind: ServerAssignorKind, specs: &[MemberSpec], member: &str) -> Vec<(TopicId, Vec<i32>)> {
    let answer = kind.assign(specs, &two_topics()).unwrap();
    let (_, target) = answer.iter().find(|(id, _)| id.as_str() == member).unwrap();
    target.iter().map(|(topic, partitions)| (topic, partitions.to_vec())).collect()
}

#[test]
fn nine_partitions_of_one_bucket_double_a_small_set() {
    // Dealt to sixteen members in turn, partitions share a bucket of sixteen.
    let ids = letters(16);
    let expected = vec![1, 33, 65, 97, 129, 17, 49, 81, 113];
    let specs: Vec<_> = ids.iter().map(|id| spec(id, &["t"], TargetAssignment::new())).collect();
    assert_eq!(record_of(ServerAssignorKind::Simple, &specs, "b"), [(T, expected.clone())]);
    let topics = |id: &str| if id == "a" { &["t", "u"][..] } else { &["t"] };
    let specs: Vec<_> = ids.iter().map(|id| spec(id, topics(id), TargetAssignment::new())).collect();
    for kind in [ServerAssignorKind::Uniform, ServerAssignorKind::Simple] {
        assert_eq!(record_of(kind, &specs, "b"), [(T, expected.clone())], "{}", kind.name());
        let others = vec![0, 32, 64, 96, 128, 16, 48, 80, 112];
        assert_eq!(record_of(kind, &specs, "a"), [(U, vec![0]), (T, others)], "{}", kind.name());
    }
}

#[test]
fn a_set_of_nine_partitions_of_one_bucket_decides_which_of_them_are_kept() {
    let stored: Vec<i32> = (0..9).map(|number| 16 * number).chain([1, 17]).collect();
    let target: TargetAssignment = [(T, stored)].into_iter().collect();
    let specs = letters(16).into_iter().map(|id| {
        let target = if id == "a" { target.clone() } else { TargetAssignment::new() };
        spec(&id, &["t"], target)
    });
    let specs: Vec<_> = specs.collect();
    let kept = vec![0, 32, 64, 96, 128, 1, 16, 48, 80];
    assert_eq!(record_of(ServerAssignorKind::Uniform, &specs, "a"), [(T, kept)]);
    let other = spec("b", &["t"], TargetAssignment::new());
    let record = record_of(ServerAssignorKind::Uniform, &[specs[0].clone(), other], "a");
    let expected: Vec<i32> = [0, 128].into_iter().chain(1..68).chain([80, 96, 112]).collect();
    assert_eq!(record, [(T, expected)]);
}

#[test]
fn a_partition_given_twice_may_double_the_table_of_topics() {
    let (audit, other) = ("1PbZqMDVto4q5cuoA9IDow", "FafJXu5xCwUV3bIJe5ShQg");
    let image = image(&[("audit17", audit, 1), ("A.b18", other, 1)]);
    let [audit, other] = [audit, other].map(|id| TopicId::parse(id).unwrap());
    let held: TargetAssignment = [(audit, vec![0])].into_iter().collect();
    let ids = ["consumer-g-4-928e4905-0244", "consumer-g-2-a937e608-6b25", "consumer-g-9-36ba349a-7621"];
    let specs = ids.map(|id| spec(id, &["audit17", "A.b18"], held.clone()));
    let answer = ServerAssignorKind::Simple.assign(&specs, &image).unwrap();
    let expected: TargetAssignment = [(audit, vec![]), (other, vec![0])].into_iter().collect();
    assert_eq!(answer.iter().find(|(id, _)| id.as_str() == ids[2]).unwrap().1, expected);
}
