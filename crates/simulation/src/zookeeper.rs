//! ZooKeeper in a run: connections to the ensemble, messages under way, outages and cuts.
//!
//! Contract: messages of one connection do not overtake each other. Who is cut off from the ensemble learns nothing:
//! what is sent meanwhile, connections and their ends included, arrives when the cut is over (TCP sends it again), if
//! anybody is then left to receive it; who is reset learns it at once. A run without members that take slots has no
//! ensemble.

use engine::{Queue, Rng, Stream, Streams, TimerId};
use member::{Consumer, ZooKeeperAction, ZooKeeperInput};
use protocol::zookeeper::{Xid, ZooKeeperRequest};
use protocol::{SimDuration, SimTime};
use timeline::{MemberIndex, Observer};
use zookeeper::{ConnectionId, Ensemble, EnsembleAction, EnsembleConfig};

use crate::plan::Plan;
use crate::process::{Life, Slot, draw};
use crate::transport::{request_latency, response_latency};
use crate::world::{Event, World};

/// The ensemble of a run.
pub(crate) struct ZooKeeper {
    ensemble: Ensemble,
    pub(crate) timer: TimerId,
    /// How long writes take.
    writes: Stream,
    /// Which process each connection belongs to.
    owners: Vec<(Slot, Life)>,
    /// Until when nobody answers, and until when it stands still.
    down_until: SimTime,
    paused_until: SimTime,
    actions: Vec<EnsembleAction>,
}

impl ZooKeeper {
    /// The ensemble, if a member of the plan takes a slot. It was started at any time before the run.
    pub(crate) fn new(plan: &Plan, streams: &Streams, queue: &mut Queue<Event>) -> Option<Self> {
        if plan.members_ever().all(|member| member.slots.is_none()) {
            return None;
        }
        let tick = plan.zookeeper.tick_time.as_nanos().max(1);
        let into_tick = SimDuration::from_nanos(streams.stream("zookeeper's clock").next_u64() % tick);
        Some(Self {
            ensemble: Ensemble::new(EnsembleConfig { into_tick, ..plan.zookeeper }),
            timer: queue.new_timer(),
            writes: streams.stream("zookeeper's writes"),
            owners: Vec::new(),
            down_until: SimTime::ZERO,
            paused_until: SimTime::ZERO,
            actions: Vec::new(),
        })
    }
}

/// A process's connection to the ensemble.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnsembleLink {
    id: ConnectionId,
    /// When the last message arrives there, and here.
    last_there: SimTime,
    last_back: SimTime,
}

