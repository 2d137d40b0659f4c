//! Connections: the broker works on one request of each at a time.
//!
//! Source: `SocketServer.processCompletedReceives`, which mutes a channel until its answer has been sent. A JoinGroup
//! or SyncGroup that is parked therefore blocks every later request of the same client on that connection. Left out:
//! the limit of bytes queued; clients send a handful of requests.

use alloc::collections::VecDeque;
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
    /// The broker that it was opened to as to the coordinator; none: to any.
    to: Option<BrokerId>,
    is_busy: bool,
    waiting: VecDeque<(RequestToken, Request)>,
}

/// All connections, and which of them each request in the coordinator belongs to.
#[derive(Default)]
pub(crate) struct Connections {
    connections: Vec<Connection>,
    closed: Vec<u32>,
    /// Requests given to the coordinator; their place here is their token there.
    served: Vec<Option<(ConnectionId, RequestToken)>>,
    free: Vec<u32>,
}

impl Connections {
    pub(crate) fn open(&mut self, to: Option<BrokerId>) -> ConnectionId {
        let opened = Connection { is_open: true, to, ..Connection::default() };
        if let Some(place) = self.closed.pop() {
            self.connections[place as usize] = opened;
            return ConnectionId(place);
        }
        self.connections.push(opened);
        ConnectionId(u32::try_from(self.connections.len() - 1).expect("fewer than 2^32 connections"))
    }

    /// The broker that a connection was opened to as to the coordinator.
    pub(crate) fn opened_to(&self, id: ConnectionId) -> Option<BrokerId> {
        self.connections[id.0 as usize].to
    }

    /// Ends a connection: waiting requests are dropped, answers to parked ones will find nobody.
    pub(crate) fn close(&mut self, id: ConnectionId) {
        let connection = &mut self.connections[id.0 as usize];
        if !connection.is_open {
            return;
        }
        connection.is_open = false;
        connection.waiting.clear();
        for served in self.served.iter_mut().flatten().filter(|served| served.0 == id) {
            served.0 = NOBODY;
        }
        self.closed.push(id.0);
    }

    /// Gives the request back if it can be worked on now; else it waits. On a closed connection it is dropped.
    pub(crate) fn admit(&mut self, id: ConnectionId, token: RequestToken, request: Request) -> Option<Request> {
        let connection = &mut self.connections[id.0 as usize];
        if !connection.is_open {
            return None;
        }
        if connection.is_busy {
            connection.waiting.push_back((token, request));
            return None;
        }
        connection.is_busy = true;
        Some(request)
    }

    /// The coordinator's token for a request of this connection.
    pub(crate) fn begin(&mut self, id: ConnectionId, token: RequestToken) -> RequestToken {
        let place = self.free.pop().unwrap_or_else(|| {
            self.served.push(None);
            u32::try_from(self.served.len() - 1).expect("fewer than 2^32 requests under way")
        });
        self.served[place as usize] = Some((id, token));
        RequestToken(u64::from(place))
    }

    /// The coordinator has answered: whose request was it? None if its connection is gone.
    pub(crate) fn finish(&mut self, inner: RequestToken) -> Option<(ConnectionId, RequestToken)> {
        let place = usize::try_from(inner.0).expect("tokens are places");
        let served = self.served[place].take().expect("the coordinator answers a request once");
        self.free.push(u32::try_from(inner.0).expect("tokens are places"));
        (served.0 != NOBODY).then_some(served)
    }

    /// The coordinator will never answer: the connection stays busy until its client gives up.
    pub(crate) fn abandon(&mut self, inner: RequestToken) {
        self.finish(inner);
    }

    /// The answer is on its way: the next request of this connection, if one waits.
    pub(crate) fn next(&mut self, id: ConnectionId) -> Option<(RequestToken, Request)> {
        let connection = &mut self.connections[id.0 as usize];
        connection.is_busy = false;
        let next = connection.waiting.pop_front()?;
        connection.is_busy = true;
        Some(next)
    }
}

/// The owner of requests whose connection has ended.
const NOBODY: ConnectionId = ConnectionId(u32::MAX);
