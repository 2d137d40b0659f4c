//! What a broker asks of its driver, in the order in which it happens.

use alloc::boxed::Box;

use coordinator::GroupEvent;
use protocol::message::Response;
use protocol::{GroupId, Offset, RequestToken};

use crate::connection::ConnectionId;

/// One thing to do or to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerAction {
    /// Send this answer on this connection.
    Respond {
        /// The connection.
        connection: ConnectionId,
        /// The client's number for the request.
        token: RequestToken,
        /// The answer.
        response: Response,
    },
    /// Records were appended to the coordinator's log; call [`crate::Broker::committed`] with `through` when the high
    /// watermark has passed them.
    Append {
        /// The offset after the last record.
        through: Offset,
    },
    /// Something happened to a group.
    Observe {
        /// The group.
        group: GroupId,
        /// What happened.
        event: Box<GroupEvent>,
    },
}
