//! What happened in a run, and what it cost: rebalances, and times in which partitions were not read without one.
//!
//! Contract: plain data and words, in the order in which it happened. Every word follows from the story. Names are fit
//! to be shown, and not escaped.

use std::collections::BTreeMap;

use protocol::{SimDuration, SimTime};
use timeline::story::{Outage, Part, Rebalance, Split};
use timeline::{MemberIndex, Story};

use crate::story;
use crate::text::{self, duration, things};

/// Names of members are cut to so many characters, Kafka's own words to the other number.
const MOST_NAME: usize = 40;
const MOST_WORDS: usize = 160;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happening {
    /// When it began, and when it was over.
    pub(crate) from: SimTime,
    pub(crate) to: SimTime,
    /// Whether it belongs to the start-up.
    pub(crate) is_start_up: bool,
    /// What, in a few words: the trigger, and whose it was.
    pub(crate) title: String,
    /// The member everybody waited for, or who was ready last.
    pub(crate) waited: Option<String>,
    /// The rest, in a few sentences.
    pub(crate) detail: String,
    /// For how long partitions were not read because of it, added up; the longest; and for how long none was.
    pub(crate) unread: SimDuration,
    pub(crate) longest: SimDuration,
    pub(crate) still: SimDuration,
    /// How many records waited meanwhile.
    pub(crate) records: u64,
    /// Where its time went, if it is a rebalance.
    pub(crate) split: Option<Split>,
}

/// All that happened, in order.
pub(crate) fn happenings(story: &Story) -> Vec<Happening> {
    let still = standstills(story);
    let mut list: Vec<Happening> =
        story.rebalances.iter().map(|rebalance| rebalanced(story, rebalance, &still)).collect();
    list.extend(absences(story));
    list.extend(story.outages.iter().map(|outage| went(story, outage)));
    list.sort_by_key(|it| it.from);
    list
}

fn member(story: &Story, member: MemberIndex) -> String {
    text::name(story.name(member), MOST_NAME)
}

fn rebalanced(story: &Story, rebalance: &Rebalance, still: &[(SimTime, SimTime)]) -> Happening {
    let name = |who: Option<MemberIndex>| who.map(|who| member(story, who));
    let cause = capital(rebalance.cause.words());
    let title = match name(rebalance.culprit) {
        Some(culprit) => format!("{cause}: {culprit}"),
        None => cause,
    };
    let mut detail = Vec::new();
    if !rebalance.unnoticed.is_zero() {
        let who = name(rebalance.culprit).unwrap_or_else(|| "It".to_owned());
        detail.push(format!("{who} had been gone for {} before the group knew.", duration(rebalance.unnoticed)));
    }
    let (waited, last) = (name(rebalance.waited_for), name(rebalance.last));
    match (&waited, &last) {
        (Some(waited), Some(last)) if waited != last => {
            detail.push(format!("Everybody waited for {waited}; {last} was ready last."));
        }
        (Some(waited), _) => detail.push(format!("Everybody waited for {waited}.")),
        (None, Some(last)) => detail.push(format!("{last} was ready last.")),
        (None, None) => {}
    }
    let longest = Part::ALL.into_iter().max_by_key(|part| rebalance.split.part(*part));
    if let Some(part) = longest.filter(|part| !rebalance.split.part(*part).is_zero()) {
        let length = duration(rebalance.length());
        detail.push(format!("It took {length}, {} of it: {}.", duration(rebalance.split.part(part)), part_words(part)));
    }
    if rebalance.interrupted {
        detail.push("The next rebalance, or the end of the run, cut it short.".to_owned());
    }
    if rebalance.records_delayed > 0 {
        detail.push(format!("{} meanwhile.", things(rebalance.records_delayed, "record waited", "records waited")));
    }
    let words = text::line(&rebalance.trigger, MOST_WORDS);
    if !words.is_empty() {
        detail.push(format!("Reason: {words}."));
    }
    Happening {
        from: rebalance.began,
        to: rebalance.ended,
        is_start_up: rebalance.began < story.from,
        title,
        waited: waited.or(last),
        detail: detail.join(" "),
        unread: rebalance.unread,
        longest: rebalance.longest,
        still: within(still, rebalance.began, rebalance.ended),
        records: rebalance.records_delayed,
        split: Some(rebalance.split),
    }
}

