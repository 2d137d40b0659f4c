//! Names with markup, escape sequences, turned directions and no end.

use report::{Comparison, Detail, TerminalOptions, json, markdown, terminal};
use timeline::Value;

use crate::outcomes::{comparison, static_range};

const NAMES: &[&str] = &[
    "<script>alert(1)</script>",
    "a|b||c",
    "line one\nline two\r\n| x |",
    "\u{202e}gnp.exe\u{2066}",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "**bold** _it_ `code` [link](http://x) ![i](y) @everyone #1 ~~s~~",
    "",
    "\u{e000}\u{e000}",
    "日本語の名前 👩‍👩‍👧",
    "\\",
    "</details>",
    "----",
];

pub(crate) fn hostile() -> Comparison {
    let long = "x".repeat(10_000);
    let variants = NAMES.iter().copied().chain([&*long]).map(|name| {
        let mut outcome = static_range();
        outcome.name = name.to_owned();
        outcome.values.insert("final-state".to_owned(), Value::Text(name.to_owned()));
        outcome.values.insert("unowned-mean".to_owned(), Value::Count(name.len() as u64 * 1_000_000_000));
        outcome
    });
    let all = NAMES.join(" ") + &long;
    let variants = variants.collect();
    Comparison { title: all.clone(), question: all.clone(), story: all.clone(), command: all, ..comparison(variants) }
}

#[test]
fn nothing_that_a_terminal_obeys_reaches_it() {
    let text = terminal(&hostile(), TerminalOptions { detail: Detail::Everything, ..TerminalOptions::default() });
    let obeyed =
        |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    assert_eq!(text.chars().find(|c| obeyed(*c)), None);
    assert!(!text.contains('\u{e000}'), "the mark of the best cannot be forged, nor is it left over");
    assert!(text.len() < 100_000, "{} bytes", text.len());
}

#[test]
fn markdown_keeps_its_shape_whatever_names_hold() {
    let text = markdown(&hostile(), Detail::Headlines);
    let columns = NAMES.len() + 2;
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 3);
    for row in rows {
        assert_eq!(row.matches('|').count(), columns + 1, "{row}");
    }
    let command = text.lines().find(|line| line.starts_with("Again: ")).unwrap();
    assert!(command.starts_with("Again: `` <script>"), "longer fences than any inside: {command}");
    let text = text.replace(command, "");
    let tags: Vec<&str> = text.match_indices('<').map(|(place, _)| &text[place..place + 9]).collect();
    assert_eq!(tags, ["<details>", "<summary>", "</summary", "</details"]);
    for unwanted in ["@everyone", "](http", "://", "`", "\u{202e}"] {
        assert!(!text.contains(unwanted), "{unwanted} stands there");
    }
    assert!(text.len() < 100_000, "{} bytes", text.len());
}

#[test]
fn json_keeps_names_whole() {
    let document: serde_json::Value = serde_json::from_str(&json(&hostile())).unwrap();
    let names: Vec<&str> =
        document["variants"].as_array().unwrap().iter().map(|variant| variant["name"].as_str().unwrap()).collect();
    assert_eq!(names[..NAMES.len()], *NAMES);
    assert_eq!(names[NAMES.len()].len(), 10_000);
}
