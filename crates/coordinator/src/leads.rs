//! Where an event leads a group: the cells of the tables of transitions of both kinds of groups.
//!
//! Contract: plain data, generic over the states of a kind of group. Left out: the tables themselves
//! ([`classic::transitions`](crate::classic::transitions), [`consumer::transitions`](crate::consumer::transitions)).

/// Where an event leads a group whose states are `S`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads<S> {
    /// To another state.
    To(S),
    /// Nowhere: the state remains.
    Nowhere,
    /// The group is removed, or taken away, and is there no longer.
    Away,
    /// It cannot happen here, and why.
    Impossible(&'static str),
}
