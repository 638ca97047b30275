//! `roleAssignments` of users, applications, groups and gateways (PingOne, "Role assignments").

use std::sync::Arc;

use protocol::id::{GroupId, RoleAssignmentId, RoleId};
use protocol::pingone::{ErrorDetail, NewRoleAssignment, RoleAssignment};

use super::roles::unknown as unknown_role;
use super::unique;
use crate::access::allowed::AllowedEverywhere;
use crate::access::caller::Caller;
use crate::access::coverage::{self, Assignable, Coverage};
use crate::access::last_administrator::{self, Loss};
use crate::access::on_application::OnApplication;
use crate::access::on_user::OnUser;
use crate::access::permissions::{Permission as P, may};
use crate::access::roles;
use crate::api::body::Json;
use crate::api::configuration::Item;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::configuration::gateways::Gateway;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::Objects;
use crate::stores::custom_roles::CustomRole;
use crate::stores::environments::StoredEnvironment;
use crate::stores::groups::StoredGroup;
use crate::stores::role_assignments::{Holder, RoleAssignments, StoredAssignment};

/// Whose assignments they are, and who asks.
struct AssignmentsOf<'a> {
    caller: &'a Caller,
    environment: &'a StoredEnvironment,
    holder: Holder,
    /// The holder's path below the environment.
    path: String,
}

