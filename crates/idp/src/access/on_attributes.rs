//! The user of a path, and the attributes of that user that are opened.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::on_user::{ActsAs, Copies, OnUser};
use super::opened::Opened;
use super::permissions::Allows;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

/// The path's user, and somebody who may do `P` to those attributes of the user that are opened:
/// all by a role, those of their scopes as that user.
#[derive(Debug)]
pub(crate) struct OnAttributes<P> {
    pub(crate) on: OnUser<P>,
    pub(crate) opened: Opened,
}

/// Rejected as [`OnUser`] is.
impl<P: Allows> FromRequestParts<Idp> for OnAttributes<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let on = OnUser::<P>::extract(parts, idp, Copies::Count).await?;
        let opened = match (on.acts_as, P::OWN_SCOPE) {
            (ActsAs::Owner, Some(scope)) => on.opened_by(scope).await?,
            _ => Opened::All,
        };
        Ok(Self { on, opened })
    }
}
