//! What became of records, in every format.

use protocol::{SimDuration, SimTime, TopicPartition};
use report::{Comparison, Detail, TerminalOptions, json, markdown, terminal};
use timeline::{AgeLine, Cast, Event, Handover, Measurer, MemberIndex, Observer, Outcome, PartitionPlace};

/// A member reads 90 of 100 records, is killed, and another one reads 20 of those again.
fn comparison() -> Comparison {
    let at = SimTime::from_secs;
    let (from, end) = (at(1), at(4));
    let members = vec!["c0".to_owned(), "c<1>".to_owned()];
    let cast = Cast { members, topics: vec![("orders".into(), 1)], from, end };
    let mut measurer = Measurer::new(&cast);
    let partition = PartitionPlace(0);
    let mut read = |seconds: u64, member: u32, records: u64, again: u64| {
        let (oldest, newest) = (SimDuration::from_millis(500), SimDuration::from_millis(100));
        let (member, work) = (MemberIndex(member), SimDuration::from_millis(records));
        let lines = &[AgeLine { records, oldest, newest }];
        measurer.observe(at(seconds), Event::Delivered { member, partition, lines, again, work });
        let latency_sum = SimDuration::from_millis(300 * records);
        measurer.observe(at(seconds), Event::Consumed { member, records, latency_sum, latency_max: oldest });
        measurer.observe(at(seconds), Event::Backlog { produced: 100, waiting: 10, oldest });
    };
    read(1, 0, 90, 0);
    read(3, 1, 30, 20);
    let (member, why) = (MemberIndex(0), Handover::Killed);
    measurer.observe(at(3), Event::Rewound { partition, records: 20, member, why });
    measurer.observe(at(3), Event::Skipped { partition, records: 1 });
    let name = &TopicPartition::new("orders".into(), 0);
    measurer.observe(end, Event::Settled { partition, name, produced: 100, waiting: 0 });
    let outcome = Outcome::new("one", 1, cast, &measurer.finish());
    Comparison { variants: vec![outcome], ..Comparison::default() }
}

#[test]
fn json_has_records_over_time_by_partition_and_by_member() {
    let document: serde_json::Value = serde_json::from_str(&json(&comparison())).unwrap();
    let variant = &document["variants"][0];
    assert_eq!((&variant["measures"]["read_twice"], &variant["measures"]["skipped"]), (&20.into(), &1.into()));
    let records = &variant["records"];
    assert_eq!(records["bucket_ms"], 1_000);
    assert_eq!(records["over_time"].as_array().unwrap().len(), 4);
    let second = &records["over_time"][1];
    assert_eq!((&second["produced"], &second["consumed"], &second["waiting"]), (&100.into(), &90.into(), &10.into()));
    assert_eq!((&second["latency_mean_ms"], &second["latency_max_ms"]), (&300.into(), &500.into()));
    assert_eq!(records["partitions"][0]["partition"], "orders-0");
    assert_eq!(records["partitions"][0]["consumed_again"], 20);
    assert_eq!((&records["members"][0]["to_blame_for"], &records["members"][1]["busy_ms"]), (&20.into(), &30.into()));
}

#[test]
fn terminal_and_markdown_show_time_and_say_who_is_to_blame() {
    let shown = terminal(&comparison(), TerminalOptions { width: 100, ..TerminalOptions::default() });
    assert!(shown.contains("Records over time, 1.00 s a column\n  consumed, up to 90\n    one  ·█·▃\n"), "{shown}");
    let said = "With one, 20 records are consumed again, most of them because a member was killed before it had committed them \
                (first of all c0); 1 record is never consumed, because reading began behind them";
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain(&shown).contains(said), "{shown}");
    let page = markdown(&comparison(), Detail::Everything);
    assert!(page.contains("| 1.00 s | 100 | 90 | 0 | 300 ms | 100 ms to 500 ms | 10 |"), "{page}");
    assert!(page.contains("| orders-0 | 100 | 120 | 20 | 1 | 0 | 500 ms |"), "{page}");
    assert!(page.contains("| c&#60;1&#62; | 30 | 20 | 0 | 30 ms |"), "{page}");
}

#[test]
fn a_narrow_terminal_gets_no_chart_and_no_line_that_is_too_wide() {
    let shown = terminal(&comparison(), TerminalOptions { width: 40, ..TerminalOptions::default() });
    assert!(shown.lines().all(|line| line.chars().count() <= 40), "{shown}");
}
