//! Who a consumer is and whom it belongs to.

use alloc::sync::Arc;

use protocol::{ClientHost, ClientId, GroupId, TopicName};

/// What a consumer is told of itself when it is made, beside its configuration.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The group.
    pub group: GroupId,
    /// `client.id`.
    pub client_id: ClientId,
    /// Where it connects from.
    pub client_host: ClientHost,
    /// Topics it subscribes to, sorted by name.
    pub topics: Arc<[TopicName]>,
    /// Whether it subscribes by a pattern: `topics` are then all that the pattern would match, and it subscribes to
    /// those of them that it has seen.
    pub by_pattern: bool,
}
