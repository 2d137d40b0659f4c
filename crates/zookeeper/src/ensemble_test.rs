//! The ensemble, driven by hand.

use alloc::vec;

use proptest::prelude::*;
use protocol::zookeeper::{Stat, ZooKeeperError, Zxid};

use super::*;

const NO_TIME: SimDuration = SimDuration::ZERO;

fn ms(millis: u64) -> SimTime {
    SimTime::from_millis(millis)
}

/// An ensemble and what it did last.
struct Hand {
    ensemble: Ensemble,
    out: Vec<EnsembleAction>,
    xid: u64,
}

impl Hand {
    fn new() -> Self {
        Self { ensemble: Ensemble::new(EnsembleConfig::default()), out: Vec::new(), xid: 0 }
    }

    fn connect(&mut self) -> ConnectionId {
        self.ensemble.connect().expect("it is up")
    }

    fn send(&mut self, connection: ConnectionId, at: u64, request: ZooKeeperRequest) {
        self.xid += 1;
        self.ensemble.handle(connection, Xid(self.xid), request, ms(at), NO_TIME);
    }

    /// Sends, works, and gives the answer to this request; none if there is none.
    fn ask(&mut self, connection: ConnectionId, at: u64, request: ZooKeeperRequest) -> Option<ZooKeeperResponse> {
        self.send(connection, at, request);
        let xid = Xid(self.xid);
        self.wake(at);
        self.out.iter().find_map(|action| match action {
            EnsembleAction::Reply { xid: answered, response, .. } if *answered == xid => Some(response.clone()),
            _ => None,
        })
    }

    fn wake(&mut self, at: u64) {
        self.out.clear();
        self.ensemble.on_deadline(ms(at), &mut self.out);
        self.ensemble.check();
    }

    /// A connection with a new session.
    fn session(&mut self, at: u64) -> (ConnectionId, SessionId) {
        let connection = self.connect();
        match self.ask(connection, at, open(None)) {
            Some(ZooKeeperResponse::Connected { session, .. }) => (connection, session),
            other => panic!("{other:?}"),
        }
    }

    fn notified(&self) -> Vec<ConnectionId> {
        let notified = |action: &EnsembleAction| match action {
            EnsembleAction::Notify { connection, .. } => Some(*connection),
            _ => None,
        };
        self.out.iter().filter_map(notified).collect()
    }
}

fn open(session: Option<SessionId>) -> ZooKeeperRequest {
    ZooKeeperRequest::Connect { session, timeout: SimDuration::from_secs(10) }
}

fn create(path: &str, ephemeral: bool) -> ZooKeeperRequest {
    ZooKeeperRequest::Create { path: path.into(), data: "".into(), ephemeral }
}

fn set(path: &str, data: &str, version: Option<i32>) -> ZooKeeperRequest {
    ZooKeeperRequest::Set { path: path.into(), data: data.into(), version }
}

fn get(path: &str, watch: bool) -> ZooKeeperRequest {
    ZooKeeperRequest::Get { path: path.into(), watch }
}

fn delete(path: &str) -> ZooKeeperRequest {
    ZooKeeperRequest::Delete { path: path.into() }
}

fn failed(error: ZooKeeperError) -> Option<ZooKeeperResponse> {
    Some(ZooKeeperResponse::Failed(error))
}

#[test]
fn timeouts_are_granted_within_bounds() {
    for (asked, granted) in [(1, 4), (10, 10), (60, 40)] {
        let mut hand = Hand::new();
        let connection = hand.connect();
        let timeout = SimDuration::from_secs(asked);
        let answer = hand.ask(connection, 0, ZooKeeperRequest::Connect { session: None, timeout });
        let timeout = SimDuration::from_secs(granted);
        assert_eq!(answer, Some(ZooKeeperResponse::Connected { session: SessionId(1), timeout }));
    }
}

/// (⌊t/2000⌋+1)·2000 with t = last packet + 10 s.
#[test]
fn a_session_expires_at_the_next_tick_after_its_timeout() {
    for (packet, expiry) in [(0, 12_000), (1_999, 12_000), (2_000, 14_000), (3_330, 14_000)] {
        let mut hand = Hand::new();
        let (connection, _) = hand.session(0);
        hand.ask(connection, packet, ZooKeeperRequest::Ping);
        assert_eq!(hand.ensemble.next_deadline(), ms(expiry), "{packet}");
    }
    let mut hand = Hand::new();
    hand.ensemble.config.into_tick = SimDuration::from_millis(500);
    hand.session(0);
    assert_eq!(hand.ensemble.next_deadline(), ms(11_500));
}

