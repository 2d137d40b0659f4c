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
