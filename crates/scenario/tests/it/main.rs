//! Scenarios in, plans out: what the words of the language come to.
//!
//! Mistakes and their messages are held by the command's tests, each with a file of its own.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod assignment;
mod broker;
mod colours;
mod defaults;
mod documents;
mod encoding;
mod events;
mod expectations;
mod includes;
mod members;
mod producers;
mod redeploy;
mod variants;

use protocol::SimTime;
use scenario::Comparison;
use simulation::Plan;
use simulation::plan::{PlannedAction, Stop};

/// A world of one topic and three members, to put events into.
const THREE: &str = "topics: {orders: 6}\nmembers: {count: 3, name: web}\n";

/// The scenario of this text.
fn load(text: &str) -> Comparison {
    match scenario::load_text("test", text, None) {
        Ok(comparison) => comparison,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

/// The plan of a text with one variant.
fn plan(text: &str) -> Plan {
    let mut variants = load(text).variants;
    assert_eq!(variants.len(), 1);
    variants.remove(0).plan
}

/// The first mistake in a text.
fn mistake(text: &str) -> String {
    let mistakes = scenario::load_text("test", text, None).expect_err("a text with a mistake");
    mistakes.list[0].message.clone()
}

/// All mistakes in a text, and what is probably not meant.
fn mistakes(text: &str) -> Vec<String> {
    let mistakes = scenario::load_text("test", text, None).expect_err("a text with mistakes");
    mistakes.list.into_iter().map(|mistake| mistake.message).collect()
}

/// A plan's events except first starts, one a line: second, what, whom.
fn told(plan: &Plan) -> Vec<String> {
    let name = |member: timeline::MemberIndex| plan.members[member.0 as usize].name.clone();
    let stop = |stop: &Stop| match stop {
        Stop::Kill => "kill".to_owned(),
        Stop::Close { grace, .. } => format!("close({})", grace.as_millis() / 1_000),
        Stop::Signal { grace } => format!("sigterm({})", grace.as_millis() / 1_000),
    };
    let mut lines = Vec::new();
    for event in &plan.events {
        let what = match &event.action {
            PlannedAction::Start { .. } if event.at == SimTime::ZERO => continue,
            PlannedAction::Start { member } => format!("start {}", name(*member)),
            PlannedAction::Stop { member, stop: how } => format!("{} {}", stop(how), name(*member)),
            PlannedAction::Hang { member, length } => format!("hang {} {}", name(*member), length.as_millis()),
            PlannedAction::Restart { member, stop: how, down, start_after } => {
                let after = if start_after.is_zero() {
                    String::new()
                } else {
                    format!(" start after {}", start_after.as_millis())
                };
                format!("restart {} by {} down {}{after}", name(*member), stop(how), down.as_millis())
            }
            PlannedAction::Rollout(rollout) => {
                let names = |members: &[timeline::MemberIndex]| {
                    members.iter().map(|member| name(*member)).collect::<Vec<_>>().join(" ")
                };
                let (old, new) = (names(&rollout.old), names(&rollout.new));
                let (surge, missing) = (rollout.max_surge, rollout.max_unavailable);
                format!("{old} by {new}, {surge} more, {missing} fewer, {:?}, {}", rollout.ready, stop(&rollout.stop))
            }
            PlannedAction::RollingRestart(rolling) => {
                let names: Vec<String> = rolling.members.iter().map(|member| name(*member)).collect();
                let (at_once, pace) = (rolling.at_once, rolling.pace);
                format!("roll {} at once {at_once} by {} {pace:?}", names.join(" "), stop(&rolling.stop))
            }
            PlannedAction::Change { member, to } => {
                let (id, list) = (to.config.instance_id.as_ref().map_or("", |id| id.as_str()), &to.config.assignors);
                let session = to.config.session_timeout.as_millis();
                format!("change {} to [{id}] {session} {list:?}", name(*member))
            }
            PlannedAction::MoveCoordinator { load } => format!("move {}", load.as_millis()),
            PlannedAction::StopBroker { broker, is_clean } => {
                format!("{} broker {}", if *is_clean { "close" } else { "kill" }, broker.0)
            }
            PlannedAction::StartBroker { broker } => format!("start broker {}", broker.0),
            PlannedAction::AddPartitions { topic, count } => format!("grow {topic} {count}"),
            PlannedAction::ZooKeeperOutage { length } => format!("zookeeper down {}", length.as_millis()),
            PlannedAction::ZooKeeperPause { length } => format!("zookeeper pauses {}", length.as_millis()),
            PlannedAction::ZooKeeperReset { member, length } => {
                format!("reset {} from zookeeper {}", name(*member), length.as_millis())
            }
            PlannedAction::ZooKeeperCut { member, length } => {
                format!("cut {} from zookeeper {}", name(*member), length.as_millis())
            }
            PlannedAction::NetworkCut { member, length } => format!("cut {} {}", name(*member), length.as_millis()),
            PlannedAction::NetworkSlow { member, length, delay } => {
                format!("slow {} {} by {delay:?}", name(*member), length.as_millis())
            }
            PlannedAction::Describe => "describe".to_owned(),
        };
        lines.push(format!("{} {what}", event.at.as_millis() as f64 / 1_000.0));
    }
    lines
}

/// The events of three members to whom these things happen.
fn events(events: &str) -> Vec<String> {
    told(&plan(&format!("{THREE}events:\n{events}")))
}
