//! `/environments/{environment}/users/{user}/password`: every operation by its vendor media type
//! (PingOne, "User passwords"). What they do stands in [`accounts`](crate::accounts).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::pingone::{
    CheckPassword, EmbeddedPolicy, PasswordState, PasswordStatus, RecoverPassword, Reference,
    ResetPassword, SetPassword,
};
use protocol::secret::{Password, RecoveryCode};

use super::refusals::{self, PasswordTarget};
use crate::access::caller::Caller;
use crate::access::on_user::{ActsAs, OnUser};
use crate::access::permissions::may;
use crate::accounts::identification::Recoverable;
use crate::accounts::passwords::{self, PolicyCheck, SetOptions};
use crate::accounts::{Refusal, recovery};
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply};
use crate::requests::extract::Query;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::users::StoredUser;

/// Whether the whole policy is wanted beside the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expand {
    Nothing,
    PasswordPolicy,
}

/// Rejected as [`Query`] is.
impl FromRequestParts<Idp> for Expand {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let query = Query::from_request_parts(parts, idp).await?;
        Ok(if query.lists("expand", "passwordPolicy") {
            Self::PasswordPolicy
        } else {
            Self::Nothing
        })
    }
}

/// The state as every operation answers it.
async fn reply(
    caller: &Caller,
    user: &StoredUser,
    status: Option<PasswordStatus>,
    expand: Expand,
) -> Result<Reply, ApiFailure> {
    let idp = &caller.idp;
    let state = passwords::state(idp, user, caller.now).await?;
    let policy = state.policy.id;
    let status = status.unwrap_or(state.status);
    let mut body = PasswordState::new(user.environment_id, user.id, status);
    body.password_policy = Some(Reference::new(policy));
    body.last_changed_at = state.changed_at;
    body.seconds_until_unlock = state.seconds_until_unlock;
    if expand == Expand::PasswordPolicy {
        body.embedded = Some(EmbeddedPolicy::new(state.policy.to_wire()));
    }
    let environment = user.environment_id;
    let user_url = idp
        .urls()
        .environment_api(environment, format_args!("users/{}", user.id));
    let policy_path = format_args!("passwordPolicies/{policy}").to_string();
    let this = format!("{user_url}/password");
    let path = format_args!("users/{}/password", user.id);
    let hal = Hal::in_environment(idp.urls(), environment, path, body)
        .link("password.check", this.as_str())
        .link("password.recover", this.as_str())
        .link("password.reset", this.as_str())
        .link("password.set", this)
        .link(
            "passwordPolicy",
            idp.urls().environment_api(environment, policy_path),
        )
        .link("user", user_url);
    Reply::ok(&hal)
}

fn refused(target: PasswordTarget) -> impl Fn(Refusal) -> ApiFailure {
    move |refusal| refusals::of_password(refusal, target)
}

/// Refuses a value that says it is hashed already. To take its text for the password would lock
/// the user out.
pub(super) fn require_plain(value: &str, target: &str) -> Result<(), ApiFailure> {
    let tag = value
        .strip_prefix('{')
        .and_then(|rest| rest.split_once('}'));
    let is_tag = |tag: &str| {
        !tag.is_empty()
            && tag
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
    };
    match tag {
        Some((tag, _)) if is_tag(tag) => Err(ApiFailure::invalid_value(
            target,
            "Pre-encoded passwords are not supported; send the password as clear text",
        )),
        _ => Ok(()),
    }
}

fn require_text(password: &Password, target: &str) -> Result<(), ApiFailure> {
    if password.expose().is_empty() {
        return Err(ApiFailure::required_value(target));
    }
    Ok(())
}

pub(super) async fn read(
    on: OnUser<may::ReadPasswords>,
    expand: Expand,
) -> Result<Reply, ApiFailure> {
    reply(&on, &on.user, None, expand).await
}

/// `password.set`.
pub(super) async fn set(
    on: OnUser<may::ManagePasswords>,
    Json(body): Json<SetPassword>,
) -> Result<Reply, ApiFailure> {
    if body.value.is_none() {
        return Err(ApiFailure::required_value("value"));
    }
    set_or_remove(on, body).await
}

/// `password.setValue`: without a value it removes the password.
pub(super) async fn set_value(
    on: OnUser<may::ManagePasswords>,
    Json(body): Json<SetPassword>,
) -> Result<Reply, ApiFailure> {
    set_or_remove(on, body).await
}

