//! `/{environment}/deviceAuthentications` at the address of sign-on: programs let a device prove that
//! somebody is the user (PingOne, "MFA device authentications").

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::id::UserId;
use protocol::pingone::{ErrorDetail, Reference as WireReference, date, media_type as media};
use protocol::secret::Password;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::access::allowed::Allowed;
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply, Shown};
use crate::api::media_router::{self, at};
use crate::configuration::device_authentication_policies::DeviceAuthenticationPolicy;
use crate::configuration::devices::{Device, DevicePolicy};
use crate::interaction::second_factor::{
    self, Authentication, Choice, Refusal, Status, usable_devices,
};
use crate::requests::extract::path_id;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::Object;
use crate::stores::users::{StoredUser, Users};

type MayAuthenticate = Allowed<may::AuthenticateDevices>;

/// An authentication as it is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewAuthentication {
    user: WireReference<UserId>,
    policy: Option<WireReference<Uuid>>,
    selected_device: Option<WireReference<Uuid>>,
}

/// The device that the user chose.
#[derive(Debug, Deserialize, JsonSchema)]
struct Selection {
    device: WireReference<Uuid>,
}

/// What proves that it is the user.
#[derive(Debug, Deserialize, JsonSchema)]
struct Proof {
    otp: Password,
}

/// The authentication of the path, its user, and somebody who may go on with it.
struct Begun {
    allowed: MayAuthenticate,
    user: StoredUser,
    authentication: Authentication,
}

/// Rejected as [`Allowed`] is, with 404 without such an authentication, and with 403 where its user is
/// out of reach, or holds a role that the one who asks does not.
impl FromRequestParts<Idp> for Begun {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let allowed = MayAuthenticate::from_request_parts(parts, idp).await?;
        let id = path_id(parts, idp, "authentication").await?;
        let found = Authentication::find(idp, allowed.id(), id, allowed.now).await?;
        let authentication = found.ok_or_else(ApiFailure::not_found)?;
        let users = Users::new(idp.db());
        let user = users.find(allowed.id(), authentication.user()).await?;
        let user = user.ok_or_else(ApiFailure::not_found)?;
        require_reach(&allowed, &user).await?;
        Ok(Self {
            allowed,
            user,
            authentication,
        })
    }
}

/// Refuses a user who is out of reach, and one who holds roles that the one who asks does not: wrong
/// tries lock a device, so this is power over its owner.
async fn require_reach(allowed: &MayAuthenticate, user: &StoredUser) -> Result<(), ApiFailure> {
    allowed.require(user.population_id)?;
    allowed.require_all_roles_of(user.id.as_uuid()).await
}

impl Begun {
    async fn choice(&self) -> Result<Choice, ApiFailure> {
        let policy = self.authentication.device_policy();
        let (idp, now) = (&self.allowed.idp, self.allowed.now);
        Ok(Choice::find(idp, &self.user, policy, now).await?)
    }
}

async fn begin(
    allowed: MayAuthenticate,
    Json(new): Json<NewAuthentication>,
) -> Result<Reply, ApiFailure> {
    let (idp, now) = (&allowed.idp, allowed.now);
    let found = Users::new(idp.db()).find(allowed.id(), new.user.id).await?;
    let user = found.ok_or_else(|| {
        let message = "names somebody who does not exist in the environment";
        ApiFailure::invalid_value("user.id", message)
    })?;
    require_reach(&allowed, &user).await?;
    if !user.can_authenticate(now) {
        let message = "The user cannot sign on.";
        return Err(ApiFailure::constraint(Some("user.id"), message));
    }
    let policy = DevicePolicy::whole(new.policy.map(|policy| policy.id));
    let choice = Choice::find(idp, &user, policy, now).await?;
    let device = new.selected_device.map(|device| device.id);
    let begun = Authentication::begin(idp, &user, &choice, device, &allowed.by).await?;
    Reply::created(&shown(&allowed, &begun, &choice.devices)?)
}

async fn read(begun: Begun) -> Result<Reply, ApiFailure> {
    let Begun {
        allowed,
        user,
        authentication,
    } = &begun;
    let (idp, now) = (&allowed.idp, allowed.now);
    let asked = authentication.device_policy();
    let policy = DeviceAuthenticationPolicy::find(idp, allowed.id(), asked.id).await?;
    let devices = match policy {
        Some(policy) => usable_devices(idp, user, &policy.document, asked.off, now).await?,
        None => Vec::new(),
    };
    Reply::ok(&shown(allowed, authentication, &devices)?)
}

