//! The committed examples in `reports/` are what the command writes today, and so is what is said of the language.

use std::fs;

use crate::{files_in, rehearsal, root, scratch};

#[test]
fn every_committed_report_is_fresh() {
    let committed = files_in(&root().join("reports"), "md");
    assert!(!committed.is_empty(), "the examples have gone");
    let directory = scratch("committed-reports");
    for path in committed {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let scenario = format!("scenarios/{name}.yaml");
        let ran = rehearsal(&["compare", &scenario, "--report", directory.to_str().unwrap(), "--quiet"]);
        assert_eq!(ran.code, Some(0), "{scenario}: {}", ran.err);
        let folder = fs::read_dir(root().join("reports").join(name)).into_iter().flatten();
        let within = folder.map(|entry| format!("{name}/{}", entry.unwrap().file_name().to_str().unwrap()));
        // Beside the Markdown: the page and the files, as many as are committed.
        for file in [format!("{name}.md"), format!("{name}.html")].into_iter().chain(within) {
            let Ok(old) = fs::read(root().join("reports").join(&file)) else { continue };
            let fresh = fs::read(directory.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(old == fresh, "{file} is old; write it anew: compare {scenario} --report reports");
        }
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
