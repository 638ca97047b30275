//! Which scopes an application may have, and which resource a token with them is for.
//!
//! An access token is for one resource: the PingOne API, whose audience OpenID Connect's scopes
//! share, or one custom resource (PingOne, "Scopes").

use jiff::SignedDuration;
use protocol::id::ResourceId;
use protocol::oauth::Scopes;
use protocol::pingone::ResourceType;

use crate::Idp;
use crate::stores::resources::GrantedScopes;

/// The scopes of OpenID Connect.
const OIDC: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];

/// The resource that an access token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its `aud`.
    pub(crate) audience: String,
    /// How long it lives.
    pub(crate) lifetime: SignedDuration,
    /// The custom resource; none for the PingOne API, whose tokens name environment and
    /// organization.
    pub(crate) resource: Option<ResourceId>,
}

impl Target {
    /// The PingOne API of this installation.
    pub(crate) fn pingone_api(idp: &Idp) -> Self {
        Self {
            audience: idp.urls().audience().to_owned(),
            lifetime: idp.settings().lifetimes.access_token,
            resource: None,
        }
    }
}

/// Why scopes were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeRefusal {
    #[error("At least one scope must be granted")]
    Nothing,
    #[error("The scope {0} is not granted to this application")]
    NotGranted(String),
    #[error("May not request scopes for multiple resources")]
    SeveralResources,
}

/// Checks what a user's application asks for, and finds the resource that the token is for.
pub(crate) fn for_user(
    idp: &Idp,
    requested: &Scopes,
    granted: &GrantedScopes,
) -> Result<Target, ScopeRefusal> {
    if requested.is_empty() {
        return Err(ScopeRefusal::Nothing);
    }
    if let Some(scope) = requested.iter().find(|scope| !is_granted(scope, granted)) {
        return Err(ScopeRefusal::NotGranted(scope.to_owned()));
    }
    target(idp, requested, granted)
}

/// What remains of a grant's scopes after an administrator has taken some away.
pub(crate) fn still_granted(scopes: &Scopes, granted: &GrantedScopes) -> Scopes {
    scopes.filtered(|scope| is_granted(scope, granted))
}

/// Every application may ask who the user is, and say that it wants a refresh token, which it gets
/// unasked where `offline_access` is not granted (PingOne, "Refresh tokens"); the rest is granted.
fn is_granted(scope: &str, granted: &GrantedScopes) -> bool {
    matches!(scope, "openid" | "offline_access")
        || granted
            .resources
            .iter()
            .any(|resource| resource.scopes.contains(scope))
}

/// The resource that a user's token with these scopes is for.
pub(crate) fn target(
    idp: &Idp,
    scopes: &Scopes,
    granted: &GrantedScopes,
) -> Result<Target, ScopeRefusal> {
    let mut custom = None;
    let mut wants_pingone_api = false;
    for scope in scopes.iter().filter(|scope| !OIDC.contains(scope)) {
        let Some(resource) = granted
            .resources
            .iter()
            .find(|resource| resource.scopes.contains(scope))
        else {
            continue;
        };
        match resource.resource_type {
            ResourceType::Custom => {
                if custom
                    .replace(resource)
                    .is_some_and(|other| other.id != resource.id)
                {
                    return Err(ScopeRefusal::SeveralResources);
                }
            }
            ResourceType::OpenidConnect => {}
            ResourceType::PingoneApi => wants_pingone_api = true,
        }
    }
    match custom {
        Some(_) if wants_pingone_api => Err(ScopeRefusal::SeveralResources),
        Some(resource) => Ok(Target {
            audience: resource.audience.clone(),
            lifetime: resource.access_token_seconds.map_or(
                idp.settings().lifetimes.access_token,
                SignedDuration::from_secs,
            ),
            resource: Some(resource.id),
        }),
        None => Ok(Target::pingone_api(idp)),
    }
}

/// Checks what an application asks for itself; without a wish it gets all that it may have.
///
/// Only scopes of custom resources mean anything without a user; those that need one are left out,
/// so that an application can be switched to this grant without losing its list of scopes.
pub(crate) fn for_application(
    idp: &Idp,
    requested: &Scopes,
    granted: &GrantedScopes,
) -> Result<(Scopes, Target), ScopeRefusal> {
    if let Some(scope) = requested.iter().find(|scope| !is_granted(scope, granted)) {
        return Err(ScopeRefusal::NotGranted(scope.to_owned()));
    }
    let eligible: Scopes = granted
        .resources
        .iter()
        .filter(|resource| resource.resource_type == ResourceType::Custom)
        .flat_map(|resource| resource.scopes.iter())
        .collect();
    let scopes = if requested.is_empty() {
        eligible
    } else {
        requested.filtered(|scope| eligible.contains(scope))
    };
    let target = target(idp, &scopes, granted)?;
    Ok((scopes, target))
}
