//! Laying one piece of scenario over another: variants over the base, a file over what it includes.
//!
//! Contract: maps are merged key by key; anything else is replaced as a whole; `null` takes a setting back to its
//! default. One rule more, for `members:` written as a list of kinds: a map laid over it is laid over each of them.

use std::collections::BTreeMap;

use crate::tree::{Entry, Node, Value};

/// `over` laid over `base`.
pub(crate) fn overlay(base: &Node, over: &Node) -> Node {
    overlay_at("", base, over)
}

/// The same, knowing the key that both stand under.
fn overlay_at(key: &str, base: &Node, over: &Node) -> Node {
    match (&base.value, &over.value) {
        (Value::Map(below), Value::Map(above)) => Node { at: base.at, value: Value::Map(entries(below, above)) },
        (Value::List(kinds), Value::Map(_)) if key == "members" => {
            let kinds = kinds.iter().map(|kind| overlay_at("", kind, over)).collect();
            Node { at: base.at, value: Value::List(kinds) }
        }
        _ => over.clone(),
    }
}

fn entries(below: &[Entry], above: &[Entry]) -> Vec<Entry> {
    let mut places: BTreeMap<&str, usize> =
        below.iter().enumerate().map(|(place, entry)| (&*entry.key, place)).collect();
    let mut merged: Vec<Entry> = below.to_vec();
    for entry in above {
        match places.get(&*entry.key) {
            Some(place) => {
                let below = &merged[*place];
                let value = overlay_at(&entry.key, &below.value, &entry.value);
                // The key's place is that of the last word on it, unless both say something.
                let at = if matches!(value.value, Value::Map(_)) { below.at } else { entry.at };
                merged[*place] = Entry { key: entry.key.clone(), at, value };
            }
            None => {
                places.insert(&entry.key, merged.len());
                merged.push(entry.clone());
            }
        }
    }
    merged
}

/// The map without these keys.
pub(crate) fn without(node: &Node, keys: &[&str]) -> Node {
    let entries = node.entries().iter().filter(|entry| !keys.contains(&&*entry.key)).cloned().collect();
    Node { at: node.at, value: Value::Map(entries) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Report;
    use crate::yaml::parse;

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "~".to_owned(),
            Value::Scalar { text, .. } => text.clone(),
            Value::List(nodes) => format!("[{}]", nodes.iter().map(show).collect::<Vec<_>>().join(",")),
            Value::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|entry| format!("{}:{}", entry.key, show(&entry.value))).collect();
                format!("{{{}}}", entries.join(","))
            }
        }
    }

    fn merged(base: &str, over: &str) -> String {
        let report = Report::default();
        let [base, over] = [base, over].map(|text| parse(text, 0, &report).expect("good YAML"));
        show(&overlay(&base, &over))
    }

    #[test]
    fn maps_merge_and_everything_else_is_replaced() {
        assert_eq!(merged("a: {x: 1, y: 2}\nb: [1, 2]", "a: {y: 3, z: 4}\nb: [5]"), "{a:{x:1,y:3,z:4},b:[5]}");
        assert_eq!(merged("a: {x: 1}", "a: 7"), "{a:7}");
        assert_eq!(merged("a: 7", "a: {x: 1}"), "{a:{x:1}}");
    }

    #[test]
    fn null_takes_a_setting_back() {
        assert_eq!(merged("a: {x: 1, y: 2}", "a: {x: null}"), "{a:{x:~,y:2}}");
    }

    #[test]
    fn a_map_over_a_list_of_kinds_of_members_is_laid_over_each() {
        assert_eq!(
            merged("members: [{name: a}, {name: b}]", "members: {count: 2}"),
            "{members:[{name:a,count:2},{name:b,count:2}]}"
        );
        assert_eq!(merged("others: [{name: a}]", "others: {count: 2}"), "{others:{count:2}}");
    }
}
