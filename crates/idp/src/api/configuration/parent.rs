//! What configuration objects hang off.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::id::{ApplicationId, EnvironmentId, Id, UserId};
use uuid::Uuid;

use super::{Configuration, ItemId, item_id};
use crate::access::caller::Caller;
use crate::requests::extract::path_id;
use crate::requests::failures::api::ApiFailure;
use crate::requests::origin::Now;
use crate::state::Idp;
use crate::stores::configuration::{Object, Objects};
use crate::stores::environments::StoredEnvironment;
use crate::stores::record::{Record, Table};
use crate::stores::users::Users;

/// What configuration objects hang off.
pub(crate) trait Parent: Send + Sync + 'static {
    /// The member that shows it, if it is not the environment.
    const MEMBER: Option<&'static str>;

    /// The id of the one in the path.
    ///
    /// # Errors
    ///
    /// 404 when there is none.
    fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> impl Future<Output = Result<Uuid, ApiFailure>> + Send;

    /// Refuses somebody who does not hold the roles that are at stake when what hangs off it is
    /// changed.
    ///
    /// # Errors
    ///
    /// 403.
    fn require_power(
        _environment: &StoredEnvironment,
        _caller: &Caller,
        _id: Uuid,
    ) -> impl Future<Output = Result<(), ApiFailure>> + Send {
        async { Ok(()) }
    }
}

/// Nothing but the environment.
#[derive(Debug)]
pub(crate) struct TopLevel;

impl Parent for TopLevel {
    const MEMBER: Option<&'static str> = None;

    async fn find(_: &mut Parts, _: &Idp, environment: EnvironmentId) -> Result<Uuid, ApiFailure> {
        Ok(environment.as_uuid())
    }
}

/// The object of the environment that the path names, whatever it hangs off.
async fn named<D: Configuration>(
    parts: &mut Parts,
    idp: &Idp,
    environment: EnvironmentId,
) -> Result<Object<D>, ApiFailure> {
    let ItemId(id) = item_id::<D>(parts, idp).await?;
    let objects = Objects::<D>::new(idp.db(), idp.keyring());
    let found = objects.find(environment, id).await?;
    found.ok_or_else(ApiFailure::not_found)
}

/// The object of the environment that the path names, for handlers of what is not a collection below
/// it.
pub(crate) struct PathObject<D>(pub(crate) Object<D>);

/// Rejected with 404 where the environment has no such object.
impl<D: Configuration> FromRequestParts<Idp> for PathObject<D> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let environment = path_id(parts, idp, "environment").await?;
        named(parts, idp, environment).await.map(Self)
    }
}

/// Another configuration object.
#[derive(Debug)]
pub(crate) struct Below<D>(PhantomData<fn() -> D>);

impl<D: Configuration> Parent for Below<D> {
    const MEMBER: Option<&'static str> = Some(D::ITEM);

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        // The compiler cannot follow a future that may hold itself.
        let above: std::pin::Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(D::Parent::find(parts, idp, environment));
        let above = above.await?;
        let object = named::<D>(parts, idp, environment).await?;
        if object.parent == above {
            Ok(object.id)
        } else {
            Err(ApiFailure::not_found())
        }
    }
}

/// Another configuration object, which the path names without what that one hangs off.
#[derive(Debug)]
pub(crate) struct Of<D>(PhantomData<fn() -> D>);

impl<D: Configuration> Parent for Of<D> {
    const MEMBER: Option<&'static str> = Some(D::ITEM);

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        Ok(named::<D>(parts, idp, environment).await?.id)
    }
}

/// A row of a table of resources.
#[derive(Debug)]
pub(crate) struct BelowRow<R>(PhantomData<fn() -> R>);

impl<R: Record> Parent for BelowRow<R> {
    const MEMBER: Option<&'static str> = Some(<R::Id as Id>::KIND);

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let name = R::Id::KIND.rsplit(' ').next().unwrap_or_default();
        let id: R::Id = path_id(parts, idp, name).await?;
        let found = Table::<R>::new(idp.db()).find(environment, id).await?;
        found.map(|_| id.into()).ok_or_else(ApiFailure::not_found)
    }
}

/// An application.
#[derive(Debug)]
pub(crate) struct BelowApplication;

impl Parent for BelowApplication {
    const MEMBER: Option<&'static str> = Some("application");

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let id: ApplicationId = path_id(parts, idp, "application").await?;
        let Ok(Now(now)) = Now::from_request_parts(parts, idp).await;
        let found = idp.applications().find(environment, id, now).await?;
        found
            .map(|_| id.as_uuid())
            .ok_or_else(ApiFailure::not_found)
    }

    async fn require_power(
        environment: &StoredEnvironment,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(), ApiFailure> {
        let (idp, id) = (&caller.idp, ApplicationId::from_uuid(id));
        let found = idp.applications().find(environment.id, id, caller.now);
        let application = found.await?.ok_or_else(ApiFailure::not_found)?;
        caller
            .require_all_roles_through(&application, environment)
            .await
    }
}

/// A user.
#[derive(Debug)]
pub(crate) struct BelowUser;

impl Parent for BelowUser {
    const MEMBER: Option<&'static str> = Some("user");

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let id: UserId = path_id(parts, idp, "user").await?;
        let found = Users::new(idp.db()).find(environment, id).await?;
        found
            .map(|_| id.as_uuid())
            .ok_or_else(ApiFailure::not_found)
    }

    async fn require_power(
        _environment: &StoredEnvironment,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(), ApiFailure> {
        caller.require_all_roles_of(id).await
    }
}
