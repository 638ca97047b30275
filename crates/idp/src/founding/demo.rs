//! The demo environment: what a newcomer tries things with. Everything in it is found again by its
//! name, so a second start changes nothing but the addresses that the portal is reached at.

use std::sync::Arc;

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use protocol::id::{
    ApplicationId, EnvironmentId, OrganizationId, PasswordPolicyId, PopulationId, ResourceGrantId,
    RoleAssignmentId, RoleId,
};
use protocol::oauth::{Issuer, TokenEndpointAuthMethod};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::{
    ApplicationType, EnvironmentType, GrantTypeName, NewApplication, ResponseTypeName, RoleScope,
    RoleScopeType,
};
use protocol::secret::{ClientSecret, Password};
use serde_json::{Map, Value, json};

use crate::access::roles::ids;
use crate::accounts::registration::{self, NewAccount, RegistrationRefusal};
use crate::audit::{Activity, By, Subject};
use crate::founding::environment::{self, NewEnvironment};
use crate::founding::portal_applications::{
    ADMINISTRATION, EVERYTHING, PortalAddresses, WORKER, worker,
};
use crate::hasher::HashError;
use crate::state::Idp;
use crate::stores::applications::{Applications, StoredApplication};
use crate::stores::change::Change;
use crate::stores::environments::StoredEnvironment;
use crate::stores::password_policies::{PasswordPolicies, StoredPasswordPolicy};
use crate::stores::passwords::Passwords;
use crate::stores::populations::{Populations, StoredPopulation};
use crate::stores::resources::{ResourceScopes, Resources, StoredResourceGrant};
use crate::stores::role_assignments::{Holder, RoleAssignments, StoredAssignment};
use crate::stores::users::Users;

const ENVIRONMENT: &str = "Latchkey Demo";
const POLICY: &str = "Demo";
const IMPLICIT: &str = "Latchkey Implicit Demo";

/// The populations, each with the description that tells whose users it takes: the mail domain.
const POPULATIONS: [(&str, &str); 2] = [("Customers", "example.com"), ("Partners", "example.org")];

/// Passwords of the demo are known to everybody, which is why production refuses demo data.
const USER: Person = Person {
    username: "demo",
    password: "Sunny-Harbour-42",
    email: "demo@example.com",
    given: "Dana",
    family: "Moreau",
};
const OPERATOR: Person = Person {
    username: "operator",
    password: "Quiet-Lantern-73",
    email: "operator@example.com",
    given: "Oscar",
    family: "Perez",
};

/// Demo passwords were changed long ago, so that no minimum age forbids to change them.
const PASSWORD_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

struct Person {
    username: &'static str,
    password: &'static str,
    email: &'static str,
    given: &'static str,
    family: &'static str,
}

/// The demo: what the start-up card and the environment file tell.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Demo {
    /// The environment.
    pub environment_id: EnvironmentId,
    /// Its issuer.
    pub issuer: Issuer,
    /// The population that new customers land in.
    pub population_id: PopulationId,
    /// The web application: the portal's own.
    pub client_id: ApplicationId,
    /// Its secret.
    pub client_secret: ClientSecret,
    /// An application that gets its tokens by the implicit grant.
    pub implicit_client_id: ApplicationId,
    /// The worker application, which may do everything in the organization.
    pub worker_client_id: ApplicationId,
    /// Its secret.
    pub worker_client_secret: ClientSecret,
    /// An ordinary user.
    pub user: Account,
    /// A user who may administer the others.
    pub operator: Account,
}

