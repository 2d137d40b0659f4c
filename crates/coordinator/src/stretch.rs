//! Partitions of a topic are numbered from 0 upwards: what there is of each stands by its number, in stretches of
//! [`STRETCH`] places. Any number will do, but one by itself takes as much memory as a stretch.

/// So many partitions stand side by side.
pub(crate) const STRETCH: usize = 32;

/// The stretch in which a partition of this number stands, and its place there.
pub(crate) fn place_of(number: i32) -> (i32, usize) {
    let width = STRETCH as i32;
    (number.div_euclid(width), number.rem_euclid(width) as usize)
}
