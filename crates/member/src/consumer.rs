//! Any client's consumer, behind one set of inputs.
//!
//! Contract: what a driver needs and no more. Each input is described at [`ClassicMember`], whose meaning the others
//! share.

use alloc::sync::Arc;

use protocol::message::Response;
use protocol::{Generation, MemberId, Partitions, RequestToken, SimTime};

use crate::action::Destination;
use crate::closing::GroupMembershipOperation;
use crate::common::{Routine, Series};
use crate::config::{ClientConfig, GroupProtocol};
use crate::family::ClientFamily;
use crate::identity::Identity;
use crate::phase::Phase;
use crate::slots::{SlotMember, SlotSettings, ZooKeeperInput};
use crate::surroundings::Context;
use crate::{ClassicMember, ConsumerProtocolMember, FranzGoMember, LibrdkafkaMember};

/// One consumer process. It begins with a line of the processor's cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub enum Consumer {
    /// Apache Kafka's own consumer.
    Java(ClassicMember),
    /// The same under the consumer protocol.
    JavaConsumerProtocol(ConsumerProtocolMember),
    /// librdkafka.
    Librdkafka(LibrdkafkaMember),
    /// franz-go.
    FranzGo(FranzGoMember),
    /// A member of no group of Kafka's, with a numbered slot in ZooKeeper.
    Slots(SlotMember),
}

/// How a consumer stands after an input: what its driver looks at each time. Two words are handed on in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// When it wants to be woken next: [`SimTime::NEVER`] if only an input can move it.
    pub deadline: SimTime,
    /// What else is to be said, a bit each.
    said: u8,
}

impl Standing {
    /// Of nobody: nothing is to be done.
    pub const NONE: Self = Self { deadline: SimTime::NEVER, said: 0 };

    const ENDED: u8 = 1;
    const WANTS_POLL: u8 = 2;
    const READY: u8 = 4;
    const QUIET: u8 = 8;

    /// Whether it is closed or has failed.
    pub fn is_ended(self) -> bool {
        self.said & Self::ENDED != 0
    }

    /// Whether the application, which is away, has something to do in `poll`.
    pub fn wants_poll(self) -> bool {
        self.said & Self::WANTS_POLL != 0
    }

    /// Whether it has an assignment of a generation and nothing left to do for it.
    pub fn is_ready(self) -> bool {
        self.said & Self::READY != 0
    }

    /// Whether nothing goes on but routine, see [`Routine`].
    pub fn is_quiet(self) -> bool {
        self.said & Self::QUIET != 0
    }
}

/// Does the same with whichever client it is.
macro_rules! each {
    ($consumer:expr, $member:ident => $what:expr) => {
        match $consumer {
            Consumer::Java($member) => $what,
            Consumer::JavaConsumerProtocol($member) => $what,
            Consumer::Librdkafka($member) => $what,
            Consumer::FranzGo($member) => $what,
            Consumer::Slots($member) => $what,
        }
    };
}

impl Consumer {
    /// A consumer that has not polled yet.
    pub fn new(family: ClientFamily, config: Arc<ClientConfig>, identity: Identity) -> Self {
        if (family, config.group_protocol) == (ClientFamily::Java, GroupProtocol::Classic) {
            return Self::Java(ClassicMember::new(config, identity));
        }
        let config = Arc::unwrap_or_clone(config);
        match family {
            ClientFamily::Java => Self::JavaConsumerProtocol(ConsumerProtocolMember::new(config, identity)),
            ClientFamily::Librdkafka => Self::Librdkafka(LibrdkafkaMember::new(config, identity)),
            ClientFamily::FranzGo => Self::FranzGo(FranzGoMember::new(config, identity)),
        }
    }

    /// A process that takes a slot, and has not begun.
    pub fn with_slots(settings: SlotSettings, config: ClientConfig, identity: Identity) -> Self {
        Self::Slots(SlotMember::new(settings, config, identity))
    }

    /// Something has come from ZooKeeper; nothing to those who have no connection to it.
    pub fn on_zookeeper(&mut self, input: ZooKeeperInput, cx: &mut Context<'_>) {
        if let Self::Slots(member) = self {
            member.on_zookeeper(input, cx);
        }
    }

