//! Lives of processes: starting, ending, hanging.
//!
//! Contract: a process ends by a clean stop, by being killed, or by an error of its consumer; its connections end
//! with it, and what it had sent still arrives. A new process of the same name may start while the old one is still
//! being closed.

use std::sync::Arc;

use engine::Rng;
use member::{ClientConfig, ClientFamily, Consumer, GroupMembershipOperation, Identity};
use protocol::{ClientHost, ClientId, SimDuration, SimTime};
use timeline::{MemberIndex, Observer};

use crate::environment::is_cold;
use crate::flow::is_ever_busy;
use crate::plan::{ApplicationPlan, OnSigterm, Stop};
use crate::process::{Absence, Life, POLL_TIMEOUT, Slot, Status, draw};
use crate::world::{Event, World};

impl<'p, O: Observer> World<'p, O> {
    /// A process starts, unless one of that name is at work. One that is still being closed goes on beside it.
    pub(crate) fn launch(&mut self, member: MemberIndex) {
        let plan = self.next_lives[member.0 as usize];
        let mut slot = self.current[member.0 as usize];
        match self.processes[slot.index()].status {
            Status::Down => {}
            Status::Closing => {
                slot = self.add_process(member);
                self.current[member.0 as usize] = slot;
            }
            Status::Starting | Status::Running | Status::Hung => return,
        }
        let (now, config) = (self.now(), self.shared_config(&plan.config));
        let application = self.shared_application(&plan.application);
        let process = &mut self.processes[slot.index()];
        (process.plan, process.client, process.application) = (plan, plan.client, application);
        process.life = Life(process.life.0 + 1);
        process.status = Status::Starting;
        process.restart = None;
        process.is_told_to_end = false;
        process.busy_until = SimTime::ZERO;
        let life = process.life;
        process.created = now
            + draw(&plan.application.start_up, &mut process.draws.application)
            + draw(&plan.application.start_up_together, &mut self.starts_together.at(now.as_nanos()));
        let first_poll = process.created
            + draw(&self.plan.environment.client_start, &mut process.draws.steps)
            + if is_cold(now) && plan.client.profile().has_runtime { self.cold_start } else { SimDuration::ZERO };
        let identity = Identity {
            group: self.plan.group.clone(),
            client_id: ClientId::new(&plan.name),
            client_host: ClientHost::new("/127.0.0.1"),
            topics: Arc::from(plan.topics.as_slice()),
            pattern: plan.pattern.clone(),
        };
        let mut consumer = match &plan.slots {
            Some(slots) => Consumer::with_slots(slots.clone(), plan.config.clone(), identity),
            None => Consumer::new(plan.client, config, identity),
        };
        consumer.set_backlogged(is_ever_busy(application));
        process.consumer = Some(consumer);
        if let Some(instance) = &plan.config.instance_id {
            self.instances.entry(instance.clone()).or_default().insert(slot);
        }
        self.begin_life(slot);
        self.observe(timeline::Event::Started { member });
        self.tell_phase(slot);
        self.process_has_started(member);
        self.schedule(first_poll, Event::FirstPoll { slot, life });
    }

    /// A consumer's settings; the same ones again if the last one's were the same.
    fn shared_config(&mut self, config: &ClientConfig) -> Arc<ClientConfig> {
        match &self.latest_config {
            Some(latest) if **latest == *config => latest.clone(),
            _ => self.latest_config.insert(Arc::new(config.clone())).clone(),
        }
    }

