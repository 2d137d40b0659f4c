//! Recordings that came to harm: the command says what is wrong with them, in which line, and survives.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::{Ran, rehearsal, root, scratch};

/// A recording of three consumers, one of which is killed, unpacked.
fn good() -> String {
    let path = root().join("crates/cli/tests/data/groundtruth/java/kill-one-of-3-dynamic.jsonl.gz");
    let mut text = String::new();
    MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn validate(path: &Path) -> Ran {
    rehearsal(&["validate", "--seeds", "1..1", path.to_str().unwrap()])
}

fn packed(path: &Path, write: impl FnOnce(&mut GzEncoder<File>)) -> PathBuf {
    let mut file = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    write(&mut file);
    file.finish().unwrap();
    path.to_owned()
}

#[test]
fn what_is_cut_off_is_refused_with_its_last_line() {
    let folder = scratch("damaged-cut");
    let whole = packed(&folder.join("whole.jsonl.gz"), |file| file.write_all(good().as_bytes()).unwrap());
    let bytes = fs::read(whole).unwrap();
    fs::write(folder.join("cut.jsonl.gz"), &bytes[..bytes.len() / 2]).unwrap();
    let ran = validate(&folder.join("cut.jsonl.gz"));
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
    assert!(ran.err.contains("cut.jsonl.gz") && ran.err.contains("the recording is cut off or damaged"), "{}", ran.err);
    let text = good();
    fs::write(folder.join("cut.jsonl"), &text[..text.len() - 20]).unwrap();
    let ran = validate(&folder.join("cut.jsonl"));
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("cut off in the middle of this line"), "{}", ran.err);
}

#[test]
fn garbage_is_refused_with_its_place_and_shown_without_harm() {
    let folder = scratch("damaged-garbage");
    let mut lines: Vec<String> = good().lines().map(str::to_owned).collect();
    lines.insert(3, "\u{1b}[2J{\"t\": nonsense".to_owned());
    fs::write(folder.join("garbage.jsonl"), lines.join("\n")).unwrap();
    let ran = validate(&folder.join("garbage.jsonl"));
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("line 4, column 1: this is no event") && !ran.err.contains('\u{1b}'), "{}", ran.err);
    fs::write(folder.join("empty.jsonl"), "").unwrap();
    assert!(validate(&folder.join("empty.jsonl")).err.contains("the recording is empty"));
}

#[test]
fn what_is_only_odd_is_said_and_read_all_the_same() {
    let folder = scratch("damaged-odd");
    let mut lines: Vec<String> = good().lines().map(str::to_owned).collect();
    lines.insert(4, "{\"t\": 1, \"e\": \"dances\", \"m\": \"c0\"}".to_owned());
    lines.insert(lines.len() - 1, "{\"t\": 2, \"e\": \"log\", \"m\": \"broker\", \"what\": \"late\"}".to_owned());
    fs::write(folder.join("odd.jsonl"), lines.join("\n") + "\n").unwrap();
    let ran = validate(&folder.join("odd.jsonl"));
    assert!(ran.code.is_some_and(|code| code < 2), "{}", ran.err);
    assert!(ran.err.contains("odd.jsonl") && ran.err.contains("dances"), "{}", ran.err);
    assert!(ran.err.contains("line 5"), "{}", ran.err);
    assert!(ran.out.contains("odd"), "{}", ran.out);
}

/// A quarter of a gigabyte of one line, packed into one megabyte, is not unpacked.
#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let folder = scratch("damaged-endless");
    let head = good().lines().next().unwrap().to_owned();
    let path = packed(&folder.join("endless.jsonl.gz"), |file| {
        file.write_all(head.as_bytes()).unwrap();
        file.write_all(b"\n").unwrap();
        let block = vec![b'x'; 1 << 20];
        for _ in 0..256 {
            file.write_all(&block).unwrap();
        }
    });
    let ran = validate(&path);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("line 2: longer than 33554432 bytes"), "{}", ran.err);
}

#[test]
fn a_recording_and_a_run_stand_one_above_the_other() {
    let path = root().join("crates/cli/tests/data/groundtruth/java/kill-one-of-3-dynamic.jsonl.gz");
    let ran = rehearsal(&["validate", "--timeline", "--seeds", "1..1", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/forms" }, {
        insta::assert_snapshot!("validate-timeline", ran.out);
    });
    let folder = root().join("crates/cli/tests/data/groundtruth/java");
    let ran = rehearsal(&["validate", "--timeline", folder.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("--timeline shows one recorded scenario"), "{}", ran.err);
}
