//! The flow API, `/{environment}/flows/{flow}`: an interaction for programs that show pages of their
//! own (PingOne, "Flows"). What is done, and what follows, is what the hosted pages do.
//!
//! The id of the flow and the cookie of its browser are the credentials. Scripts of other sites are
//! not let in: they could sign a person's browser on as somebody else.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, FlowId, SessionId, UserId};
use protocol::pingone::{ErrorDetail, Reference};
use protocol::secret::{Password, VerificationCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use web::Floor;

use crate::Idp;
use crate::accounts::registration::RegistrationRefusal;
use crate::accounts::{Refusal, passwords};
use crate::api::body::{Json, JsonObject, OptionalJson, read_members};
use crate::api::hal::{Hal, Reply};
use crate::api::media_router::{Resource, at};
use crate::api::user_attributes;
use crate::audit::By;
use crate::interaction::browser::Browser;
use crate::interaction::demands::Answer;
use crate::interaction::error::InteractionError;
use crate::interaction::external::{Newcomer, Partner, Problem};
use crate::interaction::profile::ProfileRefusal;
use crate::interaction::second_factor::{self, Authentication, Status};
use crate::interaction::turn::{FLOOR, Next, Turn};
use crate::interaction::{Interaction, Known, Step, cookies, still};
use crate::requests::extract::{Environment, path_id};
use crate::requests::failures::api::ApiFailure;
use crate::stores::applications::StoredApplication;
use crate::stores::users::{StoredUser, Users};

/// A typed name counts up to this length: longer than any name that somebody has.
const LONGEST_NAME: usize = 256;

macro_rules! media {
    ($name:literal) => {
        concat!("application/vnd.pingidentity.", $name, "+json")
    };
}

/// The routes of the flow API.
pub(crate) fn routes() -> Vec<Resource> {
    vec![
        at("/{environment}/flows/{flow}")
            .get(read)
            .post_as(media!("usernamePassword.check"), check_both)
            .post_as(media!("password.check"), check_password)
            .post_as(media!("user.lookup"), look_up)
            .post_as(media!("session.reset"), reset)
            .post_as(media!("password.reset"), reset_password)
            .post_as(media!("user.verify"), verify)
            .post_as(media!("user.sendVerificationCode"), send_verification_code)
            .post_as(media!("user.update"), update)
            .post_as(media!("user.confirm"), confirm)
            .post_as(media!("user.consent"), consent)
            .post_as(media!("device.select"), select_device)
            .post_as(media!("otp.check"), check_otp),
    ]
}

/// A request to a flow that its program may go on with.
#[derive(Debug)]
pub(crate) struct FlowRequest {
    idp: Idp,
    environment: EnvironmentId,
    application: Arc<StoredApplication>,
    interaction: Interaction,
    by: By,
    headers: HeaderMap,
}

/// Rejected with 404 where there is no such flow any more, and with 403 in another browser than the
/// one that knew the password.
impl FromRequestParts<Idp> for FlowRequest {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let environment = Environment::from_request_parts(parts, idp).await;
        let Environment(environment) = environment.map_err(|_| ApiFailure::not_found())?;
        let Ok(by) = By::from_request_parts(parts, idp).await;
        let id: FlowId = path_id(parts, idp, "flow").await?;
        let found = Interaction::find(idp, environment.id, id, by.now).await?;
        let interaction = found.ok_or_else(ApiFailure::not_found)?;
        let address = &interaction.request.address;
        let application =
            still::application_still_answers(idp, environment.id, address, by.now).await;
        // One that is disabled or gone has no flows.
        let application = application.map_err(|_| ApiFailure::not_found())?;
        let flow = Self {
            idp: idp.clone(),
            environment: environment.id,
            application,
            interaction,
            by,
            headers: parts.headers.clone(),
        };
        flow.require_open().await?;
        Ok(flow)
    }
}

/// A flow as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Flow {
    id: FlowId,
    environment: Reference<EnvironmentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Reference<SessionId>>,
    resume_url: String,
    status: &'static str,
    created_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_device: Option<Reference<Uuid>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    #[serde(rename = "_embedded")]
    embedded: Map<String, Value>,
}

