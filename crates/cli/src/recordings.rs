//! Recordings of real groups on disk: which there are, what they say, and the plans that follow from them.
//!
//! Contract: `NAME.r1`, `NAME.r2` … in one folder are repeats of one scenario; a folder stands for all recordings in
//! it, at any depth, in the order of their names.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use simulation::Plan;
use timeline::recording::{Head, Recording, Summary};
use timeline::{Measurer, Outcome, Story, Teller};

use crate::console;

/// The recordings of one scenario.
pub struct Recorded {
    /// The scenario's name: its path under the folder that was named, without repeat and ending; with that folder's
    /// own name before it where another folder has the same.
    pub name: String,
    /// The repeats, in order; at least one.
    pub files: Vec<PathBuf>,
}

/// What there is under some paths.
pub struct Found {
    /// The recorded scenarios.
    pub scenarios: Vec<Recorded>,
    /// Why others cannot be read, one reason a file or folder.
    pub unreadable: Vec<anyhow::Error>,
}

/// Every recording under `paths`, scenario by scenario.
///
/// # Errors
/// There is nothing there.
pub fn find(paths: &[PathBuf]) -> Result<Found> {
    let mut unreadable = Vec::new();
    let mut found: BTreeMap<String, BTreeMap<PathBuf, Vec<PathBuf>>> = BTreeMap::new();
    for path in paths {
        let root = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
        let mut files = Vec::new();
        collect(path, &mut files, &mut unreadable);
        files.sort();
        for file in files {
            let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
            let folders = found.entry(scenario_of(&name).to_owned()).or_default();
            let repeats = folders.entry(root.to_owned()).or_default();
            // What is named twice was recorded once.
            if !repeats.contains(&file) {
                repeats.push(file);
            }
        }
    }
    if found.is_empty() && unreadable.is_empty() {
        bail!("there are no recordings (*.jsonl, *.jsonl.gz) there");
    }
    let scenarios = found.into_iter().flat_map(|(name, folders)| tell_apart(&name, folders)).collect();
    Ok(Found { scenarios, unreadable })
}

/// The scenarios of one name, each from a folder of its own.
fn tell_apart(name: &str, folders: BTreeMap<PathBuf, Vec<PathBuf>>) -> Vec<Recorded> {
    let alone = folders.len() == 1;
    let named = |root: &Path| match root.file_name() {
        Some(folder) if !alone => format!("{}/{name}", folder.to_string_lossy()),
        _ => name.to_owned(),
    };
    folders.into_iter().map(|(root, files)| Recorded { name: named(&root), files }).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>, unreadable: &mut Vec<anyhow::Error>) {
    let why = || format!("cannot read `{}`", path.display());
    if !path.is_dir() {
        match File::open(path).with_context(why) {
            Ok(_) => files.push(path.to_owned()),
            Err(error) => unreadable.push(error),
        }
        return;
    }
    let entries = match fs::read_dir(path).with_context(why) {
        Ok(entries) => entries,
        Err(error) => return unreadable.push(error),
    };
    for entry in entries {
        match entry.with_context(why) {
            Ok(entry) => {
                let path = entry.path();
                let name = path.to_string_lossy();
                if path.is_dir() || name.ends_with(".jsonl") || name.ends_with(".jsonl.gz") {
                    collect(&path, files, unreadable);
                }
            }
            Err(error) => unreadable.push(error),
        }
    }
}

/// A recording's name without its ending and the number of its repeat.
fn scenario_of(name: &str) -> &str {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let name = name.strip_suffix(".jsonl").unwrap_or(name);
    match name.rsplit_once('.') {
        Some((scenario, repeat)) if is_repeat(repeat) => scenario,
        _ => name,
    }
}

fn is_repeat(text: &str) -> bool {
    let digits = text.strip_prefix('r').or_else(|| text.strip_prefix('s')).unwrap_or("");
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first line of a recording.
///
/// # Errors
/// It cannot be read.
pub fn head(path: &Path) -> Result<Head> {
    Ok(open(path)?.head().clone())
}

/// What a recording comes to.
///
/// # Errors
/// It cannot be read.
pub fn outcome(path: &Path) -> Result<Outcome> {
    let recording = open(path)?;
    let mut measurer = Measurer::new(recording.cast());
    let summary = recording.replay(&mut measurer).with_context(|| format!("`{}`", path.display()))?;
    warn(path, &summary);
    Ok(Outcome::new("recorded", 0, summary.cast, &measurer.finish()))
}

/// The story of a recording, as far as its events go.
///
/// # Errors
/// It cannot be read.
pub fn story(path: &Path) -> Result<Story> {
    let recording = open(path)?;
    let mut teller = Teller::new(recording.cast());
    let summary = recording.replay(&mut teller).with_context(|| format!("`{}`", path.display()))?;
    warn(path, &summary);
    let mut story = teller.finish();
    // Members that the head does not name.
    for (member, name) in story.members.iter_mut().zip(&summary.cast.members) {
        member.name.clone_from(name);
    }
    Ok(story)
}

/// What is odd about a recording, and no reason not to read it.
fn warn(path: &Path, summary: &Summary) {
    for warning in &summary.warnings {
        console::complain(&format!("warning: `{}`: {warning}\n", path.display()));
    }
}

fn open(path: &Path) -> Result<Recording<'static>> {
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Recording::open(file).with_context(|| format!("`{}`", path.display()))
}

/// The plan of a recorded scenario, or why it cannot be simulated yet.
///
/// # Errors
/// The reason, in a line.
pub fn plan(path: &Path, head: &Head, seed: u64) -> Result<Plan, String> {
    let loaded = scenario::recorded::load_head(&path.to_string_lossy(), head, Some(seed));
    let mut comparison = loaded.map_err(|mistakes| first_line(&mistakes.to_string()))?;
    let cast = head.cast().map_err(|error| error.to_string())?;
    let mut plan = comparison.variants.remove(0).plan;
    plan.measure_from = cast.from;
    Ok(plan)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("it cannot be read").trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_folder_holds_is_no_repeat() {
        let folders =
            ["all/java", "all/franz-go"].map(|folder| (folder.into(), vec![format!("{folder}/kill.r1").into()]));
        let names: Vec<String> = tell_apart("kill", folders.into()).into_iter().map(|recorded| recorded.name).collect();
        assert_eq!(names, ["franz-go/kill", "java/kill"]);
        assert_eq!(tell_apart("kill", [("java".into(), Vec::new())].into())[0].name, "kill");
    }

    #[test]
    fn repeats_and_seeds_of_a_scenario_go_together() {
        for name in ["java/kill.r2.jsonl.gz", "java/kill.s17.jsonl", "java/kill.jsonl.gz", "java/kill"] {
            assert_eq!(scenario_of(name), "java/kill");
        }
        assert_eq!(scenario_of("kill-v1.2.jsonl"), "kill-v1.2");
    }
}
