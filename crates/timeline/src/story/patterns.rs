//! What stands out in a story: loops, storms, members that keep the others waiting.
//!
//! Contract: a pattern follows from the story alone and says how often and how much, never what to do about it. The
//! start-up does not count.

use std::collections::BTreeMap;

use protocol::{SimDuration, SimTime};

use super::{Cause, Part, Phase, Rebalance, Story};
use crate::MemberIndex;

/// So often something happens before it is a pattern.
const OFTEN: u64 = 3;
/// So many rebalances in a row that come too early make a storm.
const STORM: usize = 4;
/// A part of all time that is worth saying, in percent.
const MOST: u64 = 50;

/// Something that stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The same member is given up again and again because its application does not poll, or works too long.
    PollLoop {
        /// Who.
        member: MemberIndex,
        /// How often.
        times: u64,
        /// The longest time it was away from `poll`, as far as it can be seen; zero if it cannot.
        away: SimDuration,
    },
    /// The same member is behind rebalance after rebalance.
    SameCulprit {
        /// Who.
        member: MemberIndex,
        /// How often.
        times: u64,
    },
    /// Members were removed because they did not join in time, and so had to join again.
    Removed {
        /// In how many rebalances.
        times: u64,
        /// How many members in all.
        members: u64,
        /// The longest time that any member took to end its batch, or to give its partitions up.
        longest: SimDuration,
    },
    /// Rebalances follow each other faster than the group can settle: it spends more time in them than between them.
    Storm {
        /// When it began.
        from: SimTime,
        /// When the last of them ended.
        to: SimTime,
        /// How many.
        rebalances: u64,
    },
    /// Members left or were given up, and came back: a restart cost the group twice.
    CameBack {
        /// How often.
        times: u64,
        /// How often its session had expired meanwhile.
        expired: u64,
        /// The longest time from the end to the return.
        longest: SimDuration,
    },
    /// Members had been gone for long before anybody knew.
    FoundLate {
        /// How often.
        times: u64,
        /// Who was for the longest time.
        member: Option<MemberIndex>,
        /// That time.
        longest: SimDuration,
    },
    /// The others wait for one member in most rebalances.
    KeepsWaiting {
        /// Who.
        member: MemberIndex,
        /// In how many.
        times: u64,
        /// Of how many.
        of: u64,
        /// How long at most.
        longest: SimDuration,
    },
    /// Most of the time goes into one part.
    MostlyIn {
        /// Which.
        part: Part,
        /// How much of it, in percent.
        percent: u64,
    },
}

/// All that stands out, the worst first.
pub fn patterns(story: &Story) -> Vec<Pattern> {
    let later: Vec<&Rebalance> = story.rebalances.iter().filter(|one| one.began >= story.from).collect();
    let mut found = Vec::new();
    found.extend(poll_loops(story, &later));
    found.extend(removed(story, &later));
    found.extend(storm(&later));
    found.extend(came_back(story, &later));
    found.extend(found_late(&later));
    found.extend(same_culprit(&later));
    found.extend(keeps_waiting(&later));
    found.extend(mostly(&later));
    found
}

/// The times of a member's absence: from the beginning of its end until it wants to join again, if it does.
pub fn absences(story: &Story, member: MemberIndex) -> Vec<(SimTime, Option<SimTime>)> {
    let spans = story.members.get(member.0 as usize).map_or(&[][..], |member| &member.spans);
    let mut absences: Vec<(SimTime, Option<SimTime>)> = Vec::new();
    let mut has_been = false;
    for span in spans {
        let is_away = span.phase.is_gone() || span.phase == Phase::Starting;
        match absences.last_mut() {
            Some((_, back @ None)) if !is_away => *back = Some(span.from),
            Some((_, None)) => {}
            _ if is_away && has_been => absences.push((span.from, None)),
            _ => {}
        }
        has_been |= !is_away;
    }
    absences
}

fn counts(members: impl Iterator<Item = Option<MemberIndex>>) -> Vec<(MemberIndex, u64)> {
    let mut counts = BTreeMap::new();
    for member in members.flatten() {
        *counts.entry(member).or_insert(0) += 1;
    }
    let mut counts: Vec<(MemberIndex, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(member, times)| (u64::MAX - times, *member));
    counts
}

fn poll_loops(story: &Story, later: &[&Rebalance]) -> Option<Pattern> {
    let timeouts = later.iter().filter(|one| one.cause == Cause::PollTimeout);
    let (member, times) = *counts(timeouts.map(|one| one.culprit)).first()?;
    let spans = story.members.get(member.0 as usize).map_or(&[][..], |member| &member.spans);
    let is_away = |phase: Phase| matches!(phase, Phase::Hung | Phase::Draining);
    let away = spans.iter().filter(|span| is_away(span.phase)).map(|span| span.to.since(span.from)).max();
    Some(Pattern::PollLoop { member, times, away: away.unwrap_or_default() })
}

fn same_culprit(later: &[&Rebalance]) -> Option<Pattern> {
    let roots = later.iter().filter(|one| one.follows.is_none());
    let (member, times) = *counts(roots.map(|one| one.culprit)).first()?;
    (times > OFTEN).then_some(Pattern::SameCulprit { member, times })
}

fn removed(story: &Story, later: &[&Rebalance]) -> Option<Pattern> {
    let times = later.iter().filter(|one| one.removed > 0).count() as u64;
    let spans = story.members.iter().flat_map(|member| &member.spans);
    let slow = spans.filter(|span| matches!(span.phase, Phase::Draining | Phase::Revoking));
    let longest = slow.map(|span| span.to.since(span.from)).max().unwrap_or_default();
    let members = later.iter().map(|one| one.removed).sum();
    (times > 0).then_some(Pattern::Removed { times, members, longest })
}

