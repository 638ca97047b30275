//! The checks of an authorization request that must still hold when it is answered: an
//! administrator may have changed the application while the user was signing on.
//!
//! The endpoint asks them first, by the same names: see the list in
//! [`checks`](crate::oauth::authorize::checks).

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::oauth::{OAuthErrorCode, RedirectUri, ResponseType, Scopes};
use protocol::pingone::{GrantTypeName, ParRequirement, ResponseTypeName};
use protocol::trail::{Hidden, Made, Reason, Shown};

use super::browser::Browser;
use super::policy::Demand;
use super::response::{ReturnAddress, ReturnError};
use super::told;
use super::{AuthorizationRequest, Given, Interaction};
use crate::Idp;
use crate::access::{control, wildcards};
use crate::audit::By;
use crate::grants::scopes::{self, Target};
use crate::requests::failures::page::{PageError, PageFailure, UriMismatch};
use crate::stores::applications::StoredApplication;
use crate::stores::resources::GrantedScopes;
use crate::stores::users::StoredUser;

/// Why a check failed after the return address was proven.
pub(crate) enum Failed {
    /// The request is at fault: the client is told.
    Request(ReturnError),
    /// The service is, or the address does not stand any more: the person is told.
    Page(PageFailure),
}

impl Reason for Failed {
    fn is_own_fault(&self) -> bool {
        match self {
            Self::Request(error) => error.is_own_fault(),
            Self::Page(failure) => failure.is_own_fault(),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Page(failure) => failure.fmt(f),
        }
    }
}

impl From<ReturnError> for Failed {
    fn from(error: ReturnError) -> Self {
        Self::Request(error)
    }
}

impl<T: Into<PageFailure>> From<T> for Failed {
    fn from(failure: T) -> Self {
        Self::Page(failure.into())
    }
}

/// A request that may be answered, and what its tokens are for.
pub(crate) struct StillAdmitted {
    pub(crate) application: Arc<StoredApplication>,
    pub(crate) target: Target,
}

/// Asks once more what must still hold: one check per line, each with the name that it has at the
/// endpoint.
pub(crate) async fn is_admitted(
    idp: &Idp,
    environment: EnvironmentId,
    request: &AuthorizationRequest,
    user: &StoredUser,
    now: Timestamp,
) -> Result<StillAdmitted, Failed> {
    let application = application_still_answers(idp, environment, &request.address, now).await?;
    request_is_as_protected_as_demanded(&application)?;
    response_type_is_allowed(&application, request.response_type)?;
    user_is_let_in(idp, &application, user, now).await?;
    user_is_expected(request, user)?;
    let granted = idp.granted().find(application.id, now).await?;
    let target = scopes_are_granted(idp, &request.scopes, &granted)?;
    Ok(StillAdmitted {
        application,
        target,
    })
}

/// Why no sign-on policy answers a request.
pub(crate) fn acr_is_no_assigned_policy() -> ReturnError {
    ReturnError::invalid_request("none of the acr_values is a sign-on policy of the application")
}

/// What is left to do for whoever completed an interaction, under the sign-on policy that counts by
/// now: an operator may have assigned or changed it since. The interaction comes back under that one.
pub(crate) async fn policy_is_met(
    idp: &Idp,
    interaction: &Interaction,
    given: Given,
    browser: &Browser,
    by: &By,
) -> Result<(Interaction, Demand), Failed> {
    let chosen = interaction.by_policy_of_now(idp, by.now).await?;
    let interaction = chosen.ok_or_else(acr_is_no_assigned_policy)?;
    let policy = &interaction.request.policy;
    let (proven, asked) = (browser.proven(given), &interaction.asked);
    let came = interaction.external.came();
    let demand = policy.demand_of_known(idp, &browser.user, proven, asked, came, by);
    match demand.await? {
        Demand::NotProvided(_) => Err(policy_is_not_provided().into()),
        demand => Ok((interaction, demand)),
    }
}

/// Why nobody is signed on by a policy that nothing here can carry out.
pub(crate) fn policy_is_not_provided() -> ReturnError {
    ReturnError::new(
        OAuthErrorCode::AccessDenied,
        "the sign-on policy demands something that is not provided",
    )
}

pub(crate) fn application_is_enabled(application: &StoredApplication) -> Result<(), PageFailure> {
    let settings = &application.settings;
    told::ENABLED.require(settings.name.as_str(), settings.enabled, || {
        PageError::ApplicationDisabled.into()
    })
}

