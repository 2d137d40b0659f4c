//! Who is in the group.

use protocol::{SimDuration, SimTime};
use simulation::Plan;
use simulation::plan::PlannedAction;

use crate::{load, mistake, plan};

fn names(plan: &Plan) -> Vec<&str> {
    plan.members.iter().map(|member| member.name.as_str()).collect()
}

/// When each member is started first, in milliseconds; none if it is not.
fn starts(plan: &Plan) -> Vec<Option<u64>> {
    let mut starts = vec![None; plan.members.len()];
    for event in &plan.events {
        if let PlannedAction::Start { member } = event.action {
            starts[member.0 as usize].get_or_insert(event.at.as_millis());
        }
    }
    starts
}

#[test]
fn members_are_numbered_from_0_and_a_name_without_number_gets_one_where_there_are_several() {
    assert_eq!(names(&plan("topics: {a: 1}\nmembers: {count: 3}\n")), ["member-0", "member-1", "member-2"]);
    assert_eq!(names(&plan("topics: {a: 1}\nmembers: {count: 2, name: web}\n")), ["web-0", "web-1"]);
    assert_eq!(names(&plan("topics: {a: 1}\nmembers: {count: 1, name: web}\n")), ["web"]);
    assert_eq!(names(&plan("topics: {a: 1}\nmembers: {count: 2, name: \"n{n}.web\"}\n")), ["n0.web", "n1.web"]);
}

#[test]
fn several_kinds_of_members_are_a_list() {
    let text = "topics: {a: 1, b: 2}\nmembers:\n  - {count: 2, name: web, subscribe: a}\n  - {name: job, session.timeout.ms: 60000}\n";
    let plan = plan(text);
    assert_eq!(names(&plan), ["web-0", "web-1", "job"]);
    let topics: Vec<usize> = plan.members.iter().map(|member| member.topics.len()).collect();
    assert_eq!(topics, [1, 1, 2]);
    assert_eq!(plan.members[2].config.session_timeout, SimDuration::from_secs(60));
    assert_eq!(plan.members[0].config.session_timeout, SimDuration::from_secs(45));
}

#[test]
fn a_template_gives_each_static_member_a_name_of_its_own() {
    let text =
        "topics: {a: 1}\nmembers: {count: 2, name: web, group.instance.id: \"{name}\", client.rack: \"zone-{n}\"}\n";
    let plan = plan(text);
    let told: Vec<(String, String)> = plan
        .members
        .iter()
        .map(|member| {
            let config = &member.config;
            (config.instance_id.as_ref().unwrap().to_string(), config.rack.as_ref().unwrap().to_string())
        })
        .collect();
    let expected = [("web-0", "zone-0"), ("web-1", "zone-1")].map(|(id, rack)| (id.to_owned(), rack.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn overrides_change_what_they_name_and_leave_the_rest() {
    let text = "topics: {a: 1}\nmembers:\n  count: 12\n  name: web\n  session.timeout.ms: 20000\n  application: {processing: 10ms, start-up: 2s}\n  \
                overrides:\n    web-1*: {max.poll.interval.ms: 60000, application: {processing: 1m}}\n    web-11: {session.timeout.ms: 30000}\n";
    let plan = plan(text);
    let told = |place: usize| {
        let member = &plan.members[place];
        let seconds = |length: SimDuration| length.as_millis() / 1_000;
        let application = &member.application;
        (
            seconds(member.config.session_timeout),
            seconds(member.config.max_poll_interval),
            application.batch_processing.mean() / 1_000_000,
            application.start_up.mean() / 1_000_000,
        )
    };
    assert_eq!(told(0), (20, 300, 10, 2_000));
    assert_eq!(told(1), (20, 60, 60_000, 2_000));
    assert_eq!(told(10), (20, 60, 60_000, 2_000));
    assert_eq!(told(11), (30, 60, 60_000, 2_000));
}

#[test]
fn the_explanation_of_an_override_says_only_what_it_changes() {
    let text =
        "topics: {a: 1}\nmembers:\n  count: 3\n  name: web\n  overrides: {web-1: {max.poll.interval.ms: 60000}}\n";
    let comparison = load(text);
    let lines = comparison.variants[0].explained.iter().filter(|line| line.path.contains("overrides"));
    let told: Vec<(&str, &str)> = lines.map(|line| (line.path.as_str(), line.value.as_str())).collect();
    assert_eq!(told, [("members.overrides.web-1.max.poll.interval.ms", "60000")]);
}

#[test]
fn processes_start_at_once_one_after_the_other_at_drawn_times_or_never() {
    let of =
        |start: &str| starts(&plan(&format!("topics: {{a: 1}}\nmembers: {{count: 3, name: web, start: {start}}}\n")));
    assert_eq!(of("5s"), [Some(5_000); 3]);
    assert_eq!(of("{every: 200ms}"), [Some(0), Some(200), Some(400)]);
    assert_eq!(of("{at: 1s, every: 2s}"), [Some(1_000), Some(3_000), Some(5_000)]);
    assert_eq!(of("never"), [None; 3]);
    let drawn = of("{uniform: [0s, 100s]}");
    assert!(drawn.iter().all(|start| start.is_some_and(|start| start <= 100_000)));
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2], "each draws for itself");
    assert_eq!(drawn, of("{uniform: [0s, 100s]}"), "the same seed draws the same");
}

#[test]
fn kafkas_lists_are_lists_or_comma_separated_names_or_classes() {
    let assignors = |text: &str| {
        let text = format!("topics: {{a: 1}}\nmembers: {{partition.assignment.strategy: {text}}}\n");
        plan(&text).members[0].config.assignors.iter().map(|assignor| assignor.name()).collect::<Vec<_>>().join("+")
    };
    assert_eq!(assignors("range"), "range");
    assert_eq!(assignors("[range, cooperative-sticky]"), "range+cooperative-sticky");
    assert_eq!(assignors("\"sticky, roundrobin\""), "sticky+roundrobin");
    assert_eq!(assignors("org.apache.kafka.clients.consumer.CooperativeStickyAssignor"), "cooperative-sticky");
}

#[test]
fn a_config_that_is_not_simulated_may_have_its_default() {
    let text = |value: &str| format!("topics: {{a: 1}}\nmembers: {{isolation.level: {value}}}\n");
    assert_eq!(load(&text("read_uncommitted")).warnings.list, []);
    let not_yet = "`isolation.level` is one of Kafka's configs, but it is not simulated yet";
    assert_eq!(mistake(&text("read_committed")), not_yet);
}

#[test]
fn a_config_that_is_null_is_as_if_it_were_not_written() {
    let plan = plan("topics: {a: 1}\nmembers: {session.timeout.ms: null, group.instance.id: ~}\n");
    assert_eq!(plan.members[0].config, member::ClientConfig::default());
    assert_eq!(plan.events[0].at, SimTime::ZERO);
}
