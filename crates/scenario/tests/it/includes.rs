//! `include:`.

use std::collections::BTreeMap;

use scenario::{Comparison, Diagnostics, Files};

/// Files in memory.
struct Memory(BTreeMap<&'static str, &'static str>);

impl Files for Memory {
    fn read(&self, path: &str, _limit: usize) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "no such file".to_owned())
    }
}

fn load(files: &[(&'static str, &'static str)]) -> Result<Comparison, Diagnostics> {
    scenario::load(files[0].0, &Memory(files.iter().copied().collect()), None)
}

#[test]
fn what_is_written_is_laid_over_what_is_included_and_later_includes_over_earlier_ones() {
    let comparison = load(&[
        ("run/a.yaml", "include: [common/world.yaml, common/people.yaml]\nmembers: {count: 5}\n"),
        ("run/common/world.yaml", "topics: {orders: 6}\nmembers: {count: 1, session.timeout.ms: 20000}\n"),
        ("run/common/people.yaml", "include: ../names.yaml\nmembers: {count: 2, session.timeout.ms: 30000}\n"),
        ("run/names.yaml", "members: {name: web}\n"),
    ])
    .unwrap();
    let plan = &comparison.variants[0].plan;
    assert_eq!(plan.members.len(), 5);
    assert_eq!(plan.members[0].name, "web-0");
    assert_eq!(plan.members[0].config.session_timeout.as_millis(), 30_000);
    assert_eq!(plan.topics[0].partitions, 6);
}

#[test]
fn a_mistake_in_an_included_file_is_quoted_from_there() {
    let mistakes = load(&[
        ("a.yaml", "include: b.yaml\nmembers: {count: 1}\n"),
        ("b.yaml", "# a comment\ntopics: {orders: none}\n"),
    ])
    .expect_err("a mistake");
    let text = mistakes.to_string();
    assert!(text.contains("--> b.yaml:2:18") && text.contains("topics: {orders: none}"), "{text}");
}

#[test]
fn what_may_be_in_a_file_that_cannot_be_read_is_not_missed() {
    let text = "include: nowhere.yaml\nmembers: {count: none}\nevents: [{at: 1m, kill: web-0, restat: {}}]\n";
    let mistakes = load(&[("a.yaml", text)]).expect_err("mistakes");
    let messages: Vec<&str> = mistakes.list.iter().map(|mistake| mistake.message.as_str()).collect();
    let expected =
        ["cannot read `nowhere.yaml`: no such file", "`count` cannot be `none`", "an event has no key `restat`"];
    assert_eq!(messages, expected);
}

#[test]
fn places_are_right_however_lines_end() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["topics: {orders: 2}", "members: {count: x}", ""].join(end);
        let mistakes = scenario::load_text("a.yaml", &text, None).expect_err("a mistake").to_string();
        assert!(mistakes.contains("2 | members: {count: x}\n  |                  ^ expected"), "{mistakes}");
    }
}

#[test]
fn variants_may_change_what_was_included() {
    let comparison = load(&[
        ("a.yaml", "include: b.yaml\ncompare: {one: {}, two: {topics: {orders: 12}}}\n"),
        ("b.yaml", "topics: {orders: 6}\nmembers: {count: 1}\n"),
    ])
    .unwrap();
    let partitions: Vec<i32> = comparison.variants.iter().map(|variant| variant.plan.topics[0].partitions).collect();
    assert_eq!(partitions, [6, 12]);
}

#[test]
fn anchors_aliases_and_merge_keys_are_plain_yaml() {
    let text =
        "topics: {orders: 6}\nmembers:\n  - &web {name: web, session.timeout.ms: 20000}\n  - {<<: *web, name: job}\n";
    let plan = scenario::load_text("a.yaml", text, None).unwrap().variants.remove(0).plan;
    assert_eq!(plan.members[1].name, "job");
    assert_eq!(plan.members[1].config.session_timeout.as_millis(), 20_000);
}
