//! What one producer writes into one partition: a share of its curve, in bursts.
//!
//! Contract: exact. [`Stream::count`] and [`Stream::time_of`] are inverse to each other; [`Stream::sum_of_times`] is
//! the sum of the single times. Costs grow with the number of changes of the producer's rate that are passed, never
//! with records.

use alloc::sync::Arc;

use protocol::{SimDuration, SimTime};

use crate::curve::{CurvePiece, RECORD, Rate, RateCurve};
use crate::floor_sum::ceil_sum;
use crate::line::{Beat, LINES_MAX, Last, Line, next_tick};

/// Millionths: the unit in which positions between two records are said.
pub(crate) const MICRO: u128 = 1_000_000;

/// Which part of a producer's records goes to a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// So many …
    parts: u64,
    /// … of this many.
    of: u64,
}

impl Share {
    /// Most parts that a whole is divided into.
    pub const PARTS_MAX: u64 = 1_000_000;

    /// `parts` of `of`. Neither is above [`PARTS_MAX`](Self::PARTS_MAX), `of` is not zero, `parts` not above it.
    pub fn new(parts: u64, of: u64) -> Self {
        assert!(parts <= of && of > 0 && of <= Self::PARTS_MAX, "{parts} of {of} is no share");
        Self { parts, of }
    }

    /// How many parts.
    pub fn parts(self) -> u64 {
        self.parts
    }

    /// Of how many.
    pub fn of(self) -> u64 {
        self.of
    }
}

/// What one producer writes into one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    curve: RateCurve,
    share: Share,
    /// What the partition is ahead of the others at the start, in parts of a record times `share.of`.
    ahead: u128,
    /// Records go out together in groups of this many.
    batch: u64,
    /// Records go out at multiples of this length only.
    tick: u64,
    from: SimTime,
    /// What the curve says at `from`, and at the end.
    base: u128,
    end: Option<(SimTime, u128)>,
    /// The same in lines, as far as there are any: quicker, and nothing else.
    lines: Arc<[Line]>,
    /// The rate changes no more once the record with this offset begins to flow, if that is known.
    steady_from: Option<u64>,
}

impl Stream {
    /// The `share` of what `curve` says. `ahead` of `share.of` parts of a record are there at the start: partitions
    /// that take turns are ahead of each other by one turn. Records go out `batch` by `batch`, at multiples of
    /// `tick`.
    pub fn new(curve: RateCurve, share: Share, ahead: u64, batch: u64, tick: SimDuration) -> Self {
        let batch = batch.max(1);
        assert!(ahead < share.of.saturating_mul(batch), "a partition is ahead by less than a batch");
        Self {
            curve,
            share,
            ahead: u128::from(ahead) * RECORD,
            batch,
            tick: tick.as_nanos().max(1),
            from: SimTime::ZERO,
            base: 0,
            end: None,
            lines: Arc::default(),
            steady_from: None,
        }
    }

    /// The same from `from` on only, rounded up to a tick.
    pub fn starting(mut self, from: SimTime) -> Self {
        self.from = self.next_tick(from);
        self.base = self.curve.written(self.from);
        (self.lines, self.steady_from) = (Arc::default(), None);
        self
    }

    /// The same until `end`, rounded up to a tick.
    pub fn ending(mut self, end: SimTime) -> Self {
        let end = self.next_tick(end);
        self.end = Some((end, self.curve.written(end)));
        (self.lines, self.steady_from) = (Arc::default(), None);
        self
    }

    /// The same, quicker: to be said last.
    pub(crate) fn in_lines(mut self) -> Self {
        if self.share.parts == 0 || self.curve.pieces() > LINES_MAX {
            return self;
        }
        let end = self.end.map_or(SimTime::NEVER, |(end, _)| end);
        let line = |(from, rate): (SimTime, Rate), until: SimTime| {
            let from = from.max(self.from);
            let rate = rate.as_micros().checked_mul(self.share.parts)?;
            Line::new(from, until.min(end), self.drawn(from), rate, self.per_batch())
        };
        let lines = self.curve.stretches().filter_map(|(from, until)| line(from, until)).collect();
        self.lines = lines;
        if self.end.is_none() {
            let last_change = self.curve.last_change().max(self.from);
            self.steady_from = u64::try_from(self.flow(last_change) / MICRO).ok();
        }
        self
    }