    /// What an application does, in the same place again if the last one did the same.
    fn shared_application(&mut self, application: &'p ApplicationPlan) -> &'p ApplicationPlan {
        match self.latest_application {
            Some(latest) if latest == application => latest,
            _ => self.latest_application.insert(application),
        }
    }

    /// Its consumer polls for the first time.
    pub(crate) fn first_poll(&mut self, slot: Slot, life: Life) {
        if self.processes[slot.index()].is_alive(life) {
            self.processes[slot.index()].status = Status::Running;
            self.begin_reports(slot, life);
            let created = self.processes[slot.index()].created;
            self.with_consumer(slot, |consumer, cx| consumer.start(created, cx));
            self.watch_batches(slot, life);
        }
    }

    /// A process is told to end.
    pub(crate) fn stop(&mut self, member: MemberIndex, stop: Stop) {
        let slot = self.current[member.0 as usize];
        self.release(slot);
        let process = &mut self.processes[slot.index()];
        let (status, life) = (process.status, process.life);
        process.is_told_to_end |= stop != Stop::Kill;
        let stop = match (stop, process.plan.application.on_sigterm) {
            (Stop::Signal { grace }, OnSigterm::Close) => {
                Stop::Close { grace, membership: GroupMembershipOperation::Default }
            }
            (Stop::Signal { .. }, OnSigterm::Exit) => Stop::Kill,
            (stop, _) => stop,
        };
        match stop {
            Stop::Signal { grace } if status != Status::Down => {
                let over = self.now() + grace;
                self.schedule(over, Event::GraceOver { slot, life });
            }
            Stop::Kill if status != Status::Down => self.kill(slot),
            Stop::Close { .. } if status == Status::Starting => self.end_process(slot),
            Stop::Close { grace, membership } if matches!(status, Status::Running | Status::Hung) => {
                self.observe(timeline::Event::Closing { member });
                self.processes[slot.index()].closing_as = membership;
                let was_hung = status == Status::Hung;
                self.processes[slot.index()].status = Status::Closing;
                self.tell_phase(slot);
                let over = self.now() + grace;
                self.schedule(over, Event::GraceOver { slot, life });
                let busy_until = self.end_of_batch(slot);
                if was_hung {
                    return;
                }
                let busy_until = if busy_until > self.now() { busy_until } else { self.end_of_poll(slot) };
                // A signal handler of its own does not wait for the batch.
                let waits = self.processes[slot.index()].plan.slots.is_none();
                if busy_until > self.now() && waits {
                    self.schedule_poll(slot, busy_until);
                } else {
                    self.close_consumer(slot);
                }
            }
            Stop::Kill | Stop::Close { .. } | Stop::Signal { .. } => {}
        }
    }

    /// When the `poll` that an idle application is in returns. Java's can be woken up and franz-go's cancelled, so they
    /// do at once. In librdkafka's the application stays: for one record until there is one, for more
    /// (`rd_kafka_consume_batch_queue`, which waits until it has them all) until its timeout.
    fn end_of_poll(&mut self, slot: Slot) -> SimTime {
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        if process.client != ClientFamily::Librdkafka {
            return now;
        }
        let timeout = now + SimDuration::from_nanos(process.draws.passes.next_u64() % POLL_TIMEOUT.as_nanos());
        match self.flows.as_mut().and_then(|flows| flows.positions(slot)) {
            Some(mut positions) if process.plan.config.max_poll_records == 1 => {
                timeout.min(positions.next_records(now))
            }
            _ => timeout,
        }
    }

    fn close_consumer(&mut self, slot: Slot) {
        self.remember_membership(slot);
        let membership = self.processes[slot.index()].closing_as;
        self.with_consumer(slot, |consumer, cx| consumer.close_with(membership, cx));
    }

    /// The process is gone without a word.
    pub(crate) fn kill(&mut self, slot: Slot) {
        self.release(slot);
        let member = self.processes[slot.index()].member;
        self.observe_end(slot, timeline::Event::Killed { member });
        self.end_process(slot);
    }

    /// The process has ended, one way or another; its next life may be waiting.
    pub(crate) fn end_process(&mut self, slot: Slot) {
        let now = self.now();
        self.end_life(slot);
        if self.processes[slot.index()].consumer.as_ref().is_some_and(Consumer::is_ended) {
            self.report(slot, now);
        }
        self.forget_gathered(slot);
        if let Some(network) = &mut self.network {
            network.forget(slot);
        }
        let process = &mut self.processes[slot.index()];
        process.status = Status::Down;
        let ended_by_itself = process.consumer.take().filter(Consumer::is_ended);
        process.poll_scheduled = false;
        self.queue.disarm(process.timer);
        let links = std::mem::take(&mut process.links);
        let restart = process.restart.take();
        let (member, policy) = (process.member, process.plan.application.restarted);
        let is_told_to_end = process.is_told_to_end;
        self.tell_phase(slot);
        for link in links {
            self.end_link(&link);
        }
        self.leave_ensemble(slot);
        let has_failed = ended_by_itself.is_none_or(|consumer| consumer.exit_status() != 0);
        let replaced = policy.filter(|policy| !is_told_to_end && (policy.always || has_failed));
        if let Some((at, start_after)) = restart {
            self.schedule(at.max(now + start_after), Event::Launch { member });
        } else if let Some(policy) = replaced {
            self.schedule(now + policy.delay, Event::Launch { member });
        }
    }

    pub(crate) fn hang(&mut self, member: MemberIndex, length: SimDuration) {
        let (now, slot) = (self.now(), self.current[member.0 as usize]);
        let process = &mut self.processes[slot.index()];
        match (process.status, process.away_for) {
            (Status::Running, _) => match self.overlong_batch(slot) {
                Some((since, until)) => self.stay_away(slot, Absence::Batch, since, until + length),
                None => self.stay_away(slot, Absence::Hang, now, now + length),
            },
            // Nobody works on the batch meanwhile.
            (Status::Hung, Absence::Batch) => process.away_until += length,
            (Status::Hung, Absence::Hang) => process.away_until = process.away_until.max(now + length),
            (Status::Down | Status::Starting | Status::Closing, _) => {}
        }
    }

    /// An application that has not polled since then will not before `until`.
    pub(crate) fn stay_away(&mut self, slot: Slot, why: Absence, since: SimTime, until: SimTime) {
        self.release(slot);
        self.commit_before_hang(slot);
        let process = &mut self.processes[slot.index()];
        process.status = Status::Hung;
        (process.away_for, process.away_until) = (why, until);
        let (member, life) = (process.member, process.life);
        self.observe(timeline::Event::Hung { member });
        let standing = self.with_consumer_at(slot, since, Consumer::away);
        self.look_after(slot, standing);
        self.schedule(until, Event::HangOver { slot, life });
    }

    pub(crate) fn hang_over(&mut self, slot: Slot, life: Life) {
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        if !process.is_alive(life) {
            return;
        }
        match process.status {
            Status::Hung | Status::Closing if process.away_until > now => {
                let until = process.away_until;
                self.schedule(until, Event::HangOver { slot, life });
            }
            Status::Hung => {
                process.status = Status::Running;
                process.has_hung = true;
                let member = process.member;
                self.observe(timeline::Event::HangOver { member });
                // Whoever is cut off goes on with them when it is not any more.
                if !self.is_cut_off(slot) {
                    self.transactions_go_on(slot);
                }
                self.with_consumer(slot, Consumer::poll);
            }
            Status::Closing => self.close_consumer(slot),
            Status::Down | Status::Starting | Status::Running => {}
        }
    }

    pub(crate) fn enter_poll(&mut self, slot: Slot, life: Life) {
        let process = &mut self.processes[slot.index()];
        if !process.is_alive(life) {
            return;
        }
        process.poll_scheduled = false;
        match process.status {
            Status::Running => self.with_consumer(slot, Consumer::poll),
            Status::Closing => self.close_consumer(slot),
            Status::Down | Status::Starting | Status::Hung => {}
        }
    }
}
