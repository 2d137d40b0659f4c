//! `rehearsal serve`: scenarios in a browser, to be picked, edited, checked while they are typed, and run.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | the listener: a thread a connection, and how many there may be |
//! | `http` | one request and one answer, bounded |
//! | `guard` | who may ask |
//! | `routes` | what is asked for, and the answer |
//! | `folder` | the scenarios that can be opened, and nothing else of the disk |
//! | `check` | mistakes, with their places, as JSON |
//! | `desk` | runs: how large, how many, how long; the latest are kept |
//!
//! Contract: nothing is written to the disk, ever; what is edited stays in the browser until somebody downloads it.
//! Nothing that is sent can end the process, fill the machine or keep others waiting for long: every size, time and
//! number has a bound, and whatever goes beyond is refused in one sentence. The page, its script and its style are in
//! the binary (`assets/serve`); nothing is fetched from elsewhere.

mod check;
mod desk;
mod folder;
mod guard;
mod http;
mod routes;

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use desk::Desk;
use folder::Folder;
use guard::Place;
use http::Answer;

/// Most connections at the same time.
const MOST_CONNECTIONS: usize = 32;
/// So many more are told that there are too many; beyond, they are closed without a word.
const MOST_REFUSED: usize = 32;
/// How long to wait if the machine gives no connection.
const PAUSE: Duration = Duration::from_millis(50);

/// A listener, and what it serves.
pub(crate) struct Server {
    listener: TcpListener,
    place: Place,
    desk: Arc<Desk>,
}

impl Server {
    /// Listens. `folder` has scenarios beside those that come with the command; a run may take as long as `most`.
    ///
    /// # Errors
    /// The address is taken or not ours, or the folder cannot be read.
    pub(crate) fn open(address: IpAddr, port: u16, folder: Option<&Path>, most: Duration) -> Result<Self> {
        let folder = folder.map(Folder::open).transpose()?.unwrap_or_default();
        let wanted = SocketAddr::new(address, port);
        let listener = TcpListener::bind(wanted).with_context(|| format!("cannot listen on {wanted}"))?;
        let port = listener.local_addr().with_context(|| format!("cannot listen on {wanted}"))?.port();
        Ok(Self { listener, place: Place { address, port }, desk: Arc::new(Desk::new(folder, most)) })
    }

    /// What to type into a browser.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/", SocketAddr::new(self.place.address, self.place.port))
    }

    /// Serves until the process ends.
    pub(crate) fn run(&self) {
        let open = Arc::new(AtomicUsize::new(0));
        for stream in self.listener.incoming() {
            let Ok(stream) = stream else {
                thread::sleep(PAUSE);
                continue;
            };
            let count = Counted::new(&open);
            if count.before >= MOST_CONNECTIONS + MOST_REFUSED {
                continue;
            }
            let (desk, place) = (Arc::clone(&self.desk), self.place);
            // Where there is no thread either, the connection is closed.
            let _ = thread::Builder::new().name("connection".to_owned()).spawn(move || {
                converse(stream, place, &desk, count.before >= MOST_CONNECTIONS);
                drop(count);
            });
        }
    }
}

/// One of how many there are, as long as it lives.
struct Counted {
    all: Arc<AtomicUsize>,
    before: usize,
}

impl Counted {
    fn new(all: &Arc<AtomicUsize>) -> Self {
        Self { before: all.fetch_add(1, Ordering::Relaxed), all: Arc::clone(all) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads a request and answers it.
fn converse(mut stream: TcpStream, place: Place, desk: &Desk, is_one_too_many: bool) {
    let answer = if is_one_too_many {
        let sentence = format!("There are {MOST_CONNECTIONS} connections already; try again.");
        Answer::refusal((503, "Service Unavailable"), sentence)
    } else {
        match http::read(&mut stream) {
            Ok(None) => return,
            Err(refusal) => refusal,
            Ok(Some(request)) => {
                let answered = || guard::admit(&request, place).map(|()| routes::answer(&request, desk));
                // What went wrong stands on standard error; the next request is answered all the same.
                let answered = catch_unwind(AssertUnwindSafe(answered)).unwrap_or_else(|_| {
                    let sentence = "This is a bug of rehearsal; the terminal it was started in says more.";
                    Err(Answer::refusal((500, "Internal Server Error"), sentence))
                });
                answered.unwrap_or_else(|refusal| refusal)
            }
        }
    };
    http::answer(&mut stream, &answer);
}