impl FlowRequest {
    fn turn(&self) -> Turn<'_> {
        Turn {
            idp: &self.idp,
            interaction: &self.interaction,
            headers: &self.headers,
            by: &self.by,
        }
    }

    /// The step is open to this browser: what was completed, to the one that is signed on by it.
    async fn require_open(&self) -> Result<(), ApiFailure> {
        let is_open = if let Step::Completed { user, session, .. } = self.interaction.step {
            let (idp, headers) = (&self.idp, &self.headers);
            let found = Browser::find(idp, self.environment, headers, self.by.now).await?;
            found.is_some_and(|browser| browser.session.id == session && browser.user.id == user)
        } else {
            let tokens = cookies::session_tokens(&self.headers);
            self.interaction.step.is_open_to(&tokens)
        };
        if is_open {
            Ok(())
        } else {
            Err(ApiFailure::forbidden())
        }
    }

    /// The user of a step, who may have been disabled or deleted meanwhile.
    async fn user(&self, id: UserId) -> Result<StoredUser, ApiFailure> {
        let users = Users::new(self.idp.db());
        let user = users.find(self.environment, id).await?;
        let user = user.filter(|user| user.can_authenticate(self.by.now));
        user.ok_or_else(ApiFailure::not_found)
    }

    /// The flow after a turn, with what its browser goes on with.
    async fn after(self, next: Next) -> Result<Response, ApiFailure> {
        let (id, environment) = (self.interaction.id, self.environment);
        let found = Interaction::find(&self.idp, environment, id, self.by.now).await?;
        let interaction = found.ok_or_else(ApiFailure::not_found)?;
        let flow = Self {
            interaction,
            ..self
        };
        let token = match next {
            Next::Step(token) | Next::SignedOn(token) => Some(token),
            Next::Further | Next::Overtaken | Next::Refused => None,
        };
        // Where another request was faster, it may have been another browser's.
        if token.is_none() {
            flow.require_open().await?;
        }
        let mut response = flow.show().await?.into_response();
        if let Some(token) = token {
            cookies::set(&flow.idp, environment, &token, &mut response);
        }
        Ok(response)
    }

    /// An identity provider, and the way there.
    fn way_to(&self, partner: &Partner) -> Value {
        let (urls, query) = (self.idp.urls(), self.interaction.query());
        let href = urls.to_provider(self.environment, partner.id, query);
        json!({
            "id": partner.id,
            "name": partner.name,
            "type": partner.code,
            "_links": { "authenticate": { "href": href } },
        })
    }

    async fn lets_register(&self, newcomer: &Newcomer) -> Result<bool, ApiFailure> {
        self.turn().lets_register(newcomer).await.map_err(failure)
    }

    async fn show(&self) -> Result<Reply, ApiFailure> {
        let Interaction {
            id,
            step,
            created_at,
            expires_at,
            ..
        } = &self.interaction;
        let asks_for_name = self.interaction.request.policy.asks_for_name_first;
        let challenge = match step {
            Step::SecondFactor { known, .. } => {
                let user = self.user(known.user).await?;
                let challenge = self.turn().second_factor(&user, step).await;
                Some(challenge.map_err(failure)?)
            }
            _ => None,
        };
        let authentication = challenge
            .as_ref()
            .map(|challenge| &challenge.authentication);
        let status = match step {
            Step::SecondFactor { .. }
                if authentication.is_some_and(|one| one.status() != Status::OtpRequired) =>
            {
                "DEVICE_SELECTION_REQUIRED"
            }
            Step::SignOn if asks_for_name => "SIGN_ON_REQUIRED",
            step => step.status(),
        };
        let (links, mut embedded) = self.offered().await?;
        if let Some(challenge) = &challenge {
            let devices = second_factor::shown(&challenge.choice.devices)?;
            embedded.insert("devices".to_owned(), json!(devices));
        }
        let selected_device = authentication.and_then(Authentication::device);
        let urls = self.idp.urls();
        let resume = urls.endpoint(self.environment, "resume");
        let flow = Flow {
            id: *id,
            environment: Reference::new(self.environment),
            session: match step {
                Step::Completed { session, .. } => Some(Reference::new(*session)),
                _ => None,
            },
            resume_url: format!("{resume}?flowId={id}"),
            status,
            created_at: *created_at,
            expires_at: *expires_at,
            selected_device: selected_device.map(Reference::new),
            error: problem(&self.interaction)
                .map(|message| json!({ "code": "ACCESS_FAILED", "message": message })),
            embedded,
        };
        let this = urls.flow(self.environment, *id);
        let page = urls.signon(self.environment, self.interaction.query());
        let flow = Hal::new(this.clone(), flow).link("signOnPage", page);
        let flow = links
            .iter()
            .fold(flow, |flow, action| flow.link(action, this.clone()));
        Reply::ok(&flow)
    }

    /// What the user is asked to agree to. That it was shown is kept: nobody agrees to another text.
    async fn agreement(
        &self,
        known: &Known,
        user: &StoredUser,
        action: Uuid,
    ) -> Result<Option<Value>, ApiFailure> {
        let demand = self.turn().agreement_demand(user, action).await;
        let demand = demand.map_err(failure)?;
        let Some(text) = &demand.text else {
            return Ok(None);
        };
        let revision = text.revision();
        let is_shown = matches!(
            self.interaction.step,
            Step::Agreement { shown, .. } if shown == Some(revision)
        );
        if !is_shown {
            let step = Step::Agreement {
                known: known.clone(),
                action,
                shown: Some(revision),
            };
            let next = self.interaction.clone().to(step);
            next.try_advance(&self.idp, self.by.now).await?;
        }
        let (written, is_html) = text.text();
        Ok(Some(json!({
            "id": text.agreement(),
            "language": { "id": text.language(), "locale": text.locale() },
            "revision": { "id": revision },
            "title": text.title(),
            "text": written,
            "contentType": if is_html { "text/html" } else { "text/plain" },
            "userExperience": text.words(),
            "disableDeclineOption": !demand.is_declinable,
        })))
    }

    /// Which actions the step offers, and what stands beside it.
    async fn offered(&self) -> Result<(&'static [&'static str], Map<String, Value>), ApiFailure> {
        let settings = &self.application.settings;
        let application = json!({ "name": settings.name });
        let mut embedded = Map::from_iter([("application".to_owned(), application)]);
        let mut embed = |name: &str, value: Value| {
            embedded.insert(name.to_owned(), value);
        };
        let asks_for_name = self.interaction.request.policy.asks_for_name_first;
        let links: &'static [&'static str] = match &self.interaction.step {
            Step::SignOn => {
                let choices = &self.interaction.request.policy.external;
                let partners = Partner::named_by(&self.idp, self.environment, choices).await?;
                let offered = Partner::offered(&partners, choices);
                if !offered.is_empty() {
                    let offered = offered.into_iter().map(|partner| self.way_to(partner));
                    embed("socialProviders", offered.collect());
                }
                if asks_for_name {
                    &["user.lookup"]
                } else {
                    &["usernamePassword.check"]
                }
            }
            Step::External {
                provider, known, ..
            } => {
                let partner = Partner::find(&self.idp, self.environment, *provider).await?;
                if let Some(partner) = partner {
                    embed("identityProvider", self.way_to(&partner));
                }
                if known.is_some() {
                    &[]
                } else {
                    &["session.reset"]
                }
            }
            Step::Link { newcomer, .. } => {
                if self.lets_register(newcomer).await? {
                    &["usernamePassword.check", "user.confirm", "session.reset"]
                } else {
                    &["usernamePassword.check", "session.reset"]
                }
            }
            Step::Confirm { newcomer, .. } => {
                let mut said = newcomer.attributes.clone();
                said.insert("username".to_owned(), json!(newcomer.username));
                said.insert("email".to_owned(), json!(newcomer.email));
                embed("user", Value::Object(said));
                &["user.confirm", "session.reset"]
            }
            Step::Password { .. } => &["usernamePassword.check", "password.check", "session.reset"],
            Step::ChangePassword { user, .. } => {
                let user = self.user(*user).await?;
                let policy = passwords::policy_of(&self.idp, &user).await;
                let policy = policy?.policy;
                embed("passwordPolicy", json!(policy));
                embed("user", shown(&user));
                &["password.reset"]
            }
            // The code that was mailed is for the page that asked for it.
            Step::RecoveryCode { .. } => &["session.reset"],
            // Whose it is stays unsaid: nobody may learn whether an address had an account.
            Step::VerificationCode { .. } => {
                &["user.verify", "user.sendVerificationCode", "session.reset"]
            }
            Step::SecondFactor { known, .. } => {
                embed("user", shown(&self.user(known.user).await?));
                &["otp.check", "device.select", "session.reset"]
            }
            Step::Agreement { known, action, .. } => {
                let user = self.user(known.user).await?;
                if let Some(agreement) = self.agreement(known, &user, *action).await? {
                    embed("agreement", agreement);
                }
                embed("user", shown(&user));
                &["user.consent"]
            }
            Step::ProfileData { known, action } => {
                let user = self.user(known.user).await?;
                let demand = self.turn().profile_demand(&user, *action).await;
                let demand = demand.map_err(failure)?;
                let attributes = demand.lacking.iter();
                let attributes: Vec<_> = attributes
                    .map(|one| json!({ "name": one.path, "required": one.is_required }))
                    .collect();
                embed("attributes", json!(attributes));
                if let Some(prompt) = demand.prompt {
                    embed("promptText", json!(prompt));
                }
                embed("user", shown(&user));
                &["user.update"]
            }
            Step::Completed { user, .. } => {
                embed("user", shown(&self.user(*user).await?));
                &[]
            }
            Step::Declined { .. } => &[],
        };
        Ok((links, embedded))
    }
}

