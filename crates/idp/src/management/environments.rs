//! `/environments` (PingOne, "Environments").

use jiff::Timestamp;
use protocol::id::{LicenseId, OrganizationId};
use protocol::pingone::{
    Capabilities, Code as _, Environment, EnvironmentStatus, EnvironmentSubtype, EnvironmentType,
    Reference, Region, RoleScopeType,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::bill_of_materials::BillOfMaterialsBody;
use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::caller::Caller;
use crate::access::coverage;
use crate::access::last_administrator::{self, Loss};
use crate::access::permissions::{Allows as _, may};
use crate::api::body::Json;
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::api::paging::PageRequest;
use crate::audit::Subject;
use crate::founding::environment::{self, Creator, NewEnvironment};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::environments::{EnvironmentDetails, Environments, StoredEnvironment};
use crate::stores::filter_sql::{Attribute, push_condition};
use crate::stores::role_assignments::Holder;

const LONGEST_TEXT: usize = 1024;

const ATTRIBUTES: [Attribute; 4] = [
    Attribute::exact("id", "id"),
    Attribute::text("name", "name_key"),
    Attribute::exact("organization.id", "organization_id"),
    Attribute::exact("license.id", "license_id"),
];

/// What an environment is created or replaced with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentBody {
    name: String,
    description: Option<String>,
    #[serde(rename = "type")]
    environment_type: EnvironmentType,
    subtype: Option<EnvironmentSubtype>,
    region: Option<Region>,
    license: Option<Reference<LicenseId>>,
    #[schemars(length(max = 1024))]
    icon: Option<String>,
    bill_of_materials: Option<BillOfMaterialsBody>,
}

impl EnvironmentBody {
    /// Refuses another region than the environment's.
    fn require_region(&self, region: Region) -> Result<(), ApiFailure> {
        if self.region.is_some_and(|sent| sent != region) {
            return Err(ApiFailure::not_one_of("region", &[region.code()]));
        }
        Ok(())
    }

    fn check_texts(&self) -> Result<(), ApiFailure> {
        checks::at_most("icon", self.icon.as_deref(), LONGEST_TEXT)
    }

    /// The name, and everything else of an environment.
    fn checked(
        self,
        replaced: &EnvironmentDetails,
        idp: &Idp,
        now: Timestamp,
    ) -> Result<(String, EnvironmentDetails), ApiFailure> {
        self.check_texts()?;
        let products = match self.bill_of_materials {
            Some(bill) => bill.checked("billOfMaterials.", &replaced.products, idp, now)?,
            None => replaced.products.clone(),
        };
        let details = EnvironmentDetails {
            description: self.description,
            license: self.license.map(|license| license.id),
            subtype: self.subtype,
            icon: self.icon,
            products,
            ..replaced.clone()
        };
        Ok((checks::name(&self.name)?, details))
    }
}

fn representation(idp: &Idp, environment: &StoredEnvironment) -> Hal<Environment> {
    let below = |path: &str| idp.urls().environment_api(environment.id, path);
    Hal::new(
        idp.urls()
            .api(format_args!("environments/{}", environment.id)),
        environment.to_wire(),
    )
    .link("applications", below("applications"))
    .link("billOfMaterials", below("billOfMaterials"))
    .link("passwordPolicies", below("passwordPolicies"))
    .link("populations", below("populations"))
    .link("resources", below("resources"))
    .link("roles", below("roles"))
    .link("users", below("users"))
}

/// All of it is there: licences limit nothing.
pub(super) async fn capabilities(
    allowed: Allowed<may::ReadEnvironments>,
) -> Result<Reply, ApiFailure> {
    let urls = allowed.idp.urls();
    Reply::ok(&Hal::in_environment(
        urls,
        allowed.id(),
        "capabilities",
        Capabilities::ALL,
    ))
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
    Json(body): Json<EnvironmentBody>,
) -> Result<Reply, ApiFailure> {
    let idp = &caller.idp;
    let organization = organization(&caller).await?;
    let permission = may::CreateEnvironments::PERMISSION;
    if !coverage::reaches_organization(caller.assignments(), permission, organization) {
        return Err(ApiFailure::forbidden());
    }
    let region = idp.settings().region;
    body.require_region(region)?;
    let unset = EnvironmentDetails::new(body.environment_type, region);
    let (name, details) = body.checked(&unset, idp, caller.now)?;
    let new = NewEnvironment {
        ids: caller.new_ids(String::new()),
        organization,
        name,
        details,
        creator: creator(&caller),
    };
    let made = environment::create(idp, new, &caller.by).await;
    let made = made.map_err(|error| super::unique(error, "name"))?;
    Reply::created(&with_products(idp, &made))
}

/// Who gets the roles for an environment that is made: everybody but the program itself, which
/// needs none.
fn creator(caller: &Caller) -> Option<Creator> {
    let holder = match caller.application() {
        Some(id) => Holder::Application(id.as_uuid()),
        None => Holder::User(caller.holder()),
    };
    caller.program().is_none().then(|| Creator {
        holder,
        environment: caller.home(),
    })
}

/// An environment that shows its products, too.
fn with_products(idp: &Idp, environment: &StoredEnvironment) -> Hal<Environment> {
    let mut wire = environment.to_wire();
    wire.bill_of_materials = Some(environment.details.products.bill.clone());
    representation(idp, environment).showing(wire)
}

pub(super) async fn organization(caller: &Caller) -> Result<OrganizationId, ApiFailure> {
    if let Some(program) = caller.program() {
        return Ok(program.organization);
    }
    let home = caller
        .idp
        .environments()
        .find(caller.home(), caller.now)
        .await?;
    home.map(|home| home.organization_id)
        .ok_or_else(ApiFailure::forbidden)
}

