//! The hosted pages, under `/{environmentId}/signon/`: each a form, a page struct, and what
//! becomes of what was sent.
//!
//! `GET /` shows the page of the interaction's state. A POST that does not fit the state leads
//! back there, so a page that was left open or sent twice does no harm.

pub(crate) mod agreement;
pub(crate) mod change;
pub(crate) mod external;
pub(crate) mod given;
pub(crate) mod over;
pub(crate) mod profile;
pub(crate) mod recovery;
pub(crate) mod register;
pub(crate) mod rules;
pub(crate) mod second_factor;
pub(crate) mod sign_on;
pub(crate) mod verify;

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::header::{ACCEPT, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use db::StoreError;
use jiff::Timestamp;
use protocol::id::{FlowId, PopulationId, UserId};
use protocol::params::FormParams;
use protocol::trail::{Fingerprinted, Hidden};
use ui::{Flash, FormState, Html, Layout, Look, Messages, Side, Site};
use web::forbid_storing;

use crate::Idp;
use crate::access::allowed::find_population;
use crate::audit::By;
use crate::interaction::cookies;
use crate::interaction::external::Partner;
use crate::interaction::policy::OffersRegistration;
use crate::interaction::turn::{FLOOR, Next, Turn};
use crate::interaction::{Interaction, Step};
use crate::interaction::{still, told, way_on};
use crate::requests::extract::Environment;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::requests::speech;
use crate::stores::applications::StoredApplication;
use crate::stores::environments::StoredEnvironment;
use crate::stores::populations::Populations;
use crate::stores::users::{StoredUser, Users};

/// A request for a hosted page: the interaction exists, and this browser may go on with it.
#[derive(Debug)]
pub(crate) struct HostedPage {
    idp: Idp,
    environment: Arc<StoredEnvironment>,
    application: Arc<StoredApplication>,
    interaction: Interaction,
    /// The identity providers elsewhere that the policy names.
    partners: Vec<Partner>,
    by: By,
    headers: HeaderMap,
    /// The pages in the language of its person.
    site: Site,
    /// How the pages look.
    look: Look,
    now: Timestamp,
}

impl FromRequestParts<Idp> for HostedPage {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, Response> {
        let environment = Environment::from_request_parts(parts, idp).await;
        let Environment(environment) = environment.map_err(IntoResponse::into_response)?;
        let Ok(by) = By::from_request_parts(parts, idp).await;
        let query = parts.uri.query().unwrap_or_default();
        let hosted = Self::open(idp, environment, query, by, &parts.headers).await;
        let hosted = hosted.map_err(IntoResponse::into_response)?;
        let tokens = cookies::session_tokens(&parts.headers);
        if hosted.interaction.step.is_open_to(&tokens) {
            Ok(hosted)
        } else if parts.method == Method::POST && !is_of_script(&parts.headers) {
            // A second click may be under way before the first one's answer brings the token of the
            // step that it led to. The page itself then tells whether this is another browser.
            Err(hosted.go_on())
        } else {
            let failure = PageFailure::from(PageError::WrongBrowser);
            told::SAME_BROWSER.failed(Hidden, &failure);
            Err(failure.into_response())
        }
    }
}

/// Whether a page's script asks, which no redirect helps.
fn is_of_script(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("application/json"))
}

impl HostedPage {
    async fn open(
        idp: &Idp,
        environment: Arc<StoredEnvironment>,
        query: &str,
        by: By,
        headers: &HeaderMap,
    ) -> Result<Self, PageFailure> {
        let now = by.now;
        let params = FormParams::parse(query.as_bytes())?;
        let id = params.find("flowId").and_then(|id| FlowId::parse(id).ok());
        let id = id.ok_or(PageError::FlowGone)?;
        let found = Interaction::find(idp, environment.id, id, now).await?;
        let found = found.ok_or(PageFailure::from(PageError::FlowGone));
        let interaction = told::FLOW.judged(Fingerprinted(params.find("flowId")), found)?;
        let address = &interaction.request.address;
        let application =
            still::application_still_answers(idp, environment.id, address, now).await?;
        let ui_locales = &interaction.request.ui_locales;
        let site = speech::site(idp, environment.id, ui_locales, headers, now).await?;
        let population = known_population(idp, &interaction).await?;
        let looks = idp.look(environment.id, population, now).await?;
        let choices = &interaction.request.policy.external;
        let partners = Partner::named_by(idp, environment.id, choices).await?;
        Ok(Self {
            idp: idp.clone(),
            site,
            look: looks.page.clone(),
            partners,
            environment,
            application,
            interaction,
            by,
            headers: headers.clone(),
            now,
        })
    }

