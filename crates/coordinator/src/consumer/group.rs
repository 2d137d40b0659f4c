//! A consumer group: its members, epochs and counts, and the small steps that keep them consistent (`ModernGroup`,
//! `ConsumerGroup`). It changes by its records alone, but for timers and for when to look at the topics again.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use assignor::server::target::TargetAssignment;
use protocol::{AssignorName, ErrorCode, GroupId, InstanceId, MemberId, ProtocolName, TopicId, TopicName};

use crate::consumer::history::History;
use crate::consumer::member::ConsumerMember;
use crate::consumer::record::ResolvedRegex;
use crate::consumer::state::ConsumerGroupState;
use crate::consumer::taken::Taken;
use crate::consumer::timers::MemberTimers;
use crate::context::{Context, Refusal};
use crate::timeline::TimelineTable;
use crate::version::Behaviour;

/// A member's place in the group.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) member: ConsumerMember,
    /// What it is meant to have; none until that was decided once.
    pub(crate) target: Option<TargetAssignment>,
    pub(crate) timers: MemberTimers,
}

/// By how many members a topic is subscribed to by name, and by how many resolved regular expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscribers {
    pub(crate) by_name: usize,
    pub(crate) by_regex: usize,
}

/// A consumer group.
#[derive(Debug)]
pub(crate) struct ConsumerGroup {
    pub(crate) id: GroupId,
    pub(crate) epoch: i32,
    pub(crate) metadata_hash: i64,
    pub(crate) assignment_epoch: i32,
    /// When the target assignment was computed, ms, if that is known.
    pub(crate) assignment_timestamp_ms: Option<i64>,
    /// In the order of Kafka's table: it decides answers and assignments.
    pub(crate) members: TimelineTable<MemberId, Seat>,
    /// Instance ids and whose they are or were last.
    pub(crate) static_members: BTreeMap<InstanceId, MemberId>,
    /// Per assignor, how many members wish for it.
    pub(crate) votes: TimelineTable<AssignorName, usize>,
    /// The partitions that members have or have to give up.
    pub(crate) taken: Taken,
    pub(crate) topics: BTreeMap<TopicName, Subscribers>,
    /// Per regular expression, how many members subscribe to it.
    pub(crate) regexes: BTreeMap<Arc<str>, usize>,
    pub(crate) resolved: BTreeMap<Arc<str>, Arc<ResolvedRegex>>,
    /// Whether all members subscribed to the same when a member last changed; what regular expressions have come to
    /// stand for since then does not count.
    pub(crate) is_homogeneous: bool,
    /// When the topics have to be looked at again at the latest, ms, and the group's epoch when that was set.
    pub(crate) refresh: (i64, i32),
    /// Number of members that have reached the target assignment.
    reconciled: usize,
    /// Number of members that speak the classic protocol, and per assignor how many of these offer it.
    pub(crate) classic_members: usize,
    pub(crate) classic_protocols: BTreeMap<ProtocolName, usize>,
    /// The group as of the committed offset.
    pub(crate) history: History,
    /// The state that was told last.
    pub(crate) told_state: ConsumerGroupState,
}

impl ConsumerGroup {
    /// A group without members.
    pub(crate) fn new(id: GroupId, behaviour: &Behaviour) -> Self {
        let epoch = i32::from(behaviour.starts_at_epoch_one);
        Self {
            id,
            epoch,
            metadata_hash: 0,
            assignment_epoch: epoch,
            assignment_timestamp_ms: None,
            members: TimelineTable::default(),
            static_members: BTreeMap::new(),
            votes: TimelineTable::default(),
            taken: Taken::default(),
            topics: BTreeMap::new(),
            regexes: BTreeMap::new(),
            resolved: BTreeMap::new(),
            is_homogeneous: true,
            refresh: (0, 0),
            reconciled: 0,
            classic_members: 0,
            classic_protocols: BTreeMap::new(),
            history: History::default(),
            told_state: ConsumerGroupState::Empty,
        }
    }

