//! Report pages, and the page of `rehearsal serve`, in a real browser: Chromium without a window, spoken to over the
//! DevTools protocol.
//!
//! | module | what lives there |
//! |---|---|
//! | `devtools` | a browser of our own, and the few requests that are made of it |
//! | `pages` | pages of 3, 120 and 1,000 members, and of names that mean harm: no complaint, hover, zoom, links, width |
//! | `served` | `rehearsal serve`: edit, see mistakes, run, compare |
//!
//! Without Chromium nothing is tested, and a line says so; where `CI` is set it must be there.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod devtools;
mod pages;
mod served;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Writes the report of a scenario and gives back the address of its page.
fn page_of(scenario: &Path, into: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(into);
    let _ = std::fs::remove_dir_all(&directory);
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
    let command = command.args(["compare", "--quiet", "--report"]).arg(&directory).arg(scenario);
    let ran = command.stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let page = directory.join(scenario.file_name().unwrap()).with_extension("html");
    format!("file://{}", page.canonicalize().unwrap().display())
}

/// A scenario that comes with the command.
fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

/// A scenario of our own.
fn written(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}
