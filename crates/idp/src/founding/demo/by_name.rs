//! Finding the things of the demo by their names, and making those that are not there.

use std::sync::Arc;

use jiff::SignedDuration;
use protocol::id::{
    ApplicationId, EnvironmentId, OrganizationId, PasswordPolicyId, PopulationId, RoleId, UserId,
};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::{EnvironmentType, NewApplication, RoleScope};
use protocol::secret::{ClientSecret, Password};

use super::DemoError;
use super::people::Person;
use crate::accounts::registration::{self, NewAccount};
use crate::audit::{Activity, By, Subject};
use crate::core::ids::Ids;
use crate::founding::environment::{self, NewEnvironment};
use crate::founding::records::Records;
use crate::state::Idp;
use crate::stores::applications::{Applications, StoredApplication};
use crate::stores::change::Change;
use crate::stores::environments::EnvironmentDetails;
use crate::stores::environments::StoredEnvironment;
use crate::stores::password_policies::{PasswordPolicies, StoredPasswordPolicy};
use crate::stores::passwords::Passwords;
use crate::stores::populations::{PopulationSettings, Populations, StoredPopulation};
use crate::stores::resources::{ResourceScopes, Resources};
use crate::stores::role_assignments::{Holder, RoleAssignments};
use crate::stores::users::Users;

const ENVIRONMENT: &str = "Latchkey Demo";
const POLICY: &str = "Demo";

/// Demo passwords were changed long ago, so that no minimum age forbids to change them.
const PASSWORD_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The demo's environment.
pub(super) async fn environment(idp: &Idp, by: &By) -> Result<Arc<StoredEnvironment>, DemoError> {
    if let Some(found) = idp.environments().find_by_name(ENVIRONMENT).await? {
        return Ok(found);
    }
    let region = idp.settings().region;
    let mut details = EnvironmentDetails::new(EnvironmentType::Sandbox, region);
    details.description = Some("An environment to try things out".to_owned());
    let new = NewEnvironment {
        ids: Ids::of(idp.random().uuid()),
        organization: OrganizationId::random(idp.random()),
        name: ENVIRONMENT.to_owned(),
        details,
        creator: None,
    };
    let made = environment::create(idp, new, by).await?;
    Ok(Arc::new(made))
}

/// What is in it.
pub(super) struct ByName<'a> {
    idp: &'a Idp,
    environment: EnvironmentId,
    by: By,
    records: Records<'a>,
}

impl<'a> ByName<'a> {
    pub(super) fn new(idp: &'a Idp, environment: EnvironmentId, by: By) -> Self {
        let records = Records::new(idp, environment, by.now);
        Self {
            idp,
            environment,
            by,
            records,
        }
    }

    /// "Standard" without its minimum age, so that people can change a password twice in a row.
    pub(super) async fn policy(&self) -> Result<PasswordPolicyId, DemoError> {
        let all = PasswordPolicies::new(self.idp.db())
            .list(self.environment, |all| all)
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
        let policy = StoredPasswordPolicy::new(id, self.environment, policy, self.by.now);
        let change = PasswordPolicies::insert(&policy)?;
        let subject = Subject::of("PASSWORD_POLICY", id, POLICY);
        self.commit(change, "PASSWORD_POLICY.CREATED", subject)
            .await?;
        Ok(id)
    }

    /// A population for the users of a mail domain.
    pub(super) async fn population(
        &self,
        name: &str,
        domain: &str,
        policy: PasswordPolicyId,
        is_default: bool,
    ) -> Result<PopulationId, DemoError> {
        let populations = Populations::new(self.idp.db());
        if let Some(found) = populations.find_by_name(self.environment, name).await? {
            return Ok(found.id);
        }
        let population = StoredPopulation {
            id: PopulationId::random(self.idp.random()),
            environment_id: self.environment,
            name: name.to_owned(),
            description: Some(domain.to_owned()),
            is_default,
            password_policy_id: Some(policy),
            more: PopulationSettings::default(),
            created_at: self.by.now,
            updated_at: self.by.now,
        };
        let subject = Subject::of("POPULATION", population.id, name);
        let change = Populations::insert(&population)?;
        self.commit(change, "POPULATION.CREATED", subject).await?;
        Ok(population.id)
    }

    /// Whether an application that no portal is has this name.
    pub(super) async fn is_anothers(&self, name: &str) -> Result<bool, DemoError> {
        let applications = self.idp.applications();
        let found = applications.find_by_name(self.environment, name).await?;
        Ok(found.is_some_and(|found| !found.is_for_operators))
    }

