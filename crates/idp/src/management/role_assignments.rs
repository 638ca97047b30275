//! `roleAssignments` of users and applications (PingOne, "Role assignments").

use protocol::id::{EnvironmentId, OrganizationId, PopulationId, RoleAssignmentId};
use protocol::pingone::{ErrorDetail, NewRoleAssignment, RoleAssignment, RoleScopeType};

use super::roles::unknown as unknown_role;
use super::unique;
use crate::access::allowed::{Asking, OnApplication, OnUser, PathId, find_population, may};
use crate::access::roles::{self, BuiltInRole, Place, Reach};
use crate::api::body::Json;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::stores::environments::StoredEnvironment;
use crate::stores::role_assignments::{Holder, RoleAssignments, StoredAssignment};
use crate::web::failures::api::ApiFailure;

/// Whose assignments they are, and who asks.
struct Holding<'a> {
    asking: &'a Asking,
    environment: &'a StoredEnvironment,
    holder: Holder,
    /// The holder's absolute address.
    url: String,
}

impl Holding<'_> {
    fn collection(&self) -> String {
        format!("{}/roleAssignments", self.url)
    }

    fn representation(&self, assignment: &StoredAssignment) -> Hal<RoleAssignment> {
        let relation = match self.holder {
            Holder::Application(_) => "application",
            Holder::User(_) => "user",
        };
        let urls = self.asking.idp.urls();
        Hal::new(
            format!("{}/{}", self.collection(), assignment.id),
            assignment.to_wire(),
        )
        .link(
            "environment",
            urls.api(format_args!("environments/{}", self.environment.id)),
        )
        .link(
            "role",
            urls.api(format_args!("roles/{}", assignment.role_id)),
        )
        .link(relation, self.url.as_str())
    }

    async fn list(self) -> Result<Reply, ApiFailure> {
        let held = self
            .asking
            .idp
            .role_assignments()
            .of_actor(self.holder.id(), self.asking.now)
            .await?;
        let items = held
            .iter()
            .map(|assignment| self.representation(assignment))
            .collect();
        Reply::ok(&Page::whole(self.collection(), "roleAssignments", items))
    }

    async fn load(&self, id: RoleAssignmentId) -> Result<StoredAssignment, ApiFailure> {
        let held = self
            .asking
            .idp
            .role_assignments()
            .of_actor(self.holder.id(), self.asking.now)
            .await?;
        let found = held.iter().find(|assignment| assignment.id == id).cloned();
        found.ok_or_else(ApiFailure::not_found)
    }

    async fn read(self, id: RoleAssignmentId) -> Result<Reply, ApiFailure> {
        Reply::ok(&self.representation(&self.load(id).await?))
    }

    /// Gives a role as far as the one who asks may give it.
    async fn create(self, new: NewRoleAssignment) -> Result<Reply, ApiFailure> {
        let asking = self.asking;
        let role = roles::find_role(new.role.id).ok_or_else(|| unknown_role(new.role.id))?;
        let place = self.place(role, &new).await?;
        if !roles::may_give(asking.assignments(), role, place) {
            return Err(ApiFailure::forbidden());
        }
        let assignment = StoredAssignment {
            id: RoleAssignmentId::random(asking.idp.random()),
            environment_id: self.environment.id,
            holder: self.holder,
            role_id: role.id,
            scope: new.scope,
            read_only: false,
            created_at: asking.now,
        };
        let change = RoleAssignments::insert(&assignment);
        let subject = Subject::of("ROLE_ASSIGNMENT", assignment.id, role.name);
        let written = asking
            .commit(
                self.environment.id,
                change,
                "ROLE_ASSIGNMENT.CREATED",
                subject,
            )
            .await;
        written.map_err(|error| unique(error, "role"))?;
        Reply::created(&self.representation(&assignment))
    }

    /// What the role would be for, when there is such a thing and the role fits it.
    async fn place(
        &self,
        role: &BuiltInRole,
        new: &NewRoleAssignment,
    ) -> Result<Place, ApiFailure> {
        let scope = new.scope;
        let refused = |message: &str| {
            let detail = ErrorDetail::new("INVALID_VALUE", Some("scope"), message);
            ApiFailure::invalid_data(vec![detail])
        };
        if !role.applicable_to.contains(&scope.scope_type) {
            return Err(refused(
                "The role can not be assigned for a scope of this type.",
            ));
        }
        let organization = self.environment.organization_id;
        let unknown = || refused("There is no such scope.");
        match scope.scope_type {
            RoleScopeType::Organization => Ok(Place {
                scope,
                environment: None,
                organization: OrganizationId::from_uuid(scope.id),
            }),
            RoleScopeType::Environment => {
                let id = EnvironmentId::from_uuid(scope.id);
                let found = self
                    .asking
                    .idp
                    .environments()
                    .find(id, self.asking.now)
                    .await?;
                let found = found.ok_or_else(unknown)?;
                Ok(Place {
                    scope,
                    environment: Some(id),
                    organization: found.organization_id,
                })
            }
            RoleScopeType::Population => {
                let id = PopulationId::from_uuid(scope.id);
                let environment = self.environment.id;
                let found = find_population(&self.asking.idp, environment, id).await?;
                found.ok_or_else(unknown)?;
                Ok(Place {
                    scope,
                    environment: Some(environment),
                    organization,
                })
            }
            RoleScopeType::Application => Err(unknown()),
        }
    }

    /// Takes a role away; as giving it, only as far as the one who asks holds it.
    async fn delete(self, id: RoleAssignmentId) -> Result<Reply, ApiFailure> {
        let assignment = self.load(id).await?;
        if assignment.read_only {
            let message = format!("Role assignment {id} cannot be deleted as it is read only");
            return Err(ApiFailure::constraint(None, message));
        }
        self.asking.require_all_roles_of(self.holder.id()).await?;
        let subject = Subject::of("ROLE_ASSIGNMENT", id, "");
        let change = RoleAssignments::delete(&assignment);
        let environment = self.environment.id;
        self.asking
            .commit(environment, change, "ROLE_ASSIGNMENT.DELETED", subject)
            .await?;
        Ok(Reply::no_content())
    }
}

