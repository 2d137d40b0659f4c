#![no_std]
//! The client half of a group: consumers as state machines.
extern crate alloc;

pub mod config;

pub use config::{AssignorName, ClientConfig};