    /// The address of a page of this interaction; the empty name is the page of its state.
    fn path(&self, page: &str) -> String {
        let environment = self.idp.urls().path(self.environment.id);
        format!("{environment}/signon/{page}?{}", self.interaction.query())
    }

    /// The texts of its language.
    fn texts(&self) -> &Messages {
        self.site.messages()
    }

    fn text(&self, id: &str) -> String {
        self.texts().text(id)
    }

    fn layout(&self, title: &str, lead: &str, form: &FormState) -> Layout {
        self.layout_titled(self.text(title), lead, form)
    }

    /// The same with a title that no catalogue has.
    fn layout_titled(&self, title: String, lead: &str, form: &FormState) -> Layout {
        let application = self.application.settings.name.as_str();
        let texts = self.texts();
        Layout::new(&self.site, Side::SignOn, title)
            .with_lead(texts.format(lead, &[("application", application)]))
            .with_look(self.look.clone())
            .with_form(form)
    }

    /// A page whose form may lead on to the application: Chromium asks that of redirects too.
    fn show<T: askama::Template>(&self, page: T, form: &FormState) -> Response {
        self.answer(Html::new(page), form)
    }

    /// The same for a page with pages of this site in frames.
    fn show_framing<T: askama::Template>(&self, page: T, form: &FormState) -> Response {
        self.answer(Html::new(page).with_own_frames(), form)
    }

    fn answer<T: askama::Template>(&self, page: Html<T>, form: &FormState) -> Response {
        let status = if form.has_errors() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        let redirect_uri = &self.interaction.request.address.redirect_uri;
        let mut page = page.status(status).form_target(redirect_uri.as_url());
        for partner in &self.partners {
            page = page.form_target(partner.address());
        }
        // Where a form that comes too late leads.
        for url in way_on::addresses(&self.application) {
            page = page.form_target(&url);
        }
        let mut response = page.may_have_opener().into_response();
        forbid_storing(response.headers_mut());
        response
    }

    /// Leads to the page of the interaction's state, with GET.
    fn go_on(&self) -> Response {
        see_other(&self.path(""))
    }

    /// Keeps the next step and leads to its page. When another request was faster, its step is
    /// what is shown.
    async fn move_to(self, step: Step) -> Result<Response, PageFailure> {
        let response = self.go_on();
        let next = self.interaction.to(step);
        next.try_advance(&self.idp, self.now).await?;
        Ok(response)
    }

    fn turn(&self) -> Turn<'_> {
        Turn {
            idp: &self.idp,
            interaction: &self.interaction,
            headers: &self.headers,
            by: &self.by,
        }
    }

    /// Leads where a right password led, and gives the browser what it goes on with.
    fn lead_to(&self, next: &Next) -> Response {
        let (mut response, token) = match next {
            Next::Further | Next::Overtaken => return self.go_on(),
            Next::Refused => return see_other(&self.resume_path()),
            Next::Step(token) => (self.go_on(), token),
            Next::SignedOn(token) => (see_other(&self.resume_path()), token),
        };
        cookies::set(&self.idp, self.environment.id, token, &mut response);
        response
    }

    /// The way back to the application.
    fn resume_path(&self) -> String {
        let environment = self.idp.urls().path(self.environment.id);
        format!("{environment}/as/resume?{}", self.interaction.query())
    }

    /// The same page after its interaction has moved on.
    async fn reopened(self) -> Result<Self, PageFailure> {
        let Interaction {
            environment, id, ..
        } = self.interaction;
        let found = Interaction::find(&self.idp, environment, id, self.now).await?;
        let interaction = found.ok_or(PageError::FlowGone)?;
        Ok(Self {
            interaction,
            ..self
        })
    }

    /// The user of a step, who may have been disabled or deleted meanwhile.
    async fn user(&self, id: UserId) -> Result<StoredUser, PageFailure> {
        let user = Users::new(self.idp.db())
            .find(self.environment.id, id)
            .await?;
        let user = user.filter(|user| user.can_authenticate(self.now));
        Ok(user.ok_or(PageError::FlowGone)?)
    }
}

