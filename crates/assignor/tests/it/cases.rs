//! Recorded cases: JSON Lines, one group and its answer a line.
//!
//! They are read from the folder `assignors` under the one named by the variable `GROUNDTRUTH`, and from the sample
//! that is committed with the command-line crate where it is unset.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assignor::server::{MemberSpec, MetadataImage, TopicImage};
use assignor::{Topic, Topics};
use protocol::message::JoinedMember;
use protocol::{Generation, MetadataBytes, RackId, Subscription, TopicId, TopicName, TopicPartition};
use serde_json::Value;

/// One recorded case.
pub(crate) struct Case(Value);

/// Partitions as recorded.
pub(crate) type Partitions = Vec<(String, i32)>;

/// Topics and their partitions, in the order of a record.
pub(crate) type Record = Vec<(String, Vec<i32>)>;

/// The cases of one assignor.
pub(crate) fn read(assignor: &str) -> Vec<Case> {
    let folder = folder();
    let plain = folder.join(format!("{assignor}.jsonl"));
    let text = if plain.exists() {
        std::fs::read_to_string(&plain).unwrap()
    } else {
        unpacked(&folder.join(format!("{assignor}.jsonl.gz")))
    };
    text.lines().map(|line| Case(serde_json::from_str(line).unwrap())).collect()
}

