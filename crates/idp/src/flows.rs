//! The flow API, `/{environment}/flows/{flow}`: an interaction for programs that show pages of their
//! own (PingOne, "Flows"). What is done, and what follows, is what the hosted pages do.
//!
//! The id of the flow and the cookie of its browser are the credentials. Scripts of other sites are
//! not let in: they could sign a person's browser on as somebody else.

mod actions;
mod failures;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, FlowId, SessionId, UserId};
use protocol::pingone::Reference;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::failures::failure;
use crate::Idp;
use crate::accounts::passwords;
use crate::api::hal::{Hal, Reply};
use crate::api::media_router::{Resource, at};
use crate::audit::By;
use crate::interaction::browser::Browser;
use crate::interaction::external::{Newcomer, Partner, Problem};
use crate::interaction::second_factor::{self, Authentication, Status};
use crate::interaction::turn::{Next, Turn};
use crate::interaction::{Interaction, Known, Step, cookies, still};
use crate::requests::extract::{Environment, path_id};
use crate::requests::failures::api::ApiFailure;
use crate::stores::applications::StoredApplication;
use crate::stores::users::{StoredUser, Users};

macro_rules! media {
    ($name:literal) => {
        concat!("application/vnd.pingidentity.", $name, "+json")
    };
}

/// The routes of the flow API.
pub(crate) fn routes() -> Vec<Resource> {
    vec![
        at("/{environment}/flows/{flow}")
            .get(actions::read)
            .post_as(media!("usernamePassword.check"), actions::check_both)
            .post_as(media!("password.check"), actions::check_password)
            .post_as(media!("user.lookup"), actions::look_up)
            .post_as(media!("session.reset"), actions::reset)
            .post_as(media!("password.reset"), actions::reset_password)
            .post_as(media!("user.verify"), actions::verify)
            .post_as(
                media!("user.sendVerificationCode"),
                actions::send_verification_code,
            )
            .post_as(media!("user.update"), actions::update)
            .post_as(media!("user.confirm"), actions::confirm)
            .post_as(media!("user.consent"), actions::consent)
            .post_as(media!("device.select"), actions::select_device)
            .post_as(media!("otp.check"), actions::check_otp),
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
    #[serde(with = "protocol::pingone::date::Date")]
    created_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
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