/// Why an interaction is over, or the last way led nowhere, in words for programmers.
fn problem(interaction: &Interaction) -> Option<&'static str> {
    if let Step::Declined { .. } = interaction.step {
        return Some("The user does not agree to what the sign-on policy demands.");
    }
    interaction.external.problem.map(|problem| match problem {
        Problem::AccountNotUsable => "The account cannot be used by this identity provider.",
        Problem::OfAnotherAccount => "The identity belongs to another account.",
        Problem::Cancelled => "The sign-on was stopped at the identity provider.",
        Problem::Provider => "The identity provider did not say who signs on.",
    })
}

/// A user beside a flow.
fn shown(user: &StoredUser) -> Value {
    let name = user.attributes.get("name").cloned();
    json!({
        "id": user.id,
        "username": user.username,
        "name": name.unwrap_or_else(|| json!({})),
    })
}

async fn read(flow: FlowRequest) -> Result<Reply, ApiFailure> {
    flow.show().await
}

#[derive(Deserialize)]
struct Both {
    username: Option<String>,
    password: Password,
}

#[derive(Deserialize)]
struct PasswordAlone {
    password: Password,
}

#[derive(Deserialize)]
struct Name {
    username: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewPassword {
    current_password: Password,
    new_password: Password,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Code {
    verification_code: String,
}

#[derive(Deserialize)]
struct Consent {
    accept: bool,
    /// What is agreed to, where the program says so; otherwise what it was shown last.
    revision: Option<Reference<Uuid>>,
}

async fn check_both(flow: FlowRequest, Json(body): Json<Both>) -> Result<Response, ApiFailure> {
    let asks_for_name = flow.interaction.request.policy.asks_for_name_first;
    let username = match &flow.interaction.step {
        Step::Password { username } => Some(username.clone()),
        Step::SignOn if asks_for_name => return Err(out_of_place()),
        Step::SignOn | Step::Link { .. } => body.username,
        _ => return Err(out_of_place()),
    };
    let username = username.filter(|name| !name.trim().is_empty());
    let username = username.ok_or_else(|| ApiFailure::required_value("username"))?;
    Box::pin(sign_on(flow, &username, &body.password)).await
}

async fn check_password(
    flow: FlowRequest,
    Json(body): Json<PasswordAlone>,
) -> Result<Response, ApiFailure> {
    let Step::Password { username } = flow.interaction.step.clone() else {
        return Err(out_of_place());
    };
    Box::pin(sign_on(flow, &username, &body.password)).await
}

async fn sign_on(
    flow: FlowRequest,
    username: &str,
    password: &Password,
) -> Result<Response, ApiFailure> {
    let username: String = username.trim().chars().take(LONGEST_NAME).collect();
    let next = flow.turn().sign_on(&username, password).await;
    let next = next.map_err(|error| match error {
        // Which of the two is wrong is told to nobody.
        InteractionError::Refused(Refusal::Wrong { .. } | Refusal::NoPassword) => {
            ApiFailure::invalid_value("username", "Invalid username and/or password.")
        }
        error => failure(error),
    })?;
    flow.after(next).await
}

/// Whether there is such a user is told to nobody.
async fn look_up(flow: FlowRequest, Json(body): Json<Name>) -> Result<Response, ApiFailure> {
    let asks_for_name = flow.interaction.request.policy.asks_for_name_first;
    if !(asks_for_name && matches!(flow.interaction.step, Step::SignOn)) {
        return Err(out_of_place());
    }
    let username: String = body.username.trim().chars().take(LONGEST_NAME).collect();
    if username.is_empty() {
        return Err(ApiFailure::required_value("username"));
    }
    let step = match flow.interaction.request.policy.external.discover(&username) {
        Some(provider)
            if Partner::find(&flow.idp, flow.environment, provider)
                .await?
                .is_some() =>
        {
            Step::External {
                provider,
                hint: Some(username),
                known: None,
            }
        }
        _ => Step::Password { username },
    };
    move_to(flow, step).await
}

async fn reset(
    flow: FlowRequest,
    OptionalJson(_): OptionalJson<Map<String, Value>>,
) -> Result<Response, ApiFailure> {
    if !flow.interaction.step.can_begin_anew() {
        return Err(out_of_place());
    }
    let first = flow.interaction.request.policy.first_step();
    move_to(flow, first).await
}

async fn move_to(flow: FlowRequest, step: Step) -> Result<Response, ApiFailure> {
    let next = flow.interaction.clone().to(step);
    next.try_advance(&flow.idp, flow.by.now).await?;
    flow.after(Next::Further).await
}

async fn reset_password(
    flow: FlowRequest,
    Json(body): Json<NewPassword>,
) -> Result<Response, ApiFailure> {
    let Step::ChangePassword { user, .. } = flow.interaction.step else {
        return Err(out_of_place());
    };
    let user = flow.user(user).await?;
    let (current, new) = (&body.current_password, &body.new_password);
    let next = flow.turn().change_password(&user, current, new).await;
    let next = next.map_err(failure)?;
    flow.after(next).await
}

async fn verify(flow: FlowRequest, Json(body): Json<Code>) -> Result<Response, ApiFailure> {
    let Step::VerificationCode { user, .. } = flow.interaction.step else {
        return Err(out_of_place());
    };
    flow.turn().take_sign_on_try()?;
    let floor = Floor::of(FLOOR);
    let code = VerificationCode::from_typed(&body.verification_code);
    match flow.turn().verify(user, &code).await {
        Ok(next) => flow.after(next).await,
        Err(error) => {
            floor.reached().await;
            Err(failure(error))
        }
    }
}

async fn send_verification_code(
    flow: FlowRequest,
    OptionalJson(_): OptionalJson<Map<String, Value>>,
) -> Result<Response, ApiFailure> {
    let Step::VerificationCode { user, email, .. } = flow.interaction.step.clone() else {
        return Err(out_of_place());
    };
    let limits = flow.idp.limits();
    limits
        .recoveries
        .take(flow.by.origin.address, flow.by.now)?;
    let floor = Floor::of(FLOOR);
    let sent = flow.turn().send_verification_code(user, &email).await;
    let answer = match sent {
        Ok(()) => flow.after(Next::Further).await,
        Err(error) => Err(failure(error)),
    };
    floor.reached().await;
    answer
}

async fn update(flow: FlowRequest, JsonObject(body): JsonObject) -> Result<Response, ApiFailure> {
    let Step::ProfileData { known, action } = flow.interaction.step.clone() else {
        return Err(out_of_place());
    };
    let user = flow.user(known.user).await?;
    let turn = flow.turn();
    let demand = turn.profile_demand(&user, action).await.map_err(failure)?;
    let given: Vec<(String, Value)> = demand
        .lacking
        .iter()
        .filter_map(|one| Some((one.path.clone(), member(&body, &one.path)?.clone())))
        .collect();
    let filled = turn.fill_in(&known, &user, action, &demand.lacking, &given);
    let next = filled.await.map_err(failure)?;
    flow.after(next).await
}

#[derive(Deserialize)]
struct Confirmed {
    username: Option<String>,
    email: Option<String>,
}

/// Makes the account of somebody who came by an identity provider; what the body leaves out is as
/// the provider says.
async fn confirm(flow: FlowRequest, JsonObject(body): JsonObject) -> Result<Response, ApiFailure> {
    let (Step::Link { newcomer, .. } | Step::Confirm { newcomer, .. }) =
        flow.interaction.step.clone()
    else {
        return Err(out_of_place());
    };
    if !flow.lets_register(&newcomer).await? {
        return Err(out_of_place());
    }
    let partner = flow.turn().partner_of(&newcomer).await.map_err(failure)?;
    let partner = partner.ok_or_else(out_of_place)?;
    let Confirmed { username, email } = read_members(&body)?;
    let username = username.or_else(|| newcomer.username.clone());
    let username = username.ok_or_else(|| ApiFailure::required_value("username"))?;
    let email = email.or_else(|| newcomer.email.clone());
    let email = email.ok_or_else(|| ApiFailure::required_value("email"))?;
    let schemas = flow.idp.user_schemas();
    let schema = schemas.of(flow.environment, flow.by.now).await?;
    let mut newcomer = newcomer;
    newcomer.attributes = user_attributes::merge(newcomer.attributes, &body, &schema)?;
    let floor = Floor::of(FLOOR);
    let made = flow
        .turn()
        .make(&partner, &newcomer, username.trim(), email.trim())
        .await;
    floor.reached().await;
    match made.map_err(failure)? {
        Ok(next) => flow.after(next).await,
        Err(RegistrationRefusal::UsernameTaken) => Err(ApiFailure::not_unique("username")),
        Err(
            RegistrationRefusal::UsernameIsForeignAddress | RegistrationRefusal::InvalidUsername,
        ) => Err(ApiFailure::invalid_value(
            "username",
            "cannot be a username",
        )),
        Err(RegistrationRefusal::InvalidEmail(_)) => Err(ApiFailure::invalid_value(
            "email",
            "must be a well-formed email address",
        )),
        Err(RegistrationRefusal::ValueTaken(name)) => Err(ApiFailure::not_unique(&name)),
        Err(refusal @ RegistrationRefusal::UnknownPopulation) => Err(ApiFailure::internal(refusal)),
        Err(RegistrationRefusal::Refused(refusal)) => Err(refused(refusal)),
    }
}

/// A member that says something, by its path, such as `name.given`.
fn member<'a>(body: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let value = match path.split_once('.') {
        Some((object, member)) => body.get(object).and_then(|object| object.get(member)),
        None => body.get(path),
    };
    value.filter(|value| !value.is_null())
}

