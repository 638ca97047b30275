//! `/environments/{environment}/populations` (PingOne, "Populations").

use protocol::id::PopulationId;
use protocol::pingone::{NewPopulation, Population};

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::coverage::Coverage;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::api::members::Understood;
use crate::api::paging::PageRequest;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::password_policies::PasswordPolicies;
use crate::stores::populations::{Populations, StoredPopulation};

fn representation<P>(
    allowed: &Allowed<P>,
    population: &StoredPopulation,
    user_count: i64,
) -> Hal<Population> {
    let path = format_args!("populations/{}", population.id);
    let wire = population.to_wire(user_count);
    let hal =
        Hal::in_environment(allowed.idp.urls(), allowed.id(), path, wire).also(&population.also);
    match population.password_policy_id {
        Some(id) => hal.link(
            "passwordPolicy",
            allowed.url(format_args!("passwordPolicies/{id}")),
        ),
        None => hal,
    }
}

async fn count_users<P>(
    allowed: &Allowed<P>,
    population: &StoredPopulation,
) -> Result<i64, ApiFailure> {
    let populations = Populations::new(allowed.idp.db());
    let counts = populations.count_users(std::slice::from_ref(population));
    let mut counts = counts.await?;
    Ok(counts.remove(&population.id).unwrap_or_default())
}

pub(super) async fn list(
    allowed: Allowed<may::ReadPopulations>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let found: Vec<StoredPopulation> = allowed.records(&page, "populations").await?;
    let populations = Populations::new(allowed.idp.db());
    let mut counts = populations.count_users(&found).await?;
    let position = |last: &StoredPopulation| (String::new(), last.id.to_string());
    Reply::ok(&page.page(
        &allowed.idp,
        &allowed.url("populations"),
        "populations",
        found,
        position,
        |one| {
            let users = counts.remove(&one.id).unwrap_or_default();
            representation(&allowed, &one, users)
        },
    ))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManagePopulations>,
    body: Understood<NewPopulation>,
) -> Result<Reply, ApiFailure> {
    let population = valid(&allowed, body, None).await?;
    let change = Populations::insert(&population)?;
    allowed.create(&population, change).await?;
    Reply::created(&representation(&allowed, &population, 0))
}

async fn valid<P>(
    allowed: &Allowed<P>,
    Understood { body, also }: Understood<NewPopulation>,
    replaced: Option<&StoredPopulation>,
) -> Result<StoredPopulation, ApiFailure> {
    let (id, created_at) = allowed.identity(replaced);
    if let Some(policy) = &body.password_policy {
        let policies = PasswordPolicies::new(allowed.idp.db());
        if policies.find(allowed.id(), policy.id).await?.is_none() {
            let message = "The password policy does not exist.";
            return Err(ApiFailure::invalid_value("passwordPolicy", message));
        }
    }
    Ok(StoredPopulation {
        id,
        environment_id: allowed.id(),
        name: checks::name(&body.name)?,
        description: body.description,
        is_default: body.default,
        password_policy_id: body.password_policy.map(|policy| policy.id),
        also,
        created_at,
        updated_at: allowed.now,
    })
}

pub(super) async fn read(
    allowed: Allowed<may::ReadPopulations>,
    PathId(id): PathId<PopulationId>,
) -> Result<Reply, ApiFailure> {
    let population = allowed.load(id).await?;
    let users = count_users(&allowed, &population).await?;
    Reply::ok(&representation(&allowed, &population, users))
}

pub(super) async fn replace(
    allowed: Allowed<may::ManagePopulations>,
    PathId(id): PathId<PopulationId>,
    body: Understood<NewPopulation>,
) -> Result<Reply, ApiFailure> {
    let stored: StoredPopulation = allowed.load(id).await?;
    let mut population = valid(&allowed, body, Some(&stored)).await?;
    // The default is moved by setting it elsewhere.
    population.is_default |= stored.is_default;
    if population.is_default && !stored.is_default && allowed.coverage != Coverage::Environment {
        return Err(ApiFailure::forbidden());
    }
    let change = Populations::update(&population)?;
    allowed.replace(&population, change).await?;
    let users = count_users(&allowed, &population).await?;
    Reply::ok(&representation(&allowed, &population, users))
}

/// Deletes a population with its groups; neither the last one nor one with users can go.
pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManagePopulations>,
    PathId(id): PathId<PopulationId>,
) -> Result<Reply, ApiFailure> {
    let population: StoredPopulation = allowed.load(id).await?;
    let change = Populations::delete(&population);
    let why = async || {
        let populations = Populations::new(allowed.idp.db());
        Ok(if populations.has_users(id).await? {
            "The population has users; move or delete them first."
        } else {
            "The environment must contain at least one population."
        })
    };
    allowed.delete_unless(&population, change, why).await
}
