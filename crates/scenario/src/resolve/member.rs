//! `members:`: who is in the group, each with a configuration of its own.

use std::collections::{BTreeMap, BTreeSet};

use engine::Streams;
use protocol::SimTime;
use simulation::plan::MemberPlan;

use super::happening::{Happening, Happenings, What};
use super::profile::{self, Profile, Start};
use super::redeploy::Way;
use super::selector::{self, Selector};
use super::topics::Topics;
use super::{maps, placeholder};
use crate::diagnostic::{Report, shortened};
use crate::explain::Origin;
use crate::fields::{Context, Fields, Located};
use crate::language::{MAX_MEMBERS, MEMBERS, OVERRIDE};
use crate::merge::overlay;
use crate::tree::{Node, Value};

/// Most subscriptions, topics times members.
const MAX_SUBSCRIPTIONS: usize = 5_000_000;
/// Most overrides of a kind of members.
const MAX_OVERRIDES: usize = 1_000;

/// All members of a scenario.
#[derive(Default)]
pub(super) struct Cast {
    /// The kinds of members, in order.
    pub(super) kinds: Vec<Kind>,
    /// The members, kind after kind.
    pub(super) members: Vec<MemberPlan>,
    /// When each one starts by itself; none: only an event starts it.
    pub(super) starts: Vec<Option<SimTime>>,
    /// The different configurations there are.
    pub(super) profiles: Vec<Profile>,
    /// Which of these each member has, and its number within its kind.
    pub(super) roles: Vec<(usize, usize)>,
    /// The patterns of the names of kinds of which nobody can say how many members they have, or get.
    pub(super) uncounted: Vec<String>,
    /// Whether there are members of which not even the names could be read, so that a missing one may be one of those.
    pub(super) incomplete: bool,
    /// Whether nobody can say when some of them start.
    pub(super) starts_unread: bool,
}

/// Members of one kind.
pub(super) struct Kind {
    /// The pattern of their names.
    pub(super) pattern: String,
    /// Their places in [`Cast::members`], those included that only scaling brings.
    pub(super) places: std::ops::Range<usize>,
}

impl Cast {
    /// Whether it can be told whom a selector means: somebody who could not be read may be meant as well.
    pub(super) fn can_tell(&self, selector: &Selector) -> bool {
        let is_known = || self.members.iter().any(|member| selector.matches(&member.name));
        let may_be_unknown = || self.uncounted.iter().any(|pattern| selector.may_match(pattern));
        !self.incomplete && (!may_be_unknown() || (is_known() && !selector.counts()))
    }

    /// The time of the last process that starts by itself.
    pub(super) fn last_start(&self) -> SimTime {
        self.starts.iter().flatten().copied().max().unwrap_or(SimTime::ZERO)
    }
}

/// Reads them. `seed` is what start times are drawn from.
pub(super) fn read(fields: &Fields<'_>, topics: &Topics, happenings: &Happenings, seed: u64) -> Cast {
    let Some(entry) = fields.entry("members") else { return Cast { incomplete: true, ..Cast::default() } };
    let kinds = maps(&entry.value);
    if kinds.is_empty() {
        fields
            .report()
            .error(entry.value.at, "there are no members under `members`")
            .help("for example `members: {count: 3}`")
            .file();
    }
    let mut caster = Caster {
        topics,
        happenings,
        streams: Streams::new(seed),
        alone: kinds.len() == 1,
        cast: Cast { incomplete: fields.report().is_partial(), ..Cast::default() },
        names: BTreeSet::new(),
        lines: BTreeMap::new(),
        subscriptions: 0,
    };
    let mut overrides = Vec::new();
    for (index, node) in kinds.iter().enumerate() {
        let path = if caster.alone { "members".to_owned() } else { format!("members[{index}]") };
        match Fields::open(&MEMBERS, node, path, fields.context) {
            Some(kind) => overrides.extend(caster.kind(&kind)),
            None => caster.cast.incomplete = true,
        }
    }
    let cast = caster.cast;
    overrides.iter().for_each(|selector| check_override(selector, &cast, fields.report()));
    cast
}

/// Whether an override is for anybody.
fn check_override(selector: &Selector, cast: &Cast, report: &Report) {
    let may_be = cast.incomplete || cast.uncounted.iter().any(|pattern| selector.may_match(pattern));
    if !may_be && !cast.members.iter().any(|member| selector.matches(&member.name)) {
        let known = cast.members.first().map(|member| format!("members are called `{}` and so on", member.name));
        report
            .error(selector.at, "this override is for nobody")
            .label("no member is called that")
            .maybe_help(known)
            .file();
    }
}

/// Makes members.
struct Caster<'a> {
    topics: &'a Topics,
    happenings: &'a Happenings,
    streams: Streams,
    /// Whether there is only one kind.
    alone: bool,
    cast: Cast,
    names: BTreeSet<String>,
    /// The origins of this kind's own values, by path, if some of its members differ.
    lines: BTreeMap<String, Origin>,
    /// Subscriptions so far, each topic counted.
    subscriptions: usize,
}

