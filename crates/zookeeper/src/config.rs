//! An ensemble's settings, under ZooKeeper's own names.

use protocol::SimDuration;

/// `tickTime` and what follows from it (`zoo.cfg`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnsembleConfig {
    /// `tickTime`: sessions are looked after in steps of this length.
    pub tick_time: SimDuration,
    /// `minSessionTimeout`, in ticks.
    pub min_session_ticks: u64,
    /// `maxSessionTimeout`, in ticks.
    pub max_session_ticks: u64,
    /// How much of a tick had passed when the run began: the server was started some time before. Below a tick.
    pub into_tick: SimDuration,
}

impl Default for EnsembleConfig {
    fn default() -> Self {
        Self {
            tick_time: SimDuration::from_secs(2),
            min_session_ticks: 2,
            max_session_ticks: 20,
            into_tick: SimDuration::ZERO,
        }
    }
}

impl EnsembleConfig {
    /// The timeout that a session gets which asks for `asked`.
    pub fn negotiated(&self, asked: SimDuration) -> SimDuration {
        asked.max(self.tick_time * self.min_session_ticks).min(self.tick_time * self.max_session_ticks)
    }
}
