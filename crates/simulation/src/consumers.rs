//! Consumers and their applications: inputs in, actions carried out, and when the application polls again.

use member::{Action, Consumer, Context, Destination, Disconnection, Observation, Phase, Standing};
use protocol::{Partitions, SimTime};
use timeline::{Handover, Observer};

use crate::process::{Link, Process, ProcessSurroundings, Slot, Status};
use crate::world::{Event, World};

impl<O: Observer> World<'_, O> {
    pub(crate) fn topics_changed(&mut self, slot: Slot) {
        self.with_consumer(slot, Consumer::topics_changed);
    }

    /// Calls a member's consumer, then carries out what it wants.
    pub(crate) fn with_consumer(&mut self, slot: Slot, input: impl FnOnce(&mut Consumer, &mut Context<'_>)) {
        let now = self.now();
        let standing = self.with_consumer_at(slot, now, input);
        self.look_after(slot, standing);
    }

    /// The same at a time that may be past (messages then leave at that time), and without looking after the member:
    /// whoever calls this is about to do something to it, and is told how it stands.
    pub(crate) fn with_consumer_at(
        &mut self,
        slot: Slot,
        at: SimTime,
        input: impl FnOnce(&mut Consumer, &mut Context<'_>),
    ) -> Standing {
        let plan = self.plan;
        let process = &mut self.processes[slot.index()];
        let Some(consumer) = &mut process.consumer else { return Standing::NONE };
        let mut actions = std::mem::take(&mut self.member_actions);
        let mut surroundings = ProcessSurroundings {
            environment: &plan.environment,
            application: process.application,
            draws: &mut process.draws,
            positions: self.flows.as_mut().and_then(|flows| flows.positions(slot)),
            at,
        };
        input(consumer, &mut Context { now: at, surroundings: &mut surroundings, out: &mut actions });
        // Half the inputs lead to nothing.
        if !actions.is_empty() {
            for action in actions.drain(..) {
                match action {
                    Action::Send { to, token, request } => self.send(slot, to, token, request, at),
                    Action::Disconnect { to, why } => self.disconnect(slot, to, why),
                    Action::ZooKeeper(action) => self.on_zookeeper_action(slot, action),
                    Action::Observe(observation) => self.on_observation(slot, observation),
                }
            }
        }
        let former = std::mem::replace(&mut self.member_actions, actions);
        // No action leads back here, so nothing was put there meanwhile that would have to be dropped.
        debug_assert_eq!(former.capacity(), 0, "no action leads back here");
        std::mem::forget(former);
        if self.flows.is_some() {
            self.keep_reading_in_step(slot);
        }
        if self.processes[slot.index()].has_hung {
            self.tell_reads_on(slot);
        }
        let standing = self.processes[slot.index()].consumer.as_ref().map_or(Standing::NONE, Consumer::standing);
        self.arm_consumer_for(slot, standing.deadline);
        if self.following.is_some() {
            self.tell_phase(slot);
        }
        standing
    }

    /// A process that has hung hands records over again, of the partitions that it had; not so if they are taken from
    /// it, or about to be.
    pub(crate) fn tell_reads_on(&mut self, slot: Slot) {
        if self.is_cut_off(slot) {
            return;
        }
        let process = &mut self.processes[slot.index()];
        let Some(consumer) = &process.consumer else { return };
        if process.status != Status::Running {
            return;
        }
        if consumer.owned().is_empty() {
            process.has_hung = false;
        } else if consumer.is_delivering() && consumer.phase() != Phase::Draining {
            process.has_hung = false;
            let (member, since) = (process.member, self.now());
            self.observe(timeline::Event::ReadsOn { member, since });
        }
    }

    fn disconnect(&mut self, slot: Slot, to: Destination, why: Disconnection) {
        if self.reads_logs {
            self.log_disconnection(slot, to, why);
        }
        let links = &self.processes[slot.index()].links;
        if let Some(place) = links.iter().position(|link| link.to == to) {
            self.drop_link(slot, place);
        }
    }

    /// A process has this connection no longer.
    pub(crate) fn drop_link(&mut self, slot: Slot, place: usize) -> Link {
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        let (link, client) = (process.links.remove(place), process.client);
        self.end_link(&link);
        if let Some(network) = &mut self.network {
            network.lost(slot, client, link.to, now);
        }
        link
    }

    /// A connection's end reaches the broker behind everything sent on it.
    pub(crate) fn end_link(&mut self, link: &Link) {
        let at = link.last_request.max(self.now());
        self.schedule(at, Event::Disconnected { connection: link.id });
    }

    fn on_observation(&mut self, slot: Slot, observation: Observation) {
        if self.reads_logs {
            self.log_observation(slot, &observation);
        }
        let index = self.processes[slot.index()].member;
        match observation {
            Observation::Assigned { partitions, generation, total } => {
                self.remember_membership(slot);
                self.is_assigned(slot, &partitions);
                self.observe(timeline::Event::Assigned { member: index, partitions: &partitions, generation, total });
            }
            Observation::Revoked { partitions, generation } => {
                self.read_no_longer(slot, &partitions, Handover::Revoked);
                let partitions = self.lost_to_its_name(slot, partitions);
                self.observe(timeline::Event::Revoked { member: index, partitions: &partitions, generation });
            }
            Observation::Lost { partitions, generation } => {
                self.read_no_longer(slot, &partitions, Handover::Expelled);
                let partitions = self.lost_to_its_name(slot, partitions);
                self.observe(timeline::Event::Lost { member: index, partitions: &partitions, generation });
            }
            Observation::Failed { error } => {
                self.observe(timeline::Event::Failed { member: index, error: error.name() });
            }
            Observation::Closed => self.observe_end(slot, timeline::Event::Closed { member: index }),
            Observation::Fetching { partitions, offsets } => self.read_on(slot, &partitions, &offsets),
            Observation::FetchingStopped { partitions, lost } => {
                let why = if lost { Handover::Expelled } else { Handover::Revoked };
                self.read_no_longer(slot, &partitions, why);
            }
            Observation::DeliveryPaused => {}
        }
    }

    /// A process has ended. If a successor of the same name is at work, that name has only lost what the successor does
    /// not have.
    pub(crate) fn observe_end(&mut self, slot: Slot, event: timeline::Event<'_>) {
        if self.successor(slot).is_none() {
            self.observe(event);
            return;
        }
        let process = &self.processes[slot.index()];
        let Some(consumer) = &process.consumer else { return };
        let (member, generation) = (process.member, consumer.generation());
        let partitions = self.lost_to_its_name(slot, consumer.owned().clone());
        if !partitions.is_empty() {
            self.observe(timeline::Event::Lost { member, partitions: &partitions, generation });
        }
    }

    /// What a process has lost and its successor, if there is one, does not have.
    fn lost_to_its_name(&self, slot: Slot, partitions: Partitions) -> Partitions {
        let successor = self.successor(slot).and_then(|process| process.consumer.as_ref());
        match successor.map(Consumer::owned) {
            Some(owned) if !owned.is_empty() => {
                partitions.iter().filter(|partition| owned.binary_search(partition).is_err()).cloned().collect()
            }
            _ => partitions,
        }
    }

    /// The process that has taken over the name of this one, if one has.
    fn successor(&self, slot: Slot) -> Option<&Process<'_>> {
        let current = self.current[self.processes[slot.index()].member.0 as usize];
        (current != slot).then(|| &self.processes[current.index()])
    }

    /// After a consumer has acted: does it need its application, is it ready, quiet, or gone?
    pub(crate) fn look_after(&mut self, slot: Slot, standing: Standing) {
        let process = &self.processes[slot.index()];
        if standing.is_ended() {
            let is_closing = process.consumer.as_ref().is_some_and(Consumer::is_closing);
            if !is_closing {
                let member = process.member;
                self.observe_end(slot, timeline::Event::Closed { member });
            }
            self.end_process(slot);
            return;
        }
        if standing.wants_poll() && process.status == Status::Running && !process.poll_scheduled {
            let at = self.end_of_batch(slot);
            self.schedule_poll(slot, at);
        }
        let process = &self.processes[slot.index()];
        if standing.is_ready() && process.status == Status::Running {
            self.member_is_ready(process.member);
        }
        if standing.is_quiet() {
            self.hold_quiet(slot);
        }
    }

    pub(crate) fn schedule_poll(&mut self, slot: Slot, at: SimTime) {
        let process = &mut self.processes[slot.index()];
        process.poll_scheduled = true;
        let life = process.life;
        self.schedule_with(at, || Event::EnterPoll { slot, life });
    }

    #[inline(always)]
    pub(crate) fn arm_consumer(&mut self, slot: Slot) {
        if let Some(consumer) = &self.processes[slot.index()].consumer {
            self.arm_consumer_for(slot, consumer.next_deadline());
        }
    }

    /// Arms a member's timer. One that is armed for this moment already keeps its place among what happens then.
    #[inline(always)]
    fn arm_consumer_for(&mut self, slot: Slot, deadline: SimTime) {
        let now = self.now();
        let timer = self.processes[slot.index()].timer;
        let deadline = if deadline == SimTime::NEVER { engine::NEVER } else { deadline.max(now).as_nanos() };
        if self.queue.deadline(timer).unwrap_or(engine::NEVER) != deadline {
            self.queue.arm(timer, deadline).expect("deadlines are not in the past");
        }
    }
}
