//! Messages on their way: when they arrive.
//!
//! Contract: messages of one connection never overtake each other; a connection is set up at its first use (TCP
//! handshake and ApiVersions: two round trips). Heartbeats and commits draw their latencies, and how long it takes to
//! append what they change, by number, everything else in order, so that leaving out the heartbeats of a quiet group
//! changes nothing else. Left out: bandwidth and message size.

use engine::{Distribution, Draw, Rng};
use member::{ClientFamily, Consumer, Destination, Routine as _};
use protocol::message::{Request, Response};
use protocol::{MemberEpoch, RequestToken, SimDuration, SimTime};
use timeline::Observer;

use crate::environment::{Environment, is_cold};
use crate::network::Dialled;
use crate::process::{Link, Process, Slot, draw};
use crate::world::{Event, World};

/// Round trips before the first request of a connection: TCP, ApiVersions.
const SET_UP_ROUND_TRIPS: u64 = 2;
/// How many messages that is.
pub(crate) const SET_UP_MESSAGES: u64 = 2 * SET_UP_ROUND_TRIPS;

/// What makes up a message's way; each part is drawn by one number.
#[derive(Clone, Copy)]
struct Way<'a> {
    /// How late it leaves.
    late: Option<&'a Distribution>,
    parts: [&'a Distribution; 2],
    /// From one thread of its client to another.
    hand_over: Option<&'a Distribution>,
}

impl<'a> Way<'a> {
    /// From a request's departure until the coordinator sees it.
    fn there(environment: &'a Environment) -> Self {
        Self { late: None, parts: [&environment.one_way, &environment.request_handling], hand_over: None }
    }

    /// From an answer's departure until its reader acts on it.
    fn back(environment: &'a Environment) -> Self {
        Self { late: None, parts: [&environment.one_way, &environment.client_wake_up], hand_over: None }
    }

    /// The same to or from this client.
    ///
    /// It takes more each way if the thread that decides does not speak to the broker itself: librdkafka has a thread
    /// for each connection (`rd_kafka_broker_thread_main`) beside its main one. What passes between franz-go's
    /// goroutines costs next to nothing.
    fn of(self, environment: &'a Environment, client: ClientFamily) -> Self {
        let hands_over = client == ClientFamily::Librdkafka;
        Self { hand_over: hands_over.then_some(&environment.client_wake_up), ..self }
    }

    /// How long all of it takes.
    fn draw(&self, stream: &mut impl Rng) -> SimDuration {
        let late = self.late.map_or(SimDuration::ZERO, |late| draw(late, stream));
        let [first, second] = self.parts;
        let length = late + draw(first, stream) + draw(second, stream);
        self.hand_over.map_or(length, |hand_over| length + draw(hand_over, stream))
    }

    /// How long it can take at most.
    fn longest(&self) -> SimDuration {
        let parts = self.parts.into_iter().chain(self.late).chain(self.hand_over);
        parts.map(|part| SimDuration::from_nanos(part.max())).sum()
    }

    /// How many numbers that takes.
    fn numbers(&self) -> usize {
        self.parts.len() + usize::from(self.late.is_some()) + usize::from(self.hand_over.is_some())
    }
}

/// From a request's departure until the coordinator sees it.
pub(crate) fn request_latency(environment: &Environment, stream: &mut impl Rng) -> SimDuration {
    Way::there(environment).draw(stream)
}

/// From an answer's departure until its reader acts on it.
pub(crate) fn response_latency(environment: &Environment, stream: &mut impl Rng) -> SimDuration {
    Way::back(environment).draw(stream)
}

/// Passes over the numbers by which the latencies of a request and its answer would be drawn, so that all later draws
/// are the same; gives no time.
pub(crate) fn trip_passed_over(environment: &Environment, stream: &mut impl Rng) -> SimDuration {
    for _ in 0..Way::there(environment).numbers() + Way::back(environment).numbers() {
        stream.next_u64();
    }
    SimDuration::ZERO
}

/// What a request that leaves at `now` takes in addition because every path is taken for the first time.
fn cold(environment: &Environment, now: SimTime, process: &mut Process) -> SimDuration {
    if is_cold(now) { draw(&environment.cold_request, &mut process.draws.network) } else { SimDuration::ZERO }
}

/// How late a heartbeat leaves whose timer waits for a processor. Other clients than franz-go reckon with their timers'
/// lateness themselves.
fn timer_lateness(environment: &Environment, client: ClientFamily) -> Option<&Distribution> {
    (client == ClientFamily::FranzGo && environment.processors.is_some()).then_some(&environment.heartbeat_slip)
}

