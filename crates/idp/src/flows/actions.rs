//! What programs do with a flow: one function for each media type.

use axum::response::Response;
use protocol::pingone::Reference;
use protocol::secret::{Password, VerificationCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;
use web::Floor;

use super::FlowRequest;
use super::failures::{failure, out_of_place, refused};
use crate::accounts::Refusal;
use crate::accounts::registration::RegistrationRefusal;
use crate::api::body::{Json, JsonObject, OptionalJson, read_members};
use crate::api::hal::Reply;
use crate::api::user_attributes;
use crate::interaction::challenge::Challenge;
use crate::interaction::demands::Answer;
use crate::interaction::error::InteractionError;
use crate::interaction::external::Partner;
use crate::interaction::turn::{FLOOR, Next};
use crate::interaction::{Known, Step};
use crate::requests::failures::api::ApiFailure;
use crate::stores::users::StoredUser;

/// A typed name counts up to this length: longer than any name that somebody has.
const LONGEST_NAME: usize = 256;

pub(super) async fn read(flow: FlowRequest) -> Result<Reply, ApiFailure> {
    flow.show().await
}

#[derive(Deserialize)]
pub(super) struct Both {
    username: Option<String>,
    password: Password,
}

#[derive(Deserialize)]
pub(super) struct PasswordAlone {
    password: Password,
}

#[derive(Deserialize)]
pub(super) struct Name {
    username: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewPassword {
    current_password: Password,
    new_password: Password,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Code {
    verification_code: String,
}

#[derive(Deserialize)]
pub(super) struct Consent {
    accept: bool,
    /// What is agreed to, where the program says so; otherwise what it was shown last.
    revision: Option<Reference<Uuid>>,
}

pub(super) async fn check_both(
    flow: FlowRequest,
    Json(body): Json<Both>,
) -> Result<Response, ApiFailure> {
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

pub(super) async fn check_password(
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
pub(super) async fn look_up(
    flow: FlowRequest,
    Json(body): Json<Name>,
) -> Result<Response, ApiFailure> {
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

pub(super) async fn reset(
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

pub(super) async fn reset_password(
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

pub(super) async fn verify(
    flow: FlowRequest,
    Json(body): Json<Code>,
) -> Result<Response, ApiFailure> {
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

pub(super) async fn send_verification_code(
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

pub(super) async fn update(
    flow: FlowRequest,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiFailure> {
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
pub(super) async fn confirm(
    flow: FlowRequest,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiFailure> {
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

pub(super) async fn consent(
    flow: FlowRequest,
    Json(body): Json<Consent>,
) -> Result<Response, ApiFailure> {
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

/// Who has to prove a second factor, and where that stands; whoever asks uses up a try.
async fn challenged(flow: &FlowRequest) -> Result<(Known, StoredUser, Challenge), ApiFailure> {
    let step = flow.interaction.step.clone();
    let Step::SecondFactor { known, .. } = &step else {
        return Err(out_of_place());
    };
    flow.turn().take_sign_on_try()?;
    let user = flow.user(known.user).await?;
    let challenge = flow.turn().second_factor(&user, &step).await;
    Ok((known.clone(), user, challenge.map_err(failure)?))
}

#[derive(Deserialize)]
pub(super) struct Otp {
    otp: Password,
}

pub(super) async fn check_otp(
    flow: FlowRequest,
    Json(Otp { otp }): Json<Otp>,
) -> Result<Response, ApiFailure> {
    let (known, user, challenge) = challenged(&flow).await?;
    let sent = otp.expose().trim();
    let next = flow.turn().check_otp(&known, &user, &challenge, sent);
    let next = next.await.map_err(failure)?;
    flow.after(next).await
}

#[derive(Deserialize)]
pub(super) struct Selection {
    device: Reference<Uuid>,
}

pub(super) async fn select_device(
    flow: FlowRequest,
    Json(Selection { device }): Json<Selection>,
) -> Result<Response, ApiFailure> {
    let (_, user, challenge) = challenged(&flow).await?;
    let selected = flow.turn().select_device(&user, challenge, device.id).await;
    selected.map_err(failure)?;
    flow.after(Next::Further).await
}
