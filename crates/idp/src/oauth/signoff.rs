//! Sign-off, `GET` and `POST /{environment}/as/signoff`:
//! [OpenID Connect RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html).
//!
//! With a good ID token hint the session ends at once; without one a person is asked first, since
//! any site can send a browser here.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId};
use protocol::oauth::RedirectUri;
use protocol::params::FormParams;
use ui::{Html, Layout, Look, Side, Site};
use url::form_urlencoded;

use super::hint::{self, Hint, HintError};
use crate::Idp;
use crate::audit::{Activity, By};
use crate::interaction::browser::Browser;
use crate::interaction::still::application_is_enabled;
use crate::interaction::{cookies, response};
use crate::requests::extract::{Environment, PageForm, QueryAndForm};
use crate::requests::failures::page::{PageError, PageFailure, UriMismatch};
use crate::requests::speech;
use crate::stores::applications::StoredApplication;
use crate::stores::environments::StoredEnvironment;
use crate::stores::sessions::Sessions;
use crate::texts::wanted;

/// What a sign-off asks for, after its checks.
struct Request {
    application: Option<ApplicationId>,
    hint: Option<Hint>,
    /// Registered for the application.
    redirect_uri: Option<RedirectUri>,
    state: Option<String>,
    /// The languages that the application wants pages in, the most wanted first.
    ui_locales: Vec<String>,
}

/// How the pages of a sign-off are shown: in the language and theme of whoever signs off.
struct Appearance {
    site: Site,
    look: Look,
}

/// Ends the session, or asks the person whether to.
pub(crate) async fn answer(
    State(idp): State<Idp>,
    Environment(environment): Environment,
    by: By,
    headers: HeaderMap,
    QueryAndForm(params): QueryAndForm,
) -> Result<Response, PageFailure> {
    let now = by.now;
    let request = Request::check(&idp, environment.id, &params, now).await?;
    let browser = Browser::find(&idp, environment.id, &headers, now).await?;
    let is_wanted = match (&browser, &request.hint) {
        (None, _) => true,
        (Some(browser), Some(hint)) => browser.user.id == hint.user,
        (Some(_), None) => false,
    };
    if is_wanted {
        end(&idp, &environment, &request, browser, &headers, &by).await
    } else {
        let shown = request.appearance(&idp, &environment, browser.as_ref(), &headers, now);
        Ok(confirmation(&idp, &environment, &request, shown.await?))
    }
}

/// Ends the session on the person's word, `POST /{environment}/signoff`.
pub(crate) async fn confirmed(
    State(idp): State<Idp>,
    Environment(environment): Environment,
    by: By,
    headers: HeaderMap,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let now = by.now;
    let request = Request::check(&idp, environment.id, &params, now).await?;
    let browser = Browser::find(&idp, environment.id, &headers, now).await?;
    end(&idp, &environment, &request, browser, &headers, &by).await
}

