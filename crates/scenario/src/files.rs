//! Reading a scenario and the files that it includes into one tree.
//!
//! Contract: an included file is laid under the including one, later includes over earlier ones; paths are relative to
//! the file that names them and never absolute. A file that includes itself, however indirectly, is refused. What is
//! included may be any part of a scenario except `compare`, `matrix` and `expect`, which belong to the file that is
//! run.

use crate::diagnostic::{Report, shortened};
use crate::merge::{overlay, without};
use crate::source::{Files, MAX_FILE_BYTES, MAX_FILES, Position, Sources, decode};
use crate::tree::{Entry, Node};
use crate::yaml;

/// How deep includes may be nested.
const MAX_NESTING: usize = 8;

/// What an included file may not say.
const OF_THE_FIRST: [&str; 3] = ["compare", "matrix", "expect"];

/// Reads files, keeping their texts.
pub(crate) struct Reader<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) sources: &'a mut Sources,
    pub(crate) report: &'a Report,
    /// The files that are being read, outermost first.
    pub(crate) open: Vec<String>,
}

impl Reader<'_> {
    /// The tree of the file at `path`, included parts in place.
    pub(crate) fn read(&mut self, path: &str, named_at: Option<Position>) -> Option<Node> {
        let bytes = match self.files.read(path, MAX_FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(reason) => {
                let at = named_at.unwrap_or_else(|| Position::whole(self.sources.add(path, String::new())));
                self.report.error(at, format!("cannot read `{}`: {reason}", shortened(path))).file();
                return None;
            }
        };
        self.read_bytes(path, bytes)
    }

    /// The tree of a file's bytes, included parts in place.
    pub(crate) fn read_bytes(&mut self, path: &str, bytes: Vec<u8>) -> Option<Node> {
        match decode(bytes) {
            Ok(text) => self.read_text(path, text),
            Err(unreadable) => {
                let file = self.sources.add(path, unreadable.text);
                let at = match unreadable.at {
                    Some((line, column)) => Position { file, line, column, length: 1 },
                    None => Position::whole(file),
                };
                self.report.error(at, unreadable.message).maybe_help(unreadable.help.map(str::to_owned)).file();
                None
            }
        }
    }

    /// The tree of a text, included parts in place.
    fn read_text(&mut self, path: &str, text: String) -> Option<Node> {
        let file = self.sources.add(path, text);
        let node = yaml::parse(self.sources.text(file), file, self.report)?;
        let Some(include) = node.get("include").filter(|entry| !entry.value.is_null()).cloned() else {
            return Some(node);
        };
        self.open.push(path.to_owned());
        let mut base: Option<Node> = None;
        for element in include.value.elements() {
            let Some(target) = element.text() else {
                let error = self
                    .report
                    .error(element.at, format!("`include` takes paths of files, and this is {}", element.kind()));
                error.file();
                self.report.miss_a_part();
                continue;
            };
            let Some(included) = self.include(path, target, element.at) else {
                self.report.miss_a_part();
                continue;
            };
            base = Some(match base {
                Some(below) => overlay(&below, &included),
                None => included,
            });
        }
        self.open.pop();
        Some(base.map_or(node.clone(), |below| overlay(&below, &without(&node, &["include"]))))
    }

    /// The tree of a file that another one includes.
    fn include(&mut self, from: &str, target: &str, at: Position) -> Option<Node> {
        let refuse = |why: String| -> Option<Node> {
            self.report.error(at, why).label("not included").file();
            None
        };
        if target.trim().is_empty() || target.starts_with('/') || target.contains('\\') || target.contains(':') {
            return refuse("`include` takes a path relative to this file, with `/` between its parts".to_owned());
        }
        let path = beside(from, target);
        if self.open.contains(&path) {
            return refuse(format!("`{}` includes itself", shortened(&path)));
        }
        if self.open.len() >= MAX_NESTING || self.sources.len() >= MAX_FILES {
            return refuse(format!("files include files {MAX_NESTING} deep at most, and {MAX_FILES} in all"));
        }
        let node = self.read(&path, Some(at))?;
        for entry in node.entries().iter().filter(|entry| OF_THE_FIRST.contains(&&*entry.key)) {
            self.refuse_in_included(entry);
        }
        Some(without(&node, &OF_THE_FIRST))
    }

    fn refuse_in_included(&self, entry: &Entry) {
        let error = self.report.error(entry.at, format!("`{}` is not part of what can be included", entry.key));
        error.label("it belongs to the file that is run").file();
    }
}

/// `target` beside `from`, without `.` and `a/..`.
fn beside(from: &str, target: &str) -> String {
    let directory = from.rsplit_once('/').map_or("", |(directory, _)| directory);
    let absolute = from.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_paths_are_relative_to_the_including_file() {
        assert_eq!(beside("scenarios/a.yaml", "common/b.yaml"), "scenarios/common/b.yaml");
        assert_eq!(beside("a.yaml", "./b.yaml"), "b.yaml");
        assert_eq!(beside("x/y/a.yaml", "../b.yaml"), "x/b.yaml");
        assert_eq!(beside("../a.yaml", "../b.yaml"), "../../b.yaml");
        assert_eq!(beside("/x/a.yaml", "b.yaml"), "/x/b.yaml");
    }
}
