//! The formats: each renders the same table and the same words, and knows no file.

pub(crate) mod assigned;
pub(crate) mod describe;
pub(crate) mod fit;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod metrics;
pub(crate) mod terminal;
pub(crate) mod timeline;
pub(crate) mod trace;
pub(crate) mod why;
pub(crate) mod why_json;
mod why_one;
