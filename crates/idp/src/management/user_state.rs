//! What an account may do and where it stands: locked, enabled, verified, with a second factor, in a
//! population.

use protocol::id::PopulationId;
use protocol::secret::{Password, VerificationCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusals::{self, PasswordTarget};
use super::users::{
    known_population, representation, require_somebody_else, save, write, write_with,
};
use crate::access::on_user::{ActsAs, OnUser};
use crate::access::permissions::may;
use crate::accounts::{Refusal, verification};
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply};
use crate::core::group_rules;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::groups::Groups;
use crate::stores::users::{AccountLock, StoredUser, Users};

pub(super) async fn lock(on: OnUser<may::ManageUsers>) -> Result<Reply, ApiFailure> {
    let others = require_somebody_else(&on, Some("account"), "lock").await?;
    let lock = AccountLock::Locked {
        since: on.now,
        until: None,
    };
    let mut changed = StoredUser {
        lock,
        ..on.user.clone()
    };
    write_with(&on, &mut changed, others, "USER.LOCKED").await?;
    Reply::ok(&representation(&on.idp, &changed, on.now).await?)
}

pub(super) async fn unlock(on: OnUser<may::ManageUsers>) -> Result<Reply, ApiFailure> {
    let lock = AccountLock::Open;
    save(
        &on,
        StoredUser {
            lock,
            ..on.user.clone()
        },
        "USER.UNLOCKED",
    )
    .await
}

pub(super) async fn send_verification_code(
    on: OnUser<may::VerifyUsers>,
) -> Result<Reply, ApiFailure> {
    // Operators may demand another proof; for its owner, an account that is verified stays so.
    let is_verified = on.user.email_verified && !on.user.verification_required;
    if on.acts_as == ActsAs::Owner && is_verified {
        return Reply::ok(&representation(&on.idp, &on.user, on.now).await?);
    }
    let sent = verification::send_code(&on.idp, &on.user, &on.by).await;
    let user =
        sent.map_err(|refusal| refusals::of_password(refusal, PasswordTarget::Verification))?;
    Reply::ok(&representation(&on.idp, &user, on.now).await?)
}

/// A verification code that came back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerificationBody {
    verification_code: Password,
}

pub(super) async fn verify(
    on: OnUser<may::VerifyUsers>,
    Json(body): Json<VerificationBody>,
) -> Result<Reply, ApiFailure> {
    let code = VerificationCode::from_typed(body.verification_code.expose());
    let verified = verification::verify(&on.idp, &on.user, &code, on.word(), &on.by).await;
    let user = verified.map_err(|refusal| match refusal {
        Refusal::CodeInvalid => ApiFailure::invalid_value(
            "verificationCode",
            "The verification code is invalid or expired",
        ),
        refusal => refusals::of_password(refusal, PasswordTarget::Verification),
    })?;
    Reply::ok(&representation(&on.idp, &user, on.now).await?)
}

/// Whether a user may sign on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Enabled {
    enabled: bool,
}

pub(super) async fn read_enabled(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    Reply::ok(&Hal::new(
        format!("{}/enabled", on.url()),
        Enabled {
            enabled: on.user.enabled,
        },
    ))
}

pub(super) async fn set_enabled(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<Enabled>,
) -> Result<Reply, ApiFailure> {
    let others = if body.enabled {
        Change::new()
    } else {
        require_somebody_else(&on, Some("enabled"), "disable").await?
    };
    let mut changed = StoredUser {
        enabled: body.enabled,
        ..on.user.clone()
    };
    let action = if body.enabled {
        "USER.ACCESS_ALLOWED"
    } else {
        "USER.ACCESS_DENIED"
    };
    write_with(&on, &mut changed, others, action).await?;
    Reply::ok(&Hal::new(format!("{}/enabled", on.url()), body))
}

/// Whether a user needs a second factor.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MfaEnabled {
    mfa_enabled: bool,
}

pub(super) async fn read_mfa_enabled(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    let body = MfaEnabled {
        mfa_enabled: on.user.mfa_enabled,
    };
    Reply::ok(&Hal::new(format!("{}/mfaEnabled", on.url()), body))
}

pub(super) async fn set_mfa_enabled(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<MfaEnabled>,
) -> Result<Reply, ApiFailure> {
    let mut changed = StoredUser {
        mfa_enabled: body.mfa_enabled,
        ..on.user.clone()
    };
    write(&on, &mut changed, "USER.UPDATED").await?;
    Reply::ok(&Hal::new(format!("{}/mfaEnabled", on.url()), body))
}

/// Which population a user is in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct InPopulation {
    id: PopulationId,
}

pub(super) async fn read_population(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    let body = InPopulation {
        id: on.user.population_id,
    };
    Reply::ok(&Hal::new(format!("{}/population", on.url()), body))
}

/// Moves a user, who leaves the groups of other populations; who moves one must reach both populations.
pub(super) async fn set_population(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<InPopulation>,
) -> Result<Reply, ApiFailure> {
    let id = known_population(&on.idp, on.environment.id, body.id).await?;
    if on.acts_as == ActsAs::Administrator && !on.coverage.covers(id) {
        return Err(ApiFailure::forbidden());
    }
    let changed = StoredUser {
        population_id: id,
        updated_at: on.now,
        ..on.user.clone()
    };
    let change = Users::update(&changed)
        .add(Groups::leave_other_populations(changed.id, id))
        .and(group_rules::place(&on.idp, &changed, on.now).await?);
    on.commit(on.environment.id, change, "USER.MOVED", &changed)
        .await?;
    let body = InPopulation { id };
    Reply::ok(&Hal::new(format!("{}/population", on.url()), body))
}
