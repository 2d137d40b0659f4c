//! Scenario files from the file system; reports, and files that appear whole or not at all, onto it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use scenario::Files;

/// The file system; `-` is standard input.
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let most = limit as u64 + 1;
        let read = if path == "-" {
            std::io::stdin().lock().take(most).read_to_end(&mut bytes)
        } else {
            if fs::metadata(path).map_err(reason)?.is_dir() {
                return Err("it is a directory".to_owned());
            }
            File::open(path).map_err(reason)?.take(most).read_to_end(&mut bytes)
        };
        read.map_err(reason)?;
        Ok(bytes)
    }
}

/// Files that are read once, and remembered: standard input can be read again.
pub struct Remembered<F> {
    files: F,
    read: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl<F: Files> Remembered<F> {
    /// Nothing has been read.
    pub fn new(files: F) -> Self {
        Self { files, read: RefCell::default() }
    }
}

impl<F: Files> Files for Remembered<F> {
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, String> {
        if let Some(bytes) = self.read.borrow().get(path) {
            return Ok(bytes.clone());
        }
        let bytes = self.files.read(path, limit)?;
        self.read.borrow_mut().insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }
}

/// Why, in a few words and without the number of the operating system.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn reason(error: std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// A file that appears whole or not at all. What is no ordinary file (a pipe, a terminal) is written as it comes.
#[derive(Debug)]
pub struct Whole {
    path: PathBuf,
    /// Under which name it is written until it is finished.
    partial: Option<PathBuf>,
    file: BufWriter<File>,
}

impl Whole {
    /// Makes a place for it.
    ///
    /// # Errors
    /// It cannot be written there.
    pub fn create(path: &Path) -> Result<Self> {
        let place = || format!("cannot write `{}`", path.display());
        let is_ordinary = fs::metadata(path).map_or(true, |there| there.is_file());
        ensure!(!path.is_dir(), "{}: it is a directory", place());
        let name = path.file_name().with_context(place)?.to_string_lossy();
        let partial = is_ordinary.then(|| path.with_file_name(format!(".{name}.{}", std::process::id())));
        let opened = match &partial {
            Some(partial) => File::create_new(partial),
            None => OpenOptions::new().write(true).open(path),
        };
        let file = BufWriter::new(opened.with_context(place)?);
        Ok(Self { path: path.to_owned(), partial, file })
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> Result<()> {
        let place = || format!("cannot write `{}`", self.path.display());
        self.file.flush().with_context(place)?;
        if let Some(partial) = &self.partial {
            fs::rename(partial, &self.path).with_context(place)?;
            self.partial = None;
        }
        Ok(())
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| named(&self.path, &error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| named(&self.path, &error))
    }
}

/// The error, with the path that it is about.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write `{}`: {error}", path.display()))
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            let _ = fs::remove_file(partial);
        }
    }
}

/// A report that is not written yet. Its place is checked before the runs that it is about.
#[derive(Debug)]
pub struct ReportFiles {
    directory: PathBuf,
    name: String,
    partial: PathBuf,
}

impl ReportFiles {
    /// Makes `directory` if need be, and sees whether a folder can be made in it, in which everything will be written
    /// before it gets its name. Whoever interrupts the runs that follow leaves nothing behind.
    ///
    /// # Errors
    /// It cannot be written there.
    pub fn create(directory: &Path, name: &str) -> Result<Self> {
        let place = || format!("cannot write reports to `{}`", directory.display());
        fs::create_dir_all(directory).with_context(place)?;
        let folder = directory.join(name);
        ensure!(folder.is_dir() || !folder.exists(), "cannot write into `{}`: it is no directory", folder.display());
        let beside = ["md", "html"].map(|ending| directory.join(format!("{name}.{ending}")));
        for path in beside.into_iter().chain(report::file_names().map(|file| folder.join(file))) {
            ensure!(!path.is_dir(), "cannot write `{}`: it is a directory", path.display());
        }
        let partial = directory.join(format!(".{name}.{}", std::process::id()));
        fs::create_dir(&partial).and_then(|()| fs::remove_dir(&partial)).with_context(place)?;
        Ok(Self { directory: directory.to_owned(), name: name.to_owned(), partial })
    }

    /// Writes the whole report: `NAME.md`, `NAME.html`, and the other files into the folder `NAME`, each of which
    /// appears whole or not at all. Files of an earlier report that this one does not have are taken away; others that
    /// lie there are left alone. Where the page is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(self, markdown: &str, page: &str, files: &[report::File]) -> Result<PathBuf> {
        let folder = self.directory.join(&self.name);
        let beside = [("md", markdown), ("html", page)].map(|(ending, text)| (format!("{}.{ending}", self.name), text));
        let beside = beside.iter().map(|(name, text)| (self.directory.join(name), Some(*text)));
        let within = files.iter().map(|file| (folder.join(file.name), file.text.as_deref()));
        let all: Vec<(PathBuf, Option<&str>)> = within.chain(beside).collect();
        let failed = |path: &Path| format!("cannot write `{}`", path.display());
        fs::create_dir(&self.partial).with_context(|| failed(&self.partial))?;
        for (number, (path, text)) in all.iter().enumerate() {
            if let Some(text) = text {
                fs::write(self.partial.join(number.to_string()), text).with_context(|| failed(path))?;
            }
        }
        fs::create_dir_all(&folder).with_context(|| failed(&folder))?;
        for (number, (path, text)) in all.iter().enumerate() {
            match text {
                Some(_) => fs::rename(self.partial.join(number.to_string()), path),
                None => fs::remove_file(path).or_else(|error| match error.kind() {
                    ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                }),
            }
            .with_context(|| failed(path))?;
        }
        Ok(self.directory.join(format!("{}.html", self.name)))
    }
}

impl Drop for ReportFiles {
    /// What was not finished leaves nothing behind.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_waits_for_its_runs_is_not_to_be_seen() {
        let directory = std::env::temp_dir().join(format!("rehearsal-report-{}", std::process::id()));
        let waiting = ReportFiles::create(&directory, "one").expect("a place for it");
        assert_eq!(fs::read_dir(&directory).expect("it is there").count(), 0);
        waiting.write("", "", &[]).expect("room for it");
        let mut names: Vec<_> =
            fs::read_dir(&directory).expect("it is there").flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, ["one", "one.html", "one.md"]);
        fs::remove_dir_all(&directory).expect("it is ours");
    }
}