impl AssignmentsOf<'_> {
    /// The holder's absolute address.
    fn url(&self) -> String {
        let urls = self.caller.idp.urls();
        urls.environment_api(self.environment.id, &self.path)
    }

    fn collection(&self) -> String {
        format!("{}/roleAssignments", self.url())
    }

    fn representation(&self, assignment: &StoredAssignment) -> Hal<RoleAssignment> {
        let relation = match self.holder {
            Holder::Application(_) => "application",
            Holder::Group(_) => "group",
            Holder::Gateway(_) => "gateway",
            Holder::User(_) => "user",
        };
        let urls = self.caller.idp.urls();
        let path = format_args!("{}/roleAssignments/{}", self.path, assignment.id);
        Hal::in_environment(urls, self.environment.id, path, assignment.to_wire())
            .link(
                "role",
                urls.api(format_args!("roles/{}", assignment.role_id)),
            )
            .link(relation, self.url())
    }

    async fn list(self) -> Result<Reply, ApiFailure> {
        let held = self
            .caller
            .idp
            .role_assignments()
            .of_actor(self.holder.id(), self.caller.now)
            .await?;
        let items = held
            .iter()
            .map(|assignment| self.representation(assignment))
            .collect();
        Reply::ok(&Page::whole(self.collection(), "roleAssignments", items))
    }

    async fn load(&self, id: RoleAssignmentId) -> Result<StoredAssignment, ApiFailure> {
        let held = self
            .caller
            .idp
            .role_assignments()
            .of_actor(self.holder.id(), self.caller.now)
            .await?;
        let found = held.iter().find(|assignment| assignment.id == id).cloned();
        found.ok_or_else(ApiFailure::not_found)
    }

    /// A role is given or taken; there is nothing in between that could be changed.
    async fn keep(self, id: RoleAssignmentId, new: NewRoleAssignment) -> Result<Reply, ApiFailure> {
        let assignment = self.load(id).await?;
        let message = "cannot be changed; give another role instead";
        if new.role.id != assignment.role_id {
            return Err(ApiFailure::invalid_value("role", message));
        }
        if new.scope != assignment.scope {
            return Err(ApiFailure::invalid_value("scope", message));
        }
        Reply::ok(&self.representation(&assignment))
    }

    async fn read(self, id: RoleAssignmentId) -> Result<Reply, ApiFailure> {
        Reply::ok(&self.representation(&self.load(id).await?))
    }

    /// Gives a role as far as the one who asks may give it.
    async fn create(self, new: NewRoleAssignment) -> Result<Reply, ApiFailure> {
        let caller = self.caller;
        let (role, stands) = self.role(new.role.id).await?;
        // The first administrators hold more than anybody could give them; a seed says so again.
        let is_given = caller.program().is_none();
        if is_given && !role.applicable_to.contains(&new.scope.scope_type) {
            let message = "The role can not be assigned for a scope of this type.";
            let detail = ErrorDetail::new("INVALID_VALUE", Some("scope"), message);
            return Err(ApiFailure::invalid_data(vec![detail]));
        }
        // What there is none of and what is out of reach get one answer: nobody learns what is
        // elsewhere.
        let located = caller.located(new.scope).await?;
        let located = located.filter(|at| coverage::may_give(caller.assignments(), &role, *at));
        let located = located.ok_or_else(ApiFailure::forbidden)?;
        let assignment = StoredAssignment {
            id: RoleAssignmentId::from_uuid(caller.new_id()),
            environment_id: self.environment.id,
            holder: self.holder,
            role_id: role.id,
            custom: Arc::default(),
            scope: new.scope,
            scope_environment: located.environment,
            read_only: false,
            created_at: caller.now,
        };
        let change = stands.and(RoleAssignments::insert(&assignment));
        let subject = Subject::of("ROLE_ASSIGNMENT", assignment.id, role.name.as_str());
        let written = caller
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

    /// The role of this id, and the requirement that it stays as it is meanwhile.
    async fn role(&self, id: RoleId) -> Result<(Assignable, Change), ApiFailure> {
        if let Some(role) = roles::find_role(id) {
            return Ok((role.into(), Change::new()));
        }
        let idp = &self.caller.idp;
        let custom = Objects::<CustomRole>::new(idp.db(), idp.keyring());
        let found = custom.find(self.environment.id, id.as_uuid()).await?;
        let role = found.ok_or_else(|| unknown_role(id))?;
        Ok(((&role).into(), RoleAssignments::require_role(&role)))
    }

    /// Takes a role away; as giving it, only as far as the one who asks holds it.
    async fn delete(self, id: RoleAssignmentId) -> Result<Reply, ApiFailure> {
        let assignment = self.load(id).await?;
        if assignment.read_only {
            let message = format!("Role assignment {id} cannot be deleted as it is read only");
            return Err(ApiFailure::constraint(None, message));
        }
        self.caller.require_all_roles_of(self.holder.id()).await?;
        if self.holder.id() == self.caller.holder() {
            // Nobody strips themselves of the last role by which roles come back.
            let is_power = |held: &&StoredAssignment| {
                [P::ManageRoleAssignments, P::ManageUserRoles]
                    .into_iter()
                    .any(|permission| coverage::gives(held, permission))
            };
            let held = self.caller.assignments();
            let left = held.iter().filter(|held| held.id != id).find(is_power);
            if is_power(&&assignment) && left.is_none() {
                let message = "You cannot take the last role with which you administer from \
                               yourself; another administrator can.";
                return Err(ApiFailure::constraint(None, message));
            }
        }
        let subject = Subject::of("ROLE_ASSIGNMENT", id, "");
        let (idp, now) = (&self.caller.idp, self.caller.now);
        let loss = Loss::Assignment(&assignment);
        let others = last_administrator::require_another(idp, loss, None, now).await?;
        let change = RoleAssignments::delete(&assignment).and(others);
        let environment = self.environment.id;
        self.caller
            .commit(environment, change, "ROLE_ASSIGNMENT.DELETED", subject)
            .await?;
        Ok(Reply::no_content())
    }
}

fn of_user<P>(on: &OnUser<P>) -> AssignmentsOf<'_> {
    AssignmentsOf {
        caller: on,
        environment: &on.environment,
        holder: Holder::User(on.user.id.as_uuid()),
        path: format!("users/{}", on.user.id),
    }
}

