//! Where two coordinators part, told shortly: the state before, the step, what was expected, what came.

use std::fmt::Write;

use serde_json::Value;

use super::case::Case;
use super::play::Played;
use super::render::{sorted_sets, without_defaults};

/// A place where the recording and ours differ.
struct Difference {
    t: u64,
    kind: &'static str,
    expected: Option<Value>,
    got: Option<Value>,
}

/// The story of the first difference; none if the sequence agrees.
pub fn first_difference(case: &Case, played: &Played) -> Option<String> {
    let answers: Vec<Value> = case.answers.iter().cloned().map(without_defaults).collect();
    let states: Vec<Value> = case.states.iter().cloned().map(sorted_sets).collect();
    let state = first_of("state", &states, &played.states);
    let answer = first_of("answer", &answers, &played.answers);
    // Of a state and an answer of the same millisecond the answer tells more.
    let first = [answer, state].into_iter().flatten().min_by_key(|difference| difference.t);
    let unanswered = (played.unanswered != case.unanswered).then(|| Difference {
        t: case.end,
        kind: "list of unanswered requests",
        expected: Some(case.unanswered.clone().into()),
        got: Some(played.unanswered.clone().into()),
    });
    first.or(unanswered).map(|difference| tell(case, played, &difference))
}

fn first_of(kind: &'static str, expected: &[Value], got: &[Value]) -> Option<Difference> {
    let at = (0..expected.len().max(got.len())).find(|&at| expected.get(at) != got.get(at))?;
    let (expected, got) = (expected.get(at).cloned(), got.get(at).cloned());
    let time = |value: &Option<Value>| value.as_ref().and_then(|value| value["t"].as_u64());
    let t = time(&expected).into_iter().chain(time(&got)).min().unwrap_or(0);
    Some(Difference { t, kind, expected, got })
}

/// How many steps before the difference are told.
const STEPS_TOLD: usize = 4;

fn tell(case: &Case, played: &Played, difference: &Difference) -> String {
    let mut story = String::new();
    let t = difference.t;
    let line = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), |value| short(case, value));
    let _ = writeln!(story, "{} [{}] parts at {t} ms", case.id, case.tags.join(" "));
    let mut before = serde_json::Map::new();
    for state in case.states.iter().filter(|state| state["t"].as_u64() < Some(t)) {
        before.extend(state.as_object().cloned().unwrap_or_default());
    }
    let _ = writeln!(story, "  before    {}", short(case, &Value::Object(before)));
    let until = case.steps.iter().take_while(|step| step.t <= t).count();
    for step in &case.steps[until.saturating_sub(STEPS_TOLD)..until] {
        let _ = writeln!(story, "  step      {}", short(case, &step.recorded));
    }
    let asked = difference.expected.as_ref().or(difference.got.as_ref()).and_then(|answer| answer["n"].as_u64());
    if let Some(step) = case.steps.iter().find(|step| asked.is_some() && step.recorded["n"].as_u64() == asked) {
        let _ = writeln!(story, "  request   {}", short(case, &step.recorded));
    }
    let _ = writeln!(story, "  expected  {}: {}", difference.kind, line(&difference.expected));
    let _ = writeln!(story, "  got       {}: {}", difference.kind, line(&difference.got));
    for surprise in &played.surprises {
        let _ = writeln!(story, "  besides   {surprise}");
    }
    story
}

/// As it was recorded: member ids are written `@3` again.
fn short(case: &Case, value: &Value) -> String {
    let mut text = value.to_string();
    for (mark, ids) in [('@', &case.member_ids), ('#', &case.client_ids)] {
        for (index, id) in ids.iter().enumerate() {
            text = text.replace(id.as_str(), &format!("{mark}{index}"));
        }
    }
    text
}
