//! What of a seed the portal and people need to know: which applications are the portal's, and who
//! can sign on.

use idp::inside::{Call, Inside};
use idp::{Idp, PortalAddresses};
use pingone::Method;
use protocol::id::{EnvironmentId, OrganizationId};
use protocol::oauth::Issuer;
use protocol::secret::{ClientSecret, Password};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::file::{PortalSeed, Seed, SeedError, environment_id};
use super::source::Source;
use super::tree::Object;

/// The applications that the portal works with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PortalOfSeed {
    /// The environment.
    pub environment: EnvironmentId,
    /// Its issuer.
    pub issuer: Issuer,
    /// The application that people sign on to.
    pub client_id: Uuid,
    /// Its secret; `None` where it proves itself by none.
    pub client_secret: Option<ClientSecret>,
    /// The worker that looks after users, with its secret.
    pub worker: Option<(Uuid, ClientSecret)>,
}

/// Somebody of a seed whose password is written in it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SeededAccount {
    /// The name to sign on with.
    pub username: String,
    /// The password.
    pub password: Password,
}

/// Who of a seed can sign on with a password that is known.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct People {
    /// The first one who holds no role.
    pub user: Option<SeededAccount>,
    /// The first one who holds a role.
    pub operator: Option<SeededAccount>,
}

impl People {
    /// Whether there is anybody.
    pub fn has_some(&self) -> bool {
        self.user.is_some() || self.operator.is_some()
    }
}

/// The applications that a seed says are the portal's, once it is brought up; `None` where it says
/// nothing of a portal.
///
/// # Errors
///
/// [`SeedError`] when there is none of that name.
pub async fn portal(idp: &Idp, seed: &Seed) -> Result<Option<PortalOfSeed>, SeedError> {
    let Some(said) = &seed.portal else {
        return Ok(None);
    };
    let environment = portals_environment(seed, said)?;
    let id = EnvironmentId::from_uuid(environment_id(environment));
    let nobody = OrganizationId::from_uuid(Uuid::nil());
    let inside = idp
        .inside(nobody)
        .await
        .map_err(|error| seed.failed(error))?;
    let applications = list(&inside, seed, id).await?;
    let (client_id, method) = named(seed, said, &applications, "application", &said.application)?;
    let client_secret = match method.as_deref() {
        Some("NONE") => None,
        _ => Some(secret(&inside, seed, said, id, client_id, &said.application).await?),
    };
    let worker = match &said.worker {
        Some(name) => {
            let (worker, _) = named(seed, said, &applications, "worker", name)?;
            Some((worker, secret(&inside, seed, said, id, worker, name).await?))
        }
        None => None,
    };
    Ok(Some(PortalOfSeed {
        environment: id,
        issuer: idp.issuer(id),
        client_id,
        client_secret,
        worker,
    }))
}

impl Seed {
    /// Lets the application that is the portal's work with it: where the portal is reached is known
    /// only when it starts, and operators sign on to it.
    #[must_use]
    pub fn for_portal(mut self, portal: &PortalAddresses) -> Self {
        let Some(said) = self.portal.clone() else {
            return self;
        };
        let own = portal.web_application();
        let is_it = |one: &Object| match &said.environment {
            None => true,
            Some(wanted) => {
                one.label().as_ref() == Some(wanted) || environment_id(one).to_string() == *wanted
            }
        };
        let environment = self.environments.iter_mut().find(|one| is_it(one));
        let objects = environment.map(|environment| &mut environment.children);
        let application = objects.into_iter().flatten().find(|object| {
            let id = object.id.map(|id| id.to_string());
            object.kind.key == "applications"
                && (object.text("name") == Some(&said.application)
                    || id.as_ref() == Some(&said.application))
        });
        let Some(application) = application else {
            return self;
        };
        let members = &mut application.members;
        members.insert("forOperators".to_owned(), true.into());
        for (member, addresses) in [
            ("redirectUris", own.redirect_uris),
            ("postLogoutRedirectUris", own.post_logout_redirect_uris),
        ] {
            let list = members
                .entry(member)
                .or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(list) = list else {
                continue;
            };
            for address in addresses {
                if list.iter().all(|one| one.as_str() != Some(&address)) {
                    list.push(Value::String(address));
                }
            }
        }
        self
    }
}

