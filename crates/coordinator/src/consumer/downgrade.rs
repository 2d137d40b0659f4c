//! A consumer group whose members all speak the classic protocol becomes a classic group (`convertToClassicGroup`,
//! `ClassicGroup.fromConsumerGroup`).

use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::{AssignmentBytes, ErrorCode, Generation, MemberId};

use crate::classic::{ClassicGroup, Member};
use crate::config::MigrationPolicy;
use crate::consumer::classic::named;
use crate::consumer::event::{ConsumerEvent, Protocol};
use crate::consumer::group::ConsumerGroup;
use crate::consumer::member::ConsumerMember;
use crate::consumer::record::ConsumerRecord;
use crate::context::{Context, Outcome, Refusal};
use crate::groups::{Group, GroupKey, Groups};
use crate::observation::RebalanceReason;
use crate::record::Record;

/// What makes the group a classic one.
pub(super) struct Downgrade<'a> {
    /// Who leaves.
    pub(super) leaving: &'a [ConsumerMember],
    /// The static member that takes another's place; what makes it a member is in the records already.
    pub(super) joining: Option<&'a ConsumerMember>,
    /// Whether the members' assignments are no longer the right ones, so that a rebalance begins.
    pub(super) stale: bool,
}

impl ConsumerGroup {
    /// Whether the group becomes a classic one when these members go (`validateOnlineDowngradeWithFencedMembers`).
    pub(super) fn may_downgrade_without(&self, leaving: &[ConsumerMember], cx: &Context<'_>) -> bool {
        let classic = leaving.iter().filter(|member| member.uses_classic_protocol()).count();
        let remaining = self.members.len() - leaving.len();
        self.classic_members - classic == remaining && remaining > 0 && may_downgrade(remaining, cx)
    }

    /// Whether the group becomes a classic one when somebody who speaks the classic protocol takes this member's place
    /// (`validateOnlineDowngradeWithReplacedMember`).
    pub(super) fn may_downgrade_by_replacing(&self, replaced: &ConsumerMember, cx: &Context<'_>) -> bool {
        cx.behaviour.downgrades_by_replacement
            && !replaced.uses_classic_protocol()
            && self.classic_members == self.members.len() - 1
            && may_downgrade(self.members.len(), cx)
    }

    /// The group as a classic one, Stable, everybody with its target assignment.
    fn as_classic(&self, way: &Downgrade<'_>, key: GroupKey, cx: &Context<'_>) -> Result<ClassicGroup, Refusal> {
        let replaced = way.joining.and_then(|joining| joining.told.instance_id.as_ref());
        let stays = |member: &ConsumerMember| {
            way.leaving.iter().all(|leaving| leaving.id != member.id)
                && (replaced.is_none() || member.told.instance_id.as_ref() != replaced)
        };
        let staying = self.members.iter().map(|(_, seat)| &seat.member).filter(|member| stays(member));
        let members: Option<Vec<(MemberId, Member)>> =
            staying.chain(way.joining).map(|member| self.classic_member_of(member, cx)).collect();
        let members = members.ok_or(Refusal(ErrorCode::UnknownServerError))?;
        ClassicGroup::converted(self.id.clone(), key, Generation(self.epoch), cx.now_ms(), members)
    }

    fn classic_member_of(&self, member: &ConsumerMember, cx: &Context<'_>) -> Option<(MemberId, Member)> {
        let told = &member.told;
        let classic = told.classic.as_ref()?;
        let target = self.target_of(member).in_table_order();
        let places = target.into_iter().flat_map(|(topic, numbers)| numbers.into_iter().map(move |of| (topic, of)));
        let as_classic = Member {
            instance_id: told.instance_id.clone(),
            client_id: told.client_id.clone(),
            client_host: told.client_host.clone(),
            rebalance_timeout_ms: told.rebalance_timeout_ms,
            session_timeout_ms: classic.session_timeout_ms,
            protocols: classic.protocols.clone(),
            assignment: AssignmentBytes::Partitions(named(places, cx.topics).into()),
            parked_join: None,
            parked_sync: None,
            is_new: false,
            sync_debt: None,
            session: None,
        };
        Some((member.id.clone(), as_classic))
    }

    /// The tombstones of the group; of a member whose place another has taken in the records before, that other one's.
    fn tombstones_with(&self, joining: Option<&ConsumerMember>, records: &mut Vec<Record>) {
        let replaced = joining.and_then(|joining| {
            let holder = self.static_members.get(joining.told.instance_id.as_ref()?)?;
            Some((holder.clone(), joining.id.clone()))
        });
        for record in self.tombstones() {
            let Record::Consumer { group, mut record } = record else { continue };
            if let (Some((old, new)), Some(member)) = (&replaced, member_of(&mut record))
                && member == old
            {
                *member = new.clone();
            }
            records.push(Record::Consumer { group, record });
        }
    }
}

/// The member that a record is about.
fn member_of(record: &mut ConsumerRecord) -> Option<&mut MemberId> {
    match record {
        ConsumerRecord::Member { member, .. }
        | ConsumerRecord::Target { member, .. }
        | ConsumerRecord::Current { member, .. } => Some(member),
        ConsumerRecord::Group { .. } | ConsumerRecord::Assignment { .. } | ConsumerRecord::Regex { .. } => None,
    }
}

/// Whether policy and size allow it.
fn may_downgrade(members: usize, cx: &Context<'_>) -> bool {
    let policy = cx.config.consumer_migration_policy;
    let is_allowed = matches!(policy, MigrationPolicy::Bidirectional | MigrationPolicy::Downgrade);
    is_allowed && members <= usize::try_from(cx.config.max_size).unwrap_or(0)
}

/// Puts a classic group in the place of the consumer group. Its records are applied by that.
pub(super) fn downgrade(
    groups: &mut Groups,
    key: GroupKey,
    way: &Downgrade<'_>,
    mut records: Vec<Record>,
    cx: &mut Context<'_>,
) -> Result<Outcome, Refusal> {
    let group = groups.consumer_mut(key).ok_or(Refusal(ErrorCode::GroupIdNotFound))?;
    group.tombstones_with(way.joining, &mut records);
    let mut classic = group.as_classic(way, key, cx)?;
    records.push(classic.converted_record(cx.keeps_log)?);
    group.shed_timers(cx);
    let id = group.id.clone();
    groups.remove(&id);
    let key = groups.put(id.clone(), |key| {
        classic.rekey(key);
        Group::Classic(Box::new(classic))
    });
    if let Some(classic) = groups.classic_mut(key) {
        classic.rearm_all(cx);
        if way.stale {
            let group = id.clone();
            let reason = match way.joining {
                None => RebalanceReason::DowngradedByLeaving { group },
                Some(_) => RebalanceReason::DowngradedStale { group },
            };
            classic.rebalance_after_conversion(reason, cx);
        }
    }
    cx.observe_consumer(&id, ConsumerEvent::Converted { to: Protocol::Classic, was_empty: false });
    Ok(Outcome { records, ..Outcome::default() })
}
