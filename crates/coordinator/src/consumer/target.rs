//! The target assignment: what every member is meant to have. Computed for all of them at once, inside the heartbeat of
//! whoever comes first when it is due (`maybeUpdateTargetAssignment`, `TargetAssignmentBuilder`).

use alloc::sync::Arc;
use alloc::vec::Vec;
use assignor::server::target::TargetAssignment;
use assignor::server::{MemberSpec, ServerAssignorKind};
use protocol::java::JavaHashMap;
use protocol::{AssignorName, ErrorCode, MemberId, TopicName};

use crate::consumer::event::ConsumerEvent;
use crate::consumer::group::ConsumerGroup;
use crate::consumer::member::ConsumerMember;
use crate::consumer::record::{AssignmentEpoch, ConsumerRecord};
use crate::context::{Context, Refusal};
use crate::record::Record;
use crate::timeline::TimelineTable;

/// What a request changes about its member, and what that makes of the group; nothing of it is applied yet.
pub(super) struct Change<'a> {
    /// The member before.
    pub(super) member: &'a ConsumerMember,
    /// The member after.
    pub(super) updated: &'a ConsumerMember,
    /// The names it subscribes to as the request lists them, if it does.
    pub(super) names: Option<&'a [TopicName]>,
    /// The group's epoch after.
    pub(super) epoch: i32,
    /// Whether all members subscribe to the same, as far as that was looked at.
    pub(super) is_homogeneous: bool,
}

impl<'a> Change<'a> {
    /// A change that has had no effect on the group yet.
    pub(super) fn new(group: &ConsumerGroup, member: &'a ConsumerMember, updated: &'a ConsumerMember) -> Self {
        Self { member, updated, names: None, epoch: group.epoch, is_homogeneous: group.is_homogeneous }
    }
}

impl ConsumerGroup {
    /// Computes the target assignment if the group has moved on and it may be computed again. Gives the epoch that the
    /// changed member is to reach, and what it is meant to have there.
    pub(super) fn maybe_assign(
        &self,
        change: &Change<'_>,
        records: &mut Vec<Record>,
        cx: &mut Context<'_>,
    ) -> Result<(i32, TargetAssignment), Refusal> {
        if self.assignment_epoch >= change.epoch || !self.may_assign(cx) {
            return Ok((self.assignment_epoch, self.target_of(change.updated)));
        }
        let name = self.preferred_assignor(change);
        let assignor = name.as_ref().and_then(|name| cx.config.consumer_assignors.by_name(name));
        let assignor = assignor.unwrap_or_else(|| cx.config.consumer_assignors.default());
        let (specs, held) = self.specs(change);
        let members = specs.len();
        let targets = assignor
            .assign_subscribed(&specs, held, cx.topics.image(), change.is_homogeneous, self.withheld(change))
            .map_err(|_| Refusal(ErrorCode::UnknownServerError))?;
        let event = ConsumerEvent::AssignmentComputed { epoch: change.epoch, assignor: assignor.name(), members };
        cx.observe_consumer(&self.id, event);
        let mut own = TargetAssignment::new();
        for (id, target) in targets {
            if id == change.updated.id {
                own = target.clone();
            }
            let old = self.members.get(&id).and_then(|seat| seat.target.as_ref());
            if old.is_none_or(|old| !old.is_same_record(&target) && !old.same_partitions(&target)) {
                self.write(ConsumerRecord::Target { member: id, value: Some(target) }, records);
            }
        }
        let value = Some(AssignmentEpoch { epoch: change.epoch, timestamp_ms: Some(cx.now_ms()) });
        self.write(ConsumerRecord::Assignment { value }, records);
        Ok((change.epoch, own))
    }

    /// Whether enough time has passed since the last one (KIP-1263); not known is long ago
    /// (`canComputeNextTargetAssignment`).
    fn may_assign(&self, cx: &Context<'_>) -> bool {
        let interval_ms = if cx.behaviour.spaces_assignments { cx.config.consumer_assignment_interval_ms } else { 0 };
        let since = self.assignment_timestamp_ms.filter(|_| interval_ms != 0);
        since.is_none_or(|since| cx.now_ms() >= since.saturating_add(i64::from(interval_ms)))
    }

    /// Who takes the place of a static member is meant to have what that one was; what it was meant to have itself, if
    /// it is a member under its own id, still counts as assigned.
    fn withheld(&self, change: &Change<'_>) -> TargetAssignment {
        if self.replaced(change).is_some() { self.target(&change.updated.id) } else { TargetAssignment::new() }
    }

    /// The static member whose place the changed one takes.
    fn replaced(&self, change: &Change<'_>) -> Option<&MemberId> {
        let updated = change.updated;
        let holder = updated.told.instance_id.as_ref().and_then(|instance| self.static_members.get(instance));
        holder.filter(|id| **id != updated.id)
    }

    /// All members as they will be once the change is applied, in the order of the table that Kafka fills with them;
    /// and how many that table holds at most.
    fn specs(&self, change: &Change<'_>) -> (Vec<MemberSpec>, usize) {
        let updated = change.updated;
        let replaced = self.replaced(change);
        let mut unions = Unions::default();
        let mut specs = Vec::with_capacity(self.members.len() + 1);
        let mut own = Some(MemberSpec {
            id: updated.id.clone(),
            instance_id: updated.told.instance_id.clone(),
            subscribed: unions.subscribed(self, updated, change.names),
            target: self.target(replaced.unwrap_or(&updated.id)),
        });
        for (id, seat) in self.members.iter() {
            if *id == updated.id {
                specs.extend(own.take());
            } else if replaced != Some(id) {
                specs.push(MemberSpec {
                    id: id.clone(),
                    instance_id: seat.member.told.instance_id.clone(),
                    subscribed: unions.subscribed(self, &seat.member, None),
                    target: seat.target.clone().unwrap_or_default(),
                });
            }
        }
        let is_new = own.is_some();
        specs.extend(own);
        let goes_first = replaced.is_some_and(|old| self.member(old).is_some() && is_put_before(old, &updated.id));
        let held = self.members.len() + usize::from(is_new && !goes_first);
        (specs, held)
    }

