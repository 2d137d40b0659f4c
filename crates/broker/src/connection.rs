//! Connections: the broker works on one request of each at a time.
//!
//! Source: `SocketServer.processCompletedReceives`, which mutes a channel until its answer has been sent. A JoinGroup
//! or SyncGroup that is parked therefore blocks every later request of the same client on that connection. Left out:
//! the limit of bytes queued; clients send a handful of requests.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use protocol::message::Request;
use protocol::{BrokerId, RequestToken};

/// One connection, in the broker's own numbering.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConnectionId(u32);

impl ConnectionId {
    /// Its number, small and dense: numbers of ended connections are given again.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Default)]
struct Connection {
    is_open: bool,
    /// How many connections have had this number, this one included.
    life: u32,
    /// The broker that it was opened to as to the coordinator; none: to any.
    to: Option<BrokerId>,
    is_busy: bool,
    /// Whether other requests wait.
    has_more: bool,
    /// The client's number for the request that is worked on, or was last.
    served: RequestToken,
}

/// All connections. A request in the coordinator is known there by its connection: that has one at a time.
#[derive(Default)]
pub(crate) struct Connections {
    connections: Vec<Connection>,
    closed: Vec<u32>,
    /// Requests that wait, by connection. Kept by itself: few connections ever have more than one request.
    waiting: BTreeMap<u32, VecDeque<(RequestToken, Request)>>,
}

/// What has been answered.
pub(crate) struct Served {
    /// The connection that asked.
    pub(crate) connection: ConnectionId,
    /// The client's number for the request.
    pub(crate) token: RequestToken,
    /// The next request of this connection, if one waits.
    pub(crate) next: Option<Request>,
}

impl Connections {
    pub(crate) fn open(&mut self, to: Option<BrokerId>) -> ConnectionId {
        let number = self.closed.pop().unwrap_or_else(|| {
            self.connections.push(Connection::default());
            u32::try_from(self.connections.len() - 1).expect("fewer than 2^32 connections")
        });
        let place = &mut self.connections[number as usize];
        *place = Connection { is_open: true, life: place.life.wrapping_add(1), to, ..Connection::default() };
        ConnectionId(number)
    }

    /// Ends a connection: waiting requests are dropped, answers to parked ones will find nobody.
    pub(crate) fn close(&mut self, id: ConnectionId) {
        let connection = &mut self.connections[id.0 as usize];
        if !connection.is_open {
            return;
        }
        connection.is_open = false;
        self.waiting.remove(&id.0);
        self.closed.push(id.0);
    }

    /// Gives the request back if it can be worked on now; else it waits. On a closed connection it is dropped.
    pub(crate) fn admit(&mut self, id: ConnectionId, token: RequestToken, request: Request) -> Option<Request> {
        let connection = &mut self.connections[id.0 as usize];
        if !connection.is_open {
            return None;
        }
        if connection.is_busy {
            connection.has_more = true;
            self.waiting.entry(id.0).or_default().push_back((token, request));
            return None;
        }
        (connection.is_busy, connection.served) = (true, token);
        Some(request)
    }

    /// The coordinator's token for the request of this connection that is worked on, and the broker that the connection
    /// was opened to as to the coordinator.
    pub(crate) fn begin(&self, id: ConnectionId) -> (RequestToken, Option<BrokerId>) {
        let connection = &self.connections[id.0 as usize];
        (RequestToken(u64::from(connection.life) << 32 | u64::from(id.0)), connection.to)
    }

    /// The coordinator has answered: whose request was it, and what comes next? None if its connection is gone.
    pub(crate) fn finish(&mut self, inner: RequestToken) -> Option<Served> {
        let id = ConnectionId(inner.0 as u32);
        let connection = &self.connections[id.0 as usize];
        if !connection.is_open || u64::from(connection.life) != inner.0 >> 32 {
            return None;
        }
        assert!(connection.is_busy, "the coordinator answers a request once");
        Some(self.served(id))
    }

    /// The request of this connection that is worked on is answered: whose was it, and what comes next?
    #[inline(always)]
    pub(crate) fn served(&mut self, id: ConnectionId) -> Served {
        let connection = &mut self.connections[id.0 as usize];
        let token = connection.served;
        connection.is_busy = connection.has_more;
        if !connection.has_more {
            return Served { connection: id, token, next: None };
        }
        let waiting = self.waiting.get_mut(&id.0).expect("what waits is kept");
        let (next, request) = waiting.pop_front().expect("what waits is kept");
        (connection.served, connection.has_more) = (next, !waiting.is_empty());
        Served { connection: id, token, next: Some(request) }
    }
}
