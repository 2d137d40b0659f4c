#![no_std]
//! skeleton
extern crate alloc;
