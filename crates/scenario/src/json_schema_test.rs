//! The schema against every shipped scenario, and against things that are none.

use std::fs;

use serde_json::{Map, Value, json};

use super::schema;
use crate::diagnostic::Report;
use crate::tree::{self, Node};

/// A YAML tree as the JSON that editors see: plain scalars have the types of YAML's core schema.
fn as_json(node: &Node) -> Value {
    match &node.value {
        tree::Value::Null => Value::Null,
        tree::Value::Scalar { text, plain: false } => json!(text),
        tree::Value::Scalar { text, plain: true } => match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(number), _) => json!(number),
                (_, Ok(number)) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => json!(number),
                _ => json!(text),
            },
        },
        tree::Value::List(nodes) => nodes.iter().map(as_json).collect(),
        tree::Value::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), as_json(&entry.value))).collect::<Map<_, _>>().into()
        }
    }
}

/// Whether `value` fits `schema`: the keywords that are in use, and a panic for any other.
fn fits(value: &Value, schema: &Value, root: &Value) -> bool {
    let Value::Object(keywords) = schema else { return schema == &json!(true) };
    keywords.iter().all(|(keyword, argument)| match keyword.as_str() {
        "$schema" | "title" | "description" | "$defs" => true,
        "$ref" => {
            let name = argument.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
            fits(value, &root["$defs"][name], root)
        }
        "type" => types(argument).any(|name| is_of_type(value, name)),
        "enum" => argument.as_array().unwrap().contains(value),
        "const" => argument == value,
        "anyOf" => argument.as_array().unwrap().iter().any(|schema| fits(value, schema, root)),
        "oneOf" => argument.as_array().unwrap().iter().filter(|schema| fits(value, schema, root)).count() == 1,
        "pattern" => value.as_str().is_none_or(|text| matches_pattern(text, argument.as_str().unwrap())),
        "minimum" => value.as_i64().is_none_or(|number| number >= argument.as_i64().unwrap()),
        "maximum" => value.as_i64().is_none_or(|number| number <= argument.as_i64().unwrap()),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(item, argument, root))),
        "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= argument.as_u64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= argument.as_u64().unwrap()),
        "required" => value
            .as_object()
            .is_none_or(|map| argument.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))),
        "properties" | "patternProperties" | "additionalProperties" => true,
        other => panic!("the test knows no keyword `{other}`"),
    }) && properties_fit(value, keywords, root)
}

fn properties_fit(value: &Value, keywords: &Map<String, Value>, root: &Value) -> bool {
    let Some(map) = value.as_object() else { return true };
    map.iter().all(|(key, value)| {
        if let Some(schema) = keywords.get("properties").and_then(|properties| properties.get(key)) {
            return fits(value, schema, root);
        }
        let patterns = keywords.get("patternProperties").and_then(Value::as_object);
        if let Some((_, schema)) =
            patterns.and_then(|patterns| patterns.iter().find(|(pattern, _)| matches_pattern(key, pattern)))
        {
            return fits(value, schema, root);
        }
        keywords.get("additionalProperties").is_none_or(|schema| fits(value, schema, root))
    })
}

fn types(argument: &Value) -> impl Iterator<Item = &str> {
    argument.as_array().into_iter().flatten().chain(argument.is_string().then_some(argument)).filter_map(Value::as_str)
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the test knows no type `{other}`"),
    }
}

/// The few patterns in use, without a machine for all of them.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    match pattern {
        r"^(ssl|sasl)\." => text.starts_with("ssl.") || text.starts_with("sasl."),
        r"^[a-z]+\." => text
            .split_once('.')
            .is_some_and(|(head, _)| !head.is_empty() && head.chars().all(|c| c.is_ascii_lowercase())),
        "^[-+]?[0-9][0-9_]*$" => crate::unit::integer(text).is_ok(),
        super::RATE => crate::unit::rate(text).is_ok(),
        super::SIZE => crate::unit::size(text).is_ok(),
        super::DURATION => crate::unit::duration(text).is_ok() && text != "0",
        other => panic!("the test knows no pattern `{other}`"),
    }
}

fn fits_schema(text: &str) -> bool {
    let node = crate::yaml::parse(text, 0, &Report::default()).expect("good YAML");
    let schema = schema();
    fits(&as_json(&node), &schema, &schema)
}

#[test]
fn every_shipped_scenario_fits_the_schema() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let mut seen = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            assert!(fits_schema(&fs::read_to_string(&path).unwrap()), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_schema_refuses_unknown_words_wrong_types_and_missing_keys() {
    assert!(fits_schema("members: {count: 3, session.timeout.ms: 45000}"));
    for wrong in [
        "membres: {count: 3}",
        "members: {count: many}",
        "members: {session.timeout: 45000}",
        "members: {max.poll.interval.ms: 0}",
        "events: [{at: 5, kill: a}]",
        "events: [{at: 5s}]",
        "events: [{at: 5s, kill: a, stop: a}]",
        "events: [{at: 5s, hang: {members: a}}]",
        "broker: {version: 9.9}",
        "producers: {rate: 500}",
        "producers: {rate: 500/s, keys: {uniform: none}}",
        "producers: {rate: 500/s, record-size: 3}",
        "compare: {a: {question: b}}",
        "expect: {all: {rebalance: 0}}",
    ] {
        assert!(!fits_schema(wrong), "{wrong}");
    }
}
