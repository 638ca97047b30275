//! Who asks, and what they may do. A handler gets an environment, a user or an application only
//! out of one of these extractors, so no check can be forgotten.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, PopulationId, UserId};
use protocol::pingone::RoleScopeType;
use uuid::Uuid;

pub(crate) use super::roles::may;
use super::roles::{self, Allows, Permission, Place, Reach};
use crate::access::bearer::{self, Bearer, BearerRefusal};
use crate::audit::{Activity, Actor, By, Origin, Subject};
use crate::state::Idp;
use crate::stores::applications::StoredApplication;
use crate::stores::change::Change;
use crate::stores::environments::StoredEnvironment;
use crate::stores::populations::Populations;
use crate::stores::role_assignments::StoredAssignment;
use crate::stores::users::{StoredUser, Users, Word};
pub(crate) use crate::web::extract::PathId;
use crate::web::failures::api::ApiFailure;

/// Somebody with a good access token, and the request that came with it.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) idp: Idp,
    pub(crate) now: Timestamp,
    /// Who it is, where from, and when.
    pub(crate) by: By,
    bearer: Bearer,
    assignments: Arc<[StoredAssignment]>,
}

/// Rejected with 401.
impl FromRequestParts<Idp> for Caller {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let Ok(By { origin, now, .. }) = By::from_request_parts(parts, idp).await;
        let bearer = bearer::authenticate(idp, &parts.headers, now)
            .await
            .map_err(refused)?;
        let holder = bearer
            .user
            .as_ref()
            .map_or_else(|| bearer.application.id.as_uuid(), |user| user.id.as_uuid());
        let assignments = if carries_roles(&bearer) {
            idp.role_assignments().of_actor(holder, now).await?
        } else {
            Arc::default()
        };
        Ok(Self {
            idp: idp.clone(),
            now,
            by: By {
                actor: actor(&bearer),
                origin: Origin {
                    session: bearer.grant.as_ref().map(|grant| grant.session_id),
                    ..origin
                },
                now,
            },
            bearer,
            assignments,
        })
    }
}

/// Whether the one who asks acts with their roles: an application for itself does, a user through
/// an application that is meant for administration.
fn carries_roles(bearer: &Bearer) -> bool {
    bearer.user.is_none() || bearer.application.carries_roles_of_users()
}

fn actor(bearer: &Bearer) -> Actor {
    match &bearer.user {
        Some(user) => Actor::from(user),
        None => Actor::Application {
            id: bearer.application.id,
            name: bearer.application.settings.name.clone(),
        },
    }
}

fn refused(refusal: BearerRefusal) -> ApiFailure {
    match refusal {
        BearerRefusal::Store(error) => error.into(),
        BearerRefusal::Keys(error) => ApiFailure::internal(error),
        _ => ApiFailure::unauthenticated(),
    }
}

impl Caller {
    /// The application that asks for itself.
    pub(crate) fn application(&self) -> Option<ApplicationId> {
        self.bearer
            .user
            .is_none()
            .then_some(self.bearer.application.id)
    }

    /// The id that role assignments are held under.
    pub(crate) fn holder(&self) -> Uuid {
        match &self.bearer.user {
            Some(user) => user.id.as_uuid(),
            None => self.bearer.application.id.as_uuid(),
        }
    }

    /// The environment of the one who asks.
    pub(crate) fn home(&self) -> EnvironmentId {
        self.bearer.environment
    }

    /// The roles of the one who asks.
    pub(crate) fn assignments(&self) -> &[StoredAssignment] {
        &self.assignments
    }

    /// How far a permission reaches in an environment.
    pub(crate) fn reach(&self, permission: Permission, environment: &StoredEnvironment) -> Reach {
        roles::reach(&self.assignments, permission, environment)
    }

