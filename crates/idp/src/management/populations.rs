//! `/environments/{environment}/populations` (PingOne, "Populations").

use protocol::id::PopulationId;
use protocol::pingone::{NewPopulation, Population, Reference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::coverage::Coverage;
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::api::media_router::KeptMembers;
use crate::api::paging::PageRequest;
use crate::configuration::identity_providers::{IdentityProvider, ProviderType};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Objects, Reference as To, refer};
use crate::stores::password_policies::PasswordPolicies;
use crate::stores::populations::{PopulationSettings, Populations, StoredPopulation};
use crate::stores::role_assignments::RoleAssignments;
use crate::stores::themes::Theme;

/// What is kept of a population, and what is not provided of it.
pub(super) const KEPT: KeptMembers = &[(
    &["alternativeIdentifiers"],
    "Flows of DaVinci alone look a population up by them.",
)];

/// How many alternative identifiers a population has at most.
const MOST_IDENTIFIERS: usize = 100;

const LONGEST_IDENTIFIER: usize = 256;

fn objects<D: Document, P>(allowed: &Allowed<P>) -> Objects<'_, D> {
    Objects::new(allowed.idp.db(), allowed.idp.keyring())
}

/// The environment's default theme, which populations have that name none.
async fn default_theme<P>(allowed: &Allowed<P>) -> Result<Option<Uuid>, ApiFailure> {
    let themes = objects::<Theme, P>(allowed);
    let found = themes.find_default(allowed.id()).await?;
    Ok(found.map(|theme| theme.id))
}

fn representation<P>(
    allowed: &Allowed<P>,
    population: &StoredPopulation,
    user_count: i64,
    default_theme: Option<Uuid>,
) -> Hal<Population> {
    let path = format_args!("populations/{}", population.id);
    let mut wire = population.to_wire(user_count);
    wire.theme = wire.theme.or(default_theme.map(Reference::new));
    let provider = allowed.url(format_args!("{path}/defaultIdentityProvider"));
    let hal = Hal::in_environment(allowed.idp.urls(), allowed.id(), path, wire)
        .link("defaultIdentityProvider", provider);
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
    let (found, position) = allowed
        .records::<StoredPopulation>(&page, "populations")
        .await?;
    let populations = Populations::new(allowed.idp.db());
    let mut counts = populations.count_users(&found).await?;
    let theme = default_theme(&allowed).await?;
    Reply::ok(&page.page(
        &allowed.idp,
        &allowed.url("populations"),
        "populations",
        found,
        position,
        |one| {
            let users = counts.remove(&one.id).unwrap_or_default();
            representation(&allowed, &one, users, theme)
        },
    ))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManagePopulations>,
    Json(body): Json<NewPopulation>,
) -> Result<Reply, ApiFailure> {
    let population = valid(&allowed, body, None).await?;
    let change = Populations::insert(&population)?.and(referring(&population));
    allowed.create(&population, change).await?;
    let theme = default_theme(&allowed).await?;
    Reply::created(&representation(&allowed, &population, 0, theme))
}

/// What a population refers to, which can then not be deleted.
fn references(settings: &PopulationSettings) -> Vec<To> {
    let theme = settings.theme;
    let provider = settings.default_identity_provider;
    let theme = theme.map(|id| To::to_object::<Theme>("theme", id));
    let provider = provider.map(|id| To::to_object::<IdentityProvider>("id", id));
    theme.into_iter().chain(provider).collect()
}

fn referring(population: &StoredPopulation) -> Change {
    let references = references(&population.more);
    refer(
        population.environment_id,
        population.id.as_uuid(),
        &references,
    )
}

