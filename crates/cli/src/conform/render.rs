//! Our answers and states in the form of the recording: the same field names, defaults left out.

use coordinator::{ClassicGroupView, MetadataImage};
use protocol::message::{
    DescribeGroupsResponse, DescribedMember, FetchedOffset, JoinGroupResponse, JoinedMember, OffsetFetchResponse,
    Request, Response,
};
use protocol::{AssignmentBytes, ErrorCode, InstanceId, MemberId, MetadataBytes, TopicPartition};
use serde_json::{Map, Value, json};

use super::case::What;
use super::consumer;
use super::topics::Labels;

/// Leaves out what is a default of Kafka's messages: null, empty texts and lists, false, generation −1, epoch 0.
pub fn without_defaults(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept =
                fields.into_iter().map(|(name, value)| (name, without_defaults(value))).filter(|(name, value)| {
                    let is_default = match value {
                        Value::Null | Value::Bool(false) => true,
                        Value::String(text) => text.is_empty(),
                        Value::Array(values) => values.is_empty(),
                        Value::Number(number) => match name.as_str() {
                            "generation" => number.as_i64() == Some(-1),
                            "epoch" | "assignment_epoch" | "interval" => number.as_i64() == Some(0),
                            _ => false,
                        },
                        // Of a subscription: owning nothing is what is meant without a word.
                        Value::Object(fields) => name == "owned" && fields.is_empty(),
                        Value::Bool(true) => false,
                    };
                    !is_default
                });
            Value::Object(kept.collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_defaults).collect()),
        other => other,
    }
}

/// An answer that left at `t` to the request with number `n`, when these topics existed.
pub fn answer(t: u64, n: u64, asked: Option<&What>, response: &Response, world: (&Labels, &MetadataImage)) -> Value {
    let mut fields = match response {
        Response::JoinGroup(answer) => joined(answer),
        Response::SyncGroup(answer) => json!({
            "error": answer.error.name(),
            "type": answer.protocol_type.as_ref().map(ToString::to_string),
            "protocol": answer.protocol_name.as_ref().map(ToString::to_string),
            "assignment": assignment(&answer.assignment),
        }),
        Response::Heartbeat(answer) => json!({ "error": answer.error.name() }),
        Response::LeaveGroup(answer) => json!({
            "error": answer.error.name(),
            "members": answer.members.iter().map(|member| json!({
                "member": member.member_id.as_str(),
                "instance": instance(member.instance_id.as_ref()),
                "error": member.error.name(),
            })).collect::<Vec<_>>(),
        }),
        Response::OffsetCommit(answer) => committed(answer.error, &answer.exceptions, asked),
        Response::TxnOffsetCommit(answer) => committed(answer.error, &answer.exceptions, asked),
        Response::WriteTxnMarkers(answer) => json!({ "error": answer.error.name() }),
        Response::OffsetFetch(answer) => fetched(answer),
        Response::OffsetDelete(answer) => partitions(answer.error, &answer.partitions),
        Response::DescribeGroups(answer) => described(answer),
        Response::DeleteGroups(answer) => json!({ "error": answer.error.name() }),
        Response::ConsumerGroupHeartbeat(answer) => consumer::heartbeat(answer, world.0),
        Response::ConsumerGroupDescribe(answer) => consumer::described(answer, world.0, world.1),
        Response::ListGroups(_) | Response::FindCoordinator(_) | Response::Metadata(_) => json!({}),
    };
    if let Value::Object(fields) = &mut fields {
        fields.insert("t".into(), json!(t));
        fields.insert("n".into(), json!(n));
    }
    without_defaults(fields)
}

fn joined(answer: &JoinGroupResponse) -> Value {
    let member = |member: &JoinedMember| {
        json!({
            "member": member.member_id.as_str(),
            "instance": instance(member.instance_id.as_ref()),
            "metadata": metadata(&member.metadata),
        })
    };
    json!({
        "error": answer.error.name(),
        "member": answer.member_id.as_str(),
        "generation": answer.generation.0,
        "type": answer.protocol_type.as_ref().map(ToString::to_string),
        "protocol": answer.protocol_name.as_ref().map(ToString::to_string),
        "leader": answer.leader.as_str(),
        "skip": answer.skip_assignment,
        "members": answer.members.iter().map(member).collect::<Vec<_>>(),
    })
}

fn described(answer: &DescribeGroupsResponse) -> Value {
    let member = |member: &DescribedMember| {
        json!({
            "member": member.member_id.as_str(),
            "instance": instance(member.instance_id.as_ref()),
            "client": member.client_id.as_str(),
            "metadata": member.metadata.as_ref().map(metadata),
            "assignment": assignment(&member.assignment),
        })
    };
    json!({
        "error": answer.error.name(),
        "state": answer.state,
        "type": answer.protocol_type.as_ref().map(ToString::to_string),
        "protocol": answer.protocol_name.as_ref().map(ToString::to_string),
        "members": answer.members.iter().map(member).collect::<Vec<_>>(),
    })
}

