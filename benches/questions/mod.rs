//! The questions that Kafka's assignors were timed with.
//!
//! *fresh*: nobody owns anything. *leave*: everybody owns the fresh answer and the middle member (by id) is gone.
//! *join*: everybody but the last member owns the fresh answer of the group without it. *equal*: everybody subscribes
//! to every topic. *half*: everybody to a random half of them. *outlier*: all but one member subscribe to all topics,
//! that one leaves out a single one. *split*: every other member subscribes to the first quarter of the topics, the
//! rest to the others.

mod rows;

use std::sync::Arc;

use assignor::server::target::TargetAssignment;
use assignor::server::{MemberSpec, MetadataImage, ServerAssignorKind, TargetAssignments, TopicImage};
use assignor::{Assignor, ClientAssignor, ClientAssignorKind, GroupAssignment, Side, Topics};
use protocol::message::JoinedMember;
use protocol::{Generation, MemberId, MetadataBytes, Subscription, TopicId, TopicName, TopicPartition};

pub(crate) use rows::{GROWTH, LARGE, ROWS};

/// Who subscribes to what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Equal,
    Half,
    Outlier,
    Split,
}

/// What has happened to the group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Fresh,
    Leave,
    Join,
}

/// One measurement.
pub(crate) struct Row {
    pub(crate) shape: Shape,
    pub(crate) members: usize,
    pub(crate) topics: usize,
    pub(crate) partitions_each: usize,
    pub(crate) event: Event,
    /// Kafka's name, with `server-` in front where both sides have one of that name.
    pub(crate) assignor: &'static str,
    /// What Kafka's class needs: the smaller of the least wall time and the median of processor time. 0: not measured.
    pub(crate) kafka_ms: f64,
}

impl Shape {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Half => "half",
            Self::Outlier => "outlier",
            Self::Split => "split",
        }
    }
}

impl Event {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Leave => "leave",
            Self::Join => "join",
        }
    }
}

/// A question ready to be asked.
pub(crate) enum Question {
    Client(ClientAssignorKind, Vec<JoinedMember>, Topics),
    Coordinator(ServerAssignorKind, Vec<MemberSpec>, MetadataImage),
}

/// Its answer.
pub(crate) enum Answer {
    Client(GroupAssignment),
    Coordinator(TargetAssignments),
}

impl Question {
    /// Asks a new assignor.
    pub(crate) fn ask(&self) -> Answer {
        match self {
            Self::Client(kind, members, topics) => {
                let answer = ClientAssignor::new(*kind).assign(members, topics);
                Answer::Client(answer.expect("an ordinary group has an answer"))
            }
            Self::Coordinator(kind, members, image) => {
                Answer::Coordinator(kind.assign(members, image).expect("an ordinary group has an answer"))
            }
        }
    }

    /// A digest of the answer.
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = Digest(0xCBF2_9CE4_8422_2325);
        match self.ask() {
            Answer::Client(answer) => {
                for (id, assignment) in &answer.members {
                    digest.bytes(id.as_str().as_bytes());
                    for partition in assignment.iter() {
                        digest.bytes(partition.topic.as_str().as_bytes());
                        digest.bytes(&partition.partition.0.to_be_bytes());
                    }
                }
            }
            Answer::Coordinator(answer) => {
                for (id, target) in &answer {
                    digest.bytes(id.as_str().as_bytes());
                    for (topic, partitions) in target.iter() {
                        digest.bytes(&topic.low.to_be_bytes());
                        partitions.iter().for_each(|number| digest.bytes(&number.to_be_bytes()));
                    }
                }
            }
        }
        digest.0
    }
}

/// FNV-1a.
struct Digest(u64);

impl Digest {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

impl Row {
    pub(crate) fn name(&self) -> String {
        let (shape, event) = (self.shape.name(), self.event.name());
        format!("{shape}-{}x{}x{}-{event}-{}", self.members, self.topics, self.partitions_each, self.assignor)
    }

    /// Builds the question.
    pub(crate) fn question(&self) -> Question {
        let name = self.assignor;
        let assignor = match name.strip_prefix("server-") {
            Some(name) => Assignor::of_coordinator(name),
            None => Assignor::of_client(name).or_else(|| Assignor::of_coordinator(name)),
        };
        match assignor.map(|assignor| assignor.side) {
            Some(Side::Client(kind)) => self.client_question(kind),
            Some(Side::Coordinator(kind)) => self.coordinator_question(kind),
            None => panic!("no assignor is called {name}"),
        }
    }

    fn topic_names(&self) -> Vec<TopicName> {
        (0..self.topics).map(|number| TopicName::from(format!("topic-{number:03}"))).collect()
    }

    /// Ids as consumers have them: a name, a number, and a random part.
    fn member_ids(&self) -> Vec<MemberId> {
        let mut random = Random(self.members as u64);
        let ids = (0..self.members).map(|number| {
            let (a, b) = (random.next(), random.next());
            let (first, second, third) = (a >> 32, a >> 16 & 0xFFFF, a & 0xFFF);
            MemberId::from(format!(
                "consumer-orders-{number}-{first:08x}-{second:04x}-4{third:03x}-a{:03x}-{:012x}",
                b >> 52,
                b & 0xFFFF_FFFF_FFFF
            ))
        });
        ids.collect()
    }

