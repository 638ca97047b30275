//! `/environments` (PingOne, "Environments").

use protocol::id::OrganizationId;
use protocol::pingone::{
    Code as _, Environment, EnvironmentType, Reference, Region, RoleScopeType,
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::access::allowed::AllowedEverywhere;
use crate::access::caller::Caller;
use crate::access::coverage;
use crate::access::last_administrator::{self, Loss};
use crate::access::permissions::{Allows as _, may};
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::api::members::{Body, Takes, Understood};
use crate::api::paging::PageRequest;
use crate::audit::Subject;
use crate::founding::environment::{self, Creator, NewEnvironment};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::environments::{EnvironmentDetails, Environments, StoredEnvironment};
use crate::stores::filter_sql::{Attribute, push_condition};
use crate::stores::role_assignments::Holder;

const ATTRIBUTES: [Attribute; 3] = [
    Attribute::exact("id", "id"),
    Attribute::text("name", "name_key"),
    Attribute::exact("organization.id", "organization_id"),
];

/// What an environment is created or replaced with.
#[derive(Debug, Deserialize)]
pub(super) struct EnvironmentBody {
    name: String,
    description: Option<String>,
    #[serde(rename = "type")]
    environment_type: EnvironmentType,
    region: Option<Region>,
}

impl Body for EnvironmentBody {
    const OTHERS: &'static [(&'static str, Takes)] = &[
        ("billOfMaterials", Takes::Mark(has_base_products_only)),
        ("icon", Takes::Nothing),
        // Licences limit nothing here.
        ("license", Takes::Mark(is_reference)),
        (
            "subtype",
            Takes::One(&["\"DEV\"", "\"QA\"", "\"STAGING\"", "\"TESTING\"", "\"UAT\""]),
        ),
    ];
}

fn is_reference(value: &Value) -> bool {
    serde_json::from_value::<Reference<Uuid>>(value.clone()).is_ok()
}

/// Sign-on and directory are there; other products are not.
fn has_base_products_only(value: &Value) -> bool {
    value["products"]
        .as_array()
        .is_some_and(|products| products.iter().all(|one| one["type"] == "PING_ONE_BASE"))
}

impl EnvironmentBody {
    /// Refuses another region or type than the environment's.
    fn require(&self, region: Region, environment_type: EnvironmentType) -> Result<(), ApiFailure> {
        if self.region.is_some_and(|sent| sent != region) {
            return Err(ApiFailure::not_one_of("region", &[region.code()]));
        }
        if self.environment_type != environment_type {
            return Err(ApiFailure::not_one_of("type", &[environment_type.code()]));
        }
        Ok(())
    }
}

fn representation(idp: &Idp, environment: &StoredEnvironment) -> Hal<Environment> {
    let below = |path: &str| idp.urls().environment_api(environment.id, path);
    Hal::new(
        idp.urls()
            .api(format_args!("environments/{}", environment.id)),
        environment.to_wire(),
    )
    .also(&environment.details.also)
    .link("applications", below("applications"))
    .link("passwordPolicies", below("passwordPolicies"))
    .link("populations", below("populations"))
    .link("resources", below("resources"))
    .link("roles", below("roles"))
    .link("users", below("users"))
}

/// Shows the environments that the one who asks may read.
pub(super) async fn list(caller: Caller, page: PageRequest) -> Result<Reply, ApiFailure> {
    let (idp, collection) = (&caller.idp, caller.idp.urls().api("environments"));
    let filter = page.filter(&Attribute::rules(&ATTRIBUTES).and_only())?;
    let (_, after) = page.position(idp, &collection)?;
    let scopes = |wanted: RoleScopeType| {
        let of = caller
            .assignments()
            .iter()
            .map(|assignment| assignment.scope);
        of.filter(move |scope| scope.scope_type == wanted)
            .map(|scope| scope.id)
    };
    let environments = idp.environments();
    let found = environments.page(&after, page.read_limit(), |select| {
        let select = select.push(" AND (organization_id IN (NULL");
        let select = scopes(RoleScopeType::Organization)
            .fold(select, |select, id| select.push(", ").push_bind(id));
        let select = select.push(") OR id IN (NULL");
        let select = scopes(RoleScopeType::Environment)
            .fold(select, |select, id| select.push(", ").push_bind(id));
        let select =
            select.push(") OR id IN (SELECT environment_id FROM populations WHERE id IN (NULL");
        let select = scopes(RoleScopeType::Population)
            .fold(select, |select, id| select.push(", ").push_bind(id));
        let select = select.push(")))");
        match &filter {
            Some(filter) => push_condition(select.push(" AND "), filter, &ATTRIBUTES),
            None => select,
        }
    });
    let found = found.await?;
    let position = |last: &StoredEnvironment| (String::new(), last.id.to_string());
    Reply::ok(&page.page(
        idp,
        &collection,
        "environments",
        found,
        position,
        |environment| representation(idp, &environment),
    ))
}

