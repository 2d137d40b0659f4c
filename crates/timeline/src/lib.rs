//! What happened, when, to whom; and the measures taken from it.

pub mod event;

pub use event::{Event, MemberIndex};

/// Who and what a run is about: the names behind the indexes, and the window that measures look at.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cast {
    /// Member names; a [`MemberIndex`] is a place here.
    pub members: Vec<String>,
    /// Topics and how many partitions each has at the start.
    pub topics: Vec<(protocol::TopicName, i32)>,
    /// The first disturbance: everything before it is start-up and is not measured.
    pub from: protocol::SimTime,
    /// The end of the run.
    pub end: protocol::SimTime,
}

/// Whoever wants to be told what happens, in the order in which it happens.
pub trait Observer {
    /// `event` happened at `at`; times never go backwards.
    fn observe(&mut self, at: protocol::SimTime, event: Event<'_>);
}
