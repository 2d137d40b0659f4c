//! Who may ask: the page that this command serves, and who types its address.
//!
//! Contract: a page from elsewhere that runs in the same browser gets nothing and starts nothing. Against a name that
//! is made to lead here (DNS rebinding) stands `Host`, which must be an address and our port; against requests across
//! origins stand `Origin` and `Sec-Fetch-Site` (Fetch Metadata), which browsers let no page forge. A command line that
//! sends neither may ask: whoever has one needs no page. Nothing here says that others may read answers (no CORS).

use std::net::IpAddr;

use super::http::{Answer, Request};

const FORBIDDEN: (u16, &str) = (403, "Forbidden");

/// Where we listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: IpAddr,
    pub(super) port: u16,
}

/// Lets a request in.
///
/// # Errors
/// Why not, as the answer to it.
pub(super) fn admit(request: &Request, at: Place) -> Result<(), Answer> {
    let hosts: Vec<&str> = request.field("host").collect();
    let [host] = hosts[..] else {
        return Err(Answer::refusal((400, "Bad Request"), "A request names one host."));
    };
    if !is_ours(host, at) {
        let sentence = "This is not served under that name; use the address that the command printed.";
        return Err(Answer::refusal(FORBIDDEN, sentence));
    }
    let own = format!("http://{host}");
    if request.field("origin").any(|origin| !origin.eq_ignore_ascii_case(&own)) {
        return Err(Answer::refusal(FORBIDDEN, "Pages from elsewhere may not ask for anything here."));
    }
    // `none`: somebody typed the address, or chose a bookmark.
    if request.field("sec-fetch-site").any(|site| site != "same-origin" && site != "none") {
        let sentence = "Pages from elsewhere may not lead here; type the address that the command printed.";
        return Err(Answer::refusal(FORBIDDEN, sentence));
    }
    Ok(())
}

/// Whether a host is an address with our port. Names other than `localhost` could be anybody's.
fn is_ours(host: &str, at: Place) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        // The port of HTTP is left out.
        None => (host, "80"),
        Some(_) if host.ends_with(']') => (host, "80"),
        Some(parts) => parts,
    };
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || port.parse() != Ok(at.port) {
        return false;
    }
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = match name.strip_prefix('[') {
        Some(name) => name.strip_suffix(']').and_then(|name| name.parse().ok().map(IpAddr::V6)),
        None => name.parse().ok().map(IpAddr::V4),
    };
    address.is_some_and(|address| !at.address.is_loopback() || address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[(&str, &str)], listen: &str) -> u16 {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let at = Place { address: listen.parse().unwrap(), port: 7878 };
        admit(&Request { fields, ..Request::default() }, at).map_or_else(|answer| answer.status.0, |()| 200)
    }

    #[test]
    fn a_host_is_an_address_with_our_port() {
        for good in ["127.0.0.1:7878", "localhost:7878", "LocalHost:7878", "[::1]:7878", "127.0.0.2:7878"] {
            assert_eq!(asked(&[("host", good)], "127.0.0.1"), 200, "{good}");
        }
        let bad = [
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:",
            "127.0.0.1:+7878",
            "evil.example:7878",
            "127.0.0.1.evil.example:7878",
            "localhost.evil.example:7878",
            "10.0.0.7:7878",
            "::1:7878",
            "[::1]",
            "[10.0.0.7]:7878",
            "user@127.0.0.1:7878",
            "127.1:7878",
            "",
            ":7878",
        ];
        for bad in bad {
            assert_eq!(asked(&[("host", bad)], "127.0.0.1"), 403, "{bad}");
        }
        assert_eq!(asked(&[], "127.0.0.1"), 400);
        assert_eq!(asked(&[("host", "localhost:7878"), ("host", "localhost:7878")], "127.0.0.1"), 400);
    }

    #[test]
    fn who_listens_to_other_machines_is_called_by_any_address_and_by_no_name() {
        assert_eq!(asked(&[("host", "10.0.0.7:7878")], "0.0.0.0"), 200);
        assert_eq!(asked(&[("host", "evil.example:7878")], "0.0.0.0"), 403);
    }

    #[test]
    fn origins_and_sites_are_ours_or_not_said() {
        let with = |name: &str, value: &str| asked(&[("host", "127.0.0.1:7878"), (name, value)], "127.0.0.1");
        assert_eq!(with("origin", "http://127.0.0.1:7878"), 200);
        for bad in [
            "null",
            "http://evil.example",
            "https://127.0.0.1:7878",
            "http://127.0.0.1:8080",
            "http://localhost:7878",
            "",
        ] {
            assert_eq!(with("origin", bad), 403, "{bad}");
        }
        for (site, status) in [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("", 403)]
        {
            assert_eq!(with("sec-fetch-site", site), status, "{site}");
        }
    }
}
