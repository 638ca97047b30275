//! `/environments` (PingOne, "Environments").

use protocol::id::OrganizationId;
use protocol::pingone::{Environment, EnvironmentType, RoleScopeType};
use serde::Deserialize;

use crate::access::allowed::{AllowedEverywhere, Asking, may};
use crate::access::roles::{self, Allows as _};
use crate::api::body::Json;
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::api::paging::PageRequest;
use crate::audit::Subject;
use crate::founding::environment::{self, Creator, NewEnvironment};
use crate::state::Idp;
use crate::stores::environments::{EnvironmentDetails, Environments, StoredEnvironment};
use crate::stores::filter_sql::{Attribute, push_condition};
use crate::stores::role_assignments::Holder;
use crate::web::failures::api::ApiFailure;

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
}

fn representation(idp: &Idp, environment: &StoredEnvironment) -> Hal<Environment> {
    let below = |path: &str| idp.urls().environment_api(environment.id, path);
    Hal::new(
        idp.urls()
            .api(format_args!("environments/{}", environment.id)),
        environment.to_wire(),
    )
    .link("applications", below("applications"))
    .link("passwordPolicies", below("passwordPolicies"))
    .link("populations", below("populations"))
    .link("resources", below("resources"))
    .link("roles", below("roles"))
    .link("users", below("users"))
}

/// Shows the environments that the one who asks may read.
pub(super) async fn list(asking: Asking, page: PageRequest) -> Result<Reply, ApiFailure> {
    let (idp, collection) = (&asking.idp, asking.idp.urls().api("environments"));
    let filter = page.filter(&Attribute::rules(&ATTRIBUTES).and_only())?;
    let (_, after) = page.position(idp, &collection)?;
    let scopes = |wanted: RoleScopeType| {
        let of = asking
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
    asking: Asking,
    Json(body): Json<EnvironmentBody>,
) -> Result<Reply, ApiFailure> {
    let idp = &asking.idp;
    let organization = organization(&asking).await?;
    let permission = may::CreateEnvironments::PERMISSION;
    if !roles::reaches_organization(asking.assignments(), permission, organization) {
        return Err(ApiFailure::forbidden());
    }
    let holder = match asking.application() {
        Some(id) => Holder::Application(id.as_uuid()),
        None => Holder::User(asking.holder()),
    };
    let new = NewEnvironment {
        organization,
        name: checks::name(&body.name)?,
        description: body.description,
        environment_type: body.environment_type,
        creator: Some(Creator {
            holder,
            environment: asking.home(),
        }),
    };
    let made = environment::create(idp, new, &asking.by).await;
    let made = made.map_err(|error| super::unique(error, "name"))?;
    Reply::created(&representation(idp, &made))
}

async fn organization(asking: &Asking) -> Result<OrganizationId, ApiFailure> {
    let home = asking
        .idp
        .environments()
        .find(asking.home(), asking.now)
        .await?;
    home.map(|home| home.organization_id)
        .ok_or_else(ApiFailure::forbidden)
}

pub(super) async fn read(
    allowed: crate::access::allowed::Allowed<may::ReadEnvironments>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&representation(&allowed.idp, &allowed.environment))
}

/// The type stays as it is: PingOne promotes by another operation.
pub(super) async fn replace(
    allowed: AllowedEverywhere<may::UpdateEnvironments>,
    Json(body): Json<EnvironmentBody>,
) -> Result<Reply, ApiFailure> {
    let stored = &allowed.environment;
    let environment = StoredEnvironment {
        name: checks::name(&body.name)?,
        details: EnvironmentDetails {
            description: body.description,
            environment_type: stored.details.environment_type,
            region: stored.details.region,
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
    let change = Environments::delete(environment.id);
    allowed
        .commit(environment.id, change, "ENVIRONMENT.DELETED", subject)
        .await?;
    Ok(Reply::no_content())
}
