//! What every assignor promises, held against random groups: the list [`ASSIGNORS`] says which promise is whose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assignor::server::target::TargetAssignment;
use assignor::server::{MemberSpec, MetadataImage, ServerAssignorKind, TopicImage};
use assignor::{ASSIGNORS, Assignor, Balance, ClientAssignor, ClientAssignorKind, Side, Topics};
use proptest::collection::vec;
use proptest::prelude::*;
use protocol::message::JoinedMember;
use protocol::{Generation, InstanceId, MemberId, MetadataBytes, Subscription, TopicId, TopicName, TopicPartition};

type Partition = (String, i32);
type Answer = BTreeMap<String, BTreeSet<Partition>>;

/// A group that any assignor can be asked about.
#[derive(Clone, Debug)]
struct Situation {
    topics: BTreeMap<String, i32>,
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    id: String,
    instance: Option<String>,
    topics: BTreeSet<String>,
    has: BTreeSet<Partition>,
}

impl Situation {
    /// Topics of these sizes; members subscribe to what their bits say, or all to the same if `equal`.
    fn new(partitions: &[i32], members: &[(u8, bool)], equal: bool) -> Self {
        let name = |number: usize| format!("topic-{number}");
        let topics = partitions.iter().enumerate().map(|(number, &count)| (name(number), count)).collect();
        let first = members[0].0;
        let members = members.iter().enumerate().map(|(index, &(bits, is_static))| {
            let bits = if equal { first } else { bits };
            // One name more than there are topics: it is subscribed to but does not exist.
            // Nobody subscribes to nothing: that confuses Kafka, see `oddities`.
            let names = (0..=partitions.len()).filter(|number| (bits | 1) >> (number % 8) & 1 == 1).map(name);
            let id = format!("consumer-{:03}", index * 7919 % 997);
            let instance = is_static.then(|| format!("instance-{index}"));
            Member { id, instance, topics: names.collect(), has: BTreeSet::new() }
        });
        Self { topics, members: members.collect() }
    }

    /// The same group holding what it was given.
    fn holding(&self, answer: &Answer) -> Self {
        let mut held = self.clone();
        for member in &mut held.members {
            member.has = answer.get(&member.id).cloned().unwrap_or_default();
        }
        held
    }

    fn live(&self) -> BTreeSet<Partition> {
        let subscribed = |topic: &String| self.members.iter().any(|member| member.topics.contains(topic));
        let topics = self.topics.iter().filter(|(topic, _)| subscribed(topic));
        topics.flat_map(|(topic, &count)| (0..count).map(move |number| (topic.clone(), number))).collect()
    }

    /// Asks once.
    fn ask(&self, assignor: &Assignor) -> Answer {
        match assignor.side {
            Side::Client(kind) => self.ask_client(kind),
            Side::Coordinator(kind) => self.ask_coordinator(kind),
        }
    }

    /// Asks until nothing is withheld any more.
    fn settle(&self, assignor: &Assignor) -> Answer {
        let mut answer = self.ask(assignor);
        for _ in 0..3 {
            if !assignor.withholds || answer.values().map(BTreeSet::len).sum::<usize>() == self.live().len() {
                break;
            }
            answer = self.holding(&answer).ask(assignor);
        }
        answer
    }

    fn ask_client(&self, kind: ClientAssignorKind) -> Answer {
        let generation = Generation(5);
        let names: BTreeMap<&String, TopicName> =
            self.topics.keys().map(|name| (name, TopicName::from(name.as_str()))).collect();
        let name = |topic: &String| names.get(topic).cloned().unwrap_or_else(|| TopicName::from(topic.as_str()));
        let joined = self.members.iter().map(|member| {
            let has = member.has.iter().map(|(topic, number)| TopicPartition::new(name(topic), *number));
            let has: Vec<TopicPartition> = has.collect();
            let mut own = ClientAssignor::new(kind);
            if !has.is_empty() {
                own.on_assignment(&has, generation);
            }
            let subscription = Subscription {
                topics: member.topics.iter().map(name).collect(),
                user_data: own.user_data(),
                generation: if has.is_empty() { Generation::NONE } else { generation },
                owned: if kind == ClientAssignorKind::CooperativeSticky { has.into() } else { [].into() },
                rack: None,
            };
            JoinedMember {
                member_id: MemberId::from(member.id.as_str()),
                instance_id: member.instance.as_deref().map(InstanceId::from),
                metadata: MetadataBytes::Subscription(Arc::new(subscription)),
            }
        });
        let topics: Topics = names.iter().map(|(topic, name)| (name.clone(), self.topics[*topic])).collect();
        let answer = ClientAssignor::new(kind).assign(&joined.collect::<Vec<_>>(), &topics).unwrap();
        let partitions = |partitions: &[TopicPartition]| {
            let set: BTreeSet<Partition> =
                partitions.iter().map(|p| (p.topic.as_str().to_owned(), p.partition.0)).collect();
            assert_eq!(set.len(), partitions.len(), "a list names a partition twice");
            set
        };
        answer.members.iter().map(|(id, list)| (id.as_str().to_owned(), partitions(list))).collect()
    }