impl<O: Observer> World<'_, O> {
    /// A member does something on its connection to the ensemble.
    pub(crate) fn on_zookeeper_action(&mut self, slot: Slot, action: ZooKeeperAction) {
        match action {
            ZooKeeperAction::Connect => {
                let (life, at) = (self.processes[slot.index()].life, self.there(slot));
                self.schedule(at, Event::EnsembleCalled { slot, life });
            }
            ZooKeeperAction::Send { xid, request } => {
                let at = self.there(slot);
                let Some(link) = &mut self.processes[slot.index()].ensemble_link else { return };
                link.last_there = at.max(link.last_there);
                let (at, connection) = (link.last_there, link.id);
                self.schedule(at, Event::EnsembleAsked { connection, xid, request: Box::new(request) });
            }
            ZooKeeperAction::Disconnect => self.leave_ensemble(slot),
        }
    }

    /// The end of a process's connection is on its way.
    pub(crate) fn leave_ensemble(&mut self, slot: Slot) {
        let at = self.there(slot);
        let process = &mut self.processes[slot.index()];
        process.ensemble_calls += 1;
        if let Some(link) = process.ensemble_link.take() {
            self.schedule(at.max(link.last_there), Event::EnsembleLeft { connection: link.id });
        }
    }

    /// When a message that leaves a process now is with the ensemble.
    fn there(&mut self, slot: Slot) -> SimTime {
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        let latency = request_latency(&self.plan.environment, &mut process.draws.zookeeper);
        now.max(process.cut_until) + latency
    }

    /// A connection is asked for.
    pub(crate) fn ensemble_called(&mut self, slot: Slot, life: Life) {
        let now = self.now();
        let Some(zookeeper) = &mut self.zookeeper else { return };
        let process = &mut self.processes[slot.index()];
        if !process.is_alive(life) || process.ensemble_link.is_some() {
            return;
        }
        let back = response_latency(&self.plan.environment, &mut process.draws.zookeeper);
        let at = now.max(process.cut_until) + back;
        let is_refused = now < process.refused_until;
        let opened = if is_refused { None } else { zookeeper.ensemble.connect() };
        let input = match opened {
            Some(id) => {
                zookeeper.owners.push((slot, life));
                process.ensemble_link = Some(EnsembleLink { id, last_there: at, last_back: at });
                ZooKeeperInput::Opened
            }
            None => ZooKeeperInput::Gone,
        };
        let call = process.ensemble_calls;
        self.schedule(at, Event::EnsembleSays { slot, life, call, input: Box::new(input) });
    }

    /// A request is there.
    pub(crate) fn ensemble_asked(&mut self, connection: ConnectionId, xid: Xid, request: ZooKeeperRequest) {
        let now = self.now();
        let Some(zookeeper) = &mut self.zookeeper else { return };
        let is_read =
            matches!(request, ZooKeeperRequest::Ping | ZooKeeperRequest::Exists { .. } | ZooKeeperRequest::Get { .. });
        let service = if is_read {
            SimDuration::ZERO
        } else {
            draw(&self.plan.environment.zookeeper_write, &mut zookeeper.writes)
        };
        zookeeper.ensemble.handle(connection, xid, request, now, service);
        self.wake_ensemble();
    }

    /// The end of a connection is there.
    pub(crate) fn ensemble_left(&mut self, connection: ConnectionId) {
        if let Some(zookeeper) = &mut self.zookeeper {
            zookeeper.ensemble.disconnect(connection);
        }
        self.wake_ensemble();
    }

    /// Something from the ensemble is here.
    pub(crate) fn ensemble_says(&mut self, slot: Slot, life: Life, call: u32, input: ZooKeeperInput) {
        let process = &mut self.processes[slot.index()];
        if !process.is_alive(life) || process.ensemble_calls != call {
            return;
        }
        if input == ZooKeeperInput::Gone {
            process.ensemble_link = None;
            process.ensemble_calls += 1;
        }
        self.with_consumer(slot, |consumer: &mut Consumer, cx| consumer.on_zookeeper(input, cx));
    }

    /// The ensemble does what is due.
    pub(crate) fn wake_ensemble(&mut self) {
        let now = self.now();
        let Some(zookeeper) = &mut self.zookeeper else { return };
        let mut actions = std::mem::take(&mut zookeeper.actions);
        zookeeper.ensemble.on_deadline(now, &mut actions);
        self.say_for_ensemble(&mut actions);
        if let Some(zookeeper) = &mut self.zookeeper {
            if cfg!(debug_assertions) {
                zookeeper.ensemble.check();
            }
            zookeeper.actions = actions;
            let deadline = zookeeper.ensemble.next_deadline();
            let deadline = if deadline == SimTime::NEVER { engine::NEVER } else { deadline.max(now).as_nanos() };
            self.queue.arm(zookeeper.timer, deadline).expect("deadlines are not in the past");
        }
    }

    fn say_for_ensemble(&mut self, actions: &mut Vec<EnsembleAction>) {
        for action in actions.drain(..) {
            let (connection, input) = match action {
                EnsembleAction::Reply { connection, xid, response } => {
                    (connection, ZooKeeperInput::Answer { xid, response })
                }
                EnsembleAction::Notify { connection, event } => (connection, ZooKeeperInput::Notice(event)),
                EnsembleAction::HangUp { connection } => (connection, ZooKeeperInput::Gone),
            };
            let Some(zookeeper) = &self.zookeeper else { return };
            let (slot, life) = zookeeper.owners[connection.index()];
            let now = self.now();
            let process = &mut self.processes[slot.index()];
            let call = process.ensemble_calls;
            let Some(link) = process.ensemble_link.as_mut().filter(|link| link.id == connection) else { continue };
            let back = response_latency(&self.plan.environment, &mut process.draws.zookeeper);
            let at = (now.max(process.cut_until) + back).max(link.last_back);
            link.last_back = at;
            self.schedule(at, Event::EnsembleSays { slot, life, call, input: Box::new(input) });
        }
    }

    /// Nobody answers in ZooKeeper for a while.
    pub(crate) fn zookeeper_outage(&mut self, length: SimDuration) {
        let back = self.now() + length;
        let Some(zookeeper) = &mut self.zookeeper else { return };
        zookeeper.down_until = zookeeper.down_until.max(back);
        let mut actions = Vec::new();
        zookeeper.ensemble.go_down(&mut actions);
        self.say_for_ensemble(&mut actions);
        self.schedule(back, Event::EnsembleBack);
        self.wake_ensemble();
    }

    pub(crate) fn ensemble_back(&mut self) {
        let now = self.now();
        if let Some(zookeeper) = self.zookeeper.as_mut().filter(|zookeeper| zookeeper.down_until <= now) {
            zookeeper.ensemble.come_up(now);
        }
        self.wake_ensemble();
    }

    /// ZooKeeper stands still for a while.
    pub(crate) fn zookeeper_pause(&mut self, length: SimDuration) {
        let until = self.now() + length;
        let Some(zookeeper) = &mut self.zookeeper else { return };
        zookeeper.paused_until = zookeeper.paused_until.max(until);
        zookeeper.ensemble.pause();
        self.schedule(until, Event::EnsembleGoesOn);
        self.wake_ensemble();
    }

    pub(crate) fn ensemble_goes_on(&mut self) {
        let now = self.now();
        let Some(zookeeper) = self.zookeeper.as_mut().filter(|zookeeper| zookeeper.paused_until <= now) else { return };
        let mut actions = Vec::new();
        zookeeper.ensemble.resume(now, &mut actions);
        self.say_for_ensemble(&mut actions);
        self.wake_ensemble();
    }

    /// A member's connection is reset, which both ends learn at once, and others are refused for a while.
    pub(crate) fn reset_zookeeper(&mut self, member: MemberIndex, length: SimDuration) {
        let now = self.now();
        let slot = self.current[member.0 as usize];
        let process = &mut self.processes[slot.index()];
        process.refused_until = now + length;
        let Some(link) = process.ensemble_link.take() else { return };
        let (life, call) = (process.life, process.ensemble_calls);
        let at = now + response_latency(&self.plan.environment, &mut process.draws.zookeeper);
        self.ensemble_left(link.id);
        self.schedule(at, Event::EnsembleSays { slot, life, call, input: Box::new(ZooKeeperInput::Gone) });
    }

    /// A member's process and the ensemble do not hear each other for a while.
    pub(crate) fn cut_from_zookeeper(&mut self, member: MemberIndex, length: SimDuration) {
        let until = self.now() + length;
        let slot = self.current[member.0 as usize];
        self.processes[slot.index()].cut_until = until;
    }
}
