//! The checks of an authorization request that must still hold when it is answered: an
//! administrator may have changed the application while the user was signing on.

use std::sync::Arc;

use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::oauth::{OAuthErrorCode, RedirectUri, ResponseType};
use protocol::pingone::{GrantTypeName, ResponseTypeName};

use super::response::{ReturnAddress, ReturnError};
use crate::Idp;
use crate::stores::applications::StoredApplication;
use crate::web::failures::page::{PageError, PageFailure, UriMismatch};

pub(crate) fn application_is_enabled(application: &StoredApplication) -> Result<(), PageFailure> {
    if application.settings.enabled {
        Ok(())
    } else {
        Err(PageError::ApplicationDisabled.into())
    }
}

/// By character, without normalizing anything ([RFC 9700 §2.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1)).
pub(crate) fn redirect_uri_is_registered(
    application: &StoredApplication,
    sent: &str,
) -> Result<RedirectUri, PageFailure> {
    let registered = &application.settings.redirect_uris;
    let is_registered = registered.iter().any(|uri| uri == sent);
    match RedirectUri::parse(sent) {
        Ok(uri) if is_registered => Ok(uri),
        Ok(_) | Err(_) => Err(PageError::RedirectUriMismatch(UriMismatch::boxed(
            &application.settings.name,
            sent,
            registered,
        ))
        .into()),
    }
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
    if is_allowed {
        Ok(())
    } else {
        Err(ReturnError::new(
            OAuthErrorCode::UnauthorizedClient,
            "this response_type is not enabled for the application",
        ))
    }
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