#[test]
fn ephemeral_nodes_go_with_their_session_however_it_ends() {
    let ways: [fn(&mut Hand, ConnectionId); 3] = [
        |hand, connection| {
            assert_eq!(hand.ask(connection, 1, ZooKeeperRequest::Close), Some(ZooKeeperResponse::Closed));
        },
        |hand, _| hand.wake(12_000),
        |hand, connection| {
            hand.ensemble.disconnect(connection);
            hand.wake(11_999);
            assert!(hand.ensemble.data("/mine").is_some(), "the end of a connection alone does nothing");
            hand.wake(12_000);
        },
    ];
    for way in ways {
        let mut hand = Hand::new();
        let (connection, session) = hand.session(0);
        hand.ask(connection, 0, create("/mine", true));
        hand.ask(connection, 0, create("/ours", false));
        way(&mut hand, connection);
        assert_eq!((hand.ensemble.data("/mine"), hand.ensemble.data("/ours")), (None, Some("".into())));
        let again = hand.connect();
        assert_eq!(hand.ask(again, 12_001, open(Some(session))), Some(ZooKeeperResponse::Expired));
        assert_eq!(hand.out.last(), Some(&EnsembleAction::HangUp { connection: again }));
    }
}

#[test]
fn a_session_that_comes_back_in_time_has_lost_nothing_but_its_watches() {
    let mut hand = Hand::new();
    let (connection, session) = hand.session(0);
    hand.ask(connection, 0, create("/mine", true));
    hand.ask(connection, 0, get("/mine", true));
    let again = hand.connect();
    let timeout = SimDuration::from_secs(10);
    let answer = hand.ask(again, 9_000, open(Some(session)));
    assert_eq!(answer, Some(ZooKeeperResponse::Connected { session, timeout }));
    assert_eq!(hand.out[0], EnsembleAction::HangUp { connection }, "the connection it moved from is gone");
    hand.ask(again, 18_000, set("/mine", "x", None));
    assert!(hand.notified().is_empty());
    hand.wake(20_000);
    assert!(hand.ensemble.data("/mine").is_some());
}

#[test]
fn what_nodes_answer() {
    let mut hand = Hand::new();
    let (connection, session) = hand.session(0);
    let mut ask = |request| hand.ask(connection, 0, request);
    let stat = |mzxid, version| Stat { mzxid: Zxid(mzxid), version, ephemeral_owner: None };
    assert_eq!(ask(create("/a/b", false)), failed(ZooKeeperError::NoNode));
    assert_eq!(ask(create("/a", false)), Some(ZooKeeperResponse::Created));
    assert_eq!(ask(create("/a", false)), failed(ZooKeeperError::NodeExists));
    assert_eq!(ask(create("/a/b", true)), Some(ZooKeeperResponse::Created));
    let owned = Stat { ephemeral_owner: Some(session), ..stat(2, 0) };
    assert_eq!(ask(ZooKeeperRequest::Exists { path: "/a/b".into() }), Some(ZooKeeperResponse::Stat(owned)));
    assert_eq!(ask(set("/a", "one", None)), Some(ZooKeeperResponse::Stat(stat(3, 1))));
    assert_eq!(ask(set("/a", "two", Some(0))), failed(ZooKeeperError::BadVersion));
    assert_eq!(ask(set("/a", "two", Some(1))), Some(ZooKeeperResponse::Stat(stat(4, 2))));
    assert_eq!(ask(get("/a", false)), Some(ZooKeeperResponse::Data { data: "two".into(), stat: stat(4, 2) }));
    assert_eq!(ask(delete("/a/b")), Some(ZooKeeperResponse::Deleted));
    for request in [delete("/a/b"), get("/a/b", true), set("/a/b", "", None)] {
        assert_eq!(ask(request), failed(ZooKeeperError::NoNode));
    }
    assert_eq!(ask(ZooKeeperRequest::Exists { path: "/a/b".into() }), failed(ZooKeeperError::NoNode));
    assert_eq!(ask(ZooKeeperRequest::Ping), Some(ZooKeeperResponse::Pong));
}

#[test]
fn a_watch_fires_once_before_its_owner_can_read_what_is_new() {
    let mut hand = Hand::new();
    let (writer, _) = hand.session(0);
    let (reader, _) = hand.session(0);
    hand.ask(writer, 0, create("/plan", false));
    hand.ask(reader, 0, get("/plan", true));
    hand.send(writer, 1, set("/plan", "new", None));
    hand.send(reader, 1, get("/plan", false));
    hand.wake(1);
    let order: Vec<bool> = hand.out.iter().map(|action| matches!(action, EnsembleAction::Notify { .. })).collect();
    assert_eq!((order, hand.notified()), (vec![true, false, false], vec![reader]));
    hand.ask(writer, 2, set("/plan", "newer", None));
    assert!(hand.notified().is_empty());
}

