//! `/environments/{environment}/passwordPolicies` (PingOne, "Password policies").

use protocol::id::PasswordPolicyId;
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::ErrorDetail;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::password_policies::{PasswordPolicies, StoredPasswordPolicy};

fn representation<P>(allowed: &Allowed<P>, policy: &StoredPasswordPolicy) -> Hal<PasswordPolicy> {
    showing(allowed, policy, policy.to_wire())
}

fn showing<P>(
    allowed: &Allowed<P>,
    policy: &StoredPasswordPolicy,
    wire: PasswordPolicy,
) -> Hal<PasswordPolicy> {
    let path = format_args!("passwordPolicies/{}", policy.id);
    Hal::in_environment(allowed.idp.urls(), allowed.id(), path, wire)
}

fn validate(policy: &PasswordPolicy) -> Result<(), ApiFailure> {
    checks::name(&policy.name)?;
    let wrong = policy.validate().into_iter();
    let details: Vec<_> = wrong
        .map(|wrong| ErrorDetail::new("INVALID_VALUE", Some(&wrong.target), wrong.message))
        .collect();
    if details.is_empty() {
        Ok(())
    } else {
        Err(ApiFailure::invalid_data(details))
    }
}

pub(super) async fn list(allowed: Allowed<may::ReadPasswordPolicies>) -> Result<Reply, ApiFailure> {
    let represent = |policy| representation(&allowed, &policy);
    let key = "passwordPolicies";
    allowed.whole(key, key, |all| all, represent).await
}

pub(super) async fn read(
    allowed: Allowed<may::ReadPasswordPolicies>,
    PathId(id): PathId<PasswordPolicyId>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&representation(&allowed, &allowed.load(id).await?))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManagePasswordPolicies>,
    Json(policy): Json<PasswordPolicy>,
) -> Result<Reply, ApiFailure> {
    validate(&policy)?;
    let (id, now) = allowed.identity::<StoredPasswordPolicy>(None);
    let policy = StoredPasswordPolicy::new(id, allowed.id(), policy, now);
    let change = PasswordPolicies::insert(&policy)?;
    allowed.create(&policy, change).await?;
    // PingOne counts populations in what is read alone.
    let mut wire = policy.to_wire();
    wire.population_count = None;
    Reply::created(&showing(&allowed, &policy, wire))
}

pub(super) async fn replace(
    allowed: AllowedEverywhere<may::ManagePasswordPolicies>,
    PathId(id): PathId<PasswordPolicyId>,
    Json(mut policy): Json<PasswordPolicy>,
) -> Result<Reply, ApiFailure> {
    let stored: StoredPasswordPolicy = allowed.load(id).await?;
    validate(&policy)?;
    // The default is moved by setting it elsewhere.
    policy.default |= stored.is_default;
    let policy = StoredPasswordPolicy {
        populations: stored.populations,
        created_at: stored.created_at,
        ..StoredPasswordPolicy::new(id, allowed.id(), policy, allowed.now)
    };
    let change = PasswordPolicies::update(&policy)?;
    allowed.replace(&policy, change).await?;
    Reply::ok(&representation(&allowed, &policy))
}

pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManagePasswordPolicies>,
    PathId(id): PathId<PasswordPolicyId>,
) -> Result<Reply, ApiFailure> {
    let policy: StoredPasswordPolicy = allowed.load(id).await?;
    let change = PasswordPolicies::delete(&policy);
    let why = async || {
        Ok(if policy.is_default {
            "Default Password Policy can not be deleted"
        } else {
            "A Password Policy that a population names can not be deleted"
        })
    };
    allowed.delete_unless(&policy, change, why).await
}