/// By character, without normalizing anything ([RFC 9700 §2.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1)),
/// but for wildcards where the application allows them.
pub(crate) fn redirect_uri_is_registered(
    application: &StoredApplication,
    sent: &str,
) -> Result<RedirectUri, PageFailure> {
    let registered = &application.settings.redirect_uris;
    let is_registered = registered.iter().any(|uri| uri == sent);
    let may_be_wild = application.settings.allow_wildcard_in_redirect_uris == Some(true);
    let is_matched = |sent: &RedirectUri| {
        let mut patterns = registered.iter().filter(|uri| uri.contains('*'));
        may_be_wild && patterns.any(|pattern| wildcards::matches(pattern, sent))
    };
    let verdict = match RedirectUri::parse(sent) {
        // Wildcards are for registering, and never sent.
        Ok(uri) if !sent.contains('*') && (is_registered || is_matched(&uri)) => Ok(uri),
        Ok(_) | Err(_) => Err(PageFailure::from(PageError::RedirectUriMismatch(
            UriMismatch::boxed(&application.settings.name, sent, registered),
        ))),
    };
    told::REDIRECT_URI.judged(Made(|| Shown::address(sent)), verdict)
}

pub(crate) fn response_type_is_allowed(
    application: &StoredApplication,
    response_type: ResponseType,
) -> Result<(), ReturnError> {
    let settings = &application.settings;
    let parts = [
        (
            response_type.code,
            ResponseTypeName::Code,
            GrantTypeName::AuthorizationCode,
        ),
        (
            response_type.token,
            ResponseTypeName::Token,
            GrantTypeName::Implicit,
        ),
        (
            response_type.id_token,
            ResponseTypeName::IdToken,
            GrantTypeName::Implicit,
        ),
    ];
    let is_allowed =
        parts
            .iter()
            .filter(|(is_wanted, ..)| *is_wanted)
            .all(|(_, response_type, grant_type)| {
                settings.response_types.contains(response_type)
                    && settings.grant_types.contains(grant_type)
            });
    let shown = Made(|| Shown::text(&response_type.to_string()));
    told::RESPONSE_TYPE_ALLOWED.require(shown, is_allowed, || {
        ReturnError::new(
            OAuthErrorCode::UnauthorizedClient,
            "this response_type is not enabled for the application",
        )
    })
}

/// Neither is provided, so an application that is set to demand one has no request that is let in.
pub(crate) fn request_is_as_protected_as_demanded(
    application: &StoredApplication,
) -> Result<(), ReturnError> {
    let name = application.settings.name.as_str();
    told::PROTECTED.judged(name, demands_no_protection(application))
}

fn demands_no_protection(application: &StoredApplication) -> Result<(), ReturnError> {
    let settings = &application.settings;
    if settings.require_signed_request_object == Some(true) {
        return Err(ReturnError::new(
            OAuthErrorCode::RequestNotSupported,
            "the application demands signed request objects, which are not provided",
        ));
    }
    if settings.par_requirement == Some(ParRequirement::Required) {
        return Err(ReturnError::new(
            OAuthErrorCode::RequestUriNotSupported,
            "the application demands pushed authorization requests, which are not provided",
        ));
    }
    Ok(())
}

/// The application of a request that was admitted before, if it still stands by its address.
pub(crate) async fn application_still_answers(
    idp: &Idp,
    environment: EnvironmentId,
    address: &ReturnAddress,
    now: Timestamp,
) -> Result<Arc<StoredApplication>, PageFailure> {
    let found = idp
        .applications()
        .find(environment, address.application, now)
        .await?;
    let application = found.ok_or(PageError::ApplicationUnknown)?;
    application_is_enabled(&application)?;
    redirect_uri_is_registered(&application, address.redirect_uri.as_str())?;
    Ok(application)
}

/// The user is one of those whom the application lets in.
async fn user_is_let_in(
    idp: &Idp,
    application: &StoredApplication,
    user: &StoredUser,
    now: Timestamp,
) -> Result<(), Failed> {
    let is_let_in = control::lets_in(idp, application, user, now).await?;
    told::LET_IN.require(application.settings.name.as_str(), is_let_in, || {
        Failed::Request(ReturnError::new(
            OAuthErrorCode::AccessDenied,
            "the user is none of those who may sign on to this application",
        ))
    })
}

fn user_is_expected(request: &AuthorizationRequest, user: &StoredUser) -> Result<(), ReturnError> {
    told::EXPECTED_USER.require(Hidden, request.expects(user.id), || {
        ReturnError::new(
            OAuthErrorCode::LoginRequired,
            "another user than the one of the id_token_hint is signed on",
        )
    })
}

/// What the tokens are for, if all of the scopes are granted.
pub(crate) fn scopes_are_granted(
    idp: &Idp,
    scopes: &Scopes,
    granted: &GrantedScopes,
) -> Result<Target, ReturnError> {
    let target = scopes::for_user(idp, scopes, granted)
        .map_err(|refusal| ReturnError::new(OAuthErrorCode::InvalidScope, refusal.to_string()));
    told::SCOPE_GRANTED.judged(Made(|| Shown::text(&scopes.to_string())), target)
}
