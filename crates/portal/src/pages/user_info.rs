//! `/user/info`: the user's profile; and folded away below it, for developers, what the provider says
//! in userinfo and in the ID token, with the meaning of each claim. The access token is never shown.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use pingone::User;
use pingone_axum::AccessTokenError;
use serde_json::{Map, Value};
use ui::{Layout, Messages};

use crate::failure::Failure;
use crate::pages::own::Own;
use crate::pages::person::{When, Zone, attribute, full_name, in_words};
use crate::store::FormerAddress;
use crate::visit::Visit;

/// Claims that are instants in seconds.
const INSTANTS: &[&str] = &["auth_time", "exp", "iat", "nbf", "updated_at"];

/// The order in which known claims are shown; others follow by name.
const ORDER: &[&str] = &[
    "name",
    "given_name",
    "middle_name",
    "family_name",
    "nickname",
    "preferred_username",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
    "birthdate",
    "gender",
    "locale",
    "zoneinfo",
    "picture",
    "profile",
    "website",
    "street_address",
    "postal_code",
    "locality",
    "region",
    "country",
    "formatted",
    "updated_at",
    "sub",
    "auth_time",
    "acr",
    "amr",
    "iss",
    "aud",
    "azp",
    "iat",
    "nbf",
    "exp",
    "sid",
    "nonce",
    "at_hash",
    "c_hash",
];

/// Deeper nesting is shown as one text.
const DEEPEST: usize = 2;

#[derive(Template)]
#[template(path = "user_info.html")]
struct Page {
    layout: Layout,
    facts: Vec<Fact>,
    /// Whether the profile can be changed here: where the user is one of PingOne's.
    can_edit: bool,
    can_confirm: bool,
    /// The address that the user had before, and until when it can be taken back.
    former: Option<(String, When)>,
    /// Absent when no access token was asked for: the ID token is then all there is.
    userinfo: Option<Vec<ShownClaim>>,
    id_token: Vec<ShownClaim>,
}

/// A line of the profile.
struct Fact {
    name: String,
    lines: Vec<String>,
    /// What is to be known about it: a look and a word.
    badge: Option<(&'static str, String)>,
    when: Option<When>,
}

/// A claim, its meaning, and its value.
#[derive(Debug, PartialEq)]
pub(crate) struct ShownClaim {
    pub(crate) name: String,
    pub(crate) meaning: String,
    pub(crate) shown: Shown,
}

/// A value as it is shown.
#[derive(Debug, PartialEq)]
pub(crate) enum Shown {
    /// Lines of text.
    Lines(Vec<String>),
    /// Text that a machine made: ids and hashes.
    Code(String),
    /// An instant, for machines and in words.
    Time { machine: String, words: String },
    /// Nested values.
    Nested(Vec<ShownClaim>),
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let user = visit.user()?;
    let userinfo = match user.userinfo().await {
        Ok(info) => {
            let mut claims = info.claims;
            claims.insert("sub".to_owned(), info.sub.into());
            Some(claims)
        }
        Err(AccessTokenError::NotGranted) => None,
        Err(error) => return Err(visit.access_failed(error).await),
    };
    let (account, former) = account(&visit).await;
    let zone = Zone::of(account.as_ref(), Some(user));
    let messages = visit.portal().site().messages();
    let page = Page {
        facts: match (&account, &userinfo) {
            (Some(account), _) => facts_of_user(&visit, account, &zone),
            (None, Some(claims)) => facts_of_claims(&visit, claims),
            (None, None) => facts_of_claims(&visit, user.claims()),
        },
        can_edit: account.is_some(),
        can_confirm: account.is_some_and(|user| user.email_verified != Some(true)),
        former: former.map(|former| (former.address, zone.when(former.until))),
        userinfo: userinfo.map(|claims| claims_shown(messages, &claims, 0)),
        id_token: claims_shown(messages, user.claims(), 0),
        layout: visit
            .layout("user-info-title")
            .await?
            .with_lead(visit.text("user-info-lead")),
    };
    Ok(visit.page(page).into_response())
}

/// The user as PingOne keeps them, where they may see it, and the address they can take back.
async fn account(visit: &Visit) -> (Option<User>, Option<FormerAddress>) {
    if visit.portal().services().is_none() {
        return (None, None);
    }
    let Ok(own) = Own::open(visit).await else {
        return (None, None);
    };
    let Ok(user) = own.management.users().load(own.id).await else {
        return (None, None);
    };
    let (former, now) = (visit.portal().former_addresses(), visit.portal().now());
    let present = user.email.as_deref().unwrap_or_default();
    let former = former.find(own.id, present, now).await;
    (Some(user), former.ok().flatten())
}

fn fact(visit: &Visit, id: &str, text: Option<&str>) -> Option<Fact> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    Some(Fact {
        name: visit.text(id),
        lines: text.lines().map(str::to_owned).collect(),
        badge: None,
        when: None,
    })
}

