//! What the role assignments of one actor come to: how far a permission reaches, what they include
//! of another actor's, and which roles they let the actor give.

use protocol::id::{EnvironmentId, OrganizationId, PopulationId, RoleId};
use protocol::pingone::{RoleScope, RoleScopeType};

use super::permissions::Permission;
use super::roles::{BuiltInRole, ROLES, ids};
use crate::stores::configuration::Object;
use crate::stores::custom_roles::CustomRole;
use crate::stores::environments::StoredEnvironment;
use crate::stores::role_assignments::StoredAssignment;

/// The part of an environment that a permission is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// All of the environment.
    Environment,
    /// Nothing.
    Nothing,
    /// These populations only.
    Populations(Vec<PopulationId>),
}

impl Coverage {
    /// Whether it covers a population.
    pub(crate) fn covers(&self, population: PopulationId) -> bool {
        match self {
            Self::Environment => true,
            Self::Nothing => false,
            Self::Populations(populations) => populations.contains(&population),
        }
    }

    /// Whether it covers what belongs to this population, or to the environment alone.
    pub(crate) fn covers_what_is_of(&self, population: Option<PopulationId>) -> bool {
        match population {
            Some(population) => self.covers(population),
            None => *self == Self::Environment,
        }
    }

    /// The populations that it is limited to; `None` where it is not.
    pub(crate) fn populations(&self) -> Option<&[PopulationId]> {
        match self {
            Self::Environment => None,
            Self::Nothing => Some(&[]),
            Self::Populations(populations) => Some(populations),
        }
    }
}

/// How far the assignments of one actor let it do something in an environment.
pub(crate) fn coverage(
    assignments: &[StoredAssignment],
    permission: Permission,
    environment: &StoredEnvironment,
) -> Coverage {
    let mut populations = Vec::new();
    for assignment in assignments {
        if !gives(assignment, permission) {
            continue;
        }
        match covered(assignment, environment) {
            Covered::Environment => return Coverage::Environment,
            Covered::Population(population) => populations.push(population),
            Covered::Nothing => {}
        }
    }
    if populations.is_empty() {
        Coverage::Nothing
    } else {
        Coverage::Populations(populations)
    }
}

/// Whether the assignments of one actor let it do something in a whole organization.
pub(crate) fn reaches_organization(
    assignments: &[StoredAssignment],
    permission: Permission,
    organization: OrganizationId,
) -> bool {
    assignments.iter().any(|assignment| {
        gives(assignment, permission)
            && assignment.scope.scope_type == RoleScopeType::Organization
            && assignment.scope.id == organization.as_uuid()
    })
}

/// Whether an assignment's role gives a permission.
pub(crate) fn gives(assignment: &StoredAssignment, permission: Permission) -> bool {
    permission.roles().contains(&assignment.role_id)
        || assignment.custom.iter().any(|id| id == permission.id())
}

/// A role that can be given, built in or custom.
#[derive(Clone, Debug)]
pub(crate) struct Assignable {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) applicable_to: Vec<RoleScopeType>,
    can_be_assigned_by: Vec<RoleId>,
    /// What it gives that something here looks at.
    permissions: Vec<Permission>,
}

impl Assignable {
    /// The custom role that somebody holds.
    pub(crate) fn held(assignment: &StoredAssignment) -> Self {
        Self {
            id: assignment.role_id,
            name: String::new(),
            applicable_to: Vec::new(),
            can_be_assigned_by: Vec::new(),
            permissions: permissions_of(assignment.custom.iter()),
        }
    }
}

fn permissions_of<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<Permission> {
    ids.filter_map(|id| Permission::find(id)).collect()
}

impl From<&BuiltInRole> for Assignable {
    fn from(role: &BuiltInRole) -> Self {
        Self {
            id: role.id,
            name: role.name.to_owned(),
            applicable_to: role.applicable_to.to_vec(),
            can_be_assigned_by: role.can_be_assigned_by.to_vec(),
            permissions: role.enforced().collect(),
        }
    }
}

impl From<&Object<CustomRole>> for Assignable {
    fn from(role: &Object<CustomRole>) -> Self {
        let CustomRole {
            name,
            applicable_to,
            permissions,
            can_be_assigned_by,
            ..
        } = &role.document;
        Self {
            id: RoleId::from_uuid(role.id),
            name: name.clone(),
            applicable_to: applicable_to.clone(),
            can_be_assigned_by: can_be_assigned_by.iter().map(|one| one.id).collect(),
            permissions: permissions_of(permissions.iter().map(|one| &one.id)),
        }
    }
}

enum Covered {
    Environment,
    Nothing,
    Population(PopulationId),
}

fn covered(assignment: &StoredAssignment, environment: &StoredEnvironment) -> Covered {
    let scope = assignment.scope;
    match scope.scope_type {
        RoleScopeType::Environment if scope.id == environment.id.as_uuid() => Covered::Environment,
        RoleScopeType::Organization if scope.id == environment.organization_id.as_uuid() => {
            Covered::Environment
        }
        RoleScopeType::Population if assignment.scope_environment == Some(environment.id) => {
            Covered::Population(PopulationId::from_uuid(scope.id))
        }
        RoleScopeType::Application
        | RoleScopeType::Environment
        | RoleScopeType::Organization
        | RoleScopeType::Population => Covered::Nothing,
    }
}

