//! One request and one answer on a connection (HTTP/1.1, RFC 9112), with a bound on everything.
//!
//! Contract: a connection carries one exchange and is closed. Nobody can make it take more than [`HEAD_BYTES`] and
//! [`BODY_BYTES`] of memory, or more than [`PATIENCE`] to say what it wants, however slowly it speaks. `httparse` takes
//! the head apart. Left out on purpose: connections that are kept, bodies in chunks, compression, TLS: this speaks to a
//! browser on the same machine.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// The largest head of a request, in bytes; browsers send under a thousand.
pub(super) const HEAD_BYTES: usize = 16 << 10;
/// The largest body, in bytes: a scenario of the greatest length that is read, as JSON.
pub(super) const BODY_BYTES: usize = 2 << 20;
/// Most fields in a head.
const FIELDS: usize = 64;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer may take to be read.
const PATIENCE_TO_ANSWER: Duration = Duration::from_secs(60);
/// For how long, and how many bytes, the rest of a refused request is listened to: without it the refusal is lost.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 8 << 20;

/// What somebody asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// `GET`, `POST`.
    pub(super) method: String,
    /// The path as it was sent, without what follows a question mark.
    pub(super) path: String,
    /// Name in small letters, and value.
    pub(super) fields: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The values of a field, by its name in small letters.
    pub(super) fn field<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status code, and its name.
    pub(super) status: (u16, &'static str),
    /// What the body is.
    pub(super) kind: &'static str,
    /// Fields beside those that every answer has.
    pub(super) fields: Vec<(&'static str, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// Plain text.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
/// JSON.
pub(super) const JSON: &str = "application/json";

impl Answer {
    /// What was asked for.
    pub(super) fn good(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: (200, "OK"), kind, fields: Vec::new(), body: body.into() }
    }

    /// Why not, in one sentence.
    pub(super) fn refusal(status: (u16, &'static str), sentence: impl AsRef<str>) -> Self {
        Self { status, kind: TEXT, fields: Vec::new(), body: format!("{}\n", sentence.as_ref()).into_bytes() }
    }

    /// The same with one more field.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// Reads a request; none if nobody says anything. What is wrong with it is the answer to it.
pub(super) fn read(stream: &mut TcpStream) -> Result<Option<Request>, Answer> {
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let (mut request, length, head) = loop {
        if !bytes.is_empty() {
            if let Some(parsed) = parse(&bytes)? {
                break parsed;
            }
            if bytes.len() > HEAD_BYTES {
                return Err(too_long());
            }
        }
        match more(stream, &mut bytes, HEAD_BYTES, deadline) {
            Ok(0) if bytes.is_empty() => return Ok(None),
            Ok(0) => return Err(Answer::refusal((400, "Bad Request"), "The request ended in its head.")),
            Ok(_) => {}
            Err(error) if bytes.is_empty() || !is_late(&error) => return Ok(None),
            Err(_) => return Err(late()),
        }
    };
    if head > HEAD_BYTES {
        return Err(too_long());
    }
    request.body = bytes.split_off(head);
    while request.body.len() < length {
        match more(stream, &mut request.body, length, deadline) {
            Ok(0) => return Err(Answer::refusal((400, "Bad Request"), "The request ended in its body.")),
            Ok(_) => {}
            Err(error) if is_late(&error) => return Err(late()),
            Err(_) => return Ok(None),
        }
    }
    request.body.truncate(length);
    Ok(Some(request))
}

fn too_long() -> Answer {
    let sentence = format!("The head of the request is longer than {HEAD_BYTES} bytes.");
    Answer::refusal((431, "Request Header Fields Too Large"), sentence)
}

fn late() -> Answer {
    Answer::refusal((408, "Request Timeout"), format!("The request took longer than {} s.", PATIENCE.as_secs()))
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Reads what is there, at most until there are `most` bytes and one; how many came.
fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>, most: usize, deadline: Instant) -> io::Result<usize> {
    let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
    stream.set_read_timeout(Some(left.ok_or(ErrorKind::TimedOut)?))?;
    let mut buffer = [0; 8 << 10];
    let wanted = (most + 1 - bytes.len().min(most)).min(buffer.len());
    loop {
        match stream.read(&mut buffer[..wanted]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(count) => {
                bytes.extend_from_slice(&buffer[..count]);
                return Ok(count);
            }
        }
    }
}

/// The request without its body, the length of the body, and where it begins; none if the head is not complete.
fn parse(bytes: &[u8]) -> Result<Option<(Request, usize, usize)>, Answer> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let end = match head.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            let sentence = format!("The head of the request has more than {FIELDS} fields.");
            return Err(Answer::refusal((431, "Request Header Fields Too Large"), sentence));
        }
        Err(error) => return Err(Answer::refusal((400, "Bad Request"), format!("This is not HTTP: {error}."))),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let target = head.path.unwrap_or_default();
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: target.split(['?', '#']).next().unwrap_or_default().to_owned(),
        fields: head.headers.iter().map(|it| (it.name.to_ascii_lowercase(), text(it.value))).collect(),
        body: Vec::new(),
    };
    let length = length(&request)?;
    Ok(Some((request, length, end)))
}