fn email(visit: &Visit, email: Option<&str>, is_verified: bool) -> Option<Fact> {
    let badge = if is_verified {
        ("success", visit.text("profile-email-confirmed"))
    } else {
        ("warning", visit.text("profile-email-unconfirmed"))
    };
    let fact = fact(visit, "claim-email", email)?;
    Some(Fact {
        badge: Some(badge),
        ..fact
    })
}

fn facts_of_user(visit: &Visit, user: &User, zone: &Zone) -> Vec<Fact> {
    let time = |id: &str, at: Option<Timestamp>| {
        Some(Fact {
            name: visit.text(id),
            lines: Vec::new(),
            badge: None,
            when: Some(zone.when(at?)),
        })
    };
    let address = user.address.as_ref().map(|address| {
        let town = [&address.postal_code, &address.locality];
        let town: Vec<&str> = town.into_iter().flatten().map(String::as_str).collect();
        let lines = [
            address.street_address.clone(),
            Some(town.join(" ")),
            address.region.clone(),
            address.country_code.clone(),
        ];
        let lines: Vec<String> = lines
            .into_iter()
            .flatten()
            .filter(|it| !it.is_empty())
            .collect();
        lines.join("\n")
    });
    let language = attribute(user, "preferredLanguage").or_else(|| attribute(user, "locale"));
    let facts = [
        fact(visit, "claim-name", Some(&full_name(user))),
        fact(visit, "claim-nickname", attribute(user, "nickname")),
        fact(visit, "claim-preferred_username", user.username.as_deref()),
        email(
            visit,
            user.email.as_deref(),
            user.email_verified == Some(true),
        ),
        fact(visit, "label-mobile-phone", attribute(user, "mobilePhone")),
        fact(visit, "claim-phone_number", attribute(user, "primaryPhone")),
        fact(visit, "claim-address", address.as_deref()),
        fact(visit, "claim-locale", language),
        fact(visit, "claim-zoneinfo", attribute(user, "timezone")),
        time("profile-created", user.created_at),
        time(
            "profile-last-sign-on",
            user.last_sign_on.as_ref().map(|last| last.at),
        ),
    ];
    facts.into_iter().flatten().collect()
}

fn facts_of_claims(visit: &Visit, claims: &Map<String, Value>) -> Vec<Fact> {
    let said = |name: &str| claims.get(name).and_then(Value::as_str);
    let address = claims.get("address").and_then(Value::as_object);
    let address = address.map(|parts| {
        let parts = [
            "street_address",
            "postal_code",
            "locality",
            "region",
            "country",
        ]
        .into_iter()
        .filter_map(|name| parts.get(name)?.as_str());
        parts.collect::<Vec<_>>().join("\n")
    });
    let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    let facts = [
        fact(visit, "claim-name", said("name")),
        fact(visit, "claim-nickname", said("nickname")),
        fact(
            visit,
            "claim-preferred_username",
            said("preferred_username"),
        ),
        email(visit, said("email"), is_verified),
        fact(visit, "claim-phone_number", said("phone_number")),
        fact(visit, "claim-address", address.as_deref()),
        fact(visit, "claim-birthdate", said("birthdate")),
        fact(visit, "claim-locale", said("locale")),
        fact(visit, "claim-zoneinfo", said("zoneinfo")),
    ];
    facts.into_iter().flatten().collect()
}

fn claims_shown(messages: &Messages, claims: &Map<String, Value>, depth: usize) -> Vec<ShownClaim> {
    let place = |name: &str| {
        ORDER
            .iter()
            .position(|known| *known == name)
            .unwrap_or(ORDER.len())
    };
    let mut names: Vec<&String> = claims.keys().collect();
    names.sort_by_key(|name| (place(name), name.as_str()));
    let claim = |name: &String| {
        let value = claims.get(name).filter(|value| !value.is_null())?;
        Some(ShownClaim {
            name: name.clone(),
            meaning: meaning(messages, name),
            shown: shown(messages, name, value, depth),
        })
    };
    names.into_iter().filter_map(claim).collect()
}

