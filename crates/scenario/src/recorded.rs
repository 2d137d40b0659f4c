//! Recordings of real groups as scenarios: the head of a recording says what was to happen, and that is written in
//! our language.
//!
//! Contract: the scenario says what the head says and no more; durations come from the environment `loopback`, on which
//! recordings are made, and members read from the first record on, as recorders do. What a recording has and the
//! language lacks is an error like any other in a scenario.

use member::ClientFamily;
use serde_json::{Map, Value, json};

use timeline::recording::{Action, ConfigValue, Head, TimedAction};

use crate::{Comparison, Diagnostics, load_text};

/// How long a recorded `close` may take before anything would kill the process: recorders wait for as long as it takes.
const GRACE: &str = "1h";

/// Records that recorders ask librdkafka for in one call, which would give them one by default: recorded members that
/// catch up consume multiples of 500.
const MAX_POLL_RECORDS: u32 = 500;

/// The plan of the recording with this head.
///
/// # Errors
/// Something in it is not simulated.
pub fn load_head(name: &str, head: &Head, seed: Option<u64>) -> Result<Comparison, Diagnostics> {
    load_text(name, &scenario_text(head), seed)
}

/// The recording's scenario in our language (as JSON, which is YAML).
pub fn scenario_text(head: &Head) -> String {
    let recorded = &head.scenario;
    let topics: Map<String, Value> =
        recorded.topics.iter().map(|topic| (topic.name.clone(), json!(topic.partitions))).collect();
    let mut broker = configs(recorded.broker.iter());
    broker.entry("group.initial.rebalance.delay.ms").or_insert(json!(0));
    let end = recorded.actions.last().map_or(0, |last| last.at.as_millis());
    let scenario = json!({
        "question": format!("What did the recorded group `{}` do?", recorded.name),
        "environment": "loopback",
        "topics": topics,
        "group": if recorded.group.is_empty() { "g" } else { &recorded.group },
        "broker": broker,
        "members": members(head),
        "producers": producers(head),
        "events": recorded.actions.iter().filter_map(|action| event(head, action)).collect::<Vec<_>>(),
        "until": format!("{end}ms"),
    });
    scenario.to_string()
}

fn configs<'a>(configs: impl Iterator<Item = (&'a String, &'a ConfigValue)>) -> Map<String, Value> {
    configs.map(|(name, value)| (name.clone(), json!(value.to_string()))).collect()
}

/// The word for the client that was recorded: `librdkafka 2.16.0` is a `librdkafka`.
fn client(head: &Head) -> &str {
    let name = head.client.split(' ').next().filter(|name| !name.is_empty());
    name.unwrap_or(ClientFamily::default().profile().name)
}

/// Each member by itself, in the order of first starts: the first start says how it is configured.
fn members(head: &Head) -> Vec<Value> {
    let recorded = &head.scenario;
    let mut members: Vec<(&str, Value)> = Vec::new();
    for action in &recorded.actions {
        let Action::Start { member, topics, props, instance } = &action.action else { continue };
        if members.iter().any(|(name, _)| name == member) {
            continue;
        }
        let mut value = configs(recorded.members.props.iter().chain(props));
        value.insert("name".to_owned(), json!(member));
        value.insert("client".to_owned(), json!(client(head)));
        value.insert("count".to_owned(), json!(1));
        value.insert("start".to_owned(), json!("never"));
        value.entry("auto.offset.reset").or_insert(json!("earliest"));
        if client(head) == ClientFamily::Librdkafka.profile().name {
            value.entry("max.poll.records").or_insert(json!(MAX_POLL_RECORDS));
        }
        if !topics.is_empty() {
            value.insert("subscribe".to_owned(), json!(topics));
        }
        let own_name = instance.as_ref().or(recorded.members.is_static.then_some(member));
        if let Some(instance) = own_name {
            value.insert("group.instance.id".to_owned(), json!(instance));
        }
        let millis = |length: protocol::SimDuration| json!(format!("{}ms", length.as_millis()));
        let application = json!({
            "onPartitionsRevoked": millis(recorded.members.revoke),
            "onPartitionsAssigned": millis(recorded.members.assign),
            "record": format!("{}us", recorded.members.record_us),
        });
        value.insert("application".to_owned(), application);
        members.push((member, Value::Object(value)));
    }
    members.into_iter().map(|(_, value)| value).collect()
}

