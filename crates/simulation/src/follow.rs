//! What observers are told who follow every step: what members are doing, why the group rebalances, who is late.
//!
//! Contract: nothing happens otherwise because somebody follows, no random number is drawn for it, and nobody pays for
//! it who does not.

use std::collections::BTreeMap;

use coordinator::GroupEvent;
use coordinator::consumer::{ConsumerEvent, ConsumerGroupState, FenceReason};
use coordinator::observation::RebalanceReason;
use member::Phase as ClientPhase;
use protocol::message::Request;
use protocol::{Generation, MemberId, SimTime};
use timeline::story::{Cause, Phase};
use timeline::{Event, MemberIndex, Observer, Step};

use crate::process::{Process, Slot, Status};
use crate::reason;
use crate::world::World;

/// What has been told, and whose ids are whose.
#[derive(Default)]
pub(crate) struct Following {
    phases: Vec<Phase>,
    ids: BTreeMap<MemberId, MemberIndex>,
    /// When a trigger was told last.
    triggered: Option<SimTime>,
}

impl<O: Observer> World<'_, O> {
    /// A process may have gone on to another phase. Of two processes of one name only the newer one is told of.
    pub(crate) fn tell_phase(&mut self, slot: Slot) {
        let is_cut_off = self.is_cut_off(slot);
        let Some(following) = &mut self.following else { return };
        let process = &self.processes[slot.index()];
        let member = process.member;
        if self.current[member.0 as usize] != slot {
            return;
        }
        let phase = phase_of(process, is_cut_off);
        let place = member.0 as usize;
        if following.phases.len() <= place {
            following.phases.resize(place + 1, Phase::Down);
        }
        if std::mem::replace(&mut following.phases[place], phase) != phase {
            self.tell(Step::Entered { member, phase });
        }
    }

    /// A request reaches the coordinator: it says who has which id, and who has come to join.
    pub(crate) fn tell_request(&mut self, slot: Slot, request: &Request) {
        let Some(following) = &mut self.following else { return };
        let member = self.processes[slot.index()].member;
        let id = match request {
            Request::JoinGroup(request) => &request.member_id,
            Request::SyncGroup(request) => &request.member_id,
            Request::ConsumerGroupHeartbeat(request) => &request.member_id,
            _ => return,
        };
        if !id.is_empty() && !following.ids.contains_key(id) {
            following.ids.insert(id.clone(), member);
        }
        if matches!(request, Request::JoinGroup(_)) {
            self.tell(Step::JoinReceived { member });
        }
    }

    /// Something has happened to the group: who is behind it.
    pub(crate) fn tell_group_event(&mut self, event: &GroupEvent) {
        if self.following.is_none() {
            return;
        }
        match event {
            GroupEvent::PreparingRebalance { reason, .. } => {
                let (cause, id) = cause_of(reason);
                let member = id.and_then(|id| self.whose(id));
                let cause = self.left_or_timed_out(cause, member);
                self.trigger(cause, member, &reason::words(reason));
            }
            GroupEvent::MembersDidNotJoin { members } => {
                for id in members {
                    if let Some(member) = self.whose(id) {
                        self.tell(Step::Overdue { member });
                    }
                }
            }
            GroupEvent::Completed { .. } => self.tell(Step::Completed),
            GroupEvent::Emptied { .. } => self.tell(Step::Emptied),
            GroupEvent::Consumer(event) => self.tell_consumer_event(event),
            _ => {}
        }
    }

    fn tell(&mut self, step: Step<'_>) {
        self.observe(Event::Step(step));
    }

    fn tell_consumer_event(&mut self, event: &ConsumerEvent) {
        let (cause, id) = match event {
            ConsumerEvent::Joined { member, .. } => (Cause::Joined, member),
            ConsumerEvent::Left { member, returns: false, .. } | ConsumerEvent::ClassicMemberLeft { member, .. } => {
                (Cause::Left, member)
            }
            ConsumerEvent::Fenced { member, reason } => match reason {
                FenceReason::SessionExpired => (Cause::Expired, member),
                FenceReason::DidNotRevoke { .. } | FenceReason::DidNotJoin => (Cause::Overdue, member),
                FenceReason::DidNotSync => (Cause::DidNotSync, member),
            },
            ConsumerEvent::EpochBumped { .. } => {
                let now = self.now();
                if self.following.as_ref().is_some_and(|following| following.triggered != Some(now)) {
                    self.trigger(Cause::TopicsChanged, None, "the topics, or what somebody subscribes to, changed");
                }
                return;
            }
            ConsumerEvent::StateChanged { to: ConsumerGroupState::Stable, .. } => {
                self.tell(Step::Converged);
                return;
            }
            ConsumerEvent::Reconciled { member, epoch } => {
                if let Some(member) = self.whose(member) {
                    self.tell(Step::Reconciled { member, epoch: Generation(*epoch) });
                }
                return;
            }
            _ => return,
        };
        let member = self.whose(id);
        let cause = self.left_or_timed_out(cause, member);
        let name = member.map_or_else(|| reason::name(id).to_owned(), |member| self.name_of(member));
        let words = match cause {
            Cause::Joined => format!("{name} joined"),
            Cause::Left => format!("{name} left"),
            Cause::PollTimeout => format!("{name} left: its application had not polled in time"),
            Cause::Expired => format!("the session of {name} expired"),
            Cause::DidNotSync => format!("{name} did not ask for its assignment in time"),
            _ => format!("{name} did not give up its partitions in time"),
        };
        self.trigger(cause, member, &words);
    }

    fn trigger(&mut self, cause: Cause, member: Option<MemberIndex>, words: &str) {
        let now = self.now();
        if let Some(following) = &mut self.following {
            following.triggered = Some(now);
        }
        self.tell(Step::Triggered { cause, member, words });
    }

    /// Who leaves and is not being closed leaves because its application has not polled.
    fn left_or_timed_out(&self, cause: Cause, member: Option<MemberIndex>) -> Cause {
        let is_at_work = member.is_some_and(|member| {
            let process = &self.processes[self.current[member.0 as usize].index()];
            matches!(process.status, Status::Running | Status::Hung)
        });
        if cause == Cause::Left && is_at_work { Cause::PollTimeout } else { cause }
    }

    fn name_of(&self, member: MemberIndex) -> String {
        self.plan.members[member.0 as usize].name.clone()
    }

    /// Whose id this is: as it was used, or by the name in front of its uuid.
    fn whose(&self, id: &MemberId) -> Option<MemberIndex> {
        if let Some(member) = self.following.as_ref().and_then(|following| following.ids.get(id)) {
            return Some(*member);
        }
        let name = reason::name(id);
        let is_named = |plan: &&crate::plan::MemberPlan| match &plan.config.instance_id {
            Some(instance) => instance.as_str() == name,
            None => plan.name == name,
        };
        let place = self.next_lives.iter().position(is_named)?;
        u32::try_from(place).ok().map(MemberIndex)
    }
}

