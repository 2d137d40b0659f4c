//! Recordings: written, read back, cut off, damaged.

use std::fs::File;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use protocol::{Generation, SimDuration, SimTime, TopicName, TopicPartition};
use timeline::recording::{Action, ConfigValue, Head, Recording, RecordingError, RecordingWriter, Summary};
use timeline::{Cast, Event, Measurer, MemberIndex, Observer, Teller};

use crate::groundtruth::sample;

/// Keeps everything, as text.
#[derive(Default)]
struct Log(Vec<String>);

impl Observer for Log {
    fn observe(&mut self, at: SimTime, event: Event<'_>) {
        self.0.push(format!("{} {event:?}", at.as_nanos()));
    }
}

fn read(bytes: &[u8]) -> Result<(Head, Summary, Log), RecordingError> {
    let recording = Recording::open(bytes)?;
    let head = recording.head().clone();
    let mut log = Log::default();
    let summary = recording.replay(&mut log)?;
    Ok((head, summary, log))
}

const HEAD: &str = r#"{"scenario":{"topics":[{"name":"t","partitions":2}],"actions":[{"at":0,"op":"start","m":"c0"},{"at":9000,"op":"end"}]},"client":"x"}"#;

/// A recording of these lines under [`HEAD`], and an `end`.
fn recording(lines: &[&str]) -> String {
    format!("{HEAD}\n{}\n{{\"t\":9000,\"m\":\"lab\",\"e\":\"end\",\"produced\":0}}\n", lines.join("\n"))
}

fn message(text: &str) -> String {
    match read(text.as_bytes()) {
        Ok((_, summary, _)) => panic!("read without error: {summary:?}"),
        Err(error) => error.to_string(),
    }
}

fn warnings(text: &str) -> Vec<String> {
    let (_, summary, _) = read(text.as_bytes()).unwrap();
    summary.warnings.iter().map(ToString::to_string).collect()
}

/// The recordings of the sample, unpacked.
fn samples() -> Vec<(String, Vec<u8>)> {
    let mut samples = Vec::new();
    for client in ["java", "librdkafka", "franz-go"] {
        for entry in std::fs::read_dir(sample().join(client)).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = Vec::new();
            MultiGzDecoder::new(File::open(&path).unwrap()).read_to_end(&mut bytes).unwrap();
            samples.push((path.display().to_string(), bytes));
        }
    }
    samples.sort();
    assert!(samples.len() >= 6);
    samples
}

/// Reads a recording and writes it down again.
pub(crate) fn rewritten(bytes: &[u8]) -> Vec<u8> {
    let recording = Recording::open(bytes).unwrap();
    let mut writer = RecordingWriter::new(Vec::new(), recording.head(), recording.cast()).unwrap();
    recording.replay(&mut writer).unwrap();
    writer.finish().unwrap()
}

#[test]
fn what_was_written_reads_back_the_same() {
    for (name, bytes) in samples() {
        let (head, summary, log) = read(&bytes).unwrap();
        let copy = rewritten(&bytes);
        let (head_again, summary_again, log_again) = read(&copy).unwrap();
        assert_eq!(head, head_again, "{name}");
        assert_eq!(summary.cast, summary_again.cast, "{name}");
        assert!(log.0.len() > 100 && log.0 == log_again.0, "{name}");
        assert_eq!(copy, rewritten(&copy), "{name}");
    }
}

#[test]
fn packed_and_plain_recordings_read_the_same() {
    let (_, plain) = samples().remove(0);
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&plain).unwrap();
    let packed = packer.finish().unwrap();
    assert_eq!(read(&plain).unwrap().2.0, read(&packed).unwrap().2.0);
}

