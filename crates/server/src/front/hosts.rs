//! The names under which a port answers.
//!
//! A request for another name was misdirected or forged (a `Host` header that ends up in links, DNS
//! rebinding against a port on loopback), so it is refused before anybody builds an address from it.

use axum::extract::Request;
use http::header::HOST;
use url::Url;

/// What the names say about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostVerdict {
    /// One of ours.
    Ours,
    /// No name, several, or no name at all in what stands there.
    Malformed,
    /// Somebody else's.
    Foreign,
}

/// The names of one port, in lower case, each with its port unless that is the scheme's own.
#[derive(Clone, Debug)]
pub struct Hosts {
    names: Vec<String>,
    is_any: bool,
}

impl Hosts {
    /// The public addresses' names and further ones. A port that only this machine can reach
    /// answers to the loopback names too.
    pub fn new<'a>(
        public_urls: impl IntoIterator<Item = &'a Url>,
        extra: &[String],
        loopback_port: Option<u16>,
    ) -> Self {
        let mut names: Vec<String> = extra.iter().map(|name| name.to_ascii_lowercase()).collect();
        let public = public_urls.into_iter().filter_map(|url| {
            let host = url.host_str()?;
            Some(match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            })
        });
        names.extend(public);
        if let Some(port) = loopback_port {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")));
        }
        Self {
            names,
            is_any: false,
        }
    }

    /// Any name, for a port that builds no address and says by the asker's address who may ask.
    pub fn any() -> Self {
        Self {
            names: Vec::new(),
            is_any: true,
        }
    }

    /// Judges the host that a request names.
    pub(crate) fn judge<B>(&self, request: &http::Request<B>) -> HostVerdict {
        // HTTP/2 names it in the address, HTTP/1.1 in a header; one that does both must agree with
        // itself (RFC 9113 §8.3.1, RFC 9112 §3.2.2).
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        let mut headers = request.headers().get_all(HOST).iter();
        let header = match (headers.next(), headers.next()) {
            (None, _) => None,
            (Some(value), None) => match value.to_str() {
                Ok(text) => Some(text),
                Err(_) => return HostVerdict::Malformed,
            },
            (Some(_), Some(_)) => return HostVerdict::Malformed,
        };
        let name = match (authority, header) {
            (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b) => return HostVerdict::Malformed,
            (Some(name), _) | (None, Some(name)) => name,
            (None, None) => return HostVerdict::Malformed,
        };
        if name.is_empty() || name.contains('@') {
            return HostVerdict::Malformed;
        }
        let plain = without_default_port(name);
        let ours =
            |known: &String| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(plain);
        if self.is_any || self.names.iter().any(ours) {
            HostVerdict::Ours
        } else {
            HostVerdict::Foreign
        }
    }

    /// Judges an axum request.
    pub(crate) fn judge_request(&self, request: &Request) -> HostVerdict {
        self.judge(request)
    }
}

fn without_default_port(name: &str) -> &str {
    name.strip_suffix(":443")
        .or_else(|| name.strip_suffix(":80"))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(uri: &str, hosts: &[&str]) -> HostVerdict {
        let url = Url::parse("https://id.example.com/").unwrap();
        let names = Hosts::new([&url], &["idp:9443".to_owned()], Some(8443));
        let mut request = http::Request::builder().uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        names.judge(&request.body(()).unwrap())
    }

    #[test]
    fn our_names_are_ours() {
        for host in [
            "id.example.com",
            "ID.Example.COM",
            "id.example.com:443",
            "idp:9443",
        ] {
            assert_eq!(judge("/", &[host]), HostVerdict::Ours, "{host}");
        }
        for host in ["localhost:8443", "127.0.0.1:8443", "[::1]:8443"] {
            assert_eq!(judge("/", &[host]), HostVerdict::Ours, "{host}");
        }
        assert_eq!(judge("https://id.example.com/x", &[]), HostVerdict::Ours);
    }

    #[test]
    fn every_public_address_has_a_name_that_is_ours() {
        let [auth, api] = ["https://auth.example/", "https://api.example:8443/"]
            .map(|address| Url::parse(address).unwrap());
        let names = Hosts::new([&auth, &api], &[], None);
        for (host, expected) in [
            ("auth.example", HostVerdict::Ours),
            ("api.example:8443", HostVerdict::Ours),
            ("auth.example:8443", HostVerdict::Foreign),
        ] {
            let request = http::Request::builder().header(HOST, host).body(());
            assert_eq!(names.judge(&request.unwrap()), expected, "{host}");
        }
    }

    #[test]
    fn other_names_are_foreign() {
        for host in [
            "evil.example",
            "id.example.com.evil.example",
            "localhost:1",
            "idp",
        ] {
            assert_eq!(judge("/", &[host]), HostVerdict::Foreign, "{host}");
        }
    }

    #[test]
    fn names_that_contradict_each_other_are_malformed() {
        assert_eq!(judge("/", &[]), HostVerdict::Malformed);
        assert_eq!(
            judge("/", &["id.example.com", "id.example.com"]),
            HostVerdict::Malformed
        );
        assert_eq!(judge("/", &["x@id.example.com"]), HostVerdict::Malformed);
        assert_eq!(
            judge("https://id.example.com/", &["evil.example"]),
            HostVerdict::Malformed
        );
    }
}