/// Makes an environment with what clients assume is there; its creator gets the roles for it.
pub(super) async fn create(
    caller: Caller,
    Understood { body, also }: Understood<EnvironmentBody>,
) -> Result<Reply, ApiFailure> {
    let idp = &caller.idp;
    let organization = organization(&caller).await?;
    let permission = may::CreateEnvironments::PERMISSION;
    if !coverage::reaches_organization(caller.assignments(), permission, organization) {
        return Err(ApiFailure::forbidden());
    }
    body.require(idp.settings().region, body.environment_type)?;
    let holder = match caller.application() {
        Some(id) => Holder::Application(id.as_uuid()),
        None => Holder::User(caller.holder()),
    };
    let new = NewEnvironment {
        organization,
        name: checks::name(&body.name)?,
        description: body.description,
        environment_type: body.environment_type,
        also,
        creator: Some(Creator {
            holder,
            environment: caller.home(),
        }),
    };
    let made = environment::create(idp, new, &caller.by).await;
    let made = made.map_err(|error| super::unique(error, "name"))?;
    Reply::created(&representation(idp, &made))
}

async fn organization(caller: &Caller) -> Result<OrganizationId, ApiFailure> {
    let home = caller
        .idp
        .environments()
        .find(caller.home(), caller.now)
        .await?;
    home.map(|home| home.organization_id)
        .ok_or_else(ApiFailure::forbidden)
}

pub(super) async fn read(
    allowed: crate::access::allowed::Allowed<may::ReadEnvironments>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&representation(&allowed.idp, &allowed.environment))
}

/// The type stays as it is, and is refused otherwise: PingOne promotes by another operation.
pub(super) async fn replace(
    allowed: AllowedEverywhere<may::UpdateEnvironments>,
    Understood { body, also }: Understood<EnvironmentBody>,
) -> Result<Reply, ApiFailure> {
    let stored = &allowed.environment;
    body.require(stored.details.region, stored.details.environment_type)?;
    let environment = StoredEnvironment {
        name: checks::name(&body.name)?,
        details: EnvironmentDetails {
            description: body.description,
            environment_type: stored.details.environment_type,
            region: stored.details.region,
            also,
        },
        updated_at: allowed.now,
        ..(**stored).clone()
    };
    let subject = Subject::of("ENVIRONMENT", environment.id, environment.name.as_str());
    let change = Environments::update(&environment)?;
    let written = allowed
        .commit(environment.id, change, "ENVIRONMENT.UPDATED", subject)
        .await;
    written.map_err(|error| super::unique(error, "name"))?;
    Reply::ok(&representation(&allowed.idp, &environment))
}

pub(super) async fn delete(
    allowed: AllowedEverywhere<may::DeleteEnvironments>,
) -> Result<Reply, ApiFailure> {
    let environment = &allowed.environment;
    let subject = Subject::of("ENVIRONMENT", environment.id, environment.name.as_str());
    let loss = Loss::Environment(environment.id);
    let others = last_administrator::require_another(&allowed.idp, loss, None, allowed.now);
    let change = Environments::delete(environment.id).and(others.await?);
    allowed
        .commit(environment.id, change, "ENVIRONMENT.DELETED", subject)
        .await?;
    Ok(Reply::no_content())
}
