//! The demo environment: what a newcomer tries things with. Everything in it is found again by its
//! name, so a second start changes nothing but the addresses that the portal is reached at.

mod applications;
mod by_name;
mod people;

use db::StoreError;
use protocol::id::{ApplicationId, EnvironmentId, PopulationId};
use protocol::oauth::Issuer;
use protocol::pingone::{RoleScope, RoleScopeType};
use protocol::secret::{ClientSecret, Password};

use crate::access::roles::ids;
use crate::accounts::registration::RegistrationRefusal;
use crate::audit::By;
use crate::founding::portal_applications::{
    ADMINISTRATION, EVERYTHING, FORMER_NAMES, FORMER_WORKER, PortalAddresses, UNBRANDED, WORKER,
    worker,
};
use crate::hasher::HashError;
use crate::state::Idp;
use crate::stores::environments::StoredEnvironment;
use crate::stores::role_assignments::Holder;
use applications::{FORMER_IMPLICIT, IMPLICIT, implicit_application, web_application};
use by_name::ByName;
use people::{OPERATOR, USER};

/// The populations, each with the description that tells whose users it takes: the mail domain.
const POPULATIONS: [(&str, &str); 2] = [("Customers", "example.com"), ("Partners", "example.org")];

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

/// The applications that a portal works with, in an environment that was made otherwise.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PortalApplications {
    /// The web application.
    pub client_id: ApplicationId,
    /// Its secret.
    pub client_secret: ClientSecret,
    /// The worker, which may do everything in the organization.
    pub worker_client_id: ApplicationId,
    /// Its secret.
    pub worker_client_secret: ClientSecret,
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
    let by = By::the_program(idp.now());
    let environment = by_name::environment(idp, &by).await?;
    let demo = ByName::new(idp, environment.id, by);
    let population_id = populations(&demo).await?;
    let PortalApplications {
        client_id,
        client_secret,
        worker_client_id,
        worker_client_secret,
    } = portals(&demo, &environment, &portal).await?;
    let implicit = implicit_application(&portal);
    let (implicit_client_id, _) = demo
        .application(implicit, false, IMPLICIT, &[FORMER_IMPLICIT])
        .await?;
    demo.grant_everything(implicit_client_id).await?;
    people(&demo, &environment, population_id).await?;
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

/// Makes the portal's applications in an environment that is there already, as the demo has them;
/// `None` where there is no such environment.
///
/// # Errors
///
/// [`DemoError`] when the database does not answer.
pub async fn portal_applications(
    idp: &Idp,
    environment: EnvironmentId,
    portal: &PortalAddresses,
) -> Result<Option<PortalApplications>, DemoError> {
    let by = By::the_program(idp.now());
    let Some(environment) = idp.environments().find(environment, by.now).await? else {
        return Ok(None);
    };
    let demo = ByName::new(idp, environment.id, by);
    portals(&demo, &environment, portal).await.map(Some)
}

async fn portals(
    demo: &ByName<'_>,
    environment: &StoredEnvironment,
    portal: &PortalAddresses,
) -> Result<PortalApplications, DemoError> {
    let mut settings = web_application(portal);
    // An application that no portal is keeps its name.
    if demo.is_anothers(&settings.name).await? {
        settings.name.push_str(" Portal");
    }
    let (client_id, client_secret) = demo
        .application(settings, true, UNBRANDED, &FORMER_NAMES)
        .await?;
    demo.grant_everything(client_id).await?;
    let (worker_client_id, worker_client_secret) = demo
        .application(worker(), false, WORKER, &[FORMER_WORKER])
        .await?;
    empower(demo, environment, worker_client_id).await?;
    Ok(PortalApplications {
        client_id,
        client_secret,
        worker_client_id,
        worker_client_secret,
    })
}

/// Gives the one that new customers land in.
async fn populations(demo: &ByName<'_>) -> Result<PopulationId, DemoError> {
    let policy = demo.policy().await?;
    let mut default = None;
    for (name, domain) in POPULATIONS {
        let is_default = default.is_none();
        let id = demo.population(name, domain, policy, is_default).await?;
        default.get_or_insert(id);
    }
    default.ok_or_else(|| StoreError::inconsistent("the demo has no population").into())
}

/// Lets the worker do everything in the organization.
async fn empower(
    demo: &ByName<'_>,
    environment: &StoredEnvironment,
    worker: ApplicationId,
) -> Result<(), DemoError> {
    let holder = Holder::Application(worker.as_uuid());
    let everywhere = RoleScope::new(
        RoleScopeType::Organization,
        environment.organization_id.as_uuid(),
    );
    demo.give(holder, WORKER, &ADMINISTRATION, whole(environment))
        .await?;
    demo.give(holder, WORKER, &EVERYTHING, everywhere).await
}

async fn people(
    demo: &ByName<'_>,
    environment: &StoredEnvironment,
    population: PopulationId,
) -> Result<(), DemoError> {
    demo.person(population, &USER).await?;
    let operator = demo.person(population, &OPERATOR).await?;
    let (holder, roles) = (Holder::User(operator.as_uuid()), [ids::IDENTITY_DATA_ADMIN]);
    demo.give(holder, OPERATOR.username, &roles, whole(environment))
        .await
}

fn whole(environment: &StoredEnvironment) -> RoleScope {
    RoleScope::new(RoleScopeType::Environment, environment.id.as_uuid())
}