    /// Writes a change with its entry in the audit log.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when nothing was written.
    pub(crate) async fn commit(
        &self,
        environment: EnvironmentId,
        change: Change,
        action: &'static str,
        subject: impl Into<Subject>,
    ) -> Result<(), StoreError> {
        let activity = Activity::new(action, subject);
        change
            .commit(&self.idp, environment, &activity, &self.by)
            .await
    }

    /// Refuses to touch an actor who holds roles that the one who asks does not hold: whoever sets
    /// a password or reads a secret gains what its owner may do.
    pub(crate) async fn require_all_roles_of(&self, holder: Uuid) -> Result<(), ApiFailure> {
        let held = self
            .idp
            .role_assignments()
            .of_actor(holder, self.now)
            .await?;
        for assignment in held.iter() {
            let Some(role) = roles::find_role(assignment.role_id) else {
                continue;
            };
            // Where what it was for is gone, it gives nothing.
            let Some(place) = self.place(assignment).await? else {
                continue;
            };
            if !roles::includes(&self.assignments, role, place) {
                return Err(ApiFailure::forbidden());
            }
        }
        Ok(())
    }

    /// Refuses to make, change or read the secret of an application whose tokens can carry roles
    /// that the one who asks does not hold: whoever sets its redirect addresses, its method or its
    /// secret gains them.
    ///
    /// Its own roles are known. Through one that users sign on to and whose tokens carry their
    /// roles goes whatever any user holds or will hold, so it takes every role in the organization.
    pub(crate) async fn require_all_roles_through(
        &self,
        application: &StoredApplication,
        environment: &StoredEnvironment,
    ) -> Result<(), ApiFailure> {
        if application.carries_roles_of_users()
            && application.signs_users_on()
            && !roles::includes_everything(&self.assignments, environment.organization_id)
        {
            return Err(ApiFailure::forbidden());
        }
        self.require_all_roles_of(application.id.as_uuid()).await
    }

    /// Refuses an application that is not meant for administration where the user whose account it
    /// acts on holds roles: with another mail address it would take the account over, and them.
    async fn require_no_roles_at_stake(&self, user: &StoredUser) -> Result<(), ApiFailure> {
        if carries_roles(&self.bearer) {
            return Ok(());
        }
        let roles = self.idp.role_assignments();
        let held = roles.of_actor(user.id.as_uuid(), self.now).await?;
        if held.is_empty() {
            Ok(())
        } else {
            Err(ApiFailure::forbidden())
        }
    }

    async fn place(&self, assignment: &StoredAssignment) -> Result<Option<Place>, StoreError> {
        let scope = assignment.scope;
        let environment = match scope.scope_type {
            RoleScopeType::Environment => EnvironmentId::from_uuid(scope.id),
            RoleScopeType::Organization => {
                let organization = protocol::id::OrganizationId::from_uuid(scope.id);
                return Ok(Some(Place {
                    scope,
                    environment: None,
                    organization,
                }));
            }
            RoleScopeType::Application | RoleScopeType::Population => assignment.environment_id,
        };
        let found = self.idp.environments().find(environment, self.now).await?;
        Ok(found.map(|environment| Place {
            scope,
            environment: Some(environment.id),
            organization: environment.organization_id,
        }))
    }
}

/// Somebody who may do `P` in the path's environment, or in some of its populations.
#[derive(Debug)]
pub(crate) struct Allowed<P> {
    caller: Caller,
    pub(crate) environment: Arc<StoredEnvironment>,
    /// Never [`Reach::Nothing`].
    pub(crate) reach: Reach,
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
        let reach = caller.reach(P::PERMISSION, &environment);
        if reach == Reach::Nothing {
            return Err(ApiFailure::forbidden());
        }
        Ok(Self {
            caller,
            environment,
            reach,
            permission: PhantomData,
        })
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
        if self.reach.covers(population) {
            Ok(())
        } else {
            Err(ApiFailure::forbidden())
        }
    }
}

