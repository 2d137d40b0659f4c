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
    /// The regular expression that it subscribes by, if it does: `topics` are then all that would match. Under the
    /// classic protocol the client matches (`subscribe(Pattern)`) and subscribes to those of them that it has seen;
    /// under the consumer protocol the coordinator does (`subscribe(SubscriptionPattern)`, RE2/J).
    pub pattern: Option<Arc<str>>,
}
