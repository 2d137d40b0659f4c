//! `compare:` and `matrix:`.

use protocol::SimDuration;

use crate::{THREE, load, mistake, mistakes};

/// Names of the variants, with the session timeout of the first member in seconds.
fn sessions(text: &str) -> Vec<(String, u64)> {
    let variants = load(text).variants;
    variants
        .into_iter()
        .map(|variant| (variant.plan.name, variant.plan.members[0].config.session_timeout.as_millis() / 1_000))
        .collect()
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(name, session)| ((*name).to_owned(), *session)).collect()
}

#[test]
fn a_variant_is_laid_over_the_rest_and_null_takes_a_setting_back() {
    let text = "topics: {a: 1}\nmembers: {count: 3, name: web, session.timeout.ms: 20000}\n\
                compare:\n  as it is: {}\n  longer: {members: {session.timeout.ms: 60000}}\n  default: {members: {session.timeout.ms: null}}\n";
    assert_eq!(sessions(text), pairs(&[("as it is", 20), ("longer", 60), ("default", 45)]));
    assert!(load(text).variants.iter().all(|variant| variant.plan.members.len() == 3));
}

#[test]
fn a_variant_over_several_kinds_of_members_changes_each() {
    let text = "topics: {a: 1}\nmembers: [{name: web}, {name: job}]\ncompare: {short: {members: {session.timeout.ms: 6000, heartbeat.interval.ms: 2000}}}\n";
    let plan = load(text).variants.remove(0).plan;
    assert!(plan.members.iter().all(|member| member.config.session_timeout == SimDuration::from_secs(6)));
}

#[test]
fn events_of_a_variant_replace_those_of_the_base() {
    let text = format!("{THREE}events: [{{at: 1m, kill: web-0}}]\ncompare:\n  kill: {{}}\n  nothing: {{events: []}}\n");
    let counts: Vec<usize> = load(&text).variants.iter().map(|variant| crate::told(&variant.plan).len()).collect();
    assert_eq!(counts, [1, 0]);
}

#[test]
fn a_matrix_turns_like_digits_the_last_axis_fastest() {
    let text = format!("{THREE}matrix:\n  session.timeout.ms: [10000, 20000]\n  members.count: [1, 2]\n");
    let expected = [
        ("session.timeout.ms=10000, members.count=1", 10),
        ("session.timeout.ms=10000, members.count=2", 10),
        ("session.timeout.ms=20000, members.count=1", 20),
        ("session.timeout.ms=20000, members.count=2", 20),
    ];
    assert_eq!(sessions(&text), pairs(&expected));
    let members: Vec<usize> = load(&text).variants.iter().map(|variant| variant.plan.members.len()).collect();
    assert_eq!(members, [1, 2, 1, 2]);
}

#[test]
fn an_axis_is_a_setting_of_kafkas_a_path_or_variants_by_name() {
    let text = format!(
        "{THREE}matrix:\n  who:\n    dynamic: {{}}\n    static: {{members: {{group.instance.id: \"{{name}}\"}}}}\n  \
         group.initial.rebalance.delay.ms: [0, 3000]\n"
    );
    let comparison = load(&text);
    let told: Vec<(bool, i32)> = comparison
        .variants
        .iter()
        .map(|variant| {
            (variant.plan.members[0].config.is_static(), variant.plan.broker.group.initial_rebalance_delay_ms)
        })
        .collect();
    assert_eq!(told, [(false, 0), (false, 3_000), (true, 0), (true, 3_000)]);
    let paths =
        format!("{THREE}matrix:\n  topics.orders: [1, 2]\n  members.application.processing: [1s]\n  seed: [4]\n");
    let partitions: Vec<i32> = load(&paths).variants.iter().map(|variant| variant.plan.topics[0].partitions).collect();
    assert_eq!(partitions, [1, 2]);
    assert_eq!(load(&paths).variants[0].plan.seed, 4);
}

#[test]
fn compare_and_matrix_multiply() {
    let text = format!("{THREE}compare: {{a: {{}}, b: {{}}}}\nmatrix: {{session.timeout.ms: [10000, 20000]}}\n");
    let names: Vec<String> = sessions(&text).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "a, session.timeout.ms=10000",
            "a, session.timeout.ms=20000",
            "b, session.timeout.ms=10000",
            "b, session.timeout.ms=20000"
        ]
    );
}

#[test]
fn a_mistake_that_variants_share_is_said_once_and_a_mistake_of_one_is_said_too() {
    let text = format!("{THREE}zoo: 1\ncompare: {{a: {{}}, b: {{lion: 1}}}}\n");
    let mistakes = scenario::load_text("test", &text, None).expect_err("two mistakes");
    let messages: Vec<&str> = mistakes.list.iter().map(|mistake| mistake.message.as_str()).collect();
    assert_eq!(messages, ["a scenario has no key `zoo`", "a scenario has no key `lion`"]);
    assert_eq!(mistake(&format!("{THREE}compare: {{all: {{}}}}\n")), "a variant cannot be called `all`");
}

#[test]
fn a_variant_that_is_no_piece_of_scenario_is_the_only_mistake_of_it() {
    for (text, what) in [
        ("compare: {a: {topics: {x: 1}}, b: 3}\n", "variant `b`"),
        ("compare: {a: {topics: {x: 1}}, b: 3}\nmatrix: {session.timeout.ms: [10000, 20000]}\n", "variant `b`"),
        ("matrix: {which: {a: {topics: {x: 1}}, b: 3}, session.timeout.ms: [10000, 20000]}\n", "`b`"),
    ] {
        let said = mistakes(&format!("members: {{}}\n{text}"));
        assert_eq!(said, [format!("{what} is a piece of scenario, and this is a single value")], "{text}");
    }
}

#[test]
fn mistakes_that_are_not_about_names_hide_no_mistakes_about_names() {
    let unknown = "there is no variant `nosuch`";
    for (text, is_said) in [
        ("compare: {a: {}, b: 3}\nmatrix: {session.timeout.ms: [10000, 20000]}\n", true),
        ("compare: {a: {}, b: {question: x}}\nmatrix: {session.timeout.ms: [10000, 20000]}\n", true),
        ("matrix: {session.timeout.ms: [10000, 10000]}\n", true),
        // It may be the name of what could not be read.
        ("compare: {a: {}, b: {}}\nmatrix: {session.timeout.ms: 10000}\n", false),
        ("compare: {a: {}, b: {}}\nmatrix: {session.timeot.ms: [10000]}\n", false),
        ("compare: {a: {}, b: {}}\nmatrix: 3\n", false),
    ] {
        let said = mistakes(&format!("{THREE}{text}expect: {{nosuch: {{rebalances: 0}}}}\n"));
        assert_eq!(said.iter().any(|said| said == unknown), is_said, "{text}: {said:?}");
        assert_eq!(said.len(), 1 + usize::from(is_said), "{text}: {said:?}");
    }
    let twice = "compare: {a: {}, 'a, x': 3}\nmatrix: {p: {'x, y': {}, y: {}}}\n";
    let said = mistakes(&format!("{THREE}{twice}"));
    assert!(said.iter().any(|said| said == "two variants are called `a, x, y`"), "{said:?}");
}
