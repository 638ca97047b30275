//! Signing on by an identity provider elsewhere: the way there and back, and the pages for somebody
//! who comes by one for the first time.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{REFRESH, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use protocol::params::FormParams;
use protocol::secret::{Password, SessionToken};
use serde_json::Value;
use ui::{Flash, FormState, Layout, Registration, RegistrationFields};
use uuid::Uuid;
use web::Floor;

use super::register::{explain_names, with_name};
use super::{FLOOR, Flashes, HostedPage, given, see_other};
use crate::Idp;
use crate::audit::By;
use crate::interaction::error::InteractionError;
use crate::interaction::external::{Newcomer, Partner, Problem, found_by};
use crate::interaction::turn::Next;
use crate::interaction::{Step, cookies, response};
use crate::requests::extract::{Environment, PageForm};
use crate::requests::failures::page::{PageError, PageFailure};
use crate::urls::InteractionQuery;

/// A way to a provider, as a page offers it.
pub(super) struct Way {
    pub(super) text: String,
    pub(super) href: String,
}

#[derive(Template)]
#[template(path = "external.html")]
struct ExternalPage {
    layout: Layout,
    way: Way,
    restart: Option<String>,
}

#[derive(Template)]
#[template(path = "onward.html")]
struct OnwardPage {
    layout: Layout,
    href: String,
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    layout: Layout,
    form: FormState,
    action: String,
    create: Option<String>,
    restart: String,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    layout: Layout,
    form: FormState,
    asks: RegistrationFields,
    action: String,
    restart: String,
}

/// The fields that belong to the name, as its members are called.
const NAMES: [(&str, &str); 2] = [("givenName", "given"), ("familyName", "family")];

fn way_to(hosted: &HostedPage, partner: &Partner) -> Way {
    let texts = hosted.site.messages();
    let urls = hosted.idp.urls();
    let query = hosted.interaction.query();
    Way {
        text: texts.format("external-with", &[("provider", partner.name.as_str())]),
        href: urls.to_provider(hosted.environment.id, partner.id, query),
    }
}

/// The ways that the first page offers.
pub(super) fn ways(hosted: &HostedPage) -> Vec<Way> {
    let choices = &hosted.interaction.request.policy.external;
    let offered = Partner::offered(&hosted.partners, choices);
    offered.into_iter().map(|one| way_to(hosted, one)).collect()
}

/// Why the last way led nowhere.
pub(super) fn flashes(hosted: &HostedPage) -> Flashes {
    let text = match hosted.interaction.external.problem {
        Some(Problem::AccountNotUsable) => "external-not-usable",
        Some(Problem::Cancelled) => "external-cancelled",
        Some(Problem::OfAnotherAccount) => "external-of-another-account",
        Some(Problem::Provider) => "external-failed",
        None => return Vec::new(),
    };
    vec![Flash::danger(hosted.text(text))]
}

/// Leads to the provider, or, where that led nowhere, shows the way there once more.
pub(super) fn show(
    hosted: &HostedPage,
    provider: Uuid,
    is_first: bool,
) -> Result<Response, PageFailure> {
    let partner = hosted
        .partners
        .iter()
        .find(|partner| partner.id == provider);
    let partner = partner.ok_or(PageError::FactorNotProvided)?;
    let way = way_to(hosted, partner);
    if hosted.interaction.external.is_untried() {
        return Ok(see_other(&way.href));
    }
    let form = FormState::new(&[]);
    let names = [
        ("provider", partner.name.as_str()),
        ("application", hosted.application.settings.name.as_str()),
    ];
    let texts = hosted.site.messages();
    let begins_here = hosted.interaction.request.policy.external.first.is_none();
    let page = ExternalPage {
        layout: hosted
            .layout("external-title", "external-title", &form)
            .with_lead(texts.format("external-lead", &names))
            .with_flashes(flashes(hosted)),
        way,
        restart: (is_first && begins_here).then(|| hosted.path("restart")),
    };
    Ok(hosted.show(page, &form))
}

