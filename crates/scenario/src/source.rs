//! The text of scenario files: who reads them, how large they may be, and where in them something stands.
//!
//! Contract: this crate opens no file. Whoever calls it passes a [`Files`]; the bytes that come back are checked for
//! size and encoding here, so that every caller refuses the same things with the same words. Left out on purpose:
//! encodings other than UTF-8 (YAML allows UTF-16 and UTF-32; a scenario in them is refused with a message that says
//! so).

use std::fmt::Write as _;

/// The largest scenario file that is read, in bytes. The largest sensible one is a hundredth of this.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// How many files one scenario may be spread over.
pub(crate) const MAX_FILES: usize = 64;

/// Where scenario files come from: the file system, or a map in a test.
pub trait Files {
    /// The bytes of the file at `path`, or in a short phrase why there are none ("no such file", "is a directory"). A
    /// file longer than `limit` bytes need not be read: the first `limit + 1` bytes are enough to refuse it.
    ///
    /// # Errors
    /// The phrase, for people.
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, String>;
}

/// A place in a file. Columns and lengths count characters; lines and columns start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The file, as a place in [`Sources`].
    pub(crate) file: u16,
    /// The line, from 1; 0 speaks of the file as a whole.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// How many characters are meant; at least 1.
    pub length: u32,
}

impl Position {
    /// The file as a whole.
    pub(crate) fn whole(file: u16) -> Self {
        Self { file, line: 0, column: 0, length: 0 }
    }
}

/// One file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user wrote it.
    pub path: String,
    /// What is in it; empty if it could not be read.
    pub text: String,
}

/// All files of one scenario, in the order in which they were opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file; its number.
    pub(crate) fn add(&mut self, path: &str, text: String) -> u16 {
        self.files.push(Source { path: path.to_owned(), text });
        u16::try_from(self.files.len() - 1).expect("fewer than MAX_FILES files are opened")
    }

    /// The text of the file with this number.
    pub(crate) fn text(&self, file: u16) -> &str {
        &self.files[usize::from(file)].text
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The file that a position speaks of.
    pub fn file(&self, at: Position) -> &Source {
        &self.files[usize::from(at.file)]
    }

    /// `path:line:column`, or only the path for a whole file.
    pub fn locate(&self, at: Position) -> String {
        let mut text = self.file(at).path.clone();
        if at.line > 0 {
            write!(text, ":{}:{}", at.line, at.column).expect("writing to a string cannot fail");
        }
        text
    }

    /// The line that a position stands in, without its line break.
    pub(crate) fn line(&self, at: Position) -> &str {
        let line = at.line.saturating_sub(1) as usize;
        self.file(at).text.lines().nth(line).unwrap_or("")
    }
}

/// Why bytes are not the text of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<&'static str>,
    /// Line and column, where one can be given.
    pub(crate) at: Option<(u32, u32)>,
    /// The part that can be read, to quote from.
    pub(crate) text: String,
}

/// The text that `bytes` hold, without a byte order mark.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, Unreadable> {
    if bytes.len() > MAX_FILE_BYTES {
        let message = format!("the file is larger than {} KiB", MAX_FILE_BYTES >> 10);
        let help = Some("a scenario is a page or two of text; is this the right file?");
        return Err(Unreadable { message, help, at: None, text: String::new() });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "the file is encoded as UTF-16".to_owned();
        return Err(Unreadable { message, help: Some("save it as UTF-8"), at: None, text: String::new() });
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let text = normal(String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned());
            let message = "the file is not UTF-8 text".to_owned();
            let help = Some("save it as UTF-8; if it is compressed or binary, it is not a scenario");
            return Err(Unreadable { message, help, at: Some(end(&text)), text });
        }
    };
    let text = normal(text);
    match text.find('\0') {
        Some(zero) => {
            let message = "there is a NUL character in the file".to_owned();
            let help = Some("binary files and UTF-16 or UTF-32 text are not scenarios; save it as UTF-8");
            Err(Unreadable { message, help, at: Some(end(&text[..zero])), text })
        }
        None => Ok(text),
    }
}

/// The text without a byte order mark, and with one kind of line break.
fn normal(text: String) -> String {
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    // YAML counts each of these as one break of a line, and so do places and quoted lines.
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// Line and column of what follows this text.
fn end(text: &str) -> (u32, u32) {
    let line = text.matches('\n').count() as u32 + 1;
    let column = text.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
    (line, column)
}
