//! Holds our coordinator to what Kafka's own classes answered: plays recorded sequences and shows where the two part.
//!
//! | module | what lives there |
//! |---|---|
//! | [`case`] | a recorded sequence, read from a line of JSON |
//! | [`topics`] | its topics, its heartbeats, its settings |
//! | [`play`] | plays it on a virtual clock, and collects answers and states in the same form |
//! | [`render`] | our answers in the form of the recording |
//! | [`consumer`] | the same for consumer groups |
//! | [`story`] | the first difference, told: the state before, the request, what was expected, what came |
//!
//! A sequence agrees if every answer is the recorded one (content, order, millisecond), if the same requests stay
//! unanswered, and if every change of state in memory is the recorded one.

pub mod case;
pub mod consumer;
pub mod play;
pub mod render;
pub mod story;
pub mod topics;

use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;

use case::Case;

/// How many sequences were played and how many agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sequences played.
    pub played: usize,
    /// Sequences that agree in everything.
    pub agree: usize,
    /// Answers in the recordings played.
    pub answers: usize,
}

impl Tally {
    /// Whether there was something to play and all of it agrees.
    pub fn all_agree(&self) -> bool {
        self.played > 0 && self.played == self.agree
    }
}

/// Plays every sequence of the files (JSON Lines, gzipped if the name ends in `.gz`): per file a story for each that
/// does not agree, a line of figures at the end, and the tally; nothing of a file that cannot be read, or in which a
/// line is not a recorded sequence, but why.
pub fn conform(files: &[PathBuf]) -> Vec<Result<(String, Tally)>> {
    files.iter().map(|file| play_all(file)).collect()
}

/// Plays every sequence of one file.
fn play_all(file: &Path) -> Result<(String, Tally)> {
    let (mut report, mut tally) = (String::new(), Tally::default());
    for (number, line) in lines(file)?.enumerate() {
        let at = || format!("{}, line {}", file.display(), number + 1);
        let line = line.with_context(at)?;
        if line.trim().is_empty() {
            continue;
        }
        let case = Case::parse(&line).with_context(at)?;
        let played = play::play(&case);
        tally.played += 1;
        tally.answers += case.answers.len();
        match story::first_difference(&case, &played) {
            None => tally.agree += 1,
            Some(story) => writeln!(report, "{story}")?,
        }
    }
    let Tally { played, agree, answers } = tally;
    ensure!(played > 0, "there are no sequences in `{}`", file.display());
    writeln!(report, "{}: {agree} of {played} sequences agree ({answers} answers)", file.display())?;
    Ok((report, tally))
}

fn lines(file: &Path) -> Result<impl Iterator<Item = std::io::Result<String>> + use<>> {
    let open = File::open(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let is_gzip = file.extension().is_some_and(|end| end == "gz");
    let reader: Box<dyn Read> = if is_gzip { Box::new(GzDecoder::new(open)) } else { Box::new(open) };
    Ok(BufReader::new(reader).lines())
}
