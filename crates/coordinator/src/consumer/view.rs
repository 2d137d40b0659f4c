//! A consumer group as it stands, for tests and for people who look for the moment where two coordinators part.

use alloc::sync::Arc;
use alloc::vec::Vec;
use assignor::server::target::TargetAssignment;
use protocol::{MemberId, TopicName};

use crate::consumer::group::ConsumerGroup;
use crate::consumer::record::CurrentAssignment;
use crate::consumer::state::ConsumerGroupState;

/// What a consumer group holds in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupView {
    /// Its state.
    pub state: ConsumerGroupState,
    /// Its epoch.
    pub epoch: i32,
    /// The epoch of the target assignment.
    pub assignment_epoch: i32,
    /// Its members, in the coordinator's order.
    pub members: Vec<ConsumerMemberView>,
    /// Which topics its regular expressions stand for, as far as that is known.
    pub regexes: Vec<(Arc<str>, Arc<[TopicName]>)>,
}

/// A member of a consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerMemberView {
    /// Its id.
    pub id: MemberId,
    /// What it has.
    pub current: CurrentAssignment,
    /// What it is meant to have; none until that was decided once.
    pub target: Option<TargetAssignment>,
    /// Whether it speaks the classic protocol.
    pub is_classic: bool,
}

impl ConsumerGroup {
    /// The group as it stands.
    pub(crate) fn view(&self) -> ConsumerGroupView {
        let members = self.members.iter().map(|(id, seat)| ConsumerMemberView {
            id: id.clone(),
            current: seat.member.current.clone(),
            target: seat.target.clone(),
            is_classic: seat.member.uses_classic_protocol(),
        });
        let regexes = self.resolved.iter().map(|(regex, resolved)| (Arc::clone(regex), Arc::clone(&resolved.topics)));
        ConsumerGroupView {
            state: self.state(),
            epoch: self.epoch,
            assignment_epoch: self.assignment_epoch,
            members: members.collect(),
            regexes: regexes.collect(),
        }
    }
}
