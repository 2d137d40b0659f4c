//! The ensemble: requests in, answers and notices out.
//!
//! ```text
//!   connect ──► ConnectionId      handle(request, service) ──► queue ──► tree, sessions ──► Reply, Notify, HangUp
//!                                                              (writes in one order)
//! ```
//!
//! | situation of a session | packet of it | no packet for its timeout | its connection ends | Close | the ensemble goes down | it pauses beyond the timeout |
//! |---|---|---|---|---|---|---|
//! | live, connected | expiry put off | expired: its nodes go, its connection ends | live, unconnected | closed: its nodes go | live, unconnected | expired |
//! | live, unconnected | (a Connect) live, connected | expired: its nodes go | – | – | live, unconnected | expired |
//! | expired or closed | (a Connect) answered Expired | – | – | – | – | – |
//!
//! Contract: a request waits for `service`, the time that working on it takes, which the driver draws; writes are
//! applied in one order, and requests of one connection in the order in which they came. A session is heard of when a
//! packet arrives, not when it is worked on. Once the ensemble is up again, every session has its full timeout. One
//! that pauses (its process stands still) keeps its connections and notices no packet; when it goes on, sessions whose
//! time is over by its clock expire before it reads what has come meanwhile (`SessionTrackerImpl` has a thread of its
//! own).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::zookeeper::{SessionId, WatchEvent, WatchedChange, Xid, ZooKeeperRequest, ZooKeeperResponse};
use protocol::{SimDuration, SimTime};

use crate::action::{ConnectionId, EnsembleAction};
use crate::config::EnsembleConfig;
use crate::session::{Sessions, next_boundary};
use crate::tree::Tree;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Connection {
    is_open: bool,
    session: Option<SessionId>,
    /// When its last request is worked on.
    served: SimTime,
    /// Nodes whose next change it is told of.
    watched: BTreeSet<Arc<str>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Job {
    connection: ConnectionId,
    xid: Xid,
    request: ZooKeeperRequest,
}

/// A ZooKeeper ensemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ensemble {
    config: EnsembleConfig,
    tree: Tree,
    sessions: Sessions,
    connections: Vec<Connection>,
    /// What is worked on, by the time at which that is done and the order in which it came.
    queue: BTreeMap<(SimTime, u64), Job>,
    came: u64,
    last_write: SimTime,
    is_down: bool,
    /// It stands still, and this has come meanwhile.
    paused: Option<Vec<(Job, SimDuration)>>,
}

impl Ensemble {
    /// An ensemble without a node.
    pub fn new(config: EnsembleConfig) -> Self {
        Self {
            config,
            tree: Tree::default(),
            sessions: Sessions::default(),
            connections: Vec::new(),
            queue: BTreeMap::new(),
            came: 0,
            last_write: SimTime::ZERO,
            is_down: false,
            paused: None,
        }
    }

    /// A client has connected; none if there is nobody to connect to.
    pub fn connect(&mut self) -> Option<ConnectionId> {
        if self.is_down {
            return None;
        }
        let id = ConnectionId(u32::try_from(self.connections.len()).expect("fewer than 2^32 connections"));
        self.connections.push(Connection { is_open: true, ..Connection::default() });
        Some(id)
    }

    /// A request has arrived; working on it takes `service`.
    pub fn handle(
        &mut self,
        connection: ConnectionId,
        xid: Xid,
        request: ZooKeeperRequest,
        now: SimTime,
        service: SimDuration,
    ) {
        let from = &mut self.connections[connection.index()];
        if !from.is_open || self.is_down {
            return;
        }
        if let Some(held) = &mut self.paused {
            held.push((Job { connection, xid, request }, service));
            return;
        }
        if let Some(session) = from.session {
            self.sessions.heard(&self.config, session, now);
        }
        let mut at = (now + service).max(from.served);
        if is_write(&request) {
            at = at.max(self.last_write);
            self.last_write = at;
        }
        from.served = at;
        self.came += 1;
        self.queue.insert((at, self.came), Job { connection, xid, request });
    }

    /// The client's end of a connection is gone. What has arrived is still worked on.
    pub fn disconnect(&mut self, connection: ConnectionId) {
        self.end(connection);
    }

    /// When the ensemble wants to be woken next.
    pub fn next_deadline(&self) -> SimTime {
        if self.is_down || self.paused.is_some() {
            return SimTime::NEVER;
        }
        let job = self.queue.first_key_value().map_or(SimTime::NEVER, |((at, _), _)| *at);
        self.sessions.next_expiry().map_or(job, |(expiry, _)| job.min(expiry))
    }

