//! Scenario files from the file system, and reports onto it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
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

/// Why, in a few words and without the number of the operating system.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn reason(error: std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// A report that is not written yet. Its place is checked before the runs that it is about.
#[derive(Debug)]
pub struct ReportFile {
    path: PathBuf,
    partial: PathBuf,
    file: File,
}

impl ReportFile {
    /// Opens `directory/name`, creating the directory if need be. Nothing is to be seen under that name yet.
    ///
    /// # Errors
    /// It cannot be written there.
    pub fn create(directory: &Path, name: &str) -> Result<Self> {
        let place = || format!("cannot write reports to `{}`", directory.display());
        fs::create_dir_all(directory).with_context(place)?;
        let path = directory.join(name);
        let partial = directory.join(format!(".{name}.{}", std::process::id()));
        let file = File::create(&partial).with_context(place)?;
        Ok(Self { path, partial, file })
    }

    /// Writes the whole report; where it is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(mut self, text: &str) -> Result<PathBuf> {
        let place = format!("cannot write `{}`", self.path.display());
        self.file.write_all(text.as_bytes()).with_context(|| place.clone())?;
        fs::rename(&self.partial, &self.path).context(place)?;
        Ok(std::mem::take(&mut self.path))
    }
}

impl Drop for ReportFile {
    /// What was not finished leaves nothing behind.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.partial);
    }
}
