//! `rehearsal serve` over a socket, with requests written by hand: what is answered, and everything that is refused.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{rehearsal_in, root, scratch};

/// Nothing here may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

const GOOD: &str = "\
question: How long?
topics: {orders: 6}
members: {count: 3, name: 'web-{n}', session.timeout.ms: 10000}
events: [{at: 30s, kill: web-1}]
until: 2m
";

/// A run that takes longer than anybody waits.
const ENDLESS: &str = "\
topics: {orders: 300}
producers: {rate: 1000/s}
members: {count: 100, name: 'web-{n}'}
events: [{at: 1m, repeat: {every: 20m, times: 5000}, rolling-restart: {every: 5s, down: 2s}}]
until: 2000h
";

/// The command, serving.
struct Served {
    child: Child,
    address: SocketAddr,
}

impl Served {
    fn start(directory: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
        command.args(["serve", "--port", "0"]).args(arguments).current_dir(directory);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        Self { child, address: address.unwrap_or_else(|| panic!("{line}")).parse().unwrap() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes as they are; the answer.
    fn say(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // Whoever is refused early need not have been sent everything.
        let _ = stream.write_all(request);
        Answer::read(stream)
    }

    /// A request with these fields beside the usual ones.
    fn ask(&self, method: &str, path: &str, fields: &str, body: &str) -> Answer {
        let host = if fields.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.address) };
        let length = if method == "POST" { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
        self.say(format!("{method} {path} HTTP/1.1\r\n{host}{length}{fields}\r\n{body}").as_bytes())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, "Content-Type: application/json\r\n", &body.to_string())
    }

    /// It still does what it is there for.
    fn is_well(&self) {
        assert_eq!(self.post("/api/check", &json!({ "name": "a.yaml", "text": GOOD })).json()["good"], true);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// It is a refusal in one sentence, and tells nothing of the machine.
    fn refused(&self, status: u16, part: &str) {
        assert_eq!(self.status, status, "{part}: {}", self.body);
        assert!(self.body.contains(part), "{part}: {}", self.body);
        assert!(self.body.len() < 300 && self.body.trim_end().ends_with('.'), "{}", self.body);
        assert_eq!(self.body.lines().count(), 1, "{}", self.body);
    }
}

/// A folder with scenarios, and secrets beside it.
fn folder(name: &str) -> std::path::PathBuf {
    let directory = scratch(name);
    fs::create_dir_all(directory.join("inside/deep/.git")).unwrap();
    for (path, text) in [
        ("secret.yaml", "topics: {secret: 1}\n"),
        ("inside/mine.yaml", GOOD),
        ("inside/deep/more.yaml", GOOD),
        ("inside/.hidden.yaml", GOOD),
        ("inside/deep/.git/config.yaml", GOOD),
        ("inside/notes.txt", "secret"),
        ("inside/common.yaml", "topics: {orders: 6}\n"),
    ] {
        fs::write(directory.join(path), text).unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret.yaml", directory.join("inside/out.yaml")).unwrap();
        std::os::unix::fs::symlink("..", directory.join("inside/up")).unwrap();
        std::os::unix::fs::symlink("mine.yaml", directory.join("inside/again.yaml")).unwrap();
    }
    directory
}

#[test]
fn the_page_and_all_of_it_comes_with_a_policy() {
    let served = Served::start(&root(), &[]);
    let page = served.get("/");
    assert!(page.body.contains("<textarea"));
    for field in [
        "content-security-policy: default-src 'none'; script-src 'self'",
        "frame-ancestors 'none'",
        "x-frame-options: deny",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cross-origin-resource-policy: same-origin",
        "cache-control: no-store",
    ] {
        assert!(page.head.contains(field), "{field}: {}", page.head);
    }
    assert!(!page.head.contains("access-control"), "nobody else may read it");
    for (path, kind) in [("/app.js", "text/javascript"), ("/app.css", "text/css"), ("/?x=1", "text/html")] {
        let answer = served.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains(&format!("content-type: {kind}")), "{path}: {}", answer.head);
    }
    let listed = served.get("/api/scenarios").json();
    assert!(listed["built_in"].as_array().unwrap().len() > 40 && listed["folder"] == json!([]), "{listed}");
    let text = served.get("/api/scenarios/built-in/kill-one-of-three");
    assert_eq!(text.body, fs::read_to_string(root().join("scenarios/kill-one-of-three.yaml")).unwrap());
}