/// Sorted, as the recording is.
fn fetched(answer: &OffsetFetchResponse) -> Value {
    let mut offsets: Vec<FetchedOffset> = answer.fetched().collect();
    offsets.sort_by(|left, right| left.partition.cmp(&right.partition));
    let entry = |fetched: &FetchedOffset| {
        let TopicPartition { topic, partition } = &fetched.partition;
        let mut entry = vec![json!(topic.as_str()), json!(partition.0), json!(fetched.offset.0)];
        if !fetched.error.is_none() {
            entry.push(json!(fetched.error.name()));
        } else if let Some(metadata) = &fetched.metadata {
            entry.push(json!(&**metadata));
        }
        Value::Array(entry)
    };
    json!({ "error": answer.error.name(), "offsets": offsets.iter().map(entry).collect::<Vec<_>>() })
}

fn instance(id: Option<&InstanceId>) -> Option<&str> {
    id.map(InstanceId::as_str)
}

/// What holds for all partitions, or `MIXED` and each partition's own.
fn committed(error: ErrorCode, exceptions: &[(TopicPartition, ErrorCode)], asked: Option<&What>) -> Value {
    let asked = match asked {
        Some(What::Request(_, Request::OffsetCommit(request))) => &request.offsets.partitions()[..],
        Some(What::Request(_, Request::TxnOffsetCommit(request))) => &request.offsets.partitions()[..],
        _ => &[],
    };
    let of = |partition: &TopicPartition| {
        exceptions.iter().find(|(other, _)| other == partition).map_or(error, |(_, error)| *error)
    };
    let each: Vec<_> = asked.iter().map(|partition| (partition.clone(), of(partition))).collect();
    partitions(error, &each)
}

fn partitions(error: ErrorCode, each: &[(TopicPartition, ErrorCode)]) -> Value {
    let first = each.first().map_or(error, |(_, error)| *error);
    if each.iter().all(|(_, error)| *error == first) {
        return json!({ "error": first.name() });
    }
    let entry = |(at, error): &(TopicPartition, ErrorCode)| json!([at.topic.as_str(), at.partition.0, error.name()]);
    json!({ "error": "MIXED", "partitions": each.iter().map(entry).collect::<Vec<_>>() })
}

fn metadata(bytes: &MetadataBytes) -> Value {
    let subscription = match bytes {
        MetadataBytes::Subscription(subscription) => subscription,
        MetadataBytes::Opaque(bytes) => return json!(String::from_utf8_lossy(bytes)),
    };
    let owned = by_topic(&subscription.owned);
    json!({
        "topics": subscription.topics.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "owned": if owned.is_empty() { Value::Null } else { Value::Object(owned) },
        "generation": subscription.generation.0,
        "rack": subscription.rack.as_ref().map(ToString::to_string),
        "data": subscription.user_data.as_ref().map(|data| String::from_utf8_lossy(data)),
    })
}

fn by_topic(partitions: &[TopicPartition]) -> Map<String, Value> {
    let mut by_topic = Map::new();
    for TopicPartition { topic, partition } in partitions {
        let numbers = by_topic.entry(topic.as_str()).or_insert_with(|| json!([]));
        if let Value::Array(numbers) = numbers {
            numbers.push(json!(partition.0));
        }
    }
    by_topic
}

fn assignment(bytes: &AssignmentBytes) -> Value {
    match bytes {
        AssignmentBytes::Empty => Value::Null,
        AssignmentBytes::Opaque(bytes) => json!(String::from_utf8_lossy(bytes)),
        AssignmentBytes::Partitions(partitions) => Value::Object(by_topic(&partitions.clone().into_sorted())),
        AssignmentBytes::WithUserData(assignment) => json!({
            "partitions": by_topic(&bytes.clone().into_sorted()),
            "data": String::from_utf8_lossy(&assignment.user_data),
        }),
    }
}

/// A group in memory; sets are sorted.
pub fn view(view: &ClassicGroupView) -> Map<String, Value> {
    let ids = |ids: &[MemberId]| json!(ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    let set = |of: &[MemberId]| {
        let mut sorted = of.to_vec();
        sorted.sort();
        ids(&sorted)
    };
    let fields = [
        ("state", json!(view.state.name())),
        ("generation", json!(view.generation.0)),
        ("leader", json!(view.leader.as_ref().map(ToString::to_string))),
        ("protocol", json!(view.protocol_name.as_ref().map(ToString::to_string))),
        ("members", ids(&view.members)),
        ("pending", set(&view.pending)),
        ("joining", set(&view.joining)),
        ("syncing", set(&view.syncing)),
        ("owing_sync", set(&view.owing_sync)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A recorded state with its sets sorted, to compare with ours.
pub fn sorted_sets(mut state: Value) -> Value {
    for name in ["pending", "joining", "syncing", "owing_sync"] {
        if let Some(Value::Array(ids)) = state.get_mut(name) {
            ids.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
        }
    }
    state
}
