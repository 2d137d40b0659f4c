//! What commands refuse: every refusal is one clear message and exit code 2, and leaves nothing behind.

use std::fs;
use std::path::Path;

use crate::{rehearsal, rehearsal_in, scratch};

/// A recorded sequence with these steps.
fn sequence(steps: &str) -> String {
    let empty = r#""answers":[],"unanswered":[],"states":[],"member_ids":[],"tags":[],"config":{}"#;
    format!(r#"{{"id":"one","end":200,{empty},"steps":[{steps}]}}"#) + "\n"
}

/// Checks that these arguments are refused with a message that says all of `parts`.
fn refused(directory: &Path, arguments: &[&str], parts: &[&str]) {
    let ran = rehearsal_in(directory, arguments);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.err);
    for part in parts {
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn recorded_sequences_that_go_back_in_time_or_lack_a_timeout() {
    let directory = scratch("refused-sequences");
    let back = r#"{"t":100,"event":"stall"},{"t":99,"event":"resume"}"#;
    let join = r#"{"t":1,"n":1,"req":"JoinGroup","member":"","instance":"i","protocols":[["range",{"topics":["t"]}]]"#;
    for (name, text, part) in [
        ("back", sequence(back), "step 2, at 99 ms, is before the step before it, at 100 ms"),
        ("rebalance", sequence(&format!(r#"{join},"session":10000}}"#)), "a JoinGroup needs `rebalance`"),
        ("session", sequence(&format!(r#"{join},"rebalance":10000}}"#)), "a JoinGroup needs `session`"),
    ] {
        let file = format!("{name}.jsonl");
        fs::write(directory.join(&file), format!("\n{text}")).unwrap();
        refused(&directory, &["conform", &file], &[part, &format!("{file}, line 2")]);
    }
    for (name, text) in [("empty.jsonl", ""), ("blank.jsonl", "\n \n")] {
        fs::write(directory.join(name), text).unwrap();
        refused(&directory, &["conform", name], &["there are no sequences in", name]);
    }
}