/// A language with an optional region, such as `fr` or `fr-CA` (RFC 5646).
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_word = |part: &str, least: usize| {
        (least..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    parts
        .next()
        .is_some_and(|first| is_word(first, 2) && first.bytes().all(|b| b.is_ascii_alphabetic()))
        && parts.clone().count() <= 3
        && parts.all(|part| is_word(part, 1))
}

/// What a body says of the settings; the default identity provider has an operation of its own.
fn settings(
    body: &NewPopulation,
    replaced: Option<&StoredPopulation>,
) -> Result<PopulationSettings, ApiFailure> {
    if let Some(language) = &body.preferred_language
        && !is_locale(language)
    {
        let message = "must be a language, such as en or fr-CA";
        return Err(ApiFailure::invalid_value("preferredLanguage", message));
    }
    let identifiers = body.alternative_identifiers.clone();
    for identifier in identifiers.iter().flatten() {
        let length = identifier.chars().count();
        if identifier.trim().is_empty() || length > LONGEST_IDENTIFIER {
            let message = "each must have 1 to 256 characters";
            return Err(ApiFailure::invalid_value("alternativeIdentifiers", message));
        }
    }
    if identifiers
        .as_ref()
        .is_some_and(|all| all.len() > MOST_IDENTIFIERS)
    {
        let message = format!("must be at most {MOST_IDENTIFIERS}");
        return Err(ApiFailure::invalid_value("alternativeIdentifiers", message));
    }
    Ok(PopulationSettings {
        preferred_language: body.preferred_language.clone(),
        alternative_identifiers: identifiers,
        theme: body.theme.map(|theme| theme.id),
        default_identity_provider: replaced
            .and_then(|stored| stored.more.default_identity_provider),
    })
}

async fn valid<P>(
    allowed: &Allowed<P>,
    body: NewPopulation,
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
    let more = settings(&body, replaced)?;
    checks::references(&allowed.idp, allowed.id(), &references(&more)).await?;
    Ok(StoredPopulation {
        id,
        environment_id: allowed.id(),
        name: checks::name(&body.name)?,
        description: body.description,
        is_default: body.default,
        password_policy_id: body.password_policy.map(|policy| policy.id),
        more,
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
    let theme = default_theme(&allowed).await?;
    Reply::ok(&representation(&allowed, &population, users, theme))
}

pub(super) async fn replace(
    allowed: Allowed<may::ManagePopulations>,
    PathId(id): PathId<PopulationId>,
    Json(body): Json<NewPopulation>,
) -> Result<Reply, ApiFailure> {
    let stored: StoredPopulation = allowed.load(id).await?;
    let mut population = valid(&allowed, body, Some(&stored)).await?;
    // The default is moved by setting it elsewhere.
    population.is_default |= stored.is_default;
    if population.is_default && !stored.is_default && allowed.coverage != Coverage::Environment {
        return Err(ApiFailure::forbidden());
    }
    let change = Populations::update(&population)?.and(referring(&population));
    allowed.replace(&population, change).await?;
    let users = count_users(&allowed, &population).await?;
    let theme = default_theme(&allowed).await?;
    Reply::ok(&representation(&allowed, &population, users, theme))
}

/// Deletes a population with its groups; neither the last one nor one with users can go.
pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManagePopulations>,
    PathId(id): PathId<PopulationId>,
) -> Result<Reply, ApiFailure> {
    let population: StoredPopulation = allowed.load(id).await?;
    let change = Populations::delete(&population).and(RoleAssignments::delete_within(id.as_uuid()));
    let why = async || {
        let populations = Populations::new(allowed.idp.db());
        Ok(if populations.has_users(id).await? {
            "The population has users; move or delete them first."
        } else if populations.is_alone(allowed.id(), id).await? {
            "The environment must contain at least one population."
        } else {
            "Something refers to the population; change that first."
        })
    };
    allowed.delete_unless(&population, change, why).await
}

/// With whom the users of a population sign on.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct NewDefaultProvider {
    /// Absent where their passwords are kept here.
    id: Option<Uuid>,
}

/// The same, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DefaultProvider {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    provider_type: Option<ProviderType>,
}

async fn show_default_provider<P>(
    allowed: &Allowed<P>,
    population: &StoredPopulation,
) -> Result<Reply, ApiFailure> {
    let providers = objects::<IdentityProvider, P>(allowed);
    let found = match population.more.default_identity_provider {
        Some(id) => providers.find(allowed.id(), id).await?,
        None => None,
    };
    let shown = DefaultProvider {
        id: found.as_ref().map(|provider| provider.id),
        provider_type: found.map(|provider| provider.document.provider_type),
    };
    let path = format_args!("populations/{}/defaultIdentityProvider", population.id);
    let urls = allowed.idp.urls();
    Reply::ok(&Hal::in_environment(urls, allowed.id(), path, shown))
}

pub(super) async fn read_default_provider(
    allowed: Allowed<may::ReadPopulations>,
    PathId(id): PathId<PopulationId>,
) -> Result<Reply, ApiFailure> {
    let population = allowed.load(id).await?;
    show_default_provider(&allowed, &population).await
}

pub(super) async fn set_default_provider(
    allowed: Allowed<may::ManagePopulations>,
    PathId(id): PathId<PopulationId>,
    Json(body): Json<NewDefaultProvider>,
) -> Result<Reply, ApiFailure> {
    let mut population: StoredPopulation = allowed.load(id).await?;
    population.more.default_identity_provider = body.id;
    population.updated_at = allowed.now;
    checks::references(&allowed.idp, allowed.id(), &references(&population.more)).await?;
    let change = Populations::update(&population)?.and(referring(&population));
    allowed.replace(&population, change).await?;
    show_default_provider(&allowed, &population).await
}