impl Request {
    async fn appearance(
        &self,
        idp: &Idp,
        environment: &StoredEnvironment,
        browser: Option<&Browser>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Appearance, PageFailure> {
        let population = browser.map(|browser| browser.user.population_id);
        let looks = idp.look(environment.id, population, now).await?;
        Ok(Appearance {
            site: speech::site(idp, environment.id, &self.ui_locales, headers, now).await?,
            look: looks.page.clone(),
        })
    }

    async fn check(
        idp: &Idp,
        environment: EnvironmentId,
        params: &FormParams,
        now: Timestamp,
    ) -> Result<Self, PageFailure> {
        let hint = hint_is_ours(idp, environment, params, now).await?;
        let application = application_is_known(idp, environment, params, hint, now).await?;
        let redirect_uri = redirect_uri_is_registered(application.as_deref(), params)?;
        Ok(Self {
            application: application.map(|application| application.id),
            hint,
            redirect_uri,
            state: params.find("state").map(str::to_owned),
            ui_locales: params.find("ui_locales").map(wanted).unwrap_or_default(),
        })
    }
}

async fn hint_is_ours(
    idp: &Idp,
    environment: EnvironmentId,
    params: &FormParams,
    now: Timestamp,
) -> Result<Option<Hint>, PageFailure> {
    let Some(token) = params.find("id_token_hint") else {
        return Ok(None);
    };
    match hint::verify(idp, environment, token, now).await {
        Ok(hint) => Ok(Some(hint)),
        Err(HintError::Keys(error)) => Err(error.into()),
        Err(HintError::NotOurs | HintError::Token(_)) => Err(PageError::InvalidHint.into()),
    }
}

/// The application of the hint, or the one that the request names.
async fn application_is_known(
    idp: &Idp,
    environment: EnvironmentId,
    params: &FormParams,
    hint: Option<Hint>,
    now: Timestamp,
) -> Result<Option<Arc<StoredApplication>>, PageFailure> {
    let named = match params.find("client_id") {
        Some(id) => Some(ApplicationId::parse(id).map_err(|_| PageError::ApplicationUnknown)?),
        None => None,
    };
    let id = match (hint, named) {
        (Some(hint), Some(named)) if hint.application != named => {
            return Err(PageError::InvalidHint.into());
        }
        (Some(hint), _) => hint.application,
        (None, Some(named)) => named,
        (None, None) => return Ok(None),
    };
    let found = idp.applications().find(environment, id, now).await?;
    let application = found.ok_or(PageError::ApplicationUnknown)?;
    application_is_enabled(&application)?;
    Ok(Some(application))
}

/// By character. Without an application nobody vouches for an address, so none is gone to.
fn redirect_uri_is_registered(
    application: Option<&StoredApplication>,
    params: &FormParams,
) -> Result<Option<RedirectUri>, PageFailure> {
    let (Some(sent), Some(application)) = (params.find("post_logout_redirect_uri"), application)
    else {
        return Ok(None);
    };
    let registered = &application.settings.post_logout_redirect_uris;
    let is_registered = registered.iter().any(|uri| uri == sent);
    match RedirectUri::parse(sent) {
        Ok(uri) if is_registered => Ok(Some(uri)),
        Ok(_) | Err(_) => Err(PageError::PostLogoutRedirectUriMismatch(UriMismatch::boxed(
            &application.settings.name,
            sent,
            registered,
        ))
        .into()),
    }
}

async fn end(
    idp: &Idp,
    environment: &StoredEnvironment,
    request: &Request,
    browser: Option<Browser>,
    headers: &HeaderMap,
    by: &By,
) -> Result<Response, PageFailure> {
    let shown = request.appearance(idp, environment, browser.as_ref(), headers, by.now);
    let shown = shown.await?;
    if let Some(Browser { session, user, .. }) = browser {
        let deleted = Activity::new("SESSION.DELETED", &user);
        Sessions::end(session.id)
            .commit(idp, environment.id, &deleted, &by.acting_as(&user))
            .await?;
    }
    let mut response = match &request.redirect_uri {
        Some(uri) => response::redirect(&with_state(uri.as_str(), request.state.as_deref())),
        None => signed_off(shown),
    };
    cookies::clear(idp, environment.id, &mut response);
    Ok(response)
}

fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else {
        return uri.to_owned();
    };
    let separator = if uri.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("state", state)
        .finish();
    format!("{uri}{separator}{query}")
}

/// Asks the person whether to sign off.
#[derive(Template)]
#[template(path = "signoff.html")]
struct ConfirmationPage {
    layout: Layout,
    action: String,
    params: Vec<(&'static str, String)>,
}

fn confirmation(
    idp: &Idp,
    environment: &StoredEnvironment,
    request: &Request,
    Appearance { site, look }: Appearance,
) -> Response {
    let texts = site.messages();
    let brand = look.name.as_deref().unwrap_or(site.brand().name());
    let lead = texts.format("signoff-lead", &[("brand", brand)]);
    let params = [
        ("client_id", request.application.map(|id| id.to_string())),
        (
            "post_logout_redirect_uri",
            request.redirect_uri.as_ref().map(ToString::to_string),
        ),
        ("state", request.state.clone()),
        (
            "ui_locales",
            Some(request.ui_locales.join(" ")).filter(|locales| !locales.is_empty()),
        ),
    ];
    let page = ConfirmationPage {
        layout: Layout::new(&site, Side::SignOn, texts.text("signoff-title"))
            .with_lead(lead)
            .with_look(look),
        action: format!("{}/signoff", idp.urls().path(environment.id)),
        params: params
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
    };
    let mut page = Html::new(page).may_have_opener();
    if let Some(uri) = &request.redirect_uri {
        page = page.form_target(uri.as_url());
    }
    page.into_response()
}

/// Says that the person is signed off.
#[derive(Template)]
#[template(path = "signed_off.html")]
struct SignedOffPage {
    layout: Layout,
}

fn signed_off(Appearance { site, look }: Appearance) -> Response {
    let texts = site.messages();
    let layout = Layout::new(&site, Side::SignOn, texts.text("signed-off-title"))
        .with_lead(texts.text("signed-off-sentence"))
        .with_look(look);
    Html::new(SignedOffPage { layout }).into_response()
}
