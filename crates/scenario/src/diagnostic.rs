//! What is wrong with a scenario, said so that a person can mend it: place, quoted line, what was expected, the nearest
//! known word.
//!
//! Contract: mistakes are collected, never thrown one at a time; the same mistake met again (a base that several
//! variants share) is said once. Colours are for whoever prints to ask for, and repeat what the words say.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

use crate::source::{Position, Sources};

/// How many mistakes are printed; the rest is counted.
const MAX_PRINTED: usize = 50;
/// How many mistakes are kept at all.
const MAX_KEPT: usize = 1_000;
/// The widest part of a quoted line, in characters.
const MAX_QUOTED: usize = 110;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It can be run, and will probably not do what was meant.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where.
    pub at: Position,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// What was expected, to stand under the place itself; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// A second place that matters ("first written here").
    pub related: Option<(Position, String)>,
}

/// All mistakes of one scenario, with the text they are in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Diagnostics {
    /// The mistakes, ordered by place.
    pub list: Vec<Diagnostic>,
    /// The files.
    pub sources: Sources,
}

impl Diagnostics {
    /// Whether any of them keeps the scenario from running.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_all(f, self, &PLAIN)
    }
}

/// Mistakes that are printed in colours.
#[derive(Clone, Copy, Debug)]
pub struct Coloured<'a>(pub &'a Diagnostics);

impl fmt::Display for Coloured<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_all(f, self.0, &COLOURED)
    }
}

/// Escape sequences.
struct Palette {
    error: &'static str,
    warning: &'static str,
    /// Message and place.
    strong: &'static str,
    /// Gutter and help.
    aside: &'static str,
    end: &'static str,
}

const PLAIN: Palette = Palette { error: "", warning: "", strong: "", aside: "", end: "" };
const COLOURED: Palette = Palette {
    error: "\u{1b}[1;31m",
    warning: "\u{1b}[1;33m",
    strong: "\u{1b}[1m",
    aside: "\u{1b}[36m",
    end: "\u{1b}[0m",
};

impl Palette {
    fn of(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
        }
    }
}

fn print_all(f: &mut fmt::Formatter<'_>, diagnostics: &Diagnostics, palette: &Palette) -> fmt::Result {
    for (index, diagnostic) in diagnostics.list.iter().take(MAX_PRINTED).enumerate() {
        if index > 0 {
            writeln!(f)?;
        }
        print(f, diagnostic, &diagnostics.sources, palette)?;
    }
    if diagnostics.list.len() > MAX_PRINTED {
        // Reading stops when there is this much to mend, so how many more there are is not known.
        writeln!(f, "\n… and more")?;
    }
    Ok(())
}

/// One mistake with the quoted line.
fn print(f: &mut fmt::Formatter<'_>, diagnostic: &Diagnostic, sources: &Sources, palette: &Palette) -> fmt::Result {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (colour, Palette { strong, aside, end, .. }) = (palette.of(diagnostic.severity), palette);
    writeln!(f, "{colour}{severity}{end}{strong}: {}{end}", printable(&diagnostic.message))?;
    let width = match diagnostic.related {
        Some((other, _)) => other.line.max(diagnostic.at.line),
        None => diagnostic.at.line,
    };
    let gutter = width.to_string().len();
    writeln!(f, "{aside}{:gutter$}-->{end} {}", "", sources.locate(diagnostic.at))?;
    let quoted = Quoted { gutter, sources, palette };
    if diagnostic.at.line > 0 {
        quoted.print(f, diagnostic.at, &diagnostic.label, colour)?;
    }
    if let Some((other, label)) = &diagnostic.related {
        if other.file != diagnostic.at.file {
            writeln!(f, "{aside}{:gutter$}:::{end} {}", "", sources.locate(*other))?;
        }
        quoted.print(f, *other, label, aside)?;
    }
    if let Some(help) = &diagnostic.help {
        writeln!(f, "{aside}{:gutter$} ={end} {}", "", printable(help))?;
    }
    Ok(())
}

/// How lines are quoted.
struct Quoted<'a> {
    /// Width of the greatest line number.
    gutter: usize,
    sources: &'a Sources,
    palette: &'a Palette,
}

