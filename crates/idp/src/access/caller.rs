//! Who asks: somebody with a good access token, and the roles that come with it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use db::StoreError;
use jiff::Timestamp;
use protocol::Random;
use protocol::id::{ApplicationId, EnvironmentId, OrganizationId, UserId, derived};
use protocol::oauth::Scopes;
use protocol::pingone::{RoleScope, RoleScopeType};
use protocol::secret::ClientSecret;
use uuid::Uuid;

use super::bearer::{self, Bearer, BearerRefusal};
use super::coverage::{self, Assignable, Coverage, LocatedScope};
use super::inside::{Given, Program};
use super::permissions::Permission;
use super::roles;
use crate::audit::{Activity, Actor, By, Origin, Subject};
use crate::core::ids::Ids;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::applications::StoredApplication;
use crate::stores::change::Change;
use crate::stores::environments::StoredEnvironment;
use crate::stores::role_assignments::StoredAssignment;
use crate::stores::sessions::SECOND_FACTOR;
use crate::stores::users::StoredUser;

/// Somebody with a good access token, and the request that came with it.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) idp: Idp,
    pub(crate) now: Timestamp,
    /// Who it is, where from, and when.
    pub(crate) by: By,
    who: Who,
    assignments: Arc<[StoredAssignment]>,
}

/// Who asks.
#[derive(Debug)]
enum Who {
    /// The bearer of an access token.
    Bearer(Box<Bearer>),
    /// The program itself, from inside.
    Program(Program),
}

/// The ids of the parts of an object, in their order.
#[derive(Debug)]
pub(crate) struct PartIds<'a> {
    of: Option<Uuid>,
    random: &'a dyn Random,
    count: usize,
}

impl PartIds<'_> {
    /// The id of the next part.
    pub(crate) fn next_id(&mut self) -> Uuid {
        self.count += 1;
        match self.of {
            Some(object) => derived(object, &format!("parts/{}", self.count)),
            None => self.random.uuid(),
        }
    }
}

