//! What happens when a broker goes or comes: to the coordinator, and to who reads from it.
//!
//! Contract: when what happens is known ([`Cluster`](crate::cluster::Cluster)); it happens here. The partition of
//! `__consumer_offsets` has as many replicas as there are brokers, up to [`OFFSETS_REPLICAS`], on the coordinator's
//! broker and those after it. Left out: requests on their way to a broker that is killed are answered (with
//! NOT_COORDINATOR, of which clients make what they make of a lost connection), and look-ups answer as if everybody
//! knew at once that it is gone.

use protocol::{BrokerId, SimDuration, SimTime};
use timeline::{BrokerGone, Observer};

use crate::world::{Event, World};

/// `offsets.topic.replication.factor`.
const OFFSETS_REPLICAS: u16 = 3;
/// How long a coordinator that takes over reads its partition (`partition-load-time`): some thousand commits.
const LOAD: SimDuration = SimDuration::from_millis(200);

impl<O: Observer> World<'_, O> {
    /// A broker goes, by the planned event with this number.
    pub(crate) fn stop_broker(&mut self, number: usize, broker: BrokerId, is_clean: bool) {
        let now = self.now();
        self.brokers_gone.insert(broker);
        let Some(cluster) = &self.cluster else { return };
        let settled = cluster.settled(number);
        let (partitions, longest) = cluster.stopped_at(now, self.plan.end);
        let was_coordinator = broker == self.broker.id() && !self.broker.has_no_coordinator();
        let gone = BrokerGone { broker: broker.0, is_killed: !is_clean, was_coordinator, partitions, longest };
        self.observe(timeline::Event::BrokerGone(gone));
        self.suspend_readers();
        if broker == self.broker.id() {
            if self.broker.has_no_coordinator() {
                return;
            }
            self.release_all();
            self.commit_before_coordinator_goes();
            self.coordinator_goes();
            self.broker.lose_coordinator(now, &mut self.ids, &mut self.broker_actions);
            self.after_broker();
            if settled != SimTime::NEVER {
                self.schedule(settled, Event::CoordinatorElected { moves: self.moves });
            }
        } else if !is_clean
            && self.brokers_from_coordinator().take(usize::from(OFFSETS_REPLICAS)).any(|it| it == broker)
        {
            // The high watermark of its log waits for the replica that is gone.
            self.appends.wait_until(settled);
        }
    }

    /// A broker starts, by the planned event with this number.
    pub(crate) fn start_broker(&mut self, number: usize, broker: BrokerId) {
        let settled = self.cluster.as_ref().map_or(SimTime::NEVER, |cluster| cluster.settled(number));
        if settled != SimTime::NEVER {
            self.schedule(settled, Event::BrokerBack { broker });
        }
    }

    /// A broker is there again, and everybody knows.
    pub(crate) fn broker_back(&mut self, broker: BrokerId) {
        self.brokers_gone.remove(&broker);
        if self.broker.has_no_coordinator() {
            self.elect_coordinator();
        }
    }

    /// Another broker takes the place of the coordinator that is gone, if there is one.
    pub(crate) fn elect_coordinator(&mut self) {
        let gone = &self.brokers_gone;
        if let Some(to) = self.brokers_from_coordinator().find(|broker| !gone.contains(broker)) {
            self.place_coordinator(to, LOAD);
        }
    }

    /// The next broker becomes the coordinator: it reads its partition for this long.
    pub(crate) fn move_coordinator(&mut self, load: SimDuration) {
        let gone = &self.brokers_gone;
        let next = self.brokers_from_coordinator().skip(1).find(|broker| !gone.contains(broker));
        self.place_coordinator(next.unwrap_or(self.broker.id()), load);
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

    /// All brokers in turn, from the one that hosts the coordinator, or did.
    fn brokers_from_coordinator(&self) -> impl Iterator<Item = BrokerId> + use<O> {
        let (id, count) = (self.broker.id().0, i32::from(self.plan.broker.count.max(1)));
        (0..count).map(move |step| BrokerId((id - 1 + step) % count + 1))
    }
}