/// The population whose theme is shown: that of the user, once a password or more was right. Who
/// registered sees that of new accounts, whether or not there is one.
async fn known_population(
    idp: &Idp,
    interaction: &Interaction,
) -> Result<Option<PopulationId>, StoreError> {
    let environment = interaction.environment;
    if let Some(user) = interaction.step.proven_user() {
        let user = Users::new(idp.db()).find(environment, user).await?;
        return Ok(user.map(|user| user.population_id));
    }
    if !matches!(interaction.step, Step::VerificationCode { .. }) {
        return Ok(None);
    }
    let named = match &interaction.request.policy.registration {
        OffersRegistration::Here { population } => population.map(PopulationId::from_uuid),
        _ => None,
    };
    let named = match named {
        Some(population) => find_population(idp, environment, population).await?,
        None => None,
    };
    if named.is_some() {
        return Ok(named);
    }
    let default = Populations::new(idp.db()).find_default(environment).await?;
    Ok(default.map(|population| population.id))
}

/// Shows the page of the interaction's state.
pub(crate) async fn get(State(_): State<Idp>, hosted: HostedPage) -> Result<Response, PageFailure> {
    match &hosted.interaction.step {
        Step::SignOn | Step::Password { .. } => Ok(sign_on::show(&hosted, &sign_on::form(&hosted))),
        Step::ChangePassword { user, reason, .. } => {
            change::show(&hosted, *user, *reason, change::form()).await
        }
        Step::RecoveryCode { .. } => recovery::show(&hosted, recovery::form(), Vec::new()).await,
        Step::VerificationCode { user, email, .. } => {
            verify::show(&hosted, *user, email, verify::form(), Vec::new()).await
        }
        Step::SecondFactor { known, .. } => second_factor::show(&hosted, known).await,
        Step::External {
            provider, known, ..
        } => external::show(&hosted, *provider, known.is_none()),
        Step::Link { newcomer, .. } => {
            external::show_link(&hosted, newcomer, external::link_form()).await
        }
        Step::Confirm { newcomer, .. } => {
            let form = external::confirm_form(newcomer);
            external::show_confirm(&hosted, newcomer, form).await
        }
        Step::Agreement { known, action, .. } => {
            agreement::show(&hosted, known, *action, agreement::form()).await
        }
        Step::ProfileData { known, action } => profile::show(&hosted, known, *action).await,
        Step::Completed { .. } | Step::Declined { .. } => Ok(see_other(&hosted.resume_path())),
    }
}

/// Goes back to the first page: the person wants to sign on in another way.
pub(crate) async fn restart(hosted: HostedPage) -> Result<Response, PageFailure> {
    if !hosted.interaction.step.can_begin_anew() {
        return Ok(hosted.go_on());
    }
    let first = hosted.interaction.request.policy.first_step();
    hosted.move_to(first).await
}

/// A redirect after a POST, which the browser follows with GET.
fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    forbid_storing(response.headers_mut());
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Whole minutes, at least one, for a text.
fn minutes(seconds: i64) -> i64 {
    (seconds + 59).div_euclid(60).max(1)
}

/// Two new passwords must be the same.
fn require_same(
    hosted: &HostedPage,
    params: &FormParams,
    field: &'static str,
    form: &mut FormState,
) {
    if params.text(field) != params.text("confirmPassword") {
        form.set_error("confirmPassword", hosted.text("change-confirm-differs"));
    }
}

/// The messages of a page, none in the ordinary case.
type Flashes = Vec<Flash>;
