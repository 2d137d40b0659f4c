//! Why a rebalance began, in a few words: what happened and to whom.

use coordinator::observation::RebalanceReason;
use protocol::MemberId;

/// Names at most this many members; the rest is counted.
const NAMED_MEMBERS_MAX: usize = 3;

/// The reason in a few words.
pub(crate) fn words(reason: &RebalanceReason) -> String {
    match reason {
        RebalanceReason::NewMember { member, instance: None, .. } => format!("{} joined", name(member)),
        RebalanceReason::NewMember { instance: Some(instance), .. } => format!("static member {instance} joined"),
        RebalanceReason::MetadataChanged { member, client, .. } => {
            format!("{} rejoined: {}", name(member), client.as_deref().unwrap_or("its metadata changed"))
        }
        RebalanceReason::LeaderRejoined { leader, client, .. } => {
            format!("the leader {} rejoined: {}", name(leader), client.as_deref().unwrap_or("no reason given"))
        }
        RebalanceReason::StaticMemberReturned { instance, .. } => {
            format!("static member {instance} returned while assignments were awaited")
        }
        RebalanceReason::VoteChanges { instance, .. } => {
            format!("static member {instance} returned with other assignors")
        }
        RebalanceReason::MembersLeft { members } => format!("{} left", names(members)),
        RebalanceReason::MemberExpired { member } => format!("the session of {} expired", name(member)),
        RebalanceReason::MembersDidNotSync { members } => {
            format!("{} did not ask for their assignment in time", names(members))
        }
        RebalanceReason::AssignmentNotStored { error, .. } => format!("the assignment could not be stored: {error}"),
        RebalanceReason::DowngradedByLeaving { .. } => {
            "the last member of the consumer protocol went, and the group became a classic one".to_owned()
        }
        RebalanceReason::DowngradedStale { .. } => {
            "the group became a classic one before everybody had what it was to have".to_owned()
        }
        RebalanceReason::OverCapacity { size, capacity } => {
            format!("{size} members were loaded where group.max.size allows {capacity}")
        }
    }
}

/// A member's id without its uuid: what people call it.
pub(crate) fn name(member: &MemberId) -> &str {
    let id = member.as_str();
    let uuid = 37;
    match id.len().checked_sub(uuid) {
        Some(end) if id.is_char_boundary(end) && id[end..].starts_with('-') => &id[..end],
        _ => id,
    }
}

fn names(members: &[MemberId]) -> String {
    let mut text: Vec<&str> = members.iter().take(NAMED_MEMBERS_MAX).map(name).collect();
    let more = format!("{} more", members.len().saturating_sub(NAMED_MEMBERS_MAX));
    if members.len() > NAMED_MEMBERS_MAX {
        text.push(&more);
    }
    text.join(", ")
}
