//! Members with slots, against an ensemble.

mod defects;
mod life;
mod random;
mod rig;
mod table;
