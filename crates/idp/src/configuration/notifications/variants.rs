//! The variants of what a template says: all contents of one are renamed and deleted together, as a
//! filter chooses them.

use protocol::scim::{AttributeRule, AttributeRules, Filter, Operator};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::body::Json;
use crate::api::configuration::{Configuration as _, Managing, collection};
use crate::api::filter::passes;
use crate::api::hal::{Page, Reply};
use crate::api::media_router::Resource;
use crate::api::paging::PageRequest;
use crate::api::shapes::Stored;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document as _, Object, Objects};
use crate::stores::templates::TemplateContent;

/// What a variant is called from now on.
#[derive(Debug, Deserialize, JsonSchema)]
struct Name {
    variant: String,
}

/// The filter, without which nothing is chosen.
fn chosen(page: &PageRequest) -> Result<Filter, ApiFailure> {
    let attributes = ["deliveryMethod", "locale", "variant"];
    let rules = attributes.map(|name| AttributeRule::any(name, &[Operator::Eq]));
    let filter = page.filter(&AttributeRules::new(rules))?;
    filter.ok_or_else(|| ApiFailure::required_value("filter"))
}

/// The contents that a filter chooses.
async fn choose(
    managing: &Managing<TemplateContent>,
    filter: &Filter,
) -> Result<Vec<Object<TemplateContent>>, ApiFailure> {
    let stored = managing
        .objects()
        .list(managing.id(), managing.parent)
        .await?;
    let mut found = Vec::new();
    for object in stored {
        if passes(Some(filter), managing.show(&object)?.item()) {
            found.push(object);
        }
    }
    Ok(found)
}

async fn rename(
    managing: Managing<TemplateContent>,
    page: PageRequest,
    Json(Name { variant }): Json<Name>,
) -> Result<Reply, ApiFailure> {
    if variant.trim().is_empty() {
        return Err(ApiFailure::required_value("variant"));
    }
    let filter = chosen(&page)?;
    let mut shown = Vec::new();
    for object in choose(&managing, &filter).await? {
        let renamed = |stored: &Object<TemplateContent>| {
            let mut content = stored.document.clone();
            content.variant = Some(variant.clone());
            Ok(content)
        };
        let made = managing.change(object, renamed).await?;
        shown.push(managing.show(&made)?);
    }
    let url = managing.url(managing.path());
    Reply::ok(&Page::whole(url, TemplateContent::KEY, shown))
}

async fn drop_chosen(
    managing: Managing<TemplateContent>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let filter = chosen(&page)?;
    for object in choose(&managing, &filter).await? {
        let event = TemplateContent::EVENTS.deleted;
        let change = Objects::delete(&object);
        let deleted = managing.commit(managing.id(), change, event, &object);
        if let Err(error) = deleted.await {
            let objects = managing.objects();
            // Somebody else may have been faster.
            let is_gone =
                error.unmet().is_some() && objects.find(managing.id(), object.id).await?.is_none();
            if !is_gone {
                return Err(error.into());
            }
        }
    }
    Ok(Reply::no_content())
}

/// The routes of contents, with those by which whole variants are changed.
pub(super) fn routes() -> Vec<Resource> {
    let routes = collection::<TemplateContent>().into_iter().enumerate();
    let add = |(n, route): (usize, Resource)| match n {
        0 => route
            .patch(rename)
            .taking::<Name>()
            .answering_many::<Stored<TemplateContent>>(TemplateContent::KEY)
            .delete(drop_chosen),
        _ => route,
    };
    routes.map(add).collect()
}