async fn environment(
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

/// Rejected as [`Allowed`] is, and with 403 where the permission reaches some populations only.
impl<P: Allows> FromRequestParts<Idp> for AllowedEverywhere<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let allowed = Allowed::from_request_parts(parts, idp).await?;
        if allowed.reach == Reach::Environment {
            Ok(Self(allowed))
        } else {
            Err(ApiFailure::forbidden())
        }
    }
}

/// The path's user, and somebody who may do `P` to that user: by a role, or as that user.
#[derive(Debug)]
pub(crate) struct OnUser<P> {
    caller: Caller,
    pub(crate) environment: Arc<StoredEnvironment>,
    pub(crate) user: StoredUser,
    pub(crate) standing: Standing,
    /// How far a role reaches; nothing for the owner.
    pub(crate) reach: Reach,
    permission: PhantomData<fn() -> P>,
}

/// In which quality somebody does something to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// By a role.
    Administrator,
    /// As that user.
    Owner,
}

impl<P> Deref for OnUser<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<P> OnUser<P> {
    /// On whose word it is done: an application that is not meant for administration may have asked
    /// nobody.
    pub(crate) fn word(&self) -> Word {
        if self.standing == Standing::Owner && !carries_roles(&self.bearer) {
            Word::OfAnApplication
        } else {
            Word::Trusted
        }
    }

    /// The user's absolute address.
    pub(crate) fn url(&self) -> String {
        let path = format_args!("users/{}", self.user.id);
        self.idp.urls().environment_api(self.environment.id, path)
    }
}

/// Rejected as [`Allowed`] is, with 404 without such a user, and with 403 when the user is out of
/// reach or holds more roles than the permission may be used against.
impl<P: Allows> FromRequestParts<Idp> for OnUser<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let caller = Caller::from_request_parts(parts, idp).await?;
        let environment = environment(parts, idp, caller.now).await?;
        let PathId(id) = PathId::<UserId>::from_request_parts(parts, idp).await?;
        let reach = caller.reach(P::PERMISSION, &environment);
        let is_owner = P::OWN_SCOPE.is_some_and(|scope| {
            caller.bearer.scopes.contains(scope)
                && caller.home() == environment.id
                && caller
                    .bearer
                    .user
                    .as_ref()
                    .is_some_and(|user| user.id == id)
        });
        if reach == Reach::Nothing && !is_owner {
            return Err(ApiFailure::forbidden());
        }
        let found = Users::new(caller.idp.db()).find(environment.id, id).await?;
        let user = found.ok_or_else(ApiFailure::not_found)?;
        // Owners stay owners though they hold roles: a password is then changed with the current
        // one.
        let standing = if is_owner {
            Standing::Owner
        } else {
            Standing::Administrator
        };
        if standing == Standing::Owner && P::TAKES_POWER_FROM_OWNER {
            caller.require_no_roles_at_stake(&user).await?;
        }
        if standing == Standing::Administrator {
            if !reach.covers(user.population_id) {
                return Err(ApiFailure::forbidden());
            }
            if P::TAKES_POWER {
                caller.require_all_roles_of(user.id.as_uuid()).await?;
            }
        }
        Ok(Self {
            caller,
            environment,
            user,
            standing,
            reach,
            permission: PhantomData,
        })
    }
}

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

/// Rejected as [`AllowedEverywhere`] is, and with 404 without such an application.
impl<P: Allows> FromRequestParts<Idp> for OnApplication<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let AllowedEverywhere(allowed) =
            AllowedEverywhere::<P>::from_request_parts(parts, idp).await?;
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
        if P::TAKES_POWER {
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

/// The population of a request, if it is one of the environment's.
pub(crate) async fn find_population(
    idp: &Idp,
    environment: EnvironmentId,
    id: PopulationId,
) -> Result<Option<PopulationId>, StoreError> {
    let found = Populations::new(idp.db()).find(environment, id).await?;
    Ok(found.map(|population| population.id))
}
