//! What somebody may have meant by a word that does not stand where it was written.

use crate::kafka;
use crate::schema::{Kafka, Object, Shape, objects};
use crate::word::{did_you_mean, nearest};

/// Where people look for a place to put Kafka's configs.
const CONFIG: [&str; 6] = ["config", "configs", "configuration", "properties", "props", "settings"];

/// Words that people try for something that is said otherwise, and how it is said.
const IDIOMS: [(&[&str], &str); 4] = [
    (
        &["static", "static-membership", "static-members", "static_membership", "staticMembership", "dynamic"],
        "members are static if they have an id of their own: `group.instance.id: \"{name}\"` under `members:`",
    ),
    (
        &[
            "assignor",
            "assignors",
            "strategy",
            "assignment-strategy",
            "eager",
            "cooperative",
            "cooperative-sticky",
            "range",
        ],
        "how they rebalance follows from the assignor: `partition.assignment.strategy: cooperative-sticky` under `members:`",
    ),
    (&["action", "type", "event", "do", "what"], "what happens is a key itself: `- {at: 2m, kill: web-1}`"),
    (&["members", "member", "who"], "whom it happens to stands under what happens: `- {at: 2m, kill: web-1}`"),
];

/// How something is said that people try to say with this key.
fn idiom(object: &'static Object, written: &str) -> Option<&'static str> {
    let is_event = object.key("at").is_some() && object.key("kill").is_some();
    let has_members = object.kafka == Kafka::Consumer || object.key("members").is_some();
    let [of_members @ .., action, whom] = &IDIOMS;
    let idioms: &[_] = if is_event { &[*action, *whom] } else { of_members };
    let found = idioms.iter().find(|(words, _)| words.contains(&written)).map(|(_, hint)| *hint);
    found.filter(|_| is_event || has_members)
}

/// A hint for an unknown key of `object`.
pub(crate) fn suggest(object: &'static Object, written: &str) -> Option<String> {
    if let Some(key) = object.keys.iter().find(|key| key.otherwise.contains(&written)) {
        return Some(format!("here it is called `{}`: {}", key.name, first_sentence(key.doc)));
    }
    if let Some(hint) = idiom(object, written) {
        return Some(hint.to_owned());
    }
    if object.key("at").is_some() && crate::unit::duration(written).is_ok() {
        return Some(format!("a time stands under `at`: `- {{at: {written}, kill: web-1}}`"));
    }
    if object.kafka != Kafka::No && CONFIG.contains(&written) {
        return Some("Kafka's configs stand here directly, under their own names".to_owned());
    }
    // Kafka's own word in the wrong place.
    if kafka::find(kafka::CONSUMER, written).is_some() && object.kafka != Kafka::Consumer {
        return Some(format!("`{written}` is a config of the consumer: it stands under `members:`"));
    }
    if kafka::find(kafka::GROUP, written).is_some() && object.kafka != Kafka::Group {
        return Some(format!("`{written}` is a config of the group: it stands under `group:`"));
    }
    if kafka::find(kafka::BROKER, written).is_some() && object.kafka != Kafka::Broker {
        return Some(format!("`{written}` is a config of the broker: it stands under `broker:`"));
    }
    let own = object.keys.iter().filter(|key| !matches!(key.shape, Shape::Later(_))).map(|key| key.name);
    let kafkas: Vec<&str> = match object.kafka {
        Kafka::No => Vec::new(),
        Kafka::Consumer => kafka::CONSUMER.iter().map(|config| config.name).collect(),
        Kafka::Broker => kafka::BROKER.iter().map(|config| config.name).collect(),
        Kafka::Group => kafka::GROUP.iter().map(|config| config.name).collect(),
    };
    if let Some(hint) = did_you_mean(written, own.chain(kafkas.iter().copied())) {
        return Some(hint);
    }
    if let Some(word) = nearest(written, object.keys.iter().flat_map(|key| key.otherwise.iter().copied())) {
        let key = object.keys.iter().find(|key| key.otherwise.contains(&word))?;
        return Some(format!("did you mean `{}`? {}", key.name, first_sentence(key.doc)));
    }
    // A word of ours in the wrong place.
    let elsewhere = objects().into_iter().find(|other| !std::ptr::eq(*other, object) && other.key(written).is_some());
    if let Some(other) = elsewhere {
        return Some(format!("`{written}` is a key of {}", other.name));
    }
    // A property of Kafka's in the wrong place and misspelt.
    let all = kafka::CONSUMER.iter().map(|config| config.name).chain(kafka::BROKER.iter().map(|config| config.name));
    let all = if written.contains('.') { nearest(written, all) } else { None };
    all.map(|name| format!("did you mean Kafka's `{name}`? It stands under `{}`", place_of(name))).or_else(|| {
        if written.contains('.') && object.kafka != Kafka::No {
            return Some("`rehearsal schema --markdown` lists those of Kafka 4.3".to_owned());
        }
        let own = object.keys.iter().filter(|key| !matches!(key.shape, Shape::Later(_)));
        Some(format!("there are {}", own.map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ")))
    })
}

/// Where a config of Kafka's is written.
fn place_of(name: &str) -> &'static str {
    if kafka::find(kafka::CONSUMER, name).is_some() { "members:" } else { "broker:" }
}

/// The first sentence of a doc.
fn first_sentence(doc: &str) -> &str {
    doc.split_inclusive(". ").next().unwrap_or(doc).trim()
}
