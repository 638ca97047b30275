//! `/`: who is signed on, what needs their attention, what can be done, and what is not configured.

use std::time::Duration;

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use pingone::{PasswordState, PasswordStatus, User};
use pingone_axum::GrantType;
use protocol::params::FormParams;
use ui::{Flash, Layout};

use crate::failure::Failure;
use crate::pages::own::Own;
use crate::pages::person::{When, Zone, full_name, in_words};
use crate::paths;
use crate::visit::Visit;

/// The page does not wait longer for what is only nice to know.
const PATIENCE: Duration = Duration::from_secs(2);

/// A password older than this is worth a word.
const OLD_PASSWORD: SignedDuration = SignedDuration::from_hours(365 * 24);

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    layout: Layout,
    /// Since when the user is signed on.
    since: Option<When>,
    /// The application has signed on for itself; there is no user.
    application: Option<String>,
    /// A stranger: one clear action, and ways for those who cannot take it.
    can_sign_on: bool,
    can_register: bool,
    can_recover: bool,
    concerns: Vec<Concern>,
    tiles: Vec<Tile>,
    missing: Vec<Missing>,
}

/// Something that needs the user's attention, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Concern {
    text: String,
    /// Where it is done; by a form if it is done there at once.
    path: &'static str,
    action: String,
    is_form: bool,
}

/// Something that can be done.
struct Tile {
    path: &'static str,
    title: String,
    text: String,
}

/// Something that cannot, and the settings that change it.
struct Missing {
    what: String,
    settings: &'static str,
}

pub(crate) async fn get(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    if let Some(redirect) = finish_sign_off(&visit, query.as_deref().unwrap_or("")).await? {
        return Ok(redirect);
    }
    let Some(known) = known(&visit).await else {
        // The session ended at the provider: the page is a stranger's now, and says so.
        return Ok(Redirect::to(paths::HOME).into_response());
    };
    let layout = match given_name(&visit, known.user.as_ref()) {
        Some(name) => {
            let messages = visit.portal().site().messages();
            let title = messages.format("home-hello", &[("name", name)]);
            visit.layout_titled(title).await?
        }
        None => visit.layout("home-title").await?,
    };
    let lead = greeting(&visit, known.user.as_ref()).unwrap_or_else(|| visit.text("home-lead"));
    let is_stranger = visit.signed_on().is_none() && !is_application(&visit);
    let is_operator = layout.nav().iter().any(|item| item.href == paths::USERS);
    let zone = Zone::of(known.user.as_ref(), visit.signed_on());
    let has_management = visit.portal().services().is_some();
    let page = Page {
        layout: layout.with_lead(lead),
        since: visit.signed_on().map(|user| zone.when(user.signed_on_at())),
        application: application(&visit).await,
        can_sign_on: visit.portal().sign_on().is_some() && is_stranger,
        can_register: has_management
            && visit.signed_on().is_none()
            && visit.settings().registration.enabled,
        can_recover: has_management && visit.signed_on().is_none(),
        concerns: known.concerns(&visit, &zone),
        tiles: tiles(&visit, is_operator),
        missing: missing(&visit),
    };
    Ok(visit.page(page).into_response())
}

/// What is known about the account beyond the ID token; each part may be missing.
#[derive(Default)]
struct Known {
    user: Option<User>,
    password: Option<PasswordState>,
    deletion: Option<Timestamp>,
}

/// Asks for it. An environment that does not answer, or that does not tell, is no reason not to show
/// the page. `None` when it turns out that nobody is signed on any more.
async fn known(visit: &Visit) -> Option<Known> {
    if visit.signed_on().is_none() || visit.portal().services().is_none() {
        return Some(Known::default());
    }
    let ask = async {
        let own = match Own::open(visit).await {
            Ok(own) => own,
            Err(Failure::NotSignedOn(_)) => return None,
            Err(_) => return Some(Known::default()),
        };
        let (users, passwords) = (own.management.users(), own.management.passwords(own.id));
        let deletions = visit.portal().deletions();
        let (user, password, deletion) = tokio::join!(
            users.load(own.id),
            passwords.state(),
            deletions.find(own.id)
        );
        Some(Known {
            user: user.ok(),
            password: password.ok(),
            deletion: deletion.ok().flatten(),
        })
    };
    let known = tokio::time::timeout(PATIENCE, ask).await;
    known.unwrap_or_else(|_| Some(Known::default()))
}

impl Known {
    fn concerns(&self, visit: &Visit, zone: &Zone) -> Vec<Concern> {
        let messages = visit.portal().site().messages();
        let mut concerns = Vec::new();
        if let Some(due) = self.deletion {
            let when = zone.when(due).words;
            concerns.push(Concern {
                text: messages.format("concern-deletion", &[("when", when.as_str())]),
                path: paths::KEEP,
                action: visit.text("concern-deletion-action"),
                is_form: true,
            });
        }
        let unproven = self
            .user
            .as_ref()
            .filter(|user| user.email_verified != Some(true));
        if let Some(email) = unproven.and_then(|user| user.email.as_deref()) {
            concerns.push(Concern {
                text: messages.format("concern-email", &[("email", email)]),
                path: paths::EMAIL_CONFIRM,
                action: visit.text("concern-email-action"),
                is_form: false,
            });
        }
        if let Some(id) = self
            .password
            .as_ref()
            .and_then(|it| aged(it, visit.portal().now()))
        {
            concerns.push(Concern {
                text: visit.text(id),
                path: paths::CHANGE_PASSWORD,
                action: visit.text("change-submit"),
                is_form: false,
            });
        }
        concerns
    }
}