impl Quoted<'_> {
    /// The line, and under it carets with the label in this colour.
    fn print(&self, f: &mut fmt::Formatter<'_>, at: Position, label: &str, colour: &str) -> fmt::Result {
        let (gutter, Palette { aside, end, .. }) = (self.gutter, self.palette);
        let line: Vec<char> = self.sources.line(at).chars().map(visible).collect();
        let start = (at.column.saturating_sub(1) as usize).min(line.len());
        let length = (at.length.max(1) as usize).min(line.len().saturating_sub(start).max(1));
        // A line of a megabyte is quoted around the place only.
        let from = if line.len() <= MAX_QUOTED { 0 } else { start.saturating_sub(MAX_QUOTED / 3) };
        let to = line.len().min(from + MAX_QUOTED);
        let quoted: String = line[from..to].iter().collect();
        let (before, after) = (if from > 0 { "…" } else { "" }, if to < line.len() { "…" } else { "" });
        let indent: usize = line[from..start].iter().map(|c| columns(*c)).sum::<usize>() + before.chars().count();
        let carets = line[start..(start + length).min(to).max(start)].iter().map(|c| columns(*c)).sum::<usize>().max(1);
        writeln!(f, "{aside}{:gutter$} |{end}", "")?;
        writeln!(f, "{aside}{:>gutter$} |{end} {before}{}{after}", at.line, quoted.trim_end())?;
        let marks = format!("{} {}", "^".repeat(carets), printable(label));
        writeln!(f, "{aside}{:gutter$} |{end} {:indent$}{colour}{}{end}", "", "", marks.trim_end())
    }
}

/// A character that takes its place on a line and does nothing else.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        // Marks that turn the direction of the text would move the carets.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}

/// How many columns of a terminal the character takes: two for the wide ones of East Asia and most pictures.
fn columns(c: char) -> usize {
    let wide = matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd);
    if wide { 2 } else { 1 }
}

/// The text on one line, without control characters and not endless.
fn printable(text: &str) -> String {
    const LIMIT: usize = 400;
    let mut line: String = text.chars().take(LIMIT).map(visible).collect();
    if text.chars().nth(LIMIT).is_some() {
        line.push('…');
    }
    line
}

/// A word of the user's, shortened for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LIMIT: usize = 60;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Collects mistakes while a scenario is read.
#[derive(Debug, Default)]
pub(crate) struct Report {
    seen: RefCell<BTreeSet<Diagnostic>>,
    /// How many of them are errors.
    errors: Cell<usize>,
    /// How often an error was handed in, known ones included.
    filed: Cell<u64>,
    /// Whether a part of the scenario is missing, because the file that has it could not be read.
    is_partial: Cell<bool>,
}

impl Report {
    /// Something that keeps the scenario from running.
    pub(crate) fn error(&self, at: Position, message: impl Into<String>) -> Draft<'_> {
        self.draft(Severity::Error, at, message.into())
    }

    /// Something that is allowed and probably not meant.
    pub(crate) fn warning(&self, at: Position, message: impl Into<String>) -> Draft<'_> {
        self.draft(Severity::Warning, at, message.into())
    }

    fn draft(&self, severity: Severity, at: Position, message: String) -> Draft<'_> {
        let diagnostic = Diagnostic { at, severity, message, label: String::new(), help: None, related: None };
        Draft { report: self, diagnostic }
    }

    /// Whether something keeps the scenario from running.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors.get() > 0
    }

    /// How often an error was handed in, those included that another variant has handed in before: it grows while
    /// something is read exactly if something is wrong with it.
    pub(crate) fn filed(&self) -> u64 {
        self.filed.get()
    }

    /// Notes that a part of the scenario could not be read, so that what is not there may be in that part.
    pub(crate) fn miss_a_part(&self) {
        self.is_partial.set(true);
    }

    /// Whether a part of the scenario could not be read.
    pub(crate) fn is_partial(&self) -> bool {
        self.is_partial.get()
    }

    /// Whether there are more errors than anybody will read.
    pub(crate) fn is_long(&self) -> bool {
        self.errors.get() > MAX_PRINTED
    }

    /// All mistakes, by place.
    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.seen.into_inner().into_iter().collect()
    }
}

/// A mistake that is being worded; [`Draft::file`] hands it in.
#[must_use = "a draft says nothing until it is filed"]
pub(crate) struct Draft<'a> {
    report: &'a Report,
    diagnostic: Diagnostic,
}

impl Draft<'_> {
    /// What was expected at the place.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.diagnostic.label = label.into();
        self
    }

    /// What to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostic.help = Some(help.into());
        self
    }

    /// What to do, if there is something to say.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.diagnostic.help = help.or(self.diagnostic.help);
        self
    }

    /// A second place.
    pub(crate) fn related(mut self, at: Position, label: impl Into<String>) -> Self {
        self.diagnostic.related = Some((at, label.into()));
        self
    }

    /// Hands it in.
    pub(crate) fn file(self) {
        let mut seen = self.report.seen.borrow_mut();
        let is_error = self.diagnostic.severity == Severity::Error;
        self.report.filed.set(self.report.filed.get() + u64::from(is_error));
        // The first error is kept whatever came before it: it decides whether there are plans.
        let wanted = seen.len() < MAX_KEPT || (is_error && self.report.errors.get() == 0);
        if wanted && seen.insert(self.diagnostic) && is_error {
            self.report.errors.set(self.report.errors.get() + 1);
        }
    }
}
