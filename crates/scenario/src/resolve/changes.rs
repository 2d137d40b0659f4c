//! Members that are configured otherwise from their next start on.
//!
//! Contract: a change is laid over what the member had, earlier changes included, and read like any other
//! configuration, so that every mistake in it is said in the usual words. Members that had the same and change in the
//! same way share one profile.

use std::collections::{BTreeMap, BTreeSet};

use simulation::plan::MemberPlan;

use super::happening::Change;
use super::member::Cast;
use super::profile::{self, Profile};
use super::topics::Topics;
use crate::explain::Origin;
use crate::fields::{Context, Fields};
use crate::language::MEMBERS;
use crate::merge::overlay;
use crate::source::Position;
use crate::tree::{Node, Value};

/// Most different configurations that changes may lead to.
const MAX_PROFILES: usize = 5_000;

/// What members have become so far.
pub(super) struct Changes<'a> {
    cast: &'a Cast,
    topics: &'a Topics,
    /// Per member its profile: one of the cast's, or, from there on, one of these.
    now: Vec<usize>,
    profiles: Vec<Profile>,
    /// What each profile becomes by each change, changes known by their place.
    becomes: BTreeMap<(usize, Position), Option<usize>>,
}

impl<'a> Changes<'a> {
    /// Nobody has changed.
    pub(super) fn new(cast: &'a Cast, topics: &'a Topics) -> Self {
        let now = cast.roles.iter().map(|(profile, _)| *profile).collect();
        Self { cast, topics, now, profiles: Vec::new(), becomes: BTreeMap::new() }
    }

    /// The configurations that members have changed to.
    pub(super) fn into_profiles(self) -> Vec<Profile> {
        self.profiles
    }

    /// The member as it is after the change; nothing if something is wrong with it.
    pub(super) fn apply(&mut self, member: usize, change: &Change, fields: &Fields<'_>) -> Option<MemberPlan> {
        let from = self.now[member];
        let key = (from, change.over.at);
        let to = match self.becomes.get(&key) {
            Some(known) => (*known)?,
            None => {
                let read = self.read(from, change, fields);
                self.becomes.insert(key, read);
                read?
            }
        };
        self.now[member] = to;
        if let Some(own) = to.checked_sub(self.cast.profiles.len()) {
            self.profiles[own].members += 1;
        }
        Some(self.profile(to).member(self.cast.roles[member].1, &self.cast.members[member].name))
    }

    fn profile(&self, place: usize) -> &Profile {
        match place.checked_sub(self.cast.profiles.len()) {
            None => &self.cast.profiles[place],
            Some(own) => &self.profiles[own],
        }
    }

    /// The place of the profile that this one becomes.
    fn read(&mut self, from: usize, change: &Change, fields: &Fields<'_>) -> Option<usize> {
        let before = &self.profile(from).node;
        let node = overlay(before, &change.over);
        if node == *before {
            return Some(from);
        }
        if self.profiles.len() == MAX_PROFILES {
            let error = fields.report().error(change.over.at, "members change in too many different ways");
            error.label(format!("{MAX_PROFILES} different configurations are allowed")).file();
            return None;
        }
        let context = Context::new(fields.report());
        let profile = profile::read(&Fields::checked(&MEMBERS, &node, change.path.clone(), &context), self.topics);
        let mut places = BTreeSet::new();
        gather(&change.over, &mut places);
        for line in context.explained.into_inner() {
            if matches!(line.origin, Origin::Written(at) if places.contains(&at)) {
                fields.context.explain(line.path, line.value, line.origin);
            }
        }
        self.profiles.push(profile);
        Some(self.cast.profiles.len() + self.profiles.len() - 1)
    }
}

impl Change {
    /// Says what is wrong with it by itself, while nobody can say whose it is.
    pub(super) fn judge(&self, topics: &Topics, fields: &Fields<'_>) {
        let context = Context::new(fields.report());
        profile::judge(&Fields::checked(&MEMBERS, &self.over, self.path.clone(), &context), topics);
    }
}

/// The places of all values of a tree.
fn gather(node: &Node, places: &mut BTreeSet<Position>) {
    places.insert(node.at);
    match &node.value {
        Value::Null | Value::Scalar { .. } => {}
        Value::List(nodes) => nodes.iter().for_each(|node| gather(node, places)),
        Value::Map(entries) => entries.iter().for_each(|entry| gather(&entry.value, places)),
    }
}
