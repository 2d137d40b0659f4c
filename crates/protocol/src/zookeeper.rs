//! What is said between a client of ZooKeeper and its ensemble.
//!
//! Source: ZooKeeper 3.4 (`zookeeper.jute`, `KeeperException`), as far as a client needs it that keeps sessions,
//! ephemeral nodes, versions and data watches. Left out on purpose: sequential nodes, child watches, ACLs, multi,
//! quotas; and the byte encoding.

use alloc::sync::Arc;
use core::fmt;

use crate::time::SimDuration;

/// A session, numbered by the ensemble.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SessionId(pub u64);

/// A place in the one order of all writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Zxid(pub u64);

/// A client's own number for a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Xid(pub u64);

/// A request of a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ZooKeeperRequest {
    /// The first request of a connection: a new session, or one that exists.
    Connect {
        /// The session to go on with; none for a new one.
        session: Option<SessionId>,
        /// The session timeout that is asked for.
        timeout: SimDuration,
    },
    /// I am alive.
    Ping,
    /// End my session now.
    Close,
    /// Is there such a node?
    Exists {
        /// Its path.
        path: Arc<str>,
    },
    /// What does the node say?
    Get {
        /// Its path.
        path: Arc<str>,
        /// Whether to be told, once, when that changes.
        watch: bool,
    },
    /// Make a node.
    Create {
        /// Its path; the node above must exist.
        path: Arc<str>,
        /// What it says.
        data: Arc<str>,
        /// Whether it goes with the session.
        ephemeral: bool,
    },
    /// Change what a node says.
    Set {
        /// Its path.
        path: Arc<str>,
        /// What it shall say.
        data: Arc<str>,
        /// Only if the node has this version; none (−1 on the wire): in any case.
        version: Option<i32>,
    },
    /// Remove a node, whatever its version.
    Delete {
        /// Its path.
        path: Arc<str>,
    },
}

/// An answer of the ensemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ZooKeeperResponse {
    /// The connection belongs to this session.
    Connected {
        /// The session.
        session: SessionId,
        /// The timeout that was granted.
        timeout: SimDuration,
    },
    /// The session that was asked for is over; the connection ends.
    Expired,
    /// To a ping.
    Pong,
    /// The session has ended.
    Closed,
    /// The node is there, or was changed.
    Stat(Stat),
    /// What the node says.
    Data {
        /// What it says.
        data: Arc<str>,
        /// And since when.
        stat: Stat,
    },
    /// The node was made.
    Created,
    /// The node was removed.
    Deleted,
    /// Nothing was done.
    Failed(ZooKeeperError),
}

/// What is known of a node beside its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// The write that changed it last.
    pub mzxid: Zxid,
    /// How often it was changed.
    pub version: i32,
    /// The session it goes with, if it is ephemeral.
    pub ephemeral_owner: Option<SessionId>,
}

/// Why nothing was done (`KeeperException.Code`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ZooKeeperError {
    /// There is no such node, or none above it.
    NoNode,
    /// There is one already.
    NodeExists,
    /// It has another version.
    BadVersion,
}

impl ZooKeeperError {
    /// Its name in ZooKeeper.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoNode => "NONODE",
            Self::NodeExists => "NODEEXISTS",
            Self::BadVersion => "BADVERSION",
        }
    }
}

impl fmt::Display for ZooKeeperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A watch has fired: it is over, whoever wants to know more reads the node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchEvent {
    /// The node that was watched.
    pub path: Arc<str>,
    /// What became of it.
    pub change: WatchedChange,
}

/// What became of a watched node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchedChange {
    /// Its data changed.
    DataChanged,
    /// It was removed.
    Deleted,
}
