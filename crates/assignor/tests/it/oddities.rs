//! What Kafka's classes do with odd input, and what hostile input does to ours.

use std::sync::Arc;

use assignor::server::target::TargetAssignment;
use assignor::server::{MemberSpec, MetadataImage, ServerAssignorKind, TopicImage};
use assignor::{AssignError, ClientAssignor, ClientAssignorKind, GroupAssignment, MAX_PARTITIONS, Topics};
use proptest::collection::vec;
use proptest::prelude::*;
use protocol::message::JoinedMember;
use protocol::{
    AssignmentBytes, Generation, MemberId, MetadataBytes, RackId, Subscription, TopicId, TopicName, TopicPartition,
};

fn member(id: &str, subscription: Subscription) -> JoinedMember {
    let metadata = MetadataBytes::Subscription(Arc::new(subscription));
    JoinedMember { member_id: MemberId::from(id), instance_id: None, metadata }
}

fn names(topics: &[&str]) -> Vec<TopicName> {
    topics.iter().map(|&topic| TopicName::from(topic)).collect()
}

fn partitions(list: &[(&str, i32)]) -> Vec<TopicPartition> {
    list.iter().map(|&(topic, number)| TopicPartition::new(topic.into(), number)).collect()
}

fn topics(known: &[(&str, i32)]) -> Topics {
    known.iter().map(|&(topic, count)| (TopicName::from(topic), count)).collect()
}

fn cooperative(members: &[JoinedMember], topics: &Topics) -> Result<GroupAssignment, AssignError> {
    ClientAssignor::new(ClientAssignorKind::CooperativeSticky).assign(members, topics)
}

fn sizes(answer: &GroupAssignment, ids: &[&str]) -> Vec<usize> {
    ids.iter().map(|&id| answer.get(&MemberId::from(id)).unwrap().len()).collect()
}

#[test]
fn a_member_that_subscribes_to_nothing_is_given_partitions_if_it_comes_first() {
    let subscribed = |topics: &[&str]| Subscription { topics: names(topics).into(), ..Subscription::default() };
    // "a" comes before "b" in the leader's table.
    let first = [member("a", subscribed(&[])), member("b", subscribed(&["t"]))];
    let answer = cooperative(&first, &topics(&[("t", 4)])).unwrap();
    assert_eq!(sizes(&answer, &["a", "b"]), [2, 2]);
    let last = [member("a", subscribed(&["t"])), member("b", subscribed(&[]))];
    let answer = cooperative(&last, &topics(&[("t", 4)])).unwrap();
    assert_eq!(sizes(&answer, &["a", "b"]), [4, 0]);
}

#[test]
fn a_partition_its_topic_lost_makes_the_leader_fail() {
    let owner = |owned: &[(&str, i32)]| Subscription {
        topics: names(&["t"]).into(),
        owned: partitions(owned).into(),
        generation: Generation(3),
        ..Subscription::default()
    };
    let members = [member("a", owner(&[("t", 0), ("t", 4)])), member("b", owner(&[("t", 1), ("t", 5)]))];
    assert_eq!(cooperative(&members, &topics(&[("t", 4)])), Err(AssignError::IllegalState));
}

#[test]
fn a_leader_remembers_the_highest_generation_it_ever_saw() {
    let owner = |topics: &[&str], owned: &[(&str, i32)], generation| Subscription {
        topics: names(topics).into(),
        owned: partitions(owned).into(),
        generation: Generation(generation),
        ..Subscription::default()
    };
    let known = topics(&[("t", 6), ("u", 1)]);
    let early = [member("a", owner(&["t"], &[], 9)), member("b", owner(&["t", "u"], &[], 9))];
    let held = [("t", 0), ("t", 1), ("t", 2), ("t", 3), ("t", 4), ("t", 5)];
    let late = [member("a", owner(&["t"], &held, 3)), member("b", owner(&["t", "u"], &[], 3))];
    let mut leader = ClientAssignor::new(ClientAssignorKind::CooperativeSticky);
    leader.assign(&early, &known).unwrap();
    let before = leader.clone();
    leader.assign(&late, &known).unwrap();
    assert_eq!(leader, before, "a lower generation changes nothing");
    assert_ne!(leader, ClientAssignor::new(ClientAssignorKind::CooperativeSticky));
}

