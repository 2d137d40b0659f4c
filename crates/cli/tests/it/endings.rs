//! How runs end, and what is said of it: small scenarios that come out of no shipped one.

use std::fs;

use crate::{Ran, rehearsal, scratch};

/// The command with a scenario of this text, before all other arguments.
fn with(name: &str, text: &str, command: &[&str]) -> Ran {
    let file = scratch(name).join("scenario.yaml");
    fs::write(&file, text).unwrap();
    let (first, rest) = command.split_first().unwrap();
    rehearsal(&[&[*first, file.to_str().unwrap()], rest].concat())
}

#[test]
fn the_end_decides_how_the_group_stands_and_not_the_last_describe() {
    let text = r#"
topics: {orders: 6}
members: {count: 3, name: "web-{n}"}
events: [{at: 1m, kill: web-0}, {at: 2m, describe}, {at: 3m, start: web-0}]
until: 5m
expect: {all: {final-members: 3}}
"#;
    let ran = with("last-describe", text, &["compare"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 min 00 s") && ran.out.contains("members   2"), "{}", ran.out);
    assert!(!ran.out.contains("5 min 00 s"), "nobody looked at the end: {}", ran.out);
}
