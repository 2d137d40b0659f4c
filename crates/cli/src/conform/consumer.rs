//! Our answers and states of consumer groups in the form of the recording.

use coordinator::{ConsumerGroupView, MetadataImage};
use protocol::TopicPartition;
use protocol::message::{ConsumerGroupDescribeResponse, ConsumerGroupHeartbeatResponse, DescribedConsumerMember};
use serde_json::{Map, Value, json};

use super::topics::Labels;

/// An answer to a heartbeat.
pub fn heartbeat(answer: &ConsumerGroupHeartbeatResponse, labels: &Labels) -> Value {
    let assignment = answer.assignment.as_ref().map(|assignment| {
        let partitions =
            assignment.iter().flat_map(|topic| topic.partitions.iter().map(|partition| (topic.topic_id, partition.0)));
        labels.partitions(partitions)
    });
    json!({
        "error": answer.error.name(),
        "member": answer.member_id.as_ref().map(ToString::to_string),
        "epoch": answer.member_epoch.0,
        "interval": answer.heartbeat_interval_ms,
        "assignment": assignment,
    })
}

/// An answer to a question about a group, while these topics exist.
pub fn described(answer: &ConsumerGroupDescribeResponse, labels: &Labels, topics: &MetadataImage) -> Value {
    let named = |partitions: &[TopicPartition]| {
        let known = partitions.iter().filter_map(|at| Some((topics.get(&at.topic)?.id, at.partition.0)));
        labels.partitions(known)
    };
    let member = |member: &DescribedConsumerMember| {
        json!({
            "member": member.member_id.as_str(),
            "instance": member.instance_id.as_ref().map(ToString::to_string),
            "rack": member.rack_id.as_ref().map(ToString::to_string),
            "epoch": member.member_epoch.0,
            "client": member.client_id.as_str(),
            "type": i32::from(!member.is_classic),
            "topics": member.subscribed_topic_names.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "regex": member.subscribed_topic_regex.as_deref(),
            "assignment": named(&member.assignment),
            "target": named(&member.target_assignment),
        })
    };
    json!({
        "error": answer.error.name(),
        "state": answer.state,
        "epoch": answer.group_epoch,
        "assignment_epoch": answer.assignment_epoch,
        "assignor": answer.assignor_name.as_ref().map(ToString::to_string),
        "members": answer.members.iter().map(member).collect::<Vec<_>>(),
    })
}

/// A group in memory.
pub fn view(view: &ConsumerGroupView, labels: &Labels) -> Map<String, Value> {
    let (mut members, mut targets) = (Map::new(), Map::new());
    for member in &view.members {
        let current = &member.current;
        let partitions = |of: &coordinator::consumer::AssignedPartitions| {
            labels.partitions(of.as_slice().iter().map(|assigned| (assigned.topic, assigned.partition)))
        };
        let mut fields = json!({
            "epoch": current.epoch,
            "previous": current.previous_epoch,
            "state": current.state.name(),
            "assigned": partitions(&current.assigned),
            "revoking": partitions(&current.revoking),
        });
        if member.is_classic {
            fields["classic"] = json!(true);
        }
        members.insert(member.id.to_string(), fields);
        if let Some(target) = &member.target {
            let partitions = target.iter().flat_map(|(topic, numbers)| numbers.iter().map(move |&n| (topic, n)));
            targets.insert(member.id.to_string(), labels.partitions(partitions));
        }
    }
    let regexes = view
        .regexes
        .iter()
        .map(|(regex, topics)| (regex.to_string(), json!(topics.iter().map(ToString::to_string).collect::<Vec<_>>())));
    let fields = [
        ("state", json!(view.state.name())),
        ("epoch", json!(view.epoch)),
        ("assignment_epoch", json!(view.assignment_epoch)),
        ("members", Value::Object(members)),
        ("target", Value::Object(targets)),
        ("regexes", Value::Object(regexes.collect())),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The fields of a group that changed; of those with an entry a member or regular expression only the entries that did.
pub fn changed(old: &Map<String, Value>, new: Map<String, Value>) -> Map<String, Value> {
    let differs = |name: &str, value: &Value| old.get(name) != Some(value);
    let mut fields = Map::new();
    for (name, value) in new.into_iter().filter(|(name, value)| differs(name, value)) {
        let value = match (old.get(&name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null));
                let gone: Vec<_> = gone.collect();
                let mut entries: Map<String, Value> =
                    new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect();
                entries.extend(gone);
                Value::Object(entries)
            }
            (_, value) => value,
        };
        fields.insert(name, value);
    }
    fields
}