#[test]
fn mistakes_are_told_with_their_places_as_check_tells_them() {
    let served = Served::start(&root(), &[]);
    let text = "topics: {orders: 6}\nmembers:\n  count: 3\n  session.timeout: 10s\nuntil: soon\n";
    let told = served.post("/api/check", &json!({ "name": "mine.yaml", "text": text })).json();
    assert_eq!(told["good"], false);
    let mistakes = told["mistakes"].as_array().unwrap();
    assert_eq!(mistakes.len(), 2, "{told}");
    assert_eq!(
        (&mistakes[0]["line"], &mistakes[0]["column"], &mistakes[0]["length"]),
        (&json!(4), &json!(3), &json!(15))
    );
    let directory = scratch("serve-check");
    fs::write(directory.join("mine.yaml"), text).unwrap();
    let printed = rehearsal_in(&directory, &["check", "mine.yaml"]).err;
    for mistake in mistakes {
        for part in ["at", "message", "label", "help"] {
            let part = mistake[part].as_str().unwrap_or_default();
            assert!(printed.contains(part), "{part} is not in {printed}");
        }
    }
    let good = served.post("/api/check", &json!({ "name": "mine.yaml", "text": GOOD })).json();
    assert_eq!((&good["good"], good["mistakes"].as_array().unwrap().len()), (&json!(true), 0));
}

#[test]
fn a_run_has_a_report_and_is_compared_with_the_run_before() {
    let served = Served::start(&root(), &[]);
    let first = served.post("/api/run", &json!({ "name": "mine.yaml", "text": GOOD })).json();
    assert_eq!((&first["good"], &first["number"], &first["since"]), (&json!(true), &json!(1), &Value::Null));
    let page = served.get("/reports/1");
    assert!(page.body.contains("How long?") && page.body.contains("echarts"));
    for field in ["content-security-policy: sandbox allow-scripts; default-src 'none'", "x-frame-options: sameorigin"] {
        assert!(page.head.contains(field), "{field}: {}", page.head);
    }
    let slower = GOOD.replace("10000", "45000");
    let sent = json!({ "name": "mine.yaml", "text": slower, "seed": 7, "before": 1 });
    let second = served.post("/api/run", &sent).json();
    assert_eq!((&second["number"], &second["seed"]), (&json!(2), &json!(7)));
    let since = &second["since"];
    assert_eq!(since["run"], 1);
    let settings = since["settings"].as_array().unwrap();
    assert!(settings.iter().any(|it| it["name"] == "members.session.timeout.ms" && it["then"] != it["now"]), "{since}");
    let figures = since["figures"]["variants"][0]["figures"].as_array().unwrap();
    let pause = figures.iter().find(|it| it["title"] == "Longest single pause").unwrap();
    assert_eq!(pause["way"], "worse", "{pause}");
    assert!(pause["words"].as_str().unwrap().starts_with("worse: "), "{pause}");
    let sentence = since["figures"]["sentences"][0].as_str().unwrap();
    assert!(sentence.contains("worse in") && sentence.contains("“Longest single pause”"), "{sentence}");
    let failing = format!("{GOOD}expect: {{all: {{rebalances: 99}}}}\n");
    let third = served.post("/api/run", &json!({ "name": "mine.yaml", "text": failing })).json();
    assert_eq!(third["failed"][0]["line"], 6, "{third}");
    served.get("/reports/4").refused(404, "not kept");
    let wrong = served.post("/api/run", &json!({ "name": "mine.yaml", "text": "topics: 5\n" })).json();
    assert_eq!((&wrong["good"], wrong["mistakes"].as_array().unwrap().is_empty()), (&json!(false), false));
}

