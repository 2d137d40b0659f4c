//! Leaving out the routine of quiet members: a group that is left alone costs nothing, however long.
//!
//! While the group is Stable, a quiet member's heartbeats and interval commits change nothing but its session timer. Such a
//! member is *held*: it shows no deadlines for them and its session timer stands still. It is released the moment anything
//! could make a difference (a rebalance begins, the member is stopped, its name is taken): what it would have sent meanwhile
//! is reckoned from its heartbeat period, the session timer is put where the last arrival would have left it, and a message
//! that is on the wire at that moment is sent for real. A test runs scenarios with and without this and compares.

use protocol::{InstanceId, SimTime};
use timeline::Observer;

use crate::process::Status;
use crate::transport::Routine;
use crate::world::World;

/// Which members are held.
pub(crate) struct Quiet {
    held: Vec<u32>,
    /// Where each member stands in `held`.
    places: Vec<Option<u32>>,
    /// Whether routine is left out at all.
    pub(crate) enabled: bool,
}

impl Quiet {
    pub(crate) fn new(members: usize) -> Self {
        Self { held: Vec::new(), places: vec![None; members], enabled: true }
    }

    fn insert(&mut self, member: u32) {
        self.places[member as usize] = Some(u32::try_from(self.held.len()).expect("fewer than 2^32 members"));
        self.held.push(member);
    }

    fn remove(&mut self, member: u32) -> bool {
        let Some(place) = self.places[member as usize].take() else { return false };
        self.held.swap_remove(place as usize);
        if let Some(&moved) = self.held.get(place as usize) {
            self.places[moved as usize] = Some(place);
        }
        true
    }

    fn contains(&self, member: u32) -> bool {
        self.places[member as usize].is_some()
    }
}

impl<O: Observer> World<'_, O> {
    /// Holds a member if nothing but routine lies before it.
    pub(crate) fn hold_if_quiet(&mut self, member: u32) {
        let process = &mut self.processes[member as usize];
        let Some(consumer) = &mut process.consumer else { return };
        if !self.quiet.enabled
            || self.quiet.contains(member)
            || process.status != Status::Running
            || !consumer.is_quiet()
            || !self.broker.coordinator().is_routine(&self.plan.group, consumer.member_id(), consumer.generation())
        {
            return;
        }
        consumer.hold();
        let id = consumer.member_id().clone();
        self.broker.coordinator_mut().hold_session(&self.plan.group, &id);
        self.quiet.insert(member);
        self.arm_consumer(member);
    }

    /// Something is about to happen to this member.
    pub(crate) fn release(&mut self, member: u32) {
        if !self.quiet.remove(member) {
            return;
        }
        let now = self.now();
        let environment = &self.plan.environment;
        let process = &mut self.processes[member as usize];
        let consumer = process.consumer.as_ref().expect("a held member has a consumer");
        let period = consumer.heartbeat_period();
        let interval = consumer.config().auto_commit_interval;
        let sends = consumer.routine_before(now);
        // The last send may still be on the wire: then the one before it is the last contact.
        let mut arrivals = [None, None];
        let mut cut_offs = [now, now];
        let routines = [
            sends.heartbeat.map(|(sent, number)| (sent, number, period, Routine::Heartbeat as fn(u64) -> Routine)),
            sends.commit.map(|(sent, number)| (sent, number, interval, Routine::Commit as fn(u64) -> Routine)),
        ];
        for (place, routine) in routines.into_iter().enumerate() {
            let Some((sent, number, period, kind)) = routine else { continue };
            let arrival = sent + kind(number).request_latency(process, environment);
            if arrival <= now {
                arrivals[place] = Some(arrival);
                continue;
            }
            cut_offs[place] = sent;
            let before = sent - period;
            let consumer = process.consumer.as_ref().expect("a held member has a consumer");
            let earlier = consumer.routine_before(sent);
            if [earlier.heartbeat, earlier.commit][place].is_some() {
                arrivals[place] = Some(before + kind(number - 1).request_latency(process, environment));
            }
        }
        let consumer = process.consumer.as_mut().expect("a held member has a consumer");
        consumer.release(cut_offs[0], cut_offs[1]);
        let id = consumer.member_id().clone();
        let contact = arrivals.into_iter().flatten().max();
        self.broker.coordinator_mut().release_session(&self.plan.group, &id, contact);
        let on_the_wire: Vec<SimTime> = cut_offs.into_iter().filter(|cut_off| *cut_off < now).collect();
        for sent in on_the_wire {
            self.with_consumer_at(member, sent, member::ClassicMember::on_deadline);
        }
        self.arm_consumer(member);
    }

    /// Something is about to happen to everybody.
    pub(crate) fn release_all(&mut self) {
        let mut held = self.quiet.held.clone();
        held.sort_unstable();
        for member in held {
            self.release(member);
        }
    }

    /// A process has joined under this instance id: others of that name will be told so by their next heartbeat.
    pub(crate) fn release_namesakes(&mut self, instance: &InstanceId) {
        for member in self.instances.get(instance).cloned().unwrap_or_default() {
            self.release(member);
        }
    }
}