/// What a role is assigned for, with the environment and organization around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocatedScope {
    pub(crate) scope: RoleScope,
    /// The environment that the scope is or lies in; none for an organization.
    pub(crate) environment: Option<EnvironmentId>,
    pub(crate) organization: OrganizationId,
}

/// Whether an actor's own assignments include all that a role gives for a scope: nobody gives, reads
/// the secrets of, or sets the password of somebody more powerful.
pub(crate) fn includes(
    held: &[StoredAssignment],
    role: &Assignable,
    located: LocatedScope,
) -> bool {
    role.permissions.iter().all(|permission| {
        let permission = *permission;
        held.iter()
            .any(|assignment| gives(assignment, permission) && contains(assignment.scope, located))
    })
}

/// Whether an actor's own assignments include everything that any role gives anywhere in an
/// organization: all that a token of one of its users can ever carry.
pub(crate) fn includes_everything(held: &[StoredAssignment], organization: OrganizationId) -> bool {
    let located = LocatedScope {
        scope: RoleScope::new(RoleScopeType::Organization, organization.as_uuid()),
        environment: None,
        organization,
    };
    ROLES
        .iter()
        .all(|role| includes(held, &role.into(), located))
}

/// Whether an actor may give a role: one of the actor's roles must be among those that PingOne lets
/// assign it, and nobody gives more than they hold. The one exception is PingOne's: who
/// administers an organization appoints the administrators of its environments.
pub(crate) fn may_give(
    held: &[StoredAssignment],
    role: &Assignable,
    located: LocatedScope,
) -> bool {
    let is_assigner = |assignment: &&StoredAssignment| {
        role.can_be_assigned_by.contains(&assignment.role_id) && contains(assignment.scope, located)
    };
    let mut assigners = held.iter().filter(is_assigner).peekable();
    assigners.peek().is_some()
        && (includes(held, role, located)
            || role.id == ids::ENVIRONMENT_ADMIN
                && assigners.any(|assignment| assignment.role_id == ids::ORGANIZATION_ADMIN))
}

