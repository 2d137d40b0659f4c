//! The terminal: a table and a sentence.

use crate::comparison::{Comparison, Detail};
use crate::table::Table;

/// How to print on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Columns of the terminal; at least 40 are used.
    pub width: u16,
    /// Whether escape sequences for colour and weight are welcome. Nothing is said by colour alone.
    pub color: bool,
    /// Which measures to show.
    pub detail: Detail,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self { width: 100, color: false, detail: Detail::Headlines }
    }
}

/// The comparison as text for a terminal; ends with a line break.
pub fn terminal(comparison: &Comparison, options: TerminalOptions) -> String {
    let table = Table::new(comparison, options.detail);
    let mut text = format!("{}\n", comparison.question);
    for row in &table.rows {
        text.push_str(&row.title);
        for cell in &row.cells {
            text.push('\t');
            text.push_str(&cell.text);
        }
        text.push('\n');
    }
    text
}