#[test]
fn an_unreadable_subscription_is_said_to_be_so() {
    let opaque = MetadataBytes::Opaque(Arc::from([1u8, 2]));
    let joined = JoinedMember { member_id: MemberId::from("a"), instance_id: None, metadata: opaque };
    let error = cooperative(&[joined], &topics(&[("t", 1)])).unwrap_err();
    assert_eq!(error.to_string(), "the subscription of member a cannot be read");
}

#[test]
fn more_partitions_than_can_be_assigned_are_refused_at_once() {
    let subscription = Subscription { topics: names(&["t", "u"]).into(), ..Subscription::default() };
    let known = topics(&[("t", i32::MAX), ("u", 1)]);
    for kind in ClientAssignorKind::ALL {
        let answer = ClientAssignor::new(kind).assign(&[member("a", subscription.clone())], &known);
        let partitions = 1 << 31;
        assert_eq!(answer, Err(AssignError::TooManyPartitions { partitions, limit: MAX_PARTITIONS }));
    }
}

#[test]
fn topics_without_partitions_and_groups_without_members_are_nothing_special() {
    let subscription = Subscription { topics: names(&["t", "u"]).into(), ..Subscription::default() };
    for kind in ClientAssignorKind::ALL {
        let mut assignor = ClientAssignor::new(kind);
        let answer = assignor.assign(&[member("a", subscription.clone())], &topics(&[("t", 0), ("u", -7)])).unwrap();
        assert_eq!(sizes(&answer, &["a"]), [0]);
        assert_eq!(assignor.assign(&[], &topics(&[("t", 1)])), Ok(GroupAssignment::default()));
    }
    for kind in ServerAssignorKind::ALL {
        assert_eq!(kind.assign(&[], &MetadataImage::new()), Ok(Vec::new()));
    }
}

#[test]
fn the_wire_brings_partitions_of_a_topic_together() {
    let owner = |owned: &[(&str, i32)]| Subscription {
        topics: names(&["t", "u"]).into(),
        owned: partitions(owned).into(),
        generation: Generation(3),
        ..Subscription::default()
    };
    let held = [("t", 0), ("t", 1), ("u", 0), ("u", 1)];
    let answer = cooperative(&[member("a", owner(&held))], &topics(&[("t", 2), ("u", 2)])).unwrap();
    let listed = answer.get(&MemberId::from("a")).unwrap();
    assert_eq!(listed[..], partitions(&[("t", 0), ("u", 0), ("t", 1), ("u", 1)]), "by number, as the assignor sorts");
    let sync = answer.into_sync();
    let [(_, AssignmentBytes::Partitions(sent))] = &sync[..] else { panic!("one member, one assignment") };
    assert_eq!(sent[..], partitions(&held));
}

#[test]
fn only_a_share_partition_that_is_initialised_is_handed_out() {
    let id = TopicId { high: 1, low: 2 };
    let ready = Some(Arc::from([true, false, true]));
    let image: MetadataImage =
        [(TopicName::from("t"), TopicImage { id, partitions: 4, initialized: ready })].into_iter().collect();
    let spec = MemberSpec {
        id: MemberId::from("a"),
        instance_id: None,
        subscribed: names(&["t"]).into(),
        target: TargetAssignment::new(),
    };
    let answer = ServerAssignorKind::Simple.assign(&[spec], &image).unwrap();
    assert_eq!(answer[0].1.iter().collect::<Vec<_>>(), [(id, &[0, 2][..])]);
}

