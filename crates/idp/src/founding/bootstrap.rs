//! The first environment of an installation: everything that a portal needs to work with it, and
//! somebody who administers it. There is nobody yet whom the management API would let in.

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{
    ApplicationId, EnvironmentId, OrganizationId, ResourceGrantId, RoleAssignmentId, RoleId,
};
use protocol::oauth::{Issuer, TokenEndpointAuthMethod};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::{
    EnvironmentType, GrantTypeName, NewApplication, PkceEnforcement, RoleScope, RoleScopeType,
};
use protocol::secret::{ClientSecret, Password};
use serde_json::Map;
use ui::{RuleView, Verdict};

use crate::accounts::Refusal;
use crate::accounts::registration::{self, NewAccount, NewPassword, RegistrationRefusal};
use crate::audit::{Activity, By, Subject};
use crate::founding::environment::{self, NewEnvironment, Seed};
use crate::founding::portal_applications::{
    ADMINISTRATION, EVERYTHING, PortalAddresses, WORKERS_ROLES, administration_worker, worker,
};
use crate::state::Idp;
use crate::stores::applications::{Applications, StoredApplication};
use crate::stores::change::Change;
use crate::stores::resources::{Resources, StoredResourceGrant};
use crate::stores::role_assignments::{Holder, RoleAssignments, StoredAssignment};
use crate::stores::users::StoredUser;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The environment's name.
    pub name: String,
    /// The portal that people will use.
    pub portal: PortalAddresses,
    /// Who administers the environment, and the organization if it is its first one.
    pub administrator: Option<Administrator>,
}

/// A person who administers an environment.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// The name to sign on with.
    pub username: String,
    /// The mail address; taken as proven.
    pub email: String,
    /// The password.
    pub password: Password,
}

/// An environment that is ready to be made. Nothing is written before [`commit`](Plan::commit).
#[derive(Debug)]
#[must_use = "nothing is made before it is committed"]
pub struct Plan {
    /// The environment.
    pub environment_id: EnvironmentId,
    /// Its issuer.
    pub issuer: Issuer,
    /// The portal's web application.
    pub client_id: ApplicationId,
    /// Its secret; `None` where it proves itself by none.
    pub client_secret: Option<ClientSecret>,
    /// The portal's worker, which may look after users.
    pub worker: Worker,
    /// The worker by which programs administer what the administrator does.
    pub programs: Worker,
    name: String,
    change: Change,
    activity: Activity,
    by: By,
}

/// A worker application.
#[derive(Debug)]
pub struct Worker {
    /// Its id.
    pub client_id: ApplicationId,
    /// Its secret.
    pub client_secret: ClientSecret,
}

