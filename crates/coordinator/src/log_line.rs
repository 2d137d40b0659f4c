//! Events of groups as lines of the broker's log, word for word those of `GroupMetadataManager` and `ClassicGroup`
//! 4.3.0.
//!
//! Older brokers put `[GroupCoordinator N]: ` before, and the partition after, the group; that is left out, as is the
//! debugging output of the new leader's whole state (the line names its id).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use protocol::{InstanceId, MemberId};

use crate::observation::{GroupEvent, LogLine, RebalanceReason};

/// Kafka's words for a reason that a client did not give.
const NO_REASON: &str = "not provided";

fn or_no_reason(reason: Option<&str>) -> &str {
    reason.filter(|reason| !reason.is_empty()).unwrap_or(NO_REASON)
}

/// As Java prints a null.
fn or_null(instance: Option<&InstanceId>) -> &str {
    instance.map_or("null", InstanceId::as_str)
}

fn joined(ids: &[MemberId]) -> String {
    ids.iter().map(MemberId::as_str).collect::<Vec<_>>().join(", ")
}

impl LogLine<'_> {
    /// Whether the broker logs anything at all when this happens.
    pub fn is_logged(&self) -> bool {
        if let GroupEvent::Consumer(event) = self.event {
            return event.is_logged();
        }
        !matches!(
            self.event,
            GroupEvent::Created
                | GroupEvent::Deleted
                | GroupEvent::OffsetsExpired { .. }
                | GroupEvent::MemberRefused { .. }
                | GroupEvent::Completed { .. }
        )
    }
}

/// The line, without time and class; empty if the broker logs nothing.
impl fmt::Display for LogLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            GroupEvent::Consumer(event) => event.write_line(self.group, f),
            GroupEvent::Loaded { .. }
            | GroupEvent::Unloaded { .. }
            | GroupEvent::Created
            | GroupEvent::Deleted
            | GroupEvent::OffsetsExpired { .. }
            | GroupEvent::MemberRefused { .. } => self.of_the_coordinator(f),
            GroupEvent::MemberIdRequired { .. }
            | GroupEvent::MemberAdded { .. }
            | GroupEvent::MemberReplaced { .. }
            | GroupEvent::ReplacedWithoutRebalance { .. }
            | GroupEvent::ReplacementReverted { .. }
            | GroupEvent::MemberFenced { .. } => self.of_who_comes(f),
            GroupEvent::MemberLeft { .. }
            | GroupEvent::MemberExpired { .. }
            | GroupEvent::PendingMemberExpired { .. }
            | GroupEvent::MembersDidNotJoin { .. }
            | GroupEvent::MembersDidNotSync { .. } => self.of_who_goes(f),
            GroupEvent::LeaderReplaced { .. }
            | GroupEvent::NobodyJoined
            | GroupEvent::PreparingRebalance { .. }
            | GroupEvent::Stabilized { .. }
            | GroupEvent::Emptied { .. }
            | GroupEvent::AssignmentReceived { .. }
            | GroupEvent::Completed { .. } => self.of_a_rebalance(f),
        }
    }
}

