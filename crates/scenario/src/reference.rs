//! The language as a reference for people, in Markdown.
//!
//! Contract: made from the same tables as everything else; there is no second description of the language to keep in
//! step.

use std::fmt::Write as _;

use timeline::measure::MEASURES;

use crate::drawn::WAYS;
use crate::kafka::{self, Config, Status};
use crate::language;
use crate::schema::{ASSIGNMENT, Default, Kafka, Object, SCENARIO, Shape, objects, objects_under};

/// The reference.
pub fn markdown() -> String {
    let mut text = String::from("# The scenario language\n");
    for object in objects() {
        of_object(&mut text, object);
    }
    text.push_str("\n## Lengths of time that are drawn\n\nA length such as `5s`, or drawn anew each time:\n\n");
    for (way, doc) in WAYS {
        line(&mut text, &format!("- `{way}`: {doc}"));
    }
    text.push_str("\n## Measures for `expect`\n\n| measure | what it says |\n|---|---|\n");
    for measure in MEASURES {
        line(&mut text, &format!("| `{}` | {} |", measure.id, cell(measure.explanation)));
    }
    text.push_str("\n## Kafka's consumer configs\n\n");
    of_configs(&mut text, kafka::CONSUMER);
    text.push_str("\n## Kafka's broker configs\n\n");
    of_configs(&mut text, kafka::BROKER);
    text.push_str("\n# Files for `rehearsal assign`\n");
    for object in objects_under(&ASSIGNMENT) {
        of_object(&mut text, object);
    }
    text
}

/// The language on a page: the maps that scenarios are made of, a line a key.
pub fn summary() -> String {
    let mut text = String::new();
    for object in [&SCENARIO, &language::MEMBERS, &language::APPLICATION, &language::EVENT] {
        line(
            &mut text,
            &format!("| {} | |\n|---|---|", object.name.trim_start_matches("a ").trim_start_matches("an ")),
        );
        for key in object.keys.iter().filter(|key| !matches!(key.shape, Shape::Later(_))) {
            let default = match key.default {
                Default::Value(value) => format!(" Default: `{value}`."),
                Default::Depends(how) => format!(" Default: {how}."),
                Default::Required(_) => " Must be written.".to_owned(),
                Default::Nothing => String::new(),
            };
            line(&mut text, &format!("| `{}` | {}{} |", key.name, cell(key.doc), cell(&default)));
        }
        text.push('\n');
    }
    text
}

fn line(text: &mut String, content: &str) {
    writeln!(text, "{content}").expect("writing to a string cannot fail");
}

fn of_object(text: &mut String, object: &Object) {
    line(text, &format!("\n## {}\n\n{}\n", capitalised(object.name), object.doc));
    text.push_str("| key | value | default | meaning |\n|---|---|---|---|\n");
    for key in object.keys {
        let default = match key.default {
            Default::Value(value) => format!("`{value}`"),
            Default::Depends(how) => how.to_owned(),
            Default::Required(_) => "must be written".to_owned(),
            Default::Nothing => String::new(),
        };
        line(
            text,
            &format!("| `{}` | {} | {} | {} |", key.name, cell(&of_shape(&key.shape)), cell(&default), cell(key.doc)),
        );
    }
    match object.kafka {
        Kafka::No => {}
        Kafka::Consumer => line(text, "\nAnd Kafka's consumer configs, under their own names."),
        Kafka::Broker => line(text, "\nAnd Kafka's broker configs, under their own names."),
        Kafka::Group => line(text, "\nAnd Kafka's group configs, under their own names."),
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What may stand under a key, in a few words.
fn of_shape(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Texts => "text, or a list".to_owned(),
        Shape::Count(least, u64::MAX) => format!("a number from {least}"),
        Shape::Count(least, most) => format!("a number from {least} to {most}"),
        Shape::Duration => "a length of time".to_owned(),
        Shape::Drawn => "a length of time, may be drawn".to_owned(),
        Shape::Rate => "a rate".to_owned(),
        Shape::Size => "a size".to_owned(),
        Shape::Word(words) => {
            let words: Vec<String> = words
                .iter()
                .filter(|word| word.modelled)
                .map(|word| format!("`{}`: {}", word.name, word.doc))
                .collect();
            words.join("; ")
        }
        Shape::Members => "members, by name".to_owned(),
        Shape::Object(object) => format!("see {}", object.name),
        Shape::Objects(object) => format!("see {}; or a list", object.name),
        Shape::Map(inner) => format!("by name: {}", of_shape(inner)),
        Shape::Either(shapes) => shapes.iter().map(of_shape).collect::<Vec<_>>().join(", or "),
        Shape::Overlay => "a piece of scenario".to_owned(),
        Shape::Axis => "a list of values, or pieces of scenario by name".to_owned(),
        Shape::Expectations => "bounds by measure: `0`, `\"< 10s\"`, `\">= 27s, < 35s\"`".to_owned(),
        Shape::Nothing => "nothing".to_owned(),
        Shape::Later(what) => format!("not simulated yet ({what})"),
    }
}

fn of_configs<T>(text: &mut String, table: &'static [Config<T>]) {
    text.push_str("| config | default | allowed | simulated | meaning |\n|---|---|---|---|---|\n");
    for config in table {
        let default = if config.default.is_empty() { String::new() } else { format!("`{}`", config.default) };
        let simulated = match config.status {
            Status::Modelled(_) => "yes",
            Status::NoBearing => "changes nothing",
            Status::Elsewhere(place) => place,
            Status::NotYet => "not yet",
        };
        let bounds = config.bounds().unwrap_or_default();
        let cells = [default, cell(&bounds), cell(simulated), cell(config.doc)];
        line(text, &format!("| `{}` | {} |", config.name, cells.join(" | ")));
    }
}

/// Text that cannot break a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
