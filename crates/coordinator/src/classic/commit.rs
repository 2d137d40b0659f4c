//! Whether an offset commit comes from somebody who may commit (`validateOffsetCommit`).

use protocol::java::Place;
use protocol::{ErrorCode, Generation, InstanceId, MemberId};

use crate::classic::group::ClassicGroup;
use crate::classic::state::ClassicGroupState;
use crate::context::{Context, Refusal};

/// What the broker's log calls a plain and a transactional commit; Kafka has them the wrong way round.
const OPERATIONS: [&str; 2] = ["txn-offset-commit", "offset-commit"];

/// Who commits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committer<'a> {
    /// The member; empty for nobody.
    pub(crate) member_id: &'a MemberId,
    /// Its instance id, if static.
    pub(crate) instance_id: Option<&'a InstanceId>,
    /// Version of OffsetCommit; of a transaction it does not matter.
    pub(crate) version: i16,
    /// The generation (or member epoch) it is in; negative for nobody.
    pub(crate) generation: Generation,
    /// Whether the offsets are part of a transaction.
    pub(crate) is_transactional: bool,
}

impl ClassicGroup {
    /// Checks a commit. One that is not part of a transaction keeps its member's session.
    pub(crate) fn validate_commit(&mut self, by: Committer<'_>, cx: &mut Context<'_>) -> Result<(), Refusal> {
        let member = self.may_commit(by, cx)?;
        if let Some(member) = member
            && !by.is_transactional
            && matches!(self.state, ClassicGroupState::Stable | ClassicGroupState::PreparingRebalance)
        {
            self.rearm_session(member, cx);
        }
        Ok(())
    }

    /// From when on the age of the group's offsets counts: inside, none is each offset's own commit, else this time,
    /// ms. None at all: offsets do not expire now. Members keep the offsets of topics they read, and of all topics as
    /// long as it is not known which they are.
    pub(crate) fn offset_age(&self) -> Option<Option<i64>> {
        if self.protocol_type.is_none() {
            return Some(None);
        }
        match self.state {
            ClassicGroupState::Empty => Some(Some(self.state_timestamp_ms)),
            ClassicGroupState::Stable if self.uses_consumer_protocol() && self.subscribed_topics.is_some() => {
                Some(None)
            }
            _ => None,
        }
    }

    /// Whether this may be committed, and by which member, if that matters.
    fn may_commit(&self, by: Committer<'_>, cx: &mut Context<'_>) -> Result<Option<Place>, Refusal> {
        if self.state == ClassicGroupState::Dead {
            return Err(Refusal(ErrorCode::CoordinatorNotAvailable));
        }
        let is_empty = self.state == ClassicGroupState::Empty;
        if by.generation.0 < 0 && is_empty {
            return Ok(None);
        }
        if by.is_transactional && !cx.behaviour.checks_transactional_commits {
            return Ok(None);
        }
        let interrupts = !by.is_transactional && self.state == ClassicGroupState::CompletingRebalance;
        if interrupts && !cx.behaviour.commit_checks_member_first {
            let held = by.instance_id.map(|instance| self.is_holder(by.member_id, instance, OPERATIONS[0], cx));
            held.transpose()?;
            return Err(Refusal(ErrorCode::RebalanceInProgress));
        }
        let mut member = None;
        if by.generation.0 >= 0 || !by.member_id.is_empty() || by.instance_id.is_some() {
            let operation = OPERATIONS[usize::from(by.is_transactional)];
            member = Some(self.validate_member(by.member_id, by.instance_id, operation, cx)?);
            if by.generation != self.generation {
                return Err(Refusal(ErrorCode::IllegalGeneration));
            }
        } else if !by.is_transactional && !is_empty {
            return Err(Refusal(ErrorCode::UnknownMemberId));
        }
        if interrupts { Err(Refusal(ErrorCode::RebalanceInProgress)) } else { Ok(member) }
    }
}
