//! Outcomes as terminal tables, Markdown and JSON.
//!
//! Contract: pure functions from a [`Comparison`] to text; they know no file, cannot run anything, and say nothing that the
//! numbers do not say. Names are hostile until escaped. Left out: charts (they get their own module).

mod comparison;
mod format;
mod table;

pub use comparison::{Comparison, Detail};
pub use format::json::json;
pub use format::markdown::markdown;
pub use format::terminal::{TerminalOptions, terminal};
