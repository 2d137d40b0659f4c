//! What has changed since the run before: then, now, and the difference in words.
//!
//! Contract: variants go by their names, figures by their measures; nothing is compared that only one of the runs has.
//! What looks the same in a table is called the same.

use serde::Serialize;
use timeline::{Better, Measure, Outcome, Unit, Value};

use crate::comparison::Detail;
use crate::page::difference;
use crate::text;

/// Names of variants are cut to so many characters.
const MOST_NAME: usize = 60;

/// Two runs of a scenario that was edited in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Since {
    /// What has changed for the better and for the worse, a sentence a variant.
    pub sentences: Vec<String>,
    /// The variants of the newer run, in order.
    pub variants: Vec<VariantSince>,
    /// The names of variants that only the earlier run has.
    pub gone: Vec<String>,
}

/// A variant, then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantSince {
    /// Its name.
    pub name: String,
    /// Whether the earlier run has none of this name; there are no figures then.
    pub new: bool,
    /// The headlines, as far as one of the runs has them.
    pub figures: Vec<FigureSince>,
}

/// A figure, then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FigureSince {
    /// What it is called.
    pub title: &'static str,
    /// What it says, in a sentence.
    pub explanation: &'static str,
    /// Its value in the earlier run.
    pub then: String,
    /// Its value in this run.
    pub now: String,
    /// The difference: `better: 60 s less (−93 %)`.
    pub words: String,
    /// Which way it went.
    pub way: Way,
}

/// Which way a figure went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Nothing that can be seen.
    Same,
    /// For the better.
    Better,
    /// For the worse.
    Worse,
    /// Neither is better.
    Other,
}

/// Compares what came out with what had come out before.
pub fn since(before: &[Outcome], now: &[Outcome]) -> Since {
    let known = |list: &[Outcome], name: &str| list.iter().position(|outcome| outcome.name == name);
    let variant = |outcome: &Outcome| {
        let earlier = known(before, &outcome.name).map(|place| &before[place]);
        let figure = |measure| figure(measure, earlier?, outcome);
        VariantSince {
            name: text::name(&outcome.name, MOST_NAME),
            new: earlier.is_none(),
            figures: Detail::Headlines.measures().filter_map(figure).collect(),
        }
    };
    let variants: Vec<VariantSince> = now.iter().map(variant).collect();
    let gone = before.iter().filter(|outcome| known(now, &outcome.name).is_none());
    Since {
        sentences: variants.iter().map(sentence).collect(),
        gone: gone.map(|outcome| text::name(&outcome.name, MOST_NAME)).collect(),
        variants,
    }
}

fn sentence(variant: &VariantSince) -> String {
    let name = &variant.name;
    if variant.new {
        return format!("{name} was not run before.");
    }
    let titles = |way: Way| {
        let titles = variant.figures.iter().filter(move |figure| figure.way == way).map(|figure| figure.title);
        titles.map(|title| format!("“{title}”")).collect::<Vec<String>>()
    };
    let (better, worse) = (titles(Way::Better), titles(Way::Worse));
    match (better.is_empty(), worse.is_empty()) {
        (true, true) if variant.figures.iter().all(|figure| figure.way == Way::Same) => {
            format!("{name} came out as before.")
        }
        (true, true) => format!("{name} is neither better nor worse than before."),
        (false, true) => format!("{name} is better in {}, and worse in nothing.", better.join(", ")),
        (true, false) => format!("{name} is worse in {}, and better in nothing.", worse.join(", ")),
        (false, false) => format!("{name} is better in {}; worse in {}.", better.join(", "), worse.join(", ")),
    }
}

fn figure(measure: &'static Measure, before: &Outcome, now: &Outcome) -> Option<FigureSince> {
    let (then, now) = (before.value(measure.id), now.value(measure.id));
    if (then, now) == (&Value::Unknown, &Value::Unknown) {
        return None;
    }
    let shown = (text::value(then), text::value(now));
    let (words, way) = match (then.amount(), now.amount()) {
        _ if shown.0 == shown.1 => ("the same".to_owned(), Way::Same),
        (Some(then), Some(now)) => difference_in_words(measure, then, now),
        _ if *then == Value::Unknown => ("not measured before".to_owned(), Way::Other),
        _ if *now == Value::Unknown => ("not measured now".to_owned(), Way::Other),
        _ => ("changed".to_owned(), Way::Other),
    };
    let (title, explanation) = (measure.title, measure.explanation);
    Some(FigureSince { title, explanation, then: shown.0, now: shown.1, words, way })
}

