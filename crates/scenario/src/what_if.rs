//! What would be if a variant were a little different: pieces of scenario laid over it, as `compare:` lays them.

use crate::diagnostic::Report;
use crate::merge::overlay;
use crate::source::{Files, Sources};
use crate::tree::Node;
use crate::{Diagnostics, Explained, Variant, files, read, resolve, variants, yaml};

/// A piece of scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// What the variant is called that it makes.
    pub name: String,
    /// The piece, as YAML.
    pub text: String,
}

/// The variant of this name with each of the overlays laid over it. None stands for one that cannot be: the client or
/// the broker refuses it.
///
/// # Errors
/// Everything that is wrong with the scenario, if anything is; there is no variant of this name.
pub fn what_if(
    path: &str,
    from: &dyn Files,
    seed: Option<u64>,
    variant: &str,
    overlays: &[Overlay],
) -> Result<Vec<Option<Variant>>, Diagnostics> {
    let root = |reader: &mut files::Reader<'_>| reader.read(path, None);
    let laid_over = |root: &Node, report: &Report| {
        let expanded = variants::expand(root, report);
        let Some(base) = expanded.list.iter().find(|one| one.name == variant) else {
            report.error(root.at, format!("there is no variant `{variant}`")).file();
            return None;
        };
        let base = expanded.whole(base);
        Some(overlays.iter().map(|over| laid(&base, over, seed)).collect())
    };
    read(from, root, laid_over).map(|(variants, _)| variants)
}

fn laid(base: &Node, over: &Overlay, seed: Option<u64>) -> Option<Variant> {
    let report = Report::default();
    let piece = yaml::parse(&over.text, 0, &report)?;
    let resolved = resolve::plan(&over.name, &overlay(base, &piece), seed, &report);
    let wrong = Diagnostics { list: report.into_list(), sources: Sources::default() };
    let resolved = resolved.filter(|_| !wrong.has_errors())?;
    let explained: Vec<Explained> = resolved.explained;
    Some(Variant { plan: resolved.plan, explained, expectations: Default::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str = "
topics: {orders: 4}
members: {count: 2, name: 'c-{n}'}
events: [{at: 1m, kill: c-0}]
compare: {a: {}, b: {members: {count: 3}}}
";

    struct Text;

    impl Files for Text {
        fn read(&self, _path: &str, _limit: usize) -> Result<Vec<u8>, String> {
            Ok(SCENARIO.as_bytes().to_vec())
        }
    }

    fn ask(variant: &str, text: &str) -> Result<Vec<Option<Variant>>, Diagnostics> {
        let overlays = [Overlay { name: "x".to_owned(), text: text.to_owned() }];
        what_if("s.yaml", &Text, None, variant, &overlays)
    }

    #[test]
    fn a_piece_is_laid_over_the_variant_that_was_named() {
        let laid = ask("b", "members: {session.timeout.ms: 10000}").expect("a good scenario");
        let plan = &laid[0].as_ref().expect("a good piece").plan;
        assert_eq!((plan.name.as_str(), plan.members.len()), ("x", 3));
        assert_eq!(plan.members[0].config.session_timeout, protocol::SimDuration::from_secs(10));
    }

    #[test]
    fn what_would_be_refused_is_none_and_an_unknown_variant_a_mistake() {
        assert_eq!(ask("a", "members: {session.timeout.ms: 1}").expect("a good scenario"), [None]);
        assert!(ask("c", "{}").is_err());
    }
}
