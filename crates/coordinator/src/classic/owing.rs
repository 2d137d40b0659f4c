//! Who owes a SyncGroup (`pendingSyncMembers`): a mark in each member, as each generation marks all of them.

use alloc::vec::Vec;
use core::num::NonZeroU32;
use protocol::MemberId;
use protocol::java::{JavaHashMap, Place};

use crate::classic::group::ClassicGroup;

/// A SyncGroup that is owed: its number, in the order in which members are told of the generation.
pub(crate) type SyncDebt = NonZeroU32;

/// What a group knows of those who owe a SyncGroup besides their marks.
#[derive(Debug, Default)]
pub(super) struct Owing {
    /// How many they are.
    len: usize,
    /// How many they were at most: Java's table never shrinks.
    most: usize,
    /// Ids that were replaced since: Kafka leaves them on the list.
    replaced: Vec<(SyncDebt, MemberId)>,
}

impl ClassicGroup {
    /// Whether somebody owes a SyncGroup.
    pub(super) fn is_owed_sync(&self) -> bool {
        self.owing.len > 0
    }

    /// The member owes a SyncGroup in this generation. Members are marked one after the other, and none settles
    /// meanwhile: so their count is the number of the debt.
    pub(super) fn owe_sync(&mut self, place: Place) {
        self.owing.len += 1;
        self.owing.most = self.owing.most.max(self.owing.len);
        self.members.at_mut(place).1.sync_debt = u32::try_from(self.owing.len).ok().and_then(SyncDebt::new);
    }

    /// The member owes none any more.
    pub(super) fn settle_sync(&mut self, place: Place) {
        let debt = self.members.at_mut(place).1.sync_debt.take();
        self.owing.len -= usize::from(debt.is_some());
    }

    /// Nobody owes one any more.
    pub(super) fn forget_owing(&mut self) {
        if self.owing.len > 0 {
            self.members.for_each_mut(|_, member| member.sync_debt = None);
            (self.owing.len, self.owing.replaced) = (0, Vec::new());
        }
    }

    /// The id goes out of the group; what its member owed, if it was one.
    pub(super) fn take_debt(&mut self, id: &MemberId, of_member: Option<SyncDebt>) {
        let debt = of_member.or_else(|| self.replaced_debt(id));
        self.owing.len -= usize::from(debt.is_some());
    }

    /// Another id takes the place of a member, whose debt stays with the old one. What the new one owes: it may have
    /// been replaced itself before.
    pub(super) fn pass_debt(&mut self, old: &MemberId, debt: Option<SyncDebt>, new: &MemberId) -> Option<SyncDebt> {
        self.owing.replaced.extend(debt.map(|debt| (debt, old.clone())));
        self.replaced_debt(new)
    }

    fn replaced_debt(&mut self, id: &MemberId) -> Option<SyncDebt> {
        let place = self.owing.replaced.iter().position(|(_, other)| other == id)?;
        Some(self.owing.replaced.swap_remove(place).0)
    }

    /// Who owes one, in the order of Java's hash table; ids that were replaced since included.
    pub(super) fn owing_sync(&self) -> Vec<MemberId> {
        let marked = self.members.iter().filter_map(|(id, member)| Some((member.sync_debt?, id)));
        let replaced = self.owing.replaced.iter().map(|(debt, id)| (*debt, id));
        let mut owing: Vec<(SyncDebt, &MemberId)> = marked.chain(replaced).collect();
        owing.sort_unstable();
        let mut table = JavaHashMap::grown_to(self.owing.most);
        for (_, id) in owing {
            table.put(id.clone(), ());
        }
        table.keys().cloned().collect()
    }

    /// Panics if those who owe a SyncGroup are not counted.
    pub(super) fn check_owing(&self) {
        assert_eq!(self.owing_sync().len(), self.owing.len, "group {} counts who owes a SyncGroup", self.id);
    }
}
