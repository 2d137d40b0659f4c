//! The committed examples in `reports/` are what the command writes today, and so is what is said of the language.

use std::fs;

use crate::{files_in, rehearsal, root, scratch};

#[test]
fn every_committed_report_is_fresh() {
    let committed = files_in(&root().join("reports"), "md");
    assert!(!committed.is_empty(), "the examples have gone");
    let directory = scratch("reports");
    for path in committed {
        let name = path.file_name().unwrap().to_str().unwrap();
        let scenario = format!("scenarios/{}", name.replace(".md", ".yaml"));
        let ran = rehearsal(&["compare", &scenario, "--report", directory.to_str().unwrap(), "--quiet"]);
        assert_eq!(ran.code, Some(0), "{scenario}: {}", ran.err);
        let fresh = fs::read_to_string(directory.join(name)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), fresh, "write it anew: compare {scenario} --report reports");
    }
}

/// The text between two marks of the README.
fn generated(readme: &str) -> &str {
    let (_, rest) =
        readme.split_once("<!-- language: begin -->\n").expect("the README marks where the language begins");
    rest.split_once("<!-- language: end -->").expect("and where it ends").0
}

#[test]
fn what_is_written_of_the_language_is_what_its_tables_say() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ran = rehearsal(&["schema", "--summary"]);
    assert_eq!(
        generated(&readme),
        ran.out,
        "put what `rehearsal schema --summary` prints between the marks of README.md"
    );
    let reference = fs::read_to_string(root().join("scenarios/LANGUAGE.md")).unwrap();
    let ran = rehearsal(&["schema", "--markdown"]);
    assert_eq!(reference, ran.out, "write it anew: rehearsal schema --markdown > scenarios/LANGUAGE.md");
}
