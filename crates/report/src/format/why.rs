//! Why a group rebalanced, for a terminal: the causes, where the time went, the costliest, and what would have been
//! better.
//!
//! Contract: fits the width that was asked for as far as names let it; says what the story says and nothing else.

use std::fmt::Write as _;

use protocol::{SimDuration, SimTime};
use timeline::story::{Cause, Part, Rebalance, Story};

use super::why_one;
use crate::advice::Advice;
use crate::story::{self, clock, maybe_member};
use crate::text;

/// Sentences of advice are cut to so many characters.
const MOST_WORDS: usize = 1_000;
/// How many rebalances a summary shows by themselves.
const COSTLIEST: usize = 5;
/// How wide a bar is that is as long as can be.
const BAR: u64 = 40;

/// What of a story to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Causes, where the time went, the costliest rebalances.
    Summary,
    /// Every rebalance, a line each.
    Every,
    /// The rebalance with this number, at length.
    One(u64),
}

/// The story as text; ends with a line break.
pub fn why_terminal(variant: &str, story: &Story, advice: Option<&Advice>, shown: Shown, width: u16) -> String {
    let mut out = format!("{}\n", text::name(variant, 60));
    match shown {
        Shown::One(number) => match story.rebalances.iter().find(|one| one.number == number) {
            Some(one) => out += &why_one::one(story, one, width),
            None => out += "\nThere is no such rebalance.\n",
        },
        Shown::Every => {
            head(&mut out, story, width);
            list(&mut out, story, &story.rebalances.iter().collect::<Vec<_>>());
        }
        Shown::Summary => summary(&mut out, story, width),
    }
    if let Some(advice) = advice {
        out += &advice_terminal(advice, width);
    }
    out
}

fn summary(out: &mut String, story: &Story, width: u16) {
    head(out, story, width);
    outages(out, story, width);
    let later: Vec<&Rebalance> = later(story).collect();
    if later.is_empty() {
        return;
    }
    causes(out, &later);
    split(out, &later);
    let mut costliest = later;
    costliest.sort_by_key(|one| (SimDuration::MAX.saturating_sub(one.unread), one.number));
    costliest.truncate(COSTLIEST);
    out.push_str("\nThe costliest\n");
    list(out, story, &costliest);
}

fn later(story: &Story) -> impl Iterator<Item = &Rebalance> {
    story.rebalances.iter().filter(|one| one.began >= story.from)
}

/// How many there were, and what of the time without an owner they are to blame for.
fn head(out: &mut String, story: &Story, width: u16) {
    let count = later(story).count() as u64;
    let before = story.rebalances.len() as u64 - count;
    let unfinished = match later(story).filter(|one| one.generation.is_none()).count() as u64 {
        0 => String::new(),
        _ if count == 1 => " (unfinished)".to_owned(),
        1 => ", one of them unfinished,".to_owned(),
        some => format!(", {} of them unfinished,", text::count(some)),
    };
    let _ = writeln!(
        out,
        "\n{}{unfinished} from {} on, {} before that (start-up).",
        text::things(count, "rebalance", "rebalances"),
        clock(story.from),
        text::count(before)
    );
    let gaps = story.partitions.iter().flat_map(|partition| partition.gaps(story.end));
    let all: SimDuration = gaps.map(|(from, to)| to.since(from.max(story.from))).sum();
    let theirs: SimDuration = later(story).map(|one| one.unread).sum();
    let words = format!(
        "Partitions were unread for {}, added up: {} until a rebalance gave them to somebody, {} while their own member \
         was away.",
        text::duration(all),
        text::duration(theirs.min(all)),
        text::duration(all.saturating_sub(theirs))
    );
    let _ = writeln!(out, "{}", text::wrap(&words, usize::from(width)));
    if story.cut {
        out.push_str("The run is too long to be told as a whole: the beginning is, the rest is missing here.\n");
    }
}

/// The brokers that went, a line each.
fn outages(out: &mut String, story: &Story, width: u16) {
    if story.outages.is_empty() {
        return;
    }
    out.push_str("\nBrokers that went\n");
    for outage in &story.outages {
        let (title, detail) = story::outage(outage);
        let words = format!("{}  {title}. {detail}", clock(outage.at));
        hanging(out, ["  ", "    "], &words, usize::from(width).max(20));
    }
}

/// Words over as many lines as they need, behind one text on the first and another, not shorter, on the others.
fn hanging(out: &mut String, [first, others]: [&str; 2], words: &str, width: usize) {
    for (place, line) in text::wrap(words, width - others.len()).lines().enumerate() {
        let _ = writeln!(out, "{}{line}", if place == 0 { first } else { others });
    }
}

