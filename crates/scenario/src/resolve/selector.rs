//! Members by name: `web-3`, `web-*`, `all`, `first 3`, `random 3 of web-*`.

use engine::Rng;
use protocol::SimTime;

use crate::diagnostic::{Report, shortened};
use crate::source::Position;
use crate::tree::Node;
use crate::word::did_you_mean;

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    /// How many of them; all if nothing is said.
    amount: Option<Amount>,
    /// A name, in which `*` stands for anything.
    glob: String,
    /// Where it stands.
    pub(super) at: Position,
    /// The words that were written.
    written: String,
}

/// How many, and which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    First(usize),
    Last(usize),
    Random(usize),
}

/// Whom a selector can mean at one time of the plan.
pub(super) struct Pool<'a> {
    /// The names of all members.
    pub(super) names: &'a [&'a str],
    /// Those that can be meant, in order.
    pub(super) candidates: Vec<usize>,
    /// Whether they are those that are running, or those that are not; nothing: all.
    pub(super) running: Option<bool>,
    /// The time.
    pub(super) at: SimTime,
}

/// The longest selector, in bytes.
const MAX_LENGTH: usize = 300;

/// Reads a selector, or a list of them.
pub(super) fn read(what: &str, node: &Node, report: &Report) -> Vec<Selector> {
    let mut selectors = Vec::new();
    if node.elements().is_empty() {
        report.error(node.at, format!("{what}: nobody is named")).label("expected names of members").file();
    }
    for element in node.elements() {
        match element.text() {
            Some(text) => selectors.extend(parse(what, text, element.at, report)),
            None => {
                let error =
                    report.error(element.at, format!("{what} takes names of members, and this is {}", element.kind()));
                error.label("expected `web-3`, `web-*`, `all`, `first 3`").file();
            }
        }
    }
    selectors
}

/// Everybody.
pub(super) fn everybody(at: Position) -> Vec<Selector> {
    vec![Selector { amount: None, glob: "*".to_owned(), at, written: "all".to_owned() }]
}