async fn consent(flow: FlowRequest, Json(body): Json<Consent>) -> Result<Response, ApiFailure> {
    let Step::Agreement {
        known,
        action,
        shown,
    } = flow.interaction.step.clone()
    else {
        return Err(out_of_place());
    };
    let user = flow.user(known.user).await?;
    let turn = flow.turn();
    let demand = turn.agreement_demand(&user, action).await;
    let demand = demand.map_err(failure)?;
    let answer = if body.accept {
        let named = body.revision.map(|revision| revision.id);
        // Who was shown nothing agrees to nothing.
        Answer::Agrees {
            to: named.or(shown).unwrap_or_default(),
        }
    } else {
        Answer::Declines
    };
    let next = turn.answer_agreement(&known, &user, &demand, answer).await;
    let next = next.map_err(failure)?;
    flow.after(next).await
}

#[derive(Deserialize)]
struct Otp {
    otp: Password,
}

async fn check_otp(
    flow: FlowRequest,
    Json(Otp { otp }): Json<Otp>,
) -> Result<Response, ApiFailure> {
    let step = flow.interaction.step.clone();
    let Step::SecondFactor { known, .. } = &step else {
        return Err(out_of_place());
    };
    flow.turn().take_sign_on_try()?;
    let user = flow.user(known.user).await?;
    let turn = flow.turn();
    let challenge = turn.second_factor(&user, &step).await.map_err(failure)?;
    let next = turn.check_otp(known, &user, &challenge, otp.expose().trim());
    let next = next.await.map_err(failure)?;
    flow.after(next).await
}

