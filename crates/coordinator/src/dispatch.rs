//! From a request to its handler: what is refused before any group is looked at, and through which channel the answer
//! leaves (`GroupCoordinatorService`).

use alloc::boxed::Box;

use protocol::message::{
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse, DescribeGroupsRequest, DescribeGroupsResponse, FindCoordinatorResponse,
    HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, ListGroupsRequest,
    ListGroupsResponse, MemberLeft, MetadataResponse, OffsetFetchRequest, Request, Response, SyncGroupRequest,
    SyncGroupResponse, TxnOffsetCommitRequest,
};
use protocol::{BrokerId, ErrorCode, GroupId, RequestToken, SimTime};

use crate::action::{Actions, respond};
use crate::classic::{self, ClassicGroupState};
use crate::consumer;
use crate::context::{Outcome, Refusal};
use crate::coordinator::{Coordinator, Status};
use crate::groups::Group;
use crate::ids::MemberIds;
use crate::log::{Asked, ParkedApi};
use crate::offsets;

/// From this version of DescribeGroups on, a missing group is an error.
const VERSION_WITH_GROUP_ID_NOT_FOUND: i16 = 6;

impl Status {
    /// Why no group can be looked at.
    pub(crate) fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Active => None,
            Self::Loading => Some(Refusal(ErrorCode::CoordinatorLoadInProgress)),
            Self::Absent => Some(Refusal(ErrorCode::NotCoordinator)),
        }
    }
}

impl Coordinator {
    pub(crate) fn dispatch(
        &mut self,
        request: Request,
        token: RequestToken,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Actions,
    ) {
        match request {
            Request::JoinGroup(request) => self.join_group(request, token, now, ids, out),
            Request::SyncGroup(request) => self.sync_group(request, token, now, out),
            Request::Heartbeat(request) => self.heartbeat(&request, token, now, out),
            Request::LeaveGroup(request) => self.leave_group(&request, token, now, out),
            Request::OffsetCommit(request) => {
                let asked = Asked::Request { token, api: ParkedApi::OffsetCommit };
                let result = self.active().and_then(|this| {
                    let (groups, mut cx) = this.groups_and_context(now, out);
                    offsets::commit(groups, *request, &mut cx)
                });
                self.settle_commit(asked, None, result, now, out);
            }
            Request::TxnOffsetCommit(request) => self.txn_offset_commit(*request, token, now, out),
            Request::WriteTxnMarkers(request) => match self.status.refusal() {
                Some(Refusal(error)) => respond(token, ParkedApi::WriteTxnMarkers.failure(error), out),
                None => self.end_transaction(token, request.producer_id, request.commit, now, out),
            },
            Request::OffsetFetch(request) => self.offset_fetch(&request, token, now, out),
            Request::OffsetDelete(request) => {
                let asked = Asked::Request { token, api: ParkedApi::OffsetDelete };
                let result = named(&request.group)
                    .and_then(|()| self.active())
                    .and_then(|this| offsets::delete_offsets(&this.groups, &this.offsets, &request));
                self.settle(asked, result, now, out);
            }
            Request::DeleteGroups(request) => {
                let asked = Asked::DeleteGroups { asked: Box::new((token, request.group)) };
                let result = self.active().map(|_| Outcome::default());
                self.settle(asked, result, now, out);
            }
            Request::DescribeGroups(request) => {
                respond(token, Response::from(self.describe(&request)), out);
            }
            Request::ListGroups(request) => respond(token, Response::from(self.list(&request)), out),
            Request::ConsumerGroupHeartbeat(request) => self.consumer_group_heartbeat(request, token, now, ids, out),
            Request::ConsumerGroupDescribe(request) => {
                respond(token, Response::from(self.describe_consumer(&request)), out);
            }
            Request::FindCoordinator(_) => {
                let response = FindCoordinatorResponse { error: ErrorCode::InvalidRequest, coordinator: BrokerId(-1) };
                respond(token, Response::from(response), out);
            }
            Request::Metadata(_) => respond(token, Response::from(MetadataResponse { topics: [].into() }), out),
        }
    }

    fn active(&mut self) -> Result<&mut Self, Refusal> {
        self.status.refusal().map_or(Ok(self), Err)
    }