    /// Does what is due, in the order of time; nothing if nothing is.
    pub fn on_deadline(&mut self, now: SimTime, out: &mut Vec<EnsembleAction>) {
        while !self.is_down && self.paused.is_none() {
            let job = self.queue.first_key_value().map_or(SimTime::NEVER, |((at, _), _)| *at);
            match self.sessions.next_expiry() {
                Some((expiry, session)) if expiry <= now && expiry < job => self.expire(session, out),
                _ if job <= now => {
                    let ((at, _), job) = self.queue.pop_first().expect("it has just been looked at");
                    self.work(job, at, out);
                }
                _ => return,
            }
        }
    }

    /// Nobody answers any more; every connection ends, what was not done is forgotten.
    pub fn go_down(&mut self, out: &mut Vec<EnsembleAction>) {
        self.is_down = true;
        self.paused = None;
        self.queue.clear();
        for number in 0..self.connections.len() {
            let connection = ConnectionId(u32::try_from(number).expect("fewer than 2^32 connections"));
            self.hang_up(connection, out);
        }
    }

    /// The ensemble is back, with all nodes and sessions.
    pub fn come_up(&mut self, now: SimTime) {
        self.is_down = false;
        for session in self.sessions.iter_mut() {
            session.expires = next_boundary(&self.config, now + session.timeout);
        }
    }

    /// The ensemble stands still: connections are taken and kept, nothing is answered. It does nothing to one that is
    /// down or stands still already.
    pub fn pause(&mut self) {
        if !self.is_down && self.paused.is_none() {
            self.paused = Some(Vec::new());
        }
    }

    /// The ensemble goes on, if it stood still.
    pub fn resume(&mut self, now: SimTime, out: &mut Vec<EnsembleAction>) {
        let Some(held) = self.paused.take() else { return };
        while let Some((_, session)) = self.sessions.next_expiry().filter(|(expiry, _)| *expiry <= now) {
            self.expire(session, out);
        }
        // What was being worked on is done now, and what has come is read.
        let begun = core::mem::take(&mut self.queue);
        self.queue = begun.into_iter().map(|((at, came), job)| ((at.max(now), came), job)).collect();
        for (Job { connection, xid, request }, service) in held {
            self.handle(connection, xid, request, now, service);
        }
    }

    /// What a node says, if there is one: for whoever looks from outside.
    pub fn data(&self, path: &str) -> Option<Arc<str>> {
        self.tree.get(path).ok().map(|(data, _)| data)
    }

    /// Panics if something that must always be true is not.
    pub fn check(&self) {
        for (path, stat) in self.tree.stats() {
            assert!(stat.mzxid <= self.tree.zxid(), "{path} was changed by a write that there was");
            let is_owned = stat.ephemeral_owner.is_none_or(|owner| self.sessions.is_live(owner));
            assert!(is_owned, "{path} goes with a session that lives");
        }
        for (id, session) in self.sessions.iter() {
            let back = session.connection.map(|connection| &self.connections[connection.index()]);
            assert!(back.is_none_or(|back| back.is_open && back.session == Some(id)), "a session knows its connection");
        }
    }

    fn work(&mut self, job: Job, at: SimTime, out: &mut Vec<EnsembleAction>) {
        let Job { connection, xid, request } = job;
        let is_open = self.connections[connection.index()].is_open;
        let response = match request {
            ZooKeeperRequest::Connect { session, timeout } if is_open => {
                self.attach(connection, session, timeout, at, out)
            }
            request => {
                let session = self.connections[connection.index()].session;
                // A request of a session that has ended meanwhile, or of a connection that never had one.
                let Some(session) = session.filter(|session| self.sessions.is_live(*session)) else { return };
                self.answer(connection, session, request, out)
            }
        };
        let ends = matches!(response, ZooKeeperResponse::Expired | ZooKeeperResponse::Closed);
        if is_open {
            out.push(EnsembleAction::Reply { connection, xid, response });
        }
        if ends {
            self.hang_up(connection, out);
        }
    }

    fn attach(
        &mut self,
        connection: ConnectionId,
        session: Option<SessionId>,
        timeout: SimDuration,
        now: SimTime,
        out: &mut Vec<EnsembleAction>,
    ) -> ZooKeeperResponse {
        let (session, timeout) = match session {
            None => self.sessions.open(&self.config, timeout, connection, now),
            Some(id) => {
                let Some(session) = self.sessions.get_mut(id) else { return ZooKeeperResponse::Expired };
                let timeout = session.timeout;
                // The session moves here from a connection of which nobody has heard that it is gone.
                if let Some(former) = session.connection.replace(connection).filter(|former| *former != connection) {
                    self.connections[former.index()].session = None;
                    self.hang_up(former, out);
                }
                self.sessions.heard(&self.config, id, now);
                (id, timeout)
            }
        };
        self.connections[connection.index()].session = Some(session);
        ZooKeeperResponse::Connected { session, timeout }
    }