fn parse(what: &str, text: &str, at: Position, report: &Report) -> Option<Selector> {
    if text.len() > MAX_LENGTH {
        report.error(at, format!("{what}: `{}` is no name of a member", shortened(text))).label("far too long").file();
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let amount = |kind: fn(usize) -> Amount, number: &str| match number.parse::<usize>() {
        Ok(number) if number > 0 => Some(Some(kind(number))),
        _ => {
            report
                .error(at, format!("{what}: `{}` is not a number of members", shortened(number)))
                .label("expected `first 3`")
                .file();
            None
        }
    };
    let (amount, glob) = match words.as_slice() {
        ["all"] => (None, "*"),
        ["first", number] => (amount(Amount::First, number)?, "*"),
        ["last", number] => (amount(Amount::Last, number)?, "*"),
        ["random", number] => (amount(Amount::Random, number)?, "*"),
        ["first", number, "of", glob] => (amount(Amount::First, number)?, *glob),
        ["last", number, "of", glob] => (amount(Amount::Last, number)?, *glob),
        ["random", number, "of", glob] => (amount(Amount::Random, number)?, *glob),
        [name] if name.chars().all(|c| c.is_ascii_digit()) => {
            let error = report.error(at, format!("{what}: which {name} of them?"));
            error.label(format!("expected `first {name}`, `last {name}` or `random {name}`")).file();
            return None;
        }
        [name] => (None, *name),
        _ => {
            let error = report.error(at, format!("{what}: `{}` names nobody", shortened(text)));
            error
                .label("expected `web-3`, `web-*`, `all`, `first 3`, `random 3 of web-*`")
                .help("several names are a list: [a, b]")
                .file();
            return None;
        }
    };
    let glob = if glob == "all" { "*".to_owned() } else { glob.replace("{n}", "*") };
    Some(Selector { amount, glob, at, written: text.to_owned() })
}

impl Selector {
    /// Whether it may mean the member of this name.
    pub(super) fn matches(&self, name: &str) -> bool {
        glob(&self.glob, name)
    }

    /// Whether it may mean a member whose name is made from this pattern with a number that is not known.
    pub(super) fn may_match(&self, pattern: &str) -> bool {
        let (own, other) = (ends(&self.glob, "*"), ends(pattern, "{n}"));
        let (begin, end) = ((own.0, other.0), (own.1, other.1));
        (begin.0.starts_with(begin.1) || begin.1.starts_with(begin.0))
            && (end.0.ends_with(end.1) || end.1.ends_with(end.0))
    }

    /// The words that were written.
    pub(super) fn written(&self) -> String {
        self.written.clone()
    }

    /// Whether it says how many are meant.
    pub(super) fn counts(&self) -> bool {
        self.amount.is_some()
    }

    /// The members that are meant, of those that are candidates, in order. Says so if there is none, or not enough.
    pub(super) fn choose(&self, pool: &Pool<'_>, rng: &mut impl Rng, report: &Report) -> Vec<usize> {
        let fits = |member: &usize| self.matches(pool.names[*member]);
        let mut chosen: Vec<usize> = pool.candidates.iter().copied().filter(fits).collect();
        let wanted = match self.amount {
            None => chosen.len().max(1),
            Some(Amount::First(number) | Amount::Last(number) | Amount::Random(number)) => number,
        };
        if chosen.len() < wanted {
            self.refuse(chosen.len(), pool, report);
            return Vec::new();
        }
        match self.amount {
            None => {}
            Some(Amount::First(number)) => chosen.truncate(number),
            Some(Amount::Last(number)) => drop(chosen.drain(..chosen.len() - number)),
            Some(Amount::Random(number)) => {
                // One by one, as from a hat.
                for place in 0..number {
                    let left = (chosen.len() - place) as u64;
                    let drawn = (u128::from(rng.next_u64()) * u128::from(left)) >> 64;
                    chosen.swap(place, place + drawn as usize);
                }
                chosen.truncate(number);
                chosen.sort_unstable();
            }
        }
        chosen
    }

    /// Says why nobody, or too few, are meant.
    fn refuse(&self, found: usize, pool: &Pool<'_>, report: &Report) {
        let written = shortened(&self.written);
        let names = pool.names;
        if names.iter().any(|name| self.matches(name)) {
            let state = match pool.running {
                Some(true) => "running",
                Some(false) => "stopped",
                None => "there",
            };
            let message = match found {
                0 if self.glob.contains('*') => format!("`{written}`: none of these members is {state} at {}", pool.at),
                0 => format!("`{written}` is not {state} at {}", pool.at),
                1 => format!("`{written}`: only one of these members is {state} at {}", pool.at),
                found => format!("`{written}`: only {found} of these members are {state} at {}", pool.at),
            };
            report.error(self.at, message).label(format!("expected members that are {state}")).file();
            return;
        }
        let error = report.error(self.at, format!("there is no member `{written}`"));
        let suggestion = did_you_mean(&self.glob, names.iter().copied()).or_else(|| members_are(names));
        error.label("nobody is called that").maybe_help(suggestion).file();
    }
}

/// What a text begins and ends with, around the first and the last place that may be anything; a text without one is
/// both, and a name made from a pattern without one may go on.
fn ends<'a>(text: &'a str, anything: &str) -> (&'a str, &'a str) {
    match (text.split_once(anything), text.rsplit_once(anything)) {
        (Some((begin, _)), Some((_, end))) => (begin, end),
        _ if anything == "*" => (text, text),
        _ => (text, ""),
    }
}

/// Who there is, as far as that is known.
fn members_are(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [only] => Some(format!("there is `{only}`")),
        [first, .., last] => Some(format!("there are `{first}` to `{last}`")),
    }
}

/// Whether a name fits a pattern in which `*` stands for anything. Linear in the product of the lengths at worst.
fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("*", "web-1", true),
            ("web-*", "web-1", true),
            ("web-*", "job-1", false),
            ("*-1", "web-1", true),
            ("w*b*1", "web-1", true),
            ("web-1", "web-1", true),
            ("web-1", "web-10", false),
            ("a*a", "a", false),
            ("", "", true),
        ] {
            assert_eq!(glob(pattern, name), fits, "{pattern} {name}");
        }
    }
}