#[test]
fn pages_from_elsewhere_get_nothing() {
    let served = Served::start(&root(), &[]);
    let port = served.address.port();
    let own = format!("Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n");
    assert_eq!(served.ask("GET", "/", &own, "").status, 200);
    assert_eq!(served.ask("GET", "/", &format!("Host: localhost:{port}\r\n"), "").status, 200);
    for host in [format!("evil.example:{port}"), "127.0.0.1:1".to_owned(), "127.0.0.1".to_owned(), String::new()] {
        served.ask("GET", "/", &format!("Host: {host}\r\n"), "").refused(403, "not served under that name");
    }
    served.say(b"GET / HTTP/1.1\r\n\r\n").refused(400, "one host");
    for origin in ["http://evil.example", "null", "https://127.0.0.1"] {
        served.ask("GET", "/", &format!("Origin: {origin}\r\n"), "").refused(403, "from elsewhere");
    }
    for site in ["cross-site", "same-site"] {
        served.ask("GET", "/", &format!("Sec-Fetch-Site: {site}\r\n"), "").refused(403, "from elsewhere");
    }
    // What a form of another page could send, if its browser did not say where it is from.
    let body = json!({ "name": "a.yaml", "text": GOOD }).to_string();
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"] {
        served.ask("POST", "/api/run", kind, &body).refused(415, "Send JSON");
    }
    let preflight = served.ask("OPTIONS", "/api/run", "Origin: http://evil.example\r\n", "");
    assert!(preflight.status == 403 && !preflight.head.contains("access-control"), "{}", preflight.head);
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let directory = folder("serve-folder");
    let served = Served::start(&directory, &["inside"]);
    let listed = served.get("/api/scenarios").json();
    assert_eq!(listed["folder"], json!(["common.yaml", "deep/more.yaml", "mine.yaml"]));
    for good in ["mine.yaml", "deep/more.yaml", "deep%2Fmore.yaml", "%6Dine.yaml", "again.yaml"] {
        assert_eq!(served.get(&format!("/api/scenarios/folder/{good}")).body, GOOD, "{good}");
    }
    for out in [
        "../secret.yaml",
        "..%2Fsecret.yaml",
        "%2e%2e/secret.yaml",
        "%2E%2E%2Fsecret.yaml",
        "deep/../../secret.yaml",
        "deep/..%2f..%2fsecret.yaml",
        "..%5Csecret.yaml",
        "..\\secret.yaml",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "//etc/passwd.yaml",
        "./mine.yaml",
        ".hidden.yaml",
        "deep/.git/config.yaml",
        "notes.txt",
        "mine.yaml%00",
        "mine.yaml/",
        "",
    ] {
        let answer = served.get(&format!("/api/scenarios/folder/{out}"));
        answer.refused(403, "cannot be opened");
    }
    for out in ["out.yaml", "up/secret.yaml", "up/inside/out.yaml", "deep", "none.yaml", "mine.yaml/x.yaml"] {
        let answer = served.get(&format!("/api/scenarios/folder/{out}"));
        assert!(matches!(answer.status, 403 | 404) && !answer.body.contains("secret"), "{out}: {}", answer.body);
    }
    served.get("/api/scenarios/folder/%ff.yaml").refused(400, "no text");
    served.get("/api/scenarios/folder/%zz.yaml").refused(400, "no text");
    served.get("/api/scenarios/built-in/..%2f..%2fsecret").refused(404, "No scenario");
    served.get("/reports/../secret.yaml").refused(404, "not kept");
}

