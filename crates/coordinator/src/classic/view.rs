//! A classic group as it stands, for tests and for people who look for the moment where two coordinators part.

use alloc::vec::Vec;
use protocol::{Generation, MemberId, ProtocolName};

use crate::classic::group::ClassicGroup;
use crate::classic::member::Member;
use crate::classic::state::ClassicGroupState;

/// What a classic group holds in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicGroupView {
    /// Its state.
    pub state: ClassicGroupState,
    /// Its generation.
    pub generation: Generation,
    /// Its leader.
    pub leader: Option<MemberId>,
    /// The assignor voted for.
    pub protocol_name: Option<ProtocolName>,
    /// Its members, in the coordinator's order.
    pub members: Vec<MemberId>,
    /// Who was given an id and has not joined with it, by id.
    pub pending: Vec<MemberId>,
    /// Members whose JoinGroup is parked, in the coordinator's order.
    pub joining: Vec<MemberId>,
    /// Members whose SyncGroup is parked, in the coordinator's order.
    pub syncing: Vec<MemberId>,
    /// Who owes a SyncGroup, by id; ids that were replaced since included.
    pub owing_sync: Vec<MemberId>,
}

impl ClassicGroup {
    /// The group as it stands.
    pub(crate) fn view(&self) -> ClassicGroupView {
        let those = |wanted: fn(&Member) -> bool| {
            self.members.iter().filter(|(_, member)| wanted(member)).map(|(id, _)| id.clone()).collect()
        };
        ClassicGroupView {
            state: self.state,
            generation: self.generation,
            leader: self.leader.clone(),
            protocol_name: self.protocol_name.clone(),
            members: self.members.keys().cloned().collect(),
            pending: self.pending_join.keys().cloned().collect(),
            joining: those(|member| member.parked_join.is_some()),
            syncing: those(|member| member.parked_sync.is_some()),
            owing_sync: {
                let mut owing = self.owing_sync();
                owing.sort();
                owing
            },
        }
    }
}
