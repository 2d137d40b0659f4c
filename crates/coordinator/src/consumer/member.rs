//! One member of a consumer group (`ConsumerGroupMember`). It is a value: a step makes a new one.

use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::message::{ConsumerGroupHeartbeatRequest, TopicPartitions};
use protocol::{ClientHost, ClientId, MemberEpoch, MemberId, SimDuration, TopicName};

use crate::consumer::partitions::AssignedPartitions;
use crate::consumer::record::{CurrentAssignment, MemberSubscription};
use crate::consumer::state::MemberState;

/// The epoch of a member that is being removed (`LEAVE_GROUP_MEMBER_EPOCH`).
const GONE: i32 = -1;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConsumerMember {
    pub(crate) id: MemberId,
    /// What it told of itself.
    pub(crate) told: Arc<MemberSubscription>,
    /// What it has.
    pub(crate) current: CurrentAssignment,
}

impl ConsumerMember {
    /// Who is not in the group yet.
    pub(crate) fn new(id: MemberId) -> Self {
        let told = MemberSubscription {
            instance_id: None,
            rack_id: None,
            client_id: ClientId::new(""),
            client_host: ClientHost::new(""),
            rebalance_timeout_ms: -1,
            topics: [].into(),
            regex: None,
            assignor: None,
            classic: None,
        };
        Self { id, told: Arc::new(told), current: CurrentAssignment::NEW }
    }

    /// The same member under another id, to begin anew with what it has.
    pub(crate) fn renamed(&self, id: MemberId) -> Self {
        let current = CurrentAssignment { epoch: 0, previous_epoch: 0, ..self.current.clone() };
        Self { id, told: Arc::clone(&self.told), current }
    }

    pub(crate) fn epoch(&self) -> i32 {
        self.current.epoch
    }

    pub(crate) fn uses_classic_protocol(&self) -> bool {
        self.told.classic.is_some()
    }

    /// Whether it is a static member that has left for a while.
    pub(crate) fn is_away(&self) -> bool {
        self.current.epoch == MemberEpoch::LEAVE_STATIC.0
    }

    /// Whether it has everything that the target assignment of this epoch gives it.
    pub(crate) fn is_reconciled_to(&self, assignment_epoch: i32) -> bool {
        self.current.state == MemberState::Stable && self.current.epoch == assignment_epoch
    }

    /// The regular expression it subscribes to.
    pub(crate) fn regex(&self) -> Option<&Arc<str>> {
        self.told.regex.as_ref()
    }

    pub(crate) fn subscribes_by_name(&self, topic: &TopicName) -> bool {
        self.told.topics.binary_search(topic).is_ok()
    }

    /// How long the coordinator waits for it to give partitions up.
    pub(crate) fn rebalance_timeout(&self) -> SimDuration {
        SimDuration::from_config_millis(i64::from(self.told.rebalance_timeout_ms))
    }

    /// How long a member that speaks the classic protocol may be silent.
    pub(crate) fn classic_session_timeout(&self) -> SimDuration {
        let timeout_ms = self.told.classic.as_ref().map_or(0, |classic| classic.session_timeout_ms);
        SimDuration::from_config_millis(i64::from(timeout_ms))
    }

    /// The member after what a heartbeat tells; what it does not mention stays.
    pub(crate) fn told_by(&self, request: &ConsumerGroupHeartbeatRequest) -> Self {
        if self.has_been_told(request) {
            return self.clone();
        }
        let old = &self.told;
        let told = MemberSubscription {
            instance_id: request.instance_id.clone().or_else(|| old.instance_id.clone()),
            rack_id: request.rack_id.clone().or_else(|| old.rack_id.clone()),
            client_id: request.client_id.clone(),
            client_host: request.client_host.clone(),
            rebalance_timeout_ms: match request.rebalance_timeout_ms {
                -1 => old.rebalance_timeout_ms,
                timeout => timeout,
            },
            topics: request.subscribed_topic_names.as_deref().map_or_else(|| Arc::clone(&old.topics), sorted_set),
            regex: match &request.subscribed_topic_regex {
                Some(regex) if regex.is_empty() => None,
                Some(regex) => Some(Arc::clone(regex)),
                None => old.regex.clone(),
            },
            assignor: request.server_assignor.clone().or_else(|| old.assignor.clone()),
            classic: None,
        };
        if told == **old {
            return self.clone();
        }
        Self { told: Arc::new(told), ..self.clone() }
    }

    /// The usual heartbeat says nothing new; that is cheap to see.
    fn has_been_told(&self, request: &ConsumerGroupHeartbeatRequest) -> bool {
        let told = &self.told;
        request.subscribed_topic_names.is_none()
            && request.subscribed_topic_regex.is_none()
            && request.server_assignor.is_none()
            && request.rebalance_timeout_ms == -1
            && told.classic.is_none()
            && request.rack_id.as_ref().is_none_or(|rack| told.rack_id.as_ref() == Some(rack))
            && request.instance_id.as_ref().is_none_or(|instance| told.instance_id.as_ref() == Some(instance))
            && told.client_id == request.client_id
            && told.client_host == request.client_host
    }

    /// The member at another epoch; the one it leaves is remembered, even if it is the same.
    pub(crate) fn moved(
        &self,
        state: MemberState,
        epoch: i32,
        assigned: AssignedPartitions,
        revoking: AssignedPartitions,
    ) -> Self {
        let current = CurrentAssignment { epoch, previous_epoch: self.current.epoch, state, assigned, revoking };
        Self { id: self.id.clone(), told: Arc::clone(&self.told), current }
    }

    /// The static member leaves for a while: what it has stays reserved, and counts as given at epoch 0.
    pub(crate) fn gone_for_a_while(&self) -> CurrentAssignment {
        CurrentAssignment {
            epoch: MemberEpoch::LEAVE_STATIC.0,
            assigned: self.current.assigned.at_epoch_zero(),
            revoking: AssignedPartitions::new(),
            ..self.current.clone()
        }
    }

    /// What remains of it for the moment between the records that remove it.
    pub(crate) fn stripped(&self) -> Self {
        let current = CurrentAssignment {
            epoch: GONE,
            previous_epoch: GONE,
            assigned: AssignedPartitions::new(),
            revoking: AssignedPartitions::new(),
            state: self.current.state,
        };
        Self { id: self.id.clone(), told: Arc::clone(&self.told), current }
    }
}

impl CurrentAssignment {
    /// Of who is not in the group yet.
    pub(crate) const NEW: Self = Self {
        epoch: 0,
        previous_epoch: -1,
        state: MemberState::Stable,
        assigned: AssignedPartitions::new(),
        revoking: AssignedPartitions::new(),
    };
}

/// A list of topics as the group keeps it: sorted, each once.
pub(crate) fn sorted_set(topics: &[TopicName]) -> Arc<[TopicName]> {
    let mut sorted: Vec<TopicName> = topics.to_vec();
    sorted.sort();
    sorted.dedup();
    sorted.into()
}

/// A heartbeat's list of what its member owns.
pub(crate) type Owned<'a> = Option<&'a [TopicPartitions]>;