#[test]
fn what_is_included_lies_in_the_folder_as_well() {
    let directory = folder("serve-include");
    let served = Served::start(&directory, &["inside"]);
    let rest = GOOD.replace("topics: {orders: 6}\n", "");
    let included = |name: &str, path: &str| {
        let text = format!("include: {path}\n{rest}");
        served.post("/api/check", &json!({ "name": name, "text": text })).json()
    };
    assert_eq!(included("mine.yaml", "common.yaml")["good"], true);
    assert_eq!(included("deep/more.yaml", "../common.yaml")["good"], true);
    for (name, path) in [
        ("mine.yaml", "../secret.yaml"),
        ("mine.yaml", "out.yaml"),
        ("mine.yaml", "up/secret.yaml"),
        ("mine.yaml", "/etc/passwd"),
        ("mine.yaml", "notes.txt"),
        ("mine.yaml", ".hidden.yaml"),
        ("deep/more.yaml", "../../secret.yaml"),
        ("deep/more.yaml", "../../../../../../etc/passwd"),
    ] {
        let told = included(name, path);
        assert_eq!(told["good"], false, "{path}");
        assert!(!told.to_string().contains("secret:"), "{path}: {told}");
    }
    for name in ["../mine.yaml", "/mine.yaml", "", "mine", "a/../mine.yaml"] {
        served.post("/api/check", &json!({ "name": name, "text": GOOD })).refused(400, "cannot have this name");
    }
}

