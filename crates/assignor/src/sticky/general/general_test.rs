//! `swift` held against `literal`, and the oddities of which recorded groups tell.

use alloc::format;
use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::message::JoinedMember;
use protocol::{Generation, MemberId, MetadataBytes, RackId, Subscription, TopicName, TopicPartition};

use super::super::claims::Claims;
use super::{Question, literal, swift};
use crate::client::{ClientAssignor, ClientAssignorKind};
use crate::error::AssignError;
use crate::group::Group;
use crate::racks::Racks;
use crate::topics::{Topic, Topics};

/// A member: topics it subscribes to as bits, its rack, its generation; then who owns each partition of a row.
type Member = (u8, u8, i32);

fn topic(number: usize) -> TopicName {
    TopicName::from(format!("topic-{number}"))
}

fn rack(number: u8) -> RackId {
    RackId::from(format!("rack-{number}"))
}

/// Topics with one replica a partition, so that racks matter.
fn topics(partitions: &[i32]) -> Topics {
    let racks = |count: i32| (0..count).map(|number| alloc::vec![rack((number % 3) as u8)]).collect();
    let known =
        |(number, &count): (usize, &i32)| (topic(number), Topic { partitions: count, racks: Some(racks(count)) });
    partitions.iter().enumerate().map(known).collect()
}

/// Members that say they own what `owners` gives them, as far as they subscribe to it unless `stale`.
fn members(members: &[Member], partitions: &[i32], owners: &[u8], racks: bool, stale: bool) -> Vec<JoinedMember> {
    let all = partitions.iter().enumerate().flat_map(|(topic, &count)| (0..count).map(move |number| (topic, number)));
    let all: Vec<(usize, i32)> = all.collect();
    let subscribes = |bits: u8, topic: usize| bits >> topic & 1 == 1;
    let joined = members.iter().enumerate().map(|(index, &(bits, of, generation))| {
        let owned = all.iter().zip(owners.iter().cycle()).filter(|&(&(topic, _), &owner)| {
            owner as usize % members.len() == index && (stale || subscribes(bits, topic))
        });
        let subscription = Subscription {
            topics: (0..partitions.len()).filter(|&topic| subscribes(bits, topic)).map(topic).collect(),
            owned: owned.map(|(&(of, number), _)| TopicPartition::new(topic(of), number)).collect(),
            generation: Generation(generation),
            rack: (racks && of < 4).then(|| rack(of)),
            ..Subscription::default()
        };
        JoinedMember {
            member_id: MemberId::from(format!("member-{}", index * 7919 % 1000)),
            instance_id: None,
            metadata: MetadataBytes::Subscription(subscription.into()),
        }
    });
    joined.collect()
}

fn with_question<R>(joined: &[JoinedMember], topics: &Topics, check: impl FnOnce(&Question<'_>) -> R) -> R {
    let group = Group::new(joined, topics).unwrap();
    let mut max_generation = Generation::NONE;
    let claims = Claims::collect(&group, ClientAssignorKind::CooperativeSticky, &mut max_generation, true);
    let racks = Racks::of(&group);
    check(&Question::new(&group, &claims, racks.as_ref(), max_generation))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_swift_way_gives_the_answer_of_the_literal_way(
        rows in vec((any::<u8>(), 0u8..6, 4i32..6), 1..14),
        partitions in vec(1i32..15, 1..7),
        owners in vec(any::<u8>(), 1..60),
        racks in any::<bool>(),
    ) {
        let topics = topics(&partitions);
        let joined = members(&rows, &partitions, &owners, racks, false);
        with_question(&joined, &topics, |question| {
            prop_assert!(question.is_ordinary());
            let (swift, literal) = (swift::solve(question).unwrap(), literal::solve(question).unwrap());
            prop_assert_eq!(swift.lists, literal.lists);
            prop_assert_eq!(swift.fixed, literal.fixed);
            Ok(())
        })?;
    }

    #[test]
    fn stale_claims_to_topics_left_behind_end_somehow(
        rows in vec((any::<u8>(), 0u8..6, 4i32..6), 1..10),
        partitions in vec(1i32..15, 1..6),
        owners in vec(any::<u8>(), 1..60),
    ) {
        let topics = topics(&partitions);
        let joined = members(&rows, &partitions, &owners, false, true);
        let answer = ClientAssignor::new(ClientAssignorKind::CooperativeSticky).assign(&joined, &topics);
        let known = [AssignError::NullPointer, AssignError::EndlessLoop];
        prop_assert!(answer.is_ok() || answer.is_err_and(|error| known.contains(&error)));
    }
}
