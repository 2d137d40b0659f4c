//! Seed 000: the published measurement, simulated from its mechanisms and treated equally; and the page that says so.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | runs of a shipped scenario over many seeds, and how a measure spreads |
//! | `published` | both arms held to what was published, and to the ranges that their set-up gives |
//! | `rig` | small groups held to what a rig measured |
//! | `page` | the page in `reports/seed-000` |

mod page;
mod published;
mod rig;

use protocol::{SimDuration, SimTime};
use simulation::Plan;
use timeline::{Event, Observer, Outcome};

/// What came of a run, and how its processes stopped.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    /// Time from the first member that gave up what it read to the last one, within a poll turn of the restart; none
    /// if nobody gave up anything.
    pub(crate) stopping: Option<SimDuration>,
}

impl Ran {
    pub(crate) fn amount(&self, id: &str) -> u64 {
        self.outcome.value(id).amount().unwrap_or_else(|| panic!("{id} is not measured"))
    }
}

/// How long members may take to see a stop: twice the poll time of five seconds.
const TURN: SimDuration = SimDuration::from_secs(10);

/// Watches when members give up what they read.
struct Stops {
    from: SimTime,
    first: Option<SimTime>,
    last: SimTime,
}

impl Observer for Stops {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        if matches!(event, Event::Revoked { .. }) && at >= self.from && at <= self.first.unwrap_or(at) + TURN {
            self.first.get_or_insert(at);
            self.last = at;
        }
    }
}

fn watched(plan: &Plan) -> Ran {
    let stops = Stops { from: plan.measure_from, first: None, last: SimTime::ZERO };
    let (outcome, stops) = simulation::run_observed(plan, stops).expect("shipped scenarios run");
    Ran { outcome, stopping: stops.first.map(|first| stops.last - first) }
}

/// What came of a shipped scenario, by variant and in order of seeds from 1; variants in the order of the file.
pub(crate) fn runs(name: &str, seeds: u64) -> Vec<(String, Vec<Ran>)> {
    let shipped = cli::shipped::find(name).expect("it is shipped");
    let of_seed = |seed: u64| {
        let comparison = scenario::load_text(name, shipped.text, Some(seed)).unwrap_or_else(|wrong| panic!("{wrong}"));
        comparison.variants.iter().map(|variant| watched(&variant.plan)).collect::<Vec<Ran>>()
    };
    let of_half = |half: &[u64]| half.iter().flat_map(|seed| of_seed(*seed)).collect::<Vec<Ran>>();
    let all: Vec<u64> = (1..=seeds).collect();
    let (first, second) = all.split_at(all.len() / 2);
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let other = scope.spawn(|| of_half(second));
        let first = of_half(first);
        first.into_iter().chain(other.join().expect("runs do not panic")).collect()
    });
    let mut variants: Vec<(String, Vec<Ran>)> = Vec::new();
    for ran in ran {
        match variants.iter_mut().find(|(name, _)| *name == ran.outcome.name) {
            Some((_, all)) => all.push(ran),
            None => variants.push((ran.outcome.name.clone(), vec![ran])),
        }
    }
    variants
}

/// The runs of one variant.
pub(crate) fn variant<'a>(all: &'a [(String, Vec<Ran>)], name: &str) -> &'a [Ran] {
    &all.iter().find(|(variant, _)| variant == name).unwrap_or_else(|| panic!("there is no variant {name}")).1
}

/// A measure of some runs, in ascending order.
pub(crate) struct Spread(Vec<u64>);

impl Spread {
    pub(crate) fn of<'a>(runs: impl IntoIterator<Item = &'a Ran>, id: &str) -> Self {
        Self::new(runs.into_iter().map(|ran| ran.amount(id)).collect())
    }

    pub(crate) fn new(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        Self(values)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value below which so many of a hundred lie.
    pub(crate) fn at(&self, percent: usize) -> u64 {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }

    /// How many of a hundred lie between these two.
    pub(crate) fn within(&self, least: u64, most: u64) -> usize {
        self.0.iter().filter(|value| (least..=most).contains(value)).count() * 100 / self.0.len()
    }
}

pub(crate) const MILLI: u64 = 1_000_000;

pub(crate) fn seconds(nanos: u64) -> String {
    let hundredths = (nanos + 5_000_000) / 10_000_000;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}

/// A measure's value in words.
pub(crate) fn shown(id: &str, value: u64) -> String {
    match id {
        _ if id.contains("share") => format!("{}.{:02} %", value / 100, value % 100),
        "rebalances" | "double-owned" | "partitions-moved" | "members-affected" | "read-twice" => value.to_string(),
        _ => seconds(value),
    }
}
