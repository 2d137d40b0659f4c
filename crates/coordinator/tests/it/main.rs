//! Tests of the coordinator as a whole.

#[path = "../../../cli/src/conform/mod.rs"]
mod conform;

mod conformance;
