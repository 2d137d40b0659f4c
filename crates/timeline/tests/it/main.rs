//! The crate from outside.
//!
//! | module | what it shows |
//! |---|---|
//! | `groundtruth` | measures agree with figures taken from recordings of real groups by other code |
//! | `model` | the measurer agrees with a slow, plain model on random time lines |
//! | `outcome` | outcomes are comparable and have a digest |
//! | `recording` | recordings read back as they were written, and bad ones are refused with a line |
//! | `scale` | a large run is measured quickly and in little memory |

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod groundtruth;
mod model;
mod outcome;
mod recording;
mod scale;
