//! `/data`: what is kept about the user, to read and to take along.

mod shown;

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use jiff::Timestamp;
use pingone::{Device, management};
use protocol::id::UserId;
use serde_json::{Map, Value, json};
use ui::Layout;

use crate::failure::Failure;
use crate::pages::events;
use crate::pages::own::{self, Own};
use crate::pages::person::{When, Zone};
use crate::visit::Visit;

use shown::Section;

/// What the file is called.
const FILE_NAME: &str = "attachment; filename=\"my-data.json\"";

#[derive(Template)]
#[template(path = "data.html")]
struct Page {
    layout: Layout,
    sections: Vec<Section>,
    deletion: Option<When>,
}

/// All that can be read of it, as it stands in the file. What the environment does not let anybody
/// read here is named under `notProvided`.
struct Everything {
    document: Map<String, Value>,
    zone: Zone,
    deletion: Option<Timestamp>,
}

impl Everything {
    async fn gather(visit: &Visit) -> Result<Self, Failure> {
        let own = Own::open_freshly(visit).await?;
        let services = visit.services("failure-management-not-configured")?;
        let now = visit.portal().now();
        let user = own.load(visit).await?;
        let zone = Zone::of(Some(&user), visit.signed_on());
        let (passwords, sessions) = (
            own.management.passwords(own.id),
            own.management.sessions(own.id),
        );
        let (password, sessions, events, beside) = tokio::join!(
            passwords.state(),
            async { sessions.list().all().await },
            events::entries(&services.management, own.id, now),
            Box::pin(beside(&services.management, own.id)),
        );
        let (mut document, mut missing) = (Map::new(), Vec::new());
        document.insert("profile".to_owned(), plain(&user)?);
        let parts = [
            ("password", password.map(|it| plain(&it))),
            ("sessions", sessions.map(|it| plain(&it))),
        ];
        for (name, part) in parts {
            match part {
                Ok(part) => drop(document.insert(name.to_owned(), part?)),
                Err(error) if error.is_forbidden() || error.is_not_found() => missing.push(name),
                Err(error) => return Err(own::failed(visit, error).await),
            }
        }
        let events = events.map(|events| plain(&events)).transpose()?;
        for (name, part) in beside?.into_iter().chain([("events", events)]) {
            match part {
                Some(part) => drop(document.insert(name.to_owned(), part)),
                None => missing.push(name),
            }
        }
        let portal = visit.portal();
        let deletion = portal.deletions().find(own.id).await?;
        let present = user.email.as_deref().unwrap_or_default();
        let former = portal.former_addresses();
        let former = former.find(own.id, present, now).await?;
        document.insert(
            "portal".to_owned(),
            json!({
                "deletionDueAt": deletion.map(|at| at.to_string()),
                "formerAddress": former.map(|former| former.address),
                "signedOnAt": visit.signed_on().map(|user| user.signed_on_at().to_string()),
            }),
        );
        document.insert("notProvided".to_owned(), json!(missing));
        Ok(Self {
            document,
            zone,
            deletion,
        })
    }
}

/// The name of a part of the document, and what stands there where the environment tells it.
type Part = (&'static str, Option<Value>);

/// What users cannot read of themselves at PingOne by the scopes that the portal asks for, and the worker
/// can.
async fn beside(management: &management::Client, id: UserId) -> Result<[Part; 4], Failure> {
    let (groups, devices) = (management.memberships(id), management.devices(id));
    let (consents, accounts) = (management.consents(id), management.linked_accounts(id));
    let (groups, devices, consents, accounts) = tokio::join!(
        async { groups.list().all().await },
        async { devices.list().all().await },
        async { consents.list().all().await },
        async { accounts.list().all().await },
    );
    let devices = devices.map(|all| all.iter().map(device).collect());
    Ok([
        told("groups", groups)?,
        told("devices", devices)?,
        told("consents", consents)?,
        told("linkedAccounts", accounts)?,
    ])
}

/// What is told of a device; the rest of it is for pairing it.
fn device(device: &Device) -> Value {
    json!({
        "id": device.id,
        "type": device.device_type,
        "status": device.status,
        "nickname": device.nickname,
        "email": device.email,
        "phone": device.phone,
        "extension": device.extension,
        "createdAt": device.created_at,
    })
}

/// A part that the worker read. `None` where the environment does not tell the worker: that says nothing
/// about the user's own session, and is logged.
fn told<T: serde::Serialize>(
    name: &'static str,
    read: Result<Vec<T>, pingone::Error>,
) -> Result<Part, Failure> {
    match read {
        Ok(items) => Ok((name, Some(plain(&items)?))),
        Err(error) => {
            let causes = ui::chain_of_causes(&error).join(": ");
            tracing::warn!(part = name, error = %causes, "a part of the data of a user could not be read");
            Ok((name, None))
        }
    }
}

/// A resource without its links, which lead nowhere for its owner.
fn plain(resource: &impl serde::Serialize) -> Result<Value, Failure> {
    let mut value = serde_json::to_value(resource)
        .map_err(|error| Failure::new(http::StatusCode::BAD_GATEWAY).caused_by(error))?;
    drop_links(&mut value);
    Ok(value)
}

fn drop_links(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("_links");
            members.values_mut().for_each(drop_links);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_links),
        _ => {}
    }
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let everything = Everything::gather(&visit).await?;
    let layout = visit.layout("data-title").await?;
    let page = Page {
        layout: layout.with_lead(visit.text("data-lead")),
        sections: shown::sections(&visit, &everything.zone, &everything.document),
        deletion: everything.deletion.map(|at| everything.zone.when(at)),
    };
    Ok(visit.page(page).into_response())
}

/// The same as a file.
pub(crate) async fn download(visit: Visit) -> Result<Response, Failure> {
    let everything = Everything::gather(&visit).await?;
    let text = serde_json::to_string_pretty(&everything.document)
        .map_err(|error| Failure::new(http::StatusCode::BAD_GATEWAY).caused_by(error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, FILE_NAME),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((headers, text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_link_is_left_however_deep_it_lies() {
        let mut value = json!({
            "_links": { "self": { "href": "https://x" } },
            "name": { "given": "Ada" },
            "codes": ["a", { "_links": {}, "n": 1 }],
        });
        drop_links(&mut value);
        let expected = json!({ "name": { "given": "Ada" }, "codes": ["a", { "n": 1 }] });
        assert_eq!(value, expected);
    }
}
