//! The committed examples in `reports/` are what the command writes today.

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
