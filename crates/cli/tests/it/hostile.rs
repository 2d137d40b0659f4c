//! Input that means harm: refused at once, with a message and exit code 2, whatever it is.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use crate::{Ran, rehearsal, rehearsal_in, scratch};

/// Nothing here may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Checks a text as a file of its own.
fn check(name: &str, text: &[u8]) -> Ran {
    let directory = scratch(name);
    fs::write(directory.join("hostile.yaml"), text).unwrap();
    let begun = Instant::now();
    let ran = rehearsal_in(&directory, &["hostile.yaml"]);
    assert!(begun.elapsed() < PATIENCE, "{name} took {:?}", begun.elapsed());
    ran
}

/// Checks that a text is refused with a message that says `part`.
fn refused(name: &str, text: impl AsRef<[u8]>, part: &str) {
    let ran = check(name, text.as_ref());
    assert_eq!(ran.code, Some(2), "{name}: {}{}", ran.out, ran.err);
    assert!(ran.err.contains(part), "{name}: {}", ran.err);
    assert!(!ran.err.contains("panicked"), "{name}: {}", ran.err);
    assert!(ran.err.len() < 50_000, "{name} is answered by {} bytes", ran.err.len());
    assert_eq!(ran.out, "", "{name}");
}

#[test]
fn files_that_are_none() {
    let directory = scratch("no-files");
    fs::create_dir(directory.join("folder.yaml")).unwrap();
    for (file, part) in [("folder.yaml", "it is a directory"), ("nothing.yaml", "no such file"), ("", "cannot read")] {
        let ran = rehearsal_in(&directory, &[file]);
        assert_eq!(ran.code, Some(2), "{file}");
        assert!(ran.err.contains(part), "{file}: {}", ran.err);
    }
}

#[test]
fn a_hundred_megabytes() {
    refused("hundred-megabytes", "a: b\n".repeat(20_000_000), "larger than 1024 KiB");
}

#[test]
fn a_device_without_an_end() {
    let ran = rehearsal(&["/dev/zero"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("larger than"), "{}", ran.err);
}

#[test]
fn one_line_of_a_megabyte() {
    refused("one-line", format!("topics: {}", "x".repeat(1_000_000)), "is a single value");
    refused("one-key", format!("{}: 1", "x".repeat(900)), "has no key");
    refused("one-long-key", format!("? {}\n: 1", "x".repeat(1_000_000)), "has no key");
}

#[test]
fn aliases_that_explode() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let part = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{part}]").unwrap();
    }
    refused("aliases", text, "more than 100000 values");
}

#[test]
fn nesting_without_end() {
    refused("brackets", "[".repeat(500_000), "nested 40 deep");
    refused("braces", "{a: ".repeat(200_000), "nested 40 deep");
    refused("dashes", "- ".repeat(400_000), "nested 40 deep");
    let indented: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    refused("indented", indented, "nested 40 deep");
}

#[test]
fn a_hundred_thousand_unknown_keys() {
    let text: String = (0..30_000).map(|number| format!("sesion.timeout.{number}: 1\n")).collect();
    refused("unknown-keys", text, "… and more");
}

#[test]
fn numbers_that_are_none_or_too_many() {
    for (name, text, part) in [
        ("nan", "topics: {a: .nan}\nmembers: {count: 1}", "cannot be `.nan`"),
        ("infinite", "topics: {a: 1}\nmembers: {count: .inf}", "cannot be `.inf`"),
        ("exponent", "topics: {a: 1e9}\nmembers: {count: 1}", "cannot be `1e9`"),
        ("hexadecimal", "topics: {a: 0x7fffffff}\nmembers: {count: 1}", "cannot be `0x7fffffff`"),
        ("billion-members", "topics: {a: 1}\nmembers: {count: 1000000000}", "100000 at most"),
        (
            "long-number",
            "topics: {a: 99999999999999999999999999999999999999999999999}\nmembers: {count: 1}",
            "too large",
        ),
        ("negative", "topics: {a: -3}\nmembers: {count: 1}", "cannot be negative"),
    ] {
        refused(name, text, part);
    }
}

#[test]
fn much_of_everything_that_is_allowed() {
    let members = "members: {count: 100000, name: m}\n";
    let topics: String = (0..3_000).map(|number| format!("  t{number}: 1\n")).collect();
    refused("subscriptions", format!("topics:\n{topics}{members}"), "subscribe to too many topics");
    let rolling =
        "events:\n  - {at: 1m, repeat: {every: 1ms, times: 100000}, rolling-restart: {down: 1s, every: 1s}}\n";
    refused("events-times-members", format!("topics: {{a: 1}}\n{members}{rolling}"), "more than a scenario may have");
    let matrix = "matrix: {session.timeout.ms: [6000, 7000, 8000, 9000, 10000]}\n";
    refused("members-times-variants", format!("topics: {{a: 1}}\n{members}{matrix}"), "too large together");
    let values = (0..1_000).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    refused(
        "matrix",
        format!("topics: {{a: 1}}\nmembers: {{count: 1}}\nmatrix:\n  seed: [{values}]\n  until: [{values}]\n"),
        "combinations",
    );
    let id = format!("topics: {{a: 1}}\nmembers: {{count: 100000, client.rack: \"{}{{n}}\"}}\n", "r".repeat(900_000));
    refused("long-config", id, "letters");
}

#[test]
fn bytes_that_are_no_text() {
    refused("latin", b"topics: {caf\xe9: 1}", "not UTF-8");
    refused("utf-16", b"\xff\xfet\0o\0p\0i\0c\0s\0", "UTF-16");
    refused("zeros", [0_u8; 1_000], "NUL");
    refused("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "not UTF-8");
    refused("escape", "topics: {\"a\u{1b}[31m\": 1}\nmembers: {count: 1}", "not YAML");
    refused("right-to-left", "topics: {\"a\u{202e}b\": 1}\nmembers: {count: 1}", "Kafka allows no topic");
}

#[test]
fn includes_that_go_in_circles_or_fan_out() {
    let directory = scratch("includes");
    fs::write(directory.join("a.yaml"), "include: b.yaml\n").unwrap();
    fs::write(directory.join("b.yaml"), "include: a.yaml\n").unwrap();
    let ran = rehearsal_in(&directory, &["a.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("includes itself"), "{}", ran.err);
    for level in 0..20 {
        let next = format!("f{}.yaml", level + 1);
        fs::write(directory.join(format!("f{level}.yaml")), format!("include: [{}]\n", vec![next; 20].join(", ")))
            .unwrap();
    }
    let begun = Instant::now();
    let ran = rehearsal_in(&directory, &["f0.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(begun.elapsed() < PATIENCE);
    assert!(ran.err.contains("64 in all"), "{}", ran.err);
}
