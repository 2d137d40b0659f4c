//! What must always be true of a consumer group.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use protocol::TopicName;

use crate::consumer::group::{ConsumerGroup, Subscribers};
use crate::consumer::state::MemberState;
use crate::context::TimerOwner;
use crate::timers::Timers;

impl ConsumerGroup {
    /// Panics if members, counts and timers do not fit together.
    pub(crate) fn check(&self, timers: &Timers<TimerOwner>) {
        self.check_counts();
        self.check_members();
        for (id, seat) in self.members.iter() {
            for timer in seat.timers.iter() {
                assert!(timers.is_armed(timer), "{id} of group {} knows only timers that are armed", self.id);
            }
        }
    }

    fn check_members(&self) {
        let mut owned = BTreeMap::new();
        for (id, seat) in self.members.iter() {
            let member = &seat.member;
            assert_eq!(*id, member.id, "a member is filed under its own id");
            let current = &member.current;
            for assigned in current.assigned.as_slice().iter().chain(current.revoking.as_slice()) {
                let other = owned.insert(assigned.place(), id);
                assert_eq!(other, None, "no partition of group {} is two members'", self.id);
                assert_eq!(
                    self.partition_epoch(assigned.topic, assigned.partition),
                    Some(member.epoch()),
                    "group {} knows who has which partition",
                    self.id
                );
                assert!(assigned.epoch <= self.assignment_epoch, "nothing is given by an assignment of the future");
            }
            assert!(
                member.is_away() || member.epoch() <= self.assignment_epoch,
                "{id} of group {} is not ahead of the target assignment",
                self.id
            );
            let must_revoke = current.state == MemberState::UnrevokedPartitions;
            assert!(must_revoke || current.revoking.is_empty(), "{id} has been told to give up what it is asked for");
        }
        assert_eq!(owned.len(), self.taken.len(), "group {} knows what is free", self.id);
        assert!(self.assignment_epoch <= self.epoch, "the target assignment of group {} is not ahead of it", self.id);
    }

    fn check_counts(&self) {
        assert_eq!(self.count_reconciled(), self.reconciled(), "group {} counts who is done", self.id);
        let mut topics: BTreeMap<TopicName, Subscribers> = BTreeMap::new();
        let mut regexes: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        let mut classic = 0;
        for (_, seat) in self.members.iter() {
            let told = &seat.member.told;
            told.topics.iter().for_each(|topic| topics.entry(topic.clone()).or_default().by_name += 1);
            if let Some(regex) = seat.member.regex() {
                *regexes.entry(Arc::clone(regex)).or_default() += 1;
            }
            classic += usize::from(told.classic.is_some());
        }
        for resolved in self.resolved.values() {
            resolved.topics.iter().for_each(|topic| topics.entry(topic.clone()).or_default().by_regex += 1);
        }
        assert_eq!(topics, self.topics, "group {} counts who subscribes to what", self.id);
        assert_eq!(regexes, self.regexes, "group {} counts its regular expressions", self.id);
        assert_eq!(classic, self.classic_members, "group {} counts who speaks the classic protocol", self.id);
    }
}
