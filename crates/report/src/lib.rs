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

mod advice;
mod assigned;
mod chart;
mod comparison;
mod conclusion;
mod described;
mod export;
mod figures;
mod flow;
mod format;
mod group;
mod happening;
mod page;
mod pauses;
mod since;
mod story;
mod table;
mod text;

pub use advice::{Advice, Change, Improvement};
pub use assigned::{Assigned, AssignedAnswer, AssignedStep, Moves, Sharing};
pub use comparison::{Comparison, Detail, Setting};
pub use export::{File, file_names, files};
pub use format::assigned::{assigned_json, assigned_terminal};
pub use format::describe::{Described, Table as DescribedTable, describe};
pub use format::fit::{Fitted, fit_json, fit_markdown, fit_terminal};
pub use format::json::json;
pub use format::markdown::markdown;
pub use format::metrics::{Metric, MetricHead, MetricKind, metrics_json, prometheus};
pub use format::terminal::{TerminalOptions, terminal};
pub use format::timeline::story_timeline;
pub use format::trace::trace_json;
pub use format::why::{Shown, advice_terminal, rebalance_at, why_terminal};
pub use format::why_json::why_json;
pub use group::{DescribedGroup, DescribedOne};
pub use page::page;
pub use since::{FigureSince, Since, VariantSince, Way, since};
pub use story::{log_line, pattern_words};
