//! The flow of records as functions of time: how many were written, by when each one is read, how old it is then.
//!
//! | module | what lives there |
//! |---|---|
//! | [`curve`] | [`RateCurve`]: what a producer writes, as a function of time |
//! | [`stream`] | [`Stream`]: its share that goes to one partition |
//! | `line` | stretches of it in which the rate is even, in 64 bits |
//! | [`log`] | [`PartitionLog`]: all that is written into one partition |
//! | [`partitioner`] | which key goes to which partition; [`Share`]s of skewed keys |
//! | [`reader`] | [`Reader`]: how a consumer reads its partitions |
//! | [`habits`] | [`Habits`] of a consumer and its application, [`Ways`] to the broker |
//! | `rounds`, `settled` | the loop of fetches and polls of an application that takes time |
//! | `ages`, `known` | how old records are in it; [`Known`]: what is known of loops of a kind |
//! | `rhythm` | how records come in several partitions together |
//! | [`ledger`] | [`Ledger`]: which records were read, and how often |
//!
//! # What is modelled
//!
//! An application that takes no time has every record one fetch after it was written. One that takes time polls,
//! works, and polls again (`rounds`): a record waits for the fetch before to be worked off, for `fetch.min.bytes`, and
//! behind what `max.partition.fetch.bytes`, `fetch.max.bytes` and `max.poll.records` let through before it. It is
//! handed over when the poll returns that has it; its age then is its latency.
//!
//! A partition that nobody leads for a while is a stretch of time in its log ([`PartitionLog::hold`]), in which what is
//! sent waits, and a later beginning for its readers ([`Reader::suspend`]); what is lost is a hole in the curve of its
//! producer ([`RateCurve::without`]). None of them costs anything per record.
//!
//! Left out on purpose: that a fetch which is answered at once delays those records of an application without work that
//! are written while it is under way, by half a trip on average.
//!
//! # What it costs
//!
//! Nothing happens per record. Sums over records are closed forms whose cost grows with the digits of the numbers: a
//! million records a second cost what ten cost. With *p* partitions of a reader:
//!
//! | application | costs |
//! |---|---|
//! | takes no time | *p* evaluations of a straight line each time somebody looks, an hour later or a second |
//! | takes time | as much for each fetch that is answered with records, in rounds of at least a round trip |
//! | takes time, and nothing changes | once rounds resemble each other (`settled`), as much each time somebody looks |
//! | takes time, and loops of its kind are known | the same, once it has caught up ([`Known`]) |
//!
//! How many rounds are gone through before a loop has settled for good depends on what they say: 8, where they have
//! hundreds of records and are all alike, and at most 680 (8, 32, 128 and 512 of them, with long pauses), where they
//! have few or differ. Readers of one kind go through 256 of them together. What is in hand when somebody stops takes
//! one to four more. Catching up takes one round for each `max.partition.fetch.bytes` of what waits.
//!
//! Contract: integers only, no clock, no randomness, no input or output.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod ages;
pub mod curve;
pub mod delivery;
mod floor_sum;
pub mod habits;
mod known;
pub mod ledger;
mod line;
pub mod log;
pub mod partitioner;
pub mod reader;
mod reading;
mod rhythm;
mod rounds;
mod settled;
pub mod stream;

pub use curve::{RECORD, Rate, RateCurve};
pub use delivery::{Deliveries, Delivery, LogIndex, Told};
pub use habits::{FetchLimits, Habits, Times, Ways};
pub use known::Known;
pub use ledger::Ledger;
pub use log::PartitionLog;
pub use reader::Reader;
pub use stream::{Share, Stream};
