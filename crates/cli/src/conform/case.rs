//! A recorded sequence: what was asked of Kafka's coordinator, and what it answered.
//!
//! One JSON object a line. Member ids are written `@3`, an index into the ids that Kafka made; they become real ids
//! here, because the order of hash tables depends on them. A missing field is null, or in answers the default of
//! Kafka's message.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use coordinator::{GroupConfig, MetadataImage};
use protocol::message::{
    ConsumerGroupDescribeRequest, DeleteGroupsRequest, DescribeGroupsRequest, HeartbeatRequest, JoinGroupProtocol,
    JoinGroupRequest, LeaveGroupRequest, LeavingMember, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest,
    OffsetToCommit, OffsetsToCommit, Request, SyncGroupRequest, TxnOffsetCommitRequest, WriteTxnMarkersRequest,
};
use protocol::{
    AssignmentBytes, ClientHost, ClientId, Generation, GroupId, InstanceId, MemberAssignment, MemberEpoch, MemberId,
    MetadataBytes, Offset, PartitionIndex, Partitions, ProducerId, ProtocolType, Subscription, TopicName,
    TopicPartition,
};
use serde_json::{Map, Value};

use super::topics::{Labels, Settings};

/// One recorded sequence.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// What kind of things happen in it.
    pub tags: Vec<String>,
    /// The last millisecond played.
    pub end: u64,
    /// Time from an append to its commit, ms.
    pub append_delay_ms: u64,
    /// The broker's settings.
    pub config: GroupConfig,
    /// Time that a lookup of regular expressions takes, ms.
    pub regex_delay_ms: u64,
    /// Topics by their labels.
    pub topics: Labels,
    /// The topics that exist at first.
    pub image: MetadataImage,
    /// The ids that Kafka made, in order.
    pub member_ids: Vec<MemberId>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The ids that clients made.
    pub client_ids: Vec<MemberId>,
    /// The answers in the order in which they left, as recorded but with real member ids.
    pub answers: Vec<Value>,
    /// Numbers of the requests that were open at the end.
    pub unanswered: Vec<u64>,
    /// Changes of state in memory, as recorded but with real member ids.
    pub states: Vec<Value>,
}

/// Something that happens at a millisecond.
#[derive(Clone, Debug)]
pub struct Step {
    /// When, ms.
    pub t: u64,
    /// What.
    pub what: What,
    /// As it was recorded.
    pub recorded: Value,
}

/// What a step is.
#[derive(Clone, Debug)]
pub enum What {
    /// A request and its number.
    Request(u64, Request),
    /// From now on these are the topics.
    Topics(MetadataImage),
    /// The coordinator gives its partition away.
    Unload,
    /// It begins to read it again.
    Load,
    /// It has read it.
    Loaded,
    /// Nothing commits any more.
    Stall,
    /// Everything appended so far commits now.
    Resume,
}

impl Case {
    /// Reads a line.
    ///
    /// # Errors
    /// The line is not JSON, or not a recorded sequence.
    pub fn parse(line: &str) -> Result<Self> {
        let mut case: Value = serde_json::from_str(line)?;
        let ids: Vec<String> = texts(&case["member_ids"])?;
        let client_ids = if case["client_ids"].is_null() { Vec::new() } else { texts(&case["client_ids"])? };
        for part in ["steps", "answers", "states"] {
            name_members(&mut case[part], &ids, &client_ids);
        }
        let Settings { config, append_delay_ms, regex_delay_ms } = Settings::read(&case["config"])?;
        let topics = Labels::read(&case["topics"])?;
        let image = topics.first_image(&case["topics"])?;
        let mut reader = Reader { topics: &topics, image: image.clone() };
        let mut steps: Vec<Step> = Vec::new();
        for (number, recorded) in array(&case["steps"])?.iter().enumerate() {
            let step = reader.step(recorded).with_context(|| format!("step {}", number + 1))?;
            if let Some(last) = steps.last().filter(|last| step.t < last.t) {
                bail!("step {}, at {} ms, is before the step before it, at {} ms", number + 1, step.t, last.t);
            }
            steps.push(step);
        }
        let list = |part: &str| Ok::<_, anyhow::Error>(array(&case[part])?.clone());
        Ok(Self {
            id: text(&case["id"])?.to_owned(),
            tags: texts(&case["tags"])?,
            end: length("end", number(&case["end"])?)?,
            append_delay_ms: length("append_delay_ms", append_delay_ms)?,
            regex_delay_ms: length("regex_delay_ms", regex_delay_ms)?,
            topics,
            image,
            client_ids: client_ids.iter().map(|id| MemberId::new(id)).collect(),
            config,
            member_ids: ids.iter().map(|id| MemberId::new(id)).collect(),
            steps,
            answers: list("answers")?,
            unanswered: array(&case["unanswered"])?.iter().map(number).collect::<Result<_>>()?,
            states: list("states")?,
        })
    }
}

