//! The folder whose scenarios can be opened, and nothing outside of it.
//!
//! Contract: read only. A path is of plain names with `/` between them and ends in `.yaml` or `.yml`; names that begin
//! with a dot are left out (`.`, `..`, `.git`). What a link leads to must lie in the folder as well. The same holds for
//! what a scenario includes.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use scenario::Files;

/// Most files that are listed.
const MOST_LISTED: usize = 1_000;
/// Most entries that are looked at for that, so that a folder with a million other files is no trouble.
const MOST_SEEN: usize = 50_000;
/// How deep folders are looked into.
const DEPTH: usize = 5;
/// The longest path, in bytes.
const LONGEST: usize = 400;

/// A folder, or none.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder {
    root: Option<PathBuf>,
}

impl Folder {
    /// The folder at `path`.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read `{}`", path.display());
        let root = path.canonicalize().with_context(unreadable)?;
        if !root.is_dir() {
            bail!("`{}` is no folder", path.display());
        }
        fs::read_dir(&root).with_context(unreadable)?;
        Ok(Self { root: Some(root) })
    }

    /// The scenarios in it, by path.
    pub(super) fn list(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            let mut seen = 0;
            collect(root, "", DEPTH, &mut seen, &mut found);
        }
        found.sort();
        found
    }
}

fn collect(directory: &Path, within: &str, depth: usize, seen: &mut usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        *seen += 1;
        if *seen > MOST_SEEN || found.len() >= MOST_LISTED {
            return;
        }
        let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
        let path = format!("{within}{name}");
        if kind.is_dir() && depth > 0 && !name.starts_with('.') {
            collect(&entry.path(), &format!("{path}/"), depth - 1, seen, found);
        } else if kind.is_file() && check(&path).is_ok() {
            found.push(path);
        }
    }
}

/// Whether a path is one of a scenario in a folder.
///
/// # Errors
/// It is not, in a short phrase.
pub(super) fn check(path: &str) -> Result<(), String> {
    let is_plain = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['\\', ':', '\0']);
    if path.len() > LONGEST || !path.split('/').all(is_plain) {
        return Err("it is outside of the folder of scenarios".to_owned());
    }
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    if !matches!(ending, Some("yaml" | "yml")) {
        return Err("it is no scenario: its name does not end in .yaml".to_owned());
    }
    Ok(())
}

impl Files for Folder {
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, String> {
        check(path)?;
        let missing = || "there is no such file in the folder of scenarios".to_owned();
        let root = self.root.as_ref().ok_or_else(missing)?;
        let place = root.join(path).canonicalize().map_err(|_| missing())?;
        if !place.starts_with(root) {
            return Err("it is outside of the folder of scenarios".to_owned());
        }
        // A pipe would be waited for.
        if !place.is_file() {
            return Err("it is no file".to_owned());
        }
        let mut bytes = Vec::new();
        let file = File::open(place).map_err(|_| "it cannot be read".to_owned())?;
        file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|_| "it cannot be read".to_owned())?;
        Ok(bytes)
    }
}

/// A text under the name of a file, and the folder around it for what it includes.
pub(super) struct Edited<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) folder: &'a Folder,
}

impl Files for Edited<'_> {
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, String> {
        if path == self.name { Ok(self.text.as_bytes().to_vec()) } else { self.folder.read(path, limit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        for good in ["a.yaml", "a/b-c/d.e.yml", "ü.yaml"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let bad = [
            "",
            "/a.yaml",
            "../a.yaml",
            "a/../b.yaml",
            "a/..",
            "./a.yaml",
            "a//b.yaml",
            ".hidden.yaml",
            ".git/a.yaml",
            "a\\b.yaml",
            "c:a.yaml",
            "a\0.yaml",
            "passwd",
            "a.yaml/",
            "a.yaml.txt",
            "a.YAML",
        ];
        for bad in bad {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert!(check(&format!("{}.yaml", "x".repeat(LONGEST))).is_err());
    }

    #[test]
    fn no_folder_holds_nothing() {
        let folder = Folder::default();
        assert_eq!(folder.list(), [""; 0]);
        assert!(folder.read("a.yaml", 10).is_err());
        let edited = Edited { name: "a.yaml", text: "mine", folder: &folder };
        assert_eq!(edited.read("a.yaml", 10), Ok(b"mine".to_vec()));
        assert!(edited.read("b.yaml", 10).is_err());
    }
}
