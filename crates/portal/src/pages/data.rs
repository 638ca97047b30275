//! `/data`: what is kept about the user, to read and to take along.

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

/// What the file is called.
const FILE_NAME: &str = "attachment; filename=\"my-data.json\"";

#[derive(Template)]
#[template(path = "data.html")]
struct Page {
    layout: Layout,
    sections: Vec<Section>,
    deletion: Option<When>,
}

/// One kind of data.
struct Section {
    id: &'static str,
    title: String,
    lines: Vec<Line>,
}

/// A value, and what it is: in words, or by the place that it has in the file.
struct Line {
    name: String,
    text: String,
    when: Option<When>,
}

/// What of a profile people know by a name, in the order in which they read it. The rest stands below
/// it as the file has it.
const NAMED: &[(&str, &str)] = &[
    ("name.given", "register-given-name"),
    ("name.family", "register-family-name"),
    ("nickname", "claim-nickname"),
    ("email", "register-email"),
    ("emailVerified", "claim-email_verified"),
    ("mobilePhone", "label-mobile-phone"),
    ("username", "register-username"),
    ("timezone", "claim-zoneinfo"),
    ("createdAt", "user-fact-created"),
    ("updatedAt", "claim-updated_at"),
    ("lastSignOn.at", "user-fact-last-sign-on"),
];

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

/// The place among those that have a name, and the text that says it.
fn named(place: &str) -> Option<(usize, &'static str)> {
    let at = NAMED.iter().position(|(known, _)| *known == place)?;
    Some((at, NAMED.get(at)?.1))
}

/// Every value by its place in the document, such as `name.given`.
fn lines(place: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |part: &str| match place {
        "" => part.to_owned(),
        place => format!("{place}.{part}"),
    };
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                lines(&below(name), value, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                lines(&below(&(index + 1).to_string()), value, found);
            }
        }
        Value::String(text) => found.push((place.to_owned(), text.clone())),
        value => found.push((place.to_owned(), value.to_string())),
    }
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let everything = Everything::gather(&visit).await?;
    let kinds = [
        ("profile", "data-profile"),
        ("password", "data-password"),
        ("sessions", "data-sessions"),
        ("groups", "data-groups"),
        ("devices", "data-devices"),
        ("consents", "data-consents"),
        ("linkedAccounts", "data-linked-accounts"),
        ("events", "data-events"),
        ("portal", "data-portal"),
        ("notProvided", "data-not-provided"),
    ];
    let line = |(place, text): (String, String)| Line {
        name: named(&place).map_or(place, |(_, id)| visit.text(id)),
        when: text.parse().ok().map(|at| everything.zone.when(at)),
        text,
    };
    let section = |(id, text): (&'static str, &str)| {
        let mut found = Vec::new();
        lines("", everything.document.get(id)?, &mut found);
        // Those without a name keep their order, which is the file's.
        found.sort_by_key(|(place, _)| named(place).map_or(NAMED.len(), |(at, _)| at));
        (!found.is_empty()).then(|| Section {
            id,
            title: visit.text(text),
            lines: found.into_iter().map(line).collect(),
        })
    };
    let sections = kinds.into_iter().filter_map(section).collect();
    let layout = visit.layout("data-title").await?;
    let page = Page {
        layout: layout.with_lead(visit.text("data-lead")),
        sections,
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
    fn every_value_is_a_line_and_no_link_is() {
        let mut value = json!({
            "_links": { "self": { "href": "https://x" } },
            "name": { "given": "Ada" },
            "codes": ["a", { "_links": {}, "n": 1 }],
            "nothing": null,
        });
        drop_links(&mut value);
        let mut found = Vec::new();
        lines("", &value, &mut found);
        found.sort();
        let expected = [("codes.1", "a"), ("codes.2.n", "1"), ("name.given", "Ada")];
        let expected = expected.map(|(place, text)| (place.to_owned(), text.to_owned()));
        assert_eq!(found, expected);
    }
}
