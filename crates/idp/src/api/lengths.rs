//! How long a text of a body may be: one bound for each member, by its name. The document of the API
//! tells it, and every body is held to it before it is read.
//!
//! A resource that takes less checks it itself, and says so in its type (`#[schemars(length(max =
//! …))]`); none takes more.

use protocol::names::MAX_USERNAME_CHARACTERS;
use serde_json::{Map, Value};

use super::checks;
use crate::requests::failures::api::ApiFailure;

/// A page, a template, or a picture within a text.
const PAGE: usize = 100_000;

/// A set of keys.
const KEY_SET: usize = 65_536;

/// What may be laid out (PingOne's forms keep that as JSON).
const LAID_OUT: usize = 20_000;

/// One key, or an account of a service as its console gives it out.
const KEY: usize = 16 * 1024;

/// Everything that has no bound of its own.
const ANY: usize = 8192;

/// An expression, or a sentence for people.
const SENTENCE: usize = 4096;

/// An address, as long as browsers take them.
const ADDRESS: usize = 2048;

const DESCRIPTION: usize = 1024;

const NAME: usize = 256;

/// A host of the DNS (RFC 1035).
const DOMAIN: usize = 253;

/// An email address (RFC 5321 section 4.5.3.1.3).
const MAIL_ADDRESS: usize = 254;

const LABEL: usize = 100;

/// What messages are counted by.
const GROUPING: usize = 64;

/// A language tag, as RFC 5646 section 4.4.1 advises.
const LOCALE: usize = 35;

/// What is dialled behind a number.
const EXTENSION: usize = 16;

/// The objects of which the members are the clients' own: what holds them bounds their size.
const OF_THE_CLIENTS: &str = "customData";

/// The maps whose keys the clients choose: their texts are held to what the map's own name allows.
const MAPS: [&str; 2] = ["headers", "variables"];

/// The most characters of the member with this name.
pub(crate) fn longest(name: &str) -> usize {
    match name {
        "backgroundImage"
        | "body"
        | "cardDesignTemplate"
        | "content"
        | "customEmailTemplate"
        | "icon"
        | "logoImage"
        | "text" => PAGE,
        "jwks" => KEY_SET,
        "errorMessage" | "fallbackText" | "label" | "labelPasswordVerify" => LAID_OUT,
        "clientSecret" | "googleServiceAccountCredentials" | "key" | "token" => KEY,
        "expression"
        | "footer"
        | "headers"
        | "populationExpression"
        | "promptText"
        | "translatedText"
        | "value" => SENTENCE,
        "appOpenUrl" | "audience" | "href" | "url" | "userFilter" => ADDRESS,
        "acrValues"
        | "description"
        | "externalId"
        | "ldapAttribute"
        | "pattern"
        | "requirements"
        | "statusDetails"
        | "valuesPatternShouldMatch"
        | "valuesPatternShouldNotMatch" => DESCRIPTION,
        "action"
        | "alertName"
        | "alternativeIdentifiers"
        | "compactName"
        | "companyName"
        | "displayName"
        | "family"
        | "formatted"
        | "given"
        | "honorificPrefix"
        | "honorificSuffix"
        | "id"
        | "middle"
        | "name"
        | "nameFormat"
        | "scopes"
        | "secretKey"
        | "service"
        | "siteKey"
        | "sourceAttribute"
        | "subject"
        | "targetAttribute"
        | "title" => NAME,
        "domainName" | "host" | "relyingPartyId" => DOMAIN,
        "email" | "emailAddress" => MAIL_ADDRESS,
        "username" => MAX_USERNAME_CHARACTERS,
        "deviceDisplayName" | "nickname" | "variant" | "webVerificationCode" => LABEL,
        "groupBy" => GROUPING,
        "locale" => LOCALE,
        "extension" => EXTENSION,
        name if ["Endpoint", "Uri", "Uris", "Url", "Urls"]
            .iter()
            .any(|end| name.ends_with(end)) =>
        {
            ADDRESS
        }
        _ => ANY,
    }
}

/// That no text among these members is too long.
///
/// # Errors
///
/// `INVALID_VALUE` with the names that lead to the first that is.
pub(crate) fn check(members: &Map<String, Value>) -> Result<(), ApiFailure> {
    members_below("", members)
}

fn members_below(above: &str, members: &Map<String, Value>) -> Result<(), ApiFailure> {
    let mut members = members.iter().filter(|(name, _)| *name != OF_THE_CLIENTS);
    members.try_for_each(|(name, value)| {
        if above.is_empty() {
            member(name, name, value)
        } else {
            member(&format!("{above}.{name}"), name, value)
        }
    })
}

fn member(path: &str, name: &str, value: &Value) -> Result<(), ApiFailure> {
    match value {
        Value::String(text) => checks::at_most(path, Some(text), longest(name)),
        Value::Array(items) => items.iter().try_for_each(|item| member(path, name, item)),
        Value::Object(members) if MAPS.contains(&name) => members
            .iter()
            .try_for_each(|(key, value)| member(&format!("{path}.{key}"), name, value)),
        Value::Object(members) => members_below(path, members),
        Value::Bool(_) | Value::Null | Value::Number(_) => Ok(()),
    }
}
