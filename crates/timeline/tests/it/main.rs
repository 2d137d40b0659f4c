//! The crate from outside.
//!
//! | module | what it shows |
//! |---|---|
//! | `groundtruth` | measures agree with figures taken from recordings of real groups by other code |
//! | `model` | the measurer agrees with a slow, plain model on random time lines |
//! | `recording` | recordings read back as they were written, and bad ones are refused with a line |
//! | `scale` | a large run is measured quickly and in little memory |

mod groundtruth;
mod model;
mod recording;
mod scale;
