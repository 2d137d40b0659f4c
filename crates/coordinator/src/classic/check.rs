//! What must always be true of a classic group.

use crate::classic::group::ClassicGroup;
use crate::classic::rebalance::JoinTimers;
use crate::classic::state::ClassicGroupState;
use crate::context::TimerOwner;
use crate::timers::Timers;

impl ClassicGroup {
    /// Panics if counts, names and timers do not fit together.
    pub(crate) fn check(&self, timers: &Timers<TimerOwner>, joins: &JoinTimers) {
        self.check_members();
        self.check_owing();
        self.check_state(joins);
        let sessions = self.members.values().filter_map(|member| member.session);
        for timer in sessions.chain(self.pending_join.values().copied()).chain(self.sync_timer) {
            assert!(timers.is_armed(timer), "group {} knows only timers that are armed", self.id);
        }
    }

    fn check_members(&self) {
        let joining = self.members.values().filter(|member| member.is_awaiting_join()).count();
        assert_eq!(joining, self.awaiting_join, "group {} counts parked JoinGroup requests", self.id);
        let statics = self.members.values().filter(|member| member.instance_id.is_some()).count();
        assert_eq!(statics, self.static_members.len(), "group {} knows its static members", self.id);
        for (instance, id) in self.static_members.iter() {
            let member = self.member(id).expect("an instance id belongs to a member");
            assert_eq!(member.instance_id.as_ref(), Some(instance), "an instance id belongs to its member");
        }
        for id in self.pending_join.keys() {
            assert!(self.member(id).is_none(), "{id} of group {} is a member and pending", self.id);
        }
        match &self.leader {
            Some(leader) => assert!(self.member(leader).is_some(), "the leader of group {} is a member", self.id),
            None => assert!(self.members.is_empty(), "group {} with members has a leader", self.id),
        }
        for (name, &count) in self.supported.iter().filter(|_| !self.is_astray) {
            let offers = self.members.values().flat_map(|member| member.protocols.iter());
            assert_eq!(
                offers.filter(|offer| offer.name == *name).count() as i64,
                count,
                "group {} counts {name}",
                self.id
            );
        }
    }

    fn check_state(&self, joins: &JoinTimers) {
        if self.is_astray {
            return;
        }
        let syncing = self.members.values().any(|member| member.parked_sync.is_some());
        match self.state {
            ClassicGroupState::Empty => {
                assert!(self.members.is_empty(), "empty group {} has no members", self.id);
            }
            ClassicGroupState::PreparingRebalance => {
                assert!(joins.contains_key(&self.id), "the join phase of group {} ends some time", self.id);
                assert!(!syncing && !self.is_owed_sync(), "group {} assigns nothing while it prepares", self.id);
            }
            ClassicGroupState::CompletingRebalance => {
                assert!(!self.members.is_empty(), "group {} completes a rebalance of somebody", self.id);
                assert!(self.protocol_name.is_some(), "group {} has voted", self.id);
            }
            ClassicGroupState::Stable => {
                assert!(!self.members.is_empty(), "stable group {} has members", self.id);
                assert!(!syncing, "nobody waits for the assignment of stable group {}", self.id);
            }
            ClassicGroupState::Dead => {}
        }
        assert!(
            self.sync_timer.is_none() || self.is_owed_sync(),
            "group {} waits for a SyncGroup only of who owes one",
            self.id
        );
    }
}