/// What is different for some members of a kind.
struct Override<'a> {
    selectors: Vec<Selector>,
    node: &'a Node,
}

impl Caster<'_> {
    /// Makes the members of one kind. Gives back the selectors of its overrides.
    fn kind(&mut self, kind: &Fields<'_>) -> Vec<Selector> {
        let count = kind.count("count").and_then(|count| usize::try_from(count).ok());
        let pattern = kind.text("name").filter(|pattern| check_pattern(pattern, kind).is_some());
        let overrides = overrides(kind);
        let profile = profile::read(kind, self.topics);
        if !overrides.is_empty() {
            let lines = kind.context.explained.borrow();
            self.lines = lines.iter().map(|line| (line.path.clone(), line.origin.clone())).collect();
        }
        self.cast.starts_unread |= profile.start.is_none();
        let base = self.cast.profiles.len();
        self.cast.profiles.push(profile);
        let judged = match (pattern, count) {
            (None, _) => None,
            (Some(pattern), Some(count)) => {
                if self.is_scaled_unread(&pattern.value) {
                    self.cast.uncounted.push(pattern.value.clone());
                }
                self.members(kind, (pattern.value, count), base, &overrides)
            }
            (Some(pattern), None) => {
                self.cast.uncounted.push(pattern.value);
                Some(BTreeSet::new())
            }
        };
        self.cast.incomplete |= judged.is_none();
        let judged = judged.unwrap_or_default();
        // What is for nobody, as far as can be said, is looked at as if it were for somebody.
        let unused = (0..overrides.len()).filter(|place| !judged.contains(place));
        let unused: Vec<usize> = unused.map(|place| self.special(kind, &[place], &overrides)).collect();
        for place in [base].into_iter().chain(unused).filter(|_| kind.report().has_errors()) {
            let profile = &mut self.cast.profiles[place];
            profile.members = profile.members.max(1);
        }
        overrides.into_iter().flat_map(|part| part.selectors).collect()
    }

    /// Makes members of this name and number. Gives back which overrides are for any of them, or nothing after having
    /// said why there cannot be such members.
    fn members(
        &mut self,
        kind: &Fields<'_>,
        (pattern, count): (String, usize),
        base: usize,
        overrides: &[Override<'_>],
    ) -> Option<BTreeSet<usize>> {
        let total = count.max(self.scaled_to(&pattern, count));
        let pattern = numbered(pattern, total);
        if self.cast.members.len() + total > MAX_MEMBERS as usize {
            let error = kind.report().error(kind.node.at, format!("these are more than {MAX_MEMBERS} members"));
            error.label("more than a scenario may have").file();
            return None;
        }
        let first = self.cast.members.len();
        let mut special: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for n in 0..total {
            let name = placeholder::fill(&pattern, &placeholder::Values { n, name: None });
            if !self.names.insert(name.clone()) {
                let error = kind.report().error(kind.node.at, format!("two members are called `{}`", shortened(&name)));
                error.label("names are unique").help("give each kind of members a `name:` of its own").file();
                return None;
            }
            let meant: Vec<usize> = (0..overrides.len())
                .filter(|place| overrides[*place].selectors.iter().any(|s| s.matches(&name)))
                .collect();
            let place = match special.get(&meant) {
                _ if meant.is_empty() => base,
                Some(place) => *place,
                None => {
                    let place = self.special(kind, &meant, overrides);
                    special.insert(meant, place);
                    place
                }
            };
            self.member(place, n, n < count, &name);
            if self.subscriptions > MAX_SUBSCRIPTIONS {
                let error = kind.report().error(kind.node.at, "these members subscribe to too many topics");
                error.label(format!("{MAX_SUBSCRIPTIONS} subscriptions in all are allowed")).file();
                return None;
            }
        }
        self.cast.kinds.push(Kind { pattern, places: first..first + total });
        Some(special.into_keys().flatten().collect())
    }

    /// The profile of members that some overrides are for; its place.
    fn special(&mut self, kind: &Fields<'_>, meant: &[usize], overrides: &[Override<'_>]) -> usize {
        let node = meant.iter().fold(kind.node.clone(), |node, place| overlay(&node, overrides[*place].node));
        // The lines for `explain-plan` that differ from the kind's own.
        let context = Context::new(kind.report());
        let names: Vec<String> =
            meant.iter().flat_map(|place| overrides[*place].selectors.iter().map(Selector::written)).collect();
        let path = format!("{}.overrides.{}", kind.path, names.join("+"));
        let profile = profile::read(&Fields::checked(&MEMBERS, &node, path.clone(), &context), self.topics);
        self.cast.starts_unread |= profile.start.is_none();
        for line in context.explained.into_inner() {
            let own = format!("{}{}", kind.path, line.path.strip_prefix(&path).unwrap_or(""));
            if self.lines.get(&own) != Some(&line.origin) {
                kind.context.explain(line.path, line.value, line.origin);
            }
        }
        self.cast.profiles.push(profile);
        self.cast.profiles.len() - 1
    }

    /// Adds one member.
    fn member(&mut self, place: usize, n: usize, from_the_start: bool, name: &str) {
        let index = self.cast.members.len();
        let profile = &mut self.cast.profiles[place];
        profile.members += 1;
        self.subscriptions += profile.topics.len();
        let start = match &profile.start {
            None => None,
            Some(_) if !from_the_start => None,
            Some(Start::At(drawn)) => {
                Some(SimTime::from_nanos(drawn.sample(&mut self.streams.indexed("start of a process", index as u64))))
            }
            Some(Start::Every { at, every }) => Some(SimTime::ZERO + *at + *every * n as u64),
            Some(Start::Never) => None,
        };
        self.cast.members.push(profile.member(n, name));
        self.cast.roles.push((place, n));
        self.cast.starts.push(start);
    }

    /// Whether events, of which not all could be read, may scale this kind to any number.
    fn is_scaled_unread(&self, pattern: &str) -> bool {
        let unread = self.happenings.list.iter().filter(|happening| !happening.is_whole);
        let scales = |happening: &Happening| match &happening.what {
            What::Scale { kind, .. } => self.is_meant(kind.as_ref(), pattern),
            What::Redeploy(_) => true,
            _ => false,
        };
        self.happenings.lost_from.is_some() || unread.into_iter().any(scales)
    }

    /// Whether a `scale` of these means this kind.
    fn is_meant(&self, kind: Option<&(String, crate::source::Position)>, pattern: &str) -> bool {
        kind.map_or(self.alone, |(name, _)| name == pattern)
    }

    /// The largest number that events scale this kind to.
    fn scaled_to(&self, pattern: &str, count: usize) -> usize {
        let targets = self.happenings.list.iter().filter_map(|happening| match &happening.what {
            What::Scale { kind, to, .. } if self.is_meant(kind.as_ref(), pattern) => Some(*to),
            // A deployment's new pods are members of their own.
            What::Redeploy(redeploy) if redeploy.way == Way::Deployment => Some(count * 2),
            _ => None,
        });
        targets.max().unwrap_or(0)
    }
}

