//! The worker application: whether it gets in, and what it may do.

use std::collections::BTreeSet;

use pingone::{
    ApplicationId, Error, NewRoleAssignment, Open, Population, PopulationId, Role, RoleAssignment,
    RoleId, RoleScope, RoleScopeType, management,
};
use portal::PopulationChoice;
use protocol::oauth::{OAuthErrorCode, Scopes};
use uuid::Uuid;

use super::examination::{Examination, allowed, unanswered};
use super::{Change, Finding, Seen};

/// The built-in role that looks after people.
const PEOPLE: &str = "Identity Data Admin";

/// What a role of the environment's own must permit to stand in for it.
const PERMISSIONS: [&str; 3] = ["dir:read:user", "dir:update:user", "dir:set:userPassword"];

/// Roles that the portal's worker has no use for.
const TOO_MUCH: [&str; 3] = [
    "Client Application Developer",
    "Environment Admin",
    "Organization Admin",
];

pub(super) async fn token(examination: &mut Examination) -> Seen {
    let worker = examination.worker()?;
    let id = worker.tokens.client_id().to_owned();
    let Err(error) = worker.tokens.client_credentials(&Scopes::default()).await else {
        return Ok(id);
    };
    if error.is_oauth(&OAuthErrorCode::AccessDenied) {
        // The credentials are right, and the next check says what is not.
        examination.is_without_roles = true;
        return Ok(id);
    }
    let refused = [
        OAuthErrorCode::InvalidClient,
        OAuthErrorCode::UnauthorizedClient,
    ];
    if error.is_unauthorized() || refused.iter().any(|code| error.is_oauth(code)) {
        return Finding::new(
            format!("no token for {id}: the credentials are refused"),
            "copy Client ID and Client Secret of the worker from the console to worker_client_id \
             and worker_client_secret in [portal.pingone]; the worker has to be enabled, and to \
             have the grant type Client Credentials",
        )
        .failure();
    }
    if error.is_not_found() {
        let remedy = "correct environment_id and region in [portal.pingone]";
        return Finding::new(error.to_string(), remedy).failure();
    }
    Err(unanswered(&error))
}

pub(super) async fn environment(examination: &mut Examination) -> Seen {
    let management = examination.worker()?.management;
    let found = management.environment().await;
    if found.as_ref().is_err_and(Error::is_not_found) {
        let found = format!(
            "the worker sees no environment {}",
            management.environment_id()
        );
        let remedy = "correct environment_id, region or api_url in [portal.pingone]";
        return Finding::new(found, remedy).failure();
    }
    Ok(allowed(found, "its environment")?.name)
}

/// A role for the whole environment, to be given to the worker.
fn give(worker: &str, environment: Uuid, role: RoleId) -> Change {
    let scope = RoleScope::new(RoleScopeType::Environment, environment);
    let body = serde_json::to_value(NewRoleAssignment::new(role, scope));
    Change::Create {
        path: format!("applications/{worker}/roleAssignments"),
        body: body.unwrap_or_default(),
    }
}

pub(super) async fn roles(examination: &mut Examination) -> Seen {
    let worker = examination.worker()?;
    let management = worker.management;
    let id = worker.tokens.client_id().to_owned();
    let choice = &examination.subject.portal.registration.population;
    let remedy = format!(
        "give the worker the role {PEOPLE} for the environment, or for the population that people \
         register in"
    );
    if examination.is_without_roles {
        let found = "it holds no role at all, so it gets no token";
        return Finding::new(found, remedy).expected(PEOPLE).failure();
    }
    let held = match ApplicationId::parse(&id) {
        Ok(application) => management.role_assignments(application).list().all().await,
        Err(_) => return by_trying(&management, choice, &id, None).await,
    };
    let roles = management.roles().list().all().await.unwrap_or_default();
    let people = roles
        .iter()
        .find(|role| role.name == PEOPLE)
        .map(|role| role.id);
    let held = match held {
        Err(error) if error.is_forbidden() || error.is_not_found() => {
            return by_trying(&management, choice, &id, people).await;
        }
        Err(error) => return Err(unanswered(&error)),
        Ok(held) => held,
    };
    let own = management
        .environment_roles()
        .list()
        .all()
        .await
        .unwrap_or_default();
    let all: Vec<&Role> = roles.iter().chain(&own).collect();
    let environment = management.environment_id().as_uuid();
    let looks_after = |assignment: &&RoleAssignment| {
        let role = all.iter().find(|role| role.id == assignment.role.id);
        role.is_some_and(|role| is_for_people(role))
    };
    let useful: Vec<&RoleAssignment> = held.iter().filter(looks_after).collect();
    let finding = |found: String| {
        let finding = Finding::new(found, remedy.clone()).expected(PEOPLE);
        match people {
            Some(role) => finding.change(give(&id, environment, role)),
            None => finding,
        }
    };
    if useful.is_empty() {
        let names = named(&all, &held);
        let found = if names.is_empty() {
            "it holds no role at all".to_owned()
        } else {
            format!(
                "it holds {}, which does not look after people",
                names.join(", ")
            )
        };
        return finding(found).failure();
    }
    let level = match level(&management, choice, &useful).await {
        Ok(level) => level,
        Err(found) => return finding(found).failure(),
    };
    let too_much: Vec<&str> = named(&all, &held)
        .into_iter()
        .filter(|name| TOO_MUCH.contains(name))
        .collect();
    if too_much.is_empty() || !examination.subject.is_production() {
        return Ok(format!("{PEOPLE} for {level}"));
    }
    Finding::new(
        format!(
            "beside {PEOPLE} for {level} it holds {}",
            too_much.join(", ")
        ),
        "take these roles from it: whoever gets hold of its secret has them",
    )
    .expected(format!("{PEOPLE} alone"))
    .warning()
}