/// The one producer of all topics; none if it writes nothing.
fn producers(head: &Head) -> Value {
    let producer = &head.scenario.producer;
    if producer.rate == 0 {
        return Value::Null;
    }
    json!({
        "rate": format!("{}/s", producer.rate),
        "record-size": format!("{}B", producer.bytes),
        "linger.ms": producer.tick.as_millis(),
        "partitioner": "round-robin",
    })
}

/// Java's consumer cannot be silenced under the consumer protocol: recorders close it and let it remain in the group.
fn is_closed_for_a_kill(head: &Head, member: &str) -> bool {
    let of_member = head.scenario.actions.iter().filter_map(|timed| match &timed.action {
        Action::Start { member: started, props, .. } if started == member => Some(props),
        _ => None,
    });
    let mut props = of_member.flatten().chain(&head.scenario.members.props);
    let protocol = props.find(|(name, _)| *name == "group.protocol").map(|(_, value)| value.to_string());
    client(head) == "java" && protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer"))
}

fn event(head: &Head, action: &TimedAction) -> Option<Value> {
    let mut event = Map::new();
    event.insert("at".to_owned(), json!(format!("{}ms", action.at.as_millis())));
    let (key, value) = match &action.action {
        Action::Start { member, .. } => ("start", json!(member)),
        Action::Close { member } => ("stop", json!({"members": member, "grace": GRACE})),
        Action::Kill { member } if is_closed_for_a_kill(head, member) => {
            ("stop", json!({"members": member, "grace": GRACE, "group-membership": "remain-in-group"}))
        }
        Action::Kill { member } => ("kill", json!(member)),
        Action::Hang { member, length } => {
            ("hang", json!({"members": member, "for": format!("{}ms", length.as_millis())}))
        }
        Action::Partitions { topic, count } => ("add-partitions", json!({topic.clone(): count})),
        Action::Describe => ("describe", Value::Null),
        Action::End => return None,
    };
    event.insert(key.to_owned(), value);
    Some(Value::Object(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a recorded kill becomes, with this client and these configs.
    fn kill(client: &str, props: &Value) -> Value {
        let head = json!({
            "client": client,
            "scenario": {
                "name": "kill",
                "topics": [{"name": "t", "partitions": 3}],
                "members": {"props": props},
                "actions": [
                    {"at": 0, "op": "start", "m": "c0"},
                    {"at": 20_000, "op": "kill", "m": "c0"},
                    {"at": 60_000, "op": "end"},
                ],
            },
        });
        let head: Head = serde_json::from_value(head).expect("a head of a recording");
        let scenario: Value = serde_json::from_str(&scenario_text(&head)).expect("JSON is written");
        scenario["events"][1].clone()
    }

    #[test]
    fn java_cannot_be_silenced_under_the_consumer_protocol() {
        let stop = json!({"members": "c0", "grace": GRACE, "group-membership": "remain-in-group"});
        let closed = json!({"at": "20000ms", "stop": stop});
        let killed = json!({"at": "20000ms", "kill": "c0"});
        assert_eq!(kill("java 4.3.0", &json!({"group.protocol": "consumer"})), closed);
        assert_eq!(kill("java 4.3.0", &json!({"group.protocol": "classic"})), killed);
        assert_eq!(kill("java 4.3.0", &json!({})), killed);
        assert_eq!(kill("librdkafka 2.16.0", &json!({"group.protocol": "consumer"})), killed);
    }
}
