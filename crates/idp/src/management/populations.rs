//! `/environments/{environment}/populations` (PingOne, "Populations").

use protocol::id::PopulationId;
use protocol::pingone::{NewPopulation, Population};
use protocol::scim::{AttributeRule, AttributeRules, Operator};

use super::environments::valid_name;
use super::unique;
use crate::access::allowed::{Allowed, AllowedEverywhere, PathId, may};
use crate::access::roles::Reach;
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply};
use crate::api::paging::PageRequest;
use crate::audit::Subject;
use crate::stores::filter_sql::{Column, push_condition};
use crate::stores::password_policies::PasswordPolicies;
use crate::stores::populations::{Populations, StoredPopulation};
use crate::web::failures::api::ApiFailure;

const COLUMNS: [Column; 2] = [
    Column {
        attribute: "id",
        name: "id",
        is_folded: false,
    },
    Column {
        attribute: "name",
        name: "name_key",
        is_folded: true,
    },
];

fn rules() -> AttributeRules {
    AttributeRules::new([
        AttributeRule::exact("id", &[Operator::Eq][..]),
        AttributeRule::text("name", &[Operator::Eq, Operator::Sw][..]),
    ])
}

fn representation<P>(
    allowed: &Allowed<P>,
    population: &StoredPopulation,
    user_count: i64,
) -> Hal<Population> {
    let hal = Hal::new(
        allowed.url(format_args!("populations/{}", population.id)),
        population.to_wire(user_count),
    );
    let hal = hal.link(
        "environment",
        allowed
            .idp
            .urls()
            .api(format_args!("environments/{}", allowed.id())),
    );
    match population.password_policy_id {
        Some(id) => hal.link(
            "passwordPolicy",
            allowed.url(format_args!("passwordPolicies/{id}")),
        ),
        None => hal,
    }
}

async fn load<P>(allowed: &Allowed<P>, id: PopulationId) -> Result<StoredPopulation, ApiFailure> {
    let found = Populations::new(allowed.idp.db())
        .find(allowed.id(), id)
        .await?;
    let population = found.ok_or_else(ApiFailure::not_found)?;
    allowed.require(population.id)?;
    Ok(population)
}

pub(super) async fn list(
    allowed: Allowed<may::ReadPopulations>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let (idp, collection) = (&allowed.idp, allowed.url("populations"));
    let filter = page.filter(&rules())?;
    let (_, after) = page.position(idp, &collection)?;
    let populations = Populations::new(idp.db());
    let found = populations.page(allowed.id(), &after, page.read_limit(), |select| {
        let select = match &allowed.reach {
            Reach::Environment => select,
            Reach::Nothing => select.push(" AND 1 = 0"),
            Reach::Populations(reached) => reached
                .iter()
                .fold(select.push(" AND id IN (NULL"), |select, id| {
                    select.push(", ").push_bind(id.as_uuid())
                })
                .push(")"),
        };
        match &filter {
            Some(filter) => push_condition(select.push(" AND "), filter, &COLUMNS),
            None => select,
        }
    });
    let mut counted = Vec::new();
    for population in found.await? {
        let users = populations.count_users(population.id).await?;
        counted.push((population, users));
    }
    let position = |(last, _): &(StoredPopulation, i64)| (String::new(), last.id.to_string());
    Reply::ok(&page.page(
        idp,
        &collection,
        "populations",
        counted,
        position,
        |(one, users)| representation(&allowed, &one, users),
    ))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManagePopulations>,
    Json(body): Json<NewPopulation>,
) -> Result<Reply, ApiFailure> {
    let id = PopulationId::random(allowed.idp.random());
    let created_at = allowed.now;
    let population = valid(&allowed, id, body, created_at).await?;
    let subject = Subject::of("POPULATION", id, population.name.as_str());
    let change = Populations::insert(&population);
    let written = allowed
        .commit(allowed.id(), change, "POPULATION.CREATED", subject)
        .await;
    written.map_err(|error| unique(error, "name"))?;
    Reply::created(&representation(&allowed, &population, 0))
}

async fn valid<P>(
    allowed: &Allowed<P>,
    id: PopulationId,
    body: NewPopulation,
    created_at: jiff::Timestamp,
) -> Result<StoredPopulation, ApiFailure> {
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
        name: valid_name(&body.name)?,
        description: body.description,
        is_default: body.default,
        password_policy_id: body.password_policy.map(|policy| policy.id),
        created_at,
        updated_at: allowed.now,
    })
}

pub(super) async fn read(
    allowed: Allowed<may::ReadPopulations>,
    id: PathId<PopulationId>,
) -> Result<Reply, ApiFailure> {
    let population = load(&allowed, id.0).await?;
    let users = Populations::new(allowed.idp.db())
        .count_users(population.id)
        .await?;
    Reply::ok(&representation(&allowed, &population, users))
}

pub(super) async fn replace(
    allowed: Allowed<may::ManagePopulations>,
    id: PathId<PopulationId>,
    Json(body): Json<NewPopulation>,
) -> Result<Reply, ApiFailure> {
    let stored = load(&allowed, id.0).await?;
    let mut population = valid(&allowed, stored.id, body, stored.created_at).await?;
    // The default is moved by setting it elsewhere.
    population.is_default |= stored.is_default;
    if population.is_default && !stored.is_default && allowed.reach != Reach::Environment {
        return Err(ApiFailure::forbidden());
    }
    let subject = Subject::of("POPULATION", population.id, population.name.as_str());
    let change = Populations::update(&population);
    let written = allowed
        .commit(allowed.id(), change, "POPULATION.UPDATED", subject)
        .await;
    written.map_err(|error| unique(error, "name"))?;
    let users = Populations::new(allowed.idp.db())
        .count_users(population.id)
        .await?;
    Reply::ok(&representation(&allowed, &population, users))
}

pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManagePopulations>,
    id: PathId<PopulationId>,
) -> Result<Reply, ApiFailure> {
    let population = load(&allowed, id.0).await?;
    let subject = Subject::of("POPULATION", population.id, population.name.as_str());
    let change = Populations::delete(allowed.id(), population.id);
    match allowed
        .commit(allowed.id(), change, "POPULATION.DELETED", subject)
        .await
    {
        Ok(()) => Ok(Reply::no_content()),
        Err(error) if error.unmet().is_some() => {
            let populations = Populations::new(allowed.idp.db());
            let message = if populations.has_users(population.id).await? {
                "The population has users; move or delete them first."
            } else {
                "The environment must contain at least one population."
            };
            Err(ApiFailure::constraint(None, message))
        }
        Err(error) => Err(error.into()),
    }
}
