//! `/environments/{environment}/templates`: what messages are for, and what they can say (PingOne,
//! "Notifications templates"). The templates are PingOne's; what they say is changed by contents.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::access::allowed::AllowedEverywhere;
use crate::access::permissions::may;
use crate::api::configuration::Parent;
use crate::api::hal::{Hal, Page, Reply};
use crate::api::media_router::{Resource, at};
use crate::api::shapes::Untyped;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::templates::{DeliveryMethod, TEMPLATES, Template};

/// Its contents.
#[derive(Debug)]
pub(crate) struct BelowTemplate;

impl Parent for BelowTemplate {
    const MEMBER: Option<&'static str> = None;

    async fn find(parts: &mut Parts, idp: &Idp, _: EnvironmentId) -> Result<Uuid, ApiFailure> {
        let template = NamedTemplate::from_request_parts(parts, idp).await?;
        Ok(template.0.id())
    }
}

/// The template of the path.
struct NamedTemplate(&'static Template);

/// Rejected with 404 where there is no such template.
impl FromRequestParts<Idp> for NamedTemplate {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let params = RawPathParams::from_request_parts(parts, idp).await;
        let params = params.map_err(|_| ApiFailure::not_found())?;
        let name = params.iter().find(|(name, _)| *name == "template");
        name.and_then(|(_, name)| Template::by_name(name))
            .map(Self)
            .ok_or_else(ApiFailure::not_found)
    }
}

/// A template as it is shown.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: &'static str,
    display_name: &'static str,
    description: &'static str,
    delivery_methods: &'static [DeliveryMethod],
    variables: BTreeMap<&'static str, Variable>,
    allow_dynamic_variables: bool,
    #[serde(with = "protocol::pingone::date::Date")]
    created_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    updated_at: Timestamp,
}

/// What stands for something in a content.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Variable {
    required: bool,
}

type Reading = AllowedEverywhere<may::ReadNotifications>;

fn show(reading: &Reading, template: &'static Template) -> Hal<Shown> {
    let variables = template.variables.iter();
    let shown = Shown {
        id: template.name,
        display_name: template.display_name,
        description: template.description,
        delivery_methods: template.methods,
        variables: variables
            .map(|(name, required)| {
                let required = *required;
                (*name, Variable { required })
            })
            .collect(),
        allow_dynamic_variables: true,
        created_at: reading.environment.created_at,
        updated_at: reading.environment.created_at,
    };
    let path = format!("templates/{}", template.name);
    let contents = reading.url(format!("{path}/contents"));
    Hal::in_environment(reading.idp.urls(), reading.id(), path, shown).link("contents", contents)
}

async fn list(reading: Reading) -> Result<Reply, ApiFailure> {
    let items = TEMPLATES.iter().map(|template| show(&reading, template));
    let url = reading.url("templates");
    Reply::ok(&Page::whole(url, "templates", items.collect()))
}

async fn read(reading: Reading, template: NamedTemplate) -> Result<Reply, ApiFailure> {
    Reply::ok(&show(&reading, template.0))
}

/// The routes of templates.
pub(super) fn routes() -> Vec<Resource> {
    vec![
        at("/environments/{environment}/templates")
            .get(list)
            .answering_many::<Untyped>("templates"),
        at("/environments/{environment}/templates/{template}")
            .showing::<Untyped>()
            .get(read),
    ]
}