    fn ask_coordinator(&self, kind: ServerAssignorKind) -> Answer {
        let id_of = |topic: &str| TopicId { high: topic.len() as i64, low: i64::from(topic.as_bytes()[6]) * 77 };
        let image = self.topics.iter().map(|(topic, &partitions)| {
            (TopicName::from(topic.as_str()), TopicImage { id: id_of(topic), partitions, initialized: None })
        });
        let image: MetadataImage = image.collect();
        let names: BTreeMap<TopicId, &String> = self.topics.keys().map(|topic| (id_of(topic), topic)).collect();
        let specs = self.members.iter().map(|member| {
            let topics: BTreeSet<_> = member.has.iter().map(|(topic, _)| topic).collect();
            let of = |topic: &String| member.has.iter().filter(|p| p.0 == *topic).map(|p| p.1).collect();
            let target = topics.into_iter().map(|topic| (id_of(topic), of(topic))).collect();
            MemberSpec {
                id: MemberId::from(member.id.as_str()),
                instance_id: member.instance.as_deref().map(InstanceId::from),
                subscribed: member.topics.iter().map(|topic| TopicName::from(topic.as_str())).collect(),
                target,
            }
        });
        let answer = kind.assign(&specs.collect::<Vec<_>>(), &image).unwrap();
        let partitions = |target: &TargetAssignment| {
            let topics = target.iter().map(|(topic, numbers)| (names[&topic], numbers));
            topics.flat_map(|(topic, numbers)| numbers.iter().map(move |&n| (topic.clone(), n))).collect()
        };
        answer.iter().map(|(id, target)| (id.as_str().to_owned(), partitions(target))).collect()
    }
}

fn situation() -> impl Strategy<Value = Situation> {
    let partitions = vec(1i32..12, 1..6);
    let members = vec((any::<u8>(), prop::bool::weighted(0.2)), 1..16);
    (partitions, members, any::<bool>())
        .prop_map(|(partitions, members, equal)| Situation::new(&partitions, &members, equal))
}

fn equal_situation() -> impl Strategy<Value = Situation> {
    let partitions = vec(1i32..20, 1..6);
    let members = vec((any::<u8>(), prop::bool::weighted(0.2)), 2..16);
    (partitions, members).prop_map(|(partitions, members)| Situation::new(&partitions, &members, true))
}

fn spread(sizes: impl Iterator<Item = usize> + Clone) -> usize {
    sizes.clone().max().unwrap_or(0) - sizes.min().unwrap_or(0)
}

fn has_equal_subscriptions(situation: &Situation) -> bool {
    situation.members.windows(2).all(|pair| pair[0].topics == pair[1].topics)
}