/// How long setting up a connection takes.
pub(crate) fn connection_set_up(environment: &Environment, stream: &mut impl Rng) -> SimDuration {
    let mut set_up = draw(&environment.connection, stream);
    for _ in 0..SET_UP_ROUND_TRIPS {
        set_up += request_latency(environment, stream);
        set_up += draw(&environment.one_way, stream);
    }
    set_up
}

/// One numbered routine message: its request draws first, its answer after; its last number is for what it appends.
#[derive(Clone, Copy)]
pub(crate) enum Routine {
    /// The heartbeat with this number.
    Heartbeat(u64),
    /// The commit with this number.
    Commit(u64),
}

/// Where the number for what a routine message appends is in its draw: behind those of its ways.
const APPEND: usize = 7;

impl Routine {
    fn latest_heartbeat(consumer: &Consumer) -> Self {
        Self::Heartbeat(consumer.heartbeats().sent)
    }

    fn latest_commit(consumer: &Consumer) -> Self {
        Self::Commit(consumer.commits().sent)
    }

    /// What a request is that its client has just sent, or waits for the answer to.
    pub(crate) fn of(request: &Request, consumer: &Consumer) -> Option<Self> {
        match request {
            Request::Heartbeat(_) | Request::ConsumerGroupHeartbeat(_) => Some(Self::latest_heartbeat(consumer)),
            Request::OffsetCommit(_) => Some(Self::latest_commit(consumer)),
            _ => None,
        }
    }

    /// Which routine message an answer belongs to, if to one.
    fn answered_by(response: &Response, consumer: &Consumer) -> Option<Self> {
        match response {
            Response::Heartbeat(_) | Response::ConsumerGroupHeartbeat(_) => Some(Self::latest_heartbeat(consumer)),
            Response::OffsetCommit(_) => Some(Self::latest_commit(consumer)),
            _ => None,
        }
    }

    fn draw<'a>(&self, process: &'a mut Process<'_>) -> Draw<'a> {
        match self {
            Self::Heartbeat(number) => process.draws.heartbeats.at(*number),
            Self::Commit(number) => process.draws.commits.at(*number),
        }
    }

    fn way_there<'a>(&self, environment: &'a Environment, client: ClientFamily) -> Way<'a> {
        let late = match self {
            Self::Heartbeat(_) => timer_lateness(environment, client),
            Self::Commit(_) => None,
        };
        Way { late, ..Way::there(environment).of(environment, client) }
    }

    /// How long this message takes to reach the coordinator.
    pub(crate) fn request_latency(&self, process: &mut Process<'_>, environment: &Environment) -> SimDuration {
        self.way_there(environment, process.client).draw(&mut self.draw(process))
    }

    /// How long a heartbeat can take at most to reach the coordinator.
    pub(crate) fn longest_heartbeat_latency(client: ClientFamily, environment: &Environment) -> SimDuration {
        Self::Heartbeat(0).way_there(environment, client).longest()
    }

    /// How long the append takes that this message causes.
    pub(crate) fn append_latency(&self, process: &mut Process<'_>, environment: &Environment) -> SimDuration {
        draw(&environment.log_append, &mut self.draw(process).without(APPEND))
    }

    fn response_latency(&self, process: &mut Process<'_>, environment: &Environment) -> SimDuration {
        let client = process.client;
        let there = self.way_there(environment, client).numbers();
        Way::back(environment).of(environment, client).draw(&mut self.draw(process).without(there))
    }
}

