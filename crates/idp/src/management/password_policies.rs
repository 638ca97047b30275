//! `/environments/{environment}/passwordPolicies` (PingOne, "Password policies").

use protocol::id::PasswordPolicyId;
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::ErrorDetail;

use super::unique;
use crate::access::allowed::{Allowed, AllowedEverywhere, PathId, may};
use crate::api::body::Json;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::stores::password_policies::PasswordPolicies;
use crate::web::failures::api::ApiFailure;

fn representation<P>(allowed: &Allowed<P>, policy: PasswordPolicy) -> Hal<PasswordPolicy> {
    let id = policy.id.map(|id| id.to_string()).unwrap_or_default();
    Hal::new(allowed.url(format_args!("passwordPolicies/{id}")), policy).link(
        "environment",
        allowed
            .idp
            .urls()
            .api(format_args!("environments/{}", allowed.id())),
    )
}

async fn load<P>(allowed: &Allowed<P>, id: PasswordPolicyId) -> Result<PasswordPolicy, ApiFailure> {
    let found = PasswordPolicies::new(allowed.idp.db())
        .find(allowed.id(), id)
        .await?;
    found.ok_or_else(ApiFailure::not_found)
}

fn validate(policy: &PasswordPolicy) -> Result<(), ApiFailure> {
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
    let policies = PasswordPolicies::new(allowed.idp.db())
        .list(allowed.id())
        .await?;
    let policies = policies
        .into_iter()
        .map(|policy| representation(&allowed, policy))
        .collect();
    Reply::ok(&Page::whole(
        allowed.url("passwordPolicies"),
        "passwordPolicies",
        policies,
    ))
}

pub(super) async fn read(
    allowed: Allowed<may::ReadPasswordPolicies>,
    id: PathId<PasswordPolicyId>,
) -> Result<Reply, ApiFailure> {
    let policy = load(&allowed, id.0).await?;
    Reply::ok(&representation(&allowed, policy))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManagePasswordPolicies>,
    Json(policy): Json<PasswordPolicy>,
) -> Result<Reply, ApiFailure> {
    validate(&policy)?;
    let id = PasswordPolicyId::random(allowed.idp.random());
    let subject = Subject::of("PASSWORD_POLICY", id, policy.name.as_str());
    let change = PasswordPolicies::insert(allowed.id(), id, &policy, allowed.now)?;
    let written = allowed
        .commit(allowed.id(), change, "PASSWORD_POLICY.CREATED", subject)
        .await;
    written.map_err(|error| unique(error, "name"))?;
    Reply::created(&representation(&allowed, load(&allowed, id).await?))
}

pub(super) async fn replace(
    allowed: AllowedEverywhere<may::ManagePasswordPolicies>,
    id: PathId<PasswordPolicyId>,
    Json(mut policy): Json<PasswordPolicy>,
) -> Result<Reply, ApiFailure> {
    let stored = load(&allowed, id.0).await?;
    validate(&policy)?;
    // The default is moved by setting it elsewhere.
    policy.default |= stored.default;
    let subject = Subject::of("PASSWORD_POLICY", id.0, policy.name.as_str());
    let change = PasswordPolicies::update(allowed.id(), id.0, &policy, allowed.now)?;
    let written = allowed
        .commit(allowed.id(), change, "PASSWORD_POLICY.UPDATED", subject)
        .await;
    written.map_err(|error| unique(error, "name"))?;
    Reply::ok(&representation(&allowed, load(&allowed, id.0).await?))
}

pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManagePasswordPolicies>,
    id: PathId<PasswordPolicyId>,
) -> Result<Reply, ApiFailure> {
    let policy = load(&allowed, id.0).await?;
    let subject = Subject::of("PASSWORD_POLICY", id.0, policy.name.as_str());
    let change = PasswordPolicies::delete(allowed.id(), id.0);
    match allowed
        .commit(allowed.id(), change, "PASSWORD_POLICY.DELETED", subject)
        .await
    {
        Ok(()) => Ok(Reply::no_content()),
        Err(error) if error.unmet().is_some() => Err(ApiFailure::constraint(
            None,
            if policy.default {
                "Default Password Policy can not be deleted"
            } else {
                "A Password Policy that a population names can not be deleted"
            },
        )),
        Err(error) => Err(error.into()),
    }
}
