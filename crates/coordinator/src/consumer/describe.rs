//! ConsumerGroupDescribe and ListGroups of a consumer group, as of the committed offset.

use alloc::vec::Vec;
use protocol::message::{ConsumerGroupDescribeResponse, DescribedConsumerMember, ListedGroup};
use protocol::{AssignorName, ErrorCode, MemberEpoch, ProtocolType, TopicId, TopicPartition};

use crate::consumer::group::ConsumerGroup;
use crate::consumer::member::ConsumerMember;
use crate::consumer::partitions::AssignedPartition;
use crate::consumer::state::ConsumerGroupState;
use crate::topics::Topics;

impl ConsumerGroup {
    /// The group as an administrator sees it; `default` is the assignor if nobody wishes for one.
    pub(crate) fn describe(&self, default: &'static str, topics: &Topics) -> ConsumerGroupDescribeResponse {
        let members = self.history.members_in_order(&self.members);
        let summary = self.history.summary();
        let assignor = Self::assignor_of(members.iter().copied());
        ConsumerGroupDescribeResponse {
            error: ErrorCode::None,
            state: summary.map_or(ConsumerGroupState::Empty, |summary| summary.state).name(),
            group_epoch: summary.map_or(0, |summary| summary.epoch),
            assignment_epoch: summary.map_or(0, |summary| summary.assignment_epoch),
            assignor_name: Some(assignor.unwrap_or_else(|| AssignorName::new(default))),
            members: members.into_iter().map(|member| self.described(member, topics)).collect(),
        }
    }

    fn described(&self, member: &ConsumerMember, topics: &Topics) -> DescribedConsumerMember {
        let told = &member.told;
        let current = &member.current;
        let both = current.assigned.as_slice().iter().chain(current.revoking.as_slice());
        let target = self.history.target(&member.id);
        let of_target = target.iter().flat_map(|(topic, numbers)| numbers.iter().map(move |&number| (topic, number)));
        DescribedConsumerMember {
            member_id: member.id.clone(),
            instance_id: told.instance_id.clone(),
            rack_id: told.rack_id.clone(),
            member_epoch: MemberEpoch(member.epoch()),
            client_id: told.client_id.clone(),
            client_host: told.client_host.clone(),
            subscribed_topic_names: told.topics.to_vec(),
            subscribed_topic_regex: told.regex.clone(),
            assignment: named(both.map(AssignedPartition::place), topics),
            target_assignment: named(of_target, topics),
            is_classic: member.uses_classic_protocol(),
        }
    }

    /// The group in a list.
    pub(crate) fn listed(&self) -> ListedGroup {
        ListedGroup {
            group: self.id.clone(),
            protocol_type: Some(ProtocolType::CONSUMER),
            state: self.history.summary().map_or(ConsumerGroupState::Empty, |summary| summary.state).name(),
            group_type: "Consumer",
        }
    }
}

/// Partitions of topics that exist, by name and number.
fn named(partitions: impl Iterator<Item = (TopicId, i32)>, topics: &Topics) -> Vec<TopicPartition> {
    let known = partitions.filter_map(|(topic, number)| Some(TopicPartition::new(topics.name(topic)?.clone(), number)));
    let mut named: Vec<TopicPartition> = known.collect();
    named.sort();
    named
}