    fn join_group(
        &mut self,
        mut request: Box<JoinGroupRequest>,
        token: RequestToken,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Actions,
    ) {
        let bounds = self.config.min_session_timeout_ms..=self.config.max_session_timeout_ms;
        let refused = if request.group.is_empty() {
            Some(ErrorCode::InvalidGroupId)
        } else if !bounds.contains(&request.session_timeout_ms) {
            Some(ErrorCode::InvalidSessionTimeout)
        } else {
            None
        };
        if let Some(error) = refused {
            return respond(token, Response::from(JoinGroupResponse::refusal(error, request.member_id)), out);
        }
        if request.version == 0 {
            request.rebalance_timeout_ms = request.session_timeout_ms;
        }
        let reply = self.replies.promise(token);
        let result = self.active().and_then(|this| {
            let (groups, mut cx) = this.groups_and_context(now, out);
            classic::join(groups, &request, reply, ids, &mut cx)
        });
        self.settle(Asked::Join(reply), result, now, out);
    }

    fn sync_group(&mut self, mut request: Box<SyncGroupRequest>, token: RequestToken, now: SimTime, out: &mut Actions) {
        if request.group.is_empty() {
            let response = SyncGroupResponse::refusal(ErrorCode::InvalidGroupId);
            return respond(token, Response::from(response), out);
        }
        let reply = self.replies.promise(token);
        let result = self.active().and_then(|this| {
            let (groups, mut cx) = this.groups_and_context(now, out);
            classic::sync(groups, &mut request, reply, &mut cx)
        });
        self.settle(Asked::Sync(reply), result, now, out);
    }

    fn heartbeat(&mut self, request: &HeartbeatRequest, token: RequestToken, now: SimTime, out: &mut Actions) {
        let result = named(&request.group).and_then(|()| self.active()).and_then(|this| {
            let (groups, mut cx) = this.groups_and_context(now, out);
            classic::heartbeat(groups, request, &mut cx)
        });
        self.settle_answer(token, ParkedApi::Heartbeat, result, now, out);
    }

    fn leave_group(&mut self, request: &LeaveGroupRequest, token: RequestToken, now: SimTime, out: &mut Actions) {
        let asked = Asked::Request { token, api: ParkedApi::LeaveGroup };
        let result = named(&request.group).and_then(|()| self.active()).and_then(|this| {
            let (groups, mut cx) = this.groups_and_context(now, out);
            classic::leave(groups, request, &mut cx)
        });
        if result.as_ref().err() == Some(&Refusal(ErrorCode::UnknownMemberId)) {
            // There is no such group: everybody is unknown, and the request as a whole is no error.
            let members = request.members.iter().map(|member| MemberLeft {
                member_id: member.member_id.clone(),
                instance_id: member.instance_id.clone(),
                error: ErrorCode::UnknownMemberId,
            });
            let response = LeaveGroupResponse { error: ErrorCode::None, members: members.collect() };
            return respond(token, Response::from(response), out);
        }
        self.settle(asked, result, now, out);
    }

    fn txn_offset_commit(
        &mut self,
        request: TxnOffsetCommitRequest,
        token: RequestToken,
        now: SimTime,
        out: &mut Actions,
    ) {
        let asked = Asked::Request { token, api: ParkedApi::TxnOffsetCommit };
        let producer = request.producer_id;
        let result = named(&request.group).and_then(|()| self.active()).and_then(|this| {
            let (groups, mut cx) = this.groups_and_context(now, out);
            offsets::commit_in_transaction(groups, request, &mut cx)
        });
        self.settle_commit(asked, Some(producer), result, now, out);
    }

    fn offset_fetch(&mut self, request: &OffsetFetchRequest, token: RequestToken, now: SimTime, out: &mut Actions) {
        let result = self.active().and_then(|this| {
            let waits = this.behaviour.waits_for_log;
            offsets::fetch(&this.groups, &this.offsets, request, waits).map(Response::from)
        });
        match result {
            Ok(response) if !request.require_stable => respond(token, response, out),
            result => self.settle_answer(token, ParkedApi::OffsetFetch, result, now, out),
        }
    }

