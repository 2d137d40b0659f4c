//! Requests of the consumer protocol that make no sense, and topics that come and go.

use coordinator::{MetadataImage, TopicImage};
use protocol::message::{
    ConsumerGroupDescribeRequest, ConsumerGroupHeartbeatRequest, OffsetFetchRequest, Request, TopicPartitions,
};
use protocol::{GroupId, InstanceId, MemberEpoch, MemberId, PartitionIndex, TopicId};

use super::Victim;

impl Victim {
    pub(super) fn consumer_request(&mut self, group: GroupId, instance_id: Option<InstanceId>) -> Request {
        if self.random.one_in(15) {
            return Request::from(ConsumerGroupDescribeRequest { group });
        }
        let member_id = self.consumer_id();
        let member_epoch = self.epoch_of(&group, &member_id);
        let joins = member_epoch == MemberEpoch::JOIN;
        let names = self.random.one_in(if joins { 1 } else { 4 });
        let topics = (0..self.random.below(4)).map(|_| self.text().as_str().into()).collect();
        let regex = *self.random.pick(&["", "t.*", "t[01]|t2", "(", "(((((a{99}){99}){99}){99}){99})", "\\", "a)|(b"]);
        let owned = (0..self.random.below(3)).map(|_| self.owned()).collect();
        Request::from(ConsumerGroupHeartbeatRequest {
            version: *self.random.pick(&[1, 1, 1, 0, i16::MIN, i16::MAX]),
            group,
            client_id: "c".into(),
            client_host: "".into(),
            member_id,
            member_epoch,
            instance_id: instance_id.filter(|_| self.random.one_in(2)),
            rack_id: self.random.one_in(9).then(|| self.text().as_str().into()),
            rebalance_timeout_ms: if joins { 5_000 } else { *self.random.pick(&[-1, -1, -1, 0, 9_000, i32::MIN]) },
            subscribed_topic_names: names.then_some(topics),
            subscribed_topic_regex: self.random.one_in(9).then(|| regex.into()),
            server_assignor: self
                .random
                .pick(&[None, None, None, Some("range"), Some("uniform"), Some("own")])
                .map(Into::into),
            topic_partitions: match self.random.below(3) {
                _ if joins && !self.random.one_in(9) => Some([].into()),
                0 => None,
                1 => Some(owned),
                _ => Some([].into()),
            },
        })
    }

    fn consumer_id(&mut self) -> MemberId {
        match self.random.below(8) {
            0 => self.member(),
            n => format!("member-{}", n % 5).as_str().into(),
        }
    }

    /// Mostly the one the member is at.
    fn epoch_of(&mut self, group: &GroupId, member: &MemberId) -> MemberEpoch {
        let view = self.coordinator.consumer_group(group);
        let known = view.and_then(|view| view.members.into_iter().find(|other| other.id == *member));
        match (self.random.below(12), known) {
            (0, _) => MemberEpoch(self.number()),
            (1, _) => MemberEpoch(*self.random.pick(&[-1, -2])),
            (2, Some(member)) => MemberEpoch(member.current.previous_epoch),
            (3, _) | (_, None) => MemberEpoch::JOIN,
            (_, Some(member)) => MemberEpoch(member.current.epoch),
        }
    }

    fn owned(&mut self) -> TopicPartitions {
        let topic_id = TopicId { high: 0, low: self.random.below(4) as i64 };
        let partitions = (0..self.random.below(4)).map(|_| PartitionIndex(self.number())).collect();
        TopicPartitions { topic_id, partitions }
    }

    /// Topics `t0` to `t2`, some of which may be missing, or others than before under the same name.
    pub(super) fn image(&mut self) -> MetadataImage {
        let mut image = MetadataImage::new();
        for n in 0..3 {
            let id = TopicId { high: i64::from(self.random.one_in(4)), low: n };
            let partitions = *self.random.pick(&[1, 2, 3, 7, 0, -1]);
            if !self.random.one_in(4) {
                image.insert(format!("t{n}").as_str().into(), TopicImage { id, partitions, initialized: None });
            }
        }
        image
    }

    pub(super) fn offset_fetch(&mut self, group: GroupId) -> Request {
        let member_id = self.random.one_in(2).then(|| self.consumer_id());
        let member_epoch = match &member_id {
            Some(member) => self.epoch_of(&group, member),
            None => MemberEpoch(self.number()),
        };
        let partitions = self.random.one_in(2).then(|| self.partitions());
        let require_stable = self.random.one_in(2);
        Request::from(OffsetFetchRequest { group, member_id, member_epoch, partitions, require_stable })
    }
}
