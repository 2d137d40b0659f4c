//! Who writes records.

use protocol::{SimDuration, SimTime};
use simulation::plan::{Acks, KeysPlan, ProducerPlan, Rate};

use crate::{mistake, plan};

/// The producers of this text, in a world of two topics.
fn producers(text: &str) -> Vec<ProducerPlan> {
    plan(&format!("topics: {{a: 4, b: 2}}\nmembers: {{count: 1}}\nuntil: 10m\n{text}\n")).producers
}

fn rates(producer: &ProducerPlan) -> Vec<(u64, u64)> {
    producer.rates.iter().map(|(at, rate)| (at.as_millis() / 1_000, rate.as_micros() / 1_000_000)).collect()
}

#[test]
fn without_producers_no_records_flow() {
    assert_eq!(producers(""), []);
}

#[test]
fn a_producer_writes_into_all_topics_unless_it_says_which() {
    let written = producers("producers: [{rate: 60/min}, {name: own, rate: 5/s, topics: b}]");
    let told: Vec<(&str, usize)> = written.iter().map(|p| (p.name.as_str(), p.topics.len())).collect();
    assert_eq!(told, [("producer-0", 2), ("own", 1)]);
    assert_eq!((rates(&written[0]), rates(&written[1])), (vec![(0, 1)], vec![(0, 5)]));
    assert_eq!(producers("producers: {rate: 5/s}")[0].name, "producer");
}

#[test]
fn rates_go_in_steps_in_bursts_and_by_the_day() {
    let steps = producers("producers: {rate: {steps: {0s: 10/s, 2m: 30/s, 1m: 20/s}}}");
    assert_eq!(rates(&steps[0]), [(0, 10), (60, 20), (120, 30)]);
    let bursts = producers("producers: {rate: {bursts: {base: 1/s, burst: 9/s, every: 4m, for: 5s}}}");
    assert_eq!(rates(&bursts[0]), [(0, 1), (240, 9), (245, 1), (480, 9), (485, 1)]);
    let daily = producers("producers: {rate: {daily: {low: 1/s, high: 9/s, peak: 0s}}}");
    assert_eq!(rates(&daily[0]), [(0, 9)]);
}

#[test]
fn events_change_rates_stop_producers_and_start_them_again() {
    let text = "producers: {rate: {steps: {0s: 10/s, 3m: 20/s}}}\nevents: [{at: 1m, rate: {producer: stop}}, {at: 4m, rate: {producer: start}}, \
                {at: 5m, rate: {producer: 99/s}, repeat: {every: 1m, times: 2}}]";
    let expected = [(0, 10), (60, 0), (180, 0), (240, 20), (300, 99), (360, 99)];
    assert_eq!(rates(&producers(text)[0]), expected);
}

#[test]
fn keys_and_batches_are_what_is_written_or_kafkas_own() {
    let keys = |text: &str| producers(&format!("producers: {{rate: 40_000/s, {text}}}"))[0].keys.clone();
    // 164 records of 100 bytes fill a batch, 200 of them come within 5 ms.
    assert_eq!(keys("record-size: 100 B"), KeysPlan::InTurn { batch: 164 });
    assert_eq!(keys("linger.ms: 1"), KeysPlan::InTurn { batch: 40 });
    assert_eq!(keys("partitioner: round-robin"), KeysPlan::InTurn { batch: 1 });
    assert_eq!(keys("keys: {uniform: 7}"), KeysPlan::Uniform { count: 7 });
    let zipf = KeysPlan::Zipf { count: 9, exponent_hundredths: 120 };
    assert_eq!(keys("keys: {zipf: {keys: 9, exponent-percent: 120}}"), zipf);
    let hot = [("customer-42", 60 * 3), ("key-0", 40), ("key-1", 40), ("key-2", 40)];
    let hot = KeysPlan::Listed(hot.map(|(key, weight)| (key.to_owned(), weight)).to_vec());
    assert_eq!(keys("keys: {hot: {key: customer-42, percent: 60, others: 3}}"), hot);
    let listed = KeysPlan::Listed(vec![("x".to_owned(), 2), ("y".to_owned(), 1)]);
    assert_eq!(keys("keys: {weights: {x: 2, y: 1}}"), listed);
}

#[test]
fn what_a_record_takes_and_where_reading_begins_are_the_members_own() {
    let text = "topics: {a: 1}\nmembers: {auto.offset.reset: earliest, max.poll.records: 20, fetch.max.wait.ms: 100, \
                application: {record: 3ms}}\n";
    let member = &plan(text).members[0];
    assert_eq!(member.config.offset_reset, member::OffsetReset::Earliest);
    assert_eq!((member.config.max_poll_records, member.config.fetch_max_wait), (20, SimDuration::from_millis(100)));
    assert_eq!(member.application.record_processing.mean(), 3_000_000);
}

#[test]
fn a_change_of_rate_is_an_event_like_any_other_to_measures() {
    let text = "topics: {a: 1}\nmembers: {}\nproducers: {rate: 1/s}\nevents: [{at: 2m, rate: {producer: 2/s}}]\n";
    assert_eq!(plan(text).measure_from, SimTime::from_secs(120));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let of = |text: &str| mistake(&format!("topics: {{a: 4}}\nmembers: {{}}\nuntil: 10m\n{text}\n"));
    for (text, message) in [
        ("producers: {rate: 5}", "`rate` cannot be `5`"),
        ("producers: {rate: 20_000_000/s}", "`rate` cannot be `20_000_000/s`"),
        ("producers: {rate: {bursts: {burst: 1/s, every: 5s, for: 5s}}}", "a burst is over before the next begins"),
        ("producers: {rate: {bursts: {burst: 1/s, every: 1us, for: 1ns}}}", "the rate changes too often"),
        ("producers: {rate: 1/s, topics: b}", "there is no topic `b`"),
        ("producers: {rate: 1/s, keys: {weights: {x: 0}}}", "no key has any weight"),
        ("producers: [{name: x, rate: 1/s}, {name: x, rate: 1/s}]", "two producers are called `x`"),
        ("producers: {rate: 1/s}\nevents: [{at: 1s, rate: {prodcer: stop}}]", "there is no producer `prodcer`"),
    ] {
        assert_eq!(of(text), message, "{text}");
    }
    assert_eq!(Rate::MAX, Rate::per_second(10_000_000));
}

#[test]
fn acks_are_all_unless_somebody_waits_for_less() {
    let acks = |text: &str| producers(&format!("producers: {{rate: 5/s{text}}}"))[0].acks;
    assert_eq!([acks(""), acks(", acks: 1"), acks(", acks: 0")], [Acks::All, Acks::Leader, Acks::None]);
}