    fn consumer_group_heartbeat(
        &mut self,
        mut request: Box<ConsumerGroupHeartbeatRequest>,
        token: RequestToken,
        now: SimTime,
        ids: &mut dyn MemberIds,
        out: &mut Actions,
    ) {
        let refused = if self.behaviour.has_consumer_groups {
            consumer::refusal_of_form(&request, self.config.consumer_assignors)
        } else {
            Some(ErrorCode::UnsupportedVersion)
        };
        if let Some(error) = refused {
            let response = ConsumerGroupHeartbeatResponse::refusal(error);
            return respond(token, Response::from(response), out);
        }
        let asked = Asked::Request { token, api: ParkedApi::ConsumerGroupHeartbeat };
        let result = self.active().and_then(|this| {
            let (groups, mut cx) = this.groups_and_context(now, out);
            consumer::heartbeat(groups, &mut request, ids, &mut cx)
        });
        self.settle(asked, result, now, out);
    }

    fn describe_consumer(&self, request: &ConsumerGroupDescribeRequest) -> ConsumerGroupDescribeResponse {
        let refused = if !self.behaviour.has_consumer_groups {
            Some(ErrorCode::UnsupportedVersion)
        } else if request.group.is_empty() {
            Some(ErrorCode::InvalidGroupId)
        } else {
            self.status.refusal().map(|Refusal(error)| error)
        };
        let group = self.groups.find_committed(&request.group).and_then(|key| self.groups.consumer(key));
        match (refused, group) {
            (Some(error), _) => ConsumerGroupDescribeResponse::refusal(error),
            (None, None) => ConsumerGroupDescribeResponse::refusal(ErrorCode::GroupIdNotFound),
            (None, Some(group)) => group.describe(self.config.consumer_assignors.default().name(), &self.topics),
        }
    }

    fn describe(&self, request: &DescribeGroupsRequest) -> DescribeGroupsResponse {
        let group = &request.group;
        let key =
            if self.behaviour.waits_for_log { self.groups.find_committed(group) } else { self.groups.find(group) };
        let group = key.and_then(|key| self.groups.classic(key));
        let error = match (self.status.refusal(), group) {
            (Some(Refusal(error)), _) => error,
            (None, Some(group)) => return group.describe(),
            (None, None) if request.version >= VERSION_WITH_GROUP_ID_NOT_FOUND => ErrorCode::GroupIdNotFound,
            (None, None) => ErrorCode::None,
        };
        let state = if self.status == Status::Active { ClassicGroupState::Dead.name() } else { "" };
        DescribeGroupsResponse { error, state, protocol_type: None, protocol_name: None, members: [].into() }
    }

    fn list(&self, request: &ListGroupsRequest) -> ListGroupsResponse {
        let error = match self.status {
            Status::Loading => ErrorCode::CoordinatorLoadInProgress,
            Status::Absent | Status::Active => ErrorCode::None,
        };
        let wanted = |names: &[alloc::sync::Arc<str>], name: &str| {
            names.is_empty() || names.iter().any(|other| other.trim().eq_ignore_ascii_case(name))
        };
        let keys = match self.status {
            Status::Active if self.behaviour.waits_for_log => self.groups.committed_keys(),
            Status::Active => self.groups.keys(),
            Status::Absent | Status::Loading => [].into(),
        };
        let listed = keys.into_iter().filter_map(|key| self.groups.get(key)).map(Group::listed);
        let groups =
            listed.filter(|it| wanted(&request.states, it.state) && wanted(&request.types, it.group_type)).collect();
        ListGroupsResponse { error, groups }
    }

    /// What a SyncGroup is told while the coordinator loads.
    pub(crate) fn error_of_sync_while_loading(&self) -> ErrorCode {
        if self.behaviour.sync_says_loading {
            ErrorCode::CoordinatorLoadInProgress
        } else {
            ErrorCode::RebalanceInProgress
        }
    }
}

/// Most requests refuse the empty group id.
fn named(group: &GroupId) -> Result<(), Refusal> {
    if group.is_empty() { Err(Refusal(ErrorCode::InvalidGroupId)) } else { Ok(()) }
}