fn causes(out: &mut String, later: &[&Rebalance]) {
    let mut rows = vec![["because", "times", "unread", "longest pause", "records delayed"].map(str::to_owned)];
    for cause in Cause::ALL {
        let these: Vec<&&Rebalance> = later.iter().filter(|one| one.cause == cause).collect();
        if these.is_empty() {
            continue;
        }
        rows.push([
            cause.words().to_owned(),
            text::count(these.len() as u64),
            text::duration(these.iter().map(|one| one.unread).sum()),
            text::duration(these.iter().map(|one| one.longest).max().unwrap_or_default()),
            text::count(these.iter().map(|one| one.records_delayed).sum()),
        ]);
    }
    out.push('\n');
    columns(out, &rows);
}

fn split(out: &mut String, later: &[&Rebalance]) {
    let total: SimDuration = later.iter().map(|one| one.length()).sum();
    if total.is_zero() {
        return;
    }
    let _ = writeln!(out, "\nWhere the time of these rebalances went, {} in all", text::duration(total));
    for part in Part::ALL {
        let spent: SimDuration = later.iter().map(|one| one.split.part(part)).sum();
        bar(out, part.name(), spent, total);
    }
}

/// A part of something, in figures and as a bar.
pub(super) fn bar(out: &mut String, name: &str, spent: SimDuration, total: SimDuration) {
    let of = |whole: u64| {
        let share = u128::from(spent.as_nanos()) * u128::from(whole) / u128::from(total.as_nanos().max(1));
        u64::try_from(share).unwrap_or(whole)
    };
    let bar = "█".repeat(usize::try_from(of(BAR)).unwrap_or(0));
    let line = format!("  {name:7} {:>10} {:3} %  {bar}", text::duration(spent), of(100));
    let _ = writeln!(out, "{}", line.trim_end());
}

/// A line each.
fn list(out: &mut String, story: &Story, rebalances: &[&Rebalance]) {
    let mut rows = vec![["", "began", "because", "waited for", "took", "unread", "records"].map(str::to_owned)];
    for one in rebalances {
        rows.push([
            format!("#{}", one.number),
            clock(one.began),
            because(one),
            maybe_member(story, one.waited_for),
            text::duration(one.length()) + if one.interrupted { "+" } else { "" },
            text::duration(one.unread),
            text::count(one.records_delayed),
        ]);
    }
    columns(out, &rows);
    if rebalances.iter().any(|one| one.interrupted) {
        out.push_str("  + : the next rebalance began, or the run ended, before everybody had an assignment\n");
    }
}

/// Why, in a few words.
pub(super) fn because(one: &Rebalance) -> String {
    let words = if one.trigger.is_empty() { one.cause.words().to_owned() } else { text::line(&one.trigger, 60) };
    let more = match one.more_triggers {
        0 => String::new(),
        more => format!(", and {} more", text::count(more)),
    };
    let follows = one.follows.map_or_else(String::new, |root| format!(" (follows #{root})"));
    words + &more + &follows
}

/// Columns, each as wide as it must be; texts to the left, figures (the last three of them) to the right.
fn columns<const N: usize>(out: &mut String, rows: &[[String; N]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let mut line = String::from(" ");
        for (column, cell) in row.iter().enumerate() {
            let (space, width) = (widths[column] - cell.chars().count(), widths[column]);
            let _ = match column + 3 >= N || (N == 5 && column == 1) {
                true => write!(line, " {}{cell}", " ".repeat(space)),
                false if width == 0 => Ok(()),
                false => write!(line, " {cell}{}", " ".repeat(space)),
            };
            line.push(' ');
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// What stands out, and what would have been better, as text.
pub fn advice_terminal(advice: &Advice, width: u16) -> String {
    let width = usize::from(width.max(super::terminal::LEAST_WIDTH));
    let mut out = String::new();
    let item = |out: &mut String, mark: &str, words: &str| {
        hanging(out, [mark, &" ".repeat(mark.len())], &text::line(words, MOST_WORDS), width);
    };
    if !advice.findings.is_empty() {
        out.push_str("\nWhat stands out\n");
        advice.findings.iter().for_each(|finding| item(&mut out, "  - ", finding));
    }
    if advice.tried.is_empty() {
        return out;
    }
    match advice.improvements.len() {
        0 => {
            let _ = writeln!(out, "\nNothing that was tried would have been better:");
            item(&mut out, "  ", &format!("{}.", advice.tried.join("; ")));
        }
        _ => {
            let _ = writeln!(out, "\nWhat would have been better (run and measured; {} tried)", advice.tried.len());
        }
    }
    for (place, improvement) in advice.improvements.iter().enumerate() {
        let _ = writeln!(out, "  {}. {}", place + 1, text::line(&improvement.what, 120));
        item(&mut out, "     ", &improvement.sentences().join(" "));
        for line in improvement.overlay.lines() {
            let _ = writeln!(out, "       {}{}", indent(line), text::line(line, 200));
        }
    }
    out
}

/// The spaces that a line begins with.
fn indent(line: &str) -> String {
    " ".repeat(line.chars().take_while(|character| *character == ' ').count().min(80))
}

/// The rebalance that was under way at this moment, or the last that had begun by then.
pub fn rebalance_at(story: &Story, at: SimTime) -> Option<u64> {
    story.rebalances.iter().rev().find(|one| one.began <= at).map(|one| one.number)
}
