//! The lines that broker and clients would log, for observers that read logs.
//!
//! Contract: the broker's lines are word for word those of `GroupMetadataManager` and `ClassicGroup`; the clients' are
//! those of Java's consumer (`AbstractCoordinator`, `ConsumerCoordinator`, `ConsumerRebalanceListenerInvoker`) on its
//! place in the group. Left out on purpose, because they would be made up: librdkafka and franz-go, whose words are
//! others; Java's lines about positions and assignors, and its transitions under the consumer protocol, of which only
//! coordinators and callbacks are told. Brokers are called `broker-1:9092`.

use coordinator::{GroupEvent, LogLine};
use member::{ClientFamily, Destination, Disconnection, GroupProtocol, Observation};
use protocol::message::{Request, Response};
use protocol::{ErrorCode, Generation, MemberId, ProtocolName, TopicPartition};
use timeline::{Event, Observer, Step};

use crate::process::Slot;
use crate::world::World;

/// What a member of a classic group says before it says what it has lost (`ConsumerCoordinator.onJoinPrepare`).
const GIVING_AWAY: &str = "Giving away all assigned partitions as lost since generation/memberID has been \
                           reset,indicating that consumer is in old state or no longer part of the group";

impl<O: Observer> World<'_, O> {
    /// What the broker logs about its group.
    pub(crate) fn log_group_event(&mut self, event: &GroupEvent) {
        if !self.reads_logs {
            return;
        }
        let line = LogLine { group: &self.plan.group, event };
        if line.is_logged() {
            let line = line.to_string();
            self.observe(Event::Step(Step::Logged { member: None, line: &line }));
        }
    }

    /// What a client logs when it sends a request.
    pub(crate) fn log_request(&mut self, slot: Slot, request: &Request) {
        if !self.logs(slot) {
            return;
        }
        match request {
            Request::JoinGroup(_) => self.log(slot, "(Re-)joining group"),
            Request::LeaveGroup(request) => {
                let Some(leaver) = request.members.first() else { return };
                let node = node(self.broker.id().0);
                let reason = leaver.reason.as_deref().unwrap_or("an unknown reason");
                let line = format!(
                    "Member {} sending LeaveGroup request to coordinator {node} due to {reason}",
                    leaver.member_id
                );
                self.log(slot, &line);
            }
            _ => {}
        }
    }

    /// What a client logs about an answer.
    pub(crate) fn log_response(&mut self, slot: Slot, response: &Response) {
        if !self.logs(slot) {
            return;
        }
        match response {
            Response::FindCoordinator(answer) if answer.error.is_none() => {
                self.log(slot, &format!("Discovered group coordinator {}", node(answer.coordinator.0)));
            }
            Response::JoinGroup(answer) if answer.error.is_none() => {
                let generation = generation(answer.generation, &answer.member_id, answer.protocol_name.as_ref());
                self.log(slot, &format!("Successfully joined group with generation {generation}"));
            }
            Response::JoinGroup(answer) if answer.error == ErrorCode::MemberIdRequired => {
                let id = &answer.member_id;
                self.log(
                    slot,
                    &format!("Request joining group due to: need to re-join with the given member-id: {id}"),
                );
            }
            Response::SyncGroup(answer) if answer.error.is_none() => {
                let Some(consumer) = &self.processes[slot.index()].consumer else { return };
                let generation = generation(consumer.generation(), consumer.member_id(), answer.protocol_name.as_ref());
                self.log(slot, &format!("Successfully synced group in generation {generation}"));
            }
            Response::Heartbeat(answer) if answer.error == ErrorCode::RebalanceInProgress => {
                self.log(slot, "Request joining group due to: group is already rebalancing");
            }
            Response::Heartbeat(answer) => self.log_reset(slot, answer.error, "HEARTBEAT"),
            Response::OffsetCommit(answer) => self.log_reset(slot, answer.error, "OFFSET_COMMIT"),
            _ => {}
        }
    }

    /// What a member logs that is told that its membership is void, if it believed in it until now.
    fn log_reset(&mut self, slot: Slot, error: ErrorCode, api: &str) {
        let what = match error {
            ErrorCode::UnknownMemberId => "and member id ",
            ErrorCode::IllegalGeneration => "",
            _ => return,
        };
        let Some(consumer) = &self.processes[slot.index()].consumer else { return };
        if self.is_classic(slot) && consumer.generation() != Generation::NONE && !consumer.is_closing() {
            let reason = format!("encountered {} from {api} response", error.name());
            self.log(slot, &format!("Resetting generation {what}due to: {reason}"));
            self.log(slot, &format!("Request joining group due to: {reason}"));
        }
    }

    /// What a member of a classic group logs about its coordinator's connection
    /// (`NetworkClient.handleTimedOutRequests`, `AbstractCoordinator.markCoordinatorUnknown`).
    pub(crate) fn log_disconnection(&mut self, slot: Slot, to: Destination, why: Disconnection) {
        let Destination::Coordinator(broker) = to else { return };
        if !self.logs(slot) || !self.is_classic(slot) {
            return;
        }
        let (cause, is_disconnected) = match why {
            Disconnection::RequestTimedOut => {
                let id = i32::MAX - broker.0;
                self.log(slot, &format!("Disconnecting from node {id} due to request timeout."));
                return;
            }
            Disconnection::Refused(error) => (format!("error response {}", error.name()), false),
            Disconnection::SessionTimedOut => {
                ("session timed out without receiving a heartbeat response".to_owned(), false)
            }
            Disconnection::Lost => ("null".to_owned(), true),
            Disconnection::Unused => return,
        };
        let node = node(broker.0);
        let line = format!(
            "Group coordinator {node} is unavailable or invalid due to cause: {cause}. isDisconnected: \
             {is_disconnected}. Rediscovery will be attempted."
        );
        self.log(slot, &line);
        if !is_disconnected {
            self.log(slot, &format!("Requesting disconnect from last known coordinator {node}"));
        }
    }

    /// What a client logs about a callback that it calls.
    pub(crate) fn log_observation(&mut self, slot: Slot, observation: &Observation) {
        if !self.logs(slot) {
            return;
        }
        let line = match observation {
            Observation::Assigned { partitions, .. } => {
                format!("Adding newly assigned partitions: {}", joined(partitions))
            }
            Observation::Revoked { partitions, .. } => {
                format!("Revoke previously assigned partitions {}", joined(partitions))
            }
            Observation::Lost { partitions, .. } => {
                if self.is_classic(slot) {
                    self.log(slot, GIVING_AWAY);
                }
                format!("Lost previously assigned partitions {}", joined(partitions))
            }
            _ => return,
        };
        self.log(slot, &line);
    }

    /// Whether we know the words of this client; that somebody reads them has been asked by whoever calls.
    fn logs(&self, slot: Slot) -> bool {
        let process = &self.processes[slot.index()];
        process.client == ClientFamily::Java && process.plan.slots.is_none()
    }

    fn is_classic(&self, slot: Slot) -> bool {
        self.processes[slot.index()].plan.config.group_protocol == GroupProtocol::Classic
    }

    fn log(&mut self, slot: Slot, line: &str) {
        let process = &self.processes[slot.index()];
        let (member, plan) = (process.member, process.plan);
        let instance = plan.config.instance_id.as_ref().map_or_else(String::new, |id| format!("instanceId={id}, "));
        let line = format!("[Consumer {instance}clientId={}, groupId={}] {line}", plan.name, self.plan.group);
        self.observe(Event::Step(Step::Logged { member: Some(member), line: &line }));
    }
}

/// A broker as a client prints its connection for the group (`Node.toString`).
fn node(broker: i32) -> String {
    format!("broker-{broker}:9092 (id: {} rack: null isFenced: false)", i32::MAX - broker)
}

/// `AbstractCoordinator.Generation.toString`.
fn generation(generation: Generation, member: &MemberId, protocol: Option<&ProtocolName>) -> String {
    let protocol = protocol.map_or("null", ProtocolName::as_str);
    format!("Generation{{generationId={generation}, memberId='{member}', protocol='{protocol}'}}")
}

/// As Java prints a set.
fn joined(partitions: &[TopicPartition]) -> String {
    format!("[{}]", partitions.iter().map(TopicPartition::to_string).collect::<Vec<_>>().join(", "))
}