    /// The same without what would have flowed in these stretches of time.
    pub fn without(&self, stretches: &[(SimTime, SimTime)]) -> Self {
        let curve = self.curve.without(stretches);
        let (base, end) = (curve.written(self.from), self.end.map(|(at, _)| (at, curve.written(at))));
        Self { curve, base, end, lines: Arc::default(), steady_from: None, ..self.clone() }
    }

    #[inline]
    fn next_tick(&self, at: SimTime) -> SimTime {
        next_tick(at, self.tick)
    }

    /// The last of its lines, if there is one.
    pub(crate) fn last(&self) -> Option<Last> {
        let line = *self.lines.last()?;
        let (rate, period) = self.pace(line.from()).unwrap_or_default();
        Some(Last { line, batch: self.batch, tick: self.tick, rate, period })
    }

    /// How many records there are at `at`.
    #[inline]
    pub fn count(&self, at: SimTime) -> u64 {
        let tick = match self.tick {
            1 => at,
            tick => SimTime::from_nanos(at.as_nanos() / tick * tick),
        };
        let batches = match Line::at(&self.lines, tick) {
            Some(line) => line.count(tick),
            None => self.batches_at(tick),
        };
        batches.saturating_mul(self.batch)
    }

    fn batches_at(&self, tick: SimTime) -> u64 {
        if self.share.parts == 0 {
            return 0;
        }
        u64::try_from(self.drawn(tick) / self.per_batch()).unwrap_or(u64::MAX)
    }

    /// What has flowed at `at`, in parts of a record times `share.of`, without regard to batches and ticks.
    fn drawn(&self, at: SimTime) -> u128 {
        if at < self.from {
            return 0;
        }
        let written = match self.end {
            Some((end, written)) if at >= end => written,
            _ => self.curve.written(at),
        };
        (written - self.base) * u128::from(self.share.parts) + self.ahead
    }

    fn per_batch(&self) -> u128 {
        RECORD * u128::from(self.share.of) * u128::from(self.batch)
    }

    /// What the curve must say for so much to have been drawn; none if the stream ends before.
    fn written_for(&self, drawn: u128) -> Option<u128> {
        if self.share.parts == 0 {
            return None;
        }
        let written = self.base + drawn.saturating_sub(self.ahead).div_ceil(u128::from(self.share.parts));
        self.end.is_none_or(|(_, last)| written <= last).then_some(written)
    }

    /// When the record with this number, from 0, is written; never, if it is not.
    #[inline]
    pub fn time_of(&self, record: u64) -> SimTime {
        let batch = if self.batch == 1 { record } else { record / self.batch };
        match Line::of(&self.lines, batch) {
            Some(line) => self.next_tick(line.time_of(batch)),
            None => self.time_of_batch(batch),
        }
    }

    fn time_of_batch(&self, batch: u64) -> SimTime {
        match self.written_for((u128::from(batch) + 1) * self.per_batch()) {
            Some(written) => self.next_tick(self.curve.time_of(written).max(self.from)),
            None => SimTime::NEVER,
        }
    }

    /// The times of the records from `from` below `to`, added up. All of them are written some time.
    pub fn sum_of_times(&self, from: u64, to: u64) -> u128 {
        if from >= to {
            return 0;
        }
        let time = |record: u64| u128::from(self.time_of(record).as_nanos());
        let head = u128::from(from % self.batch) * time(from);
        let tail = u128::from(to % self.batch) * if to.is_multiple_of(self.batch) { 0 } else { time(to) };
        self.sum_of_batch_times(from / self.batch, to / self.batch) * u128::from(self.batch) + tail - head
    }

    fn sum_of_batch_times(&self, from: u64, to: u64) -> u128 {
        let mut sum = 0;
        let mut batch = from;
        while batch < to {
            if let Some(line) = Line::of(&self.lines, batch) {
                let end = line.end().min(to);
                sum += line.sum_of_times(batch, end, self.tick);
                batch = end;
                continue;
            }
            let piece = self
                .written_for((u128::from(batch) + 1) * self.per_batch())
                .and_then(|written| self.curve.piece_of(written))
                .expect("only what is written some time is added up");
            let end = piece.until.map_or(to, |until| self.batches_when(until).min(to)).max(batch + 1);
            sum += self.sum_in_piece(piece, batch, end);
            batch = end;
        }
        sum
    }

    /// How many batches there are when the curve says `written`.
    fn batches_when(&self, written: u128) -> u64 {
        let drawn = written.saturating_sub(self.base) * u128::from(self.share.parts) + self.ahead;
        u64::try_from(drawn / self.per_batch()).unwrap_or(u64::MAX)
    }

