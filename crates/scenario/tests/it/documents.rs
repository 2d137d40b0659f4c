//! Documents that a scenario reproduces.

use crate::{THREE, load, mistake};

#[test]
fn documents_stand_by_name_with_what_of_each_is_rehearsed() {
    let text = format!("reproduces:\n  seed 001: the tables\n  seed 004: 'a \"quote\"'\n{THREE}");
    let expected = [("seed 001", "the tables"), ("seed 004", "a \"quote\"")];
    assert_eq!(load(&text).reproduces, expected.map(|(document, what)| (document.to_owned(), what.to_owned())));
    assert_eq!(load(THREE).reproduces, []);
}

#[test]
fn what_is_no_map_is_a_mistake() {
    assert_eq!(mistake(&format!("reproduces: seed 001\n{THREE}")), "`reproduces` is a map, and this is a single value");
    assert_eq!(
        mistake(&format!("reproduces: {{seed 001: [a, b]}}\n{THREE}")),
        "`seed 001` takes a single value, and this is a list"
    );
}

#[test]
fn a_variant_reproduces_nothing_by_itself() {
    let said = mistake(&format!("{THREE}compare: {{a: {{reproduces: {{seed 001: b}}}}}}"));
    assert!(said.contains("`reproduces`"), "{said}");
}
