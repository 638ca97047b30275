//! What binds a `form_post` answer to the browser that asked.
//!
//! The answer is a cross-site POST, and browsers send no `SameSite=Lax` cookie along with it, so
//! the application's session is out of reach. Such a sign-on is kept in a short session of its
//! own, under a cookie that is `SameSite=None` and therefore serves for nothing else
//! ([OAuth 2.0 Form Post Response Mode §4](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#Security)).

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use tower_sessions::Session;
use tower_sessions::session::Id;

use crate::SignOn;
use crate::failure::SessionError;

const NAME: &str = "sign-on";
/// As long as a sign-on may take.
const LIFETIME_SECONDS: i64 = 1_800;

/// The short session that the browser's cookie names; a new one without it.
pub(crate) fn session(sign_on: &SignOn, headers: &HeaderMap) -> Session {
    let name = name(sign_on);
    let id = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| Cookie::split_parse(value.to_owned()).flatten())
        .find(|cookie| cookie.name() == name)
        .and_then(|cookie| cookie.value().parse::<Id>().ok());
    sign_on.open_session(id)
}

/// Saves the short session and hands out its cookie.
pub(crate) async fn keep(sign_on: &SignOn, session: &Session) -> Result<HeaderValue, SessionError> {
    session.save().await.map_err(SessionError::new)?;
    let id = session.id().map(|id| id.to_string()).unwrap_or_default();
    Ok(cookie(sign_on, id, LIFETIME_SECONDS))
}

/// Deletes the short session if nothing is left in it, and its cookie with it.
pub(crate) async fn drop_if_empty(
    sign_on: &SignOn,
    session: &Session,
) -> Result<Option<HeaderValue>, SessionError> {
    if crate::session::has_pending(session).await? {
        return Ok(None);
    }
    session.flush().await.map_err(SessionError::new)?;
    Ok(Some(cookie(sign_on, String::new(), 0)))
}

fn name(sign_on: &SignOn) -> String {
    format!("{}{NAME}", sign_on.settings().cookie_prefix)
}

fn cookie(sign_on: &SignOn, value: String, max_age_seconds: i64) -> HeaderValue {
    let cookie = Cookie::build((name(sign_on), value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::None)
        .max_age(cookie::time::Duration::seconds(max_age_seconds))
        .build();
    HeaderValue::try_from(cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
}
