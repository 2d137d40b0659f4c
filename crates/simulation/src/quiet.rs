//! Leaving out the routine of quiet members: a group that is left alone costs nothing, however long.
//!
//! While a classic group is Stable, or a member of a consumer group has what the newest assignment gives it, a quiet
//! member's heartbeats and interval commits change nothing but its session timer.
//! Such a member is *held*: it shows no deadlines for them and its session timer stands still. It is released the
//! moment anything could make a difference (a rebalance begins, the member is stopped, its name is taken): what it
//! would have sent meanwhile is reckoned from its heartbeat period, the session timer is put where the last arrival
//! would have left it, and a message that is on the wire at that moment is sent for real. A test runs scenarios with
//! and without this and compares. Where processors are shared, routine keeps others waiting, and nobody is held.

use member::{GroupProtocol, Routine as _};
use protocol::{InstanceId, MemberEpoch, SimTime};
use timeline::Observer;

use crate::process::{Slot, Status};
use crate::transport::Routine;
use crate::world::World;

/// Which processes are held.
#[derive(Default)]
pub(crate) struct Quiet {
    held: Vec<Slot>,
    /// Where each process stands in `held`.
    places: Vec<Option<u32>>,
}

impl Quiet {
    pub(crate) fn add_slot(&mut self) {
        self.places.push(None);
    }

    fn insert(&mut self, slot: Slot) {
        self.places[slot.index()] = Some(u32::try_from(self.held.len()).expect("fewer than 2^32 members"));
        self.held.push(slot);
    }

    fn remove(&mut self, slot: Slot) -> bool {
        let Some(place) = self.places[slot.index()].take() else { return false };
        self.held.swap_remove(place as usize);
        if let Some(&moved) = self.held.get(place as usize) {
            self.places[moved.index()] = Some(place);
        }
        true
    }

    fn contains(&self, slot: Slot) -> bool {
        self.places[slot.index()].is_some()
    }
}

impl<O: Observer> World<'_, O> {
    /// Holds a quiet member if nothing but routine lies before it.
    pub(crate) fn hold_quiet(&mut self, slot: Slot) {
        if self.plan.sends_routine
            || self.processors.is_some()
            || self.quiet.contains(slot)
            || self.processes[slot.index()].status != Status::Running
            || self.is_disturbed(slot)
            || !self.keeps_its_session(slot)
            || !self.knows_the_coordinator(slot)
            || !self.hold_session_if_settled(slot)
        {
            return;
        }
        let consumer = self.processes[slot.index()].consumer.as_mut().expect("it has just been looked at");
        debug_assert!(consumer.standing().is_quiet(), "nothing has happened to it since it was asked");
        consumer.hold();
        let commits = consumer.commits();
        self.quiet.insert(slot);
        self.leave_out_commits(slot, commits.next, commits.period);
        self.arm_consumer(slot);
    }

    /// Whether the coordinator would answer this member's heartbeats with nothing new for as long as nothing happens:
    /// then its session timer stands still.
    fn hold_session_if_settled(&mut self, slot: Slot) -> bool {
        let now = self.now();
        let coordinator = self.broker.coordinator_mut();
        let Some(consumer) = &self.processes[slot.index()].consumer else { return false };
        let (group, id, generation) = (&self.plan.group, consumer.member_id(), consumer.generation());
        match consumer.config().group_protocol {
            GroupProtocol::Classic => coordinator.hold_if_quiet(group, id, generation),
            // Others may still be on their way to the same assignment.
            GroupProtocol::Consumer => {
                let is_settled = coordinator.accepts_consumer_heartbeat(group, id, MemberEpoch(generation.0), now);
                if is_settled {
                    coordinator.hold_session(group, id);
                }
                is_settled
            }
        }
    }

    /// Whether its heartbeats come in time, each of them: a session that ends between two of them cannot stand still.
    fn keeps_its_session(&self, slot: Slot) -> bool {
        let process = &self.processes[slot.index()];
        let Some(consumer) = &process.consumer else { return false };
        let config = consumer.config();
        // A broker gives members of its consumer groups intervals shorter than their sessions.
        config.group_protocol == GroupProtocol::Consumer
            || consumer.heartbeats().period + Routine::longest_heartbeat_latency(process.client, &self.plan.environment)
                < config.session_timeout
    }

    /// Whether the member talks to the broker that hosts the coordinator, and not yet to the one that did.
    fn knows_the_coordinator(&self, slot: Slot) -> bool {
        let node = self.broker.id();
        self.processes[slot.index()].links.iter().any(|link| link.to == member::Destination::Coordinator(node))
    }

    /// Something is about to happen to this member.
    pub(crate) fn release(&mut self, slot: Slot) {
        if !self.quiet.remove(slot) {
            return;
        }
        let now = self.now();
        let environment = &self.plan.environment;
        let process = &mut self.processes[slot.index()];
        let consumer = process.consumer.as_ref().expect("a held member has a consumer");
        let sends = consumer.routine_before(now);
        // The last send may still be on the wire: then the one before it is the last contact.
        let mut arrivals = [None, None];
        let mut cut_offs = [now, now];
        let mut last_accepted_commit = None;
        let routines = [
            sends.heartbeat.map(|(sent, number)| (sent, number, Routine::Heartbeat as fn(u64) -> Routine)),
            sends.commit.map(|(sent, number)| (sent, number, Routine::Commit as fn(u64) -> Routine)),
        ];
        for (place, routine) in routines.into_iter().enumerate() {
            let Some((sent, number, kind)) = routine else { continue };
            let arrival = sent + kind(number).request_latency(process, environment);
            let is_commit = place == 1;
            if arrival <= now {
                arrivals[place] = Some(arrival);
                last_accepted_commit = last_accepted_commit.or(is_commit.then_some(sent));
                continue;
            }
            cut_offs[place] = sent;
            let consumer = process.consumer.as_ref().expect("a held member has a consumer");
            let earlier = consumer.routine_before(sent);
            if let Some((before, number)) = [earlier.heartbeat, earlier.commit][place] {
                arrivals[place] = Some(before + kind(number).request_latency(process, environment));
                last_accepted_commit = last_accepted_commit.or(is_commit.then_some(before));
            }
        }
        let consumer = process.consumer.as_mut().expect("a held member has a consumer");
        consumer.release(cut_offs[0], cut_offs[1]);
        // Commits do not renew the session of a member of a consumer group.
        if consumer.config().group_protocol == GroupProtocol::Consumer {
            arrivals[1] = None;
        }
        // Without a contact since it was held, the session timer runs on from where it stood.
        let contact = arrivals.into_iter().flatten().max().unwrap_or(SimTime::ZERO);
        self.broker.coordinator_mut().release_session(&self.plan.group, consumer.member_id(), contact);
        self.take_over_left_out_commit(slot, last_accepted_commit);
        for sent in cut_offs.into_iter().filter(|cut_off| *cut_off < now) {
            self.with_consumer_at(slot, sent, member::Consumer::on_deadline);
        }
        self.send_commits_again(slot);
        self.arm_consumer(slot);
        self.arm_broker();
    }

    /// Something is about to happen to everybody.
    pub(crate) fn release_all(&mut self) {
        let mut held = self.quiet.held.clone();
        held.sort_unstable();
        for slot in held {
            self.release(slot);
        }
    }

    /// A process has joined under this instance id: others of that name will be told so by their next heartbeat.
    pub(crate) fn release_namesakes(&mut self, instance: &InstanceId) {
        for slot in self.instances.get(instance).cloned().unwrap_or_default() {
            self.release(slot);
        }
    }
}
