//! `{n}` and `{name}` in texts.

use crate::diagnostic::Report;
use crate::source::Position;

/// What stands for a placeholder.
pub(super) struct Values<'a> {
    /// The member's number within its kind, from 0.
    pub(super) n: usize,
    /// The member's name; none while names are being made.
    pub(super) name: Option<&'a str>,
}

/// The text with its placeholders replaced.
pub(super) fn fill(text: &str, values: &Values<'_>) -> String {
    let filled = text.replace("{n}", &values.n.to_string());
    match values.name {
        Some(name) => filled.replace("{name}", name),
        None => filled,
    }
}

/// Whether the text differs from member to member.
pub(super) fn is_varied(text: &str) -> bool {
    text.contains("{n}") || text.contains("{name}")
}

/// Says which placeholders there are, if the text has another one.
pub(super) fn check(text: &str, at: Position, known: &[&str], report: &Report) {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            report.error(at, "a `{` without its `}`").file();
            return;
        };
        if !known.contains(&name) {
            let known = crate::word::either(known.iter().copied());
            let error = report.error(at, format!("`{{{}}}` stands for nothing", crate::diagnostic::shortened(name)));
            error.label(format!("expected {known} between the braces")).file();
        }
        rest = after;
    }
}
