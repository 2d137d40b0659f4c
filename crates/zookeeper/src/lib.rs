//! The server half of ZooKeeper, as much of it as groups need that number their members there.
//!
//! | module | what lives there |
//! |---|---|
//! | [`ensemble`] | [`Ensemble`]: the contract and the doors: start here |
//! | [`config`] | [`EnsembleConfig`]: tick and bounds of session timeouts |
//! | [`action`] | [`EnsembleAction`]: what comes out |
//! | `session` | sessions and when they expire |
//! | `tree` | nodes, versions, who owns which |
//!
//! A crate of its own for the reason that the coordinator is one: a member and the ensemble meet only in messages
//! ([`protocol::zookeeper`]), and neither sees the other's memory. The ensemble has never heard of Kafka.
//!
//! Contract: one server, or an ensemble that behaves as one: all writes have one order, requests of a connection are
//! answered in the order in which they came. No clock, no entropy, no I/O. Left out on purpose: leader election (an
//! ensemble without a quorum is one that is down), sequential nodes, child watches, ACLs, multi, quotas, observers.

#![no_std]

extern crate alloc;

pub mod action;
pub mod config;
pub mod ensemble;
mod session;
mod tree;

pub use action::{ConnectionId, EnsembleAction};
pub use config::EnsembleConfig;
pub use ensemble::Ensemble;
