//! The formats: each renders the same table and the same words, and knows no file.

pub(crate) mod assigned;
pub(crate) mod fit;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod terminal;