/// The longest row of rebalances after each of which, but the last, there was less time until the next than it took.
fn storm(later: &[&Rebalance]) -> Option<Pattern> {
    let rests =
        |one: usize| later.get(one + 1).is_none_or(|next| next.began.since(later[one].ended) >= later[one].length());
    let (mut longest, mut first) = (0..0, 0);
    for last in (0..later.len()).filter(|one| rests(*one)) {
        if last + 1 - first > longest.len() {
            longest = first..last + 1;
        }
        first = last + 1;
    }
    let row = later.get(longest).filter(|row| row.len() >= STORM)?;
    let (first, last) = (row.first()?, row.last()?);
    Some(Pattern::Storm { from: first.began, to: last.ended, rebalances: row.len() as u64 })
}

fn came_back(story: &Story, later: &[&Rebalance]) -> Option<Pattern> {
    let (mut times, mut expired, mut longest) = (0, 0, SimDuration::ZERO);
    for one in later.iter().filter(|one| matches!(one.cause, Cause::Left | Cause::Expired)) {
        let Some(member) = one.culprit else { continue };
        let absences = absences(story, member);
        let absence = absences.iter().rev().find(|(from, _)| *from <= one.began);
        if let Some((from, Some(back))) = absence {
            times += 1;
            expired += u64::from(one.cause == Cause::Expired);
            longest = longest.max(back.since(*from));
        }
    }
    (times > 0).then_some(Pattern::CameBack { times, expired, longest })
}

fn found_late(later: &[&Rebalance]) -> Option<Pattern> {
    let late = later.iter().filter(|one| !one.unnoticed.is_zero());
    let worst = late.clone().max_by_key(|one| one.unnoticed)?;
    Some(Pattern::FoundLate { times: late.count() as u64, member: worst.culprit, longest: worst.unnoticed })
}

fn keeps_waiting(later: &[&Rebalance]) -> Option<Pattern> {
    let (member, times) = *counts(later.iter().map(|one| one.waited_for)).first()?;
    let of = later.len() as u64;
    let his = later.iter().filter(|one| one.waited_for == Some(member));
    let longest =
        his.map(|one| one.decided.since(one.began).max(one.split.notice + one.split.drain + one.split.revoke));
    let longest = longest.max().unwrap_or_default();
    (times >= OFTEN && times * 100 >= of * MOST).then_some(Pattern::KeepsWaiting { member, times, of, longest })
}

fn mostly(later: &[&Rebalance]) -> Option<Pattern> {
    let total: SimDuration = later.iter().map(|one| one.length()).sum();
    let spent = |part: Part| later.iter().map(|one| one.split.part(part)).sum::<SimDuration>();
    let part = *Part::ALL.iter().max_by_key(|part| spent(**part))?;
    let percent = spent(part).as_nanos().saturating_mul(100).checked_div(total.as_nanos())?;
    (percent >= MOST).then_some(Pattern::MostlyIn { part, percent })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{MemberStory, Span};

    fn at(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    fn rebalance(began: u64, ended: u64, cause: Cause, culprit: u32) -> Rebalance {
        let (began, ended) = (at(began), at(ended));
        Rebalance { began, decided: began, ended, cause, culprit: Some(MemberIndex(culprit)), ..Rebalance::default() }
    }

    fn story(rebalances: Vec<Rebalance>, spans: &[(u64, u64, Phase)]) -> Story {
        let span = |(from, to, phase): &(u64, u64, Phase)| Span { from: at(*from), to: at(*to), phase: *phase };
        let member = MemberStory { name: "a".to_owned(), spans: spans.iter().map(span).collect() };
        Story { end: at(1_000), members: vec![member], rebalances, ..Story::default() }
    }

    #[test]
    fn the_first_start_is_no_absence_and_a_return_ends_one() {
        let spans = [
            (0, 5, Phase::Down),
            (5, 9, Phase::Starting),
            (9, 50, Phase::Consuming),
            (50, 51, Phase::Leaving),
            (51, 60, Phase::Down),
            (60, 65, Phase::Starting),
            (65, 70, Phase::Joining),
            (70, 100, Phase::Down),
        ];
        let story = story(vec![rebalance(51, 54, Cause::Left, 0)], &spans);
        assert_eq!(absences(&story, MemberIndex(0)), [(at(50), Some(at(65))), (at(70), None)]);
        let longest = SimDuration::from_secs(15);
        assert!(patterns(&story).contains(&Pattern::CameBack { times: 1, expired: 0, longest }));
    }

    #[test]
    fn rebalances_without_rest_between_them_are_a_storm() {
        let mut rebalances: Vec<Rebalance> = (0..6).map(|n| rebalance(n * 2, n * 2 + 2, Cause::Joined, 0)).collect();
        rebalances[5].ended = at(11);
        let found = patterns(&story(rebalances.clone(), &[]));
        assert!(found.contains(&Pattern::Storm { from: at(0), to: at(11), rebalances: 6 }), "{found:?}");
        assert!(found.contains(&Pattern::SameCulprit { member: MemberIndex(0), times: 6 }), "{found:?}");
        rebalances.truncate(3);
        assert!(!patterns(&story(rebalances, &[])).iter().any(|one| matches!(one, Pattern::Storm { .. })));
    }

    #[test]
    fn nothing_stands_out_where_nothing_happens() {
        assert_eq!(patterns(&Story::default()), []);
    }
}
