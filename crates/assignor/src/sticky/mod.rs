//! `StickyAssignor` and `CooperativeStickyAssignor` (`AbstractStickyAssignor`): everybody keeps what can be kept.

mod claims;
mod constrained;
pub(crate) mod user_data;

use alloc::vec::Vec;

use protocol::{Generation, MemberAssignment, TopicPartition};

use crate::client::{ClientAssignorKind, GroupAssignment};
use crate::error::AssignError;
use crate::group::Group;
use claims::Claims;

/// Assigns; `max_generation` belongs to the assignor object and is never reset.
pub(crate) fn assign(
    group: &Group<'_>,
    kind: ClientAssignorKind,
    max_generation: &mut Generation,
) -> Result<GroupAssignment, AssignError> {
    let cooperative = kind == ClientAssignorKind::CooperativeSticky;
    let claims = Claims::collect(group, cooperative, max_generation);
    let lists = constrained::assign(group, &claims, cooperative)?;
    Ok(answer(group, lists))
}

fn answer(group: &Group<'_>, lists: Vec<Vec<TopicPartition>>) -> GroupAssignment {
    let members = group.members.iter().zip(lists);
    GroupAssignment {
        members: members
            .map(|(member, partitions)| (member.id.clone(), MemberAssignment { partitions, user_data: None }))
            .collect(),
    }
}
