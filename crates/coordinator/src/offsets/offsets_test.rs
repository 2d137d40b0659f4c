//! Committed offsets, action by action.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::message::{
    OffsetCommitRequest, OffsetDeleteRequest, OffsetToCommit, Request, TxnOffsetCommitRequest, WriteTxnMarkersRequest,
};
use protocol::{Generation, Offset, ProducerId, TopicPartition};

use crate::rig::Rig;
use crate::{BrokerVersion, GroupConfig};

fn partition() -> TopicPartition {
    TopicPartition::new("t".into(), 0)
}

fn commit_in_transaction(rig: &mut Rig, offset: i64) -> Vec<String> {
    rig.send(Request::from(TxnOffsetCommitRequest {
        producer_id: ProducerId(1),
        group: "g".into(),
        generation: Generation::NONE,
        member_id: "".into(),
        instance_id: None,
        offsets: [OffsetToCommit { partition: partition(), offset: Offset(offset), metadata: None }].into(),
    }))
}

fn end(rig: &mut Rig, commit: bool) -> Vec<String> {
    rig.send(Request::from(WriteTxnMarkersRequest { producer_id: ProducerId(1), commit }))
}

#[test]
fn nobody_may_commit_to_an_empty_group_and_creates_it() {
    let mut rig = Rig::new();
    assert_eq!(rig.commit_offset("", -1, 5), ["append t-0=5", "#1 commit NONE"]);
    assert_eq!(rig.commit_offset("", 0, 5), ["#2 commit UNKNOWN_MEMBER_ID"]);
    assert_eq!(rig.fetch_offset(true), ["#3 fetch NONE [5]"]);
}

#[test]
fn a_commit_to_no_group_in_a_generation_is_refused_by_version() {
    let mut rig = Rig::new();
    assert_eq!(rig.commit_offset("a", 1, 5), ["#1 commit GROUP_ID_NOT_FOUND"]);
    let old = OffsetCommitRequest {
        version: 8,
        group: "g".into(),
        generation: Generation(1),
        member_id: "a".into(),
        instance_id: None,
        offsets: [].into(),
    };
    assert_eq!(rig.send(Request::from(old)), ["#2 commit ILLEGAL_GENERATION"]);
}

#[test]
fn a_commit_keeps_the_session() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.at(9_000);
    rig.commit_offset("a-1", 1, 5);
    assert_eq!(rig.at(18_999), [""; 0]);
    assert_eq!(rig.at(19_000).len(), 2);
}

#[test]
fn what_is_too_long_is_refused_partition_by_partition() {
    let config = GroupConfig { metadata_max_bytes: 3, ..GroupConfig::default() };
    let mut rig = Rig::with(config, BrokerVersion::V4_3);
    let offset = |partition: i32, metadata: &str| OffsetToCommit {
        partition: TopicPartition::new("t".into(), partition),
        offset: Offset(1),
        metadata: Some(Arc::from(metadata)),
    };
    let request = OffsetCommitRequest {
        version: 9,
        group: "g".into(),
        generation: Generation::NONE,
        member_id: "".into(),
        instance_id: None,
        offsets: [offset(0, "abc"), offset(1, "abcd"), offset(2, "\u{e9}\u{e9}\u{e9}")].into(),
    };
    assert_eq!(
        rig.send(Request::from(request)),
        ["append t-0=1, t-2=1", "#1 commit NONE"],
        "Java counts letters, not bytes"
    );
}

#[test]
fn an_open_transaction_hides_the_offset_from_whoever_wants_it_stable_until_it_ends() {
    let mut rig = Rig::new();
    rig.commit_offset("", -1, 5);
    commit_in_transaction(&mut rig, 7);
    assert_eq!(rig.fetch_offset(true), ["#3 fetch NONE [-1]"]);
    assert_eq!(rig.fetch_offset(false), ["#4 fetch NONE [5]"]);
    end(&mut rig, true);
    assert_eq!(rig.fetch_offset(true), ["#6 fetch NONE [7]"]);
    commit_in_transaction(&mut rig, 9);
    end(&mut rig, false);
    assert_eq!(rig.fetch_offset(true), ["#9 fetch NONE [7]"]);
}

#[test]
fn a_plain_commit_after_a_transactional_one_stays() {
    let mut rig = Rig::new();
    commit_in_transaction(&mut rig, 7);
    rig.commit_offset("", -1, 8);
    end(&mut rig, true);
    assert_eq!(rig.fetch_offset(true), ["#4 fetch NONE [8]"]);
}

#[test]
fn open_transactions_and_their_offsets_survive_a_move() {
    let mut rig = Rig::new();
    commit_in_transaction(&mut rig, 7);
    rig.unload();
    rig.load();
    assert_eq!(rig.fetch_offset(true), ["#2 fetch NONE [-1]"]);
    end(&mut rig, true);
    assert_eq!(rig.fetch_offset(false), ["#4 fetch NONE [7]"]);
}

#[test]
fn offsets_of_topics_that_the_group_reads_cannot_be_deleted() {
    let mut rig = Rig::new();
    rig.stable(&["a"]);
    rig.commit_offset("a-1", 1, 5);
    let request = OffsetDeleteRequest { group: "g".into(), partitions: [partition()].into() };
    let refused = rig.send(Request::from(request.clone()));
    assert!(refused[0].contains("GROUP_SUBSCRIBED_TO_TOPIC"), "{refused:?}");
    rig.leave(&["a-1"]);
    assert_eq!(rig.send(Request::from(request))[0], "append t-0 gone");
}

#[test]
fn offsets_of_an_empty_group_expire_counted_from_its_last_member_and_the_group_goes_with_them() {
    let config = GroupConfig {
        initial_rebalance_delay_ms: 0,
        retention_minutes: 1,
        retention_check_interval_ms: 10_000,
        ..GroupConfig::default()
    };
    let mut rig = Rig::with(config, BrokerVersion::V4_3);
    rig.stable(&["a"]);
    rig.commit_offset("a-1", 1, 5);
    rig.at(5_000);
    rig.leave(&["a-1"]);
    assert_eq!(rig.at(60_000), [""; 0], "the last member has left at 5 s");
    assert_eq!(rig.at(70_000), ["expired [t-0]", "deleted", "append t-0 gone, group gone"]);
}

#[test]
fn deleted_topics_take_their_offsets_with_them() {
    let mut rig = Rig::new();
    rig.commit_offset("", -1, 5);
    assert_eq!(rig.delete_topic("t"), ["append t-0 gone"]);
    assert_eq!(rig.fetch_offset(true), ["#2 fetch NONE [-1]"]);
}
