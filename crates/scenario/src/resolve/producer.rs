//! `producers:`, and the events that change their rates.

use protocol::{SimDuration, SimTime, TopicName};
use simulation::Environment;
use simulation::plan::{Acks, KeysPlan, ProducerPlan, Rate};

use super::happening::{Happening, RateChange, What};
use super::maps;
use super::topics::Topics;
use crate::diagnostic::shortened;
use crate::explain::Origin;
use crate::fields::{Fields, count, duration, rate};
use crate::language::{MAX_KEYS, PRODUCER};
use crate::source::Position;
use crate::tree::{Entry, Value};
use crate::word::did_you_mean;

/// Most producers of a scenario.
const MAX_PRODUCERS: usize = 100;
/// Most changes of the rates of a scenario, and most pieces of them: partitions times producers times topics' growth.
const MAX_CHANGES: u64 = 100_000;
/// A day, and the steps in which its wave goes.
const DAY: SimDuration = SimDuration::from_secs(86_400);
const STEP_OF_DAY: SimDuration = SimDuration::from_secs(900);

/// Who writes.
#[derive(Default)]
pub(super) struct Producers {
    list: Vec<Producer>,
    /// What all of them are called, those included of which nothing else could be read, and where they stand.
    names: Vec<(String, Position)>,
    /// Whether some have no name that could be read, so that a missing one may be one of those.
    incomplete: bool,
}

struct Producer {
    name: String,
    at: Position,
    topics: Vec<TopicName>,
    course: Course,
    tick: SimDuration,
    keys: Keys,
    record_bytes: u64,
    acks: Acks,
    delivery_timeout: SimDuration,
    /// Where it is, as a path of keys.
    path: String,
}

/// How a rate changes by itself.
enum Course {
    Steps(Vec<(SimTime, Rate)>),
    Daily { low: Rate, high: Rate, peak: SimTime },
    Bursts { base: Rate, burst: Rate, every: SimDuration, length: SimDuration },
}

enum Keys {
    RoundRobin,
    /// Batches of at most so many records.
    Sticky(u64),
    Planned(KeysPlan),
}

/// Reads them.
pub(super) fn read(fields: &Fields<'_>, topics: &Topics) -> Producers {
    let mut producers = Producers { incomplete: fields.report().is_partial(), ..Producers::default() };
    let Some(entry) = fields.entry("producers") else { return producers };
    let nodes = maps(&entry.value);
    let alone = nodes.len() == 1;
    if nodes.len() > MAX_PRODUCERS {
        let error = fields.report().error(entry.at, format!("these are {} producers", nodes.len()));
        error.label(format!("a scenario may have {MAX_PRODUCERS}")).file();
        return Producers { incomplete: true, ..producers };
    }
    for (index, node) in nodes.iter().enumerate() {
        let path = if alone { "producers".to_owned() } else { format!("producers[{index}]") };
        let default = if alone { "producer".to_owned() } else { format!("producer-{index}") };
        let opened = Fields::open(&PRODUCER, node, path, fields.context);
        let name = opened.as_ref().and_then(|fields| name(fields, default));
        match &name {
            Some(name) => producers.names.push((name.clone(), node.at)),
            None => producers.incomplete = true,
        }
        producers.list.extend(opened.and_then(|fields| producer(&fields, name, topics)));
    }
    for (place, (name, at)) in producers.names.iter().enumerate() {
        if let Some((_, first)) = producers.names[..place].iter().find(|(other, _)| other == name) {
            let error = fields.report().error(*at, format!("two producers are called `{}`", shortened(name)));
            error.label("names are unique").related(*first, "the other one").file();
        }
    }
    producers
}

/// What it is called.
fn name(fields: &Fields<'_>, default: String) -> Option<String> {
    match fields.text("name") {
        Some(name) => Some(name.value.trim().to_owned()),
        None if fields.has("name") => None,
        None => {
            fields.explain("name", default.clone(), None);
            Some(default)
        }
    }
}

fn producer(fields: &Fields<'_>, name: Option<String>, topics: &Topics) -> Option<Producer> {
    let topics = written_into(fields, topics);
    let course = course(fields);
    let size = fields.size("record-size");
    let keys = keys(fields, size);
    let tick = fields.count("linger.ms").map(SimDuration::from_millis);
    let acks = fields.word("acks").map(|acks| match acks.value {
        "0" => Acks::None,
        "1" => Acks::Leader,
        _ => Acks::All,
    });
    let delivery_timeout = fields.count("delivery.timeout.ms").map(SimDuration::from_millis);
    Some(Producer {
        name: name?,
        at: fields.node.at,
        topics: topics?,
        course: course?,
        tick: tick?,
        keys: keys?,
        record_bytes: size?,
        acks: acks?,
        delivery_timeout: delivery_timeout?,
        path: fields.path.clone(),
    })
}

