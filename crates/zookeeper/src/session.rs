//! Sessions, and when they expire.
//!
//! Source: `SessionTrackerImpl`: sessions lie in buckets of a tick; one expires at the first boundary strictly after
//! its last packet and its timeout (`roundToInterval`).

use alloc::collections::BTreeMap;

use protocol::zookeeper::SessionId;
use protocol::{SimDuration, SimTime};

use crate::action::ConnectionId;
use crate::config::EnsembleConfig;

/// A live session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Session {
    pub(crate) timeout: SimDuration,
    /// When it expires unless it is heard of.
    pub(crate) expires: SimTime,
    /// The connection it is used on, if there is one.
    pub(crate) connection: Option<ConnectionId>,
}

/// All live sessions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sessions {
    last: u64,
    live: BTreeMap<SessionId, Session>,
}

/// The first boundary of a tick strictly after `at`.
pub(crate) fn next_boundary(config: &EnsembleConfig, at: SimTime) -> SimTime {
    let tick = config.tick_time.as_nanos().max(1);
    let into = config.into_tick.as_nanos() % tick;
    let since_start = at.as_nanos() + into;
    SimTime::from_nanos((since_start / tick + 1) * tick - into)
}

impl Sessions {
    pub(crate) fn open(
        &mut self,
        config: &EnsembleConfig,
        asked: SimDuration,
        connection: ConnectionId,
        now: SimTime,
    ) -> (SessionId, SimDuration) {
        self.last += 1;
        let (id, timeout) = (SessionId(self.last), config.negotiated(asked));
        let expires = next_boundary(config, now + timeout);
        self.live.insert(id, Session { timeout, expires, connection: Some(connection) });
        (id, timeout)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.live.get_mut(&id)
    }

    pub(crate) fn is_live(&self, id: SessionId) -> bool {
        self.live.contains_key(&id)
    }

    pub(crate) fn end(&mut self, id: SessionId) -> Option<Session> {
        self.live.remove(&id)
    }

    /// A packet of it has arrived.
    pub(crate) fn heard(&mut self, config: &EnsembleConfig, id: SessionId, now: SimTime) {
        if let Some(session) = self.live.get_mut(&id) {
            session.expires = next_boundary(config, now + session.timeout);
        }
    }

    /// The first that expires, and when; of several the oldest.
    pub(crate) fn next_expiry(&self) -> Option<(SimTime, SessionId)> {
        self.live.iter().map(|(id, session)| (session.expires, *id)).min()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.live.values_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.live.iter().map(|(id, session)| (*id, session))
    }
}
