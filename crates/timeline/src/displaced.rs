//! Members that still hold a partition which another one was given since.
//!
//! Contract: whoever was given a partition last counts as its reader. When that one lets go of it (it had acted on an
//! assignment that was no longer good, say), the one it was given before still reads it, unless it has let go itself.
//! Left out on purpose: who is displaced and then hangs counts as having let go, and holding by name counts, so in a
//! recording a process that ends takes along what its namesake holds (in a simulated run it does not).

use std::collections::BTreeMap;

use crate::MemberIndex;

/// Who holds what it no longer counts as the reader of, by the partition's place; the latest last.
#[derive(Debug, Default)]
pub(crate) struct Displaced(BTreeMap<usize, Vec<MemberIndex>>);

impl Displaced {
    /// `taker` was given what `holder` still holds.
    pub(crate) fn displace(&mut self, place: usize, holder: MemberIndex, taker: MemberIndex) {
        self.let_go(place, taker);
        self.0.entry(place).or_default().push(holder);
    }

    /// `member` does not hold it any more, if it did.
    pub(crate) fn let_go(&mut self, place: usize, member: MemberIndex) {
        if let Some(holders) = self.0.get_mut(&place) {
            holders.retain(|holder| *holder != member);
        }
    }

    /// `member` holds nothing any more.
    pub(crate) fn let_all_go(&mut self, member: MemberIndex) {
        self.0.retain(|_, holders| {
            holders.retain(|holder| *holder != member);
            !holders.is_empty()
        });
    }

    /// Its reader lets go of it: who reads it now, if anybody does.
    pub(crate) fn succeed(&mut self, place: usize) -> Option<MemberIndex> {
        self.0.get_mut(&place)?.pop()
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Generation, SimDuration, SimTime, TopicName, TopicPartition};

    use crate::story::{Owned, Teller};
    use crate::{Cast, Event, Measurer, MemberIndex, Observer};

    fn at(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    /// A member is given a partition; another one takes it for ten seconds by an assignment of old, and is told; then
    /// the first one is killed, unless it has given the partition up before.
    fn observe(observer: &mut impl Observer, gives_up: Option<SimTime>) {
        let [first, second] = [MemberIndex(0), MemberIndex(1)];
        let partitions = &[TopicPartition::new(TopicName::new("orders"), 0)][..];
        let generation = Generation(1);
        observer.observe(at(0), Event::Assigned { member: first, partitions, generation, total: 1 });
        observer.observe(at(20), Event::Assigned { member: second, partitions, generation, total: 1 });
        if let Some(at) = gives_up {
            observer.observe(at, Event::Revoked { member: first, partitions, generation });
        }
        observer.observe(at(30), Event::Lost { member: second, partitions, generation });
        observer.observe(at(50), Event::Killed { member: first });
    }

    #[test]
    fn who_held_it_before_reads_on_when_the_last_one_lets_go() {
        let topics = vec![(TopicName::new("orders"), 1)];
        let cast = Cast { members: vec!["a".into(), "b".into()], topics, end: at(60), ..Cast::default() };
        for (gives_up, unread) in [(None, 10), (Some(at(25)), 30)] {
            let (mut measurer, mut teller) = (Measurer::new(&cast), Teller::new(&cast));
            observe(&mut measurer, gives_up);
            observe(&mut teller, gives_up);
            let measures = measurer.finish();
            assert_eq!((measures.double_owned, measures.moved), (1, 1));
            assert_eq!(measures.pauses.total(), SimDuration::from_secs(unread));
            let span = |from, to, member| Owned { from: at(from), to: at(to), member: MemberIndex(member) };
            let mut spans = vec![span(0, 20, 0), span(20, 30, 1)];
            spans.extend(gives_up.is_none().then(|| span(30, 50, 0)));
            assert_eq!(teller.finish().partitions[0].spans, spans);
        }
    }
}