    fn answer(
        &mut self,
        connection: ConnectionId,
        session: SessionId,
        request: ZooKeeperRequest,
        out: &mut Vec<EnsembleAction>,
    ) -> ZooKeeperResponse {
        match request {
            ZooKeeperRequest::Connect { .. } => ZooKeeperResponse::Expired,
            ZooKeeperRequest::Ping => ZooKeeperResponse::Pong,
            ZooKeeperRequest::Close => {
                self.end_session(session, out);
                ZooKeeperResponse::Closed
            }
            ZooKeeperRequest::Exists { path } => {
                self.tree.stat(&path).map_or_else(ZooKeeperResponse::Failed, ZooKeeperResponse::Stat)
            }
            ZooKeeperRequest::Get { path, watch } => match self.tree.get(&path) {
                Ok((data, stat)) => {
                    let from = &mut self.connections[connection.index()];
                    if watch && from.is_open {
                        from.watched.insert(path);
                    }
                    ZooKeeperResponse::Data { data, stat }
                }
                Err(error) => ZooKeeperResponse::Failed(error),
            },
            ZooKeeperRequest::Create { path, data, ephemeral } => {
                let made = self.tree.create(path, data, ephemeral.then_some(session));
                made.map_or_else(ZooKeeperResponse::Failed, |()| ZooKeeperResponse::Created)
            }
            ZooKeeperRequest::Set { path, data, version } => match self.tree.set(&path, data, version) {
                Ok(stat) => {
                    self.tell_watchers(&path, WatchedChange::DataChanged, out);
                    ZooKeeperResponse::Stat(stat)
                }
                Err(error) => ZooKeeperResponse::Failed(error),
            },
            ZooKeeperRequest::Delete { path } => match self.tree.delete(&path) {
                Ok(()) => {
                    self.tell_watchers(&path, WatchedChange::Deleted, out);
                    ZooKeeperResponse::Deleted
                }
                Err(error) => ZooKeeperResponse::Failed(error),
            },
        }
    }

    /// A watch fires once.
    fn tell_watchers(&mut self, path: &str, change: WatchedChange, out: &mut Vec<EnsembleAction>) {
        for (number, connection) in self.connections.iter_mut().enumerate() {
            if let Some(path) = connection.watched.take(path) {
                let connection = ConnectionId(u32::try_from(number).expect("fewer than 2^32 connections"));
                out.push(EnsembleAction::Notify { connection, event: WatchEvent { path, change } });
            }
        }
    }

    fn expire(&mut self, session: SessionId, out: &mut Vec<EnsembleAction>) {
        if let Some(connection) = self.end_session(session, out) {
            self.hang_up(connection, out);
        }
    }

    /// A session ends and takes its nodes along. The connection it was used on.
    fn end_session(&mut self, session: SessionId, out: &mut Vec<EnsembleAction>) -> Option<ConnectionId> {
        let ended = self.sessions.end(session)?;
        for path in self.tree.delete_owned(session) {
            self.tell_watchers(&path, WatchedChange::Deleted, out);
        }
        ended.connection
    }

    fn hang_up(&mut self, connection: ConnectionId, out: &mut Vec<EnsembleAction>) {
        if self.end(connection) {
            out.push(EnsembleAction::HangUp { connection });
        }
    }

    /// Whether it was open.
    fn end(&mut self, id: ConnectionId) -> bool {
        let connection = &mut self.connections[id.index()];
        let was_open = core::mem::replace(&mut connection.is_open, false);
        connection.watched.clear();
        if let Some(session) = connection.session.and_then(|session| self.sessions.get_mut(session))
            && session.connection == Some(id)
        {
            session.connection = None;
        }
        was_open
    }
}

/// Whether a request goes through the log.
fn is_write(request: &ZooKeeperRequest) -> bool {
    match request {
        ZooKeeperRequest::Connect { session, .. } => session.is_none(),
        ZooKeeperRequest::Close
        | ZooKeeperRequest::Create { .. }
        | ZooKeeperRequest::Set { .. }
        | ZooKeeperRequest::Delete { .. } => true,
        ZooKeeperRequest::Ping | ZooKeeperRequest::Exists { .. } | ZooKeeperRequest::Get { .. } => false,
    }
}

#[cfg(test)]
#[path = "ensemble_test.rs"]
mod tests;