/// A broker went. No member is away because of it, so no partition counts as unread.
fn went(story: &Story, outage: &Outage) -> Happening {
    let (title, detail) = story::outage(outage);
    Happening {
        from: outage.at,
        to: outage.at + outage.gone.longest,
        is_start_up: outage.at < story.from,
        title,
        waited: None,
        detail,
        unread: SimDuration::ZERO,
        longest: SimDuration::ZERO,
        still: SimDuration::ZERO,
        records: 0,
        split: None,
    }
}

/// A part of a rebalance, as something that time went into.
const fn part_words(part: Part) -> &'static str {
    match part {
        Part::Notice => "until members knew that they had to join again (they learn it from their next heartbeat)",
        Part::Drain => "ending what members had in hand, and committing",
        Part::Revoke => "onPartitionsRevoked",
        Part::Join => "waiting until all had joined",
        Part::Sync => "computing the assignment and handing it out",
        Part::Assign => "onPartitionsAssigned",
        Part::Resume => "looking up where to read on",
    }
}

/// Partitions of one member that were not read, from one moment on.
#[derive(Default)]
struct Absence {
    to: SimTime,
    partitions: u64,
    unread: SimDuration,
    longest: SimDuration,
}

/// Pauses during which no rebalance was under way: of static members that come back, of slots.
fn absences(story: &Story) -> Vec<Happening> {
    let mut absences: BTreeMap<(SimTime, MemberIndex), Absence> = BTreeMap::new();
    for partition in &story.partitions {
        let owners = partition.spans.windows(2).map(|pair| (pair[0].member, pair[0].to, pair[1].from));
        let open = partition.spans.last().filter(|last| last.to < story.end);
        for (owner, from, to) in owners.chain(open.map(|last| (last.member, last.to, story.end))) {
            if from >= to || is_rebalancing(story, from, to) {
                continue;
            }
            let absence = absences.entry((from, owner)).or_default();
            absence.to = absence.to.max(to);
            absence.partitions += 1;
            absence.unread += to.since(from);
            absence.longest = absence.longest.max(to.since(from));
        }
    }
    let still = standstills(story);
    let told = absences.into_iter().map(|((from, owner), absence)| {
        let name = member(story, owner);
        let its = match absence.partitions {
            1 => "Its partition was".to_owned(),
            some => format!("Its {} partitions were", text::count(some)),
        };
        Happening {
            from,
            to: absence.to,
            is_start_up: from < story.from,
            title: format!("Away without a rebalance: {name}"),
            waited: Some(name),
            detail: format!(
                "{its} not read until somebody came for {}.",
                if absence.partitions == 1 { "it" } else { "them" }
            ),
            unread: absence.unread,
            longest: absence.longest,
            still: within(&still, from, absence.to),
            records: 0,
            split: None,
        }
    });
    told.collect()
}

/// Whether a rebalance is under way between these moments. Rebalances follow each other.
fn is_rebalancing(story: &Story, from: SimTime, to: SimTime) -> bool {
    let after = story.rebalances.partition_point(|rebalance| rebalance.ended < from);
    story.rebalances.get(after).is_some_and(|rebalance| rebalance.began <= to)
}

/// When nobody read any partition, from the first owner on.
pub(crate) fn standstills(story: &Story) -> Vec<(SimTime, SimTime)> {
    let mut steps: Vec<(SimTime, i64)> = Vec::new();
    for span in story.partitions.iter().flat_map(|partition| &partition.spans) {
        steps.extend([(span.from, 1), (span.to, -1)]);
    }
    steps.sort_unstable();
    let (mut owned, mut since, mut still) = (0, None, Vec::new());
    for (at, step) in steps {
        owned += step;
        match (owned, since) {
            (0, None) => since = Some(at),
            (1.., Some(from)) => {
                if from < at {
                    still.push((from, at));
                }
                since = None;
            }
            _ => {}
        }
    }
    still.extend(since.filter(|from| *from < story.end).map(|from| (from, story.end)));
    still
}

/// How much of these times is between two moments.
fn within(times: &[(SimTime, SimTime)], from: SimTime, to: SimTime) -> SimDuration {
    let first = times.partition_point(|(_, end)| *end <= from);
    let overlap = |(begin, end): &(SimTime, SimTime)| (*end).min(to).since((*begin).max(from));
    times[first..].iter().take_while(|(begin, _)| *begin < to).map(overlap).fold(SimDuration::ZERO, |sum, it| sum + it)
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
