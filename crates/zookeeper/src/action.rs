//! What an ensemble asks of its driver, in the order in which it happens.

use protocol::zookeeper::{WatchEvent, Xid, ZooKeeperResponse};

/// One connection of a client, in the ensemble's own numbering; numbers are not given again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConnectionId(pub(crate) u32);

impl ConnectionId {
    /// Its number, from 0 without gaps.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One thing to do. What goes out on a connection arrives in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EnsembleAction {
    /// Send this answer.
    Reply {
        /// On which connection.
        connection: ConnectionId,
        /// The client's number for the request.
        xid: Xid,
        /// The answer.
        response: ZooKeeperResponse,
    },
    /// Tell that a watch has fired.
    Notify {
        /// On which connection.
        connection: ConnectionId,
        /// What happened.
        event: WatchEvent,
    },
    /// End this connection.
    HangUp {
        /// Which one.
        connection: ConnectionId,
    },
}
