//! Words for what stands in a story: moments, members, and what stands out.

use protocol::{SimDuration, SimTime};
use timeline::MemberIndex;
use timeline::story::{Outage, Part, Pattern, Story};

use crate::text;

/// Names of members are cut to so many characters.
const MOST_NAME: usize = 40;

/// A moment since the start of the run: `01:13.250`, `1:02:03.000`.
pub(crate) fn clock(at: SimTime) -> String {
    let millis = at.as_millis();
    let (seconds, minutes, hours) = (millis / 1_000 % 60, millis / 60_000 % 60, millis / 3_600_000);
    let hours = if hours > 0 { format!("{hours}:") } else { String::new() };
    format!("{hours}{minutes:02}:{seconds:02}.{:03}", millis % 1_000)
}

/// A line of a log with its moment and whose log it is, fit to be shown; ends with a line break.
pub fn log_line(at: SimTime, who: &str, line: &str) -> String {
    const MOST_LINE: usize = 4_000;
    format!("{} {:12} {}\n", clock(at), text::name(who, MOST_NAME), text::line(line, MOST_LINE))
}

/// A member's name, fit to be shown.
pub(crate) fn member(story: &Story, member: MemberIndex) -> String {
    text::name(story.name(member), MOST_NAME)
}

/// The same, of somebody who may not be.
pub(crate) fn maybe_member(story: &Story, who: Option<MemberIndex>) -> String {
    who.map_or_else(|| "nobody".to_owned(), |who| member(story, who))
}

/// A broker that went: a title, and what went out of service with it, in a sentence or two.
pub(crate) fn outage(outage: &Outage) -> (String, String) {
    let gone = outage.gone;
    let how = if gone.is_killed { "was killed" } else { "was shut down" };
    let partitions = match gone.partitions {
        0 => "No partition went out of service.".to_owned(),
        some => {
            let some = text::things(some, "partition", "partitions");
            format!("{some} could not be written to, or not read on, for up to {}.", text::duration(gone.longest))
        }
    };
    let coordinator = if gone.was_coordinator { " It was the group's coordinator." } else { "" };
    (format!("Broker {} {how}", gone.broker), partitions + coordinator)
}

/// What stands out, a sentence each.
pub fn pattern_words(story: &Story, pattern: &Pattern) -> String {
    let time = |length: SimDuration| text::duration(length);
    let times = |count: u64| if count == 1 { "once".to_owned() } else { format!("{} times", text::count(count)) };
    match pattern {
        Pattern::PollLoop { member: who, times: count, away } => {
            let away = if away.is_zero() {
                String::new()
            } else {
                format!("; at the longest it was away from `poll` for {}", time(*away))
            };
            format!(
                "{} left {} because its application had not polled in time{away}.",
                member(story, *who),
                times(*count)
            )
        }
        Pattern::SameCulprit { member: who, times: count } => {
            format!("{} caused {} by itself.", member(story, *who), text::things(*count, "rebalance", "rebalances"))
        }
        Pattern::Removed { times: count, members, longest } => format!(
            "{} rebalances went on without {} that had not joined within the rebalance timeout (max.poll.interval.ms) \
             and had to join again; giving partitions up took {} at the longest.",
            text::count(*count),
            text::things(*members, "member", "members"),
            time(*longest)
        ),
        Pattern::Storm { from, to, rebalances } => format!(
            "From {} to {} there were {} with less time between them than in them.",
            clock(*from),
            clock(*to),
            text::things(*rebalances, "rebalance", "rebalances")
        ),
        Pattern::CameBack { times: count, expired: 0, longest } => format!(
            "{} a member left and was back within {}: each such restart cost the group a rebalance when it left and \
             another when it returned.",
            capital(&times(*count)),
            time(*longest)
        ),
        Pattern::CameBack { times: count, expired, longest } => format!(
            "{} a member was given up and came back within {} ({} of those because its session had expired meanwhile).",
            capital(&times(*count)),
            time(*longest),
            text::count(*expired)
        ),
        Pattern::FoundLate { times: count, member: who, longest } => format!(
            "{} a member had stood still before the group knew; {} for {}.",
            capital(&times(*count)),
            maybe_member(story, *who),
            time(*longest)
        ),
        Pattern::KeepsWaiting { member: who, times: count, of, longest } => format!(
            "Everybody waited for {} in {} of {}, for {} at the longest.",
            member(story, *who),
            text::count(*count),
            text::things(*of, "rebalance", "rebalances"),
            time(*longest)
        ),
        Pattern::MostlyIn { part, percent } => {
            format!("{percent} % of the time of all rebalances went into {}.", part_words(*part))
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A part, as something that time goes into.
pub(crate) const fn part_words(part: Part) -> &'static str {
    match part {
        Part::Notice => "noticing: members learn of a rebalance with their next heartbeat, and act on it in `poll`",
        Part::Drain => "draining: batches in hand are ended and committed first",
        Part::Revoke => "`onPartitionsRevoked`",
        Part::Join => "joining: waiting for members to join, or for the assignment to be computed",
        Part::Sync => "sync: computing the assignment, and telling everybody",
        Part::Assign => "`onPartitionsAssigned`",
        Part::Resume => "looking up where to read on",
    }
}

#[cfg(test)]
mod tests {
    use timeline::BrokerGone;

    use super::*;

    #[test]
    fn a_broker_that_went_is_told_with_what_went_with_it() {
        let told = |is_killed, was_coordinator, partitions| {
            let longest = SimDuration::from_millis(8_600);
            let gone = BrokerGone { broker: 2, is_killed, was_coordinator, partitions, longest };
            let (title, detail) = outage(&Outage { at: SimTime::ZERO, gone });
            format!("{title}. {detail}")
        };
        assert_eq!(
            told(true, true, 12),
            "Broker 2 was killed. 12 partitions could not be written to, or not read on, for up to 8.60 s. It was the \
             group's coordinator."
        );
        assert_eq!(told(false, false, 0), "Broker 2 was shut down. No partition went out of service.");
    }

    #[test]
    fn moments_have_hours_only_after_the_first() {
        assert_eq!(clock(SimTime::from_millis(73_250)), "01:13.250");
        assert_eq!(clock(SimTime::from_secs(3_723)), "1:02:03.000");
    }
}