/// Why an environment was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// Names are how operators tell environments apart.
    #[error("there is an environment named `{0}` already")]
    NameTaken(String),
    /// An environment needs a name.
    #[error("the environment's name is empty or longer than 256 characters")]
    InvalidName,
    /// The administrator's name cannot be one.
    #[error("the administrator's username is empty, too long, or holds control characters")]
    InvalidUsername,
    /// The administrator's mail address is none.
    #[error("the administrator's e-mail address `{0}` is none")]
    InvalidEmail(String),
    /// The administrator's password breaks the standard policy.
    #[error(
        "the administrator's password breaks the environment's password policy, which asks for: {}",
        unsatisfied.join("; ")
    )]
    Password {
        /// The rules that are not satisfied, in words.
        unsatisfied: Vec<String>,
    },
    /// The database did not answer.
    #[error("the environment could not be written")]
    Store(#[from] StoreError),
    /// The administrator's password could not be hashed.
    #[error("the administrator could not be made")]
    Administrator(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// PingOne's longest name of an environment.
const LONGEST_NAME: usize = 256;

/// Prepares an environment with the portal's web application, its worker and an administrator.
///
/// # Errors
///
/// [`BootstrapError`] says which value cannot be used.
pub async fn plan(idp: &Idp, wanted: Wanted) -> Result<Plan, BootstrapError> {
    let now = idp.now();
    let name = wanted.name.trim().to_owned();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(BootstrapError::InvalidName);
    }
    let environments = idp.environments();
    if environments.find_by_name(&name).await?.is_some() {
        return Err(BootstrapError::NameTaken(name));
    }
    // All environments of an installation stand in one organization.
    let known = environments.page("", 1, |all| all).await?;
    let is_first = known.is_empty();
    let organization = match known.first() {
        Some(first) => first.organization_id,
        None => OrganizationId::random(idp.random()),
    };
    let new = NewEnvironment {
        organization,
        name: name.clone(),
        description: None,
        environment_type: EnvironmentType::Production,
        also: Map::new(),
        creator: None,
    };
    let mut seed = environment::prepare(idp, new, now)?;
    let environment = seed.environment.id;
    let mut change = std::mem::take(&mut seed.change);

    let mut web = wanted.portal.web_application();
    if web.grant_types.contains(&GrantTypeName::AuthorizationCode) {
        web.pkce_enforcement = PkceEnforcement::S256Required;
    }
    let is_public = wanted.portal.token_endpoint_auth_method == TokenEndpointAuthMethod::None;
    let client_id = ApplicationId::random(idp.random());
    change = change.and(application(environment, client_id, web, true, now)?);
    change = change.and(grants(idp, &seed, client_id, now));
    let client_secret = (!is_public).then(|| ClientSecret::random(idp.random()));
    if let Some(secret) = &client_secret {
        change = change.and(idp.application_secrets().rotate(
            client_id,
            secret,
            None,
            idp.random(),
            now,
        ));
    }

    // Who administers the installation holds the whole organization; those who come with a later
    // environment, that.
    let everywhere = RoleScope::new(RoleScopeType::Organization, organization.as_uuid());
    let mut administration = vec![(&ADMINISTRATION[..], seed.scope())];
    if is_first {
        administration.push((&EVERYTHING[..], everywhere));
    }
    let portals = vec![(&WORKERS_ROLES[..], seed.scope())];
    let (worker, made) = worker_with(idp, environment, worker(), &portals, now)?;
    change = change.and(made);
    let (programs, made) = worker_with(
        idp,
        environment,
        administration_worker(),
        &administration,
        now,
    )?;
    change = change.and(made);

    let subject = Subject::of("ENVIRONMENT", environment, name.as_str());
    let mut activity = Activity::new("ENVIRONMENT.CREATED", subject);
    if let Some(administrator) = wanted.administrator {
        let (user, made) = person(idp, &seed, administrator, now).await?;
        let holder = Holder::User(user.id.as_uuid());
        change = change.and(made);
        for (given, scope) in &administration {
            change = change.and(roles(idp, environment, holder, given, *scope, now));
        }
        activity = activity.and(Activity::new("USER.CREATED", &user));
    }
    Ok(Plan {
        environment_id: environment,
        issuer: idp.urls().issuer(environment),
        client_id,
        client_secret,
        worker,
        programs,
        name,
        change,
        activity,
        by: By::the_program(now),
    })
}

impl Plan {
    /// Makes the environment, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`BootstrapError::Store`] when the database did not take it.
    pub async fn commit(self, idp: &Idp) -> Result<(), BootstrapError> {
        let written = self
            .change
            .commit(idp, self.environment_id, &self.activity, &self.by)
            .await;
        match written {
            // Somebody made one of the same name in between.
            Err(error) if error.is_unique_violation() => Err(BootstrapError::NameTaken(self.name)),
            written => Ok(written?),
        }
    }
}

/// Whether this installation has an environment at all.
///
/// # Errors
///
/// [`StoreError`] when the database did not answer.
pub async fn has_environments(idp: &Idp) -> Result<bool, StoreError> {
    let some = idp.environments().page("", 1, |all| all).await?;
    Ok(!some.is_empty())
}

fn application(
    environment: EnvironmentId,
    id: ApplicationId,
    settings: NewApplication,
    is_for_operators: bool,
    now: Timestamp,
) -> Result<Change, StoreError> {
    Applications::insert(&StoredApplication {
        id,
        environment_id: environment,
        settings,
        also: Map::new(),
        is_for_operators,
        created_at: now,
        updated_at: now,
    })
}

/// All scopes of the built-in resources: they concern the own account, and the portal asks for those
/// in its configuration alone.
fn grants(idp: &Idp, seed: &Seed, application: ApplicationId, now: Timestamp) -> Change {
    seed.resources
        .iter()
        .fold(Change::new(), |change, (resource, scopes)| {
            change.and(Resources::insert_grant(&StoredResourceGrant {
                id: ResourceGrantId::random(idp.random()),
                environment_id: seed.environment.id,
                application_id: application,
                resource_id: *resource,
                scopes: scopes.clone(),
                created_at: now,
                updated_at: now,
            }))
        })
}

/// A worker with its secret and these roles, each for its scope.
fn worker_with(
    idp: &Idp,
    environment: EnvironmentId,
    settings: NewApplication,
    given: &[(&[RoleId], RoleScope)],
    now: Timestamp,
) -> Result<(Worker, Change), StoreError> {
    let worker = Worker {
        client_id: ApplicationId::random(idp.random()),
        client_secret: ClientSecret::random(idp.random()),
    };
    let holder = Holder::Application(worker.client_id.as_uuid());
    let mut change = application(environment, worker.client_id, settings, false, now)?.and(
        idp.application_secrets().rotate(
            worker.client_id,
            &worker.client_secret,
            None,
            idp.random(),
            now,
        ),
    );
    for (role_ids, scope) in given {
        change = change.and(roles(idp, environment, holder, role_ids, *scope, now));
    }
    Ok((worker, change))
}

fn roles(
    idp: &Idp,
    environment: EnvironmentId,
    holder: Holder,
    roles: &[RoleId],
    scope: RoleScope,
    now: Timestamp,
) -> Change {
    roles.iter().fold(Change::new(), |change, role_id| {
        change.and(RoleAssignments::insert(&StoredAssignment {
            id: RoleAssignmentId::random(idp.random()),
            environment_id: environment,
            holder,
            role_id: *role_id,
            scope,
            read_only: false,
            created_at: now,
        }))
    })
}

async fn person(
    idp: &Idp,
    seed: &Seed,
    administrator: Administrator,
    now: Timestamp,
) -> Result<(StoredUser, Change), BootstrapError> {
    let environment = seed.environment.id;
    let email = administrator.email;
    let account = NewAccount {
        email_verified: true,
        password: Some(NewPassword {
            value: administrator.password,
            force_change: false,
        }),
        ..NewAccount::new(
            administrator.username,
            email.as_str(),
            seed.default_population,
        )
    };
    let policy = PasswordPolicy::standard();
    let made = registration::first_user(idp, environment, account, &policy, now).await;
    made.map_err(|refusal| match refusal {
        RegistrationRefusal::InvalidUsername => BootstrapError::InvalidUsername,
        RegistrationRefusal::InvalidEmail(_) => BootstrapError::InvalidEmail(email),
        RegistrationRefusal::Refused(Refusal::Policy(judged)) => BootstrapError::Password {
            unsatisfied: judged
                .violations()
                .map(|rule| RuleView::new(idp.site().messages(), rule, Verdict::Unsatisfied).text)
                .collect(),
        },
        RegistrationRefusal::Refused(Refusal::Store(error)) => error.into(),
        refusal => BootstrapError::Administrator(Box::new(refusal)),
    })
}
