//! Groups whose partitions are to be shared out: the files of `rehearsal assign`.
//!
//! Contract: as for scenarios, [`load`] gives a question or all that is wrong with it, and opens no file by itself.

use protocol::{InstanceId, MemberId, RackId, TopicName, TopicPartition};

use crate::NoFiles;
use crate::diagnostic::Diagnostics;
use crate::files::Reader;
use crate::resolve;
use crate::source::Files;
use crate::tree::Node;

/// A group before and after something happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The question.
    pub question: Option<String>,
    /// The group at first.
    pub first: Group,
    /// The same after the change; what its members own is what they were given first.
    pub then: Option<Group>,
    /// What is allowed and probably not meant. None of it is an error.
    pub warnings: Diagnostics,
}

/// Topics, and the members that read them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Group {
    /// The topics, in the order in which they are written.
    pub topics: Vec<Topic>,
    /// The members, in the order in which they are written.
    pub members: Vec<Member>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: TopicName,
    /// How many partitions it has.
    pub partitions: i32,
    /// Per partition the racks of its replicas; empty if nothing is known of racks.
    pub racks: Vec<Vec<RackId>>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id, and what it is called.
    pub id: MemberId,
    /// Its `group.instance.id`.
    pub instance: Option<InstanceId>,
    /// Its `client.rack`.
    pub rack: Option<RackId>,
    /// The topics that it subscribes to, sorted; there need not be such topics.
    pub topics: Vec<TopicName>,
    /// What it has had so far, sorted.
    pub owns: Vec<TopicPartition>,
}

/// Loads the file at `path`.
///
/// # Errors
/// Everything that is wrong with it, if anything is.
pub fn load(path: &str, files: &dyn Files) -> Result<Assignment, Diagnostics> {
    read(files, |reader| reader.read(path, None))
}

/// Loads such a file from its text; `name` stands for its path. It can include nothing.
///
/// # Errors
/// Everything that is wrong with it, if anything is.
pub fn load_text(name: &str, text: &str) -> Result<Assignment, Diagnostics> {
    read(&NoFiles, |reader| reader.read_bytes(name, text.as_bytes().to_vec()))
}

fn read(files: &dyn Files, root: impl FnOnce(&mut Reader<'_>) -> Option<Node>) -> Result<Assignment, Diagnostics> {
    let (resolved, warnings) = crate::read(files, root, resolve::assignment)?;
    Ok(Assignment { question: resolved.question, first: resolved.first, then: resolved.then, warnings })
}