fn difference_in_words(measure: &Measure, then: u64, now: u64) -> (String, Way) {
    use protocol::SimDuration;
    let (amount, grown) = (then.abs_diff(now), now > then);
    let (value, less, more) = match measure.unit {
        Unit::Count(_) | Unit::Word => (Value::Count(amount), "fewer", "more"),
        Unit::Duration => (Value::Duration(SimDuration::from_nanos(amount)), "less", "more"),
        Unit::PartitionTime => (Value::PartitionTime(SimDuration::from_nanos(amount)), "less", "more"),
        Unit::Share => (Value::Share(amount), "lower", "higher"),
    };
    let way = match (measure.better, grown) {
        (Better::Neither, _) => Way::Other,
        (Better::Lower, false) | (Better::Higher, true) => Way::Better,
        (Better::Lower, true) | (Better::Higher, false) => Way::Worse,
    };
    let judged = match way {
        Way::Better => "better: ",
        Way::Worse => "worse: ",
        Way::Same | Way::Other => "",
    };
    let share = match difference(then, now) {
        share if share.is_empty() => String::new(),
        share => format!(" ({share})"),
    };
    (format!("{judged}{} {}{share}", text::value(&value), if grown { more } else { less }), way)
}

#[cfg(test)]
mod tests {
    use protocol::{Generation, SimDuration, SimTime};
    use timeline::{Cast, Event, Measurer, Observer};

    use super::*;

    /// A run with so many generations.
    fn run(name: &str, generations: i32) -> Outcome {
        let cast = Cast { members: vec!["m".to_owned()], end: SimTime::from_secs(60), ..Cast::default() };
        let mut measurer = Measurer::new(&cast);
        for number in 0..generations {
            let at = SimTime::from_secs(1) + SimDuration::from_secs(number as u64);
            measurer.observe(at, Event::Generation { generation: Generation(number), members: 1 });
        }
        Outcome::new(name, 1, cast, &measurer.finish())
    }

    fn rebalances(then: i32, now: i32) -> (String, Way) {
        let since = since(&[run("a", then)], &[run("a", now)]);
        let figure = since.variants[0].figures.iter().find(|figure| figure.title == "Rebalances").unwrap();
        (figure.words.clone(), figure.way)
    }

    #[test]
    fn a_difference_says_which_way_how_much_and_how_many_times() {
        assert_eq!(rebalances(3, 3), ("the same".to_owned(), Way::Same));
        assert_eq!(rebalances(4, 1), ("better: 3 fewer (−75 %)".to_owned(), Way::Better));
        assert_eq!(rebalances(2, 13), ("worse: 11 more (6.5 ×)".to_owned(), Way::Worse));
        assert_eq!(rebalances(0, 2), ("worse: 2 more".to_owned(), Way::Worse));
    }

    #[test]
    fn variants_go_by_name_and_those_of_one_run_only_are_named() {
        let since = since(&[run("a", 1), run("b", 1)], &[run("c", 2), run("a", 2)]);
        assert_eq!(
            since.variants.iter().map(|it| (&*it.name, it.new)).collect::<Vec<_>>(),
            [("c", true), ("a", false)]
        );
        assert_eq!(since.gone, ["b"]);
        assert_eq!(since.sentences, ["c was not run before.", "a is worse in “Rebalances”, and better in nothing."]);
        assert!(since.variants[0].figures.is_empty());
    }

    #[test]
    fn the_same_again_is_said_to_be_the_same() {
        let since = since(&[run("a", 1)], &[run("a", 1)]);
        assert_eq!(since.sentences, ["a came out as before."]);
        assert!(since.variants[0].figures.iter().all(|figure| figure.way == Way::Same));
    }
}
