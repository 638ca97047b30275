//! What a new environment holds (PingOne, "Environments": what clients assume exists): the three
//! built-in password policies, the population "Default", and the resources `openid` and
//! `PingOne API` with their scopes.

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{EnvironmentId, OrganizationId, PopulationId, ResourceId, ScopeId};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::{ApplicationPermissionsSettings, ResourceType, RoleScope, RoleScopeType};
use protocol::secret::ClientSecret;

use crate::audit::{Activity, By, Subject};
use crate::configuration::{self, resource_parts};
use crate::core::ids::Ids;
use crate::founding::portal_applications::ADMINISTRATION;
use crate::founding::records::Records;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::environments::{EnvironmentDetails, Environments, StoredEnvironment};
use crate::stores::password_policies::{PasswordPolicies, StoredPasswordPolicy};
use crate::stores::populations::{PopulationSettings, Populations, StoredPopulation};
use crate::stores::resources::{
    Opened, ResourceDetails, ResourceScopes, Resources, StoredResource, StoredScope,
};
use crate::stores::role_assignments::Holder;

/// Scopes of the resource `openid`, each with what it permits.
pub(crate) const OPENID_SCOPES: [(&str, &str); 6] = [
    ("openid", "Sign the user on"),
    ("profile", "Read the user's profile"),
    ("email", "Read the user's email address"),
    ("address", "Read the user's postal address"),
    ("phone", "Read the user's phone numbers"),
    ("offline_access", "Stay signed on by a refresh token"),
];

/// Scopes of the resource `PingOne API`: what a user may do with the own account.
const PINGONE_SCOPES: [(&str, &str); 18] = [
    ("p1:create:device", "Create the user's devices"),
    ("p1:create:pairingKey", "Create the user's pairing keys"),
    ("p1:delete:device", "Delete the user's devices"),
    ("p1:delete:sessions", "Delete the user's sessions"),
    (
        "p1:delete:userLinkedAccounts",
        "Delete the user's linked accounts",
    ),
    ("p1:read:device", "Read the user's devices"),
    ("p1:read:oauthConsent", "Read the user's OAuth consents"),
    ("p1:read:sessions", "Read the user's sessions"),
    ("p1:read:user", "Read the user's own attributes"),
    ("p1:read:userConsent", "Read the user's agreement consents"),
    (
        "p1:read:userLinkedAccounts",
        "Read the user's linked accounts",
    ),
    (
        "p1:read:userPassword",
        "Read the state of the user's password",
    ),
    (
        "p1:reset:userPassword",
        "Change the user's password with the current one",
    ),
    ("p1:update:device", "Update the user's devices"),
    ("p1:update:oauthConsent", "Update the user's OAuth consents"),
    ("p1:update:user", "Update the user's own attributes"),
    ("p1:validate:userPassword", "Check the user's password"),
    ("p1:verify:user", "Verify the user's email address"),
];

/// What the population is called that takes users of whom nothing else is said.
const DEFAULT_POPULATION: &str = "Default";

/// What an environment is made of.
#[derive(Clone, Debug)]
pub(crate) struct NewEnvironment<'a> {
    /// Its own id, and those of what it begins with.
    pub(crate) ids: Ids<'a>,
    pub(crate) organization: OrganizationId,
    pub(crate) name: String,
    pub(crate) details: EnvironmentDetails,
    /// Who made it: gets the roles to administer it.
    pub(crate) creator: Option<Creator>,
}

/// Who made an environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Creator {
    pub(crate) holder: Holder,
    /// The creator's own environment.
    pub(crate) environment: EnvironmentId,
}

/// An environment with everything that clients assume is there, not yet written.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) environment: StoredEnvironment,
    pub(crate) default_population: PopulationId,
    /// The built-in resources, each with its scopes.
    pub(crate) resources: Vec<BuiltInResource>,
    pub(crate) change: Change,
}

/// A resource that every environment has.
#[derive(Debug)]
pub(crate) struct BuiltInResource {
    pub(crate) id: ResourceId,
    pub(crate) scopes: Vec<ScopeId>,
}

impl Seed {
    /// The whole environment, for role assignments.
    pub(crate) fn scope(&self) -> RoleScope {
        RoleScope::new(RoleScopeType::Environment, self.environment.id.as_uuid())
    }
}

