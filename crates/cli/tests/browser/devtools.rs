//! A browser of our own.
//!
//! Contract: one page in one browser, which ends with it. Requests and answers are those of the Chrome DevTools
//! Protocol (<https://chromedevtools.github.io/devtools-protocol/>), as JSON with a zero byte after each, through a
//! pair of pipes (`--remote-debugging-pipe`): no port, no socket.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Nothing that is asked of the browser may take longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the browser may be called.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    next: u64,
    /// What the page complained of.
    complaints: Vec<String>,
    loaded: bool,
}

impl Browser {
    /// Starts a browser; none if there is none on this machine, which `CI` does not allow.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let found = NAMES.into_iter().find(|name| {
            let mut version = Command::new(name);
            version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            version.status().is_ok_and(|status| status.success())
        });
        let Some(binary) = found else {
            assert!(std::env::var_os("CI").is_none(), "Chromium is missing: apt-get install chromium");
            eprintln!("not tested: pages in a browser. Install Chromium for it: apt-get install chromium");
            return None;
        };
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("profile-{name}"));
        let _ = std::fs::remove_dir_all(&profile);
        // The browser reads requests from file 3 and writes answers to file 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1", binary])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"])
            .args(["--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, from) = channel();
        thread::spawn(move || {
            for message in BufReader::new(out).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { break };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self { child, to, from, session: None, next: 0, complaints: Vec::new(), loaded: false };
        let target = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let session = browser.ask("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }));
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.ask(domain, &json!({}));
        }
        Some(browser)
    }

    /// Asks for something and waits for the answer.
    pub(crate) fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.next += 1;
        let mut request = json!({ "id": self.next, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.to.write_all(request.to_string().as_bytes()).unwrap();
        self.to.write_all(&[0]).unwrap();
        self.to.flush().unwrap();
        loop {
            let mut message = self.hear(method);
            if message["id"] == self.next {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
        }
    }

    /// The next message; what the page complains of is noted.
    fn hear(&mut self, waiting_for: &str) -> Value {
        let message = self.from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no answer to {waiting_for}"));
        let parameters = &message["params"];
        match message["method"].as_str() {
            Some("Page.loadEventFired") => self.loaded = true,
            Some("Page.javascriptDialogOpening") => self.complaints.push(format!("a dialog: {parameters}")),
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(parameters["exceptionDetails"]["exception"]["description"].to_string());
            }
            Some("Runtime.consoleAPICalled") if parameters["type"] != "log" && parameters["type"] != "debug" => {
                self.complaints.push(format!("{}: {}", parameters["type"], parameters["args"]));
            }
            Some("Log.entryAdded") if parameters["entry"]["level"] != "verbose" => {
                self.complaints.push(parameters["entry"].to_string());
            }
            _ => {}
        }
        message
    }

    /// Sets the size of the window, in pixels, and which colours its owner prefers.
    pub(crate) fn dress(&mut self, width: u32, height: u32, colours: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
        let wishes = [("prefers-color-scheme", colours), ("prefers-reduced-motion", "reduce")];
        let wishes = wishes.map(|(name, value)| json!({ "name": name, "value": value }));
        self.ask("Emulation.setEmulatedMedia", &json!({ "features": wishes }));
    }

    /// Opens a page and waits until its scripts say that it is ready; how many milliseconds that took.
    pub(crate) fn open(&mut self, address: &str) -> f64 {
        // Away first: an address that differs by its fragment only would be no other page.
        for url in ["about:blank", address] {
            self.loaded = false;
            self.ask("Page.navigate", &json!({ "url": url }));
            while !self.loaded {
                self.hear("the page");
            }
        }
        let ready = self.evaluate(
            "new Promise(done => { const look = () => document.documentElement.dataset.ready ? \
             done([document.documentElement.dataset.ready, performance.now()]) : setTimeout(look, 5); look(); })",
        );
        assert_eq!(ready[0], "yes", "{:?}", self.complaints);
        ready[1].as_f64().unwrap()
    }

    /// The value of a JavaScript expression, waited for if it is a promise.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let question = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.ask("Runtime.evaluate", &question);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Scrolls an element into the middle of the window; where its middle is then.
    pub(crate) fn find(&mut self, selector: &str) -> (f64, f64) {
        let place = self.evaluate(&format!(
            "(() => {{ const it = document.querySelector({selector:?}); \
             it.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
             const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        self.frame();
        (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
    }

    /// The same so far below its upper edge.
    pub(crate) fn find_below(&mut self, selector: &str, below: f64) -> (f64, f64) {
        let (x, _) = self.find(selector);
        let top = self.evaluate(&format!("document.querySelector({selector:?}).getBoundingClientRect().top"));
        (x, top.as_f64().unwrap() + below)
    }

    /// Moves the pointer.
    pub(crate) fn point(&mut self, (x, y): (f64, f64)) {
        self.ask("Input.dispatchMouseEvent", &json!({ "type": "mouseMoved", "x": x, "y": y }));
        self.frame();
    }

    /// Presses and releases the button of the mouse.
    pub(crate) fn click(&mut self, (x, y): (f64, f64)) {
        self.point((x, y));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", &event);
        }
        self.frame();
    }

    /// Turns the wheel with the Ctrl key held.
    pub(crate) fn zoom(&mut self, (x, y): (f64, f64)) {
        const CONTROL: u32 = 2;
        let event = json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": -240, "modifiers": CONTROL });
        self.ask("Input.dispatchMouseEvent", &event);
        self.frame();
    }

    /// Waits until what is due is drawn.
    pub(crate) fn frame(&mut self) {
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
    }

    /// What the page has complained of so far.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
