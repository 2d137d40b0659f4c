//! Markdown, for pull requests and wikis.

use crate::comparison::{Comparison, Detail};

/// The comparison as Markdown (GitHub's dialect).
pub fn markdown(comparison: &Comparison, detail: Detail) -> String {
    let _ = detail;
    format!("## {}\n", comparison.title)
}