/// Makes an environment with everything that clients assume is there.
///
/// # Errors
///
/// [`StoreError`]; a unique violation means that the organization has an environment of this name.
pub(crate) async fn create(
    idp: &Idp,
    new: NewEnvironment<'_>,
    by: &By,
) -> Result<StoredEnvironment, StoreError> {
    let Seed {
        environment,
        change,
        ..
    } = prepare(idp, new, by.now)?;
    let subject = Subject::of("ENVIRONMENT", environment.id, environment.name.as_str());
    let created = Activity::new("ENVIRONMENT.CREATED", subject);
    change.commit(idp, environment.id, &created, by).await?;
    idp.prepare_keys(environment.id, by.now);
    Ok(environment)
}

/// Puts an environment together.
///
/// # Errors
///
/// [`StoreError`] when a part of it cannot be written down.
pub(crate) fn prepare(
    idp: &Idp,
    new: NewEnvironment<'_>,
    now: Timestamp,
) -> Result<Seed, StoreError> {
    let ids = new.ids;
    let environment = StoredEnvironment {
        id: ids.id(),
        organization_id: new.organization,
        name: new.name,
        details: new.details,
        created_at: now,
        updated_at: now,
    };
    let id = environment.id;
    let mut change = Environments::insert(&environment)?;
    for policy in [
        PasswordPolicy::standard(),
        PasswordPolicy::basic(),
        PasswordPolicy::passphrase(),
    ] {
        let policy_id = ids.below("passwordPolicies", &policy.name).id();
        let policy = StoredPasswordPolicy::new(policy_id, id, policy, now);
        change = change.and(PasswordPolicies::insert(&policy)?);
    }
    let default_population: PopulationId = ids.below("populations", DEFAULT_POPULATION).id();
    change = change.and(Populations::insert(&StoredPopulation {
        id: default_population,
        environment_id: id,
        name: DEFAULT_POPULATION.to_owned(),
        description: None,
        is_default: true,
        password_policy_id: None,
        more: PopulationSettings::default(),
        created_at: now,
        updated_at: now,
    })?);
    change = change.and(configuration::seeds(idp, id, ids.clone(), 0, now)?);
    let (resources, made) = built_in_resources(idp, id, &ids, now)?;
    change = change.and(made);
    if let Some(creator) = new.creator {
        let scope = RoleScope::new(RoleScopeType::Environment, id.as_uuid());
        let records = Records::new(idp, creator.environment, now);
        change = change.and(records.assign(creator.holder, &ADMINISTRATION, scope));
    }
    Ok(Seed {
        environment,
        default_population,
        resources,
        change,
    })
}

/// The built-in resources, each with its scopes, and what makes them.
fn built_in_resources(
    idp: &Idp,
    environment: EnvironmentId,
    ids: &Ids<'_>,
    now: Timestamp,
) -> Result<(Vec<BuiltInResource>, Change), StoreError> {
    let built_in = [
        ("openid", ResourceType::OpenidConnect, &OPENID_SCOPES[..]),
        ("PingOne API", ResourceType::PingoneApi, &PINGONE_SCOPES[..]),
    ];
    let (mut resources, mut change) = (Vec::new(), Change::new());
    for (name, resource_type, scopes) in built_in {
        let ids = ids.below("resources", name);
        let resource = built_in_resource(ids.id(), environment, name, resource_type, now);
        let secret = || ClientSecret::random(idp.random());
        change = change
            .and(Resources::insert(&resource)?)
            .and(resource_parts::begin(idp, &resource, &ids, secret)?);
        let mut scope_ids = Vec::new();
        for (name, description) in scopes {
            let scope_id: ScopeId = ids.below("scopes", name).id();
            scope_ids.push(scope_id);
            change = change.and(ResourceScopes::insert(&StoredScope {
                id: scope_id,
                environment_id: environment,
                resource_id: resource.id,
                name: (*name).to_owned(),
                description: Some((*description).to_owned()),
                opens: Opened::default(),
                created_at: now,
                updated_at: now,
            })?);
        }
        resources.push(BuiltInResource {
            id: resource.id,
            scopes: scope_ids,
        });
    }
    Ok((resources, change))
}

fn built_in_resource(
    id: ResourceId,
    environment: EnvironmentId,
    name: &str,
    resource_type: ResourceType,
    now: Timestamp,
) -> StoredResource {
    StoredResource {
        id,
        environment_id: environment,
        details: ResourceDetails {
            name: name.to_owned(),
            description: None,
            resource_type,
            audience: None,
            access_token_seconds: None,
            introspection: None,
            application_permissions: ApplicationPermissionsSettings::default(),
            cors_settings: None,
        },
        created_at: now,
        updated_at: now,
    }
}