/// How long the body is.
fn length(request: &Request) -> Result<usize, Answer> {
    if request.field("transfer-encoding").next().is_some() {
        return Err(Answer::refusal((411, "Length Required"), "The length of the body must be said beforehand."));
    }
    let said: Vec<&str> = request.field("content-length").collect();
    let [said] = said[..] else {
        return match said.is_empty() {
            true if request.method == "POST" => Err(Answer::refusal((411, "Length Required"), "A POST has a length.")),
            true => Ok(0),
            false => Err(Answer::refusal((400, "Bad Request"), "The length of the body is said twice.")),
        };
    };
    if said.is_empty() || !said.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Answer::refusal((400, "Bad Request"), "The length of the body is no number."));
    }
    // Numbers that are too large to be one are too large a body as well.
    said.parse().ok().filter(|length| *length <= BODY_BYTES).ok_or_else(|| {
        let sentence = format!("The body of the request is longer than {} KiB.", BODY_BYTES >> 10);
        Answer::refusal((413, "Content Too Large"), sentence)
    })
}

/// Fields of every answer: it is for the page that asked, on this machine, and for nobody else.
const ALWAYS: &str = "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
                      Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n\
                      Cross-Origin-Opener-Policy: same-origin\r\n";
/// What an answer may do that says nothing about it: nothing.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Writes the answer and ends the connection, in a way that lets the other side read it. If it does not, nothing can be
/// done about it.
pub(super) fn answer(stream: &mut TcpStream, answer: &Answer) {
    let Answer { status: (code, name), kind, fields, body } = answer;
    let mut head = format!("HTTP/1.1 {code} {name}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    head += ALWAYS;
    for (name, value) in fields {
        head += &format!("{name}: {value}\r\n");
    }
    for (name, value) in [("Content-Security-Policy", POLICY), ("X-Frame-Options", "DENY")] {
        if !fields.iter().any(|(known, _)| *known == name) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    head += "\r\n";
    let deadline = Instant::now() + PATIENCE_TO_ANSWER;
    let written = write(stream, head.as_bytes(), deadline).and_then(|()| write(stream, body, deadline));
    if written.is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
        linger(stream);
    }
}

fn write(stream: &mut TcpStream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        stream.set_write_timeout(Some(left.ok_or(ErrorKind::TimedOut)?))?;
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Listens to what still comes, and forgets it: a connection that is closed with something unread takes back the
/// answer.
fn linger(stream: &mut TcpStream) {
    let deadline = Instant::now() + LINGER;
    let mut heard = 0;
    let mut bytes = Vec::new();
    while heard < LINGER_BYTES {
        bytes.clear();
        match more(stream, &mut bytes, HEAD_BYTES, deadline) {
            Ok(count) if count > 0 => heard += count,
            _ => break,
        }
    }
}

/// A text whose percent signs are resolved (RFC 3986, 2.1); none if it then is no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        plain.push(match byte {
            b'%' => digit(bytes.next())? << 4 | digit(bytes.next())?,
            byte => byte,
        });
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(head: &str) -> u16 {
        match parse(head.as_bytes()) {
            Ok(Some(_)) => 200,
            Ok(None) => 100,
            Err(answer) => answer.status.0,
        }
    }

    #[test]
    fn a_head_is_taken_apart() {
        let text = "POST /api/check?x=1 HTTP/1.1\r\nHost: a\r\nContent-LENGTH: 2\r\nX: \r\n\r\n{}";
        let (request, length, head) = parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/check"));
        assert_eq!((length, &text[head..]), (2, "{}"));
        assert_eq!(request.field("host").collect::<Vec<_>>(), ["a"]);
        assert_eq!(request.field("x").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn heads_that_are_wrong_say_what_is() {
        assert_eq!(status("GET / HTTP/1.1\r\n"), 100);
        assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), 200);
        assert_eq!(status("\x16\x03\x01\x02"), 400, "TLS");
        assert_eq!(status("POST / HTTP/1.1\r\n\r\n"), 411);
        assert_eq!(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 411);
        assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400);
        assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"), 400);
        assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"), 413);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(FIELDS + 1))), 431);
    }

    #[test]
    fn percent_signs_are_resolved_once_and_only_to_text() {
        assert_eq!(decoded("a%20b%2Fc%252e"), Some("a b/c%2e".to_owned()));
        assert_eq!(decoded("%C3%A9"), Some("é".to_owned()));
        for bad in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }
}