impl<O: Observer> World<'_, O> {
    /// A member sends a request, leaving at `departure`.
    pub(crate) fn send(
        &mut self,
        slot: Slot,
        to: Destination,
        token: RequestToken,
        request: Request,
        departure: SimTime,
    ) {
        if self.reads_logs {
            self.log_request(slot, &request);
        }
        let environment = &self.plan.environment;
        let now = self.now();
        let place = self.processes[slot.index()].links.iter().position(|link| link.to == to);
        let worked = if place.is_none() { self.work_at_connection() } else { SimDuration::ZERO };
        let process = &mut self.processes[slot.index()];
        let consumer = process.consumer.as_ref().expect("only a consumer sends requests");
        let latency = match (&request, Routine::of(&request, consumer)) {
            (Request::ConsumerGroupHeartbeat(heartbeat), Some(routine))
                if heartbeat.member_epoch == MemberEpoch::JOIN =>
            {
                routine.request_latency(process, environment) + cold(environment, now, process)
            }
            (_, Some(routine)) => routine.request_latency(process, environment),
            (_, None) => {
                // What comes before the coordinator is known is part of the start of a runtime.
                let is_warm = to == Destination::Bootstrap && process.client.profile().has_runtime;
                let draws = &mut process.draws.network;
                Way::there(environment).of(environment, process.client).draw(draws)
                    + if is_warm { SimDuration::ZERO } else { cold(environment, now, process) }
            }
        };
        let place = place.unwrap_or_else(|| self.open_link(slot, to, departure + worked));
        let process = &mut self.processes[slot.index()];
        let life = process.life;
        let link = &mut process.links[place];
        if link.ready == SimTime::NEVER {
            return;
        }
        let departure = departure.max(link.ready);
        let arrival = match &mut self.network {
            None => (departure + latency).max(link.last_request),
            Some(network) => network.arrival((slot, process.member), departure, latency, link.last_request),
        };
        let arrival = arrival.max(now);
        link.last_request = arrival;
        let connection = link.id;
        self.schedule_with(arrival, || Event::Request { slot, life, connection, token, request });
    }

    /// A connection is set up from `begin` on; its place among those of its process.
    fn open_link(&mut self, slot: Slot, to: Destination, begin: SimTime) -> usize {
        let environment = &self.plan.environment;
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        let has_runtime = process.client.profile().has_runtime;
        let set_up = connection_set_up(environment, &mut process.draws.network)
            + if has_runtime { SimDuration::ZERO } else { cold(environment, now, process) };
        let node = match to {
            Destination::Bootstrap => None,
            Destination::Coordinator(node) | Destination::CoordinatorWaiting(node) => Some(node),
        };
        let id = self.broker.connect(node);
        let owner = (slot, process.life);
        if self.connection_owners.len() <= id.index() {
            self.connection_owners.resize(id.index() + 1, owner);
        }
        self.connection_owners[id.index()] = owner;
        let (life, of) = (process.life, (slot, process.member, process.client));
        let dialled = self.network.as_mut().map(|network| network.dial(of, to, begin, set_up));
        let (ready, last) = match dialled {
            None => (begin + set_up, begin + set_up),
            Some(Dialled::Ready(ready)) => (ready, ready),
            Some(Dialled::GivenUp(at)) => {
                self.schedule(at, Event::ConnectionGivenUp { slot, life, connection: id });
                (SimTime::NEVER, begin)
            }
        };
        let links = &mut self.processes[slot.index()].links;
        links.push(Link { to, id, ready, last_request: last, last_response: last });
        links.len() - 1
    }

    /// When an answer sent now on this link reaches its reader.
    pub(crate) fn response_arrival(&mut self, slot: Slot, place: usize, response: &Response) -> SimTime {
        let environment = &self.plan.environment;
        let now = self.now();
        let process = &mut self.processes[slot.index()];
        let routine = process.consumer.as_ref().and_then(|consumer| Routine::answered_by(response, consumer));
        let latency = match routine {
            Some(routine) => routine.response_latency(process, environment),
            None => {
                let draws = &mut process.draws.network;
                let latency = Way::back(environment).of(environment, process.client).draw(draws);
                // What shares its processors with a cold broker is as cold, if it has a runtime that must warm up.
                let is_slow = environment.processors.is_some() && process.client.profile().has_runtime;
                latency + if is_slow { cold(environment, now, process) } else { SimDuration::ZERO }
            }
        };
        let link = &mut process.links[place];
        let arrival = match &mut self.network {
            None => (now + latency).max(link.last_response),
            Some(network) => network.arrival((slot, process.member), now, latency, link.last_response),
        };
        link.last_response = arrival;
        arrival
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::ENVIRONMENTS;

    #[test]
    fn the_numbers_of_a_draw_suffice_for_both_ways_and_what_is_appended() {
        for preset in &ENVIRONMENTS {
            let environment = preset.environment();
            for client in [ClientFamily::Java, ClientFamily::Librdkafka, ClientFamily::FranzGo] {
                let there = Routine::Heartbeat(0).way_there(&environment, client).numbers();
                let back = Way::back(&environment).of(&environment, client).numbers();
                assert!(there + back <= APPEND, "{client:?}");
            }
        }
    }
}