fn of_user<P>(on: &OnUser<P>) -> Holding<'_> {
    Holding {
        asking: on,
        environment: &on.environment,
        holder: Holder::User(on.user.id.as_uuid()),
        url: on.url(),
    }
}

/// Roles of applications reach whole environments, and so must the one who deals with them.
fn of_application<P>(on: &OnApplication<P>) -> Result<Holding<'_>, ApiFailure> {
    if on.reach != Reach::Environment {
        return Err(ApiFailure::forbidden());
    }
    Ok(Holding {
        asking: on,
        environment: &on.environment,
        holder: Holder::Application(on.application.id.as_uuid()),
        url: on.url(format_args!("applications/{}", on.application.id)),
    })
}

type Id = PathId<RoleAssignmentId>;

pub(super) async fn list_of_user(
    on: OnUser<may::ReadRoleAssignments>,
) -> Result<Reply, ApiFailure> {
    of_user(&on).list().await
}

pub(super) async fn create_of_user(
    on: OnUser<may::ManageRoleAssignments>,
    Json(new): Json<NewRoleAssignment>,
) -> Result<Reply, ApiFailure> {
    of_user(&on).create(new).await
}

pub(super) async fn read_of_user(
    on: OnUser<may::ReadRoleAssignments>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_user(&on).read(id.0).await
}

pub(super) async fn delete_of_user(
    on: OnUser<may::ManageRoleAssignments>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_user(&on).delete(id.0).await
}

pub(super) async fn list_of_application(
    on: OnApplication<may::ReadRoleAssignments>,
) -> Result<Reply, ApiFailure> {
    of_application(&on)?.list().await
}

pub(super) async fn create_of_application(
    on: OnApplication<may::ManageRoleAssignments>,
    Json(new): Json<NewRoleAssignment>,
) -> Result<Reply, ApiFailure> {
    of_application(&on)?.create(new).await
}

pub(super) async fn read_of_application(
    on: OnApplication<may::ReadRoleAssignments>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_application(&on)?.read(id.0).await
}

pub(super) async fn delete_of_application(
    on: OnApplication<may::ManageRoleAssignments>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_application(&on)?.delete(id.0).await
}
