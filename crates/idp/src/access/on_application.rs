//! The application of a path, and who may do something to it.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::id::ApplicationId;

use super::allowed::{Allowed, AllowedEverywhere};
use super::permissions::Allows;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::applications::StoredApplication;

/// The path's application, and somebody who may do `P` to it.
#[derive(Debug)]
pub(crate) struct OnApplication<P> {
    allowed: Allowed<P>,
    pub(crate) application: Arc<StoredApplication>,
}

impl<P> Deref for OnApplication<P> {
    type Target = Allowed<P>;

    fn deref(&self) -> &Allowed<P> {
        &self.allowed
    }
}

/// Rejected as [`AllowedEverywhere`] is unless a role is held for the application, and with 404 without such an application.
impl<P: Allows> FromRequestParts<Idp> for OnApplication<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let everywhere = AllowedEverywhere::<P>::from_request_parts(parts, idp).await;
        let allowed = match everywhere {
            Ok(everywhere) => everywhere.into_allowed(),
            Err(refusal) => Allowed::through_application(parts, idp)
                .await?
                .ok_or(refusal)?,
        };
        let PathId(id) = PathId::<ApplicationId>::from_request_parts(parts, idp).await?;
        let found = allowed
            .idp
            .applications()
            .find(allowed.id(), id, allowed.now)
            .await?;
        let application = found.ok_or_else(|| {
            ApiFailure::not_found_saying(format!(
                "Unable to find Application with ID: '{id}' in Environment: '{}'",
                allowed.id()
            ))
        })?;
        if P::PROTECTS_TARGET {
            let environment = &allowed.environment;
            allowed
                .require_all_roles_through(&application, environment)
                .await?;
        }
        Ok(Self {
            allowed,
            application,
        })
    }
}