async fn select(
    begun: Begun,
    Json(Selection { device }): Json<Selection>,
) -> Result<Reply, ApiFailure> {
    let choice = begun.choice().await?;
    let Begun {
        allowed,
        user,
        authentication,
    } = begun;
    let (idp, by) = (&allowed.idp, &allowed.by);
    let selected = authentication.select(idp, &user, &choice, device.id, by);
    Reply::ok(&shown(&allowed, &selected.await?, &choice.devices)?)
}

async fn check(begun: Begun, Json(Proof { otp }): Json<Proof>) -> Result<Reply, ApiFailure> {
    let choice = begun.choice().await?;
    let Begun {
        allowed,
        user,
        authentication,
    } = begun;
    let (idp, by) = (&allowed.idp, &allowed.by);
    let checked = authentication.check(idp, &user, &choice, otp.expose().trim(), by);
    Reply::ok(&shown(&allowed, &checked.await?, &choice.devices)?)
}

fn shown(
    allowed: &MayAuthenticate,
    authentication: &Authentication,
    devices: &[Object<Device>],
) -> Result<Shown, ApiFailure> {
    let path = format!("deviceAuthentications/{}", authentication.id());
    let this = allowed.idp.urls().authentication(allowed.id(), &path);
    let devices = second_factor::shown(devices)?;
    let mut members = Map::new();
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    add("_embedded", json!({ "devices": devices }));
    add("id", json!(authentication.id()));
    add("environment", json!({ "id": allowed.id() }));
    add("status", json!(authentication.status()));
    add("policy", json!({ "id": authentication.policy() }));
    if let Some(device) = authentication.device() {
        add("selectedDevice", json!({ "id": device }));
    }
    add("user", json!({ "id": authentication.user() }));
    add(
        "createdAt",
        json!(date::written(authentication.created_at())),
    );
    add(
        "updatedAt",
        json!(date::written(authentication.updated_at())),
    );
    add(
        "expiresAt",
        json!(date::written(authentication.expires_at())),
    );
    if authentication.status() == Status::Failed {
        let message = "There were too many wrong one-time passwords.";
        add(
            "error",
            json!({ "code": "INVALID_OTP", "message": message }),
        );
    }
    let shown = Hal::new(this.clone(), members);
    let shown = match authentication.status() {
        Status::Completed => return Ok(shown),
        Status::OtpRequired => shown.link("otp.check", this.clone()),
        Status::DeviceSelectionRequired | Status::Failed => shown,
    };
    Ok(shown.link("device.select", this))
}

impl From<Refusal> for ApiFailure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Compose(error) => Self::internal(error),
            Refusal::Conflict => Self::conflict(),
            Refusal::NotEnabled => {
                Self::constraint(Some("user.id"), "The user's second factor is not enabled.")
            }
            Refusal::NotNow => Self::constraint(None, "The authentication does not wait for this."),
            Refusal::NoUsableDevice => {
                let message = "The user has no device that can be used.";
                Self::request_failed(ErrorDetail::new("NO_USABLE_DEVICES", None, message))
            }
            Refusal::Store(error) => error.into(),
            Refusal::TooManyMails => Self::too_many_mails(),
            Refusal::UnknownDevice => {
                Self::invalid_value("device.id", "names no device of the user that can be used")
            }
            Refusal::UnknownPolicy => {
                let message = "names something that does not exist in the environment";
                Self::invalid_value("policy.id", message)
            }
            Refusal::Wrong { attempts_remaining } => {
                let message = "The one-time password is wrong or has expired.";
                let detail = ErrorDetail::new("INVALID_OTP", Some("otp"), message);
                let detail = detail.with("attemptsRemaining", attempts_remaining);
                Self::invalid_data(vec![detail])
            }
        }
    }
}

/// The routes, at the address of sign-on.
pub(crate) fn router() -> Router<Idp> {
    let path = "/{environment}/deviceAuthentications";
    media_router::router(vec![
        at(path).post(begin),
        at(format!("{path}/{{authentication}}"))
            .get(read)
            .post_as(media::DEVICE_SELECT, select)
            .post_as(media::OTP_CHECK, check),
    ])
}