    /// The times of batches that lie in one piece of the curve: multiples of the tick, each a rounded straight line
    /// of the batch's number.
    fn sum_in_piece(&self, piece: CurvePiece, from: u64, to: u64) -> u128 {
        let (parts, rate) = (u128::from(self.share.parts), u128::from(piece.rate.as_micros()));
        // In units of the curve times `share.parts`, counted from the piece's beginning.
        let wanted = (u128::from(from) + 1) * self.per_batch() + self.base * parts;
        let first = wanted - self.ahead - piece.before * parts + u128::from(piece.from.as_nanos()) * rate * parts;
        let per_tick = rate * parts * u128::from(self.tick);
        ceil_sum(u128::from(to - from), per_tick, self.per_batch(), first) * u128::from(self.tick)
    }

    /// What has flowed at `at`, in millionths of a record, without regard to batches and ticks.
    pub(crate) fn flow(&self, at: SimTime) -> u128 {
        self.drawn(at) / (RECORD / MICRO * u128::from(self.share.of))
    }

    /// When so many millionths of a record have flowed; never, if they do not.
    pub(crate) fn time_of_flow(&self, micros: u128) -> SimTime {
        match self.written_for(micros * (RECORD / MICRO) * u128::from(self.share.of)) {
            Some(written) => self.curve.time_of(written).max(self.from),
            None => SimTime::NEVER,
        }
    }

    /// Whether its rate changes no more once the record with this offset begins to flow, if that is known.
    pub(crate) fn is_steady_from(&self, offset: u64) -> bool {
        self.steady_from.is_some_and(|steady| steady <= offset)
    }

    /// The next change of its rate after `at`.
    pub(crate) fn next_change(&self, at: SimTime) -> SimTime {
        let end = self.end.map_or(SimTime::NEVER, |(end, _)| end);
        if at >= end {
            return SimTime::NEVER;
        }
        if at < self.from {
            return self.from;
        }
        self.curve.next_change(at).min(end)
    }

    /// When its rate changes for the last time.
    pub(crate) fn last_change(&self) -> SimTime {
        self.end.map_or_else(|| self.curve.last_change().max(self.from), |(end, _)| end)
    }

    /// How many millionths of a record flow in a second, at `at`, and the time from batch to batch then, in
    /// nanoseconds; none if nothing flows.
    fn pace(&self, at: SimTime) -> Option<(u64, u64)> {
        if at < self.from || self.end.is_some_and(|(end, _)| at >= end) {
            return None;
        }
        let parts = u128::from(self.curve.rate(at).as_micros()) * u128::from(self.share.parts);
        let rate = u64::try_from(parts / u128::from(self.share.of)).ok().filter(|rate| *rate > 0)?;
        let period = u128::from(self.batch) * RECORD / u128::from(rate);
        Some((rate, u64::try_from(period).unwrap_or(u64::MAX)))
    }

    /// How it writes at `at`, if it does.
    pub(crate) fn beat(&self, at: SimTime) -> Option<Beat> {
        let (rate, period) = self.pace(at)?;
        let after = self.time_of(self.count(at)) - at;
        Some(Beat { rate, period, after, batch: self.batch, tick: self.tick })
    }

    /// How far a record may be written after it has flowed: one tick.
    #[cfg(test)]
    pub(crate) fn tick(&self) -> SimDuration {
        SimDuration::from_nanos(self.tick)
    }