fn folder() -> PathBuf {
    match std::env::var_os("GROUNDTRUTH") {
        Some(folder) => PathBuf::from(folder).join("assignors"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/tests/data/groundtruth/assignors"),
    }
}

fn unpacked(path: &Path) -> String {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

impl Case {
    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    /// Topics and their numbers of partitions.
    pub(crate) fn topics(&self) -> BTreeMap<String, i32> {
        let topics = self.0["topics"].as_object().unwrap();
        topics.iter().map(|(name, count)| (name.clone(), int(count))).collect()
    }

    /// The same with racks, for a leader.
    pub(crate) fn topics_with_racks(&self, names: &Names) -> Topics {
        let racks = |name: &str| {
            let partitions = self.0["racks"][name].as_array()?;
            let replicas = |replicas: &Value| {
                replicas.as_array().unwrap().iter().filter_map(Value::as_str).map(RackId::from).collect::<Vec<_>>()
            };
            Some(partitions.iter().map(replicas).collect())
        };
        let topics = self.topics();
        topics.iter().map(|(name, &partitions)| (names.get(name), Topic { partitions, racks: racks(name) })).collect()
    }

    pub(crate) fn members(&self) -> &[Value] {
        self.0["members"].as_array().unwrap()
    }

    /// The recorded answer.
    pub(crate) fn assignment(&self) -> BTreeMap<String, Partitions> {
        let members = self.0["assignment"].as_object().unwrap();
        members.iter().map(|(id, list)| (id.clone(), partitions(list))).collect()
    }

    /// How Kafka's class failed, if it did.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.0["failure"].as_str()
    }

    /// The order of the members in the recorded answer, where it was recorded.
    pub(crate) fn order(&self) -> Option<Vec<String>> {
        let order = self.0["order"].as_array()?;
        Some(order.iter().map(|id| id.as_str().unwrap().to_owned()).collect())
    }

    /// The records that the coordinator writes, where they were recorded.
    pub(crate) fn records(&self) -> Option<BTreeMap<String, Record>> {
        let topic = |topic: &Value| {
            let numbers = topic[1].as_array().unwrap().iter().map(int).collect();
            (topic[0].as_str().unwrap().to_owned(), numbers)
        };
        let records = self.0["record"].as_object()?.iter();
        Some(records.map(|(id, topics)| (id.clone(), topics.as_array().unwrap().iter().map(topic).collect())).collect())
    }

    pub(crate) fn topic_ids(&self) -> BTreeMap<String, TopicId> {
        let ids = self.0["topic_ids"].as_object().unwrap().iter();
        ids.map(|(name, id)| (name.clone(), TopicId::parse(id.as_str().unwrap()).unwrap())).collect()
    }

    /// The topics as a coordinator knows them.
    pub(crate) fn image(&self) -> MetadataImage {
        let ids = self.topic_ids();
        let topics = self.topics().into_iter().map(|(name, partitions)| {
            let image = TopicImage { id: ids[&name], partitions, initialized: self.initialized(&name, partitions) };
            (TopicName::from(name), image)
        });
        topics.collect()
    }

    fn initialized(&self, topic: &str, partitions: i32) -> Option<Arc<[bool]>> {
        let topics = self.0.get("initialized")?;
        let numbers: Vec<i32> = topics[topic].as_array().map(|list| list.iter().map(int).collect()).unwrap_or_default();
        Some((0..partitions).map(|number| numbers.contains(&number)).collect())
    }

    /// The members as a coordinator describes them.
    pub(crate) fn specs(&self, image: &MetadataImage) -> Vec<MemberSpec> {
        let ids = self.topic_ids();
        let shared: BTreeMap<&str, TopicName> = image.iter().map(|(name, _)| (name.as_str(), name.clone())).collect();
        let name = |name: &str| shared.get(name).cloned().unwrap_or_else(|| TopicName::from(name));
        let specs = self.members().iter().map(|member| {
            let owned = partitions(&member["owned"]);
            let topics =
                owned.chunk_by(|a, b| a.0 == b.0).map(|run| (ids[&run[0].0], run.iter().map(|p| p.1).collect()));
            let subscribed = member["subscription"].as_array().unwrap().iter();
            MemberSpec {
                id: member["id"].as_str().unwrap().into(),
                instance_id: member["instance_id"].as_str().map(Into::into),
                subscribed: subscribed.map(|topic| name(topic.as_str().unwrap())).collect(),
                target: topics.collect(),
            }
        });
        specs.collect()
    }

    /// The members as a leader is told of them.
    pub(crate) fn joined(&self, names: &Names) -> Vec<JoinedMember> {
        let assignor = self.0["assignor"].as_str().unwrap();
        self.members().iter().map(|member| joined(member, assignor, names)).collect()
    }
}

/// Names that share their text, as in a simulator.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<String, TopicName>);

impl Names {
    pub(crate) fn of(case: &Case) -> Self {
        Self(case.topics().into_keys().map(|name| (name.clone(), TopicName::from(name))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> TopicName {
        self.0.get(name).cloned().unwrap_or_else(|| TopicName::from(name))
    }
}

pub(crate) fn int(value: &Value) -> i32 {
    i32::try_from(value.as_i64().unwrap()).unwrap()
}

/// A list of `[topic, partition]`; absent: empty.
pub(crate) fn partitions(list: &Value) -> Partitions {
    let pair = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), int(&pair[1]));
    list.as_array().map(|list| list.iter().map(pair).collect()).unwrap_or_default()
}

fn joined(member: &Value, assignor: &str, names: &Names) -> JoinedMember {
    let text = |key: &str| member[key].as_str();
    let owned: Vec<_> = partitions(&member["owned"]);
    let owned: Vec<_> =
        owned.into_iter().map(|(topic, number)| TopicPartition::new(names.get(&topic), number)).collect();
    let generation = member["generation"].as_i64().map(|generation| Generation(i32::try_from(generation).unwrap()));
    let joined = match member.get("join_generation") {
        Some(generation) => generation.as_i64().map_or(Generation::NONE, |g| Generation(i32::try_from(g).unwrap())),
        None => generation.unwrap_or(Generation::NONE),
    };
    let mut subscription = Subscription {
        topics: member["subscription"].as_array().unwrap().iter().map(|t| names.get(t.as_str().unwrap())).collect(),
        generation: joined,
        rack: text("rack").map(RackId::from),
        ..Subscription::default()
    };
    if assignor == "sticky" {
        if !owned.is_empty() || generation.is_some() {
            subscription.user_data = Some(sticky_user_data(&owned, generation).into());
        }
    } else {
        subscription.owned = owned.into();
    }
    JoinedMember {
        member_id: text("id").unwrap().into(),
        instance_id: text("instance_id").map(Into::into),
        metadata: MetadataBytes::Subscription(subscription.into()),
    }
}

/// What a sticky member sends: topics as they come, then the generation unless its sender is old.
fn sticky_user_data(owned: &[TopicPartition], generation: Option<Generation>) -> Vec<u8> {
    if let Some(generation) = generation {
        let mut member = assignor::ClientAssignor::new(assignor::ClientAssignorKind::Sticky);
        member.on_assignment(owned, generation);
        return member.user_data().unwrap().to_vec();
    }
    let mut topics: BTreeMap<&TopicName, Vec<i32>> = BTreeMap::new();
    owned.iter().for_each(|partition| topics.entry(&partition.topic).or_default().push(partition.partition.0));
    let mut bytes = u32::try_from(topics.len()).unwrap().to_be_bytes().to_vec();
    for (topic, numbers) in topics {
        bytes.extend(u16::try_from(topic.as_str().len()).unwrap().to_be_bytes());
        bytes.extend(topic.as_str().as_bytes());
        bytes.extend(u32::try_from(numbers.len()).unwrap().to_be_bytes());
        numbers.iter().for_each(|number| bytes.extend(number.to_be_bytes()));
    }
    bytes
}
