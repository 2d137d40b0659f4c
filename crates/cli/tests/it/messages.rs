//! What is said about scenarios that are wrong: one file in `scenarios/invalid/` a message, with a snapshot of all that
//! is said.

use crate::{files_in, rehearsal, root};

#[test]
fn each_bad_scenario_is_answered_by_its_message() {
    let files = files_in(&root().join("scenarios/invalid"), "yaml");
    assert!(files.len() > 100, "the bad scenarios have gone");
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let ran = rehearsal(&["check", "--quiet", &format!("scenarios/invalid/{name}.yaml")]);
        let expected = if name.starts_with("warning-") { 0 } else { 2 };
        assert_eq!(ran.code, Some(expected), "{name}: {}", ran.err);
        assert_eq!(ran.out, "", "{name}");
        assert!(ran.err.lines().all(|line| line.chars().count() < 340), "{name} is answered by endless lines");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/messages" }, {
            insta::assert_snapshot!(name, ran.err);
        });
    }
}

#[test]
fn running_a_bad_scenario_says_the_same_as_checking_it() {
    let file = "scenarios/invalid/all-at-once.yaml";
    let (checked, run) = (rehearsal(&["check", file]), rehearsal(&[file]));
    assert_eq!(checked.err, run.err);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
}
