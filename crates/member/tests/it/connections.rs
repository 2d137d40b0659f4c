//! What a member asks for again when a connection is lost before the answer came.

use member::{ClientConfig, ClientFamily, Consumer, Destination, GroupProtocol};

use crate::hand::{Hand, ms};

#[test]
fn topics_are_asked_for_again_when_their_answer_is_lost() {
    let java_consumer = ClientConfig { group_protocol: GroupProtocol::Consumer, ..ClientConfig::default() };
    let of = |family: ClientFamily| (family, family.profile().config());
    for ((family, config), backoff) in [
        (of(ClientFamily::Java), 100),
        ((ClientFamily::Java, java_consumer), 100),
        (of(ClientFamily::FranzGo), 250),
        (of(ClientFamily::Librdkafka), 51),
    ] {
        let mut hand = Hand::of(family, config);
        hand.create();
        let asked = |hand: &Hand| hand.asked().iter().filter(|request| **request == "Metadata").count();
        assert_eq!(asked(&hand), 1, "{family:?}");
        hand.act(|member, cx| Consumer::on_disconnect(member, Destination::Bootstrap, cx));
        hand.wait(ms(backoff - 1));
        assert_eq!(asked(&hand), 1, "{family:?} waits");
        hand.wait(ms(1));
        assert_eq!(asked(&hand), 2, "{family:?}");
    }
}
