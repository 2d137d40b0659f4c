//! What faults of the network do to members: what is said when they begin and end, what becomes of fetches, and of
//! connections that are given up.
//!
//! Contract: what a member fetches is no message here ([`crate::flow`]), so the fetch that is under way when the
//! network is cut is followed by itself, until its answer gets through or its client drops the connection and has
//! another one.

use broker::ConnectionId;
use engine::Distribution;
use member::{ClientConfig, ClientFamily, Consumer, Destination};
use protocol::{SimDuration, SimTime};
use timeline::{MemberIndex, Observer};

use super::dialling::Dialling;
use super::{Network, tcp};
use crate::process::{Life, Process, Slot, Status, draw};
use crate::transport::{connection_set_up, request_latency, response_latency};
use crate::world::{Event, World};

/// How long a client waits for the answer to a fetch.
fn fetch_timeout(client: ClientFamily, config: &ClientConfig) -> SimDuration {
    match client {
        // `NetworkClient`: every request.
        ClientFamily::Java => config.request_timeout,
        // `rd_kafka_broker_fetch_toppars`, `connTimeouter`: and the time that the broker may take.
        ClientFamily::Librdkafka | ClientFamily::FranzGo => config.request_timeout + config.fetch_max_wait,
    }
}

/// How long an idle connection is kept by a Java client (`connections.max.idle.ms`).
const IDLE: SimDuration = SimDuration::from_secs(540);

/// Whether a client that is so old asks for coordinators on a connection that it fetches on.
fn shares_connection(client: ClientFamily, age: SimDuration) -> bool {
    match client {
        // With all known brokers gone it turns to those that it knew at first (`metadata.recovery.strategy`): on the
        // connection that it began with, if it has it still.
        ClientFamily::Java => age > IDLE,
        ClientFamily::Librdkafka => true,
        // It keeps one each for fetches, for requests of the group, and for others (`brokerCxn`).
        ClientFamily::FranzGo => false,
    }
}

impl Network<'_> {
    /// A Java client has lost all brokers that it knows, and asks those that it knew at first, on the connection that
    /// it began with, again and again. When it gives that up, if it does.
    fn looks_elsewhere(&mut self, process: &mut Process<'_>, at: SimTime) -> Option<(SimTime, ConnectionId)> {
        let shares = shares_connection(process.client, at.since(process.created));
        let first = process.links.iter_mut().find(|link| link.to == Destination::Bootstrap);
        let link = first.filter(|_| process.client == ClientFamily::Java && !shares)?;
        let arrival = tcp::fetched_arrival(self.cuts_of(process.member), at, SimDuration::ZERO);
        link.last_request = link.last_request.max(arrival);
        let over = at + process.plan.config.request_timeout;
        (arrival > over).then_some((over, link.id))
    }
}

