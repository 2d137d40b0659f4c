//! Recordings of real groups as scenarios: the head of a recording says what was to happen, and that is written in
//! our language.
//!
//! Contract: the scenario says what the head says and no more; durations come from the environment `loopback`, on which
//! recordings are made, and members read from the first record on, as recorders do. What a recording has and the
//! language lacks is an error like any other in a scenario.

use member::ClientFamily;
use serde_json::{Map, Value, json};

use timeline::recording::{Action, ConfigValue, Head};

use crate::{Comparison, Diagnostics, load_text};

/// How long a recorded `close` may take before anything would kill the process: recorders wait for as long as it takes.
const GRACE: &str = "1h";

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
        "events": recorded.actions.iter().filter_map(|action| event(action.at.as_millis(), &action.action)).collect::<Vec<_>>(),
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

fn event(at: u64, action: &Action) -> Option<Value> {
    let mut event = Map::new();
    event.insert("at".to_owned(), json!(format!("{at}ms")));
    let (key, value) = match action {
        Action::Start { member, .. } => ("start", json!(member)),
        Action::Close { member } => ("stop", json!({"members": member, "grace": GRACE})),
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