#[test]
fn what_is_no_request_of_ours_is_refused_in_a_sentence() {
    let served = Served::start(&root(), &[]);
    let host = format!("Host: {}\r\n", served.address);
    served.get("/nothing").refused(404, "nothing at this address");
    served.get("/api/check").refused(405, "Only POST");
    served.ask("POST", "/", "", "").refused(405, "Only GET");
    served.ask("PUT", "/api/run", "", "").refused(405, "Only POST");
    served.ask("DELETE", "/reports/1", "", "").refused(405, "Only GET");
    let json = "Content-Type: application/json\r\n";
    for bad in ["", "{", "[]", "{\"name\": \"a.yaml\"}", "{\"name\": \"a.yaml\", \"text\": 5}", &"[".repeat(100_000)] {
        served.ask("POST", "/api/check", json, bad).refused(400, "no scenario in JSON");
    }
    served.post("/api/check", &json!({ "name": "a.yaml", "text": "", "more": 1 })).refused(400, "no scenario in JSON");
    served.say(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").refused(400, "not HTTP");
    served.say(b"hello\r\n\r\n").refused(400, "not HTTP");
    let chunked = format!("POST /api/check HTTP/1.1\r\n{host}{json}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    served.say(chunked.as_bytes()).refused(411, "beforehand");
    served.say(format!("POST /api/check HTTP/1.1\r\n{host}{json}\r\n").as_bytes()).refused(411, "has a length");
    let twice = format!("POST /api/check HTTP/1.1\r\n{host}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}");
    served.say(twice.as_bytes()).refused(400, "said twice");
    served.is_well();
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let served = Served::start(&root(), &[]);
    let json = "Content-Type: application/json\r\n";
    let body = json!({ "name": "a.yaml", "text": "x".repeat(3 << 20) }).to_string();
    served.ask("POST", "/api/check", json, &body).refused(413, "longer than 2048 KiB");
    let told = format!("POST /api/check HTTP/1.1\r\nHost: {}\r\nContent-Length: 999999999999\r\n\r\n", served.address);
    served.say(told.as_bytes()).refused(413, "longer than");
    served.ask("GET", "/", &format!("X: {}\r\n", "x".repeat(20_000)), "").refused(431, "longer than 16384 bytes");
    served.ask("GET", "/", &"X: y\r\n".repeat(100), "").refused(431, "more than 64 fields");
    served.get(&format!("/{}", "x".repeat(2 << 20))).refused(431, "longer than 16384 bytes");
    let large = json!({ "name": "a.yaml", "text": "# \n".repeat(400_000) });
    let told = served.post("/api/check", &large).json();
    assert!(told["mistakes"][0]["message"].as_str().unwrap().contains("larger than 1024 KiB"), "{told}");
    served.is_well();
}

#[test]
fn who_speaks_slowly_or_not_at_all_keeps_nobody_waiting() {
    let served = Served::start(&root(), &[]);
    let mut slow = served.connect();
    let address = served.address;
    let speaker = thread::spawn(move || {
        let begun = Instant::now();
        let head = format!("GET / HTTP/1.1\r\nHost: {address}\r\nX: {}", "x".repeat(5_000));
        for byte in head.bytes() {
            if slow.write_all(&[byte]).is_err() || begun.elapsed() > PATIENCE {
                break;
            }
            thread::sleep(Duration::from_millis(100));
            // The answer may come before the request is at its end.
            slow.set_nonblocking(true).unwrap();
            let answered = slow.peek(&mut [0]).is_ok();
            slow.set_nonblocking(false).unwrap();
            if answered {
                break;
            }
        }
        Answer::read(slow)
    });
    let silent: Vec<TcpStream> = (0..10).map(|_| served.connect()).collect();
    let begun = Instant::now();
    served.is_well();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let crowd: Vec<TcpStream> = (0..31).map(|_| served.connect()).collect();
    thread::sleep(Duration::from_millis(200));
    served.get("/").refused(503, "32 connections already");
    drop((silent, crowd));
    let begun = Instant::now();
    while served.get("/").status == 503 {
        assert!(begun.elapsed() < PATIENCE, "connections that are closed make room");
    }
    speaker.join().unwrap().refused(408, "longer than 5 s");
    let half = served.connect();
    (&half).write_all(b"GET / HT").unwrap();
    half.shutdown(Shutdown::Write).unwrap();
    Answer::read(half).refused(400, "ended in its head");
}

#[test]
fn runs_end_in_time_and_there_is_one_of_them() {
    let served = Served::start(&root(), &["--stop-after", "2s"]);
    let endless = json!({ "name": "a.yaml", "text": ENDLESS });
    let begun = Instant::now();
    thread::scope(|scope| {
        let long = scope.spawn(|| served.post("/api/run", &endless));
        thread::sleep(Duration::from_millis(700));
        served.post("/api/run", &endless).refused(429, "Another run is under way");
        served.is_well();
        long.join().unwrap().refused(422, "stopped after 2 s");
    });
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    thread::scope(|scope| {
        let long = scope.spawn(|| served.post("/api/run", &endless));
        thread::sleep(Duration::from_millis(500));
        served.post("/api/stop", &json!({})).json();
        assert_eq!(long.join().unwrap().json()["stopped"], true);
    });
    let many = GOOD.replace("count: 3", "count: 20001");
    served.post("/api/run", &json!({ "name": "a.yaml", "text": many })).refused(422, "20001 members");
    let wide = GOOD.replace("orders: 6", "orders: 200001");
    served.post("/api/run", &json!({ "name": "a.yaml", "text": wide })).refused(422, "200001 partitions");
    let number = served.post("/api/run", &json!({ "name": "a.yaml", "text": GOOD })).json()["number"].clone();
    assert_eq!(number, 1, "and then the next one is run");
    for _ in 0..6 {
        served.post("/api/run", &json!({ "name": "a.yaml", "text": GOOD })).json();
    }
    served.get("/reports/1").refused(404, "not kept");
    assert_eq!(served.get("/reports/2").status, 200);
}

#[test]
fn what_cannot_be_served_is_said_with_exit_code_2() {
    let directory = scratch("serve-arguments");
    fs::write(directory.join("file.yaml"), GOOD).unwrap();
    let served = Served::start(&root(), &[]);
    let taken = served.address.port().to_string();
    for (arguments, part) in [
        (vec!["serve", "nowhere"], "cannot read `nowhere`"),
        (vec!["serve", "file.yaml"], "`file.yaml` is no folder"),
        (vec!["serve", "--port", &taken], "cannot listen on 127.0.0.1:"),
        (vec!["serve", "--port", "99999"], "99999"),
        (vec!["serve", "--listen", "192.0.2.1", "--port", "0"], "cannot listen on 192.0.2.1:0"),
        (vec!["serve", "--listen", "everywhere"], "everywhere"),
        (vec!["serve", "--stop-after", "long"], "expected a time"),
    ] {
        let ran = rehearsal_in(&directory, &arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn to_listen_to_others_is_warned_of_in_one_line() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
    command.args(["serve", "--port", "0", "--listen", "0.0.0.0"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    let mut warned = String::new();
    child.stderr.take().unwrap().read_to_string(&mut warned).unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("rehearsal is at http://0.0.0.0:"), "{line}");
    assert!(warned.starts_with("warning: who reaches 0.0.0.0") && warned.lines().count() == 1, "{warned}");
}
