//! Why a group rebalanced, for machines.
//!
//! Contract: every rebalance, exactly, under the names that [`timeline::story::Rebalance`] gives its fields; times in
//! milliseconds with up to six decimals (`_ms`). Names are as they were given.

use protocol::{SimDuration, SimTime};
use serde_json::{Map, Value as Json, json};
use timeline::MemberIndex;
use timeline::measure::find;
use timeline::story::{Outage, Part, Protocol, Rebalance, Story};

use super::json::{key, millis, value};
use crate::advice::{Advice, Change};

/// One variant's rebalances and advice.
pub fn why_json(variant: &str, story: &Story, rebalances: &[&Rebalance], advice: Option<&Advice>) -> Json {
    json!({
        "variant": variant,
        "measured_from_ms": millis(story.from.as_nanos()),
        "measured_to_ms": millis(story.end.as_nanos()),
        "cut": story.cut,
        "outages": story.outages.iter().map(outage).collect::<Vec<Json>>(),
        "rebalances": rebalances.iter().map(|one| rebalance(story, one)).collect::<Vec<Json>>(),
        "advice": advice.map(advice_json),
    })
}

fn outage(outage: &Outage) -> Json {
    let gone = outage.gone;
    json!({
        "at_ms": millis(outage.at.as_nanos()),
        "broker": gone.broker,
        "killed": gone.is_killed,
        "was_coordinator": gone.was_coordinator,
        "partitions_out_of_service": gone.partitions,
        "out_of_service_longest_ms": millis(gone.longest.as_nanos()),
    })
}

fn rebalance(story: &Story, one: &Rebalance) -> Json {
    let name = |who: Option<MemberIndex>| who.map(|who| story.name(who));
    let at = |at: SimTime| millis(at.as_nanos());
    let length = |length: SimDuration| millis(length.as_nanos());
    let split: Map<String, Json> =
        Part::ALL.iter().map(|part| (format!("{}_ms", part.name()), length(one.split.part(*part)))).collect();
    json!({
        "number": one.number,
        "protocol": match one.protocol {
            Protocol::Classic => "classic",
            Protocol::Consumer => "consumer",
        },
        "generation": one.generation.map(|generation| generation.0),
        "start_up": one.began < story.from,
        "began_ms": at(one.began),
        "decided_ms": at(one.decided),
        "ended_ms": at(one.ended),
        "interrupted": one.interrupted,
        "members": one.members,
        "cause": one.cause,
        "trigger": one.trigger,
        "more_triggers": one.more_triggers,
        "culprit": name(one.culprit),
        "unnoticed_ms": length(one.unnoticed),
        "follows": one.follows,
        "waited_for": name(one.waited_for),
        "removed": one.removed,
        "last": name(one.last),
        "split": split,
        "pauses": one.pauses,
        "unread_partition_ms": length(one.unread),
        "longest_pause_ms": length(one.longest),
        "records_delayed": one.records_delayed,
    })
}

/// Advice, as it stands in every JSON.
pub(crate) fn advice_json(advice: &Advice) -> Json {
    let changes = |changes: &[Change]| changes.iter().map(change).collect::<Vec<Json>>();
    let improvement = |one: &crate::advice::Improvement| {
        json!({
            "what": one.what,
            "overlay": one.overlay,
            "better": changes(&one.better),
            "worse": changes(&one.worse),
            "costs": one.costs,
        })
    };
    json!({
        "variant": advice.variant,
        "findings": advice.findings,
        "tried": advice.tried,
        "improvements": advice.improvements.iter().map(improvement).collect::<Vec<Json>>(),
    })
}

fn change(change: &Change) -> Json {
    let key = find(change.measure).map_or_else(|| change.measure.to_owned(), key);
    json!({ "measure": key, "before": value(&change.before), "after": value(&change.after) })
}