fn phase_of(process: &Process<'_>, is_cut_off: bool) -> Phase {
    let Some(consumer) = &process.consumer else { return Phase::Down };
    match process.status {
        Status::Down => Phase::Down,
        Status::Starting => Phase::Starting,
        Status::Hung => Phase::Hung,
        Status::Running if is_cut_off => Phase::CutOff,
        Status::Closing => Phase::Leaving,
        Status::Running => match consumer.phase() {
            ClientPhase::Joining => Phase::Joining,
            ClientPhase::Syncing => Phase::Syncing,
            ClientPhase::Draining => Phase::Draining,
            ClientPhase::Revoking => Phase::Revoking,
            ClientPhase::Assigning => Phase::Assigning,
            ClientPhase::FetchingOffsets => Phase::FetchingOffsets,
            ClientPhase::Settled if consumer.owned().is_empty() => Phase::Idle,
            ClientPhase::Settled => Phase::Consuming,
            ClientPhase::Leaving => Phase::Leaving,
        },
    }
}

/// What made a classic group rebalance, and who.
fn cause_of(reason: &RebalanceReason) -> (Cause, Option<&MemberId>) {
    /// The clients' own words for it (Java, franz-go; librdkafka gives none).
    fn rejoined(client: Option<&str>) -> Cause {
        match Cause::of(client.unwrap_or_default()) {
            cause @ (Cause::HandedOn | Cause::TopicsChanged) => cause,
            _ => Cause::Rejoined,
        }
    }
    match reason {
        RebalanceReason::NewMember { member, .. } => (Cause::Joined, Some(member)),
        RebalanceReason::MetadataChanged { member, client, .. } => (rejoined(client.as_deref()), Some(member)),
        RebalanceReason::LeaderRejoined { leader, client, .. } => (rejoined(client.as_deref()), Some(leader)),
        RebalanceReason::StaticMemberReturned { member, .. } | RebalanceReason::VoteChanges { member, .. } => {
            (Cause::Returned, Some(member))
        }
        RebalanceReason::MembersLeft { members } => (Cause::Left, members.first()),
        RebalanceReason::MemberExpired { member } => (Cause::Expired, Some(member)),
        RebalanceReason::MembersDidNotSync { members } => (Cause::DidNotSync, members.first()),
        RebalanceReason::AssignmentNotStored { .. }
        | RebalanceReason::DowngradedByLeaving { .. }
        | RebalanceReason::DowngradedStale { .. }
        | RebalanceReason::OverCapacity { .. } => (Cause::Group, None),
    }
}
