//! The assignors that the group coordinator runs: consumer groups of the new protocol (KIP-848) and share groups
//! (KIP-932).
//!
//! | module | what lives there |
//! |---|---|
//! | [`target`] | [`TargetAssignment`]: what a member shall have, in the order of its record |
//! | `group` | the group with small numbers in place of names and ids |
//! | `assembly`, `draft`, `ledger` | new target assignments while they are written, in the order of Java's tables |
//! | `range` | `RangeAssignor` |
//! | `uniform_homogeneous`, `uniform_heterogeneous` | `UniformAssignor` |
//! | `simple` | `SimpleAssignor` |
//!
//! Racks are ignored by all of them in 4.3.0.

mod assembly;
mod balancer;
mod draft;
mod group;
mod ledger;
mod range;
mod simple;
pub mod target;
mod uniform_heterogeneous;
mod uniform_homogeneous;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::{InstanceId, MemberId, TopicId, TopicName};

use crate::error::AssignError;
use group::SpecGroup;
use target::TargetAssignment;

/// Which assignor the coordinator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerAssignorKind {
    /// `UniformAssignor`, the default of consumer groups.
    Uniform,
    /// `RangeAssignor` of the coordinator.
    Range,
    /// `SimpleAssignor` of share groups: several members may share a partition.
    Simple,
}

/// A member as the coordinator describes it to an assignor (`MemberSubscriptionAndAssignmentImpl`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSpec {
    /// Its id.
    pub id: MemberId,
    /// Its instance id, if static.
    pub instance_id: Option<InstanceId>,
    /// Names it subscribes to, in the order of its record; names that no topic has (yet) included.
    pub subscribed: Arc<[TopicName]>,
    /// Its present target assignment; for a new static member that replaces another, that one's.
    pub target: TargetAssignment,
}

/// One topic as the coordinator's metadata know it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TopicImage {
    /// Its id.
    pub id: TopicId,
    /// Number of partitions; none or fewer: the topic counts as unknown.
    pub partitions: i32,
    /// Share groups: per partition whether its share state is initialised; those not mentioned are not. None: all are.
    pub initialized: Option<Arc<[bool]>>,
}

/// Topics by name: the coordinator's metadata. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MetadataImage(Arc<BTreeMap<TopicName, TopicImage>>);

impl MetadataImage {
    /// No topics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a topic.
    pub fn insert(&mut self, name: TopicName, topic: TopicImage) {
        Arc::make_mut(&mut self.0).insert(name, topic);
    }

    /// What is known of `name`.
    pub fn get(&self, name: &TopicName) -> Option<&TopicImage> {
        self.0.get(name)
    }

    /// Names and topics, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&TopicName, &TopicImage)> {
        self.0.iter()
    }
}

impl FromIterator<(TopicName, TopicImage)> for MetadataImage {
    fn from_iter<I: IntoIterator<Item = (TopicName, TopicImage)>>(topics: I) -> Self {
        Self(Arc::new(topics.into_iter().collect()))
    }
}

/// Target assignments of all members, in the iteration order of the member table.
pub type TargetAssignments = Vec<(MemberId, TargetAssignment)>;

impl ServerAssignorKind {
    /// Every server-side assignor.
    pub const ALL: [Self; 3] = [Self::Uniform, Self::Range, Self::Simple];

    /// The name in `group.consumer.assignors` or `group.share.assignors`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Range => "range",
            Self::Simple => "simple",
        }
    }

    /// Decides who shall have what. `members` come in the order in which they are put into the member table; the
    /// answer comes in that table's iteration order. A member whose partitions stay the same gets the very record it
    /// had ([`TargetAssignment::is_same_record`]), as the coordinator then writes none.
    ///
    /// # Errors
    /// Where Kafka's own class throws, see [`AssignError`].
    pub fn assign(self, members: &[MemberSpec], image: &MetadataImage) -> Result<TargetAssignments, AssignError> {
        self.decide(&SpecGroup::new(members, members.len(), image)?)
    }

    /// As [`Self::assign`], where the coordinator knows otherwise whether all members subscribe to the same
    /// (`SubscriptionType`): it counts names and regular expressions, not the topics that come of them. The member
    /// table has `held` members before who is replaced is taken out. `withheld` counts as assigned too: what a member
    /// was meant to have before it took another's place.
    ///
    /// # Errors
    /// Where Kafka's own class throws, see [`AssignError`].
    pub fn assign_subscribed(
        self,
        members: &[MemberSpec],
        held: usize,
        image: &MetadataImage,
        is_homogeneous: bool,
        withheld: TargetAssignment,
    ) -> Result<TargetAssignments, AssignError> {
        let group = SpecGroup::new(members, held, image)?;
        if is_homogeneous && !group.is_homogeneous {
            // The coordinator can be behind: then the first member in order speaks for all.
            let first = match self {
                Self::Range => group.member_info_order().first().copied(),
                Self::Uniform | Self::Simple => (!members.is_empty()).then_some(0),
            };
            let first = first.map(|first| group.members[first as usize].id);
            let first = members.iter().find(|member| Some(&member.id) == first);
            let subscribed = first.map(|first| Arc::clone(&first.subscribed)).unwrap_or_default();
            let alike = members.iter().map(|member| MemberSpec { subscribed: subscribed.clone(), ..member.clone() });
            let alike: Vec<MemberSpec> = alike.collect();
            return self.decide(&SpecGroup { withheld, ..SpecGroup::new(&alike, held, image)? });
        }
        self.decide(&SpecGroup { is_homogeneous, withheld, ..group })
    }

    fn decide(self, group: &SpecGroup<'_>) -> Result<TargetAssignments, AssignError> {
        let targets = match self {
            _ if group.topics.is_empty() && !(self == Self::Simple && group.is_homogeneous) => group.emptied(),
            Self::Range => range::assign(group),
            Self::Uniform if group.is_homogeneous => uniform_homogeneous::assign(group)?,
            Self::Uniform => uniform_heterogeneous::assign(group)?,
            Self::Simple => simple::assign(group)?,
        };
        Ok(group.members.iter().map(|member| member.id.clone()).zip(targets).collect())
    }
}