    /// How many records are written together.
    #[cfg(test)]
    pub(crate) fn batch(&self) -> u64 {
        self.batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn streams() -> Vec<Stream> {
        let at = SimTime::from_millis;
        let curve = RateCurve::new(&[
            (at(100), Rate::per_second(330)),
            (at(1_000), Rate::ZERO),
            (at(1_500), Rate::from_micros(77_777_777)),
            (at(2_000), Rate::per_second(1_000)),
        ]);
        let mut streams = Vec::new();
        for (parts, of, ahead) in [(1, 1, 0), (1, 3, 0), (1, 3, 2), (2, 7, 3), (0, 1, 0)] {
            for batch in [1, 4] {
                for tick in [1, 20_000_000, 333_333_333] {
                    let tick = SimDuration::from_nanos(tick);
                    let stream = Stream::new(curve.clone(), Share::new(parts, of), ahead, batch, tick);
                    streams.push(stream.clone().ending(at(2_345)));
                    streams.push(stream.clone().starting(at(555)).ending(at(1_234)));
                    streams.push(stream.without(&[(at(300), at(400)), (at(1_900), at(2_100))]).ending(at(3_000)));
                    streams.push(stream.starting(at(1_777)));
                }
            }
        }
        streams
    }

    #[test]
    fn lines_say_the_same() {
        for stream in streams() {
            let lined = stream.clone().in_lines();
            assert_eq!(lined.lines.is_empty(), stream.share.parts == 0, "{stream:?}");
            let last = stream.count(SimTime::from_secs(4));
            let moments = (0..4_000).map(SimTime::from_millis);
            let near =
                (0..=last).map(|record| stream.time_of(record)).flat_map(|at| [at, at - SimDuration::from_nanos(1)]);
            for at in moments.chain(near) {
                assert_eq!(lined.count(at), stream.count(at), "{at} of {stream:?}");
                let last = lined.last().and_then(|last| last.count(at));
                assert!(last.is_none_or(|count| count == stream.count(at)), "{at} of {stream:?}");
            }
            for record in 0..last + 9 {
                assert_eq!(lined.time_of(record), stream.time_of(record), "{record} of {stream:?}");
                let last = lined.last().and_then(|last| last.time_of(record));
                assert!(last.is_none_or(|time| time == stream.time_of(record)), "{record} of {stream:?}");
            }
            for record in (0..last + 9).filter(|record| lined.is_steady_from(*record)) {
                let flows = stream.time_of_flow((u128::from(record) + 1) * MICRO);
                assert_eq!(stream.next_change(flows), SimTime::NEVER, "{record} of {stream:?}");
            }
            assert_eq!(lined.is_steady_from(last + 9), stream.end.is_none() && !lined.lines.is_empty(), "{stream:?}");
            for (from, to) in [(0, last), (last / 3, last), (last / 4, last / 2)] {
                assert_eq!(lined.sum_of_times(from, to), stream.sum_of_times(from, to), "{from}..{to} of {stream:?}");
            }
        }
    }

    #[test]
    fn counts_and_times_are_inverse_to_each_other() {
        for stream in streams() {
            let last = stream.count(SimTime::from_secs(5));
            for record in 0..last {
                let at = stream.time_of(record);
                assert!(stream.count(at) > record, "{record} of {stream:?}");
                assert!(stream.count(at - SimDuration::from_nanos(1)) <= record || at == stream.from, "{stream:?}");
            }
            assert!(stream.time_of(last) > SimTime::from_secs(5), "{stream:?}");
        }
    }

    #[test]
    fn sums_of_times_are_those_of_the_single_times() {
        for stream in streams() {
            let last = stream.count(SimTime::from_secs(4));
            let times: Vec<u128> = (0..last).map(|record| u128::from(stream.time_of(record).as_nanos())).collect();
            for (from, to) in
                [(0, last), (0, last / 2), (last / 3, last), (last / 4, last / 2), (last / 2, last / 2 + 1)]
            {
                let to = to.min(last);
                let from = from.min(to);
                let expected: u128 = times[from as usize..to as usize].iter().sum();
                assert_eq!(stream.sum_of_times(from, to), expected, "{from}..{to} of {stream:?}");
            }
        }
    }

    #[test]
    fn partitions_that_take_turns_are_written_in_turn_and_get_every_record() {
        let curve = RateCurve::new(&[(SimTime::ZERO, Rate::per_second(1_000))]);
        let partition = |number: u64| Stream::new(curve.clone(), Share::new(1, 7), 6 - number, 1, SimDuration::ZERO);
        for record in 0..700 {
            let at = SimTime::from_millis(record + 1);
            assert_eq!(partition(record % 7).time_of(record / 7), at);
            assert_eq!((0..7).map(|number| partition(number).count(at)).sum::<u64>(), record + 1);
        }
    }

    #[test]
    fn what_flows_is_at_most_a_batch_and_a_tick_ahead_of_what_is_written() {
        for stream in streams() {
            for millis in (0..4_000).step_by(7) {
                let at = SimTime::from_millis(millis);
                let flow = stream.flow(at - stream.tick());
                assert!(u128::from(stream.count(at) + stream.batch()) * MICRO > flow, "{millis} of {stream:?}");
                assert!(u128::from(stream.count(at)) * MICRO <= stream.flow(at), "{millis} of {stream:?}");
            }
        }
    }
}