impl LogLine<'_> {
    fn of_the_coordinator(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group;
        match self.event {
            GroupEvent::Loaded { members, .. } => write!(f, "Loaded classic group {group} with {members} members."),
            GroupEvent::Unloaded { generation } => {
                write!(f, "[GroupId={group}] Unloading group metadata for generation {generation}.")
            }
            _ => Ok(()),
        }
    }

    fn of_who_comes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group;
        match self.event {
            GroupEvent::MemberIdRequired { member, state } => write!(
                f,
                "Dynamic member with unknown member id joins group {group} in {state} state. \
                 Created a new member id {member} and requesting the member to rejoin with this id."
            ),
            GroupEvent::MemberAdded { member, was_pending: true, state, .. } => write!(
                f,
                "Pending dynamic member with id {member} joins group {group} in {state} state. \
                 Adding to the group now."
            ),
            GroupEvent::MemberAdded { member, instance: Some(instance), state, .. } => write!(
                f,
                "Static member with groupInstanceId={instance} and unknown member id joins group {group} in {state} \
                 state. Created a new member id {member} for this member and added to the group."
            ),
            GroupEvent::MemberAdded { member, instance: None, state, .. } => write!(
                f,
                "Dynamic member with unknown member id joins group {group} in state {state}. \
                 Created a new member id {member} and added the member to the group."
            ),
            GroupEvent::MemberReplaced { instance, old, state, .. } => write!(
                f,
                "Static member with groupInstanceId={instance} and unknown member id joins group {group} in {state} \
                 state. Replacing previously mapped member {old} with this groupInstanceId."
            ),
            GroupEvent::ReplacedWithoutRebalance { .. } => f.write_str(
                "Static member which joins during Stable stage and doesn't affect the selected protocol \
                 will not trigger a rebalance.",
            ),
            GroupEvent::ReplacementReverted { instance, old, new, error } => write!(
                f,
                "Failed to persist metadata for group {group} static member {new} with group instance id {instance} \
                 due to {error}. Reverting to old member id {old}."
            ),
            GroupEvent::MemberFenced { instance, member, existing, operation } => write!(
                f,
                "Request memberId={member} for static member with groupInstanceId={instance} \
                 is fenced by existing memberId={existing} during operation {operation}"
            ),
            _ => Ok(()),
        }
    }

    fn of_who_goes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group;
        match self.event {
            GroupEvent::MemberLeft { member, was_pending, reason } => {
                let pending = if *was_pending { "Pending member" } else { "Member" };
                let reason = or_no_reason(reason.as_deref());
                write!(
                    f,
                    "[Group {group}] {pending} {member} has left group through explicit `LeaveGroup` request; \
                     client reason: {reason}"
                )
            }
            GroupEvent::MemberExpired { member } => {
                write!(f, "Member {member} in group {group} has failed, removing it from the group.")
            }
            GroupEvent::PendingMemberExpired { member } => {
                write!(f, "Pending member {member} in group {group} has been removed after session timeout expiration.")
            }
            GroupEvent::MembersDidNotJoin { members } => {
                write!(f, "Group {group} removed dynamic members who haven't joined: [{}]", joined(members))
            }
            GroupEvent::MembersDidNotSync { members } => {
                write!(f, "Group {group} removed members who haven't sent their sync requests: [{}]", joined(members))
            }
            _ => Ok(()),
        }
    }

    fn of_a_rebalance(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group;
        match self.event {
            GroupEvent::LeaderReplaced { old, old_instance, new } => {
                let instance = old_instance.as_ref().map_or("None", InstanceId::as_str);
                write!(
                    f,
                    "Group leader [memberId: {old}, groupInstanceId: {instance}] failed to join before the \
                     rebalance timeout. Member {new} was elected as the new leader."
                )
            }
            GroupEvent::NobodyJoined => {
                write!(f, "Group {group} could not complete rebalance because no members rejoined.")
            }
            GroupEvent::PreparingRebalance { old_generation, reason } => write!(
                f,
                "Preparing to rebalance group {group} in state PreparingRebalance with old generation \
                 {old_generation} (reason: {reason})."
            ),
            GroupEvent::Stabilized { generation, members, .. } => {
                write!(f, "Stabilized group {group} generation {generation} with {members} members.")
            }
            GroupEvent::Emptied { generation } => {
                write!(f, "Group {group} with generation {generation} is now empty.")
            }
            GroupEvent::AssignmentReceived { leader, generation, members, static_members } => write!(
                f,
                "Assignment received from leader {leader} for group {group} for generation {generation}. \
                 The group has {members} members, {static_members} of which are static."
            ),
            _ => Ok(()),
        }
    }
}

