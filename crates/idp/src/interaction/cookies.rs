//! The session cookies, as PingOne sets them: `ST`, and `ST-NO-SS`, its twin for browsers that
//! mishandle `SameSite=None`. Either is read. Beside them one tells a browser that is at an identity
//! provider elsewhere from all others.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use cookie::{Cookie, SameSite};
use protocol::id::EnvironmentId;
use protocol::secret::SessionToken;

use crate::Idp;

const NAMES: [&str; 2] = ["ST", "ST-NO-SS"];

/// A session token is 43 characters; what is much longer is none, and costs no look-up.
const LONGEST_TOKEN: usize = 128;

/// Of a browser that is at an identity provider.
const BROWSER: &str = "RP";

/// The session tokens that a browser sent: one in the ordinary case.
pub(crate) fn session_tokens(headers: &HeaderMap) -> Vec<SessionToken> {
    tokens(headers, &NAMES)
}

/// What a browser goes to identity providers with.
pub(crate) fn browser_tokens(headers: &HeaderMap) -> Vec<SessionToken> {
    tokens(headers, &[BROWSER])
}

fn tokens(headers: &HeaderMap, names: &[&str]) -> Vec<SessionToken> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for header in headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
    {
        for cookie in Cookie::split_parse(header).flatten() {
            let Some(rank) = names.iter().position(|known| *known == cookie.name()) else {
                continue;
            };
            let value = cookie.value();
            let is_new = !found.iter().any(|(_, other)| other == value);
            if !value.is_empty() && value.len() <= LONGEST_TOKEN && is_new && found.len() < 4 {
                found.push((rank, value.to_owned()));
            }
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found
        .into_iter()
        .map(|(_, value)| SessionToken::new(value))
        .collect()
}

/// Gives the browser a session token.
pub(crate) fn set(
    idp: &Idp,
    environment: EnvironmentId,
    token: &SessionToken,
    response: &mut Response,
) {
    let lifetime = idp.settings().lifetimes.browser_session.as_secs();
    append(idp, environment, token.expose(), lifetime, response);
}

/// Gives the browser what it goes to identity providers with, for as long as a sign-on may take.
pub(crate) fn set_browser(
    idp: &Idp,
    environment: EnvironmentId,
    token: &SessionToken,
    response: &mut Response,
) {
    let lifetime = idp.settings().lifetimes.flow.as_secs();
    let mut cookie = Cookie::new(BROWSER, token.expose());
    cookie.set_path(format!("{}/rp", idp.urls().path(environment)));
    cookie.set_max_age(cookie::time::Duration::seconds(lifetime));
    cookie.set_http_only(true);
    cookie.set_secure(idp.urls().is_secure());
    // The provider leads back by a redirect, with which browsers send it.
    cookie.set_same_site(SameSite::Lax);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Takes the session token from the browser.
pub(crate) fn clear(idp: &Idp, environment: EnvironmentId, response: &mut Response) {
    append(idp, environment, "", 0, response);
}

fn append(
    idp: &Idp,
    environment: EnvironmentId,
    value: &str,
    lifetime_seconds: i64,
    response: &mut Response,
) {
    let is_secure = idp.urls().is_secure();
    for (index, name) in NAMES.into_iter().enumerate() {
        let mut cookie = Cookie::new(name, value);
        cookie.set_path(idp.urls().path(environment));
        cookie.set_max_age(cookie::time::Duration::seconds(lifetime_seconds));
        cookie.set_http_only(true);
        if is_secure {
            cookie.set_secure(true);
            // The twin says nothing, which is what it is for.
            cookie.set_same_site((index == 0).then_some(SameSite::None));
        } else {
            // Browsers refuse `None` without `Secure`.
            cookie.set_same_site(SameSite::Lax);
        }
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Vec<String> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(COOKIE, header.parse().unwrap());
        }
        session_tokens(&map)
            .iter()
            .map(|token| token.expose().to_owned())
            .collect()
    }

    #[test]
    fn either_cookie_is_read_and_the_first_name_wins() {
        assert_eq!(read(&["a=1; ST-NO-SS=two; ST=one"]), ["one", "two"]);
        assert_eq!(read(&["ST-NO-SS=two"]), ["two"]);
        assert_eq!(read(&["ST=one; ST-NO-SS=one"]), ["one"]);
        assert_eq!(read(&["ST=", "XST=1", "st=1"]), [""; 0]);
    }

    #[test]
    fn odd_cookies_cost_nothing() {
        assert_eq!(
            read(&[&format!("ST={}", "a".repeat(5000)), ";;=;x"]),
            [""; 0]
        );
    }
}
