//! Subscriptions by regular expression: when the topics they stand for are looked up, and what follows
//! (`maybeUpdateRegularExpressions`, `handleRegularExpressionsResult`).
//!
//! The lookup is a job beside the coordinator: [`Action::ResolveRegexes`] begins it,
//! [`Coordinator::regexes_resolved`](crate::Coordinator::regexes_resolved) is its end. All those of a group
//! are looked up together. Left out: authorization, and the few places where RE2/J and the `regex` crate read the same
//! text differently (`\Q…\E`, the flag `x`).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use protocol::{ErrorCode, GroupId, TopicName};
use regex::{Regex, RegexBuilder};

use crate::action::Action;
use crate::consumer::group::{ConsumerGroup, change};
use crate::consumer::member::ConsumerMember;
use crate::consumer::record::{ConsumerRecord, ResolvedRegex};
use crate::consumer::subscribe::metadata_hash;
use crate::context::{Context, Outcome, Refusal};
use crate::groups::Groups;
use crate::record::Record;

/// Least time between two lookups (`REGEX_BATCH_REFRESH_MIN_INTERVAL_MS`), ms.
const MIN_INTERVAL_MS: i64 = 10_000;
/// The largest compiled regular expression, bytes. RE2/J has bounds of its own; this one keeps hostile ones small.
const SIZE_MAX: usize = 1 << 20;

/// A lookup that has not ended.
#[derive(Clone, Debug)]
pub(crate) struct RegexJob {
    pub(crate) number: u64,
    pub(crate) regexes: Vec<Arc<str>>,
}

/// Lookups that have not ended, one a group; and how many there ever were.
#[derive(Debug, Default)]
pub(crate) struct RegexJobs {
    pub(crate) open: BTreeMap<GroupId, RegexJob>,
    pub(crate) started: u64,
}

/// What a heartbeat changes about its member's regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegexChange {
    Nothing,
    /// There is another one, whose topics are not known.
    Updated,
    /// There is another one, whose topics are known; or none any more.
    Resolved,
}

impl RegexChange {
    pub(super) fn is_updated(self) -> bool {
        self != Self::Nothing
    }

    pub(super) fn is_resolved(self) -> bool {
        self == Self::Resolved
    }
}

impl ConsumerGroup {
    /// Takes a changed regular expression in, and begins a lookup if one is due.
    pub(super) fn update_regexes(
        &mut self,
        member: &ConsumerMember,
        updated: &ConsumerMember,
        records: &mut Vec<Record>,
        cx: &mut Context<'_>,
    ) -> Result<RegexChange, Refusal> {
        let (old, new) = (member.regex(), updated.regex());
        let mut due = false;
        let mut outcome = RegexChange::Nothing;
        if member.told.regex != updated.told.regex {
            outcome = RegexChange::Updated;
            if let Some(old) = old.filter(|old| self.subscribers_of(old) == 1) {
                self.write(ConsumerRecord::Regex { regex: Arc::clone(old), value: None }, records);
            }
            match new {
                Some(new) if self.subscribers_of(new) == 0 => {
                    compile(new).ok_or(Refusal(ErrorCode::InvalidRegularExpression))?;
                    due = true;
                }
                Some(new) if self.resolved.contains_key(new) => outcome = RegexChange::Resolved,
                None if old.is_some() && cx.behaviour.regex_removal_counts => outcome = RegexChange::Resolved,
                Some(_) | None => {}
            }
        }
        if due || !self.regexes.is_empty() {
            self.maybe_resolve(due, old, new, cx);
        }
        Ok(outcome)
    }

    fn maybe_resolve(&self, mut due: bool, old: Option<&Arc<str>>, new: Option<&Arc<str>>, cx: &mut Context<'_>) {
        if cx.jobs.open.contains_key(&self.id) {
            return;
        }
        let last = self.resolved.values().next();
        let last_ms = last.map_or(i64::MIN, |resolved| resolved.timestamp_ms);
        if last_ms != i64::MIN && cx.now_ms() <= last_ms.saturating_add(MIN_INTERVAL_MS) {
            return;
        }
        let mut counts = self.regexes.clone();
        if let Some(old) = old {
            match counts.get_mut(old) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(counts.remove(old)),
            }
        }
        if let Some(new) = new {
            *counts.entry(Arc::clone(new)).or_default() += 1;
        }
        due |= counts.len() != self.resolved.len();
        due |= last.map_or(0, |resolved| resolved.version) < cx.topics.with_new_topics();
        let refresh_ms = i64::from(cx.config.consumer_regex_refresh_interval_ms);
        let is_old = cx.now_ms() > last_ms.saturating_add(refresh_ms);
        due |= last.is_none() || is_old && cx.behaviour.refreshes_regexes;
        if due && !counts.is_empty() {
            cx.jobs.started += 1;
            let number = cx.jobs.started;
            cx.jobs.open.insert(self.id.clone(), RegexJob { number, regexes: counts.into_keys().collect() });
            cx.out.push(Action::ResolveRegexes { group: self.id.clone(), job: number });
        }
    }

    /// The topics are known: a new epoch begins if they are others than before.
    fn resolved(&mut self, found: Vec<(Arc<str>, ResolvedRegex)>, cx: &mut Context<'_>) -> Vec<Record> {
        let mut records = Vec::new();
        let mut topics = self.topics.clone();
        let mut bump = false;
        for (regex, found) in found {
            if self.subscribers_of(&regex) == 0 {
                continue;
            }
            let before: &[TopicName] = self.resolved.get(&regex).map_or(&[], |resolved| &resolved.topics);
            if *before != *found.topics {
                bump = true;
                before.iter().for_each(|topic| change(&mut topics, topic, |it| it.by_regex -= 1));
                found.topics.iter().for_each(|topic| change(&mut topics, topic, |it| it.by_regex += 1));
            }
            self.write(ConsumerRecord::Regex { regex, value: Some(Arc::new(found)) }, &mut records);
        }
        let hash = metadata_hash(topics.keys(), cx.topics);
        if bump || hash != self.metadata_hash {
            let epoch = self.bump_epoch(hash, &mut records, cx);
            self.looked_at_topics(epoch, cx);
        }
        records
    }
}

/// The end of a lookup; one that is not open any more has no effect.
pub(crate) fn resolved(groups: &mut Groups, id: &GroupId, job: u64, cx: &mut Context<'_>) -> Option<Outcome> {
    let job = match cx.jobs.open.get(id) {
        Some(open) if open.number == job => cx.jobs.open.remove(id)?,
        _ => return None,
    };
    let (version, timestamp_ms) = (cx.topics.version(), cx.now_ms());
    let found = job.regexes.into_iter().map(|regex| {
        let matching = compile(&regex);
        let names = cx.topics.image().iter().map(|(name, _)| name);
        let topics = names.filter(|name| matching.as_ref().is_some_and(|regex| regex.is_match(name.as_str()))).cloned();
        let topics = topics.collect();
        (regex, ResolvedRegex { topics, version, timestamp_ms })
    });
    let found = found.collect();
    let group = groups.find(id).and_then(|key| groups.consumer_mut(key));
    let records = group.map(|group| group.resolved(found, cx)).unwrap_or_default();
    Some(Outcome { records, replay: true, ..Outcome::default() })
}

/// The regular expression, to be matched with whole names; none if it cannot be read.
fn compile(regex: &str) -> Option<Regex> {
    // By itself first: a bracket too many must not close ours.
    let build = |text: &str| RegexBuilder::new(text).size_limit(SIZE_MAX).build().ok();
    build(regex)?;
    build(&alloc::format!("\\A(?:{regex})\\z"))
}
