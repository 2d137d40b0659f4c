//! What happened, when, to whom; and the measures taken from it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`event`] | [`Event`]: the vocabulary of everything that can happen |
//! | [`descriptions`] | [`Description`]: the group as an administrator saw it |
//! | [`measurer`] | [`Measurer`]: an [`Observer`] that turns events into [`Measures`], in one pass |
//! | [`measure`] | [`MEASURES`]: the slice of all measures, one file each; [`Value`] |
//! | [`counts`] | [`counts::Counts`]: what clients and brokers count; opt-in |
//! | [`durations`] | [`Durations`]: many durations in little memory |
//! | [`fit`] | [`fit::judge`]: does a simulation fit what really happened? |
//! | [`generations`] | [`GenerationRecord`]: a generation, when and why |
//! | [`outcome`] | [`Outcome`]: what one run leaves, comparable and with a digest |
//! | [`records`] | [`Records`]: lag, latency and repeats of a run, over time and by partition and member |
//! | [`step`] | [`Step`]: what happens between events, for who wants to know |
//! | [`story`] | [`Story`]: what every member did and why the group rebalanced; opt-in |
//! | [`recording`] | reading and writing what a group did, as JSON Lines |
//!
//! Contract: nothing here knows the simulator, so that recordings of a real broker go through the same code. Streaming:
//! no event is kept, except in a [`Story`], which is asked for and bounded. Integers only (decimal numbers exist where
//! JSON is read and written). Left out on purpose: files (readers and writers are given), charts, judgement.
//!
//! ```
//! use protocol::{Generation, SimTime, TopicName, TopicPartition};
//! use timeline::{Cast, Event, Measurer, MemberIndex, Observer, Outcome, Value};
//!
//! let orders = TopicName::new("orders");
//! let (from, end) = (SimTime::from_secs(10), SimTime::from_secs(60));
//! let cast = Cast { members: vec!["c0".into()], topics: vec![(orders.clone(), 1)], from, end };
//! let mut measurer = Measurer::new(&cast);
//!
//! let (member, generation, partitions) = (MemberIndex(0), Generation(1), &[TopicPartition::new(orders, 0)][..]);
//! measurer.observe(SimTime::from_secs(1), Event::Assigned { member, partitions, generation, total: 1 });
//! measurer.observe(SimTime::from_secs(20), Event::Killed { member });
//! measurer.observe(SimTime::from_secs(25), Event::Started { member });
//! measurer.observe(SimTime::from_secs(32), Event::Assigned { member, partitions, generation, total: 1 });
//!
//! let outcome = Outcome::new("killed and back", 42, cast, &measurer.finish());
//! assert_eq!(outcome.value("pause-longest"), &Value::Duration(SimTime::from_secs(32) - SimTime::from_secs(20)));
//! assert_eq!(outcome.value("members-restarted"), &Value::Count(1));
//! ```

mod broker_log;
pub mod counts;
pub mod descriptions;
mod digest;
mod displaced;
pub mod durations;
pub mod event;
pub mod fit;
pub mod generations;
pub mod measure;
pub mod measurer;
mod members;
pub mod outcome;
mod ownership;
pub mod recording;
pub mod records;
mod serial;
pub mod step;
pub mod story;

use serde::{Deserialize, Serialize};

pub use descriptions::Description;
pub use durations::Durations;
pub use event::{AgeLine, BrokerGone, CONSUMED_BUCKET, Event, Handover, Loss, MemberIndex, PartitionPlace};
pub use generations::GenerationRecord;
pub use measure::{Better, MEASURES, Measure, Prominence, Unit, Value};
pub use measurer::{Bar, Measurer, Measures, Seen};
pub use members::MAX_MEMBERS;
pub use outcome::Outcome;
pub use ownership::MAX_PARTITIONS;
pub use records::Records;
pub use step::Step;
pub use story::{Story, Teller};

/// Who and what a run is about: the names behind the indexes, and the window that measures look at.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cast {
    /// Member names; a [`MemberIndex`] is a place here.
    pub members: Vec<String>,
    /// Topics that the group should read (at least one member subscribes to each) and how many partitions each has at
    /// the start. Topics that nobody subscribes to do not belong here: their partitions would count as unread.
    #[serde(with = "serial::topics")]
    pub topics: Vec<(protocol::TopicName, i32)>,
    /// The first disturbance: everything before it is start-up and is not measured.
    #[serde(rename = "from_ns", with = "serial::time")]
    pub from: protocol::SimTime,
    /// The end of the run.
    #[serde(rename = "end_ns", with = "serial::time")]
    pub end: protocol::SimTime,
}

/// Whoever wants to be told what happens, in the order in which it happens.
pub trait Observer {
    /// `event` happened at `at`; times never go backwards.
    fn observe(&mut self, at: protocol::SimTime, event: Event<'_>);

    /// Whether it wants to be told every step of members and of the coordinator ([`Event::Step`]). It costs;
    /// nothing else depends on it.
    fn follows(&self) -> bool {
        false
    }

    /// Whether it reads logs ([`Step::Logged`]); that costs as well.
    fn reads_logs(&self) -> bool {
        false
    }

    /// How finely consumption is to be told; none: it is enough to be told when something changes.
    fn consumption_bucket(&self) -> Option<protocol::SimDuration> {
        None
    }

    /// Whether nobody waits for the rest any more: a simulation ends then, without a result. Asked before every event.
    fn has_left(&self) -> bool {
        false
    }
}

/// Nobody listens.
impl Observer for () {
    fn observe(&mut self, _: protocol::SimTime, _: Event<'_>) {}
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, at: protocol::SimTime, event: Event<'_>) {
        (**self).observe(at, event);
    }

    fn follows(&self) -> bool {
        (**self).follows()
    }

    fn reads_logs(&self) -> bool {
        (**self).reads_logs()
    }

    fn consumption_bucket(&self) -> Option<protocol::SimDuration> {
        (**self).consumption_bucket()
    }

    fn has_left(&self) -> bool {
        (**self).has_left()
    }
}

/// The first listens, if there is one.
impl<O: Observer> Observer for Option<O> {
    fn observe(&mut self, at: protocol::SimTime, event: Event<'_>) {
        if let Some(observer) = self {
            observer.observe(at, event);
        }
    }

    fn follows(&self) -> bool {
        self.as_ref().is_some_and(Observer::follows)
    }

    fn reads_logs(&self) -> bool {
        self.as_ref().is_some_and(Observer::reads_logs)
    }

    fn consumption_bucket(&self) -> Option<protocol::SimDuration> {
        self.as_ref().and_then(Observer::consumption_bucket)
    }

    fn has_left(&self) -> bool {
        self.as_ref().is_some_and(Observer::has_left)
    }
}

/// Both listen, the first one first.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, at: protocol::SimTime, event: Event<'_>) {
        self.0.observe(at, event);
        self.1.observe(at, event);
    }

    fn follows(&self) -> bool {
        self.0.follows() || self.1.follows()
    }

    fn reads_logs(&self) -> bool {
        self.0.reads_logs() || self.1.reads_logs()
    }

    fn consumption_bucket(&self) -> Option<protocol::SimDuration> {
        let both = [self.0.consumption_bucket(), self.1.consumption_bucket()];
        both.into_iter().flatten().min()
    }

    fn has_left(&self) -> bool {
        self.0.has_left() || self.1.has_left()
    }
}
