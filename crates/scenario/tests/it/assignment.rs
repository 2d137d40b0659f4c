//! Files for `rehearsal assign`.

use scenario::assignment::load_text;

/// Every member is looked at once, not once for every other: it took half a minute.
#[test]
fn a_hundred_thousand_members_can_all_leave() {
    let text = "
topics: {orders: 3}
members: {count: 100000, name: 'c-{n}'}
change: {remove: [all, c-7, last 5], add: {count: 2, name: 'd-{n}'}}
";
    let then = load_text("a.yaml", text).expect("a good file").then.expect("a change");
    let left: Vec<&str> = then.members.iter().map(|member| member.id.as_str()).collect();
    assert_eq!(left, ["d-0", "d-1"]);
}

#[test]
fn who_leaves_is_chosen_among_all_that_there_were() {
    let text = "
topics: {orders: 3}
members: {count: 8, name: 'c-{n}'}
change: {remove: [first 2, c-1, last 1, random 2 of c-*]}
";
    let assignment = load_text("a.yaml", text).expect("a good file");
    let left = assignment.then.expect("a change").members;
    assert!((3..=5).contains(&left.len()), "{left:?}");
    assert!(left.iter().all(|member| !["c-0", "c-1", "c-7"].contains(&member.id.as_str())), "{left:?}");
}
