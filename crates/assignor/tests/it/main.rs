//! The assignors held to recorded answers of Kafka's own classes, and to the laws they claim.

mod cases;
mod conformance;