/// Rejected with 401.
impl FromRequestParts<Idp> for Caller {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let Ok(by) = By::from_request_parts(parts, idp).await;
        if let Some(program) = parts.extensions.get::<Program>() {
            return Ok(Self {
                idp: idp.clone(),
                now: by.now,
                assignments: program.assignments(by.now),
                who: Who::Program(program.clone()),
                by,
            });
        }
        let By { origin, now, .. } = by;
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
            who: Who::Bearer(Box::new(bearer)),
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
        match &self.who {
            Who::Bearer(bearer) if bearer.user.is_none() => Some(bearer.application.id),
            Who::Bearer(_) | Who::Program(_) => None,
        }
    }

    /// The program itself, if it is that.
    pub(crate) fn program(&self) -> Option<&Program> {
        match &self.who {
            Who::Bearer(_) => None,
            Who::Program(program) => Some(program),
        }
    }

    /// What a new object is given instead of something random.
    pub(crate) fn given(&self) -> Option<&Given> {
        self.program().map(|program| &program.given)
    }

    /// The id of a new object.
    pub(crate) fn new_id(&self) -> Uuid {
        let given = self.given().and_then(|given| given.id);
        given.unwrap_or_else(|| self.idp.random().uuid())
    }

    /// The id of a new object, and those of what it begins with. `path` is where it will stand.
    pub(crate) fn new_ids(&self, path: String) -> Ids<'_> {
        match self.given() {
            Some(given) => Ids::given(self.new_id(), path, &given.ids),
            None => Ids::of(self.new_id()),
        }
    }

    /// The ids of the parts of a new object, which follow from its own where that is given.
    pub(crate) fn new_parts(&self) -> PartIds<'_> {
        PartIds {
            of: self.given().and_then(|given| given.id),
            random: self.idp.random(),
            count: 0,
        }
    }

    /// The secret of a new application or resource.
    pub(crate) fn new_secret(&self) -> ClientSecret {
        let given = self.given().and_then(|given| given.secret.clone());
        given.unwrap_or_else(|| ClientSecret::random(self.idp.random()))
    }

    /// The id that role assignments are held under.
    pub(crate) fn holder(&self) -> Uuid {
        match &self.who {
            Who::Bearer(bearer) => match &bearer.user {
                Some(user) => user.id.as_uuid(),
                None => bearer.application.id.as_uuid(),
            },
            Who::Program(_) => Uuid::nil(),
        }
    }

    /// Whether the one who asks acts with their roles.
    pub(super) fn carries_roles(&self) -> bool {
        match &self.who {
            Who::Bearer(bearer) => carries_roles(bearer),
            Who::Program(_) => true,
        }
    }

    /// The environment of the one who asks; of the program itself, none that there is.
    pub(crate) fn home(&self) -> EnvironmentId {
        match &self.who {
            Who::Bearer(bearer) => bearer.environment,
            Who::Program(_) => EnvironmentId::from_uuid(Uuid::nil()),
        }
    }

    /// The roles of the one who asks.
    pub(crate) fn assignments(&self) -> &[StoredAssignment] {
        &self.assignments
    }

    /// The application whose token it is.
    pub(super) fn bearer_application(&self) -> Option<ApplicationId> {
        match &self.who {
            Who::Bearer(bearer) => Some(bearer.application.id),
            Who::Program(_) => None,
        }
    }

    /// Whether its user signed on with a second factor.
    pub(crate) fn has_second_factor(&self) -> bool {
        let Who::Bearer(bearer) = &self.who else {
            return false;
        };
        let mut methods = bearer.grant.iter().flat_map(|grant| &grant.amr);
        methods.any(|method| method == SECOND_FACTOR)
    }

    /// The scopes of the token.
    pub(super) fn scopes(&self) -> &Scopes {
        match &self.who {
            Who::Bearer(bearer) => &bearer.scopes,
            Who::Program(program) => &program.scopes,
        }
    }

    /// Whether it is this user, through an application that has a scope that counts.
    pub(super) fn is_user_with(
        &self,
        counts: impl Fn(&str) -> bool,
        environment: EnvironmentId,
        user: UserId,
    ) -> bool {
        let Who::Bearer(bearer) = &self.who else {
            return false;
        };
        bearer.scopes.iter().any(counts)
            && bearer.environment == environment
            && bearer.user.as_ref().is_some_and(|own| own.id == user)
    }

    /// How far a permission reaches in an environment.
    pub(crate) fn coverage(
        &self,
        permission: Permission,
        environment: &StoredEnvironment,
    ) -> Coverage {
        coverage::coverage(&self.assignments, permission, environment)
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
            let role = match roles::find_role(assignment.role_id) {
                Some(role) => Assignable::from(role),
                None => Assignable::held(assignment),
            };
            // Where what it was for is gone, it gives nothing.
            let Some(located) = self.located(assignment.scope).await? else {
                continue;
            };
            if !coverage::includes(&self.assignments, &role, located) {
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
            && !coverage::includes_everything(&self.assignments, environment.organization_id)
        {
            return Err(ApiFailure::forbidden());
        }
        self.require_all_roles_of(application.id.as_uuid()).await
    }

    /// Refuses an application that is not meant for administration where the user whose account it
    /// acts on holds roles: with another mail address it would take the account over, and them.
    pub(super) async fn require_no_roles_at_stake(
        &self,
        user: &StoredUser,
    ) -> Result<(), ApiFailure> {
        if self.carries_roles() {
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

    /// What a role is for, with what is around it; `None` where that is gone. Populations and
    /// applications may be of other environments than the one who holds the role.
    pub(crate) async fn located(
        &self,
        scope: RoleScope,
    ) -> Result<Option<LocatedScope>, StoreError> {
        if scope.scope_type == RoleScopeType::Organization {
            return Ok(Some(LocatedScope {
                scope,
                environment: None,
                organization: OrganizationId::from_uuid(scope.id),
            }));
        }
        let environment = self.idp.role_assignments().environment_of(scope).await?;
        let Some(environment) = environment else {
            return Ok(None);
        };
        let found = self.idp.environments().find(environment, self.now).await?;
        Ok(found.map(|environment| LocatedScope {
            scope,
            environment: Some(environment.id),
            organization: environment.organization_id,
        }))
    }
}
