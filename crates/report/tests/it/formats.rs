//! One comparison in all formats.

use insta::{assert_json_snapshot, assert_snapshot};
use report::{Comparison, Detail, TerminalOptions, json, markdown, terminal};
use timeline::MEASURES;

use crate::outcomes::{comparison, dynamic_cooperative, dynamic_eager, static_range};

fn three() -> Comparison {
    comparison(vec![static_range(), dynamic_eager(), dynamic_cooperative()])
}

/// So many variants, with names of so many words.
fn many(variants: usize, words: usize) -> Comparison {
    let variant = |place: usize| {
        let mut outcome = dynamic_eager();
        outcome.name = format!("variant {place}{}", " word".repeat(words));
        outcome
    };
    comparison((0..variants).map(variant).collect())
}

fn widest_line(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn the_terminal_shows_variants_side_by_side_and_says_what_it_means() {
    assert_snapshot!(terminal(&three(), TerminalOptions::default()), @r"
    Rolling restart of 120 members

    Does static membership spare the group its rebalances?

    ──────────────────────────────────────────────────────────────────────────────
                               static     dynamic eager     dynamic cooperative
    ──────────────────────────────────────────────────────────────────────────────
     Rebalances                     0 *             237                     470
     Unread, mean partition    6.20 s *          41.9 s                  9.87 s
     Longest single pause      6.51 s            3.12 s *                4.41 s
     Whole group stood still      0 s *          31.4 s                     0 s *
     Partitions moved               0 *          21,930                     940
     Bystanders interrupted         0 *             120                      97
     Final state               Stable            Stable                  Stable
     Final members                120               120                     120
    ──────────────────────────────────────────────────────────────────────────────

    * best of its row    seed 42

    static restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on
    average, against 41.9 s with dynamic eager (6.7 times as long), because there partitions stop 56,880
    times instead of 240: members are interrupted 28,203 times while nothing is done to them (static:
    never).
    The third: 9.87 s with dynamic cooperative.
    It is not the best in every row: see “Longest single pause” (3.12 s with dynamic eager, 6.51 s
    here).

    Again: rehearsal run scenarios/rolling-restart.yaml --seed 42
    ");
}

#[test]
fn a_narrow_terminal_gets_one_table_a_variant_and_all_measures_if_asked() {
    let options = TerminalOptions { width: 44, color: false, detail: Detail::Everything };
    assert_snapshot!(terminal(&comparison(vec![static_range(), dynamic_eager()]), options), @r"
    Rolling restart of 120 members

    Does static membership spare the group its
    rebalances?

    Every member is closed and started again,
    one after another.

    It is down for 6 s.

    ──────────────────────────────────────
                                 static
    ──────────────────────────────────────
     Rebalances                       0 *
     Rebalances during                3
     start-up
     Unread, mean partition      6.20 s *
     Unread, all partitions   1,488.7 s *
     together
     Longest single pause        6.51 s
     Pauses                         240 *
     Whole group stood              0 s *
     still
     Partitions moved                 0 *
     Bystanders interrupted           0 *
     Interruptions of                 0 *
     bystanders
     Members closed, killed         120
     or hung
     Members restarted              120
     Final state                 Stable
     Final members                  120
     Partitions                     240
    ──────────────────────────────────────

    ──────────────────────────────────────────
                              dynamic eager
    ──────────────────────────────────────────
     Rebalances                         237
     Rebalances during                    3
     start-up
     Unread, mean partition          41.9 s
     Unread, all partitions      10,067.8 s
     together
     Longest single pause            3.12 s *
     Pauses                          56,880
     Whole group stood               31.4 s
     still
     Partitions moved                21,930
     Bystanders interrupted             120
     Interruptions of                28,203
     bystanders
     Members closed, killed             120
     or hung
     Members restarted                  120
     Final state                     Stable
     Final members                      120
     Partitions                         240
    ──────────────────────────────────────────

    * best of its row    seed 42

    static restarts all 120 members without a
    single rebalance; each partition is unread
    for 6.20 s on average, against 41.9 s with
    dynamic eager (6.7 times as long), because
    there partitions stop 56,880 times instead
    of 240: members are interrupted 28,203 times
    while nothing is done to them (static:
    never).
    It is not the best in every row: see
    “Longest single pause” (3.12 s with dynamic
    eager, 6.51 s here).

    Again: rehearsal run scenarios/rolling-restart.yaml --seed 42
    ");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (variants, words, width) in [(4, 0, 100), (4, 6, 100), (4, 6, 80), (9, 3, 100), (30, 9, 120), (3, 2, 40)] {
        let mut comparison = many(variants, words);
        comparison.command.clear(); // a command is not broken, so that it can be copied
        let text = terminal(&comparison, TerminalOptions { width, ..TerminalOptions::default() });
        assert!(widest_line(&text) <= usize::from(width), "{} in {width}:\n{text}", widest_line(&text));
        for place in 0..variants {
            assert!(text.contains(&format!("variant {place}")) || words > 0, "{place} is missing:\n{text}");
        }
    }
}

#[test]
fn four_variants_of_usual_names_share_one_table_of_a_hundred_columns() {
    let text = terminal(&many(4, 1), TerminalOptions::default());
    assert_eq!(text.matches("Rebalances").count(), 1, "{text}");
}

#[test]
fn colour_adds_nothing_but_escape_sequences() {
    let plain = terminal(&three(), TerminalOptions::default());
    let mut coloured = terminal(&three(), TerminalOptions { color: true, ..TerminalOptions::default() });
    assert_ne!(plain, coloured);
    for sequence in ["\u{1b}[1m", "\u{1b}[1;32m", "\u{1b}[0m"] {
        coloured = coloured.replace(sequence, "");
    }
    assert_eq!(plain, coloured);
}

#[test]
fn markdown_reads_well_in_a_pull_request() {
    assert_snapshot!(markdown(&three(), Detail::Headlines), @r"
    ## Rolling restart of 120 members

    > Does static membership spare the group its rebalances?

    Every member is closed and started again, one after another.

    It is down for 6 s.

    **static** restarts all 120 members without a single rebalance; each partition is unread for 6.20 s on average, against 41.9 s with **dynamic eager** (6.7 times as long), because there partitions stop 56,880 times instead of 240: members are interrupted 28,203 times while nothing is done to them (**static**: never).
    The third: 9.87 s with **dynamic cooperative**.
    It is not the best in every row: see “Longest single pause” (3.12 s with **dynamic eager**, 6.51 s here).

    | | static | dynamic eager | dynamic cooperative |
    |---|---:|---:|---:|
    | Rebalances | **0** | 237 | 470 |
    | Unread, mean partition | **6.20 s** | 41.9 s | 9.87 s |
    | Longest single pause | 6.51 s | **3.12 s** | 4.41 s |
    | Whole group stood still | **0 s** | 31.4 s | **0 s** |
    | Partitions moved | **0** | 21,930 | 940 |
    | Bystanders interrupted | **0** | 120 | 97 |
    | Final state | Stable | Stable | Stable |
    | Final members | 120 | 120 | 120 |

    The best of each row is **bold**. Seed 42.

    Again: `rehearsal run scenarios/rolling-restart.yaml --seed 42`

    <details><summary>What the rows mean</summary>

    - Rebalances: How many generations (classic) or target assignments (consumer protocol) came to be after the first disturbance.
    - Unread, mean partition: Time after the first disturbance during which a partition had no living owner, averaged over all partitions.
    - Longest single pause: The longest time that any partition was without a living owner at a stretch.
    - Whole group stood still: Time during which every partition that should be read was without a living owner at the same moment.
    - Partitions moved: How many times a partition was given to another member than the one that had it last.
    - Bystanders interrupted: Members that had to stop reading at least one partition while nothing was done to them.
    - Final state: The state of the group at the end; of a recording, when it was described last.
    - Final members: The number of members in the group at the end; of a recording, when it was described last.

    </details>
    ");
}

#[test]
fn an_empty_comparison_has_a_report_in_every_format() {
    let empty = Comparison::default();
    assert_snapshot!(terminal(&empty, TerminalOptions::default()), @r"
    seed 0

    There is nothing to compare: no variant was measured.
    ");
    assert_snapshot!(markdown(&empty, Detail::Everything), @r"
    There is nothing to compare: no variant was measured.

    Seed 0.
    ");
    assert!(json(&empty).contains("\"variants\": []"));
}

#[test]
fn json_says_everything_with_units_in_its_keys() {
    let text = json(&three());
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "schema_version",
        "title",
        "question",
        "story",
        "seed",
        "command",
        "conclusion",
        "measures",
        "variants",
        "advice",
    ];
    assert_eq!(keys, expected);
    assert_eq!(document["measures"].as_array().unwrap().len(), MEASURES.len());
    let explained: Vec<&str> =
        document["measures"].as_array().unwrap().iter().map(|measure| measure["key"].as_str().unwrap()).collect();
    let measured = document["variants"][0]["measures"].as_object().unwrap();
    assert_eq!(
        measured.keys().collect::<Vec<_>>(),
        explained,
        "the keys of values are those of the legend, in its order"
    );
    assert_eq!(text, json(&three()), "equal comparisons give equal bytes");
}

#[test]
fn json_explains_each_measure() {
    let document: serde_json::Value = serde_json::from_str(&json(&three())).unwrap();
    assert_json_snapshot!(document["measures"][3], @r#"
    {
      "key": "unowned_mean_ms",
      "title": "Unread, mean partition",
      "unit": "milliseconds",
      "better": "lower",
      "explanation": "Time after the first disturbance during which a partition had no living owner, averaged over all partitions."
    }
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot stands in the test")]
fn json_gives_each_variant_with_its_digest() {
    let document: serde_json::Value = serde_json::from_str(&json(&three())).unwrap();
    let mut variant = document["variants"][1].clone();
    assert_eq!(variant["digest"].take(), format!("{:016x}", dynamic_eager().digest()));
    assert_json_snapshot!(variant, @r#"
    {
      "name": "dynamic eager",
      "seed": 42,
      "digest": null,
      "members": 120,
      "measured_from_ms": 60000,
      "measured_to_ms": 600000,
      "measures": {
        "rebalances": 237,
        "rebalances_start_up": 3,
        "group_epochs": null,
        "unowned_mean_ms": 41949,
        "unowned_median_ms": null,
        "unowned_p99_ms": null,
        "unowned_total_partition_ms": 10067760,
        "unowned_at_end": null,
        "pause_longest_ms": 3120,
        "pause_median_ms": null,
        "pause_p99_ms": null,
        "pauses": 56880,
        "standstill_ms": 31400,
        "partitions_moved": 21930,
        "double_owned": null,
        "members_affected": 120,
        "interruptions": 28203,
        "members_disturbed": 120,
        "members_restarted": 120,
        "latency_max_ms": null,
        "latency_p99_ms": null,
        "latency_mean_ms": null,
        "latency_median_ms": null,
        "lag_max": null,
        "lag_end": null,
        "catch_up_ms": null,
        "read_twice": null,
        "rewound_after_revocation": null,
        "rewound_after_kill": null,
        "rewound_after_expulsion": null,
        "transactions_aborted": null,
        "skipped": null,
        "partitions_out_of_service": null,
        "out_of_service_longest_ms": null,
        "lost_with_leader": null,
        "expired_in_producer": null,
        "busy_most": null,
        "busy_mean": null,
        "members_idle": null,
        "consumed": null,
        "produced": null,
        "monitored_share_percent_hundredths": null,
        "monitored_share_worst_percent_hundredths": null,
        "monitored_latency_max_ms": null,
        "monitored_latency_mean_ms": null,
        "final_state": "Stable",
        "final_members": 120,
        "partitions": 240,
        "failures": null
      },
      "generations_total": 240,
      "generations": [
        {
          "at_ms": 60003.5,
          "generation": 4,
          "members": 119,
          "reason": "explicit `LeaveGroup` request for (c0-1) members"
        }
      ],
      "marks": {
        "member-left": 120
      },
      "described": [],
      "records": null
    }
    "#);
}
