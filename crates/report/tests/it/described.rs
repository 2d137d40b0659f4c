//! Who had what when an administrator looked, in all formats.

use insta::assert_snapshot;
use protocol::SimTime;
use report::{Comparison, Detail, TerminalOptions, json, markdown, terminal};
use timeline::Description;

use crate::outcomes::{comparison, dynamic_eager};

fn look(seconds: u64, owners: &[(&str, &str)]) -> Description {
    let members = owners.iter().map(|(_, id)| id).collect::<std::collections::BTreeSet<_>>().len() as u64;
    let owners = owners.iter().map(|(partition, id)| ((*partition).to_owned(), (*id).to_owned())).collect();
    Description { at: SimTime::from_secs(seconds), state: "Stable".to_owned(), members, owners }
}

fn seen(descriptions: Vec<Description>) -> Comparison {
    let mut outcome = dynamic_eager();
    outcome.descriptions = descriptions;
    comparison(vec![outcome])
}

fn two_looks() -> Comparison {
    let (one, two) = ("consumer-0-74062475-aaaa", "consumer-1-081c254b-bbbb");
    seen(vec![look(60, &[("t-0", one), ("t-1", two)]), look(107, &[("t-0", one), ("t-1", one), ("t-2", one)])])
}

/// The first table of looks in what the terminal shows.
fn first(text: &str) -> &str {
    let from = text.find("Described").unwrap_or_else(|| panic!("nothing is described in {text}"));
    text[from..].split("\n\n").next().unwrap_or_default()
}

#[test]
fn a_look_is_a_column_and_a_partition_a_row() {
    assert_snapshot!(first(&terminal(&two_looks(), TerminalOptions::default())), @r"
    Described, with dynamic eager
               60.0 s             107.0 s
      state    Stable             Stable
      members  2                  1
      t-0      consumer-0-74062…  consumer-0-74062…
      t-1      consumer-1-081c2…  consumer-0-74062…
      t-2      –                  consumer-0-74062…
    ");
}

#[test]
fn looks_that_do_not_fit_side_by_side_follow_each_other() {
    let options = TerminalOptions { width: 40, color: false, detail: Detail::Headlines };
    let text = terminal(&two_looks(), options);
    assert_eq!(text.matches("\n  state ").count(), 2);
    assert!(first(&text).lines().all(|line| line.chars().count() <= 40), "{text}");
}

#[test]
fn markdown_escapes_names_and_ids() {
    let comparison = seen(vec![look(60, &[("t|x-0", "<b>@me</b>")])]);
    let text = markdown(&comparison, Detail::Headlines);
    assert!(text.contains("| t&#124;x-0 | &#60;b&#62;&#64;me&#60;/b&#62; |"), "{text}");
}

#[test]
fn a_group_of_many_partitions_is_told_of_in_json_alone() {
    let names: Vec<String> = (0..13).map(|number| format!("t-{number}")).collect();
    let owners: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "a")).collect();
    let comparison = seen(vec![look(60, &owners)]);
    assert!(!terminal(&comparison, TerminalOptions::default()).contains("Described"));
    assert!(!markdown(&comparison, Detail::Everything).contains("Described"));
    let document: serde_json::Value = serde_json::from_str(&json(&comparison)).unwrap();
    let described = &document["variants"][0]["described"][0];
    assert_eq!((described["at_ms"].as_u64(), described["members"].as_u64()), (Some(60_000), Some(1)));
    assert_eq!(described["owners"].as_array().map(Vec::len), Some(13));
    assert_eq!(described["owners"][12]["member"], "a");
}
