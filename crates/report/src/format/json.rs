//! JSON, for machines.
//!
//! Contract: every measure of every variant, exactly; keys stand in a fixed order and carry their unit (`_ms`,
//! milliseconds with up to six decimals; `_partition_ms`, milliseconds of several partitions added up; no suffix: a
//! count or a word; `null`: not observed). Names are as they were given, not cut. `schema_version` grows when a key
//! changes its meaning or goes away, not when keys are added.

use protocol::SimDuration;
use serde_json::{Map, Number, Value as Json, json};
use timeline::{Better, Description, GenerationRecord, MEASURES, Measure, Outcome, Records, Unit, Value};

use super::why_json::advice_json;
use crate::comparison::Comparison;
use crate::conclusion::conclusion;
use crate::flow::buckets;
use crate::text;

const SCHEMA_VERSION: u32 = 1;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// The comparison as JSON; ends with a line break.
pub fn json(comparison: &Comparison) -> String {
    let document = json!({
        "schema_version": SCHEMA_VERSION,
        "title": comparison.title,
        "question": comparison.question,
        "story": comparison.story,
        "seed": comparison.seed,
        "command": comparison.command,
        "conclusion": conclusion(comparison, &|name| text::name(name, usize::MAX)),
        "measures": MEASURES.iter().map(legend).collect::<Vec<Json>>(),
        "variants": comparison.variants.iter().map(variant).collect::<Vec<Json>>(),
        "advice": comparison.advice.iter().map(advice_json).collect::<Vec<Json>>(),
    });
    let mut text = serde_json::to_string_pretty(&document).expect("a JSON value can always be written");
    text.push('\n');
    text
}

fn legend(measure: &Measure) -> Json {
    json!({
        "key": key(measure),
        "title": measure.title,
        "unit": match measure.unit {
            Unit::Count(things) => things,
            Unit::Duration => "milliseconds",
            Unit::PartitionTime => "milliseconds of partitions, added up",
            Unit::Share => "hundredths of a percent",
            Unit::Word => "word",
        },
        "better": match measure.better {
            Better::Lower => "lower",
            Better::Higher => "higher",
            Better::Neither => "neither",
        },
        "explanation": measure.explanation,
    })
}

fn variant(outcome: &Outcome) -> Json {
    let measures = MEASURES.iter().map(|measure| (key(measure), value(outcome.value(measure.id))));
    json!({
        "name": outcome.name,
        "seed": outcome.seed,
        "digest": format!("{:016x}", outcome.digest()),
        "members": outcome.cast.members.len(),
        "measured_from_ms": millis(outcome.cast.from.as_nanos()),
        "measured_to_ms": millis(outcome.cast.end.as_nanos()),
        "measures": measures.collect::<Map<String, Json>>(),
        "generations_total": outcome.generations_total,
        "generations": outcome.generations.iter().map(generation).collect::<Vec<Json>>(),
        "marks": outcome.marks,
        "described": outcome.descriptions.iter().map(description).collect::<Vec<Json>>(),
        "records": outcome.records.as_ref().map(|records| flow(outcome, records)),
    })
}

/// What became of records: over time, by partition, by member.
fn flow(outcome: &Outcome, records: &Records) -> Json {
    let length = |length: SimDuration| millis(length.as_nanos());
    let over_time = buckets(outcome).map(|(from, bucket)| {
        json!({
            "from_ms": length(from),
            "produced": bucket.produced,
            "consumed": bucket.consumed,
            "consumed_again": bucket.twice,
            "latency_mean_ms": length(bucket.latency_mean),
            "latency_min_ms": length(bucket.latency_min),
            "latency_p50_ms": length(bucket.latency_p50),
            "latency_p99_ms": length(bucket.latency_p99),
            "latency_max_ms": length(bucket.latency_max),
            "waiting": bucket.waiting,
            "waiting_oldest_ms": length(bucket.waiting_oldest),
        })
    });
    let partitions = records.partitions.iter().map(|partition| {
        json!({
            "partition": partition.partition,
            "produced": partition.produced,
            "consumed": partition.consumed,
            "consumed_again": partition.twice,
            "skipped": partition.skipped,
            "waiting": partition.waiting,
            "latency_max_ms": length(partition.latency_max),
        })
    });
    let members = outcome.cast.members.iter().zip(&records.members).map(|(name, member)| {
        json!({
            "member": name,
            "consumed": member.consumed,
            "consumed_again": member.twice,
            "to_blame_for": member.to_blame_for,
            "busy_ms": length(member.busy),
        })
    });
    json!({
        "bucket_ms": length(records.bucket),
        "over_time": over_time.collect::<Vec<Json>>(),
        "partitions": partitions.collect::<Vec<Json>>(),
        "members": members.collect::<Vec<Json>>(),
    })
}

fn generation(record: &GenerationRecord) -> Json {
    json!({
        "at_ms": millis(record.at.as_nanos()),
        "generation": record.generation.0,
        "members": record.members,
        "reason": record.reason,
    })
}

fn description(seen: &Description) -> Json {
    let owners = seen.owners.iter().map(|(partition, member)| json!({"partition": partition, "member": member}));
    json!({
        "at_ms": millis(seen.at.as_nanos()),
        "state": seen.state,
        "members": seen.members,
        "owners": owners.collect::<Vec<Json>>(),
    })
}

pub(super) fn key(measure: &Measure) -> String {
    let suffix = match measure.unit {
        Unit::Count(_) | Unit::Word => "",
        Unit::Duration => "_ms",
        Unit::PartitionTime => "_partition_ms",
        Unit::Share => "_percent_hundredths",
    };
    measure.id.replace('-', "_") + suffix
}

pub(super) fn value(value: &Value) -> Json {
    match value {
        Value::Unknown => Json::Null,
        Value::Count(count) | Value::Share(count) => json!(count),
        Value::Duration(length) | Value::PartitionTime(length) => millis(length.as_nanos()),
        Value::Text(word) => json!(word),
    }
}

/// Milliseconds: whole ones as such, others as the nearest double, which prints every nanosecond of the first 104 days.
pub(super) fn millis(nanos: u64) -> Json {
    if nanos.is_multiple_of(NANOS_PER_MILLI) {
        return json!(nanos / NANOS_PER_MILLI);
    }
    Number::from_f64(nanos as f64 / NANOS_PER_MILLI as f64).map_or(Json::Null, Json::Number)
}