/// The claim in words; one that is not known is called by its name.
fn meaning(messages: &Messages, name: &str) -> String {
    let id = format!("claim-{}", name.replace(['.', ':', '/'], "-"));
    if messages.contains(&id) {
        messages.text(&id)
    } else {
        name.to_owned()
    }
}

fn shown(messages: &Messages, name: &str, value: &Value, depth: usize) -> Shown {
    if let Some(instant) = INSTANTS.contains(&name).then(|| instant(value)).flatten() {
        return Shown::Time {
            machine: instant.to_string(),
            words: in_words(instant),
        };
    }
    match value {
        Value::Object(members) if depth < DEEPEST => {
            Shown::Nested(claims_shown(messages, members, depth + 1))
        }
        Value::Array(items) => {
            Shown::Lines(items.iter().map(|item| line(messages, item)).collect())
        }
        Value::String(text) if is_made_by_a_machine(name) => Shown::Code(text.clone()),
        Value::String(text) => Shown::Lines(text.lines().map(str::to_owned).collect()),
        value => Shown::Lines(vec![line(messages, value)]),
    }
}

fn line(messages: &Messages, value: &Value) -> String {
    match value {
        Value::Bool(true) => messages.text("claim-value-yes"),
        Value::Bool(false) => messages.text("claim-value-no"),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn is_made_by_a_machine(name: &str) -> bool {
    let ids = [
        "sub", "sid", "nonce", "at_hash", "c_hash", "aud", "azp", "iss", "env", "org", "acr",
    ];
    ids.contains(&name) || name.starts_with("p1.")
}

/// Seconds since 1970; PingOne writes `updated_at` as a number, others as text.
fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => {
            let seconds = number.as_i64().or_else(|| number.as_f64().map(whole))?;
            Timestamp::from_second(seconds).ok()
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a fraction of a second is cut off on purpose"
)]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::texts::TEXTS;

    fn shown_claims(value: Value) -> Vec<ShownClaim> {
        let Value::Object(claims) = value else {
            panic!("claims are an object")
        };
        claims_shown(&Messages::english(&[TEXTS]), &claims, 0)
    }

    #[test]
    fn times_are_shown_as_times() {
        let claims_shown =
            shown_claims(json!({"auth_time": 1_767_607_200, "updated_at": "2026-01-05T10:00:00Z"}));
        for claim in claims_shown {
            let expected = Shown::Time {
                machine: "2026-01-05T10:00:00Z".to_owned(),
                words: "5 January 2026, 10:00 UTC".to_owned(),
            };
            assert_eq!(claim.shown, expected, "{}", claim.name);
        }
    }

    #[test]
    fn an_address_is_readable_line_by_line() {
        let claims_shown = shown_claims(json!({"address": {
            "street_address": "St James's Square 12\nSecond floor", "locality": "London"
        }}));
        let Shown::Nested(parts) = &claims_shown[0].shown else {
            panic!("an address has parts")
        };
        let street = parts
            .iter()
            .find(|part| part.name == "street_address")
            .unwrap();
        let lines = ["St James's Square 12", "Second floor"].map(str::to_owned);
        assert_eq!(street.shown, Shown::Lines(lines.to_vec()));
        assert_ne!(street.meaning, "street_address");
    }

    #[test]
    fn known_claims_come_first_and_unknown_ones_keep_their_name() {
        let claims_shown =
            shown_claims(json!({"zebra": 1, "sub": "x", "name": "Ada", "p1.gid": "y"}));
        let names: Vec<_> = claims_shown
            .iter()
            .map(|claim| claim.name.as_str())
            .collect();
        assert_eq!(names, ["name", "sub", "p1.gid", "zebra"]);
        assert_eq!(claims_shown[3].meaning, "zebra");
    }

    #[test]
    fn nesting_without_end_and_odd_instants_are_shown_as_text() {
        let mut deep = json!("end");
        for _ in 0..50 {
            deep = json!({ "more": deep });
        }
        let claims_shown = shown_claims(json!({"deep": deep, "exp": "never", "iat": 1e300}));
        assert_eq!(claims_shown.len(), 3);
    }
}
