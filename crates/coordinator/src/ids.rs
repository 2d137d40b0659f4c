//! Where new member ids come from: the one input of a coordinator that is neither a request nor a time.

use protocol::MemberId;

/// Makes member ids. Kafka appends a random UUID; a simulator draws one from its seed, a replay gives recorded ones.
pub trait MemberIds {
    /// A new id for the member whose ids begin with `prefix` (its `client.id`, or its instance id): `<prefix>-<uuid>`.
    /// In a consumer group the prefix is empty, and the id is the UUID alone.
    fn member_id(&mut self, prefix: &str) -> MemberId;
}

impl<F: FnMut(&str) -> MemberId> MemberIds for F {
    fn member_id(&mut self, prefix: &str) -> MemberId {
        self(prefix)
    }
}
