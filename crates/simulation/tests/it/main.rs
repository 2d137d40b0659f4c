//! Runs seen from outside: what a plan leads to, and that nothing but the plan matters.

mod broker_failures;
mod consumer_protocol;
mod determinism;
mod network;
mod plans;
mod processors;
mod quiet;
mod records_flow;
mod restarts;
mod slot_faults;
mod slots;