pub(super) async fn read(allowed: Allowed<may::ReadEnvironments>) -> Result<Reply, ApiFailure> {
    Reply::ok(&with_products(&allowed.idp, &allowed.environment))
}

/// The type stays as it is, and is refused otherwise: PingOne promotes by another operation.
pub(super) async fn replace(
    allowed: AllowedEverywhere<may::UpdateEnvironments>,
    Json(body): Json<EnvironmentBody>,
) -> Result<Reply, ApiFailure> {
    let stored = &allowed.environment;
    body.check_texts()?;
    body.require_region(stored.details.region)?;
    let present = stored.details.environment_type;
    if body.environment_type != present {
        return Err(ApiFailure::not_one_of("type", &[present.code()]));
    }
    let (name, details) = body.checked(&stored.details, &allowed.idp, allowed.now)?;
    let environment = StoredEnvironment {
        name,
        details,
        updated_at: allowed.now,
        ..(**stored).clone()
    };
    write(&allowed, &environment, "ENVIRONMENT.UPDATED", Change::new()).await?;
    Reply::ok(&with_products(&allowed.idp, &environment))
}

async fn write<P>(
    allowed: &Allowed<P>,
    environment: &StoredEnvironment,
    action: &'static str,
    others: Change,
) -> Result<(), ApiFailure> {
    let change = Environments::update(environment)?.and(others);
    let subject = Subject::of("ENVIRONMENT", environment.id, environment.name.as_str());
    let written = allowed.commit(environment.id, change, action, subject);
    let written = written.await;
    written.map_err(|error| super::unique(error, "name"))
}

/// What an environment is promoted or demoted by.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct TypeBody {
    #[serde(rename = "type")]
    environment_type: EnvironmentType,
}

/// Makes a sandbox a production environment, or the other way round.
pub(super) async fn set_type(
    allowed: AllowedEverywhere<may::UpdateEnvironments>,
    Json(body): Json<TypeBody>,
) -> Result<Reply, ApiFailure> {
    let mut environment = (*allowed.environment).clone();
    environment.details.environment_type = body.environment_type;
    environment.updated_at = allowed.now;
    let action = match body.environment_type {
        EnvironmentType::Production => "ENVIRONMENT.PROMOTED",
        EnvironmentType::Sandbox => "ENVIRONMENT.DEMOTED",
    };
    write(&allowed, &environment, action, Change::new()).await?;
    Reply::ok(&with_products(&allowed.idp, &environment))
}

/// What an environment is restored by, or marked for deletion.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct StatusBody {
    status: EnvironmentStatus,
}

/// Marks an environment for deletion, or restores it.
pub(super) async fn set_status(
    allowed: AllowedEverywhere<may::DeleteEnvironments>,
    Json(body): Json<StatusBody>,
) -> Result<Reply, ApiFailure> {
    let stored = &allowed.environment;
    let (soft_deleted_at, others) = match body.status {
        EnvironmentStatus::Active => (None, Change::new()),
        EnvironmentStatus::DeletePending => {
            let loss = Loss::Environment(stored.id);
            let others = last_administrator::require_another(&allowed.idp, loss, None, allowed.now);
            let marked = stored.details.soft_deleted_at.unwrap_or(allowed.now);
            (Some(marked), others.await?)
        }
    };
    require_not_own(&allowed, body.status)?;
    let environment = marked(stored, soft_deleted_at, allowed.now);
    write(&allowed, &environment, "ENVIRONMENT.UPDATED", others).await?;
    Reply::ok(&with_products(&allowed.idp, &environment))
}

/// Nobody takes away the environment that they act from: it would take their own access.
fn require_not_own<P>(allowed: &Allowed<P>, status: EnvironmentStatus) -> Result<(), ApiFailure> {
    if status == EnvironmentStatus::DeletePending && allowed.home() == allowed.id() {
        let message = "This is the environment that you act from; act from another one.";
        return Err(ApiFailure::constraint(None, message));
    }
    Ok(())
}

/// Deletes a sandbox at once. A production environment is marked for deletion and answers no
/// sign-on any more; it can be restored for 30 days, and deleted for good afterwards.
pub(super) async fn delete(
    allowed: AllowedEverywhere<may::DeleteEnvironments>,
) -> Result<Reply, ApiFailure> {
    let environment = &allowed.environment;
    let loss = Loss::Environment(environment.id);
    let others = last_administrator::require_another(&allowed.idp, loss, None, allowed.now);
    let others = others.await?;
    require_not_own(&allowed, EnvironmentStatus::DeletePending)?;
    let details = &environment.details;
    if details.environment_type == EnvironmentType::Production {
        match details.hard_delete_allowed_at() {
            Some(at) if at <= allowed.now => {}
            Some(_) => return Ok(Reply::no_content()),
            None => {
                let marked = marked(environment, Some(allowed.now), allowed.now);
                write(&allowed, &marked, "ENVIRONMENT.UPDATED", others).await?;
                return Ok(Reply::no_content());
            }
        }
    }
    let subject = Subject::of("ENVIRONMENT", environment.id, environment.name.as_str());
    let change = Environments::delete(environment.id).and(others);
    allowed
        .commit(environment.id, change, "ENVIRONMENT.DELETED", subject)
        .await?;
    Ok(Reply::no_content())
}

/// The environment with or without the mark for deletion.
fn marked(
    environment: &StoredEnvironment,
    soft_deleted_at: Option<Timestamp>,
    now: Timestamp,
) -> StoredEnvironment {
    let mut marked = environment.clone();
    marked.details.soft_deleted_at = soft_deleted_at;
    marked.updated_at = now;
    marked
}
