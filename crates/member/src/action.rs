//! What a member does to the outside: requests to send, and what its application gets to see.

use alloc::vec::Vec;

use protocol::message::Request;
use protocol::zookeeper::{Xid, ZooKeeperRequest};
use protocol::{BrokerId, ErrorCode, Generation, Offset, Partitions, RequestToken};

/// The connection a request travels on. Each is opened at first use and works on one request at a time at the broker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Destination {
    /// Any broker of the bootstrap list.
    Bootstrap,
    /// The group's coordinator, on a connection of its own (clients keep it apart from fetching).
    Coordinator(BrokerId),
    /// The coordinator on a second connection, for requests that wait there: franz-go sends JoinGroup and SyncGroup
    /// on it.
    CoordinatorWaiting(BrokerId),
}

/// Something the driver shall do for the member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Send this request; the answer comes back with the same token.
    Send {
        /// On which connection.
        to: Destination,
        /// The member's own number for it.
        token: RequestToken,
        /// What is asked.
        request: Request,
    },
    /// Drop this connection; answers still under way on it are lost.
    Disconnect {
        /// Which one.
        to: Destination,
        /// Why.
        why: Disconnection,
    },
    /// Do this on the member's one connection to ZooKeeper; what comes back is a
    /// [`ZooKeeperInput`](crate::slots::ZooKeeperInput).
    ZooKeeper(ZooKeeperAction),
    /// Tell whoever watches.
    Observe(Observation),
}

/// Why a connection is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disconnection {
    /// A request on it was not answered in time.
    RequestTimedOut,
    /// The coordinator has refused with this code: it is none, or does not do its work.
    Refused(ErrorCode),
    /// No heartbeat was answered for as long as a session lasts.
    SessionTimedOut,
    /// It was lost before, and what was known of the coordinator goes with it.
    Lost,
    /// It is of no use any more: it was idle for too long, or another broker is the coordinator.
    Unused,
}

/// What a member does on its connection to ZooKeeper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ZooKeeperAction {
    /// Set one up.
    Connect,
    /// Send this request on it.
    Send {
        /// The member's number for it.
        xid: Xid,
        /// What is asked.
        request: ZooKeeperRequest,
    },
    /// End it; nothing comes back from it any more.
    Disconnect,
}

/// What the application, or somebody watching its process, sees.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Observation {
    /// `onPartitionsAssigned` is called.
    Assigned {
        /// The partitions added, sorted; possibly none.
        partitions: Partitions,
        /// The generation that gave them.
        generation: Generation,
        /// How many it holds now.
        total: usize,
    },
    /// `onPartitionsRevoked` is called; the member reads these no longer.
    Revoked {
        /// The partitions given up, sorted; at least one.
        partitions: Partitions,
        /// The generation it is still in.
        generation: Generation,
    },
    /// `onPartitionsLost` is called: the partitions are somebody else's already.
    Lost {
        /// The partitions, sorted; at least one.
        partitions: Partitions,
        /// The generation; −1 if it was reset.
        generation: Generation,
    },
    /// Delivery of all held partitions stops, although they are not revoked yet (an eager member that commits first).
    DeliveryPaused,
    /// These partitions are not read any more, although they are held until the callback runs (sorted, at least one).
    FetchingStopped {
        /// The partitions.
        partitions: Partitions,
        /// Whether they are somebody else's already.
        lost: bool,
    },
    /// Where reading goes on is known for these partitions: fetching begins.
    Fetching {
        /// The partitions whose positions became known, sorted.
        partitions: Partitions,
        /// The committed offset of each; −1 if there is none.
        offsets: Vec<Offset>,
    },
    /// `close` has returned.
    Closed,
    /// `poll` threw this error; the consumer is of no further use.
    Failed {
        /// The code behind the exception.
        error: ErrorCode,
    },
}