    /// An application whose settings are these, with its secret. It is found by the id that follows
    /// from its first name, whatever it is called by now; where it was made under another one, by its
    /// name, by one of those that the demo gave it before, or by what it is for.
    pub(super) async fn application(
        &self,
        settings: NewApplication,
        is_for_operators: bool,
        first_name: &str,
        former_names: &[&str],
    ) -> Result<(ApplicationId, ClientSecret), DemoError> {
        let applications = self.idp.applications();
        let made = self.records.application(settings, is_for_operators);
        let made = StoredApplication {
            id: self.records.application_id(first_name),
            ..made
        };
        let found = self.find_application(&made, former_names).await?;
        let (application, change, action) = if let Some(found) = found {
            let application = StoredApplication {
                id: found.id,
                created_at: found.created_at,
                ..made
            };
            let change = Applications::update(&application)?;
            (application, change, "APPLICATION.UPDATED")
        } else {
            // Whose name this was may have another by now, and keeps its id.
            let is_taken = applications
                .find(self.environment, made.id, self.by.now)
                .await?
                .is_some();
            let id = if is_taken {
                ApplicationId::random(self.idp.random())
            } else {
                made.id
            };
            let made = StoredApplication { id, ..made };
            let change = Applications::insert(&made)?;
            (made, change, "APPLICATION.CREATED")
        };
        let id = application.id;
        let known = self.idp.application_secrets().find(id, self.by.now).await?;
        let (secret, change) = if let Some(known) = known {
            (known.present, change)
        } else {
            let (secret, kept) = self.records.secret(id);
            (secret, change.and(kept))
        };
        let subject = Subject::of("APPLICATION", id, application.settings.name.as_str());
        self.commit(change, action, subject).await?;
        Ok((id, secret))
    }

    async fn find_application(
        &self,
        made: &StoredApplication,
        former_names: &[&str],
    ) -> Result<Option<Arc<StoredApplication>>, DemoError> {
        let (applications, environment) = (self.idp.applications(), self.environment);
        let is_alike = |found: &StoredApplication| {
            found.is_for_operators == made.is_for_operators
                && found.settings.application_type == made.settings.application_type
        };
        let found = applications.find(environment, made.id, self.by.now).await?;
        if let Some(found) = found.filter(|found| is_alike(found)) {
            return Ok(Some(found));
        }
        let name = made.settings.name.as_str();
        for name in [&name].into_iter().chain(former_names) {
            let found = applications.find_by_name(environment, name).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let all = applications.list(environment).await?.into_iter();
        let meant = all.filter(|found| {
            is_alike(found) && found.settings.description == made.settings.description
        });
        // Where several were made, one for each name, the last one is in use.
        Ok(meant.max_by_key(|found| found.updated_at).map(Arc::new))
    }

    /// Grants an application all scopes of all resources that it has no grant of.
    ///
    /// All but `offline_access`: an application without it gets refresh tokens unasked, as the
    /// portal needs them with the scopes that it asks for by default.
    pub(super) async fn grant_everything(
        &self,
        application: ApplicationId,
    ) -> Result<(), DemoError> {
        let resources = Resources::new(self.idp.db());
        let granted = resources.list_grants(application).await?;
        for resource in resources.list(self.environment, |all| all).await? {
            if granted.iter().any(|grant| grant.resource_id == resource.id) {
                continue;
            }
            let scopes = ResourceScopes::new(self.idp.db());
            let scopes = scopes.of_resource(&resource).await?;
            let scopes = scopes
                .into_iter()
                .filter(|scope| scope.name != "offline_access")
                .map(|scope| scope.id)
                .collect();
            let grant = self.records.grant(application, resource.id, scopes);
            let subject = Subject::of("GRANT", grant.id, resource.details.name);
            let change = Resources::insert_grant(&grant);
            self.commit(change, "GRANT.CREATED", subject).await?;
        }
        Ok(())
    }

    /// Gives somebody the roles that they do not hold yet.
    pub(super) async fn give(
        &self,
        holder: Holder,
        name: &str,
        roles: &[RoleId],
        scope: RoleScope,
    ) -> Result<(), DemoError> {
        let known = self.idp.role_assignments();
        let held = known.of_actor(holder.id(), self.by.now).await?;
        let is_held = |role: &RoleId| {
            let mut held = held.iter();
            held.any(|held| held.role_id == *role && held.scope == scope)
        };
        for role in roles.iter().filter(|role| !is_held(role)) {
            let assignment = self.records.assignment(holder, *role, scope);
            let subject = Subject::of("ROLE_ASSIGNMENT", assignment.id, name);
            let change = RoleAssignments::insert(&assignment);
            self.commit(change, "ROLE_ASSIGNMENT.CREATED", subject)
                .await?;
        }
        Ok(())
    }

    /// A user with a password.
    pub(super) async fn person(
        &self,
        population: PopulationId,
        person: &Person,
    ) -> Result<UserId, DemoError> {
        let (idp, environment) = (self.idp, self.environment);
        let users = Users::new(idp.db());
        if let Some(found) = users.find_by_username(environment, person.username).await? {
            return Ok(found.id);
        }
        let account = NewAccount {
            email_verified: true,
            attributes: person.attributes(),
            ..NewAccount::new(person.username, person.email, population)
        };
        let user = registration::register(idp, environment, account, &self.by).await?;
        let password = Password::new(person.password);
        let hash = idp.hasher().hash(&password, idp.random()).await?;
        let change = Passwords::insert(user.id, &hash, false, self.by.now - PASSWORD_AGE);
        self.commit(change, "PASSWORD.SET", Subject::from(&user))
            .await?;
        Ok(user.id)
    }

    async fn commit(
        &self,
        change: Change,
        action: &'static str,
        subject: Subject,
    ) -> Result<(), DemoError> {
        let activity = Activity::new(action, subject);
        change
            .commit(self.idp, self.environment, &activity, &self.by)
            .await?;
        Ok(())
    }
}