/// `GET /{environment}/rp/authenticate?providerId=…&flowId=…`: to the provider.
pub(crate) async fn authenticate(
    State(idp): State<Idp>,
    hosted: HostedPage,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageFailure> {
    let params = FormParams::parse(query.unwrap_or_default().as_bytes())?;
    let provider = params.find("providerId");
    let provider = provider.and_then(|id| Uuid::try_parse(id).ok());
    let provider = provider.ok_or(PageError::NotFound)?;
    if !hosted.interaction.leads_to(provider) {
        return Ok(hosted.go_on());
    }
    let partner = Partner::find(&idp, hosted.environment.id, provider).await?;
    let partner = partner.ok_or(PageError::FactorNotProvided)?;
    // Sign-ons in other windows of this browser go by the same token.
    let known = cookies::browser_tokens(&headers).into_iter().next();
    let browser = known.unwrap_or_else(|| SessionToken::random(idp.random()));
    let Some(url) = hosted.turn().depart(&partner, &browser).await? else {
        return Ok(hosted.go_on());
    };
    let mut response = response::redirect(url.as_str());
    cookies::set_browser(&idp, hosted.environment.id, &browser, &mut response);
    Ok(response)
}

/// `GET /{environment}/rp/callback/{provider}`: back from the provider.
pub(crate) async fn callback(
    State(idp): State<Idp>,
    Environment(environment): Environment,
    Path((_, provider)): Path<(String, String)>,
    by: By,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageFailure> {
    let params = FormParams::parse(query.unwrap_or_default().as_bytes())?;
    let found = found_by(params.text("state")).ok_or(PageError::InvalidParameters)?;
    let query = InteractionQuery {
        flow: found.0,
        application: found.1,
    };
    let id = environment.id;
    let opened = HostedPage::open(&idp, environment, &query.to_string(), by, &headers).await;
    let hosted = match opened {
        // That page leads on.
        Err(failure) if failure.is_over() => return Ok(see_other(&idp.urls().signon(id, query))),
        opened => opened?,
    };
    let interaction = &hosted.interaction;
    let is_open = interaction
        .step
        .is_open_to(&cookies::session_tokens(&headers));
    let browsers = cookies::browser_tokens(&headers);
    if !is_open || interaction.external.is_of_another(&browsers) {
        return Err(PageError::WrongBrowser.into());
    }
    match Box::pin(hosted.turn().arrive(&provider, &params)).await? {
        Some(next @ (Next::SignedOn(_) | Next::Refused)) => Ok(onward(&hosted, &next)),
        Some(next) => Ok(hosted.lead_to(&next)),
        None => Ok(hosted.go_on()),
    }
}

/// Leads to the application by a page instead of a redirect: a provider's form may lead to here, but
/// Chromium holds its `form-action` against all redirects that follow, too.
fn onward(hosted: &HostedPage, next: &Next) -> Response {
    let led = hosted.lead_to(next);
    let form = FormState::new(&[]);
    let href = hosted.resume_path();
    let page = OnwardPage {
        layout: hosted.layout("form-post-title", "form-post-lead", &form),
        href: href.clone(),
    };
    let mut response = hosted.show(page, &form);
    if let Ok(refresh) = HeaderValue::try_from(format!("0;url={href}")) {
        response.headers_mut().insert(REFRESH, refresh);
    }
    for cookie in led.headers().get_all(SET_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    response
}

/// What the page says of the provider that a newcomer comes by.
async fn lead(hosted: &HostedPage, newcomer: &Newcomer, text: &str) -> Result<String, PageFailure> {
    let partner = hosted.turn().partner_of(newcomer).await?;
    let partner = partner.ok_or(PageError::FactorNotProvided)?;
    let names = [
        ("provider", partner.name.as_str()),
        ("application", hosted.application.settings.name.as_str()),
    ];
    Ok(hosted.site.messages().format(text, &names))
}

/// The page on which a newcomer signs on to the account that they have.
pub(super) async fn show_link(
    hosted: &HostedPage,
    newcomer: &Newcomer,
    form: FormState,
) -> Result<Response, PageFailure> {
    let creates = hosted.turn().lets_register(newcomer).await?;
    let page = LinkPage {
        layout: hosted
            .layout("link-title", "link-title", &form)
            .with_lead(lead(hosted, newcomer, "link-lead").await?),
        action: hosted.path("connect"),
        create: creates.then(|| hosted.path("connect/account")),
        restart: hosted.path("restart"),
        form: form.clone(),
    };
    Ok(hosted.show(page, &form))
}

pub(super) fn link_form() -> FormState {
    FormState::new(&["username", "password"]).with_focus("username")
}

/// Links the newcomer's identity to the account whose password they give.
pub(crate) async fn connect(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::Link { newcomer, .. } = &hosted.interaction.step else {
        return Ok(hosted.go_on());
    };
    let (username, password) = (given::name(&params), params.text("password"));
    let mut form = FormState::new(&["username", "password"]).with_value("username", &*username);
    for (field, value, text) in [
        ("username", username.as_str(), "signon-username-missing"),
        ("password", password, "signon-password-missing"),
    ] {
        if value.is_empty() {
            form.set_error(field, hosted.text(text));
        }
    }
    if form.has_errors() {
        return show_link(&hosted, newcomer, form).await;
    }
    let password = Password::new(password);
    match hosted.turn().sign_on(&username, &password).await {
        Ok(next) => Ok(hosted.lead_to(&next)),
        Err(InteractionError::Refused(refusal)) => {
            form.add_error(given::explain(&hosted, refusal)?);
            show_link(&hosted, newcomer, form).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The newcomer has no account and wants one.
pub(crate) async fn want_account(hosted: HostedPage) -> Result<Response, PageFailure> {
    let Step::Link { newcomer, .. } = &hosted.interaction.step else {
        return Ok(hosted.go_on());
    };
    if !hosted.turn().lets_register(newcomer).await? {
        return Err(PageError::NotFound.into());
    }
    let floor = Floor::of(FLOOR);
    let next = Box::pin(hosted.turn().want_account(newcomer)).await?;
    floor.reached().await;
    Ok(hosted.lead_to(&next))
}

/// The page on which a newcomer says who they want to be here.
pub(super) async fn show_confirm(
    hosted: &HostedPage,
    newcomer: &Newcomer,
    form: FormState,
) -> Result<Response, PageFailure> {
    let page = ConfirmPage {
        layout: hosted
            .layout("confirm-title", "confirm-title", &form)
            .with_lead(lead(hosted, newcomer, "confirm-lead").await?),
        asks: hosted.idp.settings().registration_fields,
        action: hosted.path("confirm"),
        restart: hosted.path("restart"),
        form: form.clone(),
    };
    Ok(hosted.show(page, &form))
}

pub(super) fn confirm_form(newcomer: &Newcomer) -> FormState {
    let name = newcomer.attributes.get("name");
    let member = |member: &str| {
        let value = name.and_then(|name| name.get(member));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let form = FormState::new(&Registration::FIELDS)
        .with_value("username", newcomer.username.clone().unwrap_or_default())
        .with_value("email", newcomer.email.clone().unwrap_or_default())
        .with_focus(Registration::EMAIL);
    let fill =
        |form: FormState, (field, name): (&'static str, &str)| form.with_value(field, member(name));
    NAMES.into_iter().fold(form, fill)
}

/// Makes the newcomer's account.
pub(crate) async fn confirm(
    hosted: HostedPage,
    PageForm(params): PageForm,
) -> Result<Response, PageFailure> {
    let Step::Confirm { newcomer, .. } = hosted.interaction.step.clone() else {
        return Ok(hosted.go_on());
    };
    if !hosted.turn().lets_register(&newcomer).await? {
        return Err(PageError::NotFound.into());
    }
    let partner = hosted.turn().partner_of(&newcomer).await?;
    let partner = partner.ok_or(PageError::FactorNotProvided)?;
    let asks = hosted.idp.settings().registration_fields;
    let who = Registration::read(asks, |name| params.text(name).to_owned());
    let mut form = who.shown(FormState::new(&Registration::FIELDS));
    who.check(hosted.texts(), &mut form);
    let attributes = newcomer.attributes.clone();
    let attributes = with_name(&hosted, &who, attributes, &mut form).await?;
    if form.has_errors() {
        return show_confirm(&hosted, &newcomer, form).await;
    }
    let mut named = newcomer.clone();
    named.attributes = attributes;
    let floor = Floor::of(FLOOR);
    let made = hosted
        .turn()
        .make(&partner, &named, who.username(), who.email())
        .await?;
    match made {
        Ok(next) => {
            floor.reached().await;
            return Ok(hosted.lead_to(&next));
        }
        Err(refusal) => explain_names(&hosted, &who, &mut form, refusal)?,
    }
    show_confirm(&hosted, &newcomer, form).await
}