#[test]
fn writes_have_one_order_and_a_connection_is_answered_in_order() {
    let mut hand = Hand::new();
    let (one, _) = hand.session(0);
    let (two, _) = hand.session(0);
    let slow = SimDuration::from_millis(10);
    hand.ensemble.handle(one, Xid(1), create("/a", false), ms(1), slow);
    hand.ensemble.handle(one, Xid(2), ZooKeeperRequest::Ping, ms(1), NO_TIME);
    hand.ensemble.handle(two, Xid(3), create("/a", false), ms(2), NO_TIME);
    hand.ensemble.handle(two, Xid(4), create("/b", false), ms(2), NO_TIME);
    hand.wake(10);
    assert!(hand.out.is_empty(), "the quick ones wait for the slow one");
    hand.wake(11);
    let answers: Vec<(u64, ZooKeeperResponse)> = hand
        .out
        .drain(..)
        .map(|action| match action {
            EnsembleAction::Reply { xid, response, .. } => (xid.0, response),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (1, ZooKeeperResponse::Created),
        (2, ZooKeeperResponse::Pong),
        (3, ZooKeeperResponse::Failed(ZooKeeperError::NodeExists)),
        (4, ZooKeeperResponse::Created),
    ];
    assert_eq!(answers, expected);
}

#[test]
fn what_has_arrived_is_done_though_its_connection_is_gone() {
    let mut hand = Hand::new();
    let (connection, _) = hand.session(0);
    hand.ensemble.handle(connection, Xid(9), create("/a", true), ms(1), SimDuration::from_millis(5));
    hand.ensemble.disconnect(connection);
    hand.wake(6);
    assert!(hand.out.is_empty() && hand.ensemble.data("/a").is_some());
}

#[test]
fn an_outage_ends_connections_and_gives_every_session_its_full_time_again() {
    let mut hand = Hand::new();
    let (connection, session) = hand.session(0);
    hand.ask(connection, 0, create("/mine", true));
    hand.out.clear();
    hand.ensemble.go_down(&mut hand.out);
    assert_eq!(hand.out, [EnsembleAction::HangUp { connection }]);
    assert_eq!((hand.ensemble.connect(), hand.ensemble.next_deadline()), (None, SimTime::NEVER));
    hand.wake(45_000);
    hand.ensemble.come_up(ms(45_000));
    assert_eq!(hand.ensemble.next_deadline(), ms(56_000));
    let again = hand.connect();
    let answer = hand.ask(again, 55_999, open(Some(session)));
    assert!(matches!(answer, Some(ZooKeeperResponse::Connected { .. })) && hand.ensemble.data("/mine").is_some());
}

#[test]
fn a_pause_keeps_connections_and_reads_afterwards_what_has_come() {
    let mut hand = Hand::new();
    let (one, _) = hand.session(0);
    hand.ask(one, 0, create("/mine", true));
    hand.ensemble.pause();
    hand.ensemble.pause();
    let late = hand.connect();
    hand.send(one, 1_000, ZooKeeperRequest::Ping);
    hand.send(late, 1_000, open(None));
    assert_eq!(hand.ensemble.next_deadline(), SimTime::NEVER);
    hand.wake(5_000);
    assert!(hand.out.is_empty());
    hand.ensemble.resume(ms(5_000), &mut hand.out);
    hand.wake(5_000);
    assert_eq!(hand.out.len(), 2, "both are answered: {:?}", hand.out);
    assert_eq!(hand.ensemble.next_deadline(), ms(16_000), "heard of when the packet was read");
    assert!(hand.ensemble.data("/mine").is_some());
}

#[test]
fn a_pause_beyond_the_timeout_ends_sessions_whatever_has_come_meanwhile() {
    let mut hand = Hand::new();
    let (one, _) = hand.session(0);
    hand.ask(one, 0, create("/mine", true));
    hand.ensemble.pause();
    hand.send(one, 3_000, ZooKeeperRequest::Ping);
    hand.out.clear();
    hand.ensemble.resume(ms(12_000), &mut hand.out);
    assert_eq!(hand.out, [EnsembleAction::HangUp { connection: one }]);
    hand.wake(12_000);
    assert!(hand.out.is_empty() && hand.ensemble.data("/mine").is_none());
}

/// What may become of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Situation {
    Connected,
    Unconnected,
    Over,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug)]
enum Incident {
    Packet,
    Silence,
    ConnectionEnds,
    Close,
    Outage,
    ShortPause,
    LongPause,
}

