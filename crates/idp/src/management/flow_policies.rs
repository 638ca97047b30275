//! `/environments/{environment}/flowPolicies` and the flow policies of applications (PingOne, "Flow
//! policies"): those of DaVinci, of which there are none here.

use axum::extract::RawPathParams;
use protocol::id::EnvironmentId;
use protocol::scim::{AttributeRule, AttributeRules, Operator};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::access::allowed::AllowedEverywhere;
use crate::access::on_application::OnApplication;
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::hal::{Hal, Page, Reply};
use crate::api::paging::PageRequest;
use crate::requests::failures::api::ApiFailure;

/// What is not provided.
pub(super) const KEPT: Option<&str> = Some("There is no DaVinci, and so no flow policy.");

/// The members that filters know.
const FILTERS: [&str; 4] = ["id", "name", "application.id", "trigger.type"];

fn none(url: String, key: &'static str) -> Result<Reply, ApiFailure> {
    let items: Vec<Hal<Map<String, Value>>> = Vec::new();
    Reply::ok(&Page::whole(url, key, items))
}

/// No policy passes a filter, which must be one all the same.
pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadSignOnPolicies>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let rules = FILTERS.map(|name| AttributeRule::any(name, &[Operator::Eq, Operator::Sw]));
    page.filter(&AttributeRules::new(rules))?;
    none(allowed.url("flowPolicies"), "flowPolicies")
}

pub(super) async fn read(
    allowed: AllowedEverywhere<may::ReadSignOnPolicies>,
    params: RawPathParams,
) -> Result<Reply, ApiFailure> {
    let id = params.iter().find(|(name, _)| *name == "flowPolicy");
    let id = id.map(|(_, id)| id).unwrap_or_default();
    Err(ApiFailure::not_found_saying(unknown(allowed.id(), id)))
}

/// What a client reads for an id that leads nowhere.
fn unknown(environment: EnvironmentId, id: &str) -> String {
    let id: String = id.chars().filter(|c| !c.is_control()).take(64).collect();
    format!("Unable to find an active Flow Policy with ID: '{id}' in Environment '{environment}'")
}

pub(super) async fn list_of_application(
    on: OnApplication<may::ReadApplications>,
) -> Result<Reply, ApiFailure> {
    let path = format_args!("applications/{}/flowPolicyAssignments", on.application.id);
    none(on.url(path), "flowPolicyAssignments")
}

/// That an application has a flow policy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assignment {
    #[expect(
        dead_code,
        reason = "read to be refused by its name when it is missing"
    )]
    priority: u32,
    flow_policy: FlowPolicy,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FlowPolicy {
    id: String,
}

pub(super) async fn assign(
    on: OnApplication<may::ManageApplications>,
    Json(body): Json<Assignment>,
) -> Result<Reply, ApiFailure> {
    let message = unknown(on.id(), &body.flow_policy.id);
    Err(ApiFailure::invalid_value("flowPolicy.id", message))
}

/// No assignment has an id.
pub(super) async fn assigned(_: OnApplication<may::ReadApplications>) -> Result<Reply, ApiFailure> {
    Err(ApiFailure::not_found())
}

/// There is none to change or to delete.
pub(super) async fn change(_: OnApplication<may::ManageApplications>) -> Result<Reply, ApiFailure> {
    Err(ApiFailure::not_found())
}
