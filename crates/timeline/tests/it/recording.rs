//! Recordings: written, read back, cut off, damaged.