/// Who of a seed can sign on to the portal with a password that stands in it.
pub fn people(seed: &Seed) -> People {
    let environment = match &seed.portal {
        Some(said) => portals_environment(seed, said).ok(),
        None => seed.environments.first(),
    };
    let mut people = People::default();
    let users = environment
        .into_iter()
        .flat_map(|environment| environment.of("users"));
    for user in users {
        let (Some(username), Some(password)) = (user.text("username"), user.text("password"))
        else {
            continue;
        };
        let place = match user.of("roles").next() {
            Some(_) => &mut people.operator,
            None => &mut people.user,
        };
        place.get_or_insert_with(|| SeededAccount {
            username: username.to_owned(),
            password: Password::new(password),
        });
    }
    people
}

fn error(seed: &Seed, said: &PortalSeed, what: String) -> SeedError {
    SeedError {
        file: seed.name.clone(),
        line: Some(said.line),
        table: Some("[portal]".to_owned()),
        what,
        source: None,
    }
}

fn portals_environment<'a>(seed: &'a Seed, said: &PortalSeed) -> Result<&'a Object, SeedError> {
    let Some(wanted) = &said.environment else {
        let first = seed.environments.first();
        return first.ok_or_else(|| error(seed, said, "there is no environment".to_owned()));
    };
    let mut environments = seed.environments.iter();
    let is_it = |one: &&Object| {
        one.label().as_ref() == Some(wanted) || environment_id(one).to_string() == *wanted
    };
    environments.find(is_it).ok_or_else(|| {
        error(
            seed,
            said,
            format!("environment: none in the seed is called `{wanted}`"),
        )
    })
}

async fn list(
    inside: &Inside,
    seed: &Seed,
    environment: EnvironmentId,
) -> Result<Vec<Value>, SeedError> {
    let path = format!("environments/{environment}/applications");
    let found = Source::Inside(inside).list(&path).await;
    let found = found.map_err(|error| SeedError {
        file: seed.name.clone(),
        line: None,
        table: None,
        what: "the environment did not answer".to_owned(),
        source: Some(Box::new(error)),
    })?;
    Ok(found.unwrap_or_default())
}

/// The id of an application, and how it proves who it is.
fn named(
    seed: &Seed,
    said: &PortalSeed,
    applications: &[Value],
    key: &str,
    name: &str,
) -> Result<(Uuid, Option<String>), SeedError> {
    let text = |members: &Map<String, Value>, name: &str| {
        members.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    let mut members = applications.iter().filter_map(Value::as_object);
    let found = members.find(|members| {
        let (id, own) = (text(members, "id"), text(members, "name"));
        id.as_deref() == Some(name) || own.as_deref() == Some(name)
    });
    let id = found.and_then(|members| text(members, "id")?.parse().ok());
    let (Some(id), Some(members)) = (id, found) else {
        let what = format!(
            "{key}: no application of the environment is called `{name}`; put one into \
             [[environments.applications]]"
        );
        return Err(error(seed, said, what));
    };
    Ok((id, text(members, "tokenEndpointAuthMethod")))
}

async fn secret(
    inside: &Inside,
    seed: &Seed,
    said: &PortalSeed,
    environment: EnvironmentId,
    application: Uuid,
    name: &str,
) -> Result<ClientSecret, SeedError> {
    let path = format!("/v1/environments/{environment}/applications/{application}/secret");
    let answer = inside.send(Call::new(Method::GET, &path)).await.ok();
    let secret = answer
        .as_ref()
        .and_then(|answer| answer.body.get("secret")?.as_str());
    secret.map(ClientSecret::new).ok_or_else(|| {
        let what = format!("the application `{name}` has no secret, which the portal needs");
        error(seed, said, what)
    })
}
