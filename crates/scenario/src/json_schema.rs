//! The language as JSON Schema (draft 2020-12), for editors that complete and check while one writes.
//!
//! Contract: made from the tables of [`crate::schema`] and [`crate::kafka`], nothing by hand; every shipped scenario
//! fits it. It is more lenient than the reader where a schema cannot say more: whether names exist, how settings fit
//! each other.

use serde_json::{Map, Number, Value, json};
use timeline::measure::MEASURES;

use crate::drawn::WAYS;
use crate::kafka::{self, Kind};
use crate::language::{PRODUCER, TOPIC};
use crate::schema::{ASSIGNMENT, Default, Kafka, Key, Object, SCENARIO, Shape, objects_under};

/// Keys that are about the whole file and cannot be laid over a variant.
use crate::variants::OF_THE_WHOLE;

/// Lengths of time, as [`crate::unit::duration`] reads them.
const DURATION: &str =
    r"^\s*([0-9][0-9_]*(\.[0-9]+)?\s*(ns|us|µs|μs|ms|s|sec|seconds?|m|min|minutes?|h|hours?|d)\s*)+$";

/// Rates, as [`crate::unit::rate`] reads them.
const RATE: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*/\s*(ms|s|sec|second|m|min|minute|h|hour|d)\s*$";
/// Sizes, as [`crate::unit::size`] reads them.
const SIZE: &str = r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*(B|bytes|KiB|MiB|GiB|kB|KB|MB|GB)\s*$";

/// The schema of scenarios.
pub fn schema() -> Value {
    let mut definitions = definitions(&SCENARIO);
    let variant = |key: &Key| !OF_THE_WHOLE.contains(&key.name);
    definitions.insert("overlay".to_owned(), of_object(&SCENARIO, variant));
    definitions.insert("duration".to_owned(), duration());
    definitions.insert("drawn".to_owned(), drawn());
    definitions.insert("expectations".to_owned(), expectations());
    whole("rehearsal scenario", &SCENARIO, &definitions)
}

/// The schema of files for `rehearsal assign`.
pub fn assignment() -> Value {
    whole("rehearsal assignment", &ASSIGNMENT, &definitions(&ASSIGNMENT))
}

/// A schema as text.
pub fn text(schema: &Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a JSON value is JSON");
    text.push('\n');
    text
}

/// The maps under one.
fn definitions(top: &'static Object) -> Map<String, Value> {
    objects_under(top).into_iter().map(|object| (name(object), of_object(object, |_| true))).collect()
}

fn whole(title: &str, top: &Object, definitions: &Map<String, Value>) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": top.doc,
        "$ref": format!("#/$defs/{}", name(top)),
        "$defs": definitions,
    })
}

/// A map's name among the definitions.
fn name(object: &Object) -> String {
    object.name.trim_start_matches("an ").trim_start_matches("a ").replace('`', "")
}

fn of_object(object: &'static Object, wanted: impl Fn(&Key) -> bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in object.keys.iter().filter(|key| wanted(key) && !matches!(key.shape, Shape::Later(_))) {
        let mut property = of_shape(&key.shape);
        property["description"] = json!(described(key));
        properties.insert(key.name.to_owned(), property);
        // Variants and included files may bring what a scenario, its topics or its producers do not say themselves.
        let parts: [&Object; 4] = [&SCENARIO, &ASSIGNMENT, &PRODUCER, &TOPIC];
        let complete = !parts.iter().any(|part| std::ptr::eq(*part, object));
        if complete && matches!(key.default, Default::Required(_)) {
            required.push(key.name);
        }
    }
    match object.kafka {
        Kafka::No => {}
        Kafka::Consumer => {
            properties.extend(kafka::CONSUMER.iter().map(|config| (config.name.to_owned(), of_config(config))));
        }
        Kafka::Broker => {
            properties.extend(kafka::BROKER.iter().map(|config| (config.name.to_owned(), of_config(config))));
        }
        Kafka::Group => {
            properties.extend(kafka::GROUP.iter().map(|config| (config.name.to_owned(), of_config(config))));
        }
    }
    let mut schema = json!({ "type": ["object", "null"], "properties": properties, "additionalProperties": false });
    match object.kafka {
        Kafka::No | Kafka::Group => {}
        Kafka::Consumer => schema["patternProperties"] = json!({ r"^(ssl|sasl)\.": {} }),
        Kafka::Broker => schema["patternProperties"] = json!({ r"^[a-z]+\.": {} }),
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !object.one_of.is_empty() {
        let alternatives: Vec<Value> = object.one_of.iter().map(|name| json!({ "required": [name] })).collect();
        schema["oneOf"] = json!(alternatives);
    }
    schema["description"] = json!(object.doc);
    schema
}

/// What a key means, and what holds without it.
fn described(key: &Key) -> String {
    match key.default {
        Default::Value(value) => format!("{} Default: {value}.", key.doc),
        Default::Depends(how) => format!("{} Default: {how}.", key.doc),
        Default::Required(_) | Default::Nothing => key.doc.to_owned(),
    }
}

