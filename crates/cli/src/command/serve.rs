//! `rehearsal serve [DIR]`: the command as a page in a browser.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::arguments::Serve;
use crate::serve::Server;
use crate::{Exit, console};

/// Says where the page is, and serves it until the process is ended.
pub(super) fn run(arguments: &Serve) -> Result<Exit> {
    let most = Duration::from_nanos(arguments.stop_after.0.as_nanos());
    let folder = arguments.directory.as_deref().map(Path::new);
    let server = Server::open(arguments.listen, arguments.port, folder, most)?;
    if !arguments.listen.is_loopback() {
        let address = arguments.listen;
        console::complain(&format!(
            "warning: who reaches {address} from another machine can run scenarios here and read those of the folder\n"
        ));
    }
    console::say(&format!("rehearsal is at {} (Ctrl-C ends it)\n", server.address()))?;
    server.run();
    Ok(Exit::Good)
}
