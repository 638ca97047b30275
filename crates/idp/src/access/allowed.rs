//! What the one who asks may do. A handler gets an environment, a user or an application only out of
//! an extractor here or in the files beside it, so no check can be forgotten.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, PopulationId};
use protocol::pingone::{RoleScope, RoleScopeType};

use super::caller::Caller;
use super::coverage::{self, Coverage};
use super::permissions::Allows;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::environments::StoredEnvironment;
use crate::stores::populations::Populations;

/// Somebody who may do `P` in the path's environment, or in some of its populations.
#[derive(Debug)]
pub(crate) struct Allowed<P> {
    caller: Caller,
    pub(crate) environment: Arc<StoredEnvironment>,
    /// Never [`Coverage::Nothing`].
    pub(crate) coverage: Coverage,
    permission: PhantomData<fn() -> P>,
}

impl<P> Deref for Allowed<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// Rejected with 401 without a good token, 404 without such an environment, 403 where the permission
/// reaches nothing of it.
impl<P: Allows> FromRequestParts<Idp> for Allowed<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let caller = Caller::from_request_parts(parts, idp).await?;
        let environment = environment(parts, idp, caller.now).await?;
        let coverage = caller.coverage(P::PERMISSION, &environment);
        if coverage == Coverage::Nothing {
            return Err(ApiFailure::forbidden());
        }
        Ok(Self {
            caller,
            environment,
            coverage,
            permission: PhantomData,
        })
    }
}

impl<P: Allows> Allowed<P> {
    /// Somebody who holds a role that gives `P` for the path's application alone.
    pub(super) async fn through_application(
        parts: &mut Parts,
        idp: &Idp,
    ) -> Result<Option<Self>, ApiFailure> {
        let caller = Caller::from_request_parts(parts, idp).await?;
        let environment = environment(parts, idp, caller.now).await?;
        let PathId(id) = PathId::<ApplicationId>::from_request_parts(parts, idp).await?;
        let scope = RoleScope::new(RoleScopeType::Application, id.as_uuid());
        let is_owner = caller.assignments().iter().any(|assignment| {
            assignment.scope == scope
                && assignment.scope_environment == Some(environment.id)
                && coverage::gives(assignment, P::PERMISSION)
        });
        Ok(is_owner.then(|| Self {
            caller,
            environment,
            // Of the environment's populations, none.
            coverage: Coverage::Populations(Vec::new()),
            permission: PhantomData,
        }))
    }
}

impl<P> Allowed<P> {
    /// The environment's id.
    pub(crate) fn id(&self) -> EnvironmentId {
        self.environment.id
    }

    /// An absolute address inside the environment.
    pub(crate) fn url(&self, path: impl std::fmt::Display) -> String {
        self.idp.urls().environment_api(self.environment.id, path)
    }

    /// Refuses a population that is out of reach.
    pub(crate) fn require(&self, population: PopulationId) -> Result<(), ApiFailure> {
        if self.coverage.covers(population) {
            Ok(())
        } else {
            Err(ApiFailure::forbidden())
        }
    }
}

/// The environment of a path.
pub(super) async fn environment(
    parts: &mut Parts,
    idp: &Idp,
    now: Timestamp,
) -> Result<Arc<StoredEnvironment>, ApiFailure> {
    let PathId(id) = PathId::<EnvironmentId>::from_request_parts(parts, idp).await?;
    let found = idp.environments().find(id, now).await?;
    found.ok_or_else(|| {
        ApiFailure::not_found_saying(format!("Unable to find environment with ID: '{id}'"))
    })
}

/// Somebody who may do `P` in all of the path's environment.
#[derive(Debug)]
pub(crate) struct AllowedEverywhere<P>(Allowed<P>);

impl<P> Deref for AllowedEverywhere<P> {
    type Target = Allowed<P>;

    fn deref(&self) -> &Allowed<P> {
        &self.0
    }
}

impl<P> AllowedEverywhere<P> {
    pub(super) fn into_allowed(self) -> Allowed<P> {
        self.0
    }
}

/// Rejected as [`Allowed`] is, and with 403 where the permission reaches some populations only.
impl<P: Allows> FromRequestParts<Idp> for AllowedEverywhere<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let allowed = Allowed::from_request_parts(parts, idp).await?;
        if allowed.coverage == Coverage::Environment {
            Ok(Self(allowed))
        } else {
            Err(ApiFailure::forbidden())
        }
    }
}

/// The population of a request, if it is one of the environment's.
pub(crate) async fn find_population(
    idp: &Idp,
    environment: EnvironmentId,
    id: PopulationId,
) -> Result<Option<PopulationId>, StoreError> {
    let found = Populations::new(idp.db()).find(environment, id).await?;
    Ok(found.map(|population| population.id))
}
