//! The simulator: runs a plan on the engine and tells an observer what happens.
//!
//! | module | what lives there |
//! |---|---|
//! | [`plan`] | [`Plan`]: everything a run needs, with every default spelled out |
//! | [`environment`] | [`Environment`]: how long things take that nobody configures; presets |
//! | [`world`] | the wiring: processes, connections, the broker, what happens next |
//! | [`producer`] | [`plan::ProducerPlan`]: who writes records, and into which partitions |
//! | [`look`] | a run up to a moment, and what an administrator is told then |
//! | [`batch`] | many plans at once, on several threads |
//!
//! Contract: `run` is a function of the plan. Same plan, same seed: same events, whatever the machine and however
//! many runs go on beside it. One run is one thread.

mod appends;
pub mod batch;
mod brokers;
mod cluster;
mod consumers;
pub mod environment;
mod flow;
mod follow;
mod ids;
mod lives;
mod logs;
pub mod look;
mod network;
mod overlong;
pub mod plan;
mod process;
mod processors;
pub mod producer;
mod quiet;
mod reason;
mod rolling;
mod rollout;
mod transport;
pub mod world;
mod zookeeper;

pub use batch::{run_all, run_all_by};
pub use environment::{ENVIRONMENTS, Environment};
pub use plan::Plan;
pub use world::{RunError, cast, run, run_observed};