/// The overrides of a kind, checked by themselves.
fn overrides<'a>(kind: &Fields<'a>) -> Vec<Override<'a>> {
    let Some(entry) = kind.entry("overrides") else { return Vec::new() };
    let Value::Map(entries) = &entry.value.value else {
        let error = kind
            .report()
            .error(entry.value.at, format!("`overrides` is a map of members, and this is {}", entry.value.kind()));
        error.help("for example `overrides: {web-3: {max.poll.interval.ms: 600000}}`").file();
        return Vec::new();
    };
    if entries.len() > MAX_OVERRIDES {
        let error = kind.report().error(entry.at, format!("these are {} overrides", entries.len()));
        error
            .label(format!("{MAX_OVERRIDES} are allowed"))
            .help("a pattern such as `web-1*` is for many members")
            .file();
        return Vec::new();
    }
    let mut overrides = Vec::new();
    for part in entries {
        let name = Node { at: part.at, value: Value::Scalar { text: part.key.clone(), plain: true } };
        let selectors: Vec<Selector> = selector::read("`overrides`", &name, kind.report());
        for selector in selectors.iter().filter(|selector| selector.counts()) {
            let error = kind.report().error(selector.at, "an override is for members by name");
            error.label("expected a name, or a pattern such as `web-*`").file();
        }
        let path = kind.path_of("overrides");
        if Fields::open(&OVERRIDE, &part.value, path, kind.context).is_some() {
            overrides.push(Override { selectors, node: &part.value });
        }
    }
    overrides
}

/// The pattern as it is if it has a number or is for one member; else with a number.
pub(super) fn numbered(pattern: String, total: usize) -> String {
    if total > 1 && !pattern.contains("{n}") { format!("{pattern}-{{n}}") } else { pattern }
}

/// Whether names made from the pattern can tell members apart.
pub(super) fn check_pattern(pattern: &Located<String>, kind: &Fields<'_>) -> Option<()> {
    let at = pattern.at.unwrap_or(kind.node.at);
    let report = kind.report();
    placeholder::check(&pattern.value, at, &["n"], report);
    let name = placeholder::fill(&pattern.value, &placeholder::Values { n: 0, name: None });
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 200 || !name.chars().all(legal) {
        let error = report.error(at, format!("members cannot be called `{}`", shortened(&pattern.value)));
        error.label("1 to 200 of a-z, A-Z, 0-9, `.`, `_`, `-`").file();
        return None;
    }
    if name == "all" || name.chars().all(|c| c.is_ascii_digit()) {
        report.error(at, format!("`{name}` is no name for a member")).label("events mean something else by it").file();
        return None;
    }
    Some(())
}