#[derive(Deserialize)]
struct Selection {
    device: Reference<Uuid>,
}

async fn select_device(
    flow: FlowRequest,
    Json(Selection { device }): Json<Selection>,
) -> Result<Response, ApiFailure> {
    let step = flow.interaction.step.clone();
    let Step::SecondFactor { known, .. } = &step else {
        return Err(out_of_place());
    };
    flow.turn().take_sign_on_try()?;
    let user = flow.user(known.user).await?;
    let turn = flow.turn();
    let challenge = turn.second_factor(&user, &step).await.map_err(failure)?;
    let selected = turn.select_device(&user, challenge, device.id).await;
    selected.map_err(failure)?;
    flow.after(Next::Further).await
}

/// An action that the step does not offer.
fn out_of_place() -> ApiFailure {
    let message = "The flow does not offer this action now.";
    ApiFailure::request_failed(ErrorDetail::new("INVALID_VALUE", None, message))
}

/// Why an interaction did not go on, in PingOne's words.
fn failure(error: InteractionError) -> ApiFailure {
    match error {
        InteractionError::Limited(limited) => limited.into(),
        InteractionError::NotProvided => {
            let message = "The sign-on policy demands something that is not provided.";
            ApiFailure::request_failed(ErrorDetail::new("INVALID_VALUE", None, message))
        }
        InteractionError::NotDeclinable => ApiFailure::not_one_of("accept", &["true"]),
        InteractionError::AnotherText => {
            let message =
                "Another text than the one that was shown is in force. Read the flow again.";
            ApiFailure::request_failed(ErrorDetail::new("INVALID_VALUE", Some("revision"), message))
        }
        InteractionError::Over => ApiFailure::not_found(),
        InteractionError::Profile(ProfileRefusal::Values(details)) => {
            ApiFailure::invalid_data(details)
        }
        InteractionError::Profile(ProfileRefusal::Taken(name)) => ApiFailure::not_unique(&name),
        InteractionError::Profile(ProfileRefusal::Store(error)) => error.into(),
        InteractionError::Refused(refusal) => refused(refusal),
        InteractionError::SecondFactor(refusal) => refusal.into(),
    }
}

