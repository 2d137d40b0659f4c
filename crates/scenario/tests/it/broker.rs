//! Configs of a broker and of its group, held against each other.

use crate::mistakes;

const UNREAD: &str = "offsets.retention.minutes: x";

/// How often this is said about a broker and a group that are written so.
fn said(message: &str, broker: &str, group: &str) -> usize {
    let text = format!("topics: {{a: 1}}\nmembers: {{}}\nbroker: {{{broker}}}\ngroup: {{{group}}}\nzoo: 1\n");
    mistakes(&text).iter().filter(|said| said.contains(message)).count()
}

#[test]
fn what_could_not_be_read_hides_only_what_is_compared_with_it() {
    let message = "a group's heartbeat interval must be below its session timeout";
    let broker = "group.consumer.max.heartbeat.interval.ms: 90000";
    let both = "consumer.session.timeout.ms: 45000, consumer.heartbeat.interval.ms: 45000";
    let heartbeat = "consumer.heartbeat.interval.ms: 45000";
    for (broker, group, times) in [
        (broker.to_owned(), both.to_owned(), 1),
        (format!("{broker}, {UNREAD}"), both.to_owned(), 1),
        (format!("{broker}, {UNREAD}"), heartbeat.to_owned(), 1),
        (broker.to_owned(), format!("{both}, consumer.assignment.interval.ms: x"), 1),
        // What the group says itself does not depend on the broker's.
        (format!("{broker}, group.consumer.session.timeout.ms: x"), both.to_owned(), 1),
        (format!("{broker}, group.consumer.session.timeout.ms: x"), heartbeat.to_owned(), 0),
        (broker.to_owned(), format!("{heartbeat}, consumer.session.timeout.ms: x"), 0),
    ] {
        assert_eq!(said(message, &broker, &group), times, "{broker}; {group}");
    }
}

#[test]
fn bounds_without_a_session_between_them_are_said_beside_what_could_not_be_read() {
    let message = "no session timeout lies between the broker's bounds";
    let (least, most) = ("group.min.session.timeout.ms: 60000", "group.max.session.timeout.ms: 30000");
    assert_eq!(said(message, &format!("{least}, {most}"), ""), 1);
    assert_eq!(said(message, &format!("{least}, {most}, {UNREAD}"), ""), 1);
    assert_eq!(said(message, &format!("{most}, group.min.session.timeout.ms: x"), ""), 0);
    assert_eq!(said(message, "group.min.session.timeout.ms: 9999999, group.max.session.timeout.ms: x", ""), 0);
}
