//! A classic group becomes a consumer group because a member of the consumer protocol joins it
//! (`validateOnlineUpgrade`, `convertToConsumerGroup`, `ConsumerGroup.fromClassicGroup`).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use assignor::server::target::TargetAssignment;
use protocol::{AssignmentBytes, ErrorCode, MemberId, Subscription, TopicId, TopicPartition};

use crate::classic::{ClassicGroup, Member};
use crate::config::MigrationPolicy;
use crate::consumer::event::{ConsumerEvent, Protocol};
use crate::consumer::group::ConsumerGroup;
use crate::consumer::member::{ConsumerMember, sorted_set};
use crate::consumer::partitions::{AssignedPartition, AssignedPartitions};
use crate::consumer::record::{
    AssignmentEpoch, ClassicMemberMetadata, ConsumerRecord, CurrentAssignment, GroupEpoch, MemberSubscription,
};
use crate::consumer::state::MemberState;
use crate::consumer::subscribe::metadata_hash;
use crate::consumer::timers::MemberTimer;
use crate::context::{Context, Refusal};
use crate::record::Record;
use crate::topics::Topics;

/// Drafts the consumer group that a classic group becomes; it comes to be when its records are applied. Whoever waits
/// in the classic group is told to come again, even if the upgrade then fails.
///
/// # Errors
/// It is not allowed, or what the members sent is not a consumer's, or not one that Kafka's own assignors made.
pub(super) fn upgrade(
    classic: &mut ClassicGroup,
    records: &mut Vec<Record>,
    cx: &mut Context<'_>,
) -> Result<ConsumerGroup, Refusal> {
    let impossible = Refusal(ErrorCode::GroupIdNotFound);
    let policy = cx.config.consumer_migration_policy;
    let is_allowed = matches!(policy, MigrationPolicy::Bidirectional | MigrationPolicy::Upgrade);
    let max = usize::try_from(cx.config.consumer_max_size).unwrap_or(0);
    if !is_allowed || !classic.uses_consumer_protocol() || classic.members().count() > max {
        return Err(impossible);
    }
    classic.send_everybody_back(cx);
    records.push(Record::GroupMetadata { group: classic.id().clone(), value: None });
    let mut group = draft(classic, cx)?;
    group.write_all(records);
    let timeouts: Vec<_> =
        group.members.iter().map(|(id, seat)| (id.clone(), seat.member.classic_session_timeout())).collect();
    for (id, length) in timeouts {
        group.arm(&id, MemberTimer::Session, length, cx);
    }
    cx.observe_consumer(&group.id, ConsumerEvent::Converted { to: Protocol::Consumer, was_empty: false });
    Ok(group)
}

/// Everybody is Stable with the last assignment, whatever state the classic group was in.
fn draft(classic: &ClassicGroup, cx: &mut Context<'_>) -> Result<ConsumerGroup, Refusal> {
    let mut group = ConsumerGroup::new(classic.id().clone(), cx.behaviour);
    let epoch = classic.generation().0;
    group.epoch = epoch;
    group.set_assignment_epoch(epoch, None);
    for (id, member) in classic.members() {
        let partitions = assigned(&member.assignment, cx.topics)?;
        let name = classic.protocol_name().ok_or(Refusal(ErrorCode::UnknownServerError))?;
        let metadata = member.metadata(name).ok_or(Refusal(ErrorCode::UnknownServerError))?;
        let subscription = metadata.subscription().ok_or(Refusal(ErrorCode::GroupIdNotFound))?;
        let assigned = partitions.iter().map(|&(topic, partition)| AssignedPartition { topic, partition, epoch });
        let current = CurrentAssignment {
            epoch,
            previous_epoch: epoch,
            state: MemberState::Stable,
            assigned: assigned.collect(),
            revoking: AssignedPartitions::new(),
        };
        let told = told(member, subscription).into();
        group.update_member(ConsumerMember { id: id.clone(), told, current }, cx)?;
        group.set_target(id, Some(by_topic(partitions)));
    }
    group.metadata_hash = metadata_hash(group.topics.keys(), cx.topics);
    Ok(group)
}

fn told(member: &Member, subscription: &Subscription) -> MemberSubscription {
    MemberSubscription {
        instance_id: member.instance_id.clone(),
        rack_id: subscription.rack.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        rebalance_timeout_ms: member.rebalance_timeout_ms,
        topics: sorted_set(&subscription.topics),
        regex: None,
        assignor: None,
        classic: Some(ClassicMemberMetadata {
            session_timeout_ms: member.session_timeout_ms,
            protocols: member.protocols.clone(),
        }),
    }
}

type Places = Vec<(TopicId, i32)>;

/// The partitions of a classic assignment, as far as their topics exist, in its order.
fn assigned(bytes: &AssignmentBytes, topics: &Topics) -> Result<Places, Refusal> {
    let partitions: &[TopicPartition] = match bytes {
        AssignmentBytes::Empty => &[],
        AssignmentBytes::Partitions(partitions) => partitions,
        AssignmentBytes::WithUserData(assignment) if assignment.user_data.is_empty() => &assignment.partitions,
        AssignmentBytes::WithUserData(_) | AssignmentBytes::Opaque(_) => {
            return Err(Refusal(ErrorCode::GroupIdNotFound));
        }
    };
    Ok(partitions.iter().filter_map(|at| Some((topics.get(&at.topic)?.id, at.partition.0))).collect())
}

/// Topics and partitions in the order in which the assignment names them first: Kafka puts them into its tables in that
/// order, and the assignors read them from there.
fn by_topic(places: Places) -> TargetAssignment {
    let mut topics: Vec<(TopicId, Vec<i32>)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (topic, partition) in places.into_iter().filter(|place| seen.insert(*place)) {
        match topics.iter_mut().find(|(named, _)| *named == topic) {
            Some((_, partitions)) => partitions.push(partition),
            None => topics.push((topic, [partition].into())),
        }
    }
    topics.into_iter().collect()
}

impl ConsumerGroup {
    /// The records of the whole group (`createConsumerGroupRecords`).
    fn write_all(&self, records: &mut Vec<Record>) {
        let ids = || self.members.iter().map(|(id, seat)| (MemberId::clone(id), seat));
        for (member, seat) in ids() {
            self.write(ConsumerRecord::Member { member, value: Some(seat.member.told.clone()) }, records);
        }
        let value = Some(GroupEpoch { epoch: self.epoch, metadata_hash: self.metadata_hash });
        self.write(ConsumerRecord::Group { value }, records);
        for (member, seat) in ids() {
            self.write(ConsumerRecord::Target { member, value: seat.target.clone() }, records);
        }
        let (epoch, timestamp_ms) = (self.assignment_epoch, self.assignment_timestamp_ms);
        self.write(ConsumerRecord::Assignment { value: Some(AssignmentEpoch { epoch, timestamp_ms }) }, records);
        for (member, seat) in ids() {
            self.write(ConsumerRecord::Current { member, value: Some(seat.member.current.clone()) }, records);
        }
    }
}