/// The topics it writes into, once they are there; all of them if nothing is said.
fn written_into(fields: &Fields<'_>, topics: &Topics) -> Option<Vec<TopicName>> {
    let Some(written) = fields.texts("topics") else {
        fields.explain("topics", "all topics", None);
        return (!fields.has("topics")).then(|| topics.names().cloned().collect());
    };
    let texts: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    fields.explain("topics", texts.join(", "), written.first().map(|(_, at)| *at));
    let found: Vec<Option<TopicName>> = written.iter().map(|(name, at)| topics.find_ever(name, *at, fields)).collect();
    let mut names = found.into_iter().collect::<Option<Vec<TopicName>>>()?;
    names.sort();
    names.dedup();
    Some(names)
}

/// `rate:`.
fn course(fields: &Fields<'_>) -> Option<Course> {
    let micros = |name: &str, fields: &Fields<'_>| fields.rate(name).map(Rate::from_micros);
    let entry = fields.entry("rate")?;
    if !matches!(entry.value.value, Value::Map(_)) {
        return micros("rate", fields).map(|rate| Course::Steps(vec![(SimTime::ZERO, rate)]));
    }
    let rates = fields.object("rate")?;
    if rates.has("daily") {
        let daily = rates.object("daily")?;
        let (low, high) = (micros("low", &daily), micros("high", &daily));
        let peak = daily.duration("peak").map(|peak| SimTime::ZERO + peak);
        return Some(Course::Daily { low: low?, high: high?, peak: peak? });
    }
    if rates.has("bursts") {
        let bursts = rates.object("bursts")?;
        let (base, burst) = (micros("base", &bursts), micros("burst", &bursts));
        let (every, length) = (bursts.duration("every")?, bursts.duration("for")?);
        if length >= every {
            let error = fields.report().error(bursts.node.at, "a burst is over before the next begins");
            error.label("`for` is below `every`").file();
            return None;
        }
        return Some(Course::Bursts { base: base?, burst: burst?, every, length });
    }
    let steps = rates.entry("steps")?;
    let mut pieces = Vec::new();
    for step in steps.value.entries() {
        // The key is a length of time like a value.
        let key = crate::tree::Node { at: step.at, value: Value::Scalar { text: step.key.clone(), plain: true } };
        let at = duration("the time of a step", &key, fields.report());
        let rate = rate("the rate of a step", &step.value, fields.report());
        rates.explain("steps", format!("{}: {}", step.key, step.value.text().unwrap_or("")), Some(step.at));
        pieces.push(at.zip(rate).map(|(at, rate)| (SimTime::ZERO + at, Rate::from_micros(rate))));
    }
    if pieces.is_empty() {
        let error = fields.report().error(steps.value.at, "`steps` is a map of times and rates");
        error.label("expected `{0s: 100/s, 10m: 900/s}`").file();
        return None;
    }
    let mut pieces: Vec<(SimTime, Rate)> = pieces.into_iter().collect::<Option<_>>()?;
    pieces.sort_by_key(|(at, _)| *at);
    Some(Course::Steps(pieces))
}

/// `keys:` and `partitioner:`.
fn keys(fields: &Fields<'_>, record_size: Option<u64>) -> Option<Keys> {
    let partitioner = fields.word("partitioner");
    let batch_size = fields.count("batch.size");
    if !fields.node.get("keys").is_some_and(|entry| matches!(entry.value.value, Value::Map(_))) {
        fields.word("keys")?;
        return Some(match partitioner?.value {
            "round-robin" => Keys::RoundRobin,
            _ => Keys::Sticky(batch_size?.div_ceil(record_size?.max(1)).max(1)),
        });
    }
    let keys = fields.object("keys")?;
    let planned = if keys.has("uniform") {
        KeysPlan::Uniform { count: keys.count("uniform")? }
    } else if keys.has("zipf") {
        let zipf = keys.object("zipf")?;
        let (count, exponent) = (zipf.count("keys"), zipf.count("exponent-percent"));
        KeysPlan::Zipf { count: count?, exponent_hundredths: exponent? }
    } else if keys.has("hot") {
        let hot = keys.object("hot")?;
        let (key, percent, others) = (hot.text("key"), hot.count("percent"), hot.count("others"));
        let (percent, others) = (percent?, others?);
        let rest = (0..others).map(|n| (format!("key-{n}"), 100 - percent));
        KeysPlan::Listed([(key?.value, percent * others)].into_iter().chain(rest).collect())
    } else {
        let weights = keys.entry("weights")?;
        let weight = |entry: &Entry| {
            let what = format!("the weight of `{}`", shortened(&entry.key));
            let weight = count(&what, (0, MAX_KEYS), &entry.value, fields.report())?;
            keys.explain("weights", format!("{}: {weight}", entry.key), Some(entry.at));
            Some((entry.key.clone(), weight))
        };
        let listed: Vec<Option<(String, u64)>> = weights.value.entries().iter().map(weight).collect();
        let listed: Vec<(String, u64)> = listed.into_iter().collect::<Option<_>>()?;
        if listed.iter().all(|(_, weight)| *weight == 0) {
            let error = fields.report().error(weights.value.at, "no key has any weight");
            error.label("expected `{customer-42: 90, customer-7: 10}`").file();
            return None;
        }
        KeysPlan::Listed(listed)
    };
    Some(Keys::Planned(planned))
}