/// Roles of applications reach whole environments, and so must the one who deals with them.
fn of_application<P>(on: &OnApplication<P>) -> Result<AssignmentsOf<'_>, ApiFailure> {
    if on.coverage != Coverage::Environment {
        return Err(ApiFailure::forbidden());
    }
    Ok(AssignmentsOf {
        caller: on,
        environment: &on.environment,
        holder: Holder::Application(on.application.id.as_uuid()),
        path: format!("applications/{}", on.application.id),
    })
}

/// Roles of groups are kept: their members gain nothing by them.
async fn of_group<P>(
    allowed: &AllowedEverywhere<P>,
    id: GroupId,
) -> Result<AssignmentsOf<'_>, ApiFailure> {
    let group: StoredGroup = allowed.load(id).await?;
    Ok(AssignmentsOf {
        caller: allowed,
        environment: &allowed.environment,
        holder: Holder::Group(group.id.as_uuid()),
        path: format!("groups/{}", group.id),
    })
}

fn of_gateway<P>(on: &OnGateway<P>) -> AssignmentsOf<'_> {
    let id = on.object.id;
    AssignmentsOf {
        caller: &on.collection,
        environment: &on.collection.environment,
        holder: Holder::Gateway(id),
        path: format!("gateways/{id}"),
    }
}

type OnGateway<P> = Item<Gateway, P>;

type Id = PathId<RoleAssignmentId>;

pub(super) async fn list_of_user(on: OnUser<may::ReadUserRoles>) -> Result<Reply, ApiFailure> {
    of_user(&on).list().await
}

pub(super) async fn create_of_user(
    on: OnUser<may::ManageUserRoles>,
    Json(new): Json<NewRoleAssignment>,
) -> Result<Reply, ApiFailure> {
    of_user(&on).create(new).await
}

pub(super) async fn read_of_user(
    on: OnUser<may::ReadUserRoles>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_user(&on).read(id.0).await
}

pub(super) async fn delete_of_user(
    on: OnUser<may::ManageUserRoles>,
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

type ReadRoles = AllowedEverywhere<may::ReadRoleAssignments>;
type ManageRoles = AllowedEverywhere<may::ManageRoleAssignments>;

pub(super) async fn list_of_group(
    allowed: ReadRoles,
    PathId(group): PathId<GroupId>,
) -> Result<Reply, ApiFailure> {
    of_group(&allowed, group).await?.list().await
}

pub(super) async fn create_of_group(
    allowed: ManageRoles,
    PathId(group): PathId<GroupId>,
    Json(new): Json<NewRoleAssignment>,
) -> Result<Reply, ApiFailure> {
    of_group(&allowed, group).await?.create(new).await
}

pub(super) async fn read_of_group(
    allowed: ReadRoles,
    PathId(group): PathId<GroupId>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_group(&allowed, group).await?.read(id.0).await
}

pub(super) async fn delete_of_group(
    allowed: ManageRoles,
    PathId(group): PathId<GroupId>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_group(&allowed, group).await?.delete(id.0).await
}

pub(super) async fn list_of_gateway(
    on: OnGateway<may::ReadRoleAssignments>,
) -> Result<Reply, ApiFailure> {
    of_gateway(&on).list().await
}

pub(super) async fn create_of_gateway(
    on: OnGateway<may::ManageRoleAssignments>,
    Json(new): Json<NewRoleAssignment>,
) -> Result<Reply, ApiFailure> {
    of_gateway(&on).create(new).await
}

pub(super) async fn read_of_gateway(
    on: OnGateway<may::ReadRoleAssignments>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_gateway(&on).read(id.0).await
}

pub(super) async fn keep_of_gateway(
    on: OnGateway<may::ManageRoleAssignments>,
    id: Id,
    Json(new): Json<NewRoleAssignment>,
) -> Result<Reply, ApiFailure> {
    of_gateway(&on).keep(id.0, new).await
}

pub(super) async fn delete_of_gateway(
    on: OnGateway<may::ManageRoleAssignments>,
    id: Id,
) -> Result<Reply, ApiFailure> {
    of_gateway(&on).delete(id.0).await
}
