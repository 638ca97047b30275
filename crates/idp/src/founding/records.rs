//! The records that founding makes, all of one environment and one instant: applications with their
//! secrets, grants, and role assignments.

use std::sync::Arc;

use jiff::Timestamp;
use protocol::id::{
    ApplicationId, EnvironmentId, ResourceGrantId, ResourceId, RoleAssignmentId, RoleId, ScopeId,
};
use protocol::pingone::{NewApplication, RoleScope};
use protocol::secret::ClientSecret;
use serde_json::Map;

use crate::core::ids::Ids;
use crate::state::Idp;
use crate::stores::applications::StoredApplication;
use crate::stores::change::Change;
use crate::stores::resources::StoredResourceGrant;
use crate::stores::role_assignments::{Holder, RoleAssignments, StoredAssignment};

/// What is made in one environment at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Records<'a> {
    idp: &'a Idp,
    environment: EnvironmentId,
    now: Timestamp,
}

impl<'a> Records<'a> {
    pub(super) fn new(idp: &'a Idp, environment: EnvironmentId, now: Timestamp) -> Self {
        Self {
            idp,
            environment,
            now,
        }
    }

    /// An application with these settings.
    pub(super) fn application(
        &self,
        settings: NewApplication,
        is_for_operators: bool,
    ) -> StoredApplication {
        StoredApplication {
            id: self.application_id(&settings.name),
            environment_id: self.environment,
            settings,
            also: Map::new(),
            is_for_operators,
            created_at: self.now,
            updated_at: self.now,
        }
    }

    /// The id of an application that begins with this name.
    pub(super) fn application_id(&self, name: &str) -> ApplicationId {
        Ids::of(self.environment).below("applications", name).id()
    }

    /// A secret of an application, its only one.
    pub(super) fn secret(&self, application: ApplicationId) -> (ClientSecret, Change) {
        let (random, secrets) = (self.idp.random(), self.idp.application_secrets());
        let secret = ClientSecret::random(random);
        let kept = secrets.rotate(application, &secret, None, random, self.now);
        (secret, kept)
    }

    /// What lets an application ask for scopes of a resource.
    pub(super) fn grant(
        &self,
        application: ApplicationId,
        resource: ResourceId,
        scopes: Vec<ScopeId>,
    ) -> StoredResourceGrant {
        StoredResourceGrant {
            id: ResourceGrantId::random(self.idp.random()),
            environment_id: self.environment,
            application_id: application,
            resource_id: resource,
            scopes,
            created_at: self.now,
            updated_at: self.now,
        }
    }

    /// A role of somebody of the environment.
    pub(super) fn assignment(
        &self,
        holder: Holder,
        role: RoleId,
        scope: RoleScope,
    ) -> StoredAssignment {
        StoredAssignment {
            id: RoleAssignmentId::random(self.idp.random()),
            environment_id: self.environment,
            holder,
            role_id: role,
            custom: Arc::default(),
            scope,
            scope_environment: None,
            read_only: false,
            created_at: self.now,
        }
    }

    /// What gives somebody of the environment all these roles.
    pub(super) fn assign(&self, holder: Holder, roles: &[RoleId], scope: RoleScope) -> Change {
        roles.iter().fold(Change::new(), |change, role| {
            let assignment = self.assignment(holder, *role, scope);
            change.and(RoleAssignments::insert(&assignment))
        })
    }
}