    /// Per member the numbers of its topics.
    fn subscriptions(&self) -> Vec<Vec<usize>> {
        let mut random = Random(77);
        let of = |member: usize| match self.shape {
            Shape::Equal => (0..self.topics).collect(),
            Shape::Outlier => (0..self.topics).filter(|&topic| member != 0 || topic != self.topics / 2).collect(),
            Shape::Split => {
                let quarter = self.topics / 4;
                if member.is_multiple_of(2) { (0..quarter).collect() } else { (quarter..self.topics).collect() }
            }
            Shape::Half => {
                let mut topics: Vec<usize> = (0..self.topics).collect();
                for index in 0..self.topics / 2 {
                    let other = index + random.next() as usize % (self.topics - index);
                    topics.swap(index, other);
                }
                topics.truncate(self.topics / 2);
                topics.sort_unstable();
                topics
            }
        };
        (0..self.members).map(of).collect()
    }

    fn client_question(&self, kind: ClientAssignorKind) -> Question {
        let names = self.topic_names();
        let each = i32::try_from(self.partitions_each).expect("a number of partitions");
        let topics: Topics = names.iter().map(|name| (name.clone(), each)).collect();
        let subscriptions = self.subscriptions();
        let members = self.member_ids().into_iter().zip(&subscriptions).map(|(member_id, topics)| {
            let topics = topics.iter().map(|&topic| names[topic].clone()).collect();
            let user_data = ClientAssignor::new(kind).user_data();
            let subscription = Subscription { topics, user_data, ..Subscription::default() };
            joined(member_id, subscription)
        });
        let mut members: Vec<JoinedMember> = members.collect();
        if self.event == Event::Fresh {
            return Question::Client(kind, members, topics);
        }
        let newcomer = (self.event == Event::Join).then(|| members.pop()).flatten();
        let answer = ClientAssignor::new(kind).assign(&members, &topics).expect("a fresh group has an answer");
        let mut members: Vec<JoinedMember> = members.iter().map(|member| owning(kind, member, &answer)).collect();
        members.extend(newcomer);
        if self.event == Event::Leave {
            let leaver = middle(members.iter().map(|member| &member.member_id));
            members.retain(|member| member.member_id != leaver);
        }
        Question::Client(kind, members, topics)
    }

    fn coordinator_question(&self, kind: ServerAssignorKind) -> Question {
        let names = self.topic_names();
        let partitions = i32::try_from(self.partitions_each).expect("a number of partitions");
        let mut random = Random(4);
        let topics = names.iter().map(|name| {
            let id = TopicId { high: random.next().cast_signed(), low: random.next().cast_signed() };
            (name.clone(), TopicImage { id, partitions, initialized: None })
        });
        let image: MetadataImage = topics.collect();
        let everything: Arc<[TopicName]> = names.iter().cloned().collect();
        let subscriptions = self.subscriptions();
        let members = self.member_ids().into_iter().zip(&subscriptions).map(|(id, topics)| {
            let subscribed = if topics.len() == names.len() {
                Arc::clone(&everything)
            } else {
                topics.iter().map(|&topic| names[topic].clone()).collect()
            };
            MemberSpec { id, instance_id: None, subscribed, target: TargetAssignment::new() }
        });
        let mut members: Vec<MemberSpec> = members.collect();
        if self.event == Event::Fresh {
            return Question::Coordinator(kind, members, image);
        }
        let newcomer = (self.event == Event::Join).then(|| members.pop()).flatten();
        let answer = kind.assign(&members, &image).expect("a fresh group has an answer");
        let targets: std::collections::BTreeMap<_, _> = answer.into_iter().collect();
        for member in &mut members {
            member.target = targets[&member.id].clone();
        }
        members.extend(newcomer);
        if self.event == Event::Leave {
            let leaver = middle(members.iter().map(|member| &member.id));
            members.retain(|member| member.id != leaver);
        }
        Question::Coordinator(kind, members, image)
    }
}

/// The member in the middle of all ids.
fn middle<'a>(ids: impl Iterator<Item = &'a MemberId>) -> MemberId {
    let mut ids: Vec<&MemberId> = ids.collect();
    ids.sort();
    ids[ids.len() / 2].clone()
}

fn joined(member_id: MemberId, subscription: Subscription) -> JoinedMember {
    JoinedMember { member_id, instance_id: None, metadata: MetadataBytes::Subscription(Arc::new(subscription)) }
}

/// The member as it joins again with what it was given.
fn owning(kind: ClientAssignorKind, member: &JoinedMember, answer: &GroupAssignment) -> JoinedMember {
    let generation = Generation(1);
    let given = answer.get(&member.member_id).expect("everybody is answered");
    let mut own = ClientAssignor::new(kind);
    own.on_assignment(given, generation);
    let mut owned: Vec<TopicPartition> = Vec::new();
    if kind == ClientAssignorKind::CooperativeSticky {
        owned.extend_from_slice(given);
        owned.sort();
    }
    let before = member.metadata.subscription().expect("a consumer's subscription");
    let subscription = Subscription { user_data: own.user_data(), owned: owned.into(), generation, ..before.clone() };
    joined(member.member_id.clone(), subscription)
}

/// A linear congruential generator: the same questions on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        let mut step = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 >> 32
        };
        step() << 32 | step()
    }
}
