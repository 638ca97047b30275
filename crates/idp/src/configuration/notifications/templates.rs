//! `/environments/{environment}/templates`: what messages are for, and what they can say (PingOne,
//! "Notifications templates"). The templates are PingOne's; what they say is changed by contents.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use protocol::id::EnvironmentId;
use protocol::pingone as wire;
use uuid::Uuid;

use crate::access::allowed::AllowedEverywhere;
use crate::access::permissions::may;
use crate::api::configuration::Parent;
use crate::api::hal::{Hal, Page, Reply};
use crate::api::media_router::{Resource, at};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::templates::{TEMPLATES, Template};

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

type Reading = AllowedEverywhere<may::ReadNotifications>;

fn show(reading: &Reading, template: &'static Template) -> Hal<wire::Template> {
    let mut shown = wire::Template::new(template.name);
    shown.display_name = Some(template.display_name.to_owned());
    shown.description = Some(template.description.to_owned());
    shown.delivery_methods = template.methods.iter().map(|way| way.to_wire()).collect();
    let variables = template.variables.iter();
    let variables = variables.map(|(name, required)| {
        let variable = wire::TemplateVariable::new(*required);
        ((*name).to_owned(), variable)
    });
    shown.variables = variables.collect();
    shown.allow_dynamic_variables = true;
    shown.created_at = Some(reading.environment.created_at);
    shown.updated_at = Some(reading.environment.created_at);
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
            .answering_many::<wire::Template>("templates"),
        at("/environments/{environment}/templates/{template}")
            .showing::<wire::Template>()
            .get(read),
    ]
}