/// Notes after how long producers hear that a record is written: what follows from `acks`, and from nothing that is
/// written.
pub(super) fn hear(producers: &Producers, topics: &Topics, environment: Option<&Environment>, fields: &Fields<'_>) {
    let Some(environment) = environment else { return };
    for producer in &producers.list {
        let own = topics.plan.iter().filter(|topic| producer.topics.contains(&topic.name));
        let replicas = own.map(|topic| topic.replicas).max().unwrap_or(1);
        let value = match producer.acks.heard_after(environment, replicas) {
            Some(after) => format!("{after} on average"),
            None => "never".to_owned(),
        };
        let origin = Origin::Depends("from `acks`, replicas and environment");
        fields.context.explain(format!("{}.acks, answered after", producer.path), value, origin);
    }
}

/// Says which producers there are not whose rates events change.
pub(super) fn look_up(producers: &Producers, happenings: &[Happening], fields: &Fields<'_>) {
    let known = || producers.names.iter().map(|(name, _)| name.as_str());
    for happening in happenings.iter().filter(|_| !producers.incomplete) {
        let What::Rate { producers: changed } = &happening.what else { continue };
        for (name, at, _) in changed.iter().filter(|(name, ..)| !known().any(|known| known == name)) {
            let error = fields.report().error(*at, format!("there is no producer `{}`", shortened(name)));
            error.label("not under `producers:`").maybe_help(did_you_mean(name, known())).file();
        }
    }
}

/// What they write until `end`.
pub(super) fn plan(
    producers: &Producers,
    happenings: &[Happening],
    end: SimTime,
    fields: &Fields<'_>,
) -> Vec<ProducerPlan> {
    let mut changes: Vec<(SimTime, &str, RateChange)> = Vec::new();
    for happening in happenings {
        let What::Rate { producers: changed } = &happening.what else { continue };
        for (name, _, change) in changed {
            let turns = (0..happening.times).map(|turn| happening.at + happening.every * turn);
            changes.extend(turns.take_while(|turn| *turn < end).map(|turn| (turn, name.as_str(), *change)));
        }
    }
    changes.sort_by_key(|(at, ..)| *at);
    producers.list.iter().filter_map(|producer| producer.plan(&changes, end, fields)).collect()
}

impl Producer {
    fn plan(&self, changes: &[(SimTime, &str, RateChange)], end: SimTime, fields: &Fields<'_>) -> Option<ProducerPlan> {
        let own: Vec<(SimTime, RateChange)> =
            changes.iter().filter(|(_, name, _)| *name == self.name).map(|(at, _, change)| (*at, *change)).collect();
        if self.course.pieces(end).saturating_add(own.len() as u64) > MAX_CHANGES {
            let error = fields.report().error(self.at, "the rate changes too often");
            error.label(format!("{MAX_CHANGES} changes are allowed until the end of the run")).file();
            return None;
        }
        let rates = changed(&self.course.written_out(end), &own);
        let keys = match &self.keys {
            Keys::RoundRobin => KeysPlan::InTurn { batch: 1 },
            Keys::Sticky(most) => KeysPlan::InTurn { batch: together(&rates, self.tick).clamp(1, *most) },
            Keys::Planned(keys) => keys.clone(),
        };
        Some(ProducerPlan {
            name: self.name.clone(),
            topics: self.topics.clone(),
            rates,
            tick: self.tick,
            keys,
            record_bytes: self.record_bytes,
            acks: self.acks,
            delivery_timeout: self.delivery_timeout,
        })
    }
}

/// How many records come together in one tick at the highest rate.
fn together(rates: &[(SimTime, Rate)], tick: SimDuration) -> u64 {
    let fastest = rates.iter().map(|(_, rate)| rate.as_micros()).max().unwrap_or(0);
    let records = u128::from(fastest) * u128::from(tick.as_nanos()) / 1_000_000_000_000_000;
    u64::try_from(records).unwrap_or(u64::MAX)
}

