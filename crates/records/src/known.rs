//! What is known of loops that have settled, by what determines them: looked at in one consumer, it need not be looked
//! at again in another, nor each time that a consumer goes on.
//!
//! A group of a hundred consumers that is stopped and goes on two hundred times has twenty thousand loops, and few
//! kinds of them ([`Kind`]). What a loop has seen when it settles is kept with its kind; once so many rounds of a kind
//! were seen that they count for good, loops of that kind settle as soon as they have caught up.
//!
//! Contract: what a reader knows changes at one moment only, when somebody does something to it
//! ([`crate::Reader::share`]); until then it goes by what was known then. So it makes no difference who looks when.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::{SimDuration, SimTime};

use crate::ages::{Ages, Seen};
use crate::habits::{Habits, Pace, Ways};
use crate::log::PartitionLog;
use crate::rhythm::Rhythm;

/// So many rounds of a kind count for good.
const ENOUGH: u64 = 256;
/// So many kinds are known at a time, and as many are being learnt: those that came last.
const KINDS: usize = 64;
/// Ways and times are alike if they differ by less than this part of the mean age beyond the least one …
const ALIKE: u64 = 10;
/// … or by less than this part of a round: the next fetch is under way for so little of the time, and batches so seldom
/// that close, that it matters to few records.
const PART_OF_ROUND: u64 = 100;

/// What determines how much older than it must be ([`Ways::least_age`]) a record is in a loop that has settled. A loop
/// that has settled waits now and then, and goes on when an answer is there: as much later as that takes longer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kind {
    habits: Arc<Habits>,
    ways: Ways,
    /// How records come in its partitions, and how many there are.
    rhythm: Rhythm,
    partitions: usize,
}

impl Kind {
    /// The kind of a loop that reads nothing.
    pub(crate) fn new(pace: &Pace) -> Self {
        Self { habits: pace.habits.clone(), ways: pace.ways, rhythm: Rhythm::default(), partitions: 0 }
    }

    /// The kind of this loop once more, which reads these partitions at `at`.
    pub(crate) fn look_again<'a>(
        &mut self,
        ways: Ways,
        at: SimTime,
        logs: impl ExactSizeIterator<Item = &'a PartitionLog>,
    ) {
        self.ways = ways;
        self.partitions = logs.len();
        self.rhythm.look_again(at, logs);
    }

    /// Whether records are as old in loops of either kind, where they are `mean` older than they must be, and a round
    /// takes `round`, in one of them.
    fn is_like(&self, other: &Self, (mean, round): (SimDuration, SimDuration)) -> bool {
        let request = self.ways.request.as_nanos().abs_diff(other.ways.request.as_nanos());
        let response = self.ways.response.as_nanos().abs_diff(other.ways.response.as_nanos());
        let close = (mean / ALIKE).max(round / PART_OF_ROUND);
        self.partitions == other.partitions
            && request + response <= close.as_nanos()
            && self.rhythm.is_like(&other.rhythm, round, close)
            && self.habits == other.habits
    }
}

/// What a loop has seen when it settled, ages beyond the least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sighting {
    pub(crate) kind: Kind,
    pub(crate) seen: Seen,
    pub(crate) ages: Arc<Ages>,
    pub(crate) counts_for_good: bool,
}

impl Sighting {
    /// How much older than they must be records are in loops of this kind, if that is a sighting of it.
    pub(crate) fn ages_of(&self, kind: &Kind) -> Option<&Arc<Ages>> {
        (self.counts_for_good && self.kind.is_like(kind, self.ages.measures())).then_some(&self.ages)
    }
}

/// Ages beyond the least one in loops of a kind, by kind.
pub(crate) type KnownAges = Arc<Vec<(Kind, Arc<Ages>)>>;

/// What is known of loops.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    known_ages: KnownAges,
    learning: Vec<(Kind, Seen)>,
}

impl Known {
    /// What counts for good.
    pub(crate) fn known_ages(&self) -> &KnownAges {
        &self.known_ages
    }

    /// A loop has settled.
    pub(crate) fn learn(&mut self, sighting: Sighting) {
        if ages_of(&self.known_ages, &sighting.kind).is_some() {
            return;
        }
        if sighting.counts_for_good {
            self.know(sighting.kind, sighting.ages);
            return;
        }
        let is_like = |(kind, seen): &(Kind, Seen)| kind.is_like(&sighting.kind, seen.measures());
        let place = self.learning.iter().position(is_like).unwrap_or_else(|| {
            if self.learning.len() == KINDS {
                self.learning.remove(0);
            }
            self.learning.push((sighting.kind, Seen::default()));
            self.learning.len() - 1
        });
        let seen = &mut self.learning[place].1;
        seen.add(&sighting.seen);
        if seen.rounds >= ENOUGH {
            let (kind, mut seen) = self.learning.remove(place);
            self.know(kind, Arc::new(seen.ages()));
        }
    }

    fn know(&mut self, kind: Kind, ages: Arc<Ages>) {
        let known_ages = Arc::make_mut(&mut self.known_ages);
        if known_ages.len() == KINDS {
            known_ages.remove(0);
        }
        known_ages.push((kind, ages));
    }
}

/// How much older than they must be records are in loops of this kind, if that is known.
pub(crate) fn ages_of<'a>(known_ages: &'a KnownAges, kind: &Kind) -> Option<&'a Arc<Ages>> {
    known_ages.iter().find(|(known, ages)| known.is_like(kind, ages.measures())).map(|(_, ages)| ages)
}
