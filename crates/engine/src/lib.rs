//! A discrete-event engine: a virtual clock, a queue of what will happen, timers that move, named random streams and
//! integer distributions. It knows nothing of what it simulates: an event is any payload, a time any `u64` (the unit
//! is the caller's).
//!
//! # The rules
//!
//! 1. **Order.** What happens is ordered by (time, insertion number). Insertion numbers run upwards from zero, one
//!    for each [`Queue::schedule`] and each [`Queue::arm`]; events and timers share the count. Of two things at one
//!    time the one inserted first comes first.
//! 2. **Time.** The clock starts at zero and moves only when something is popped, straight to the time of that thing:
//!    an idle hour costs nothing. It never runs backwards.
//! 3. **No past.** Scheduling or arming for a time before [`Queue::now`] is refused with [`InPast`], which names the
//!    culprit and changes nothing. The present is allowed: it comes after all that is already queued for this
//!    instant.
//! 4. **Moving a timer is removing and inserting.** A timer has at most one deadline. Arming it again, earlier or
//!    later or for the same time, gives the new deadline a new insertion number, exactly as if the old entry had been
//!    taken out. (What it costs is another matter, see [`Queue`].)
//! 5. **A timer fires once.** When it is popped it is disarmed; who wants it again arms it again. A disarmed or
//!    removed timer never fires. Arming for [`NEVER`] is disarming.
//! 6. **No endless instant.** [`run_until`] counts what happens at one time and stops with an error naming the
//!    culprit when the count passes a limit, instead of hanging.
//! 7. **Chance has names.** A random stream is derived from the run's seed and a label only ([`Streams`]), so that a
//!    new drawer disturbs nobody; every sample takes exactly one 64-bit number from its stream.
//!
//! # Example
//!
//! A session that ends when no heartbeat comes for 45 units; the heartbeat itself is a message that takes a while:
//!
//! ```
//! use engine::{Distribution, Fired, Queue, Streams};
//!
//! let mut network = Streams::new(42).stream("network");
//! let latency = Distribution::Uniform { lo: 1, hi: 4 };
//! let mut queue = Queue::new();
//! let session = queue.new_timer();
//! queue.arm(session, 45)?;
//! queue.schedule(30 + latency.sample(&mut network), "heartbeat")?;
//!
//! let mut seen = Vec::new();
//! while let Some((now, fired)) = queue.pop() {
//!     match fired {
//!         Fired::Event(message) => {
//!             seen.push(message);
//!             queue.arm(session, now + 45)?; // Moved, not queued twice.
//!         }
//!         Fired::Timer(timer) => {
//!             assert_eq!(timer, session);
//!             seen.push("session expired");
//!         }
//!     }
//! }
//! assert_eq!(seen, ["heartbeat", "session expired"]);
//! assert!((76..=79).contains(&queue.now()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out on purpose: cancelling a one-shot event (let its receiver ignore it, or use a timer), threads (one run,
//! one thread), real time, floats.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod distribution;
#[cfg(test)]
mod distribution_test;
mod fixed_point;
mod order;
mod quantiles;
mod queue;
#[cfg(test)]
mod queue_test;
mod ratio;
mod run;
mod streams;
mod timer;

pub use distribution::{Distribution, DistributionError};
pub use quantiles::Quantiles;
pub use queue::{Fired, InPast, NEVER, Queue};
pub use ratio::{Ratio, RatioError};
pub use run::{Ended, InstantGuard, Model, RunError, run_until};
pub use streams::{Draw, Draws, RecentDraws, Stream, Streams};
pub use timer::TimerId;

/// What every random generator can do; the trait that [`Stream`] and [`Draw`] implement.
pub use rand_chacha::rand_core::Rng;