/// Name and password of a demo user, as it was made. Who changed the password knows the new one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Account {
    /// The name to sign on with.
    pub username: &'static str,
    /// The password.
    pub password: Password,
}

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The database did not answer.
    #[error("the demo data could not be written")]
    Store(#[from] StoreError),
    /// A password could not be hashed.
    #[error("a demo user's password could not be hashed")]
    Hashing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A demo user could not be made.
    #[error("a demo user could not be made")]
    User(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<HashError> for DemoError {
    fn from(error: HashError) -> Self {
        Self::Hashing(Box::new(error))
    }
}

impl From<RegistrationRefusal> for DemoError {
    fn from(error: RegistrationRefusal) -> Self {
        Self::User(Box::new(error))
    }
}

/// Makes what of the demo is not there yet, and lets the web application's addresses follow the
/// portal's.
///
/// # Errors
///
/// [`DemoError`] when the database does not answer; what was made stays and is found next time.
pub async fn ensure(idp: &Idp, portal: PortalAddresses) -> Result<Demo, DemoError> {
    let now = idp.now();
    let maker = Maker {
        idp,
        by: By::the_program(now),
        now,
    };
    let environment = maker.environment().await?;
    let policy = maker.policy(environment.id).await?;
    let mut populations = Vec::new();
    for (name, domain) in POPULATIONS {
        populations.push(
            maker
                .population(environment.id, name, domain, policy)
                .await?,
        );
    }
    let population_id = populations
        .first()
        .copied()
        .ok_or_else(|| StoreError::inconsistent("the demo has no population"))?;

    let (client_id, client_secret) = maker
        .application(environment.id, web_application(&portal), true)
        .await?;
    maker.grant_everything(environment.id, client_id).await?;
    let (implicit_client_id, _) = maker
        .application(environment.id, implicit_application(&portal), false)
        .await?;
    maker
        .grant_everything(environment.id, implicit_client_id)
        .await?;
    let (worker_client_id, worker_client_secret) =
        maker.application(environment.id, worker(), false).await?;
    let holder = Holder::Application(worker_client_id.as_uuid());
    let here = RoleScope::new(RoleScopeType::Environment, environment.id.as_uuid());
    let everywhere = RoleScope::new(
        RoleScopeType::Organization,
        environment.organization_id.as_uuid(),
    );
    for (roles, scope) in [(&ADMINISTRATION[..], here), (&EVERYTHING[..], everywhere)] {
        maker
            .give(environment.id, holder, WORKER, roles, scope)
            .await?;
    }

    maker
        .person(environment.id, population_id, &USER, demo_profile())
        .await?;
    let operator = maker
        .person(environment.id, population_id, &OPERATOR, Map::new())
        .await?;
    let holder = Holder::User(operator.as_uuid());
    let operator_roles = [ids::IDENTITY_DATA_ADMIN];
    maker
        .give(
            environment.id,
            holder,
            OPERATOR.username,
            &operator_roles,
            here,
        )
        .await?;

    Ok(Demo {
        environment_id: environment.id,
        issuer: idp.urls().issuer(environment.id),
        population_id,
        client_id,
        client_secret,
        implicit_client_id,
        worker_client_id,
        worker_client_secret,
        user: USER.account(),
        operator: OPERATOR.account(),
    })
}

impl Person {
    fn account(&self) -> Account {
        Account {
            username: self.username,
            password: Password::new(self.password),
        }
    }
}

/// The portal's application, by which samples and tests get tokens, too: by all grants but the
/// implicit one, unless the portal is configured for that.
fn web_application(portal: &PortalAddresses) -> NewApplication {
    let mut application = portal.web_application();
    for grant_type in [
        GrantTypeName::AuthorizationCode,
        GrantTypeName::ClientCredentials,
        GrantTypeName::RefreshToken,
    ] {
        if !application.grant_types.contains(&grant_type) {
            application.grant_types.push(grant_type);
        }
    }
    if !application.response_types.contains(&ResponseTypeName::Code) {
        application.response_types.push(ResponseTypeName::Code);
    }
    application
}

/// A second application, at the same address, that shows the implicit grant.
fn implicit_application(portal: &PortalAddresses) -> NewApplication {
    let mut application = portal.web_application();
    IMPLICIT.clone_into(&mut application.name);
    application.description =
        Some("Shows the implicit grant; new applications use codes".to_owned());
    application.application_type = ApplicationType::SinglePageApp;
    application.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    application.grant_types = vec![GrantTypeName::Implicit];
    application.response_types = vec![ResponseTypeName::Token, ResponseTypeName::IdToken];
    application
}

fn demo_profile() -> Map<String, Value> {
    let profile = json!({
        "address": {
            "streetAddress": "12 Harbour Lane",
            "locality": "Portsmouth",
            "region": "Hampshire",
            "postalCode": "PO1 3AX",
            "countryCode": "GB",
        },
        "locale": "en-GB",
        "mobilePhone": "+44 7700 900123",
        "nickname": "Dana",
        "preferredLanguage": "en-GB",
        "primaryPhone": "+44 23 9283 0000",
        "timezone": "Europe/London",
        "title": "Dr",
    });
    match profile {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

struct Maker<'a> {
    idp: &'a Idp,
    by: By,
    now: Timestamp,
}

impl Maker<'_> {
    async fn environment(&self) -> Result<Arc<StoredEnvironment>, DemoError> {
        if let Some(found) = self.idp.environments().find_by_name(ENVIRONMENT).await? {
            return Ok(found);
        }
        let new = NewEnvironment {
            organization: OrganizationId::random(self.idp.random()),
            name: ENVIRONMENT.to_owned(),
            description: Some("An environment to try things out".to_owned()),
            environment_type: EnvironmentType::Sandbox,
            also: Map::new(),
            creator: None,
        };
        let made = environment::create(self.idp, new, &self.by).await?;
        Ok(Arc::new(made))
    }

    /// "Standard" without its minimum age, so that people can change a password twice in a row.
    async fn policy(&self, environment: EnvironmentId) -> Result<PasswordPolicyId, DemoError> {
        let all = PasswordPolicies::new(self.idp.db())
            .list(environment, |all| all)
            .await?;
        if let Some(found) = all.iter().find(|one| one.policy.name == POLICY) {
            return Ok(found.id);
        }
        let id = PasswordPolicyId::random(self.idp.random());
        let mut policy = PasswordPolicy::standard();
        POLICY.clone_into(&mut policy.name);
        policy.description = Some("The standard policy without a minimum age".to_owned());
        policy.min_age_days = None;
        policy.default = false;
        let policy = StoredPasswordPolicy::new(id, environment, policy, self.now);
        let change = PasswordPolicies::insert(&policy)?;
        let subject = Subject::of("PASSWORD_POLICY", id, POLICY);
        self.commit(environment, change, "PASSWORD_POLICY.CREATED", subject)
            .await?;
        Ok(id)
    }

    async fn population(
        &self,
        environment: EnvironmentId,
        name: &str,
        domain: &str,
        policy: PasswordPolicyId,
    ) -> Result<PopulationId, DemoError> {
        let populations = Populations::new(self.idp.db());
        if let Some(found) = populations.find_by_name(environment, name).await? {
            return Ok(found.id);
        }
        let population = StoredPopulation {
            id: PopulationId::random(self.idp.random()),
            environment_id: environment,
            name: name.to_owned(),
            description: Some(domain.to_owned()),
            is_default: POPULATIONS.first().is_some_and(|(first, _)| *first == name),
            password_policy_id: Some(policy),
            also: Map::new(),
            created_at: self.now,
            updated_at: self.now,
        };
        let subject = Subject::of("POPULATION", population.id, name);
        let change = Populations::insert(&population)?;
        self.commit(environment, change, "POPULATION.CREATED", subject)
            .await?;
        Ok(population.id)
    }

    /// An application whose settings are as wanted, with its secret.
    async fn application(
        &self,
        environment: EnvironmentId,
        settings: NewApplication,
        is_for_operators: bool,
    ) -> Result<(ApplicationId, ClientSecret), DemoError> {
        let applications = self.idp.applications();
        let found = applications
            .find_by_name(environment, &settings.name)
            .await?;
        let id = match &found {
            Some(found) => found.id,
            None => ApplicationId::random(self.idp.random()),
        };
        let known = self.idp.application_secrets().find(id, self.now).await?;
        let application = StoredApplication {
            id,
            environment_id: environment,
            settings,
            also: Map::new(),
            is_for_operators,
            created_at: found.as_ref().map_or(self.now, |found| found.created_at),
            updated_at: self.now,
        };
        let (mut change, action) = match &found {
            Some(_) => (Applications::update(&application)?, "APPLICATION.UPDATED"),
            None => (Applications::insert(&application)?, "APPLICATION.CREATED"),
        };
        let secret = if let Some(known) = known {
            known.present
        } else {
            let secret = ClientSecret::random(self.idp.random());
            let rotation = self.idp.application_secrets().rotate(
                id,
                &secret,
                None,
                self.idp.random(),
                self.now,
            );
            change = change.and(rotation);
            secret
        };
        let subject = Subject::of("APPLICATION", id, application.settings.name.as_str());
        self.commit(environment, change, action, subject).await?;
        Ok((id, secret))
    }

    /// Grants an application all scopes of all resources that it has no grant of.
    ///
    /// All but `offline_access`: an application without it gets refresh tokens unasked, as the
    /// portal needs them with the scopes that it asks for by default.
    async fn grant_everything(
        &self,
        environment: EnvironmentId,
        application: ApplicationId,
    ) -> Result<(), DemoError> {
        let resources = Resources::new(self.idp.db());
        let granted = resources.list_grants(application).await?;
        for resource in resources.list(environment, |all| all).await? {
            if granted.iter().any(|grant| grant.resource_id == resource.id) {
                continue;
            }
            let scopes = ResourceScopes::new(self.idp.db());
            let scopes = scopes.of_resource(&resource).await?;
            let grant = StoredResourceGrant {
                id: ResourceGrantId::random(self.idp.random()),
                environment_id: environment,
                application_id: application,
                resource_id: resource.id,
                scopes: scopes
                    .into_iter()
                    .filter(|scope| scope.name != "offline_access")
                    .map(|scope| scope.id)
                    .collect(),
                created_at: self.now,
                updated_at: self.now,
            };
            let subject = Subject::of("GRANT", grant.id, resource.details.name);
            let change = Resources::insert_grant(&grant);
            self.commit(environment, change, "GRANT.CREATED", subject)
                .await?;
        }
        Ok(())
    }

    async fn give(
        &self,
        environment: EnvironmentId,
        holder: Holder,
        name: &str,
        wanted: &[RoleId],
        scope: RoleScope,
    ) -> Result<(), DemoError> {
        let held = self
            .idp
            .role_assignments()
            .of_actor(holder.id(), self.now)
            .await?;
        for role in wanted.iter().filter(|role| {
            !held
                .iter()
                .any(|held| held.role_id == **role && held.scope == scope)
        }) {
            let assignment = StoredAssignment {
                id: RoleAssignmentId::random(self.idp.random()),
                environment_id: environment,
                holder,
                role_id: *role,
                scope,
                read_only: false,
                created_at: self.now,
            };
            let subject = Subject::of("ROLE_ASSIGNMENT", assignment.id, name);
            let change = RoleAssignments::insert(&assignment);
            self.commit(environment, change, "ROLE_ASSIGNMENT.CREATED", subject)
                .await?;
        }
        Ok(())
    }

    async fn person(
        &self,
        environment: EnvironmentId,
        population: PopulationId,
        person: &Person,
        mut profile: Map<String, Value>,
    ) -> Result<protocol::id::UserId, DemoError> {
        let users = Users::new(self.idp.db());
        if let Some(found) = users.find_by_username(environment, person.username).await? {
            return Ok(found.id);
        }
        profile.insert(
            "name".to_owned(),
            json!({
                "given": person.given,
                "family": person.family,
                "formatted": format!("{} {}", person.given, person.family),
            }),
        );
        let account = NewAccount {
            email_verified: true,
            attributes: profile,
            ..NewAccount::new(person.username, person.email, population)
        };
        let user = registration::register(self.idp, environment, account, &self.by).await?;
        let password = Password::new(person.password);
        let hash = self.idp.hasher().hash(&password, self.idp.random()).await?;
        let change = Passwords::insert(user.id, &hash, false, self.now - PASSWORD_AGE);
        self.commit(environment, change, "PASSWORD.SET", Subject::from(&user))
            .await?;
        Ok(user.id)
    }

    async fn commit(
        &self,
        environment: EnvironmentId,
        change: Change,
        action: &'static str,
        subject: Subject,
    ) -> Result<(), DemoError> {
        let activity = Activity::new(action, subject);
        change
            .commit(self.idp, environment, &activity, &self.by)
            .await?;
        Ok(())
    }
}
