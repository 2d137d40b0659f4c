//! What a consumer is doing for its group, in words that hold for every client.

/// What a consumer is doing for its group at one moment.
///
/// | phase | Java, classic | Java, consumer protocol | librdkafka | franz-go | slots |
/// |---|---|---|---|---|---|
/// | Joining | looks for the coordinator, JoinGroup | heartbeats with epoch 0 | `init`, `wait-join` | JoinGroup, back-off | takes a slot |
/// | Syncing | SyncGroup; as leader: the assignor | waits to be told more | `wait-sync`, `wait-metadata` | SyncGroup | waits for a plan |
/// | Draining | rejoins once its application polls; last commit | a round waits for `poll`; last commit | the callback waits for `poll` | the session is to end | |
/// | Revoking | `onPartitionsRevoked`, `onPartitionsLost` | the same | the callback; fetchers stop | `OnPartitionsRevoked` and its commit | |
/// | Assigning | `onPartitionsAssigned` | the same, or it waits for `poll` | the callback, or it waits for `poll` | `OnPartitionsAssigned` | has not polled yet |
/// | FetchingOffsets | OffsetFetch | the same | the same | the same | the same |
/// | Settled | nothing | nothing | `steady` | heartbeats | polls |
/// | Leaving | `close` | `close` | `close` | `Close` | stops |
///
/// It says nothing of reading: a cooperative member reads on while it joins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// It wants to be a member, or a member of the next generation.
    Joining,
    /// It is one and waits for its assignment.
    Syncing,
    /// It is to give something up, and first comes to an end with what it has in hand.
    Draining,
    /// It gives something up.
    Revoking,
    /// It is given something.
    Assigning,
    /// It asks where to read on.
    FetchingOffsets,
    /// It has what it is to have, be it nothing.
    Settled,
    /// It is being closed, or has failed.
    Leaving,
}