#[test]
fn who_lists_a_disputed_partition_twice_does_not_get_it_back_by_that() {
    // User data of generation 27: t-0, in the second case twice. The first member by table is disputed by the last,
    // whose subscription says an older generation than its user data.
    let data = |list: &[(&str, i32)]| {
        let mut own = ClientAssignor::new(ClientAssignorKind::Sticky);
        own.on_assignment(&partitions(list), Generation(27));
        own.user_data()
    };
    let claimer = |topics: &[&str], generation, list: &[(&str, i32)]| Subscription {
        topics: names(topics).into(),
        generation: Generation(generation),
        user_data: data(list),
        ..Subscription::default()
    };
    let twice = [("t", 0), ("t", 0)];
    let members = [
        member("a", Subscription { topics: names(&["t"]).into(), ..Subscription::default() }),
        member("b", claimer(&[], 27, &twice[..1])),
        member("c", claimer(&["t"], 24, &twice)),
    ];
    let answer = ClientAssignor::new(ClientAssignorKind::Sticky).assign(&members, &topics(&[("t", 1)])).unwrap();
    assert_eq!(sizes(&answer, &["a", "b", "c"]), [1, 0, 0]);
}

/// Anything that fits the types.
fn hostile_member() -> impl Strategy<Value = JoinedMember> {
    let topic = || prop::sample::select(vec!["t", "u", "v", "", "\u{1F980}", "no such topic"]);
    let owned = vec((topic(), prop_oneof![-2i32..9, Just(i32::MIN), Just(i32::MAX)]), 0..12);
    let user_data = prop::option::of(vec(any::<u8>(), 0..40));
    let rack = prop::option::of(prop::sample::select(vec!["", "a", "b"]));
    (prop::sample::select(vec!["", "a", "b", "c", "\u{FF5E}"]), vec(topic(), 0..7), owned, user_data, -2i32..4, rack)
        .prop_map(|(id, topics, owned, user_data, generation, rack)| {
            let subscription = Subscription {
                topics: names(&topics).into(),
                owned: partitions(&owned).into(),
                user_data: user_data.map(Into::into),
                generation: Generation(generation),
                rack: rack.map(RackId::from),
            };
            member(id, subscription)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_members_end_in_an_answer_or_an_error(members in vec(hostile_member(), 0..9), counts in vec(-1i32..8, 3)) {
        let known = topics(&[("t", counts[0]), ("u", counts[1]), ("\u{1F980}", counts[2]), ("", 1)]);
        for kind in ClientAssignorKind::ALL {
            let mut assignor = ClientAssignor::new(kind);
            let first = assignor.assign(&members, &known);
            prop_assert_eq!(first, ClientAssignor::new(kind).assign(&members, &known));
        }
    }

    #[test]
    fn hostile_target_assignments_end_in_an_answer_or_an_error(
        targets in vec((vec((0i64..5, vec(-2i32..9, 0..6)), 0..5), 0u8..16), 0..8),
    ) {
        let topics = ["t", "u", "v", "w"].into_iter().zip(0i64..);
        let image: MetadataImage = topics
            .clone()
            .map(|(name, low)| {
                let id = TopicId { high: 9, low };
                (TopicName::from(name), TopicImage { id, partitions: 5 - low as i32, initialized: None })
            })
            .collect();
        let specs = targets.iter().enumerate().map(|(index, (target, bits))| {
            let mut seen = std::collections::BTreeSet::new();
            let distinct = target.iter().filter(|(low, _)| seen.insert(*low)).map(|(low, numbers)| {
                let mut numbers = numbers.clone();
                numbers.sort_unstable();
                numbers.dedup();
                (TopicId { high: 9, low: *low }, numbers)
            });
            MemberSpec {
                id: MemberId::from(format!("member-{index}")),
                instance_id: None,
                target: distinct.collect(),
                subscribed: topics.clone().filter(|(_, low)| bits >> low & 1 == 1).map(|(name, _)| name.into()).collect(),
            }
        });
        let specs: Vec<MemberSpec> = specs.collect();
        for kind in ServerAssignorKind::ALL {
            if let Ok(answer) = kind.assign(&specs, &image) {
                prop_assert_eq!(answer.len(), specs.len());
            }
        }
    }
}
