//! The first environment of an installation: everything that a portal needs to work with it, and
//! somebody who administers it. There is nobody yet whom the management API would let in.

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, OrganizationId, RoleId};
use protocol::oauth::{Issuer, TokenEndpointAuthMethod};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::{
    EnvironmentType, GrantTypeName, NewApplication, PkceEnforcement, RoleScope, RoleScopeType,
};
use protocol::secret::{ClientSecret, Password};
use ui::{RuleView, Verdict};

use crate::accounts::Refusal;
use crate::accounts::registration::{self, NewAccount, NewPassword, RegistrationRefusal};
use crate::audit::{Activity, By, Subject};
use crate::core::ids::Ids;
use crate::founding::environment::{self, NewEnvironment, Seed};
use crate::founding::portal_applications::{
    ADMINISTRATION, EVERYTHING, PortalAddresses, WORKERS_ROLES, administration_console,
    administration_worker, worker,
};
use crate::founding::records::Records;
use crate::state::Idp;
use crate::stores::applications::Applications;
use crate::stores::change::Change;
use crate::stores::environments::EnvironmentDetails;
use crate::stores::resources::Resources;
use crate::stores::role_assignments::Holder;
use crate::stores::users::StoredUser;

/// What is to be made.
#[derive(Clone, Debug)]
pub struct EnvironmentRequest {
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
    #[error("the administrator's email address `{0}` is none")]
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
pub async fn plan(idp: &Idp, request: EnvironmentRequest) -> Result<Plan, BootstrapError> {
    let now = idp.now();
    let name = free_name(idp, &request.name).await?;
    let (organization, is_first) = organization(idp).await?;
    let new = NewEnvironment {
        ids: Ids::of(idp.random().uuid()),
        organization,
        name: name.clone(),
        details: EnvironmentDetails::new(EnvironmentType::Production, idp.settings().region),
        creator: None,
    };
    let mut seed = environment::prepare(idp, new, now)?;
    let environment = seed.environment.id;
    let records = Records::new(idp, environment, now);
    let mut change = std::mem::take(&mut seed.change);

    let (client_id, client_secret, made) = web_application(&records, &seed, &request.portal)?;
    change = change.and(made);
    if is_first {
        let console = records.application(administration_console(), false);
        change = change.and(Applications::insert(&console)?);
    }
    // Who administers the installation holds the whole organization; those who come with a later
    // environment, that.
    let mut administration = vec![(&ADMINISTRATION[..], seed.scope())];
    if is_first {
        let everywhere = RoleScope::new(RoleScopeType::Organization, organization.as_uuid());
        administration.push((&EVERYTHING[..], everywhere));
    }
    let portals = [(&WORKERS_ROLES[..], seed.scope())];
    let (worker, made) = worker_with(&records, worker(), &portals)?;
    change = change.and(made);
    let (programs, made) = worker_with(&records, administration_worker(), &administration)?;
    change = change.and(made);

    let subject = Subject::of("ENVIRONMENT", environment, name.as_str());
    let mut activity = Activity::new("ENVIRONMENT.CREATED", subject);
    if let Some(administrator) = request.administrator {
        let (user, made) = person(idp, &seed, administrator, now).await?;
        let holder = Holder::User(user.id.as_uuid());
        change = change
            .and(made)
            .and(all_of(&records, holder, &administration));
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

/// A name that can be an environment's, and is none's yet.
async fn free_name(idp: &Idp, name: &str) -> Result<String, BootstrapError> {
    let name = name.trim().to_owned();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(BootstrapError::InvalidName);
    }
    match idp.environments().find_by_name(&name).await? {
        Some(_) => Err(BootstrapError::NameTaken(name)),
        None => Ok(name),
    }
}

/// The organization in which all environments of an installation stand, and whether it has none yet.
async fn organization(idp: &Idp) -> Result<(OrganizationId, bool), StoreError> {
    let known = idp.environments().page("", 1, |all| all).await?;
    Ok(match known.first() {
        Some(first) => (first.organization_id, false),
        None => (OrganizationId::random(idp.random()), true),
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

/// The portal's application with its secret, unless it proves itself by none, and all scopes of the
/// built-in resources: they concern the own account, and the portal asks for those in its
/// configuration alone.
fn web_application(
    records: &Records<'_>,
    seed: &Seed,
    portal: &PortalAddresses,
) -> Result<(ApplicationId, Option<ClientSecret>, Change), StoreError> {
    let mut settings = portal.web_application();
    if settings
        .grant_types
        .contains(&GrantTypeName::AuthorizationCode)
    {
        settings.pkce_enforcement = PkceEnforcement::S256Required;
    }
    let application = records.application(settings, true);
    let mut change = Applications::insert(&application)?;
    for resource in &seed.resources {
        let grant = records.grant(application.id, resource.id, resource.scopes.clone());
        change = change.and(Resources::insert_grant(&grant));
    }
    if portal.token_endpoint_auth_method == TokenEndpointAuthMethod::None {
        return Ok((application.id, None, change));
    }
    let (secret, kept) = records.secret(application.id);
    Ok((application.id, Some(secret), change.and(kept)))
}

/// A worker with its secret and these roles, each for its scope.
fn worker_with(
    records: &Records<'_>,
    settings: NewApplication,
    roles: &[(&[RoleId], RoleScope)],
) -> Result<(Worker, Change), StoreError> {
    let application = records.application(settings, false);
    let (client_secret, kept) = records.secret(application.id);
    let holder = Holder::Application(application.id.as_uuid());
    let change = Applications::insert(&application)?
        .and(kept)
        .and(all_of(records, holder, roles));
    let worker = Worker {
        client_id: application.id,
        client_secret,
    };
    Ok((worker, change))
}

fn all_of(records: &Records<'_>, holder: Holder, roles: &[(&[RoleId], RoleScope)]) -> Change {
    roles.iter().fold(Change::new(), |change, (roles, scope)| {
        change.and(records.assign(holder, roles, *scope))
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
