//! What somebody may have meant by a word that does not stand where it was written.

use crate::kafka;
use crate::schema::{Kafka, Object, Shape, objects};
use crate::word::{did_you_mean, nearest};

/// Where people look for a place to put Kafka's configs.
const CONFIG: [&str; 6] = ["config", "configs", "configuration", "properties", "props", "settings"];

/// A hint for an unknown key of `object`.
pub(crate) fn suggest(object: &'static Object, written: &str) -> Option<String> {
    if let Some(key) = object.keys.iter().find(|key| key.otherwise.contains(&written)) {
        return Some(format!("here it is called `{}`: {}", key.name, first_sentence(key.doc)));
    }
    if object.kafka != Kafka::No && CONFIG.contains(&written) {
        return Some("Kafka's configs stand here directly, under their own names".to_owned());
    }
    // Kafka's own word in the wrong place.
    if kafka::find(kafka::CONSUMER, written).is_some() && object.kafka != Kafka::Consumer {
        return Some(format!("`{written}` is a config of the consumer: it stands under `members:`"));
    }
    if kafka::find(kafka::BROKER, written).is_some() && object.kafka != Kafka::Broker {
        return Some(format!("`{written}` is a config of the broker: it stands under `broker:`"));
    }
    let own = object.keys.iter().filter(|key| !matches!(key.shape, Shape::Later(_))).map(|key| key.name);
    let kafkas: Vec<&str> = match object.kafka {
        Kafka::No => Vec::new(),
        Kafka::Consumer => kafka::CONSUMER.iter().map(|config| config.name).collect(),
        Kafka::Broker => kafka::BROKER.iter().map(|config| config.name).collect(),
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
