//! `environment:`: a preset, or numbers of one's own.

use std::num::NonZeroU32;

use engine::Distribution;
use simulation::environment::{ENVIRONMENTS, Environment, Preset, preset};

use crate::drawn;
use crate::explain::Origin;
use crate::fields::Fields;
use crate::source::Position;
use crate::tree::Value;
use crate::word::{did_you_mean, either};

/// The place of one of an environment's durations.
type Part = fn(&mut Environment) -> &mut Distribution;

/// The environment's keys and what they set.
pub(crate) const PARTS: [(&str, Part); 19] = [
    ("one-way", |environment| &mut environment.one_way),
    ("request-handling", |environment| &mut environment.request_handling),
    ("log-append", |environment| &mut environment.log_append),
    ("connection", |environment| &mut environment.connection),
    ("client-wake-up", |environment| &mut environment.client_wake_up),
    ("poll-turn", |environment| &mut environment.poll_turn),
    ("assignor", |environment| &mut environment.assignor),
    ("heartbeat-slip", |environment| &mut environment.heartbeat_slip),
    ("close-connections", |environment| &mut environment.close_connections),
    ("client-start", |environment| &mut environment.client_start),
    ("admin-call", |environment| &mut environment.admin_call),
    ("cold-start", |environment| &mut environment.cold_start),
    ("cold-request", |environment| &mut environment.cold_request),
    ("request-work", |environment| &mut environment.request_work),
    ("answer-work", |environment| &mut environment.answer_work),
    ("start-work", |environment| &mut environment.start_work),
    ("record-work", |environment| &mut environment.record_work),
    ("beat-work", |environment| &mut environment.beat_work),
    ("cold-work", |environment| &mut environment.cold_work),
];

/// The environment of a scenario.
pub(super) fn read(fields: &Fields<'_>) -> Option<Environment> {
    let spelled_out = fields.node.get("environment").is_some_and(|entry| matches!(entry.value.value, Value::Map(_)));
    if !spelled_out {
        let name = fields.text("environment")?;
        let preset = named(&name.value, name.at, fields)?;
        let mut environment = preset.environment();
        explain_processors(&fields.path_of("environment"), &environment, preset, fields);
        for (key, part) in PARTS {
            explain(&fields.path_of("environment"), key, part(&mut environment), preset, fields);
        }
        return Some(environment);
    }
    let parts = fields.object("environment")?;
    let known = parts.text("preset").and_then(|name| named(&name.value, name.at, fields));
    // What stands beside an unknown preset is read as beside the usual one.
    let preset = known.unwrap_or(&ENVIRONMENTS[0]);
    let mut environment = preset.environment();
    match parts.count("processors") {
        Some(cores) => environment.processors = u32::try_from(cores).ok().and_then(NonZeroU32::new),
        None => explain_processors(&parts.path, &environment, preset, fields),
    }
    for (key, part) in PARTS {
        match parts.drawn(key) {
            Some(drawn) => *part(&mut environment) = drawn,
            None => explain(&parts.path, key, part(&mut environment), preset, fields),
        }
    }
    known.map(|_| environment)
}

/// Notes a value that comes from a preset.
fn explain(path: &str, key: &str, drawn: &Distribution, preset: &Preset, fields: &Fields<'_>) {
    fields.context.explain(format!("{path}.{key}"), drawn::show(drawn), Origin::Environment(preset.name));
}

/// Notes how many processors a preset has, if it says so.
fn explain_processors(path: &str, environment: &Environment, preset: &Preset, fields: &Fields<'_>) {
    if let Some(cores) = environment.processors {
        fields.context.explain(format!("{path}.processors"), cores.to_string(), Origin::Environment(preset.name));
    }
}

/// The preset of this name.
fn named(name: &str, at: Option<Position>, fields: &Fields<'_>) -> Option<&'static Preset> {
    let found = preset(name.trim());
    if let (None, Some(at)) = (found, at) {
        let known = || ENVIRONMENTS.iter().map(|preset| preset.name);
        let error =
            fields.report().error(at, format!("there is no environment `{}`", crate::diagnostic::shortened(name)));
        error.label(format!("expected {}", either(known()))).maybe_help(did_you_mean(name, known())).file();
    }
    found
}
