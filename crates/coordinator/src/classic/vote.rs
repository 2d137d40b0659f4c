//! Which assignor the group uses: what is offered by all, and the vote (`supportsProtocols`, `selectProtocol`).

use alloc::collections::BTreeSet;
use protocol::java::JavaHashMap;
use protocol::message::JoinGroupProtocol;
use protocol::{ErrorCode, ProtocolName, ProtocolType, TopicName};

use crate::classic::group::ClassicGroup;
use crate::classic::state::ClassicGroupState;
use crate::context::Refusal;

impl ClassicGroup {
    /// Whether somebody with this protocol type and these assignors fits in. A member that asks is counted with what it
    /// offered last, and of a group whose members have all gone only the type is left to fit.
    pub(super) fn supports_protocols(&self, kind: &ProtocolType, protocols: &[JoinGroupProtocol]) -> bool {
        if self.state == ClassicGroupState::Empty {
            return !kind.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_ref() == Some(kind)
            && protocols.iter().any(|protocol| self.is_offered_by_all(&protocol.name))
    }

    /// Each member votes for the first assignor of its own list that all offer; the most votes win. A tie goes to the
    /// first in the order of Java's hash table. None: somebody offers nothing that all offer. Kafka rules that out,
    /// throws, and stands where the vote found it; only a list that names an assignor twice gets there.
    pub(super) fn select_protocol(&self) -> Option<ProtocolName> {
        if self.counts_are_offers() && !self.members.is_empty() {
            let mut candidates = self.supported.keys().filter(|name| self.is_offered_by_all(name));
            if let (Some(only), None) = (candidates.next(), candidates.next()) {
                return Some(only.clone());
            }
        }
        let mut votes: JavaHashMap<ProtocolName, usize> = JavaHashMap::new();
        for member in self.members.values() {
            let choice = member.protocols.iter().find(|protocol| self.is_offered_by_all(&protocol.name))?;
            match votes.get_mut(&choice.name) {
                Some(count) => *count += 1,
                None => {
                    votes.put(choice.name.clone(), 1);
                }
            }
        }
        let most = votes.values().copied().max()?;
        votes.iter().find(|(_, count)| **count == most).map(|(name, _)| name.clone())
    }

    /// The topics that the members subscribe to, if the group tells.
    ///
    /// # Errors
    /// A member does not offer the group's assignor, which takes a miscount.
    pub(super) fn compute_subscribed_topics(&self) -> Result<Option<BTreeSet<TopicName>>, Refusal> {
        if !self.uses_consumer_protocol() {
            return Ok(None);
        }
        let mut topics = BTreeSet::new();
        let Some(name) = self.protocol_name.as_ref().filter(|_| !self.members.is_empty()) else {
            return Ok(self.members.is_empty().then_some(topics));
        };
        for member in self.members.values() {
            let metadata = member.metadata(name).ok_or(Refusal(ErrorCode::UnknownServerError))?;
            let Some(subscription) = metadata.subscription() else { return Ok(None) };
            for topic in &*subscription.topics {
                if !topics.contains(topic) {
                    topics.insert(topic.clone());
                }
            }
        }
        Ok(Some(topics))
    }

    /// Whether all members offer this assignor, as the group counts.
    fn is_offered_by_all(&self, name: &ProtocolName) -> bool {
        self.supported.get(name).copied().unwrap_or(0) == self.members.len() as i64
    }
}
