//! What a report is about: one question, asked of several variants of the same group.

use timeline::{MEASURES, Measure, Outcome, Prominence, Story};

use crate::advice::Advice;

/// A question and what came out of each variant.
///
/// All variants see the same scenario; a report marks the best of each row and says in words what it means. Fields may
/// be added: build it with `..Comparison::default()`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Comparison {
    /// A few words.
    pub title: String,
    /// The question that the comparison answers; may be empty.
    pub question: String,
    /// Where the scenario comes from and what happens in it; may be empty and may have several paragraphs.
    pub story: String,
    /// The seed that all variants were given.
    pub seed: u64,
    /// A command that makes this report again; empty if there is none.
    pub command: String,
    /// The folder beside the report that has its figures and charts as files; empty if there is none.
    pub files: String,
    /// The settings in which the variants differ.
    pub settings: Vec<Setting>,
    /// What came out, in the order in which the user named them.
    pub variants: Vec<Outcome>,
    /// What happened in each, in the same order; shorter if not all were told.
    pub stories: Vec<Story>,
    /// What would have been better, variant by variant; none if nobody asked.
    pub advice: Vec<Advice>,
}

/// A setting in which variants differ.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Setting {
    /// What it is called, as a path of keys.
    pub name: String,
    /// Its value in each variant, in the order of the variants; none where it is not set at all.
    pub values: Vec<Option<String>>,
}

/// Which measures a report shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Detail {
    /// The headlines.
    #[default]
    Headlines,
    /// All there are.
    Everything,
}

impl Detail {
    /// The measures to show, in order.
    pub(crate) fn measures(self) -> impl Iterator<Item = &'static Measure> {
        MEASURES.iter().filter(move |measure| self == Self::Everything || measure.prominence == Prominence::Headline)
    }
}