/// What is to be said about a password that should be changed.
fn aged(password: &PasswordState, now: Timestamp) -> Option<&'static str> {
    if password.status == PasswordStatus::PasswordExpired {
        return Some("concern-password-expired");
    }
    let since = password.last_changed_at?;
    (since.duration_until(now) > OLD_PASSWORD).then_some("concern-password-old")
}

/// What to call the user: as the profile says, which may have changed since they signed on.
fn given_name<'a>(visit: &'a Visit, user: Option<&'a User>) -> Option<&'a str> {
    let signed_on = visit.signed_on()?;
    let known = user
        .and_then(|user| user.name.as_ref())
        .and_then(|name| name.given.as_deref());
    Some(
        known
            .or_else(|| signed_on.claim("given_name"))
            .unwrap_or_else(|| signed_on.display_name()),
    )
}

/// The provider sends the browser here after signing off, with the state that it was sent with.
/// The address then loses it, so that nothing hangs on a page that is loaded again.
async fn finish_sign_off(visit: &Visit, query: &str) -> Result<Option<Response>, Failure> {
    let Some(sign_on) = visit.portal().sign_on() else {
        return Ok(None);
    };
    let Ok(params) = FormParams::parse(query.as_bytes()) else {
        return Ok(None);
    };
    let Some(state) = params.find("state") else {
        return Ok(None);
    };
    let is_answer = sign_on
        .finish_sign_off(visit.session(), state)
        .await
        .map_err(Failure::session)?;
    if is_answer {
        visit
            .leave(Flash::success(visit.text("flash-signed-off")))
            .await?;
    }
    Ok(Some(Redirect::to(paths::HOME).into_response()))
}

fn is_application(visit: &Visit) -> bool {
    visit
        .portal()
        .sign_on()
        .is_some_and(|sign_on| sign_on.grant_type() == GrantType::ClientCredentials)
}

/// Who is signed on; the username too, where the name is another.
fn greeting(visit: &Visit, user: Option<&User>) -> Option<String> {
    let signed_on = visit.signed_on()?;
    let known = user.map(full_name).filter(|name| !name.is_empty());
    let name = known.unwrap_or_else(|| signed_on.display_name().to_owned());
    let messages = visit.portal().site().messages();
    Some(
        match signed_on
            .claim("preferred_username")
            .filter(|username| *username != name)
        {
            Some(username) => messages.format(
                "home-who-and-username",
                &[("name", name.as_str()), ("username", username)],
            ),
            None => messages.format("home-who", &[("name", name.as_str())]),
        },
    )
}

/// With the grant type `client_credentials`: that no user is present, and how the application is.
async fn application(visit: &Visit) -> Option<String> {
    let sign_on = visit.portal().sign_on().filter(|_| is_application(visit))?;
    let messages = visit.portal().site().messages();
    Some(match sign_on.application_signed_on_at().await {
        Some(at) => messages.format("home-application-signed-on", &[("time", in_words(at))]),
        None => messages.text("home-application"),
    })
}

fn tiles(visit: &Visit, is_operator: bool) -> Vec<Tile> {
    let tile = |path, id: &str| Tile {
        path,
        title: visit.text(&format!("tile-{id}-title")),
        text: visit.text(&format!("tile-{id}-text")),
    };
    let has_users = visit.signed_on().is_some();
    let has_management = visit.portal().services().is_some();
    let mut tiles = Vec::new();
    if has_users {
        tiles.push(tile(paths::USER_INFO, "user-info"));
        tiles.push(tile(paths::CHANGE_PASSWORD, "change-password"));
        if has_management {
            tiles.push(tile(paths::SECURITY, "security"));
            tiles.push(tile(paths::DATA, "data"));
        }
    }
    if is_application(visit) {
        tiles.push(tile(paths::SIGN_ON, "application"));
    }
    if is_operator {
        tiles.push(tile(paths::USERS, "users"));
        tiles.push(tile(paths::ACTIVITY, "activity"));
    }
    tiles
}

fn missing(visit: &Visit) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut say = |id: &str, settings| {
        missing.push(Missing {
            what: visit.text(id),
            settings,
        });
    };
    if visit.portal().sign_on().is_none() {
        say(
            "missing-sign-on",
            "portal.sign_on.issuer, portal.sign_on.client_id",
        );
    }
    if visit.portal().services().is_none() {
        say(
            "missing-management",
            "portal.pingone.environment_id, portal.pingone.worker_client_id, \
             portal.pingone.worker_client_secret",
        );
    } else if !visit.settings().registration.enabled {
        say("missing-registration", "portal.registration.enabled");
    }
    if is_application(visit) {
        say("missing-users", "portal.sign_on.grant_type");
    }
    missing
}

#[cfg(test)]
mod tests {
    use protocol::SystemRandom;
    use protocol::id::{EnvironmentId, UserId};

    use super::*;

    #[test]
    fn a_password_is_old_after_a_year_and_not_before() {
        let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let (environment, user) = (
            EnvironmentId::random(&SystemRandom),
            UserId::random(&SystemRandom),
        );
        let mut password = PasswordState::new(environment, user, PasswordStatus::Ok);
        assert_eq!(
            aged(&password, now),
            None,
            "nobody knows when it was changed"
        );
        password.last_changed_at = Some(now - OLD_PASSWORD);
        assert_eq!(aged(&password, now), None);
        password.last_changed_at = Some(now - OLD_PASSWORD - SignedDuration::from_secs(1));
        assert_eq!(aged(&password, now), Some("concern-password-old"));
        password.status = PasswordStatus::PasswordExpired;
        assert_eq!(aged(&password, now), Some("concern-password-expired"));
    }
}
