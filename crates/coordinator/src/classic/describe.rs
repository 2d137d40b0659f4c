//! DescribeGroups and ListGroups of a classic group.

use alloc::vec::Vec;
use protocol::message::{DescribeGroupsResponse, DescribedMember, ListedGroup};
use protocol::{ErrorCode, ProtocolName};

use crate::classic::group::ClassicGroup;
use crate::classic::member::Member;
use crate::classic::state::ClassicGroupState;

impl ClassicGroup {
    /// The group as an administrator sees it; assignor and subscriptions only when it is stable.
    pub(crate) fn describe(&self) -> DescribeGroupsResponse {
        let protocol = match self.state {
            ClassicGroupState::Stable => self.protocol_name.clone(),
            _ => None,
        };
        let offers_it = |member: &Member| protocol.as_ref().is_none_or(|name| member.metadata(name).is_some());
        if !self.members.values().all(offers_it) {
            // It takes a miscount; Kafka throws.
            let (error, members) = (ErrorCode::UnknownServerError, Vec::new());
            return DescribeGroupsResponse { error, state: "", protocol_type: None, protocol_name: None, members };
        }
        DescribeGroupsResponse {
            error: ErrorCode::None,
            state: self.state.name(),
            protocol_type: self.protocol_type.clone(),
            members: self.described_members(protocol.as_ref()),
            protocol_name: protocol,
        }
    }

    fn described_members(&self, protocol: Option<&ProtocolName>) -> Vec<DescribedMember> {
        self.members
            .iter()
            .map(|(id, member)| DescribedMember {
                member_id: id.clone(),
                instance_id: member.instance_id.clone(),
                client_id: member.client_id.clone(),
                client_host: member.client_host.clone(),
                metadata: protocol.and_then(|name| member.metadata(name)).cloned(),
                assignment: member.assignment.clone(),
            })
            .collect()
    }

    /// The group in a list.
    pub(crate) fn listed(&self) -> ListedGroup {
        ListedGroup {
            group: self.id.clone(),
            protocol_type: self.protocol_type.clone(),
            state: self.state.name(),
            group_type: "Classic",
        }
    }
}
