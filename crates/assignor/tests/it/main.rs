//! The crate from outside.
//!
//! | module | what it shows |
//! |---|---|
//! | `conformance` | recorded groups get the answers that Kafka's own classes gave |
//! | `laws` | every assignor keeps what the list of assignors says it claims |
//! | `oddities` | odd input has Kafka's outcome, hostile input has some |
//! | `tables` | answers that the order in Java's hash tables decides |

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod cases;
mod conformance;
mod laws;
mod oddities;
mod tables;
