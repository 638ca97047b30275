//! Claims about a user, by scope: OpenID Connect Core §5.4, with PingOne's attributes behind them
//! (PingOne, "OpenID Connect attributes").

use protocol::oauth::Scopes;
use protocol::pingone::date;
use serde_json::{Map, Value, json};

use crate::expressions::Expression;
use crate::stores::users::StoredUser;

/// Where claims are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    IdToken,
    UserInfo,
}

/// The names of all claims that [`about`] may give.
pub(crate) const NAMES: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "picture",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "address",
    "phone_number",
    "phone_number_verified",
];

/// The claims that `scopes` stand for. An attribute without a value is left out.
pub(crate) fn about(user: &StoredUser, scopes: &Scopes) -> Map<String, Value> {
    let mut claims = Map::new();
    if scopes.contains("profile") {
        profile(user, &mut claims);
    }
    if scopes.contains("email") {
        claims.insert("email".to_owned(), json!(user.email));
        claims.insert("email_verified".to_owned(), json!(user.email_verified));
    }
    if scopes.contains("address")
        && let Some(address) = address(user)
    {
        claims.insert("address".to_owned(), address);
    }
    if scopes.contains("phone")
        && let Some(phone) = text(user, "primaryPhone").or_else(|| text(user, "mobilePhone"))
    {
        claims.insert("phone_number".to_owned(), json!(phone));
        // Nothing here proves a telephone number.
        claims.insert("phone_number_verified".to_owned(), json!(false));
    }
    claims
}

fn profile(user: &StoredUser, claims: &mut Map<String, Value>) {
    let name = |part| member(user, "name", part);
    let values = [
        (
            "name",
            name("formatted")
                .map(str::to_owned)
                .or_else(|| full_name(user)),
        ),
        ("given_name", name("given").map(str::to_owned)),
        ("family_name", name("family").map(str::to_owned)),
        ("middle_name", name("middle").map(str::to_owned)),
        ("nickname", text(user, "nickname").map(str::to_owned)),
        ("preferred_username", Some(user.username.clone())),
        ("picture", member(user, "photo", "href").map(str::to_owned)),
        ("zoneinfo", text(user, "timezone").map(str::to_owned)),
        (
            "locale",
            text(user, "locale")
                .or_else(|| text(user, "preferredLanguage"))
                .map(str::to_owned),
        ),
    ];
    for (claim, value) in values {
        if let Some(value) = value {
            claims.insert(claim.to_owned(), Value::String(value));
        }
    }
    claims.insert("updated_at".to_owned(), json!(user.updated_at.as_second()));
}

fn full_name(user: &StoredUser) -> Option<String> {
    let parts = ["given", "family"].map(|part| member(user, "name", part));
    let name: Vec<&str> = parts.into_iter().flatten().collect();
    (!name.is_empty()).then(|| name.join(" "))
}

fn address(user: &StoredUser) -> Option<Value> {
    const MEMBERS: [(&str, &str); 5] = [
        ("street_address", "streetAddress"),
        ("locality", "locality"),
        ("region", "region"),
        ("postal_code", "postalCode"),
        ("country", "countryCode"),
    ];
    let mut address = Map::new();
    let mut lines = Vec::new();
    for (claim, attribute) in MEMBERS {
        if let Some(value) = member(user, "address", attribute) {
            address.insert(claim.to_owned(), json!(value));
            lines.push(value);
        }
    }
    if address.is_empty() {
        return None;
    }
    let formatted = lines.join("\n");
    address.insert("formatted".to_owned(), Value::String(formatted));
    Some(Value::Object(address))
}

fn text<'a>(user: &'a StoredUser, attribute: &str) -> Option<&'a str> {
    user.attributes
        .get(attribute)?
        .as_str()
        .filter(|text| !text.is_empty())
}

fn member<'a>(user: &'a StoredUser, attribute: &str, member: &str) -> Option<&'a str> {
    let value = user.attributes.get(attribute)?.get(member)?.as_str()?;
    (!value.is_empty()).then_some(value)
}

/// A claim that is longer as JSON is left out.
const LONGEST: usize = 4096;

/// What an attribute or a mapping says: the value of its expression, if there is one and it is not
/// too long. Without a user, what it says of one is left out.
pub(crate) fn said(expression: &str, user: Option<&StoredUser>) -> Option<Value> {
    let expression = Expression::parse(expression).ok()?;
    let value = expression.evaluate(&|path| attribute(user?, path))?;
    (value.to_string().len() <= LONGEST).then_some(value)
}

/// The scope that stands for a claim of OpenID Connect.
pub(crate) fn scope_of(claim: &str) -> &'static str {
    match claim {
        "email" | "email_verified" => "email",
        "phone_number" | "phone_number_verified" => "phone",
        claim if claim.starts_with("address") => "address",
        _ => "profile",
    }
}

/// What stands behind a path of an attribute mapping, such as `user.name.given`.
pub(crate) fn attribute(user: &StoredUser, path: &[String]) -> Option<Value> {
    let [root, first, rest @ ..] = path else {
        return None;
    };
    if root != "user" {
        return None;
    }
    let value = match first.as_str() {
        "id" => json!(user.id),
        "username" => json!(user.username),
        // What decides who somebody is has to be proven: an address that somebody merely entered
        // could be anybody's.
        "email" => json!(user.mailbox()),
        "emailVerified" => json!(user.email_verified),
        "enabled" => json!(user.enabled),
        "mfaEnabled" => json!(user.mfa_enabled),
        "environment" => json!({"id": user.environment_id}),
        "population" => json!({"id": user.population_id}),
        "createdAt" => json!(date::written(user.created_at)),
        "updatedAt" => json!(date::written(user.updated_at)),
        other => user.attributes.get(other)?.clone(),
    };
    rest.iter()
        .try_fold(value, |value, name| value.get(name).cloned())
}
