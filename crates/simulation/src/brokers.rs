//! What happens when a broker goes or comes: to the coordinator, and to who reads from it.
//!
//! Contract: when what happens is known ([`Cluster`](crate::cluster::Cluster)), and who leads the partition of
//! `__consumer_offsets` then; it happens here. Left out: requests on their way to a broker that is killed are answered
//! (with NOT_COORDINATOR, of which clients make what they make of a lost connection), and look-ups answer as if
//! everybody knew at once that it is gone.

use protocol::{BrokerId, SimDuration, SimTime};
use timeline::{BrokerGone, Observer};

use crate::cluster::offsets_replicas;
use crate::world::{Event, World};

/// How long a coordinator that takes over reads its partition (`partition-load-time`): some thousand commits.
const LOAD: SimDuration = SimDuration::from_millis(200);

impl<O: Observer> World<'_, O> {
    /// A broker goes, by the planned event with this number.
    pub(crate) fn stop_broker(&mut self, number: usize, broker: BrokerId, is_clean: bool) {
        let now = self.now();
        let Some(cluster) = &self.cluster else { return };
        let settled = cluster.settled(number);
        let (partitions, longest) = cluster.stopped_at(now, self.plan.end);
        let was_coordinator = broker == self.broker.id() && !self.broker.has_no_coordinator();
        let gone = BrokerGone { broker: broker.0, is_killed: !is_clean, was_coordinator, partitions, longest };
        self.observe(timeline::Event::BrokerGone(gone));
        self.suspend_readers();
        // Whoever goes may be the one that would have taken over.
        if settled != SimTime::NEVER {
            self.schedule(settled, Event::CoordinatorElected);
        }
        if was_coordinator {
            self.release_all();
            self.commit_before_coordinator_goes();
            self.coordinator_goes();
            self.broker.lose_coordinator(now, &mut self.ids, &mut self.broker_actions);
            self.after_broker();
        } else if !is_clean && offsets_replicas(self.plan).any(|it| it == broker) {
            // The high watermark of its log waits for the replica that is gone.
            self.appends.wait_until(settled);
        }
    }

    /// A broker starts, by the planned event with this number.
    pub(crate) fn start_broker(&mut self, number: usize) {
        let settled = self.cluster.as_ref().map_or(SimTime::NEVER, |cluster| cluster.settled(number));
        if settled != SimTime::NEVER {
            self.schedule(settled, Event::CoordinatorElected);
        }
    }

    /// What has happened to a broker is known: another one takes the place of the coordinator if that is gone, and
    /// there is one that may lead its partition.
    pub(crate) fn elect_coordinator(&mut self) {
        let now = self.now();
        let leader = self.cluster.as_ref().and_then(|cluster| cluster.coordinator(now));
        if let Some(to) = leader.filter(|_| self.broker.has_no_coordinator()) {
            self.place_coordinator(to, LOAD);
        }
    }

    /// The next broker becomes the coordinator: it reads its partition for this long.
    pub(crate) fn move_coordinator(&mut self, load: SimDuration) {
        let now = self.now();
        match &self.cluster {
            None => {
                let replicas: Vec<BrokerId> = offsets_replicas(self.plan).collect();
                let present = replicas.iter().position(|broker| *broker == self.broker.id());
                let next = present.map_or(0, |place| (place + 1) % replicas.len());
                self.place_coordinator(replicas[next], load);
            }
            // Nobody leads its partition that could hand it over.
            Some(_) if self.broker.has_no_coordinator() => {}
            Some(cluster) => {
                let to = cluster.coordinator(now).unwrap_or(self.broker.id());
                self.place_coordinator(to, load);
            }
        }
    }

    fn place_coordinator(&mut self, to: BrokerId, load: SimDuration) {
        self.release_all();
        self.commit_before_coordinator_goes();
        self.coordinator_goes();
        let now = self.now();
        self.broker.move_coordinator(to, now, &mut self.ids, &mut self.broker_actions);
        self.after_broker();
        self.schedule(now + load, Event::CoordinatorLoaded { moves: self.moves });
    }
}
