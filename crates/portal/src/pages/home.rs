//! `/`: what can be done, who is signed on, and what is not configured.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use pingone_axum::GrantType;
use protocol::params::FormParams;
use ui::{Flash, Layout};

use crate::failure::Failure;
use crate::pages::person::in_words;
use crate::paths;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    layout: Layout,
    /// Since when the user is signed on, for machines and in words.
    since: Option<(String, String)>,
    /// The application has signed on for itself; there is no user.
    application: Option<String>,
    can_sign_on: bool,
    tiles: Vec<Tile>,
    missing: Vec<Missing>,
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
    let layout = visit.layout("home-title").await?;
    let lead = greeting(&visit).unwrap_or_else(|| visit.text("home-lead"));
    let is_application = is_application(&visit);
    let is_operator = layout.nav().iter().any(|item| item.href == paths::USERS);
    let page = Page {
        layout: layout.with_lead(lead),
        since: visit.signed_on().map(|user| {
            (
                user.signed_on_at().to_string(),
                in_words(user.signed_on_at()),
            )
        }),
        application: application(&visit).await,
        can_sign_on: visit.portal().sign_on().is_some()
            && visit.signed_on().is_none()
            && !is_application,
        tiles: tiles(&visit, is_operator),
        missing: missing(&visit),
    };
    Ok(visit.page(page).into_response())
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
fn greeting(visit: &Visit) -> Option<String> {
    let user = visit.signed_on()?;
    let name = user.display_name();
    let messages = visit.portal().site().messages();
    Some(
        match user
            .claim("preferred_username")
            .filter(|username| *username != name)
        {
            Some(username) => messages.format(
                "home-who-and-username",
                &[("name", name), ("username", username)],
            ),
            None => messages.format("home-who", &[("name", name)]),
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
    let has_users = visit.portal().sign_on().is_some() && !is_application(visit);
    let has_management = visit.portal().services().is_some();
    let mut tiles = Vec::new();
    if has_users {
        tiles.push(tile(paths::USER_INFO, "user-info"));
        tiles.push(tile(paths::CHANGE_PASSWORD, "change-password"));
    }
    if is_application(visit) {
        tiles.push(tile(paths::SIGN_ON, "application"));
    }
    if visit.signed_on().is_none() && has_management {
        if visit.settings().registration.enabled {
            tiles.push(tile(paths::REGISTER, "register"));
        }
        tiles.push(tile(paths::FORGOT, "forgot"));
    }
    if is_operator {
        tiles.push(tile(paths::USERS, "users"));
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
