//! Mistakes of a scenario as JSON: what `rehearsal check` prints, in parts, so that each can be shown at its line.

use scenario::{Diagnostic, Diagnostics, Severity};
use serde_json::{Value, json};

/// Most mistakes that are told; whoever has more mends some first.
const MOST: usize = 100;

/// All of them. `name` is the file that is being edited.
pub(super) fn mistakes(all: &Diagnostics, name: &str) -> Value {
    all.list.iter().take(MOST).map(|one| mistake(one, all, name)).collect()
}

fn mistake(one: &Diagnostic, all: &Diagnostics, name: &str) -> Value {
    let file = &all.sources.file(one.at).path;
    let severity = match one.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let related = one.related.as_ref().map(|(at, label)| json!({ "at": all.sources.locate(*at), "label": label }));
    json!({
        "severity": severity,
        "at": all.sources.locate(one.at),
        // Places in files that are included are not in the editor.
        "line": if file == name { one.at.line } else { 0 },
        "column": one.at.column,
        "length": one.at.length,
        "message": one.message,
        "label": one.label,
        "help": one.help,
        "related": related,
    })
}
