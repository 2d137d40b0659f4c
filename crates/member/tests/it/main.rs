//! Consumers driven by hand: every test says what arrives and looks at the exact list of what the member does.

mod close;
mod errors;
mod hand;
mod join;
mod routine;
