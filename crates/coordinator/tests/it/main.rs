//! Tests of the coordinator as a whole.

mod clients;
#[path = "../../../cli/src/conform/mod.rs"]
mod conform;
mod conformance;
mod equivalence;
mod hostile;
mod random;