    /// The exit status of a process that has ended by itself: 1 after an exception out of `poll`.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Slots(member) => member.exit_status(),
            _ => 1,
        }
    }

    /// The first `poll` of the process, whose consumer object was made at `created`: librdkafka's and franz-go's clocks
    /// run from then on.
    pub fn start(&mut self, created: SimTime, cx: &mut Context<'_>) {
        match self {
            Self::Java(member) => member.start(cx),
            Self::JavaConsumerProtocol(member) => member.start(cx),
            Self::Librdkafka(member) => member.start(created, cx),
            Self::FranzGo(member) => member.start(created, cx),
            Self::Slots(member) => member.start(cx),
        }
    }

    /// The application enters `poll`.
    pub fn poll(&mut self, cx: &mut Context<'_>) {
        each!(self, member => member.poll(cx));
    }

    /// The application is away from `poll` until told otherwise.
    pub fn away(&mut self, cx: &mut Context<'_>) {
        each!(self, member => member.away(cx));
    }

    /// The application closes the consumer with the options it has by default.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        each!(self, member => member.close(cx));
    }

    /// The application closes the consumer and says what shall become of its membership; only Java's clients listen.
    pub fn close_with(&mut self, operation: GroupMembershipOperation, cx: &mut Context<'_>) {
        match self {
            Self::Java(member) => member.close_with(operation, cx),
            Self::JavaConsumerProtocol(member) => member.close_with(operation, cx),
            Self::Librdkafka(_) | Self::FranzGo(_) | Self::Slots(_) => self.close(cx),
        }
    }

    /// An answer has arrived.
    pub fn on_response(&mut self, token: RequestToken, response: Response, cx: &mut Context<'_>) {
        each!(self, member => member.on_response(token, response, cx));
    }

    /// Does what is due; nothing if nothing is.
    pub fn on_deadline(&mut self, cx: &mut Context<'_>) {
        each!(self, member => member.on_deadline(cx));
    }

    /// A connection is gone, and with it whatever was under way on it.
    pub fn on_disconnect(&mut self, from: Destination, cx: &mut Context<'_>) {
        each!(self, member => member.on_disconnect(from, cx));
    }

    /// Whether records are always waiting for this member.
    pub fn set_backlogged(&mut self, backlogged: bool) {
        each!(self, member => member.set_backlogged(backlogged));
    }

    /// The cluster's topics have changed: this member will see it at its next refresh.
    pub fn topics_changed(&mut self, cx: &mut Context<'_>) {
        match self {
            Self::Java(member) => member.topics_changed(cx),
            Self::JavaConsumerProtocol(member) => member.topics_changed(cx),
            Self::Librdkafka(member) => member.topics_changed(cx.now),
            Self::FranzGo(member) => member.topics_changed(cx.now),
            Self::Slots(member) => member.topics_changed(cx.now),
        }
    }

    /// When the member wants to be woken next: [`SimTime::NEVER`] if only an input can move it.
    pub fn next_deadline(&self) -> SimTime {
        each!(self, member => member.next_deadline())
    }

    /// Whether the application, which is away, has something to do in `poll`.
    pub fn wants_poll(&self) -> bool {
        each!(self, member => member.wants_poll())
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        each!(self, member => Standing {
            deadline: member.next_deadline(),
            said: u8::from(member.is_ended()) * Standing::ENDED
                + u8::from(member.wants_poll()) * Standing::WANTS_POLL
                + u8::from(member.is_ready()) * Standing::READY
                + u8::from(member.is_quiet()) * Standing::QUIET,
        })
    }

    /// Whether a close has begun.
    pub fn is_closing(&self) -> bool {
        each!(self, member => member.is_closing())
    }

    /// Whether the consumer is closed or has failed.
    pub fn is_ended(&self) -> bool {
        each!(self, member => member.is_ended())
    }

    /// Whether records can reach the application now.
    #[inline(always)]
    pub fn is_delivering(&self) -> bool {
        each!(self, member => member.is_delivering())
    }

    /// Whether it has an assignment of a generation and nothing left to do for it.
    pub fn is_ready(&self) -> bool {
        each!(self, member => member.is_ready())
    }

    /// What it is doing for its group.
    pub fn phase(&self) -> Phase {
        each!(self, member => member.phase())
    }

    /// The member's id; empty before the coordinator has given one.
    pub fn member_id(&self) -> &MemberId {
        each!(self, member => member.member_id())
    }

    /// The generation it is in.
    pub fn generation(&self) -> Generation {
        each!(self, member => member.generation())
    }

    /// The partitions it holds, sorted.
    pub fn owned(&self) -> &Partitions {
        each!(self, member => member.owned())
    }

    /// The consumer's settings.
    pub fn config(&self) -> &ClientConfig {
        each!(self, member => member.config())
    }
}

impl Routine for Consumer {
    fn is_quiet(&self) -> bool {
        each!(self, member => member.is_quiet())
    }

    fn set_held(&mut self, held: bool) {
        each!(self, member => member.set_held(held));
    }

    fn heartbeats(&self) -> Series {
        each!(self, member => member.heartbeats())
    }

    fn commits(&self) -> Series {
        each!(self, member => member.commits())
    }

    fn has_something_to_commit(&self) -> bool {
        each!(self, member => member.has_something_to_commit())
    }

    fn heartbeats_left(&mut self, last: SimTime, sent: u64) {
        each!(self, member => member.heartbeats_left(last, sent));
    }

    fn commits_left(&mut self, last: SimTime, sent: u64) {
        each!(self, member => member.commits_left(last, sent));
    }
}
