//! Reports from outside: what users see, as snapshots, and what hostile names can do to it.
//!
//! | module | what it shows |
//! |---|---|
//! | `conclusions` | the sentence under the table, for one, two and many variants, equal and different ones |
//! | `formats` | terminal, Markdown and JSON of one comparison |
//! | `hostile` | names with markup, escape sequences and no end |
//! | `why` | stories, advice, tables and traces, with harmless and with hostile names |
//! | `outcomes` | hand-made outcomes for the others |
//! | `page` | the page and the files beside it |

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod conclusions;
mod described;
mod formats;
mod hostile;
mod outcomes;
mod page;
mod records;
mod why;