fn of_shape(shape: &'static Shape) -> Value {
    match shape {
        Shape::Text => json!({ "type": ["string", "number", "boolean", "null"] }),
        Shape::Texts | Shape::Members => {
            json!({ "type": ["string", "number", "array", "null"], "items": { "type": ["string", "number"] } })
        }
        Shape::Count(least, most) => whole_number(i128::from(*least), i128::from(*most)),
        Shape::Duration => json!({ "$ref": "#/$defs/duration" }),
        Shape::Drawn => json!({ "$ref": "#/$defs/drawn" }),
        Shape::Rate => json!({ "type": ["string", "null"], "pattern": RATE }),
        Shape::Size => json!({ "type": ["string", "null"], "pattern": SIZE }),
        Shape::Word(words) => {
            // `4.3` is a number to YAML and a word here.
            let words = words.iter().filter(|word| word.modelled).map(|word| word.name);
            let numbers = words.clone().filter_map(|word| word.parse::<Number>().ok().map(Value::Number));
            json!({ "enum": words.clone().map(|word| json!(word)).chain(numbers).chain([Value::Null]).collect::<Vec<_>>() })
        }
        Shape::Object(object) => json!({ "$ref": format!("#/$defs/{}", name(object)) }),
        Shape::Objects(object) => {
            let one = json!({ "$ref": format!("#/$defs/{}", name(object)) });
            json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
        }
        Shape::Map(inner) => json!({ "type": ["object", "null"], "additionalProperties": of_shape(inner) }),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(of_shape).collect::<Vec<_>>() }),
        Shape::Overlay => json!({ "$ref": "#/$defs/overlay" }),
        Shape::Axis => {
            json!({ "anyOf": [{ "type": "array", "minItems": 1 }, { "type": "object", "additionalProperties": { "$ref": "#/$defs/overlay" } }] })
        }
        Shape::Expectations => json!({ "$ref": "#/$defs/expectations" }),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::Later(_) => json!(false),
    }
}

/// A whole number, which may have `_` between its digits.
fn whole_number(least: i128, most: i128) -> Value {
    let mut number = json!({ "type": "integer" });
    if let Ok(least) = i64::try_from(least) {
        number["minimum"] = json!(least);
    }
    if let Ok(most) = i64::try_from(most) {
        number["maximum"] = json!(most);
    }
    json!({ "anyOf": [number, { "type": "string", "pattern": "^[-+]?[0-9][0-9_]*$" }, { "type": "null" }] })
}

fn of_config<T>(config: &kafka::Config<T>) -> Value {
    let mut schema = match config.kind {
        Kind::Number { least, most, .. } => whole_number(i128::from(least), i128::from(most)),
        Kind::Bool => json!({ "type": ["boolean", "null"] }),
        Kind::Text => json!({ "type": ["string", "number", "boolean", "null"] }),
        Kind::Word(words) => {
            json!({ "enum": words.iter().map(|word| json!(word)).chain([Value::Null]).collect::<Vec<_>>() })
        }
        Kind::List => json!({ "type": ["string", "array", "null"], "items": { "type": "string" } }),
    };
    let unit = if config.unit().is_empty() { String::new() } else { format!(" ({})", config.unit()) };
    let default =
        if config.default.is_empty() { String::new() } else { format!(" Kafka's default: {}.", config.default) };
    let status = match config.status {
        kafka::Status::Modelled(_) => "",
        kafka::Status::NoBearing => " It changes nothing in a simulation.",
        kafka::Status::Elsewhere(_) => " It is written elsewhere.",
        kafka::Status::NotYet => " It is not simulated yet.",
    };
    schema["description"] = json!(format!("Kafka: {}{unit}.{default}{status}", config.doc));
    schema
}

fn duration() -> Value {
    json!({ "anyOf": [{ "type": "string", "pattern": DURATION }, { "const": 0 }, { "const": "0" }, { "type": "null" }] })
}

fn drawn() -> Value {
    let length = json!({ "$ref": "#/$defs/duration" });
    let mut alternatives = vec![length.clone()];
    for (way, doc) in WAYS {
        let lengths = json!({ "anyOf": [length, { "type": "array", "items": length, "minItems": 1, "maxItems": 3 }] });
        let properties = json!({ way: lengths });
        alternatives.push(json!({
            "type": "object", "properties": properties, "required": [way], "additionalProperties": false, "description": doc,
        }));
    }
    json!({ "anyOf": alternatives })
}

fn expectations() -> Value {
    let mut properties = Map::new();
    for measure in MEASURES {
        let bound = json!({ "type": ["string", "integer", "null"], "description": format!("{}. {}", measure.title, measure.explanation) });
        properties.insert(measure.id.to_owned(), bound);
    }
    let marks = json!({ "type": ["string", "array"], "items": { "type": "string" }, "description": "What must happen at least once." });
    properties.insert("happens".to_owned(), marks);
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

#[cfg(test)]
#[path = "json_schema_test.rs"]
mod tests;