fn refused(refusal: Refusal) -> ApiFailure {
    match refusal {
        Refusal::AccountNotUsable => ApiFailure::request_failed(ErrorDetail::new(
            "ACCOUNT_NOT_USABLE",
            None,
            "The account is disabled or locked.",
        )),
        Refusal::CodeInvalid | Refusal::CodeExhausted => {
            ApiFailure::invalid_value("verificationCode", "The code is wrong or has expired.")
        }
        Refusal::Wrong { .. } | Refusal::NoPassword => ApiFailure::invalid_value(
            "currentPassword",
            "The current password provided for the user is invalid",
        ),
        Refusal::LockedOut {
            seconds_until_unlock,
        } => ApiFailure::invalid_data(vec![
            ErrorDetail::new("PASSWORD_LOCKED_OUT", None, "The password is locked out.")
                .with("secondsUntilUnlock", json!(seconds_until_unlock)),
        ]),
        Refusal::Policy(evaluation) => {
            let message = "New password did not satisfy password policy requirements";
            let mut detail = ErrorDetail::new("INVALID_VALUE", Some("newPassword"), message);
            detail.inner_error = evaluation.to_inner_error();
            ApiFailure::invalid_data(vec![detail])
        }
        Refusal::TooYoung { min_age_days } => ApiFailure::request_failed(ErrorDetail::new(
            "PASSWORD_TOO_YOUNG",
            Some("newPassword"),
            format!("The password was changed less than {min_age_days} days ago"),
        )),
        Refusal::Hashing(error) => error.into(),
        Refusal::Store(error) => error.into(),
        Refusal::Mail(error) => ApiFailure::internal(error),
        Refusal::TooManyMails => ApiFailure::too_many_mails(),
    }
}
