//! `StickyAssignor` and `CooperativeStickyAssignor` (`AbstractStickyAssignor`): everybody keeps what can be kept.
//!
//! | step | module |
//! |---|---|
//! | what members bring along | [`user_data`] |
//! | who owns what already, who wins a dispute | `claims` |
//! | all subscriptions equal | `constrained` |
//! | subscriptions differ | `general` |
//! | cooperative: what may still be held by somebody else is withheld for a round | `constrained` itself, `general::withhold` |
//!
//! Static membership plays no part: all ties go by member id.

mod claims;
mod constrained;
mod general;
pub(crate) mod user_data;

use protocol::Generation;

use crate::client::{ClientAssignorKind, GroupAssignment};
use crate::error::AssignError;
use crate::group::Group;
use crate::lists;
use crate::order::{copied_map_buckets, grown_buckets};
use crate::racks::Racks;
use claims::Claims;

/// Assigns; `max_generation` belongs to the assignor object and is never reset.
pub(crate) fn assign(
    group: &Group<'_>,
    kind: ClientAssignorKind,
    max_generation: &mut Generation,
) -> Result<GroupAssignment, AssignError> {
    let cooperative = kind == ClientAssignorKind::CooperativeSticky;
    let claims = Claims::collect(group, kind, max_generation, !group.subscriptions_equal);
    let racks = Racks::of(group);
    if group.subscriptions_equal {
        let lists = constrained::assign(group, &claims, racks.as_ref(), cooperative)?;
        // The table of the answer starts as a copy, which can have more buckets than one that grew.
        let count = group.members.len();
        let (copied, grown) = (copied_map_buckets(count), grown_buckets(count));
        return Ok(if copied > grown {
            let order = group.table_order_of(0..group.count(), copied);
            lists::answer(group, lists, group.table_order_of(order, grown).into_iter())
        } else {
            lists::answer_in_member_order(group, lists)
        });
    }
    general::assign(group, &claims, racks.as_ref(), *max_generation, cooperative)
}
