//! Outcomes as terminal tables, Markdown, JSON, CSV, charts, and a page.
//!
//! Contract: pure functions from a [`Comparison`] to text; they know no file, cannot run anything, and say nothing that
//! the numbers do not say. Names are hostile until escaped.
//!
//! ```
//! use report::{Comparison, TerminalOptions, terminal};
//! use timeline::{Cast, Measurer, Outcome};
//!
//! let cast = Cast { members: vec!["c0".into()], topics: vec![("orders".into(), 3)], ..Cast::default() };
//! let outcome = Outcome::new("idle", 1, cast.clone(), &Measurer::new(&cast).finish());
//! let comparison = Comparison { title: "Nothing happens".into(), variants: vec![outcome], ..Comparison::default() };
//!
//! let text = terminal(&comparison, TerminalOptions::default());
//! assert!(text.contains("idle gets through without a single rebalance"));
//! ```

mod assigned;
mod chart;
mod comparison;
mod conclusion;
mod described;
mod export;
mod figures;
mod flow;
mod format;
mod happening;
mod page;
mod pauses;
mod table;
mod text;

pub use assigned::{Assigned, AssignedAnswer, AssignedStep, Moves, Sharing};
pub use comparison::{Comparison, Detail, Setting};
pub use export::{File, files};
pub use format::assigned::{assigned_json, assigned_terminal};
pub use format::fit::{Fitted, fit_json, fit_markdown, fit_terminal};
pub use format::json::json;
pub use format::markdown::markdown;
pub use format::terminal::{TerminalOptions, terminal};
pub use page::page;
