//! Tests of the coordinator as a whole.

mod clients;
#[allow(unreachable_pub, reason = "these are the files of a module of the command line")]
#[path = "../../../cli/src/conform/mod.rs"]
mod conform;
mod conformance;
mod consumers;
mod equivalence;
mod hostile;
mod random;