    /// Its state.
    pub(crate) fn state(&self) -> ConsumerGroupState {
        if self.members.len() == 0 {
            ConsumerGroupState::Empty
        } else if self.epoch > self.assignment_epoch {
            ConsumerGroupState::Assigning
        } else if self.reconciled < self.members.len() {
            ConsumerGroupState::Reconciling
        } else {
            ConsumerGroupState::Stable
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.len() == 0
    }

    pub(crate) fn is_subscribed_to(&self, topic: &TopicName) -> bool {
        self.topics.contains_key(topic)
    }

    pub(crate) fn member(&self, id: &MemberId) -> Option<&ConsumerMember> {
        self.members.get(id).map(|seat| &seat.member)
    }

    /// The member that an instance id belongs to; none if the group does not know the instance id.
    ///
    /// # Errors
    /// The instance id was left behind by a member that is gone: UNKNOWN_MEMBER_ID.
    pub(crate) fn static_member(&self, instance: &InstanceId) -> Result<Option<&ConsumerMember>, Refusal> {
        let Some(id) = self.static_members.get(instance) else { return Ok(None) };
        self.member(id).map(Some).ok_or(Refusal(ErrorCode::UnknownMemberId))
    }

    /// What a member id is meant to have.
    pub(crate) fn target(&self, id: &MemberId) -> TargetAssignment {
        self.members.get(id).and_then(|seat| seat.target.clone()).unwrap_or_default()
    }

    /// What a member is meant to have; a static one what its instance id is meant to have.
    pub(crate) fn target_of(&self, member: &ConsumerMember) -> TargetAssignment {
        match &member.told.instance_id {
            None => self.target(&member.id),
            Some(instance) => self.static_members.get(instance).map(|id| self.target(id)).unwrap_or_default(),
        }
    }

    /// The epoch of the member that has the partition or has to give it up.
    pub(crate) fn partition_epoch(&self, topic: TopicId, partition: i32) -> Option<i32> {
        self.taken.get(topic, partition)
    }

    /// Number of members that subscribe to a regular expression.
    pub(crate) fn subscribers_of(&self, regex: &str) -> usize {
        self.regexes.get(regex).copied().unwrap_or(0)
    }

    /// Files a member, new or changed (`updateMember`).
    ///
    /// # Errors
    /// A partition of it is another's: Kafka does not expect that of itself.
    pub(crate) fn update_member(&mut self, new: ConsumerMember, cx: &mut Context<'_>) -> Result<(), Refusal> {
        let old = self.member(&new.id).cloned();
        self.count(old.as_ref(), Some(&new));
        let id = new.id.clone();
        let (assigned, revoking, epoch) =
            (new.current.assigned.clone(), new.current.revoking.clone(), new.current.epoch);
        if let Some(instance) = &new.told.instance_id {
            self.static_members.insert(instance.clone(), id.clone());
        }
        self.history.note_member(&id, Some(new.clone()));
        let former = self.members.get_mut(&id).map(|seat| (seat.target.take(), core::mem::take(&mut seat.timers)));
        let (target, timers) =
            former.unwrap_or_else(|| (None, cx.loose.remove(&(self.id.clone(), id.clone())).unwrap_or_default()));
        self.members.put(id, Seat { member: new, target, timers });
        self.is_homogeneous = self.members_subscribe_alike();
        self.taken.take(&assigned, epoch)?;
        self.taken.take(&revoking, epoch)
    }

    /// Takes a member out (`removeMember`); its timers run on and find nobody.
    pub(crate) fn remove_member(&mut self, id: &MemberId, cx: &mut Context<'_>) {
        let Some(seat) = self.members.remove(id) else { return };
        self.count(Some(&seat.member), None);
        if let Some(instance) = &seat.member.told.instance_id {
            self.static_members.remove(instance);
        }
        self.history.note_member(id, None);
        self.is_homogeneous = self.members_subscribe_alike();
        if !seat.timers.is_empty() {
            cx.loose.insert((self.id.clone(), id.clone()), seat.timers);
        }
    }

    /// Sets what a member is meant to have, or that it is meant to have nothing any more.
    pub(crate) fn set_target(&mut self, id: &MemberId, target: Option<TargetAssignment>) {
        if let Some(seat) = self.members.get_mut(id) {
            seat.target.clone_from(&target);
            self.history.note_target(id, target);
        }
    }

    /// The epoch of the target assignment changes, and with it who has reached it.
    pub(crate) fn set_assignment_epoch(&mut self, epoch: i32, timestamp_ms: Option<i64>) {
        (self.assignment_epoch, self.assignment_timestamp_ms) = (epoch, timestamp_ms);
        self.reconciled = self.count_reconciled();
    }

    /// Number of members that have reached the target assignment, counted.
    pub(crate) fn count_reconciled(&self) -> usize {
        self.members.iter().filter(|(_, seat)| seat.member.is_reconciled_to(self.assignment_epoch)).count()
    }

    /// What was counted.
    pub(crate) fn reconciled(&self) -> usize {
        self.reconciled
    }

    /// Counts everything about a member anew.
    fn count(&mut self, old: Option<&ConsumerMember>, new: Option<&ConsumerMember>) {
        let told_the_same = matches!((old, new), (Some(old), Some(new)) if Arc::ptr_eq(&old.told, &new.told));
        if let Some(old) = old {
            self.reconciled -= usize::from(old.is_reconciled_to(self.assignment_epoch));
            self.taken.release(&old.current.assigned, old.current.epoch);
            self.taken.release(&old.current.revoking, old.current.epoch);
        }
        if let Some(new) = new {
            self.reconciled += usize::from(new.is_reconciled_to(self.assignment_epoch));
        }
        if told_the_same {
            return;
        }
        if let Some(old) = old {
            self.uncount_subscription(old);
        }
        if let Some(new) = new {
            self.count_subscription(new);
        }
    }

    fn uncount_subscription(&mut self, old: &ConsumerMember) {
        for topic in old.told.topics.iter() {
            change(&mut self.topics, topic, |subscribers| subscribers.by_name -= 1);
        }
        if let Some(assignor) = &old.told.assignor {
            match self.votes.get_mut(assignor) {
                Some(count) if *count > 1 => {
                    let count = *count - 1;
                    self.votes.put(assignor.clone(), count);
                }
                _ => drop(self.votes.remove(assignor)),
            }
        }
        if let Some(regex) = old.regex() {
            decrement(&mut self.regexes, regex);
        }
        if let Some(classic) = &old.told.classic {
            self.classic_members -= 1;
            for protocol in classic.protocols.iter() {
                decrement(&mut self.classic_protocols, &protocol.name);
            }
        }
    }

    fn count_subscription(&mut self, new: &ConsumerMember) {
        for topic in new.told.topics.iter() {
            change(&mut self.topics, topic, |subscribers| subscribers.by_name += 1);
        }
        if let Some(assignor) = &new.told.assignor {
            let count = self.votes.get(assignor).copied().unwrap_or(0) + 1;
            self.votes.put(assignor.clone(), count);
        }
        if let Some(regex) = new.regex() {
            *self.regexes.entry(Arc::clone(regex)).or_default() += 1;
        }
        if let Some(classic) = &new.told.classic {
            self.classic_members += 1;
            for protocol in classic.protocols.iter() {
                *self.classic_protocols.entry(protocol.name.clone()).or_default() += 1;
            }
        }
    }

    /// A regular expression stands for these topics now, or for none any more.
    pub(crate) fn set_resolved(&mut self, regex: &Arc<str>, value: Option<Arc<ResolvedRegex>>) {
        if let Some(old) = self.resolved.remove(regex) {
            for topic in old.topics.iter() {
                change(&mut self.topics, topic, |subscribers| subscribers.by_regex -= 1);
            }
        }
        if let Some(new) = value {
            for topic in new.topics.iter() {
                change(&mut self.topics, topic, |subscribers| subscribers.by_regex += 1);
            }
            self.resolved.insert(Arc::clone(regex), new);
        }
    }
}

/// Changes the count of a topic, which disappears when nobody subscribes to it any more.
pub(crate) fn change(
    topics: &mut BTreeMap<TopicName, Subscribers>,
    topic: &TopicName,
    change: impl FnOnce(&mut Subscribers),
) {
    if !topics.contains_key(topic) {
        topics.insert(topic.clone(), Subscribers::default());
    }
    let subscribers = topics.get_mut(topic).expect("it is there or was just put in");
    change(subscribers);
    if *subscribers == Subscribers::default() {
        topics.remove(topic);
    }
}

fn decrement<K: Ord + Clone>(counts: &mut BTreeMap<K, usize>, key: &K) {
    match counts.get_mut(key) {
        Some(count) if *count > 1 => *count -= 1,
        _ => drop(counts.remove(key)),
    }
}
