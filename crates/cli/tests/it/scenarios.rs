//! Every shipped scenario: comes out as it expects, the same twice, the same on one thread and on several, and as its
//! snapshot.

use std::fs;
use std::path::Path;

use crate::{files_in, rehearsal, root};

/// The names of all shipped scenarios.
fn names() -> Vec<String> {
    let files = files_in(&root().join("scenarios"), "yaml");
    assert!(!files.is_empty(), "the scenarios have gone");
    files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_scenario_comes_out_as_expected_and_as_its_snapshot() {
    for name in names() {
        let ran = rehearsal(&["--all", &format!("scenarios/{name}.yaml")]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.err);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/scenarios" }, {
            insta::assert_snapshot!(name, ran.out);
        });
    }
}

#[test]
fn every_scenario_gives_equal_bytes_twice_and_on_any_number_of_threads() {
    for name in names() {
        let file = format!("scenarios/{name}.yaml");
        let once = rehearsal(&["--json", "--threads", "1", &file]);
        assert!(once.out.len() > 100, "{name}: {}", once.err);
        for threads in ["1", "4"] {
            let again = rehearsal(&["--json", "--threads", threads, &file]);
            assert_eq!(once.out, again.out, "{name} on {threads} threads");
        }
    }
}

#[test]
fn every_scenario_comes_with_the_command_and_says_its_question_and_where_it_comes_from() {
    let shipped: Vec<&str> = cli::shipped::SHIPPED.iter().map(|shipped| shipped.name).collect();
    assert_eq!(shipped, names(), "crates/cli/src/shipped.rs lists the files in scenarios/");
    for shipped in cli::shipped::SHIPPED {
        let comparison =
            scenario::load_text(shipped.name, shipped.text, None).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert!(comparison.question.is_some_and(|question| question.ends_with('?')), "{} asks nothing", shipped.name);
        assert!(comparison.story.is_some_and(|story| story.len() > 80), "{} has no story", shipped.name);
        assert!(
            comparison.variants.iter().all(|variant| !variant.expectations.is_empty()),
            "{} expects nothing",
            shipped.name
        );
        assert_eq!(comparison.warnings.list, [], "{} is warned about", shipped.name);
    }
}

#[test]
fn the_page_of_documents_names_every_scenario_under_its_document() {
    let page = fs::read_to_string(root().join("docs/seeds.md")).unwrap();
    let sections: Vec<&str> = page.split("\n## ").skip(1).collect();
    for shipped in cli::shipped::SHIPPED {
        let comparison = scenario::load_text(shipped.name, shipped.text, None).unwrap();
        for (document, _) in comparison.reproduces {
            let section = sections.iter().find(|section| section.to_lowercase().starts_with(&document));
            let section = section.unwrap_or_else(|| panic!("docs/seeds.md has no section on {document}"));
            let name = format!("(../scenarios/{}.yaml)", shipped.name);
            assert!(section.contains(&name), "{} is not named under {document} in docs/seeds.md", shipped.name);
        }
    }
}

#[test]
fn another_seed_is_another_run_with_the_same_plan_otherwise() {
    let one = rehearsal(&["--json", "--seed", "1", "scenarios/kill-one-of-three.yaml"]);
    let two = rehearsal(&["--json", "--seed", "2", "scenarios/kill-one-of-three.yaml"]);
    assert_ne!(one.out, two.out);
}

#[test]
fn no_snapshot_is_an_orphan() {
    let snapshots = root().join("crates/cli/tests/it/snapshots");
    for (folder, scenarios) in [("messages", "scenarios/invalid"), ("scenarios", "scenarios")] {
        for snapshot in files_in(&snapshots.join(folder), "snap") {
            let name = snapshot.file_stem().unwrap().to_str().unwrap();
            assert!(
                Path::new(&root().join(scenarios)).join(format!("{name}.yaml")).exists(),
                "{folder}/{name}.snap is of no scenario"
            );
        }
    }
}