/// A course with changes by events laid over it: from a change on it is what the change says, until the next.
fn changed(course: &[(SimTime, Rate)], changes: &[(SimTime, RateChange)]) -> Vec<(SimTime, Rate)> {
    let mut times: Vec<SimTime> = course.iter().map(|(at, _)| *at).chain(changes.iter().map(|(at, _)| *at)).collect();
    times.sort_unstable();
    times.dedup();
    let rate_at = |at: SimTime| {
        let anyway =
            || course[..course.partition_point(|(from, _)| *from <= at)].last().map_or(Rate::ZERO, |(_, rate)| *rate);
        match changes[..changes.partition_point(|(from, _)| *from <= at)].last() {
            Some((_, RateChange::To(rate))) => *rate,
            Some((_, RateChange::Back)) | None => anyway(),
        }
    };
    times.into_iter().map(|at| (at, rate_at(at))).collect()
}

impl Course {
    /// How many pieces it has until `end`.
    fn pieces(&self, end: SimTime) -> u64 {
        match self {
            Self::Steps(steps) => steps.len() as u64,
            Self::Daily { .. } => end.as_nanos() / STEP_OF_DAY.as_nanos() + 1,
            Self::Bursts { every, .. } => end.as_nanos() / every.as_nanos().max(1) * 2 + 1,
        }
    }

    fn written_out(&self, end: SimTime) -> Vec<(SimTime, Rate)> {
        match self {
            Self::Steps(steps) => steps.clone(),
            Self::Daily { low, high, peak } => (0..self.pieces(end))
                .map(|step| SimTime::ZERO + STEP_OF_DAY * step)
                .map(|at| (at, wave(*low, *high, *peak, at)))
                .collect(),
            Self::Bursts { base, burst, every, length } => {
                let bursts = (1..=end.as_nanos() / every.as_nanos().max(1)).flat_map(|turn| {
                    let begins = SimTime::ZERO + *every * turn;
                    [(begins, *burst), (begins + *length, *base)]
                });
                [(SimTime::ZERO, *base)].into_iter().chain(bursts).collect()
            }
        }
    }
}

/// A raised cosine between two rates. The cosine is Bhaskara's, a ratio of whole numbers, off by 0.2 % at most.
fn wave(low: Rate, high: Rate, peak: SimTime, at: SimTime) -> Rate {
    let day = i128::from(DAY.as_nanos());
    let from_peak = (i128::from(at.as_nanos()) - i128::from(peak.as_nanos())).rem_euclid(day);
    // From 0 at the peak to a half, half a day later.
    let distance = from_peak.min(day - from_peak);
    // With x the part of the way from peak to low, the height is (1 + cos(x)) / 2, and cos(x) = sin(90° - x).
    let half = day / 2;
    let height = |x: i128| {
        // (half² - 4 x²) / (half² + x²) for x up to a half of it, in millionths.
        1_000_000 * (half * half - 4 * x * x) / (half * half + x * x)
    };
    let cosine = if distance * 2 <= half { height(distance) } else { -height(half - distance) };
    let above = i128::from(high.as_micros()) - i128::from(low.as_micros());
    let micros = i128::from(low.as_micros()) + above * (1_000_000 + cosine) / 2_000_000;
    Rate::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_wave_is_high_at_its_peak_low_half_a_day_later_and_between_in_between() {
        let (low, high) = (Rate::per_second(100), Rate::per_second(900));
        let hour = |hour: u64| wave(low, high, SimTime::from_secs(20 * 3_600), SimTime::from_secs(hour * 3_600));
        assert_eq!((hour(20), hour(44), hour(8)), (high, high, low));
        assert_eq!((hour(14), hour(26)), (Rate::per_second(500), Rate::per_second(500)));
        assert!((8..20).all(|now| hour(now) < hour(now + 1)), "it rises all the way");
        let sixty_degrees = Rate::per_second(700).as_micros();
        assert!(hour(24).as_micros().abs_diff(sixty_degrees) < 2_000_000, "{:?}", hour(24));
    }

    #[test]
    fn changes_hold_until_the_next_one_and_then_the_course_goes_on() {
        let at = SimTime::from_secs;
        let rate = Rate::per_second;
        let course = [(at(0), rate(1)), (at(10), rate(2)), (at(20), rate(3))];
        let changes = [(at(5), RateChange::To(Rate::ZERO)), (at(15), RateChange::Back)];
        let expected = [(at(0), rate(1)), (at(5), rate(0)), (at(10), rate(0)), (at(15), rate(2)), (at(20), rate(3))];
        assert_eq!(changed(&course, &changes), expected);
    }
}