#[test]
fn consumed_records_are_added_up_over_a_tenth_of_a_second() {
    let head: Head = serde_json::from_str(HEAD).unwrap();
    let cast = head.cast().unwrap();
    let mut writer = RecordingWriter::new(Vec::new(), &head, &cast).unwrap();
    for (millis, latency) in [(110, 5), (150, 7), (199, 6), (200, 1)] {
        let latency = SimDuration::from_millis(latency);
        let member = MemberIndex(0);
        let event = Event::Consumed { member, records: 2, latency_sum: latency * 2, latency_max: latency };
        writer.observe(SimTime::from_millis(millis), event);
    }
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            r#"{"t":200,"m":"c0","e":"c","b":100,"n":6,"sum":36,"max":7}"#,
            r#"{"t":9000,"m":"c0","e":"c","b":200,"n":2,"sum":2,"max":1}"#,
            r#"{"t":9000,"m":"lab","e":"end","produced":0}"#,
        ]
    );
}

#[test]
fn every_kind_of_event_is_written_as_the_format_says() {
    let head: Head = serde_json::from_str(HEAD).unwrap();
    let cast = head.cast().unwrap();
    let mut writer = RecordingWriter::new(Vec::new(), &head, &cast).unwrap();
    let (member, generation) = (MemberIndex(0), Generation(4));
    let topic = TopicName::new("t");
    let partitions = &[TopicPartition::new(topic.clone(), 0), TopicPartition::new(TopicName::new("a-b"), 12)][..];
    let events = [
        Event::Started { member },
        Event::Assigned { member, partitions, generation, total: 2 },
        Event::Revoked { member, partitions: &partitions[..1], generation },
        Event::Lost { member: MemberIndex(7), partitions: &[], generation },
        Event::Failed { member, error: "a \"quoted\"\nerror" },
        Event::Rebalancing { generation, reason: "because" },
        Event::Generation { generation, members: 3 },
        Event::PartitionsAdded { topic: &topic, count: 5 },
        Event::Described { state: "Stable", members: 3 },
        Event::BrokerLog { line: "a line" },
        Event::Produced { records: 9 },
    ];
    for event in events {
        writer.observe(SimTime::from_nanos(2_000_000_001), event);
    }
    let bytes = writer.finish().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            r#"{"t":2000.000001,"m":"c0","e":"start"}"#,
            r#"{"t":2000.000001,"m":"c0","e":"assigned","p":["t-0","a-b-12"],"gen":4,"total":2}"#,
            r#"{"t":2000.000001,"m":"c0","e":"revoked","p":["t-0"],"gen":4}"#,
            r##"{"t":2000.000001,"m":"#7","e":"lost","p":[],"gen":4}"##,
            r#"{"t":2000.000001,"m":"c0","e":"error","what":"a \"quoted\"\nerror"}"#,
            r#"{"t":2000.000001,"m":"broker","e":"rebalancing","gen":4,"what":"because"}"#,
            r#"{"t":2000.000001,"m":"broker","e":"generation","gen":4,"members":3}"#,
            r#"{"t":2000.000001,"m":"lab","e":"partitions","topic":"t","count":5}"#,
            r#"{"t":2000.000001,"m":"lab","e":"describe","state":"Stable","members":3}"#,
            r#"{"t":2000.000001,"m":"broker","e":"log","what":"a line"}"#,
            r#"{"t":2000.000001,"m":"lab","e":"p","s":1,"n":9}"#,
            r#"{"t":9000,"m":"lab","e":"end","produced":9}"#,
        ]
    );
    let mut log = Log::default();
    events[..3].iter().chain(&events[4..]).for_each(|event| log.observe(SimTime::from_nanos(2_000_000_001), *event));
    let mut again = read(&bytes).unwrap().2.0;
    assert_eq!(
        again.remove(3),
        "2000000001 Lost { member: MemberIndex(1), partitions: [], generation: 4 }",
        "a new name, a new member"
    );
    assert_eq!(again, log.0);
}

