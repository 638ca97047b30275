//! Wildcards in redirect URIs, for applications that allow them (PingOne,
//! `allowWildcardInRedirectUris`).
//!
//! In the host an asterisk is the whole first label and stands for one label; in the path it stands
//! for any text. Everything else is compared as it is, the query included, so that no address of
//! another site or port and no parameter is let in along with it.

use protocol::oauth::RedirectUri;
use url::Url;

/// How many labels must stand behind an asterisk in a host: no `*.com`.
const FEWEST_LABELS: usize = 2;

/// Checks an address that holds wildcards, as it is registered.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn check(registered: &RedirectUri) -> Result<(), &'static str> {
    let url = registered.as_url();
    let text = registered.as_str();
    if !matches!(url.scheme(), "http" | "https") {
        return Err("wildcards are for https addresses");
    }
    let host = url.host_str().unwrap_or_default();
    check_host(host)?;
    let asterisks = |part: &str| part.matches('*').count();
    if asterisks(host) + asterisks(url.path()) == asterisks(text) {
        Ok(())
    } else {
        Err("wildcards are for hosts and paths")
    }
}

/// Checks a host that may hold a wildcard.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn check_host(host: &str) -> Result<(), &'static str> {
    let domain = host.strip_prefix("*.").unwrap_or(host);
    if domain.contains('*') || domain.is_empty() {
        return Err("a wildcard in a host is its whole first label, as in https://*.example.com");
    }
    if domain.split('.').any(str::is_empty) {
        return Err("the host has an empty label, such as behind a dot at its end");
    }
    if domain.len() < host.len() && domain.split('.').count() < FEWEST_LABELS {
        return Err("the host behind a wildcard needs a domain of two labels or more");
    }
    Ok(())
}

/// Whether an address is one of those that a registered one with wildcards stands for.
pub(crate) fn matches(registered: &str, sent: &RedirectUri) -> bool {
    let (Ok(pattern), url) = (Url::parse(registered), sent.as_url()) else {
        return false;
    };
    pattern.scheme() == url.scheme()
        && pattern.port_or_known_default() == url.port_or_known_default()
        && pattern.query() == url.query()
        && is_host(
            pattern.host_str().unwrap_or_default(),
            url.host_str().unwrap_or_default(),
        )
        && is_path(pattern.path(), url.path())
}

fn is_host(pattern: &str, host: &str) -> bool {
    let Some(domain) = pattern.strip_prefix("*.") else {
        return pattern == host;
    };
    let labels = host.split_once('.');
    labels.is_some_and(|(label, rest)| !label.is_empty() && rest == domain)
}

fn is_path(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
    }

    #[test]
    fn an_asterisk_matches_its_own_site_and_no_other() {
        for (registered, sent) in [
            ("https://app.example/*", "https://app.example/a/b"),
            ("https://app.example/*", "https://app.example/"),
            ("https://*.app.example/cb", "https://a.app.example/cb"),
            ("https://app.example/*/cb", "https://app.example/x/y/cb"),
            ("https://app.example/a*c*e", "https://app.example/abcde"),
            ("https://app.example:8443/*", "https://app.example:8443/cb"),
        ] {
            assert!(check(&uri(registered)).is_ok(), "{registered}");
            assert!(matches(registered, &uri(sent)), "{registered} {sent}");
        }
        for (registered, sent) in [
            ("https://app.example/*", "https://app.example.evil.test/"),
            ("https://app.example/*", "https://app.example:8443/"),
            ("https://app.example/*", "https://app.example/cb?next=evil"),
            ("https://app.example/in/*", "https://app.example/in/../out"),
            (
                "https://app.example/in/*",
                "https://app.example/in/%2e%2e/out",
            ),
            ("https://*.app.example/cb", "https://app.example/cb"),
            ("https://*.app.example/cb", "https://a.b.app.example/cb"),
            (
                "https://*.app.example/cb",
                "https://evil.test/.app.example/cb",
            ),
            ("https://app.example/*/cb", "https://app.example/cb"),
            ("https://app.example/a*c*e", "https://app.example/aec"),
        ] {
            assert!(!matches(registered, &uri(sent)), "{registered} {sent}");
        }
    }

    #[test]
    fn an_asterisk_stands_only_where_it_opens_no_other_site() {
        for registered in [
            "https://*/cb",
            "https://*.com/cb",
            "https://*.com./cb",
            "https://a*.example.com/cb",
            "https://a.*.example.com/cb",
            "https://app.example/cb?x=*",
            "com.example.app://*",
        ] {
            let parsed = RedirectUri::parse(registered);
            let is_refused = parsed.is_err() || check(&parsed.unwrap()).is_err();
            assert!(is_refused, "{registered}");
        }
    }
}