    /// The assignor that most members wish for, once the change is applied; none if nobody wishes for one
    /// (`computePreferredServerAssignor`).
    fn preferred_assignor(&self, change: &Change<'_>) -> Option<AssignorName> {
        let copied = self.votes.len();
        let mut votes: JavaHashMap<AssignorName, usize> = match copied {
            0 => JavaHashMap::new(),
            _ => JavaHashMap::with_capacity(copied * 4 / 3 + 1),
        };
        for (name, &count) in self.votes.iter() {
            votes.put(name.clone(), count);
        }
        if let Some(old) = &change.member.told.assignor {
            match votes.get_mut(old) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(votes.remove(old)),
            }
        }
        if let Some(new) = &change.updated.told.assignor {
            *votes.compute_if_absent(new.clone(), || 0) += 1;
        }
        let most = votes.values().copied().max()?;
        votes.iter().find(|(_, count)| **count == most).map(|(name, _)| name.clone())
    }

    /// What administrators are told the group's assignor is.
    pub(super) fn assignor_of<'a>(members: impl Iterator<Item = &'a ConsumerMember>) -> Option<AssignorName> {
        let mut votes: TimelineTable<AssignorName, usize> = TimelineTable::default();
        for name in members.filter_map(|member| member.told.assignor.as_ref()) {
            let count = votes.get(name).copied().unwrap_or(0) + 1;
            votes.put(name.clone(), count);
        }
        let most = votes.iter().map(|(_, count)| *count).max()?;
        votes.iter().find(|(_, count)| **count == most).map(|(name, _)| name.clone())
    }
}

/// Whether `first` comes before `second` in the table of changed members, into which it is put after that one.
fn is_put_before(first: &MemberId, second: &MemberId) -> bool {
    let mut changed: JavaHashMap<MemberId, ()> = JavaHashMap::new();
    changed.put(second.clone(), ());
    changed.put(first.clone(), ());
    changed.keys().next() == Some(first)
}

/// Names and topics of a regular expression together, for the last member that had both.
#[derive(Default)]
struct Unions {
    last: Option<Union>,
}

struct Union {
    names: Arc<[TopicName]>,
    regex: Arc<str>,
    topics: Arc<[TopicName]>,
}

impl Unions {
    /// What a member subscribes to, by name (in this order, if it has just listed them) and by regular expression.
    fn subscribed(
        &mut self,
        group: &ConsumerGroup,
        member: &ConsumerMember,
        listed: Option<&[TopicName]>,
    ) -> Arc<[TopicName]> {
        let names = match listed {
            None => Arc::clone(&member.told.topics),
            Some(listed) => in_order_of_mention(listed),
        };
        let Some(regex) = member.regex() else { return names };
        let Some(resolved) = group.resolved.get(regex).filter(|resolved| !resolved.topics.is_empty()) else {
            return names;
        };
        if names.is_empty() {
            return Arc::clone(&resolved.topics);
        }
        if let Some(last) = self.last.as_ref().filter(|last| Arc::ptr_eq(&last.names, &names) && last.regex == *regex) {
            return Arc::clone(&last.topics);
        }
        let others = resolved.topics.iter().filter(|topic| !names.contains(topic));
        let topics: Arc<[TopicName]> = names.iter().chain(others).cloned().collect();
        self.last = Some(Union { names, regex: Arc::clone(regex), topics: Arc::clone(&topics) });
        topics
    }
}

/// A request's list, each name once.
fn in_order_of_mention(listed: &[TopicName]) -> Arc<[TopicName]> {
    let mut seen = alloc::collections::BTreeSet::new();
    listed.iter().filter(|name| seen.insert(*name)).cloned().collect()
}

/// The assignors that a broker offers (`group.consumer.assignors`), the default one first. Left out: classes of a
/// broker's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ConsumerAssignors {
    /// `uniform,range`.
    #[default]
    UniformAndRange,
    /// `range,uniform`.
    RangeAndUniform,
    /// `uniform` alone.
    Uniform,
    /// `range` alone.
    Range,
}

impl ConsumerAssignors {
    /// In order.
    pub const fn kinds(self) -> &'static [ServerAssignorKind] {
        match self {
            Self::UniformAndRange => &[ServerAssignorKind::Uniform, ServerAssignorKind::Range],
            Self::RangeAndUniform => &[ServerAssignorKind::Range, ServerAssignorKind::Uniform],
            Self::Uniform => &[ServerAssignorKind::Uniform],
            Self::Range => &[ServerAssignorKind::Range],
        }
    }

    /// The one that is used if nobody wishes for one.
    pub fn default(self) -> ServerAssignorKind {
        self.kinds()[0]
    }

    /// The one with this name, if it is offered.
    pub fn by_name(self, name: &AssignorName) -> Option<ServerAssignorKind> {
        self.kinds().iter().copied().find(|kind| kind.name() == name.as_str())
    }

    /// A list as it stands in a broker's configuration.
    pub fn parse(list: &str) -> Option<Self> {
        let names: Vec<&str> = list.split(',').map(str::trim).collect();
        let all = [Self::UniformAndRange, Self::RangeAndUniform, Self::Uniform, Self::Range];
        all.into_iter().find(|of| of.kinds().iter().map(|kind| kind.name()).eq(names.iter().copied()))
    }
}