/// The table of the module's head: a row a situation, a column an incident.
#[test]
fn every_incident_leads_from_every_situation_where_the_table_says() {
    use Incident::{Close, ConnectionEnds, LongPause, Outage, Packet, ShortPause, Silence};
    use Situation::{Connected, Over, Unconnected};
    let incidents = [Packet, Silence, ConnectionEnds, Close, Outage, ShortPause, LongPause];
    let table = [
        (Connected, [Connected, Over, Unconnected, Over, Unconnected, Connected, Over]),
        (Unconnected, [Connected, Over, Unconnected, Unconnected, Unconnected, Unconnected, Over]),
        (Over, [Over, Over, Over, Over, Over, Over, Over]),
    ];
    for (situation, row) in table {
        for (incident, expected) in incidents.into_iter().zip(row) {
            let mut hand = Hand::new();
            let (connection, session) = hand.session(0);
            match situation {
                Connected => {}
                Unconnected => hand.ensemble.disconnect(connection),
                Over => drop(hand.ask(connection, 0, ZooKeeperRequest::Close)),
            }
            let pause = |hand: &mut Hand, until: u64| {
                hand.ensemble.pause();
                hand.ensemble.resume(ms(until), &mut hand.out);
                until
            };
            let mut at = 1_000;
            match incident {
                // Without a connection the first packet of a new one names the session.
                Packet if situation == Connected => drop(hand.ask(connection, at, ZooKeeperRequest::Ping)),
                Packet => {
                    let again = hand.connect();
                    hand.ask(again, at, open(Some(session)));
                }
                Silence => at = 20_000,
                ConnectionEnds => hand.ensemble.disconnect(connection),
                Close => drop(hand.ask(connection, at, ZooKeeperRequest::Close)),
                Outage => {
                    hand.ensemble.go_down(&mut hand.out);
                    at = 60_000;
                    hand.ensemble.come_up(ms(at));
                }
                ShortPause => at = pause(&mut hand, 5_000),
                LongPause => at = pause(&mut hand, 20_000),
            }
            hand.wake(at);
            let found = hand.ensemble.sessions.get_mut(session).map(|session| session.connection.is_some());
            let found = found.map_or(Over, |connected| if connected { Connected } else { Unconnected });
            assert_eq!(found, expected, "{situation:?} {incident:?}");
        }
    }
}

/// What can be done to an ensemble at random.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Send(usize, u8),
    Cut(usize),
    Reconnect(usize),
    Wait(u64),
    Outage(u64),
    Pause(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        6 => (0..4_usize, any::<u8>()).prop_map(|(who, what)| Deed::Send(who, what)),
        1 => (0..4_usize).prop_map(Deed::Cut),
        2 => (0..4_usize).prop_map(Deed::Reconnect),
        2 => (1..9_000_u64).prop_map(Deed::Wait),
        1 => (1..20_000_u64).prop_map(Deed::Outage),
        1 => (1..20_000_u64).prop_map(Deed::Pause),
    ];
    proptest::collection::vec(deed, 1..120)
}

proptest! {
    #[test]
    fn whatever_happens_nodes_have_one_owner_who_lives(deeds in deeds()) {
        let mut hand = Hand::new();
        let mut at = 0;
        let mut clients: Vec<(ConnectionId, SessionId)> = (0..4).map(|_| hand.session(0)).collect();
        for deed in deeds {
            match deed {
                Deed::Send(who, what) => {
                    let path = alloc::format!("/{}", what % 3);
                    let request = match what / 3 % 6 {
                        0 => create(&path, true),
                        1 => delete(&path),
                        2 => set(&path, "x", None),
                        3 => get(&path, true),
                        4 => ZooKeeperRequest::Close,
                        _ => ZooKeeperRequest::Ping,
                    };
                    hand.ask(clients[who].0, at, request);
                }
                Deed::Cut(who) => hand.ensemble.disconnect(clients[who].0),
                Deed::Reconnect(who) => {
                    let connection = hand.connect();
                    match hand.ask(connection, at, open(Some(clients[who].1))) {
                        Some(ZooKeeperResponse::Connected { session, .. }) => clients[who] = (connection, session),
                        Some(ZooKeeperResponse::Expired) => clients[who] = hand.session(at),
                        other => panic!("{other:?}"),
                    }
                }
                Deed::Wait(millis) => at += millis,
                Deed::Outage(millis) => {
                    hand.ensemble.go_down(&mut hand.out);
                    at += millis;
                    hand.ensemble.come_up(ms(at));
                }
                Deed::Pause(millis) => {
                    hand.ensemble.pause();
                    hand.send(clients[0].0, at, ZooKeeperRequest::Ping);
                    at += millis;
                    hand.ensemble.resume(ms(at), &mut hand.out);
                }
            }
            hand.wake(at);
        }
    }
}