fn contains(outer: RoleScope, located: LocatedScope) -> bool {
    match outer.scope_type {
        RoleScopeType::Organization => outer.id == located.organization.as_uuid(),
        RoleScopeType::Environment => located
            .environment
            .is_some_and(|environment| outer.id == environment.as_uuid()),
        RoleScopeType::Application | RoleScopeType::Population => {
            outer.scope_type == located.scope.scope_type && outer.id == located.scope.id
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use protocol::SeededRandom;
    use std::sync::Arc;

    use protocol::id::RoleAssignmentId;
    use protocol::pingone::{EnvironmentType, Region};
    use uuid::Uuid;

    use super::*;
    use crate::access::roles::find_role;
    use crate::stores::environments::EnvironmentDetails;
    use crate::stores::role_assignments::Holder;

    fn environment(seed: u64) -> StoredEnvironment {
        let random = SeededRandom::new(seed);
        StoredEnvironment {
            id: EnvironmentId::random(&random),
            organization_id: OrganizationId::random(&random),
            name: "Test".to_owned(),
            details: EnvironmentDetails::new(EnvironmentType::Sandbox, Region::Europe),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn assignment(role_id: RoleId, scope_type: RoleScopeType, id: Uuid) -> StoredAssignment {
        let random = SeededRandom::new(9);
        StoredAssignment {
            id: RoleAssignmentId::random(&random),
            environment_id: EnvironmentId::random(&random),
            holder: Holder::User(id),
            role_id,
            custom: Arc::default(),
            scope: RoleScope::new(scope_type, id),
            scope_environment: None,
            read_only: false,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_role_reaches_its_scope_and_no_further() {
        let (here, there) = (environment(1), environment(2));
        let population = PopulationId::random(&SeededRandom::new(3));
        let admin = ids::IDENTITY_DATA_ADMIN;
        let of = |held: StoredAssignment, at| coverage(&[held], Permission::ManageUsers, at);

        let held = assignment(admin, RoleScopeType::Environment, here.id.as_uuid());
        assert_eq!(of(held.clone(), &here), Coverage::Environment);
        assert_eq!(of(held, &there), Coverage::Nothing);
        let organization = here.organization_id.as_uuid();
        let held = assignment(admin, RoleScopeType::Organization, organization);
        assert_eq!(of(held.clone(), &here), Coverage::Environment);
        assert_eq!(of(held, &there), Coverage::Nothing);
        let mut held = assignment(admin, RoleScopeType::Population, population.as_uuid());
        held.scope_environment = Some(here.id);
        let reached = Coverage::Populations(vec![population]);
        assert_eq!(of(held.clone(), &here), reached);
        assert_eq!(of(held, &there), Coverage::Nothing);
        let held = assignment(
            ids::IDENTITY_DATA_READ_ONLY,
            RoleScopeType::Environment,
            here.id.as_uuid(),
        );
        assert_eq!(of(held, &here), Coverage::Nothing);
    }

    #[test]
    fn nobody_gives_more_than_they_hold() {
        let here = environment(1);
        let located = LocatedScope {
            scope: RoleScope::new(RoleScopeType::Environment, here.id.as_uuid()),
            environment: Some(here.id),
            organization: here.organization_id,
        };
        let held = [assignment(
            ids::ENVIRONMENT_ADMIN,
            RoleScopeType::Environment,
            here.id.as_uuid(),
        )];
        let may_give = |id| includes(&held, &find_role(id).unwrap().into(), located);
        assert!(may_give(ids::ENVIRONMENT_ADMIN) && may_give(ids::CONFIGURATION_READ_ONLY));
        assert!(!may_give(ids::IDENTITY_DATA_ADMIN));
        let organization =
            RoleScope::new(RoleScopeType::Organization, here.organization_id.as_uuid());
        let wider = LocatedScope {
            scope: organization,
            environment: None,
            ..located
        };
        assert!(!includes(
            &held,
            &find_role(ids::ENVIRONMENT_ADMIN).unwrap().into(),
            wider
        ));
    }

    /// Every holder and every role: what nobody lets them give, they do not give.
    #[test]
    fn a_role_is_given_only_by_those_who_may_assign_it() {
        let here = environment(1);
        let located = LocatedScope {
            scope: RoleScope::new(RoleScopeType::Environment, here.id.as_uuid()),
            environment: Some(here.id),
            organization: here.organization_id,
        };
        let given_by = |holder: &BuiltInRole| {
            let organization = here.organization_id.as_uuid();
            let held = [assignment(
                holder.id,
                RoleScopeType::Organization,
                organization,
            )];
            ROLES
                .iter()
                .filter(|role| may_give(&held, &(*role).into(), located))
                .map(|role| role.name)
                .collect::<Vec<_>>()
        };
        let all: Vec<_> = ROLES
            .iter()
            .map(|holder| (holder.name, given_by(holder)))
            .collect();
        assert_eq!(
            all,
            [
                ("Advanced Identity Cloud Super Admin", vec![]),
                ("Advanced Identity Cloud Tenant Admin", vec![]),
                ("Application Owner", vec![]),
                ("Authorize Gateway Policy Evaluator", vec![]),
                ("Client Application Developer", vec![]),
                ("Configuration Read Only", vec![]),
                ("Custom Roles Admin", vec![]),
                (
                    "DaVinci Admin",
                    vec!["DaVinci Admin", "DaVinci Admin Read Only"]
                ),
                ("DaVinci Admin Read Only", vec![]),
                (
                    "Environment Admin",
                    vec![
                        "Application Owner",
                        "Authorize Gateway Policy Evaluator",
                        "Client Application Developer",
                        "Configuration Read Only",
                        "Custom Roles Admin",
                        "DaVinci Admin",
                        "DaVinci Admin Read Only",
                        "Environment Admin",
                        "PingFederate Administrator",
                        "PingFederate Auditor",
                        "PingFederate Crypto Administrator",
                        "PingFederate Expression Administrator",
                        "PingFederate User Administrator",
                    ]
                ),
                ("Help Desk Admin", vec![]),
                (
                    "Identity Data Admin",
                    vec![
                        "Help Desk Admin",
                        "Identity Data Admin",
                        "Identity Data Read Only",
                    ]
                ),
                ("Identity Data Read Only", vec![]),
                (
                    "Organization Admin",
                    vec![
                        "Advanced Identity Cloud Super Admin",
                        "Advanced Identity Cloud Tenant Admin",
                        "Environment Admin",
                        "Organization Admin",
                    ]
                ),
                ("PingFederate Administrator", vec![]),
                ("PingFederate Auditor", vec![]),
                ("PingFederate Crypto Administrator", vec![]),
                ("PingFederate Expression Administrator", vec![]),
                ("PingFederate User Administrator", vec![]),
            ]
        );
    }

    #[test]
    fn everything_takes_every_role_in_the_organization() {
        let here = environment(1);
        let organization = here.organization_id;
        let of = |role_id| assignment(role_id, RoleScopeType::Organization, organization.as_uuid());
        let mut held = vec![
            of(ids::ENVIRONMENT_ADMIN),
            of(ids::IDENTITY_DATA_ADMIN),
            of(ids::CLIENT_APPLICATION_DEVELOPER),
        ];
        assert!(includes_everything(&held, organization));
        held[1] = assignment(
            ids::IDENTITY_DATA_ADMIN,
            RoleScopeType::Environment,
            here.id.as_uuid(),
        );
        assert!(!includes_everything(&held, organization));
        held[1] = of(ids::HELP_DESK_ADMIN);
        assert!(!includes_everything(&held, organization));
    }
}
