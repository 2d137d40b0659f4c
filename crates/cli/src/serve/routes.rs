//! What is asked for, and the answer.
//!
//! | method and path | answer |
//! |---|---|
//! | `GET /`, `/app.js`, `/app.css` | the page |
//! | `GET /api/scenarios` | the names of all scenarios: those that come with the command, those in the folder |
//! | `GET /api/scenarios/built-in/NAME`, `/api/scenarios/folder/PATH` | the text of one |
//! | `POST /api/check` | `{name, text}`: what is wrong with it |
//! | `POST /api/run` | `{name, text, seed, before}`: what came out, and what has changed since the run `before` |
//! | `POST /api/stop` | stops the run that is under way |
//! | `GET /reports/NUMBER` | the report of a run |

use scenario::{Files, MAX_FILE_BYTES};
use serde::Deserialize;
use serde_json::json;

use super::desk::Desk;
use super::folder;
use super::http::{Answer, JSON, Request, TEXT, decoded};
use crate::shipped::SHIPPED;

const PAGE: &str = include_str!("../../assets/serve/index.html");
const SCRIPT: &str = include_str!("../../assets/serve/app.js");
const STYLE: &str = include_str!("../../assets/serve/app.css");

/// What the page may do: run its own script, ask us, and show our reports.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; \
                           img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What a report may do: draw itself. It has an origin of its own, from which nothing here can be asked for.
const REPORT_POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; \
                             style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                             frame-ancestors 'self'";

const BAD: (u16, &str) = (400, "Bad Request");
const NOT_FOUND: (u16, &str) = (404, "Not Found");

/// A scenario that is being edited.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    name: String,
    text: String,
    seed: Option<u64>,
    before: Option<u64>,
}

/// Answers a request from who may ask.
pub(super) fn answer(request: &Request, desk: &Desk) -> Answer {
    let path = request.path.as_str();
    match path {
        "/api/check" | "/api/run" | "/api/stop" => match request.method.as_str() {
            "POST" => posted(path, request, desk),
            _ => wrong_method("POST"),
        },
        _ if request.method != "GET" => wrong_method("GET"),
        "/" => page(),
        "/app.js" => Answer::good("text/javascript; charset=utf-8", SCRIPT),
        "/app.css" => Answer::good("text/css; charset=utf-8", STYLE),
        "/api/scenarios" => list(desk),
        _ => {
            let part = |start: &str| path.strip_prefix(start);
            if let Some(name) = part("/api/scenarios/built-in/") {
                built_in(name)
            } else if let Some(path) = part("/api/scenarios/folder/") {
                in_folder(path, desk)
            } else if let Some(number) = part("/reports/") {
                report(number, desk)
            } else {
                Answer::refusal(NOT_FOUND, "There is nothing at this address.")
            }
        }
    }
}

fn wrong_method(allowed: &'static str) -> Answer {
    let sentence = format!("Only {allowed} is understood at this address.");
    Answer::refusal((405, "Method Not Allowed"), sentence).with("Allow", allowed)
}

fn page() -> Answer {
    Answer::good("text/html; charset=utf-8", PAGE).with("Content-Security-Policy", PAGE_POLICY)
}

fn list(desk: &Desk) -> Answer {
    let built_in: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
    Answer::good(JSON, json!({ "built_in": built_in, "folder": desk.folder.list() }).to_string())
}

fn built_in(name: &str) -> Answer {
    match SHIPPED.iter().find(|shipped| shipped.name == name) {
        Some(shipped) => Answer::good(TEXT, shipped.text),
        None => Answer::refusal(NOT_FOUND, "No scenario of this name comes with the command."),
    }
}

fn in_folder(path: &str, desk: &Desk) -> Answer {
    let Some(path) = decoded(path) else { return Answer::refusal(BAD, "The address is no text.") };
    let refused = |status, why: &str| Answer::refusal(status, format!("This cannot be opened: {why}."));
    if let Err(why) = folder::check(&path) {
        return refused((403, "Forbidden"), &why);
    }
    match desk.folder.read(&path, MAX_FILE_BYTES) {
        Err(why) => refused(NOT_FOUND, &why),
        Ok(bytes) if bytes.len() > MAX_FILE_BYTES => refused((422, "Unprocessable Content"), "it is too large"),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Answer::good(TEXT, text),
            Err(_) => refused((422, "Unprocessable Content"), "it is not UTF-8 text"),
        },
    }
}

fn report(number: &str, desk: &Desk) -> Answer {
    match number.parse().ok().and_then(|number| desk.page(number)) {
        None => Answer::refusal(NOT_FOUND, "This run is not kept any more; run the scenario again."),
        Some(page) => Answer::good("text/html; charset=utf-8", page)
            .with("Content-Security-Policy", REPORT_POLICY)
            .with("X-Frame-Options", "SAMEORIGIN"),
    }
}

/// What changes something or takes time. That it must be JSON keeps out forms of other pages, which cannot send it.
fn posted(path: &str, request: &Request, desk: &Desk) -> Answer {
    let is_json = |kind: &str| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON));
    if !request.field("content-type").all(is_json) || request.field("content-type").count() != 1 {
        return Answer::refusal((415, "Unsupported Media Type"), "Send JSON, and say so (application/json).");
    }
    if path == "/api/stop" {
        return desk.stop();
    }
    let sent: Sent = match serde_json::from_slice(&request.body) {
        Ok(sent) => sent,
        Err(error) => return Answer::refusal(BAD, format!("The body is no scenario in JSON: {error}.")),
    };
    if let Err(why) = folder::check(&sent.name) {
        return Answer::refusal(BAD, format!("The scenario cannot have this name: {why}."));
    }
    match path {
        "/api/check" => desk.check(&sent.name, &sent.text),
        _ => desk.run(&sent.name, &sent.text, sent.seed, sent.before),
    }
}
