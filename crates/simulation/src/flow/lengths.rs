//! How long applications work on what they get: drawn once for all that draw from the same distribution.
//!
//! A list of lengths has one of each of as many equal parts of its distribution, in an order that is drawn, so that its
//! mean is the distribution's and not that of a sample. Processes go through it again and again, each from a place of
//! its own: what one of them comes to in the long run, all of them come to, which spares finding it out more than once
//! ([`records::Known`]).

use engine::{Distribution, Rng, Streams};
use protocol::SimDuration;
use records::Times;

/// So many lengths are in a list: more make no difference that could be seen in means of records.
const DRAWN: usize = 256;

/// Lists of lengths.
pub(super) struct Lengths {
    streams: Streams,
    /// From what they were drawn, what was added to each, and what came of it.
    drawn: Vec<(Distribution, SimDuration, Times)>,
}

impl Lengths {
    /// None have been drawn; they will be drawn from this run's randomness.
    pub(super) fn new(streams: Streams) -> Self {
        Self { streams, drawn: Vec::new() }
    }

    /// Lengths of this distribution, and `more` in addition to each.
    pub(super) fn times(&mut self, length: &Distribution, more: SimDuration) -> Times {
        if length.max() == length.min() {
            return Times::fixed(SimDuration::from_nanos(length.mean()) + more);
        }
        if let Some((.., times)) = self.drawn.iter().find(|(from, added, _)| from == length && *added == more) {
            return times.clone();
        }
        let mut draws = self.streams.indexed("lengths of work", self.drawn.len() as u64);
        let part = u64::MAX / DRAWN as u64;
        let one_of = |place: usize, draw: u64| SimDuration::from_nanos(length.at(part * place as u64 + draw % part));
        let mut lengths: Vec<SimDuration> = (0..DRAWN).map(|place| one_of(place, draws.next_u64()) + more).collect();
        for place in (1..DRAWN).rev() {
            let other = draws.next_u64() % (place as u64 + 1);
            lengths.swap(place, usize::try_from(other).expect("a place in a list"));
        }
        let times = Times::drawn(&lengths);
        self.drawn.push((length.clone(), more, times.clone()));
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_drawn_once_and_have_the_mean_of_their_distribution() {
        let mut lengths = Lengths::new(Streams::new(7));
        let (five, none) = (SimDuration::from_millis(5), SimDuration::ZERO);
        for length in
            [Distribution::Uniform { lo: 5_000_000, hi: 50_000_000 }, Distribution::Exponential { mean: 80_000 }]
        {
            let times = lengths.times(&length, none);
            let (mean, drawn) = (length.mean(), times.mean().as_nanos());
            assert!(drawn.abs_diff(mean) <= mean / 100, "{drawn} for {mean}");
            assert_eq!(lengths.times(&length, none), times);
            // Another list of as many others.
            let later = lengths.times(&length, five).mean().as_nanos() - five.as_nanos();
            assert!(later.abs_diff(mean) <= mean / 100, "{later} for {mean}");
            assert_ne!(lengths.times(&length, none), Lengths::new(Streams::new(8)).times(&length, none));
        }
        assert_eq!(lengths.times(&Distribution::Fixed(3), five), Times::fixed(five + SimDuration::from_nanos(3)));
    }
}
