//! `rehearsal assign`: the examples in `scenarios/assign`, and what is said about files that are wrong.

use crate::{files_in, rehearsal, root};

fn names(folder: &str) -> Vec<String> {
    let files = files_in(&root().join(folder), "yaml");
    assert!(!files.is_empty(), "{folder} is empty");
    files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/assign" }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn every_example_is_answered_as_its_snapshot_says() {
    for name in names("scenarios/assign") {
        let ran = rehearsal(&["assign", &format!("scenarios/assign/{name}.yaml")]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{name}");
        assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{name} is too wide");
        snapshot!(name, ran.out);
    }
}

#[test]
fn every_example_comes_with_the_command() {
    let shipped: Vec<String> = cli::shipped::ASSIGNMENTS.iter().map(|shipped| shipped.name.to_owned()).collect();
    let expected: Vec<String> = names("scenarios/assign").iter().map(|name| format!("assign/{name}")).collect();
    assert_eq!(shipped, expected, "crates/cli/src/shipped.rs lists the files in scenarios/assign/");
}

#[test]
fn each_bad_file_is_answered_by_its_message() {
    for name in names("scenarios/assign/invalid") {
        let ran = rehearsal(&["assign", &format!("scenarios/assign/invalid/{name}.yaml")]);
        let is_warning = name.starts_with("warning-");
        assert_eq!(ran.code, Some(if is_warning { 0 } else { 2 }), "{name}: {}", ran.err);
        assert_eq!(ran.out.is_empty(), !is_warning, "{name}");
        snapshot!(format!("invalid-{name}"), ran.err);
    }
}

#[test]
fn assignors_are_chosen_by_name_on_either_side() {
    let file = "scenarios/assign/two-consumers-three-topics.yaml";
    let ran = rehearsal(&["assign", file, "--assignor", "range", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let assignors = value["steps"][0]["assignors"].as_object().unwrap();
    assert_eq!(assignors.keys().collect::<Vec<_>>(), ["range", "range (broker)"]);
    for (name, answer) in assignors {
        assert_eq!((&answer["least"], &answer["most"]), (&0.into(), &3.into()), "{name}");
        assert_eq!(answer["members"]["consumer-0"]["refunds"], serde_json::json!([0]), "{name}");
    }
    let ran = rehearsal(&["assign", file, "--assignor", "rnage"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("`cooperative-sticky`"), "{}", ran.err);
}

#[test]
fn a_thousand_members_are_cut_on_the_terminal_and_whole_in_json() {
    let text = "{\"topics\": {\"orders\": 4000}, \"members\": {\"count\": 1000}}";
    let directory = crate::scratch("assign");
    std::fs::write(directory.join("large.json"), text).unwrap();
    let ran = crate::rehearsal_in(&directory, &["assign", "large.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("… and 960 more members"), "{}", ran.out);
    let ran = crate::rehearsal_in(&directory, &["assign", "large.json", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(value["steps"][0]["assignors"]["sticky"]["members"].as_object().unwrap().len(), 1000);
}

#[test]
fn the_examples_have_the_properties_that_a_schema_names() {
    let ran = rehearsal(&["schema", "assignment"]);
    let schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let members = &schema["$defs"]["members of an assignment"]["properties"];
    assert!(members["owns"]["description"].is_string());
    assert!(members["client.rack"]["description"].is_string());
    assert_eq!(schema["$ref"], "#/$defs/assignment");
}
