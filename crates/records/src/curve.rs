//! How many records a producer has written: a straight line, bent wherever its rate changes.
//!
//! Contract: exact integers. A rate is so many millionths of a record a second, time is nanoseconds, and their
//! product, the unit of [`RateCurve::written`], is the [`RECORD`]th part of a record; nothing is rounded before
//! somebody asks for whole records. Asking costs the logarithm of the number of changes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::SimTime;

/// One record, in the units of [`RateCurve::written`].
pub const RECORD: u128 = 1_000_000 * 1_000_000_000;

/// Records a second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Rate(u64);

impl Rate {
    /// No records at all.
    pub const ZERO: Self = Self(0);
    /// The highest rate: ten million records a second, of one producer. With [`crate::Share::PARTS_MAX`] it keeps every
    /// product of a run of ten years within 128 bits.
    pub const MAX: Self = Self::per_second(10_000_000);

    /// So many records a second.
    pub const fn per_second(records: u64) -> Self {
        Self(records.saturating_mul(1_000_000))
    }

    /// So many millionths of a record a second.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Millionths of a record a second.
    pub const fn as_micros(self) -> u64 {
        self.0
    }
}

/// A stretch of time with one rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Piece {
    from: SimTime,
    /// What was written before, in parts of a record.
    before: u128,
    rate: Rate,
}

/// What a producer writes, as a function of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateCurve {
    pieces: Arc<[Piece]>,
    fastest: Rate,
}

impl RateCurve {
    /// The curve with these rates, each from its time on; nothing is written before the first. Times that do not rise
    /// are overruled by what comes later; rates above [`Rate::MAX`] are cut to it.
    pub fn new(rates: &[(SimTime, Rate)]) -> Self {
        let mut pieces: Vec<Piece> = Vec::with_capacity(rates.len() + 1);
        pieces.push(Piece { from: SimTime::ZERO, before: 0, rate: Rate::ZERO });
        for &(from, rate) in rates {
            let rate = rate.min(Rate::MAX);
            while pieces.len() > 1 && pieces[pieces.len() - 1].from >= from {
                pieces.pop();
            }
            let last = pieces.len() - 1;
            if pieces[last].from >= from {
                pieces[last].rate = rate;
            } else if pieces[last].rate != rate {
                let before = pieces[last].before + area(pieces[last].rate, pieces[last].from, from);
                pieces.push(Piece { from, before, rate });
            }
        }
        let fastest = pieces.iter().map(|piece| piece.rate).max().unwrap_or_default();
        Self { pieces: pieces.into(), fastest }
    }

    /// The same with nothing written in these stretches of time, each from its first moment until before its second.
    pub fn without(&self, stretches: &[(SimTime, SimTime)]) -> Self {
        let is_outside = |at: SimTime| !stretches.iter().any(|(from, until)| (*from..*until).contains(&at));
        let mut rates: Vec<(SimTime, Rate)> =
            self.pieces.iter().map(|piece| (piece.from, piece.rate)).filter(|(from, _)| is_outside(*from)).collect();
        for &(from, until) in stretches.iter().filter(|(from, until)| from < until) {
            rates.push((from, Rate::ZERO));
            if is_outside(until) {
                rates.push((until, self.rate(until)));
            }
        }
        rates.sort_by_key(|(at, _)| *at);
        Self::new(&rates)
    }

    /// The piece that a time belongs to: a change of rate belongs to what follows.
    fn piece_at(&self, at: SimTime) -> usize {
        self.pieces.partition_point(|piece| piece.from <= at).saturating_sub(1)
    }

    /// How many stretches of one rate there are.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// When the rate changes for the last time.
    pub(crate) fn last_change(&self) -> SimTime {
        self.pieces.last().map_or(SimTime::ZERO, |piece| piece.from)
    }