#[test]
fn a_head_keeps_every_field_of_its_scenario() {
    let text = r#"{"scenario":{"name":"n","note":"why","group":"g","broker":{"group.initial.rebalance.delay.ms":3000},"topics":[{"name":"a","partitions":9},{"name":"unread","partitions":7},{"name":"b","partitions":7}],"producer":{"rate":200,"bytes":100,"tick_ms":20},"members":{"static":true,"props":{"enable.auto.commit":false,"group.protocol":"consumer","session.timeout.ms":6000},"record_us":5,"revoke_ms":3000,"assign_ms":1,"poll_ms":100},"actions":[{"at":0,"op":"start","m":"c0","topics":["a"],"props":{"max.poll.records":20},"instance":"i0"},{"at":0,"op":"start","m":"c1","topics":["b"]},{"at":12000,"op":"close","m":"c0"},{"at":13000.5,"op":"kill","m":"c1"},{"at":14000,"op":"hang","m":"c0","ms":2000},{"at":15000,"op":"partitions","topic":"a","count":18},{"at":16000,"op":"describe"},{"at":17000,"op":"end"}],"tags":["x"]},"client":"java 4.3.0"}"#;
    let head: Head = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&head).unwrap(), text);
    let Action::Start { member, topics, props, instance } = &head.scenario.actions[0].action else { panic!() };
    assert_eq!((&**member, &**topics, instance.as_deref()), ("c0", &["a".to_owned()][..], Some("i0")));
    assert_eq!(props["max.poll.records"], ConfigValue::Integer(20));
    let cast = head.cast().unwrap();
    assert_eq!(cast.members, ["c0", "c1"]);
    assert_eq!(cast.topics, [(TopicName::new("a"), 9), (TopicName::new("b"), 7)], "nobody reads the third");
    assert_eq!((cast.from, cast.end), (SimTime::from_secs(12), SimTime::from_secs(17)));
}