/// Why the answer is further from balance than `bound` allows, if it is.
fn imbalance(situation: &Situation, answer: &Answer, bound: Balance) -> Option<String> {
    let equal = has_equal_subscriptions(situation);
    match bound {
        Balance::EachTopic => situation.topics.keys().find_map(|topic| {
            let subscribers = situation.members.iter().filter(|member| member.topics.contains(topic));
            let sizes = subscribers.map(|member| answer[&member.id].iter().filter(|p| p.0 == *topic).count());
            (spread(sizes) > 1).then(|| topic.clone())
        }),
        Balance::EqualSubscriptions | Balance::NoMoveLevels if equal => {
            (spread(answer.values().map(BTreeSet::len)) > 1).then(|| "members differ".to_owned())
        }
        Balance::EqualSubscriptions => None,
        Balance::NoMoveLevels => {
            let holders = answer.iter().flat_map(|(id, list)| list.iter().map(move |p| (p, list.len(), id)));
            let mut holders = holders.flat_map(|(partition, size, holder)| {
                let subscribers = situation.members.iter().filter(|member| member.topics.contains(&partition.0));
                subscribers.map(move |member| (partition, size, holder, &member.id))
            });
            holders.find(|(_, size, _, other)| answer[*other].len() + 1 < *size).map(|found| format!("{found:?}"))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fresh_group_is_given_everything_once_and_only_to_subscribers(situation in situation()) {
        for assignor in ASSIGNORS {
            let answer = situation.ask(assignor);
            prop_assert_eq!(answer.len(), situation.members.len(), "{}: everybody is answered", assignor.name);
            let given: usize = answer.values().map(BTreeSet::len).sum();
            let all: BTreeSet<Partition> = answer.values().flatten().cloned().collect();
            prop_assert_eq!(&all, &situation.live(), "{}: complete", assignor.name);
            prop_assert!(assignor.shares || given == all.len(), "{}: disjoint", assignor.name);
            for member in &situation.members {
                let strange = answer[&member.id].iter().find(|partition| !member.topics.contains(&partition.0));
                prop_assert_eq!(strange, None, "{}: only subscribers", assignor.name);
            }
        }
    }

    #[test]
    fn a_group_ends_within_the_bound_that_the_assignor_claims(situation in situation(), gone in any::<prop::sample::Index>()) {
        for assignor in ASSIGNORS {
            let answer = situation.ask(assignor);
            prop_assert_eq!(imbalance(&situation, &answer, assignor.balance), None, "{} fresh", assignor.name);
            let mut smaller = situation.holding(&answer);
            if smaller.members.len() > 1 && !assignor.shares {
                smaller.members.remove(gone.index(smaller.members.len()));
                let answer = smaller.settle(assignor);
                prop_assert_eq!(imbalance(&smaller, &answer, assignor.balance), None, "{} after", assignor.name);
            }
        }
    }

    #[test]
    fn nothing_moves_in_a_group_that_did_not_change_if_the_assignor_is_sticky(situation in situation()) {
        for assignor in ASSIGNORS.iter().filter(|assignor| assignor.sticky) {
            let first = situation.ask(assignor);
            let second = situation.holding(&first).ask(assignor);
            prop_assert_eq!(first, second, "{}", assignor.name);
        }
    }

    #[test]
    fn nobody_who_stays_loses_anything_to_a_departure_if_the_assignor_is_sticky(
        situation in equal_situation(),
        gone in any::<prop::sample::Index>(),
    ) {
        for assignor in ASSIGNORS.iter().filter(|assignor| assignor.sticky && !assignor.shares) {
            let before = situation.ask(assignor);
            let mut smaller = situation.holding(&before);
            smaller.members.remove(gone.index(smaller.members.len()));
            let after = smaller.ask(assignor);
            for (member, partitions) in &after {
                prop_assert!(partitions.is_superset(&before[member]), "{}: {}", assignor.name, member);
            }
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer(situation in situation()) {
        for assignor in ASSIGNORS {
            let first = situation.ask(assignor);
            prop_assert_eq!(&first, &situation.ask(assignor), "{}", assignor.name);
            let held = situation.holding(&first);
            prop_assert_eq!(held.ask(assignor), held.clone().ask(assignor), "{}", assignor.name);
        }
    }

    #[test]
    fn what_changes_hands_is_free_for_a_round_if_the_assignor_withholds(
        situation in situation(),
        newcomer in any::<u8>(),
    ) {
        for assignor in ASSIGNORS.iter().filter(|assignor| assignor.withholds) {
            let before = situation.ask(assignor);
            let mut larger = situation.holding(&before);
            let mut joining = larger.members[usize::from(newcomer) % larger.members.len()].clone();
            joining.id = "newcomer".to_owned();
            joining.instance = None;
            joining.has.clear();
            larger.members.push(joining);
            let after = larger.ask(assignor);
            for (member, partitions) in &after {
                for partition in partitions {
                    let former = before.iter().find(|(_, held)| held.contains(partition)).map(|(id, _)| id);
                    prop_assert!(former.is_none_or(|former| former == member), "{:?}", partition);
                }
            }
            let settled = larger.settle(assignor);
            prop_assert_eq!(settled.values().map(BTreeSet::len).sum::<usize>(), larger.live().len());
        }
    }
}
