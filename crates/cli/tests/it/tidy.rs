//! The tree itself: what every file must be like.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Longest file, in lines.
const FILE_LINES: usize = 600;
/// Longest function, in lines, its head and closing brace included.
const FUNCTION_LINES: usize = 70;
/// Widest line, in characters.
const COLUMNS: usize = 120;

/// Which of our crates each crate may use: nothing points back.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("protocol", &[]),
    ("engine", &[]),
    ("assignor", &["protocol"]),
    ("records", &["protocol"]),
    ("timeline", &["protocol"]),
    ("coordinator", &["protocol", "assignor"]),
    ("zookeeper", &["protocol"]),
    ("member", &["protocol", "assignor"]),
    ("broker", &["protocol", "assignor", "coordinator"]),
    (
        "simulation",
        &["protocol", "assignor", "coordinator", "broker", "zookeeper", "member", "engine", "records", "timeline"],
    ),
    ("report", &["protocol", "timeline"]),
    ("scenario", &["protocol", "assignor", "coordinator", "member", "engine", "timeline", "simulation"]),
    ("cli", &["protocol", "assignor", "coordinator", "broker", "timeline", "simulation", "report", "scenario"]),
];

/// The source files of our crates and benches.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["crates", "benches"] {
        walk(&root().join(folder), &mut files);
    }
    files.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    files
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("target") => {}
            true => walk(&path, files),
            false => files.push(path),
        }
    }
    files.sort();
}

/// Everything that is wrong, said at once.
fn complain(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    let mut wrong = Vec::new();
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap_or("");
        if !first.starts_with("//! ") {
            wrong.push(format!("{} opens with `{first}`", short(&path)));
        }
        if first == "//! skeleton" {
            wrong.push(format!("{} is a skeleton", short(&path)));
        }
    }
    complain(&wrong);
}

#[test]
fn files_functions_and_lines_are_short() {
    let mut wrong = Vec::new();
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE_LINES {
            wrong.push(format!("{} has {} lines", short(&path), lines.len()));
        }
        let mut drawn = false;
        for (number, line) in lines.iter().enumerate() {
            drawn ^= line.trim_start_matches([' ', '/', '!']).starts_with("```");
            let exempt = drawn || is_quoted(line, &path) || is_table_row(line) || is_named(&path, WIDE);
            if line.chars().count() > COLUMNS && !exempt {
                wrong.push(format!("{}:{} is {} columns wide", short(&path), number + 1, line.chars().count()));
            }
        }
        wrong.extend(
            long_functions(&lines)
                .into_iter()
                .filter(|_| !is_named(&path, LONG))
                .map(|(line, length)| format!("{}:{line} is a function of {length} lines", short(&path))),
        );
    }
    complain(&wrong);
}

/// Files that may have long lines, and why.
const WIDE: &[(&str, &str)] = &[
    ("coordinator/src/classic/transitions.rs", "its lines are the rows of a table"),
    ("coordinator/src/consumer/transitions.rs", "its lines are the rows of a table"),
];
/// Files that may have long functions, and why.
const LONG: &[(&str, &str)] = &[
    ("report/tests/it/formats.rs", "snapshots stand in the test"),
    ("timeline/src/recording/read.rs", "one arm for each kind of line"),
];

fn is_named(path: &Path, exempt: &[(&str, &str)]) -> bool {
    exempt.iter().any(|(name, _)| path.ends_with(name))
}

/// Whether the line is a row of a table in documentation, which cannot be broken.
fn is_table_row(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("//") && text.trim_start_matches(['/', '!', ' ']).starts_with('|')
}

/// Whether what makes a line long is a text in quotes, which cannot be broken; or a line of one in a test.
fn is_quoted(line: &str, path: &Path) -> bool {
    let is_comment = line.trim_start().starts_with("//");
    let within: String = line.chars().take(COLUMNS).collect();
    !is_comment && (within.contains('"') || path.components().any(|part| part.as_os_str() == "tests"))
}

/// Line and length of functions that are too long: from a line that begins one to the brace at its indentation.
fn long_functions(lines: &[&str]) -> Vec<(usize, usize)> {
    let mut long = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let words: Vec<&str> = code.split_whitespace().take_while(|word| *word != "fn").collect();
        let begins = code.contains("fn ")
            && words
                .iter()
                .all(|word| word.starts_with("pub") || ["const", "async", "unsafe", "extern"].contains(word));
        if !begins {
            continue;
        }
        let close = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[number..].iter().position(|line| *line == close).map_or(0, |end| end + 1);
        let signature_end = lines[number..].iter().find(|line| line.ends_with(['{', ';', '}']));
        let has_body = signature_end.is_some_and(|line| line.ends_with('{'));
        if length > FUNCTION_LINES && has_body {
            long.push((number + 1, length));
        }
    }
    long
}

#[test]
fn a_long_function_is_noticed() {
    let body = vec!["        work();"; 69].join("\n");
    let text = format!("impl A {{\n    pub fn long(&self) {{\n{body}\n    }}\n}}");
    assert_eq!(long_functions(&text.lines().collect::<Vec<_>>()), [(2, 71)]);
}

#[test]
fn dependencies_point_one_way() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("crates/{name} has no line in MAY_USE"));
            continue;
        };
        let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("\n[dependencies]").nth(1).unwrap_or("").split("\n[").next().unwrap_or("");
        for line in dependencies.lines() {
            let Some((used, how)) = line.split_once(['.', ' ', '=']) else { continue };
            if MAY_USE.iter().any(|(known, _)| *known == used) && !allowed.contains(&used) {
                wrong.push(format!("crates/{name} uses {used}"));
            }
            if !line.starts_with('#') && !how.contains("workspace") {
                wrong.push(format!("crates/{name} declares `{line}` itself; dependencies are declared at the root"));
            }
        }
    }
    complain(&wrong);
}

#[test]
fn the_order_of_crates_has_no_circle() {
    for (place, (name, used)) in MAY_USE.iter().enumerate() {
        for other in *used {
            let below = MAY_USE.iter().position(|(known, _)| known == other).unwrap();
            assert!(below < place, "{name} may use {other}, which stands above it");
        }
    }
}

#[test]
fn nothing_is_left_to_do_or_printed_for_debugging() {
    // Written in halves, so that this file does not find itself.
    let words = [
        ["to", "do!("],
        ["unimple", "mented!("],
        ["d", "bg!("],
        ["TO", "DO"],
        ["FIX", "ME"],
        ["X", "XX"],
        ["HA", "CK"],
    ];
    search(&words.map(|halves| halves.concat()), &["rs", "toml", "yaml", "md"]);
}

#[test]
fn nothing_speaks_of_the_place_where_it_was_written() {
    let words = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/tmp", "/brief"],
        ["shared", "/spec"],
        ["shared", "/seeds"],
        ["shared", "/groundtruth"],
    ];
    search(&words.map(|halves| halves.concat()), &["rs", "toml", "yaml", "md", "snap", "json"]);
}

/// Complains of every line that has one of these words in a file with one of these endings.
fn search(words: &[String], endings: &[&str]) {
    let mut files = Vec::new();
    for folder in ["crates", "benches", "scenarios", "reports"] {
        walk(&root().join(folder), &mut files);
    }
    let mut wrong = Vec::new();
    for path in files {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if !endings.contains(&ending) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(word.as_str())) {
                wrong.push(format!("{}:{} says `{word}`", short(&path), number + 1));
            }
        }
    }
    complain(&wrong);
}