/// A length of time of a sequence. Ten years, as in scenarios, are more than anybody recorded.
fn length(what: &str, millis: u64) -> Result<u64> {
    const LONGEST: u64 = 10 * 365 * 24 * 3_600_000;
    ensure!(millis <= LONGEST, "`{what}` is {LONGEST} ms at most, ten years");
    Ok(millis)
}

/// Replaces `@3` by the third id that Kafka made and `#3` by the third that a client made, as values and as names.
fn name_members(value: &mut Value, ids: &[String], client_ids: &[String]) {
    let real = |text: &str| {
        let (index, ids) = match (text.strip_prefix('@'), text.strip_prefix('#')) {
            (Some(index), _) => (index, ids),
            (_, Some(index)) => (index, client_ids),
            (None, None) => return None,
        };
        index.parse::<usize>().ok().and_then(|index| ids.get(index)).cloned()
    };
    match value {
        Value::String(text) => {
            if let Some(id) = real(text) {
                *text = id;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| name_members(value, ids, client_ids)),
        Value::Object(fields) => {
            let named = std::mem::take(fields);
            fields.extend(named.into_iter().map(|(name, mut value)| {
                name_members(&mut value, ids, client_ids);
                (real(&name).unwrap_or(name), value)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Reads steps one after the other: each sees the topics that exist by then.
struct Reader<'a> {
    topics: &'a Labels,
    image: MetadataImage,
}

impl Reader<'_> {
    fn step(&mut self, recorded: &Value) -> Result<Step> {
        let what = match recorded["event"].as_str() {
            None => What::Request(number(&recorded["n"])?, request(recorded, self.topics)?),
            Some("topics") => {
                self.topics.change(&mut self.image, recorded)?;
                What::Topics(self.image.clone())
            }
            Some("unload") => What::Unload,
            Some("load") => What::Load,
            Some("loaded") => What::Loaded,
            Some("stall") => What::Stall,
            Some("resume") => What::Resume,
            Some(other) => bail!("unknown event {other}"),
        };
        Ok(Step { t: number(&recorded["t"])?, what, recorded: recorded.clone() })
    }
}

fn request(step: &Value, topics: &Labels) -> Result<Request> {
    let group = GroupId::new(step["group"].as_str().unwrap_or("g"));
    let version = |default: i16| match &step["v"] {
        Value::Null => Ok(default),
        given => Ok::<_, anyhow::Error>(i16::try_from(number(given)?)?),
    };
    let member_id = MemberId::new(step["member"].as_str().unwrap_or(""));
    let instance_id = step["instance"].as_str().map(InstanceId::new);
    let generation =
        Generation(integer(if step["generation"].is_null() { &step["epoch"] } else { &step["generation"] }, -1)?);
    Ok(match text(&step["req"])? {
        "JoinGroup" => Request::from(join_group(step, group, version(9)?, member_id, instance_id)?),
        "SyncGroup" => Request::from(SyncGroupRequest {
            version: version(5)?,
            group,
            generation,
            member_id,
            instance_id,
            protocol_type: step["type"].as_str().map(ProtocolType::new),
            protocol_name: step["protocol"].as_str().map(Into::into),
            assignments: entries(&step["assignments"])
                .map(|entry| Ok((MemberId::new(text(&entry[0])?), assignment(&entry[1])?)))
                .collect::<Result<_>>()?,
        }),
        "Heartbeat" => Request::from(HeartbeatRequest { group, generation, member_id, instance_id }),
        "LeaveGroup" => {
            let members = entries(&step["members"]).map(|member| LeavingMember {
                member_id: MemberId::new(member["member"].as_str().unwrap_or("")),
                instance_id: member["instance"].as_str().map(InstanceId::new),
                reason: None,
            });
            Request::from(LeaveGroupRequest { version: version(5)?, group, members: members.collect() })
        }
        "OffsetCommit" => {
            let offsets = offsets(&step["offsets"])?;
            let version = version(9)?;
            Request::from(OffsetCommitRequest { version, group, generation, member_id, instance_id, offsets })
        }
        "TxnOffsetCommit" => {
            let producer_id = ProducerId(integer(&step["producer"], -1)?);
            let offsets = offsets(&step["offsets"])?;
            Request::from(TxnOffsetCommitRequest { producer_id, group, generation, member_id, instance_id, offsets })
        }
        "EndTxn" => {
            let producer_id = ProducerId(integer(&step["producer"], -1)?);
            let commit = step["commit"].as_bool().unwrap_or(false);
            Request::from(WriteTxnMarkersRequest { producer_id, commit })
        }
        "OffsetFetch" => Request::from(offset_fetch(step, group)?),
        "OffsetDelete" => {
            let partitions = partitions(&step["topics"])?.unwrap_or_default();
            Request::from(OffsetDeleteRequest { group, partitions })
        }
        "DescribeGroups" => Request::from(DescribeGroupsRequest { version: version(6)?, group }),
        "ConsumerGroupHeartbeat" => {
            Request::from(super::topics::heartbeat(step, group, member_id, instance_id, topics)?)
        }
        "ConsumerGroupDescribe" => Request::from(ConsumerGroupDescribeRequest { group }),
        "DeleteGroups" => Request::from(DeleteGroupsRequest { group }),
        other => bail!("unknown request {other}"),
    })
}

fn offset_fetch(step: &Value, group: GroupId) -> Result<OffsetFetchRequest> {
    let member_id = step["member"].as_str().map(MemberId::new);
    let member_epoch = MemberEpoch(integer(&step["epoch"], -1)?);
    let (partitions, require_stable) = (partitions(&step["topics"])?, step["stable"].as_bool().unwrap_or(false));
    Ok(OffsetFetchRequest { group, member_id, member_epoch, partitions, require_stable })
}

fn join_group(
    step: &Value,
    group: GroupId,
    version: i16,
    member_id: MemberId,
    instance_id: Option<InstanceId>,
) -> Result<JoinGroupRequest> {
    let protocols = entries(&step["protocols"])
        .map(|entry| Ok(JoinGroupProtocol { name: text(&entry[0])?.into(), metadata: metadata(&entry[1])? }))
        .collect::<Result<Vec<_>>>()?;
    Ok(JoinGroupRequest {
        version,
        group,
        client_id: ClientId::new(step["client"].as_str().unwrap_or("")),
        client_host: ClientHost::new("/127.0.0.1"),
        member_id,
        instance_id,
        session_timeout_ms: needed(step, "session")?,
        rebalance_timeout_ms: needed(step, "rebalance")?,
        protocol_type: ProtocolType::new(step["type"].as_str().unwrap_or("consumer")),
        protocols: protocols.into(),
        reason: None,
    })
}

/// A number without which there is no request.
fn needed(step: &Value, name: &str) -> Result<i32> {
    ensure!(!step[name].is_null(), "a JoinGroup needs `{name}`, in milliseconds");
    integer(&step[name], 0).with_context(|| format!("`{name}`"))
}

/// An object stands for a consumer's subscription.
fn metadata(value: &Value) -> Result<MetadataBytes> {
    let Some(fields) = value.as_object() else { return Ok(MetadataBytes::Opaque(text(value)?.as_bytes().into())) };
    let mut owned = Vec::new();
    for (topic, numbers) in fields.get("owned").and_then(Value::as_object).into_iter().flatten() {
        for partition in array(numbers)? {
            owned.push(TopicPartition::new(TopicName::new(topic), integer(partition, 0)?));
        }
    }
    Ok(MetadataBytes::Subscription(Arc::new(Subscription {
        topics: entries(&value["topics"]).map(|topic| Ok(TopicName::new(text(topic)?))).collect::<Result<_>>()?,
        user_data: value["data"].as_str().map(|data| data.as_bytes().into()),
        owned: owned.into(),
        generation: Generation(integer(&value["generation"], -1)?),
        rack: value["rack"].as_str().map(Into::into),
    })))
}

/// An object stands for a consumer's assignment.
fn assignment(value: &Value) -> Result<AssignmentBytes> {
    if value.is_object() {
        let (topics, data) = match &value["partitions"] {
            Value::Null => (value, None),
            topics => (topics, value["data"].as_str()),
        };
        let partitions = partitions(topics)?.unwrap_or_default();
        return Ok(match data {
            None => AssignmentBytes::Partitions(partitions),
            Some(data) => {
                let user_data = data.as_bytes().into();
                AssignmentBytes::WithUserData(Arc::new(MemberAssignment { partitions, user_data }))
            }
        });
    }
    let bytes = text(value)?.as_bytes();
    Ok(if bytes.is_empty() { AssignmentBytes::Empty } else { AssignmentBytes::Opaque(bytes.into()) })
}

fn offsets(value: &Value) -> Result<OffsetsToCommit> {
    entries(value)
        .map(|entry| {
            Ok(OffsetToCommit {
                partition: TopicPartition::new(TopicName::new(text(&entry[0])?), integer(&entry[1], 0)?),
                offset: Offset(integer(&entry[2], 0)?),
                metadata: entry.get(3).and_then(Value::as_str).map(Into::into),
            })
        })
        .collect()
}

fn partitions(value: &Value) -> Result<Option<Partitions>> {
    let Some(topics) = value.as_object() else { return Ok(None) };
    let mut partitions = Vec::new();
    for (topic, numbers) in topics {
        for number in array(numbers)? {
            let partition = PartitionIndex(integer(number, 0)?);
            partitions.push(TopicPartition { topic: TopicName::new(topic), partition });
        }
    }
    Ok(Some(partitions.into()))
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn array(value: &Value) -> Result<&Vec<Value>> {
    value.as_array().ok_or_else(|| anyhow!("a list is missing where {value} stands"))
}

pub(super) fn object(value: &Value) -> Result<&Map<String, Value>> {
    value.as_object().ok_or_else(|| anyhow!("an object is missing where {value} stands"))
}

pub(super) fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| anyhow!("a text is missing where {value} stands"))
}

pub(super) fn texts(value: &Value) -> Result<Vec<String>> {
    array(value)?.iter().map(|value| text(value).map(str::to_owned)).collect()
}

pub(super) fn number(value: &Value) -> Result<u64> {
    value.as_u64().ok_or_else(|| anyhow!("a number is missing where {value} stands"))
}

pub(super) fn integer<T: TryFrom<i64>>(value: &Value, default: i64) -> Result<T> {
    let given = if value.is_null() { Some(default) } else { value.as_i64() };
    let given = given.ok_or_else(|| anyhow!("a number is missing where {value} stands"))?;
    let narrow = T::try_from(given);
    ensure!(narrow.is_ok(), "{given} is out of range");
    narrow.map_err(|_| anyhow!("{given} is out of range"))
}
