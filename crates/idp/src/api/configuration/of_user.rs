//! Documents of users that have handlers of their own.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::access::on_user::OnUser;
use crate::access::permissions::Allows;
use crate::requests::extract::path_id;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::{Document, Object, Objects};

/// A kind of documents that hang off users.
pub(crate) trait UsersOwn: Document {
    /// What routes call one, such as `device`.
    const ITEM: &'static str;
    /// The members that are not shown, beside the secrets.
    const HIDDEN: &'static [&'static str] = &[];
}

/// A document of the path's user, and somebody who may do `P` to that user.
pub(crate) struct OfUser<D, P> {
    pub(crate) on: OnUser<P>,
    pub(crate) object: Object<D>,
}

/// Rejected as [`OnUser`] is, and with 404 where the user has no such document.
impl<D: UsersOwn, P: Allows> FromRequestParts<Idp> for OfUser<D, P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let on = OnUser::<P>::from_request_parts(parts, idp).await?;
        let id = path_id(parts, idp, D::ITEM).await?;
        let objects = Objects::<D>::new(idp.db(), idp.keyring());
        match objects.find(on.environment.id, id).await? {
            Some(object) if object.parent == on.user.id.as_uuid() => Ok(Self { on, object }),
            _ => Err(ApiFailure::not_found()),
        }
    }
}
