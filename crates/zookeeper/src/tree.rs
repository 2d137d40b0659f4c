//! Nodes: what they say, since when, and with whose session they go.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use protocol::zookeeper::{SessionId, Stat, ZooKeeperError, Zxid};

#[derive(Clone, PartialEq, Eq, Debug)]
struct Node {
    data: Arc<str>,
    stat: Stat,
}

/// All nodes but the root, by path.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tree {
    nodes: BTreeMap<Arc<str>, Node>,
    /// The last write.
    zxid: Zxid,
}

impl Tree {
    pub(crate) fn stat(&self, path: &str) -> Result<Stat, ZooKeeperError> {
        self.nodes.get(path).map(|node| node.stat).ok_or(ZooKeeperError::NoNode)
    }

    pub(crate) fn get(&self, path: &str) -> Result<(Arc<str>, Stat), ZooKeeperError> {
        self.nodes.get(path).map(|node| (node.data.clone(), node.stat)).ok_or(ZooKeeperError::NoNode)
    }

    pub(crate) fn create(
        &mut self,
        path: Arc<str>,
        data: Arc<str>,
        owner: Option<SessionId>,
    ) -> Result<(), ZooKeeperError> {
        if self.nodes.contains_key(&path) {
            return Err(ZooKeeperError::NodeExists);
        }
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        if !above.is_empty() && !self.nodes.contains_key(above) {
            return Err(ZooKeeperError::NoNode);
        }
        let stat = Stat { mzxid: self.next_zxid(), version: 0, ephemeral_owner: owner };
        self.nodes.insert(path, Node { data, stat });
        Ok(())
    }

    pub(crate) fn set(&mut self, path: &str, data: Arc<str>, version: Option<i32>) -> Result<Stat, ZooKeeperError> {
        let zxid = Zxid(self.zxid.0 + 1);
        let node = self.nodes.get_mut(path).ok_or(ZooKeeperError::NoNode)?;
        if version.is_some_and(|version| version != node.stat.version) {
            return Err(ZooKeeperError::BadVersion);
        }
        node.data = data;
        node.stat.version += 1;
        node.stat.mzxid = zxid;
        self.zxid = zxid;
        Ok(node.stat)
    }

    pub(crate) fn delete(&mut self, path: &str) -> Result<(), ZooKeeperError> {
        self.nodes.remove(path).ok_or(ZooKeeperError::NoNode)?;
        self.next_zxid();
        Ok(())
    }

    /// Removes everything that goes with a session, in one write. The paths, in order.
    pub(crate) fn delete_owned(&mut self, session: SessionId) -> Vec<Arc<str>> {
        let owned = |node: &Node| node.stat.ephemeral_owner == Some(session);
        let paths: Vec<Arc<str>> =
            self.nodes.iter().filter(|(_, node)| owned(node)).map(|(path, _)| path.clone()).collect();
        for path in &paths {
            self.nodes.remove(path);
        }
        self.next_zxid();
        paths
    }

    /// Every node's path and stat.
    pub(crate) fn stats(&self) -> impl Iterator<Item = (&str, Stat)> {
        self.nodes.iter().map(|(path, node)| (&**path, node.stat))
    }

    pub(crate) fn zxid(&self) -> Zxid {
        self.zxid
    }

    fn next_zxid(&mut self) -> Zxid {
        self.zxid.0 += 1;
        self.zxid
    }
}
