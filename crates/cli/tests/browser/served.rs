//! `rehearsal serve` as somebody uses it: a mistake, its message, mended, run, changed, run again, compared.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::devtools::Browser;

/// Nothing on the page may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command, serving.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehearsal"));
        command.args(["serve", "--port", "0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until an expression is true.
fn wait(browser: &mut Browser, expression: &str) {
    let begun = Instant::now();
    while browser.evaluate(expression) != true {
        let seen = browser.evaluate("document.getElementById('verdict').textContent + state.textContent");
        assert!(begun.elapsed() < PATIENCE, "never: {expression}; {seen}; {:?}", browser.complaints());
        browser.evaluate("new Promise(done => setTimeout(done, 20))");
    }
}

/// Replaces a part of the text with the keyboard, as a person would.
fn replace(browser: &mut Browser, from: &str, to: &str) {
    let (from, to) = (json!(from), json!(to));
    let found = browser.evaluate(&format!(
        "(() => {{ const place = text.value.indexOf({from}); text.focus(); \
         text.setSelectionRange(place, place + {from}.length); return place >= 0; }})()"
    ));
    assert_eq!(found, true, "{from}");
    browser.ask("Input.insertText", &json!({ "text": to }));
}

fn text(browser: &mut Browser, selector: &str) -> String {
    let told = browser.evaluate(&format!("document.querySelector({selector:?}).textContent"));
    told.as_str().unwrap().to_owned()
}

#[test]
fn a_scenario_is_edited_mended_run_changed_and_compared() {
    let Some(mut browser) = Browser::start("served") else { return };
    let served = Served::start();
    browser.dress(1440, 1000, "light");
    browser.open(&served.address);
    wait(&mut browser, "verdict.className === 'good'");
    let line =
        browser.evaluate("text.value.split('\\n').findIndex(line => line.includes('heartbeat.interval.ms')) + 1");

    replace(&mut browser, "heartbeat.interval.ms", "heartbeat.interval");
    wait(&mut browser, "verdict.className === 'bad'");
    assert_eq!(text(&mut browser, "#verdict"), "1 mistake.");
    let told = text(&mut browser, "#mistakes button");
    let place = format!("kill-one-of-three.yaml:{line}:");
    assert!(told.contains(&place) && told.contains("did you mean `heartbeat.interval.ms`?"), "{told}");
    assert_eq!(text(&mut browser, "#behind mark.error"), "heartbeat.interval", "what is wrong is underlined");
    assert!(text(&mut browser, "#behind .note.error").contains("has no key"), "and said at the end of its line");
    assert_eq!(json!(text(&mut browser, "#numbers b").trim()), json!(line.to_string()));
    assert_eq!(browser.evaluate("document.getElementById('run').disabled"), true);
    let mistake = browser.find("#mistakes button");
    browser.click(mistake);
    let chosen = browser.evaluate("text.value.slice(text.selectionStart, text.selectionEnd)");
    assert_eq!(chosen, "heartbeat.interval", "a mistake leads to its place");

    browser.ask("Input.insertText", &json!({ "text": "heartbeat.interval.ms" }));
    wait(&mut browser, "verdict.className === 'good'");
    assert_eq!(browser.evaluate("document.getElementById('restore').disabled"), true, "all is as it was");
    let run = browser.find("#run");
    browser.click(run);
    wait(&mut browser, "state.textContent.startsWith('Run 1 of kill-one-of-three.yaml')");
    assert!(text(&mut browser, "#state").ends_with("all is as the scenario expects."));
    report_is_shown(&mut browser, 1);
    assert_eq!(browser.evaluate("document.getElementById('since').hidden"), true);

    replace(&mut browser, "session.timeout.ms: 10000", "session.timeout.ms: 30000");
    wait(&mut browser, "verdict.className === 'good'");
    browser.click(run);
    wait(&mut browser, "state.textContent.startsWith('Run 2')");
    report_is_shown(&mut browser, 2);
    assert_eq!(text(&mut browser, "#since-title"), "Compared with run 1");
    assert!(text(&mut browser, "#changes").contains("session.timeout.ms"), "what was changed");
    assert!(text(&mut browser, "#sentences").contains("worse in “"), "and what came of it");
    assert!(text(&mut browser, "#figures td.worse").starts_with("worse: "));
    assert!(text(&mut browser, "#failed").contains("pause-longest"), "and what is no longer as expected");
    usable(&mut browser);
    report_by_itself(&mut browser, &format!("{}reports/2", served.address));
    assert_eq!(browser.complaints(), [""; 0]);
}

/// A report does all it does under the policy that keeps it from the page around it.
fn report_by_itself(browser: &mut Browser, address: &str) {
    browser.open(address);
    assert_eq!(browser.evaluate("origin"), "null", "it is of no origin");
    let entry = browser.find("#happenings > li button");
    browser.click(entry);
    assert_eq!(browser.evaluate("LANES.marked() !== null"), true);
}

/// The report of a run is in its frame, which has nothing to do with the page around it.
fn report_is_shown(browser: &mut Browser, number: u64) {
    wait(browser, &format!("report.src.endsWith('/reports/{number}') && !report.hidden"));
    assert_eq!(browser.evaluate("report.contentDocument"), Value::Null, "a frame of its own origin");
    let size = browser.evaluate("[report.clientWidth > 600, report.clientHeight > 600]");
    assert_eq!(size, json!([true, true]));
}

/// It is as wide as the window, names what can be used, and forgets nothing that was typed.
fn usable(browser: &mut Browser) {
    for (width, colours) in [(390, "dark"), (1440, "light")] {
        browser.dress(width, 900, colours);
        let too_wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(too_wide.as_i64().unwrap() <= 0, "{too_wide} pixels too wide at {width}");
    }
    let nameless = browser.evaluate(
        "[...document.querySelectorAll('button, select, input, textarea, iframe')].filter(it => !(it.textContent.trim() \
         || it.title || it.labels?.length || it.getAttribute('aria-labelledby'))).map(it => it.outerHTML)",
    );
    assert_eq!(nameless, json!([]));
    let mine = browser.evaluate("text.value");
    browser.evaluate("pick('built-in/rolling-restart')");
    assert!(text(browser, "#name").contains("rolling-restart"));
    browser.evaluate("pick('built-in/kill-one-of-three')");
    assert_eq!(browser.evaluate("text.value"), mine);
    let button = browser.find("#restore");
    browser.click(button);
    assert_ne!(browser.evaluate("text.value"), mine);
    wait(browser, "verdict.className === 'good'");
}