/// For whom the worker looks after people by these roles; or else whom they do not reach.
async fn level(
    management: &management::Client,
    choice: &PopulationChoice,
    useful: &[&RoleAssignment],
) -> Result<String, String> {
    let is_level = |level: RoleScopeType| {
        let mut at = useful.iter();
        at.any(|one| one.scope.scope_type == Open::Known(level))
    };
    if is_level(RoleScopeType::Organization) {
        return Ok("the organization".to_owned());
    }
    let environment = management.environment_id().as_uuid();
    if useful.iter().any(|one| one.scope.id == environment) {
        return Ok("the environment".to_owned());
    }
    let reached: BTreeSet<Uuid> = useful.iter().map(|one| one.scope.id).collect();
    let Some(wanted) = wanted(management, choice).await else {
        return Err("it holds the role for another environment or population alone".to_owned());
    };
    let mut beyond = wanted.iter().filter(|id| !reached.contains(&id.as_uuid()));
    match beyond.next() {
        Some(beyond) => Err(format!(
            "it holds {PEOPLE} for {} populations, not for {beyond}, which people register in",
            reached.len()
        )),
        None => Ok(format!("{} populations", reached.len())),
    }
}

/// The names of the roles, each once.
fn named<'a>(all: &[&'a Role], held: &[RoleAssignment]) -> Vec<&'a str> {
    let is_held = |role: &&&Role| held.iter().any(|one| one.role.id == role.id);
    all.iter()
        .filter(is_held)
        .map(|role| role.name.as_str())
        .collect()
}

fn is_for_people(role: &Role) -> bool {
    let permits = |id: &str| {
        role.permissions
            .iter()
            .any(|permission| permission.id == id)
    };
    role.name == PEOPLE || PERMISSIONS.iter().all(|id| permits(id))
}

/// The populations that people register in, as far as the worker sees them.
async fn wanted(
    management: &management::Client,
    choice: &PopulationChoice,
) -> Option<Vec<PopulationId>> {
    match choice {
        PopulationChoice::Fixed(Some(id)) => Some(vec![*id]),
        PopulationChoice::Choose(all) => Some(all.clone()),
        PopulationChoice::EmailDomain => Some(Vec::new()),
        PopulationChoice::Fixed(None) => {
            let all = management.populations().list().all().await.ok()?;
            let default = all.iter().find(|population| population.default)?;
            Some(vec![default.id])
        }
    }
}

/// What the worker may do, where it is not shown which roles it holds.
async fn by_trying(
    management: &management::Client,
    choice: &PopulationChoice,
    worker: &str,
    people: Option<RoleId>,
) -> Seen {
    let finding = |found: &str| {
        let remedy = format!("give the worker the role {PEOPLE} for the environment");
        let finding = Finding::new(found, remedy).expected(PEOPLE);
        let environment = management.environment_id().as_uuid();
        match people {
            Some(role) => finding.change(give(worker, environment, role)),
            None => finding,
        }
    };
    match management.users().list().limit(1).page().await {
        Ok(_) => {}
        Err(error) if error.is_forbidden() => {
            return finding("it may not even read people").failure();
        }
        Err(error) => return Err(unanswered(&error)),
    }
    // A worker sees the populations for which it holds the role.
    let seen = management.populations().list().all().await;
    let is_without_default = |seen: Vec<Population>| !seen.iter().any(|one| one.default);
    if matches!(choice, PopulationChoice::Fixed(None)) && seen.is_ok_and(is_without_default) {
        let found = "it reads people, and does not see the population that people register in";
        return finding(found).failure();
    }
    Ok("it reads people; at which level is not shown to it".to_owned())
}
