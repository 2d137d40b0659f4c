//! What a member subscribes to: topics by name, or those that a pattern matches.
//!
//! Source: `ConsumerCoordinator.poll`, `updatePatternSubscription`, `rejoinNeededOrPending`. A member that subscribes
//! by a pattern looks at the topics before it joins, unless it did within `retry.backoff.ms` (KAFKA-7126), and joins
//! again when a refresh of its metadata finds other topics that match; whoever is first makes all the others look.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use protocol::{SimTime, TopicName};

use super::pending::Purpose;
use super::{AppStep, ClassicMember, MemberState, RejoinReason};
use crate::identity::Identity;
use crate::surroundings::{Context, Step};

/// A subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscribed {
    /// What the pattern would match; nothing if the subscription is by name.
    matching: Option<Arc<[TopicName]>>,
    /// What is subscribed to now, sorted.
    topics: Arc<[TopicName]>,
    /// What was, when the member joined.
    joined: Arc<[TopicName]>,
    /// When the topics were seen last.
    seen: Option<SimTime>,
}

impl Subscribed {
    /// The subscription of a consumer that has seen no topics yet.
    pub(super) fn of(identity: &Identity) -> Self {
        let (matching, topics) = match identity.pattern.is_some() {
            true => (Some(identity.topics.clone()), Arc::from([])),
            false => (None, identity.topics.clone()),
        };
        Self { matching, joined: topics.clone(), topics, seen: None }
    }

    /// Whether it is by a pattern.
    pub(super) fn is_by_pattern(&self) -> bool {
        self.matching.is_some()
    }

    /// What is subscribed to now.
    pub(super) fn topics(&self) -> &Arc<[TopicName]> {
        &self.topics
    }

    /// The member joins with what it subscribes to now.
    pub(super) fn join(&mut self) {
        if !Arc::ptr_eq(&self.joined, &self.topics) {
            self.joined = self.topics.clone();
        }
    }

    /// These are the topics there are.
    pub(super) fn see(&mut self, counts: &BTreeMap<TopicName, i32>, now: SimTime) {
        self.seen = Some(now);
        if let Some(matching) = &self.matching {
            let is_there = |topic: &&TopicName| counts.contains_key(*topic);
            if !matching.iter().filter(is_there).eq(self.topics.iter()) {
                self.topics = matching.iter().filter(is_there).cloned().collect();
            }
        }
    }
}

impl ClassicMember {
    /// Whether topics have to be looked at before this member joins.
    pub(super) fn must_look_at_topics(&self, now: SimTime) -> bool {
        let is_fresh = |seen: SimTime| now < seen + self.config.retry_backoff;
        self.needs_prepare && self.has_pattern && !self.planning.subscribed.seen.is_some_and(is_fresh)
    }

    /// Looks at the topics, or waits for the answer if that was done.
    pub(super) fn look_at_topics(&mut self, cx: &mut Context<'_>) {
        self.step = AppStep::LookingAtTopics;
        if !self.pending.any(|purpose| purpose == Purpose::Metadata) {
            self.refresh_metadata(cx);
        }
    }

    /// The answer will not come: it is asked for again after `retry.backoff.ms` (`Metadata.timeToAllowUpdate`). Left
    /// out: that the backoff doubles.
    pub(super) fn metadata_lost(&mut self, cx: &mut Context<'_>) {
        if !self.closing {
            self.refreshes.repeat(cx.after(Step::Backoff(self.config.retry_backoff)));
        }
        if matches!(self.step, AppStep::LookingAtTopics) {
            self.step = AppStep::Idle;
        }
    }

    /// A member of a generation that subscribes to something else than when it joined joins again.
    pub(super) fn rejoin_if_subscription_changed(&mut self) {
        let is_other = |subscribed: &Subscribed| subscribed.joined != subscribed.topics;
        if self.has_pattern && self.state == MemberState::Stable && is_other(&self.planning.subscribed) {
            self.request_rejoin(RejoinReason::SubscriptionChanged);
        }
    }
}