/// The reason as it stands in the line about the beginning of a rebalance.
impl fmt::Display for RebalanceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewMember { member, instance, client } => {
                let (instance, client) = (or_null(instance.as_ref()), or_no_reason(client.as_deref()));
                write!(f, "Adding new member {member} with group instance id {instance}; client reason: {client}")
            }
            Self::MetadataChanged { member, state, client } => {
                let client = or_no_reason(client.as_deref());
                write!(f, "Updating metadata for member {member} during {state}; client reason: {client}")
            }
            Self::LeaderRejoined { leader, state, client } => {
                let client = or_no_reason(client.as_deref());
                write!(f, "Leader {leader} re-joining group during {state}; client reason: {client}")
            }
            Self::StaticMemberReturned { member, instance, client } => {
                let client = or_no_reason(client.as_deref());
                write!(
                    f,
                    "Updating metadata for static member {member} with instance id {instance}; client reason: {client}"
                )
            }
            Self::VoteChanges { member, instance, client } => {
                let client = or_no_reason(client.as_deref());
                write!(
                    f,
                    "Group's selectedProtocol will change because static member {member} with instance id \
                     {instance} joined with change of protocol; client reason: {client}"
                )
            }
            Self::MembersLeft { members } => {
                write!(f, "explicit `LeaveGroup` request for ({}) members.", joined(members))
            }
            Self::MemberExpired { member } => write!(f, "removing member {member} on heartbeat expiration."),
            Self::MembersDidNotSync { members } => {
                write!(f, "Removing [{}] on pending sync request expiration", joined(members))
            }
            Self::AssignmentNotStored { leader, error } => {
                // The missing space is Kafka's.
                write!(f, "Error {error} when storing group assignmentduring SyncGroup (member: {leader}).")
            }
            Self::DowngradedByLeaving { group } => {
                write!(f, "Downgrade group {group} from consumer to classic for member leaving.")
            }
            Self::DowngradedStale { group } => {
                write!(f, "Downgrade group {group} from consumer to classic with stale assignment.")
            }
            Self::OverCapacity { size, capacity } => write!(
                f,
                "Freshly-loaded group (size {size}) is over capacity {capacity}. \
                 Rebalancing in order to give a chance for consumers to commit offsets"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;
    use protocol::{Generation, GroupId};

    fn line(event: &GroupEvent) -> String {
        LogLine { group: &GroupId::new("g"), event }.to_string()
    }

    #[test]
    fn the_lines_that_people_search_for_are_kafkas() {
        let reason = RebalanceReason::NewMember { member: "a-1".into(), instance: None, client: None };
        assert_eq!(
            line(&GroupEvent::PreparingRebalance { old_generation: Generation(3), reason }),
            "Preparing to rebalance group g in state PreparingRebalance with old generation 3 (reason: Adding new \
             member a-1 with group instance id null; client reason: not provided)."
        );
        let (generation, leader) = (Generation(4), MemberId::new("a-1"));
        assert_eq!(
            line(&GroupEvent::Stabilized { generation, members: 2, leader: leader.clone() }),
            "Stabilized group g generation 4 with 2 members."
        );
        assert_eq!(
            line(&GroupEvent::AssignmentReceived { leader, generation, members: 2, static_members: 1 }),
            "Assignment received from leader a-1 for group g for generation 4. The group has 2 members, 1 of which \
             are static."
        );
        let members = vec!["a-1".into(), "b-1".into()];
        assert_eq!(
            RebalanceReason::MembersLeft { members }.to_string(),
            "explicit `LeaveGroup` request for (a-1, b-1) members."
        );
    }

    #[test]
    fn what_kafka_does_not_log_is_no_line() {
        for event in [GroupEvent::Created, GroupEvent::Completed { generation: Generation(1) }] {
            assert_eq!(line(&event), "");
            assert!(!LogLine { group: &GroupId::new("g"), event: &event }.is_logged());
        }
    }
}
