//! What a member knows of its coordinator.

use protocol::{BrokerId, SimTime};

/// Whether the coordinator is known, and if not, what is being done about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Coordinator {
    /// Nobody asked yet, or the one known is gone.
    Unknown,
    /// FindCoordinator is under way.
    Asked,
    /// To be asked again then.
    Backoff(SimTime),
    /// It is this broker.
    Known(BrokerId),
}

impl Coordinator {
    /// The broker, if it is known.
    pub(crate) fn node(self) -> Option<BrokerId> {
        match self {
            Self::Known(node) => Some(node),
            Self::Unknown | Self::Asked | Self::Backoff(_) => None,
        }
    }

    /// When it is to be asked for again; never, if that depends on something else.
    pub(crate) fn next_deadline(self) -> SimTime {
        match self {
            Self::Backoff(until) => until,
            Self::Unknown | Self::Asked | Self::Known(_) => SimTime::NEVER,
        }
    }

    /// Whether it should be asked for now.
    pub(crate) fn should_ask(self, now: SimTime) -> bool {
        match self {
            Self::Unknown => true,
            Self::Backoff(until) => until <= now,
            Self::Asked | Self::Known(_) => false,
        }
    }
}
