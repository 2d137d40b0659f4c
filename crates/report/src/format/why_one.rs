//! One rebalance at length: what happened in order, where the time went, who waited for whom.

use std::fmt::Write as _;

use protocol::{SimDuration, SimTime};
use timeline::MemberIndex;
use timeline::story::{Part, Phase, Protocol, Rebalance, Span, Story};

use super::timeline::{Columns, legend, sign};
use super::why::{bar, because};
use crate::story::{clock, maybe_member, member};
use crate::text;

/// How many members a waterfall shows.
const ROWS: usize = 12;
/// How many columns of time it has.
const COLUMNS: u64 = 60;

/// All there is to say.
pub(super) fn one(story: &Story, one: &Rebalance, width: u16) -> String {
    let mut out = String::new();
    let generation = one.generation.map_or("no generation".to_owned(), |generation| match one.protocol {
        Protocol::Classic => format!("generation {generation}"),
        Protocol::Consumer => format!("epoch {generation}"),
    });
    let of = story.rebalances.len() as u64;
    let _ = writeln!(out, "\nRebalance {} of {}, {generation}: {}", one.number, text::count(of), because(one));
    if let Some(root) = one.follows {
        let _ = writeln!(out, "It hands on what rebalance {root} took away; that one is where it began.");
    }
    moments(&mut out, story, one);
    let _ = writeln!(
        out,
        "\nIt took {}{}",
        text::duration(one.length()),
        if one.interrupted { ", unfinished" } else { "" }
    );
    if !one.length().is_zero() {
        for part in Part::ALL {
            bar(&mut out, part.name(), one.split.part(part), one.length());
        }
    }
    let records = match one.records_delayed {
        1 => "1 record was".to_owned(),
        records => format!("{} records were", text::count(records)),
    };
    let words = format!(
        "It cost {} of partitions without a reader in {} (the longest {}), and {records} delayed.",
        text::duration(one.unread),
        text::things(one.pauses, "pause", "pauses"),
        text::duration(one.longest),
    );
    let _ = writeln!(out, "\n{}", text::wrap(&words, usize::from(width)));
    waterfall(&mut out, story, one);
    out
}

/// What happened, in order.
fn moments(out: &mut String, story: &Story, one: &Rebalance) {
    let mut lines: Vec<(SimTime, String)> = Vec::new();
    if !one.unnoticed.is_zero() {
        let gone = SimTime::ZERO + one.began.since(SimTime::ZERO).saturating_sub(one.unnoticed);
        lines.push((
            gone,
            format!("{} stops; nobody knows for {}", maybe_member(story, one.culprit), text::duration(one.unnoticed)),
        ));
    }
    lines.push((one.began, format!("it begins: {}", because(one))));
    let waited = one.split.notice + one.split.drain + one.split.revoke;
    if one.protocol == Protocol::Classic {
        let who = match one.waited_for {
            Some(who) => format!("{} was waited for", member(story, who)),
            None => "nobody in particular was waited for".to_owned(),
        };
        lines.push((one.decided, format!("decided, with {}; {who}", text::things(one.members, "member", "members"))));
    } else {
        lines
            .push((one.decided, format!("a target assignment for {}", text::things(one.members, "member", "members"))));
        if let Some(who) = one.waited_for {
            lines
                .push((one.decided + waited, format!("{} gives partitions up, the last to do so", member(story, who))));
        }
    }
    if one.generation.is_some() && !one.interrupted {
        lines.push((one.ended, format!("{} has its assignment, the last to have it", maybe_member(story, one.last))));
    } else {
        lines.push((one.ended, "it is broken off: the next one begins, or the run ends".to_owned()));
    }
    out.push('\n');
    for (at, words) in lines {
        let _ = writeln!(out, "  {}  {words}", clock(at));
    }
}

/// What every member did meanwhile, those first who were the last to be ready to go on.
fn waterfall(out: &mut String, story: &Story, one: &Rebalance) {
    if one.length().is_zero() {
        return;
    }
    let margin = one.length().as_nanos() / 20;
    let from = SimTime::from_nanos(one.began.as_nanos().saturating_sub(margin));
    let to = SimTime::from_nanos(one.ended.as_nanos() + margin);
    let named = |who: MemberIndex| [one.culprit, one.waited_for, one.last].contains(&Some(who));
    let mut rows: Vec<(SimDuration, MemberIndex)> = Vec::new();
    for (place, _) in story.members.iter().enumerate() {
        let who = MemberIndex(u32::try_from(place).unwrap_or(u32::MAX));
        let held_up: SimDuration = spans(story, who, from, to)
            .filter(|span| !span.phase.is_settled() && !matches!(span.phase, Phase::Down))
            .map(|span| span.to.min(to).since(span.from.max(one.began)))
            .sum();
        if !held_up.is_zero() || named(who) {
            rows.push((held_up, who));
        }
    }
    rows.sort_by_key(|(held_up, who)| (!named(*who), SimDuration::MAX.saturating_sub(*held_up), *who));
    let left = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let width = rows.iter().map(|(_, who)| member(story, *who).chars().count()).max().unwrap_or(0);
    let column = SimDuration::from_nanos(to.since(from).as_nanos() / COLUMNS);
    let _ = writeln!(out, "\nWho did what, {} a column", text::duration(column));
    let columns = Columns { from, to, count: COLUMNS };
    let mut seen = Vec::new();
    for (_, who) in &rows {
        let phases = columns.phases(&story.members[who.0 as usize].spans);
        let line: String = phases.iter().map(|phase| sign(*phase)).collect();
        seen.extend(phases);
        let role = match *who {
            who if Some(who) == one.culprit => "cause",
            who if Some(who) == one.waited_for => "waited for",
            who if Some(who) == one.last => "last",
            _ => "",
        };
        let line = format!("  {:width$}  {line}  {role}", member(story, *who));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if left > 0 {
        let _ = writeln!(out, "  … and {} more", text::count(left as u64));
    }
    let _ = writeln!(out, "  {}", legend(seen));
}

/// What a member did between two moments.
fn spans(story: &Story, who: MemberIndex, from: SimTime, to: SimTime) -> impl Iterator<Item = &Span> {
    let spans = &story.members[who.0 as usize].spans;
    let first = spans.partition_point(|span| span.to <= from);
    spans[first..].iter().take_while(move |span| span.from < to)
}