async fn set_or_remove(
    on: OnUser<may::ManagePasswords>,
    body: SetPassword,
) -> Result<Reply, ApiFailure> {
    if let Some(value) = &body.value {
        require_text(value, "value")?;
        require_plain(value.expose(), "value")?;
        let options = SetOptions {
            force_change: body.force_change,
            policy: if body.bypass_policy {
                PolicyCheck::Bypassed
            } else {
                PolicyCheck::Applied
            },
            action: "PASSWORD.SET",
        };
        let set = passwords::set(&on.idp, &on.user, value, options, &on.by);
        set.await.map_err(refused(PasswordTarget::Value))?;
    } else {
        let removed = passwords::remove(&on.idp, &on.user, &on.by).await;
        removed.map_err(refused(PasswordTarget::Value))?;
    }
    reply(&on, &on.user, None, Expand::Nothing).await
}

/// `password.reset`: by the owner with the current password, or by an administrator, after whom
/// the user must choose another one.
pub(super) async fn reset(
    on: OnUser<may::ResetPasswords>,
    Json(body): Json<ResetPassword>,
) -> Result<Reply, ApiFailure> {
    require_text(&body.new_password, "newPassword")?;
    require_plain(body.new_password.expose(), "newPassword")?;
    match (on.acts_as, &body.current_password) {
        (ActsAs::Owner, Some(current)) => {
            let (new, word) = (&body.new_password, on.word());
            let changed = passwords::change_own(&on.idp, &on.user, current, new, word, &on.by);
            changed
                .await
                .map_err(refused(PasswordTarget::NewPassword))?;
        }
        (ActsAs::Owner, None) => return Err(ApiFailure::required_value("currentPassword")),
        (ActsAs::Administrator, _) => {
            let options = SetOptions {
                force_change: true,
                policy: PolicyCheck::Applied,
                action: "PASSWORD.RESET",
            };
            let new = &body.new_password;
            let set = passwords::set(&on.idp, &on.user, new, options, &on.by);
            set.await.map_err(refused(PasswordTarget::NewPassword))?;
        }
    }
    reply(&on, &on.user, None, Expand::Nothing).await
}

/// `password.check`.
pub(super) async fn check(
    on: OnUser<may::CheckPasswords>,
    Json(body): Json<CheckPassword>,
) -> Result<Reply, ApiFailure> {
    let checked = passwords::check(&on.idp, &on.user, &body.password, on.word(), &on.by).await;
    let to_be_changed = checked.map_err(refused(PasswordTarget::Check))?;
    let status = passwords::status_of_right(to_be_changed);
    reply(&on, &on.user, Some(status), Expand::Nothing).await
}

/// `password.forceChange`.
pub(super) async fn force_change(on: OnUser<may::HelpWithPasswords>) -> Result<Reply, ApiFailure> {
    let forced = passwords::force_change(&on.idp, &on.user, &on.by).await;
    forced.map_err(refused(PasswordTarget::Value))?;
    reply(&on, &on.user, None, Expand::Nothing).await
}

/// `password.unlock`.
pub(super) async fn unlock(on: OnUser<may::HelpWithPasswords>) -> Result<Reply, ApiFailure> {
    passwords::unlock(&on.idp, &on.user, &on.by).await?;
    reply(&on, &on.user, None, Expand::Nothing).await
}

/// `password.sendRecoveryCode`. The code goes to the user alone, so it gives no power over the
/// account.
pub(super) async fn send_recovery_code(
    on: OnUser<may::SendRecoveryCodes>,
) -> Result<Reply, ApiFailure> {
    let sent = recovery::send_code(&on.idp, &Recoverable::now(on.user.clone()), &on.by).await;
    sent.map_err(refused(PasswordTarget::NewPassword))?;
    reply(&on, &on.user, None, Expand::Nothing).await
}

/// `password.recover`. The code proves that the user asks, so no power over the account is needed.
pub(super) async fn recover(
    on: OnUser<may::SendRecoveryCodes>,
    Json(body): Json<RecoverPassword>,
) -> Result<Reply, ApiFailure> {
    require_text(&body.new_password, "newPassword")?;
    require_plain(body.new_password.expose(), "newPassword")?;
    let code = RecoveryCode::from_typed(&body.recovery_code);
    let recovered = recovery::recover(&on.idp, &on.user, &code, &body.new_password, &on.by).await;
    recovered.map_err(refused(PasswordTarget::NewPassword))?;
    reply(&on, &on.user, None, Expand::Nothing).await
}