    /// The stretches of one rate: since when, the rate, and until when.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = ((SimTime, Rate), SimTime)> {
        let ends = self.pieces.iter().skip(1).map(|piece| piece.from).chain([SimTime::NEVER]);
        self.pieces.iter().map(|piece| (piece.from, piece.rate)).zip(ends)
    }

    /// What has been written up to `at`, in parts of a record.
    pub fn written(&self, at: SimTime) -> u128 {
        let piece = &self.pieces[self.piece_at(at)];
        piece.before + area(piece.rate, piece.from, at)
    }

    /// The piece in which `parts` are reached; none if they never are.
    pub(crate) fn piece_of(&self, parts: u128) -> Option<CurvePiece> {
        let place = self.pieces.partition_point(|piece| piece.before < parts).saturating_sub(1);
        let piece = &self.pieces[place];
        if piece.rate == Rate::ZERO && parts > piece.before {
            return None;
        }
        let until = self.pieces.get(place + 1).map(|next| next.before);
        Some(CurvePiece { from: piece.from, before: piece.before, rate: piece.rate, until })
    }

    /// When so many parts of a record are reached, rounded up to a nanosecond; never, if they are not.
    pub fn time_of(&self, parts: u128) -> SimTime {
        match self.piece_of(parts) {
            Some(piece) => piece.time_of(parts),
            None => SimTime::NEVER,
        }
    }

    /// The rate at this time.
    pub fn rate(&self, at: SimTime) -> Rate {
        self.pieces[self.piece_at(at)].rate
    }

    /// The highest rate there ever is.
    pub fn fastest(&self) -> Rate {
        self.fastest
    }

    /// The next change of rate after `at`; never, if there is none.
    pub fn next_change(&self, at: SimTime) -> SimTime {
        self.pieces.get(self.piece_at(at) + 1).map_or(SimTime::NEVER, |piece| piece.from)
    }
}

/// A stretch of a curve that is straight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CurvePiece {
    pub(crate) from: SimTime,
    /// What was written before it.
    pub(crate) before: u128,
    pub(crate) rate: Rate,
    /// What is written when it ends; without end if there is none.
    pub(crate) until: Option<u128>,
}

impl CurvePiece {
    fn time_of(&self, parts: u128) -> SimTime {
        let nanos = parts.saturating_sub(self.before).div_ceil(u128::from(self.rate.as_micros()).max(1));
        u64::try_from(nanos)
            .map_or(SimTime::NEVER, |nanos| SimTime::from_nanos(self.from.as_nanos().saturating_add(nanos)))
    }
}

/// What is written between two times at one rate.
fn area(rate: Rate, from: SimTime, to: SimTime) -> u128 {
    u128::from(rate.as_micros()) * u128::from((to - from).as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> RateCurve {
        let at = SimTime::from_secs;
        RateCurve::new(&[(at(1), Rate::per_second(10)), (at(2), Rate::ZERO), (at(4), Rate::per_second(5))])
    }

    #[test]
    fn what_is_written_follows_the_rates() {
        let curve = curve();
        for (second, records) in [(0, 0), (1, 0), (2, 10), (3, 10), (4, 10), (6, 20)] {
            assert_eq!(curve.written(SimTime::from_secs(second)), records * RECORD, "second {second}");
        }
        assert_eq!(curve.next_change(SimTime::from_secs(2)), SimTime::from_secs(4));
        assert_eq!(curve.next_change(SimTime::from_secs(4)), SimTime::NEVER);
        assert_eq!(curve.fastest(), Rate::per_second(10));
    }

    #[test]
    fn times_are_the_inverse_of_what_is_written() {
        let curve = curve();
        for record in 1..40 {
            let at = curve.time_of(record * RECORD);
            assert!(curve.written(at) >= record * RECORD, "record {record}");
            assert!(curve.written(at - protocol::SimDuration::from_nanos(1)) < record * RECORD, "record {record}");
        }
        assert_eq!(curve.time_of(11 * RECORD), SimTime::from_millis(4_200));
    }

    #[test]
    fn what_is_never_written_never_comes() {
        let stopped = RateCurve::new(&[(SimTime::ZERO, Rate::per_second(1)), (SimTime::from_secs(2), Rate::ZERO)]);
        assert_eq!(stopped.time_of(2 * RECORD), SimTime::from_secs(2));
        assert_eq!(stopped.time_of(2 * RECORD + 1), SimTime::NEVER);
    }

    #[test]
    fn what_is_left_out_is_missing_from_then_on() {
        let (curve, at) = (curve(), SimTime::from_millis);
        let without = curve.without(&[(at(1_500), at(1_700)), (at(1_600), at(1_900)), (at(3_000), at(5_000))]);
        for (millis, records) in [(1_500, 5), (1_800, 5), (2_000, 6), (4_500, 6), (5_000, 6), (6_000, 11)] {
            assert_eq!(without.written(at(millis)), records * RECORD, "millisecond {millis}");
        }
        assert_eq!(curve.without(&[]), curve);
        assert_eq!(curve.without(&[(SimTime::ZERO, SimTime::NEVER)]).written(at(9_000)), 0);
    }

    #[test]
    fn later_lines_overrule_earlier_ones_of_the_same_time() {
        let at = SimTime::from_secs;
        let rates = [(at(3), Rate::per_second(7)), (at(1), Rate::per_second(1)), (at(1), Rate::per_second(2))];
        assert_eq!(RateCurve::new(&rates), RateCurve::new(&[(at(1), Rate::per_second(2))]));
    }
}
