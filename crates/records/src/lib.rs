//! The flow of records as functions of time: how many were written, by when each one is read, how old it is then.
//!
//! | module | what lives there |
//! |---|---|
//! | [`curve`] | [`RateCurve`]: what a producer writes, as a function of time |
//! | [`stream`] | [`Stream`]: its share that goes to one partition |
//! | [`log`] | [`PartitionLog`]: all that is written into one partition |
//! | [`partitioner`] | which key goes to which partition; [`Share`]s of skewed keys |
//! | [`reader`] | [`Reader`]: how a consumer reads its partitions |
//! | [`ledger`] | [`Ledger`]: which records were read, and how often |
//!
//! # What is modelled
//!
//! A consumer hands records to its application one by one. A partition that it *follows* is read as it is written,
//! each record one fetch after it was written. A partition that is *behind* is read as fast as the application
//! processes records; the application's time is divided among the partitions that are behind, after those that are
//! followed have got what they need (max-min fairness), which is what fetching from all of them in turn comes to. A
//! partition is followed again once the next record was written less than one fetch and one tick of the producers
//! ago.
//!
//! Left out on purpose: how fetches are cut (`max.partition.fetch.bytes` lets a partition that is followed wait for a
//! piece of one that is behind), and waiting within one burst of a producer.
//!
//! # What it costs
//!
//! Nothing happens per record. With *p* partitions of a reader, a step from one moment to another costs *p*
//! evaluations of a straight line; it is cut into more steps only where a rate changes while the reader is behind, or
//! where a partition is caught up with (at most one for each partition and each ten milliseconds). Sums over records
//! are closed forms whose cost grows with the digits of the numbers. A million records a second cost what ten cost,
//! an hour without change what a second costs.
//!
//! Contract: integers only, no clock, no randomness, no input or output.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod curve;
pub mod delivery;
mod divide;
mod floor_sum;
pub mod ledger;
pub mod log;
pub mod partitioner;
pub mod reader;
mod reading;
pub mod stream;

pub use curve::{RECORD, Rate, RateCurve};
pub use delivery::{Deliveries, Delivery, LogIndex};
pub use ledger::Ledger;
pub use log::PartitionLog;
pub use reader::Reader;
pub use stream::{Share, Stream};