/// A scenario of starts at these times, and what its measures count from.
fn starts(times: &[u64]) -> SimTime {
    let actions: Vec<String> = times.iter().map(|at| format!(r#"{{"at":{at},"op":"start","m":"c{at}"}}"#)).collect();
    let head = format!(r#"{{"scenario":{{"actions":[{},{{"at":60000,"op":"end"}}]}}}}"#, actions.join(","));
    serde_json::from_str::<Head>(&head).unwrap().cast().unwrap().from
}

#[test]
fn a_late_start_is_a_disturbance_and_an_early_or_prompt_one_is_not() {
    assert_eq!(starts(&[0, 700, 1_400]), SimTime::ZERO);
    assert_eq!(starts(&[0, 7_999]), SimTime::ZERO, "still start-up");
    assert_eq!(starts(&[0, 3_000, 6_000, 9_000]), SimTime::ZERO, "each one soon after the last");
    assert_eq!(starts(&[0, 12_000, 20_000]), SimTime::from_secs(12));
    assert_eq!(starts(&[20_000, 0, 12_000]), SimTime::from_secs(12), "in whatever order they stand there");
}

#[test]
fn what_is_no_recording_is_refused_with_the_place() {
    assert_eq!(message(""), "the recording is empty");
    says(&message("hello\n"), "line 1, column 1: this is no head of a recording");
    says(&message(&format!("{{\"scenario\":{{\"x\":{}", "[".repeat(100_000))), "EOF while parsing a list");
    says(&message(r#"{"scenario":{"actions":[]}}"#), "line 1: the scenario has no actions");
    says(
        &message(r#"{"scenario":{"actions":[{"at":0,"op":"explode"}]}}"#),
        "unknown variant `explode`, expected one of `start`",
    );
    says(
        &message(r#"{"scenario":{"actions":[{"at":-1,"op":"end"}]}}"#),
        "expected a time in milliseconds, zero or more",
    );
    let many = r#"{"scenario":{"topics":[{"name":"t","partitions":2147483647}],"actions":[{"at":0,"op":"end"}]}}"#;
    says(&message(many), "line 1: 2147483647 partitions; at most 1000000");
    says(&message(&recording(&["", "garbage"])), "line 3, column 1: this is no event: expected value: `garbage`");
    says(&message(&recording(&[r#"{"t":1,"m":"c0"}"#])), "line 2, column 16: this is no event: missing field `e`");
    says(&message(&recording(&[r#"{"t":1,"m":"c0","e":"assigned"}"#])), "line 2: this event needs `p`");
    says(&message(&recording(&[r#"{"t":1,"m":"c0","e":"assigned","p":["t"]}"#])), "line 2: `t` is no partition");
    says(&message(&recording(&[r#"{"t":1,"m":"c0","e":"lost","p":["t-+1"]}"#])), "line 2: `t-+1` is no partition");
    says(&message(&recording(&[r#"{"t":1,"m":"c0","e":"lost","p":["t-2147483648"]}"#])), "is no partition");
    says(&message(&recording(&[r#"{"t":"1","m":"c0","e":"start"}"#])), "expected a time in milliseconds");
    says(
        &message(&recording(&[r#"{"t":1,"m":"lab","e":"partitions","topic":"t","count":9999999}"#])),
        "line 2: 9999999 partitions",
    );
}

fn says(message: &str, part: &str) {
    assert!(message.contains(part), "{message}\nlacks\n{part}");
    assert!(message.len() < 500, "{} bytes", message.len());
}

#[test]
fn a_cut_off_recording_is_refused_with_its_last_line() {
    let (_, whole) = samples().remove(0);
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    let text = String::from_utf8(whole[..whole.len() - 10].to_vec()).unwrap();
    says(&message(&text), &format!("line {lines}: the recording is cut off in the middle of this line"));

    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&whole).unwrap();
    let packed = packer.finish().unwrap();
    let error = read(&packed[..packed.len() / 2]).err().unwrap().to_string();
    says(&error, "the recording is cut off or damaged");
    assert!(error.starts_with("line ") && !error.starts_with("line 1:"), "{error}");
}

#[test]
fn an_endless_line_is_refused_before_it_fills_the_memory() {
    let endless = HEAD.as_bytes().chain(&b"\n"[..]).chain(std::io::repeat(b'x'));
    let error = Recording::open(endless).unwrap().replay(&mut ()).unwrap_err();
    says(&error.to_string(), "line 2: longer than");
}

#[test]
fn what_is_only_odd_is_counted() {
    let odd = recording(&[
        r#"{"t":5,"m":"c0","e":"start"}"#,
        r#"{"t":4,"m":"c0","e":"hang"}"#,
        r#"{"t":3,"m":"c9","e":"closed"}"#,
        r#"{"t":6,"m":"c0","e":"dance","p":"this way","gen":[]}"#,
        r#"{"t":7,"m":"c0","e":"dance"}"#,
    ]);
    assert_eq!(
        warnings(&odd),
        [
            "events older than one before them (taken as simultaneous): 2, first in line 3",
            "members that the scenario does not mention: 1, first in line 4",
            "events of an unknown kind, `dance` (skipped): 2, first in line 5",
        ]
    );
    assert_eq!(warnings(&format!("{HEAD}\n")), ["no `end` event after line 1: the recording may be cut off"]);
    let log = read(odd.as_bytes()).unwrap().2.0;
    assert_eq!(log[1], "5000000 Hung { member: MemberIndex(0) }", "observers never see time fall");
}

#[test]
fn a_member_that_has_hung_reads_on_once_it_consumes_something_after_that() {
    let told = |lines: &[&str]| {
        let hang = [r#"{"t":5,"m":"c0","e":"hang"}"#, r#"{"t":2050,"m":"c0","e":"hang_over"}"#];
        read(recording(&[&hang[..], lines].concat()).as_bytes()).unwrap().2.0.split_off(2)
    };
    let consumed = |bucket: u32| format!(r#"{{"t":2200,"m":"c0","e":"c","b":{bucket},"n":5,"sum":3,"max":1}}"#);
    let reads_on = "2200000000 ReadsOn";
    assert!(told(&[&consumed(1900)]).iter().all(|line| !line.contains("ReadsOn")), "consumed before it hung");
    assert_eq!(told(&[&consumed(2000), &consumed(2100)]).iter().filter(|line| line.starts_with(reads_on)).count(), 1);
    let lost = r#"{"t":2060,"m":"c0","e":"lost","p":["t-0"],"gen":1}"#;
    assert!(told(&[lost, &consumed(2100)]).iter().all(|line| !line.contains("ReadsOn")), "taken from it meanwhile");
}

#[test]
fn unknown_kinds_without_number_fill_no_list() {
    let lines: Vec<String> = (0..1_000).map(|kind| format!(r#"{{"t":5,"m":"c0","e":"kind{kind}"}}"#)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let warnings = warnings(&recording(&lines));
    assert_eq!(warnings.len(), 21);
    assert_eq!(warnings[20], "events of further unknown kinds (skipped): 980, first in line 22");
}

/// A short recording in which much happens.
fn lively() -> Vec<u8> {
    recording(&[
        r#"{"t":0.5,"m":"c0","e":"start"}"#,
        r#"{"t":10,"m":"c0","e":"assigned","p":["t-0","t-1"],"gen":1,"total":2}"#,
        r#"{"t":11.25,"m":"c0","e":"c","b":0,"n":5,"sum":3,"max":1}"#,
        r#"{"t":12,"m":"lab","e":"partitions","topic":"t","count":4}"#,
        r#"{"t":13,"m":"c0","e":"revoked","p":["t-0"],"gen":1}"#,
        r#"{"t":14,"m":"broker","e":"log","what":"Stabilized group g generation 2 with 1 members."}"#,
        r#"{"t":15,"m":"c0","e":"killed"}"#,
        r#"{"t":16,"m":"lab","e":"describe","state":"Empty","members":0}"#,
    ])
    .into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_recordings_give_an_answer_and_never_a_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 1..6),
    ) {
        let mut bytes = lively();
        for (place, kind, byte) in damage {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.truncate(place.max(1)),
                _ => bytes.insert(place, byte.clamp(b'-', b'9')),
            }
        }
        if let Ok(recording) = Recording::open(&bytes[..]) {
            let mut measurer = Measurer::new(recording.cast());
            let _ = recording.replay(&mut measurer);
            let measures = measurer.finish();
            prop_assert!(measures.pauses.longest() <= measures.pauses.total());
        }
    }
}

#[test]
fn io_errors_surface_when_the_writer_is_finished() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let head: Head = serde_json::from_str(HEAD).unwrap();
    let mut writer = RecordingWriter::new(Full(HEAD.len() + 200), &head, &Cast::default()).unwrap();
    for _ in 0..1_000 {
        writer.observe(SimTime::ZERO, Event::Produced { records: 1 });
    }
    assert_eq!(writer.finish().err().map(|error| error.kind()), Some(std::io::ErrorKind::StorageFull));
}

/// What nobody read comes to the same in the story as in the measures, of recorded groups as well.
#[test]
fn the_story_of_a_recording_agrees_with_its_measures() {
    for (name, bytes) in samples() {
        let recording = Recording::open(&bytes[..]).unwrap();
        let cast = recording.cast().clone();
        let mut observers = (Measurer::new(&cast), Teller::new(&cast));
        recording.replay(&mut observers).unwrap();
        let (measures, story) = (observers.0.finish(), observers.1.finish());
        let gaps = story.partitions.iter().flat_map(|partition| partition.gaps(story.end));
        let unread: SimDuration = gaps.map(|(from, to)| to.since(from.max(story.from))).sum();
        assert_eq!(unread, measures.unowned.total(), "{name}");
        assert!(!story.rebalances.is_empty(), "{name}");
        for one in &story.rebalances {
            assert_eq!(one.split.sum(), one.length(), "{name}: {one:?}");
        }
    }
}