impl<O: Observer> World<'_, O> {
    /// Nothing passes between a member and the brokers for a while, from now on.
    pub(crate) fn network_is_cut(&mut self, member: MemberIndex) {
        let slot = self.current[member.0 as usize];
        self.release(slot);
        let process = &self.processes[slot.index()];
        // Whoever is still cut off has this one reckoned in.
        if self.is_cut_off(slot) || !matches!(process.status, Status::Running | Status::Hung) {
            return;
        }
        let life = process.life;
        self.observe(timeline::Event::CutOff { member });
        // What an application had committed by itself has arrived.
        self.commit_before_hang(slot);
        let again = self.fetched_again_at(slot);
        if let Some(network) = &mut self.network {
            network.fetching_again.insert(slot, again);
        }
        self.tell_phase(slot);
        self.starve_reader(slot, again);
        self.schedule(again, Event::FetchesAgain { slot, life });
    }

    /// When the fetch is answered that is under way now, as the network is cut, or another one in its place.
    fn fetched_again_at(&mut self, slot: Slot) -> SimTime {
        let now = self.now();
        let environment = &self.plan.environment;
        let answered = self.next_answer(slot);
        let Some(network) = &mut self.network else { return now };
        let process = &mut self.processes[slot.index()];
        let (member, client) = (process.member, process.client);
        if process.consumer.as_ref().is_none_or(|consumer| consumer.owned().is_empty()) {
            // It fetches nothing.
            return network.cut_until(member, now);
        }
        let back = response_latency(environment, &mut network.draws) + network.mean_delay(member, answered);
        let arrival = tcp::fetched_arrival(network.cuts_of(member), answered, back);
        let over = now + fetch_timeout(client, &process.plan.config);
        let is_shared = shares_connection(client, now.since(process.created));
        let shared = process.links.iter_mut().find(|link| is_shared && link.to == Destination::Bootstrap);
        if arrival <= over {
            // Other answers wait behind this one.
            shared.into_iter().for_each(|link| link.last_response = link.last_response.max(arrival));
            return arrival;
        }
        // Its client drops the connection, and all that waits for an answer on it.
        let (life, shared) = (process.life, shared.map(|link| link.id));
        let asked = network.looks_elsewhere(process, over);
        let begin = over + Dialling::of(client).backoff_after(1, &mut network.draws);
        let set_up = connection_set_up(environment, &mut network.draws);
        let ready = network.dial_until_it_is_there((member, client), begin, set_up);
        let fetch =
            request_latency(environment, &mut network.draws) + response_latency(environment, &mut network.draws);
        let again = tcp::message_arrival(network.cuts_of(member), ready, fetch, SimTime::ZERO);
        for (at, connection) in shared.map(|id| (over, id)).into_iter().chain(asked) {
            self.schedule(at, Event::ConnectionGivenUp { slot, life, connection });
        }
        again
    }

    /// When the broker answers the fetch that is under way.
    fn next_answer(&mut self, slot: Slot) -> SimTime {
        let now = self.now();
        let wait = self.processes[slot.index()].plan.config.fetch_max_wait;
        self.look_closely_and_tell(slot, now);
        if let Some((reading, logs)) = self.flows.as_mut().and_then(|flows| flows.reading(slot)) {
            return match reading.reader.takes_polls() {
                true => reading.reader.answer_of_fetch(logs),
                false => reading.reader.next_records(logs).max(now).min(now + wait),
            };
        }
        let longest = Distribution::Uniform { lo: 0, hi: wait.as_nanos() };
        self.network.as_mut().map_or(now, |network| now + draw(&longest, &mut network.draws))
    }

    /// A process that was cut off is given records again, of what was not taken from it meanwhile.
    pub(crate) fn fetches_again(&mut self, slot: Slot, life: Life) {
        let Some(network) = &mut self.network else { return };
        if !self.processes[slot.index()].is_alive(life) {
            return;
        }
        network.fetching_again.remove(&slot);
        let process = &mut self.processes[slot.index()];
        process.has_hung = true;
        let (member, is_running) = (process.member, process.status == Status::Running);
        self.observe(timeline::Event::CutOver { member });
        if is_running {
            self.transactions_go_on(slot);
        }
        self.tell_reads_on(slot);
        self.tell_phase(slot);
    }

    /// An attempt at a connection has come to nothing, or what waits on it has waited for too long.
    pub(crate) fn connection_given_up(&mut self, slot: Slot, life: Life, connection: ConnectionId) {
        if !self.processes[slot.index()].is_alive(life) {
            return;
        }
        self.release(slot);
        let process = &self.processes[slot.index()];
        let client = process.client;
        let Some(place) = process.links.iter().position(|link| link.id == connection) else { return };
        let link = self.drop_link(slot, place);
        if let Some(network) = &mut self.network
            && link.to == Destination::Bootstrap
            && link.ready == SimTime::NEVER
        {
            network.begins_anew(slot, client);
        }
        self.with_consumer(slot, |consumer: &mut Consumer, cx| consumer.on_disconnect(link.to, cx));
    }

    /// The network between a member and the brokers is slow from now on.
    pub(crate) fn network_is_slow(&mut self, member: MemberIndex, length: SimDuration) {
        let over = self.now() + length;
        let slot = self.current[member.0 as usize];
        self.release(slot);
        self.fetches_change_pace(slot);
        self.schedule(over, Event::NetworkAsBefore { member });
    }

    /// By how much a process's fetches take longer each way now.
    pub(crate) fn delay_of_fetches(&self, slot: Slot) -> SimDuration {
        let (now, member) = (self.now(), self.processes[slot.index()].member);
        self.network.as_ref().map_or(SimDuration::ZERO, |network| network.mean_delay(member, now))
    }

    /// Whether a process has been cut off and is given no records yet.
    pub(crate) fn is_cut_off(&self, slot: Slot) -> bool {
        self.network.as_ref().is_some_and(|network| network.is_cut_off(slot))
    }

    /// Faults are expected.
    pub(crate) fn plan_faults(&mut self) {
        let warnings: Vec<_> = self.network.iter().flat_map(Network::warnings).collect();
        for (member, at) in warnings {
            self.schedule(at, Event::FaultAhead { member });
        }
    }

    /// Whether a fault of the network makes this process's messages late, or soon will: then each of them is sent.
    pub(crate) fn is_disturbed(&self, slot: Slot) -> bool {
        let member = self.processes[slot.index()].member;
        self.network.as_ref().is_some_and(|network| network.is_disturbed(slot, member, self.now()))
    }
}
