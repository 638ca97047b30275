//! Checks of values that members of many resources share.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use protocol::id::EnvironmentId;
use protocol::names::EmailAddress;
use protocol::pingone::{CorsBehavior, CorsSettings};
use serde_json::Value;
use url::Url;

use crate::access::wildcards;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::Reference;

const LONGEST_NAME: usize = 256;

/// PingOne's bound of `corsSettings.origins`.
const MOST_ORIGINS: usize = 20;

/// The name of a resource.
///
/// # Errors
///
/// `REQUIRED_VALUE` when it is blank, `INVALID_VALUE` when it is too long or has control characters.
pub(crate) fn name(name: &str) -> Result<String, ApiFailure> {
    if name.trim().is_empty() {
        return Err(ApiFailure::required_value("name"));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = "must have at most 256 characters and no control characters";
        return Err(ApiFailure::invalid_value("name", message));
    }
    Ok(name.to_owned())
}

/// That a text has no more than so many characters.
///
/// # Errors
///
/// `INVALID_VALUE` with the member's name.
pub(crate) fn at_most(target: &str, text: Option<&str>, longest: usize) -> Result<(), ApiFailure> {
    if text.is_none_or(|text| text.chars().count() <= longest) {
        return Ok(());
    }
    let message = format!("must have at most {longest} characters");
    Err(ApiFailure::invalid_value(target, message))
}

/// That settings of origins list what browsers send, and neither too few nor too many.
///
/// # Errors
///
/// `INVALID_VALUE` for `target`.
pub(crate) fn cors(target: &str, settings: Option<&CorsSettings>) -> Result<(), ApiFailure> {
    let Some(cors) = settings else {
        return Ok(());
    };
    match cors.behavior {
        CorsBehavior::AllowNoOrigins if cors.origins.is_empty() => Ok(()),
        CorsBehavior::AllowNoOrigins => Err(ApiFailure::invalid_value(
            target,
            "must be empty for ALLOW_NO_ORIGINS",
        )),
        CorsBehavior::AllowSpecificOrigins => {
            if (1..=MOST_ORIGINS).contains(&cors.origins.len())
                && cors.origins.iter().all(|origin| is_origin(origin))
            {
                return Ok(());
            }
            let message = format!(
                "must hold 1 to {MOST_ORIGINS} origins as browsers send them, such as \
                 https://app.example; an asterisk can be the first label of a host with two more"
            );
            Err(ApiFailure::invalid_value(target, message))
        }
    }
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.origin().ascii_serialization() == text
            && wildcards::check_host(url.host_str().unwrap_or_default()).is_ok()
    })
}

/// That a list has no more than so many items.
///
/// # Errors
///
/// `INVALID_VALUE` with the member's name.
pub(crate) fn no_more_than<T>(target: &str, list: &[T], most: usize) -> Result<(), ApiFailure> {
    if list.len() <= most {
        return Ok(());
    }
    let message = format!("must have at most {most} items");
    Err(ApiFailure::invalid_value(target, message))
}

/// That no list and no object of a document has more than `most` items. For documents whose lists
/// have no bounds of their own.
///
/// # Errors
///
/// `INVALID_VALUE` with the member's name.
pub(crate) fn bounded(document: &Value, most: usize) -> Result<(), ApiFailure> {
    bounded_at("", document, most)
}

fn bounded_at(at: &str, value: &Value, most: usize) -> Result<(), ApiFailure> {
    let below = |name: &str| match at {
        "" => name.to_owned(),
        at => format!("{at}.{name}"),
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        Value::Array(items) => {
            no_more_than(at, items, most)?;
            let mut items = items.iter().enumerate();
            items.try_for_each(|(n, item)| bounded_at(&below(&n.to_string()), item, most))
        }
        Value::Object(members) => {
            if members.len() > most {
                let message = format!("must have at most {most} members");
                return Err(ApiFailure::invalid_value(at, message));
            }
            let mut members = members.iter();
            members.try_for_each(|(name, member)| {
                at_most(&below("…"), Some(name), 256)?;
                bounded_at(&below(name), member, most)
            })
        }
    }
}

/// That a text is the address of a mailbox.
///
/// # Errors
///
/// `INVALID_VALUE` with the member's name.
pub(crate) fn email(target: &str, address: &str) -> Result<(), ApiFailure> {
    match EmailAddress::parse(address) {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiFailure::invalid_value(target, "must be a mail address")),
    }
}

/// That a text is an absolute address with one of these schemes.
///
/// # Errors
///
/// `INVALID_VALUE` with the member's name.
pub(crate) fn url(target: &str, text: &str, schemes: &[&str]) -> Result<(), ApiFailure> {
    at_most(target, Some(text), 2048)?;
    match Url::parse(text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => Ok(()),
        _ => {
            let message = format!("must be an absolute address ({})", schemes.join(", "));
            Err(ApiFailure::invalid_value(target, message))
        }
    }
}

/// The headers of requests that are sent to somebody.
///
/// # Errors
///
/// `INVALID_VALUE` with the member's name.
pub(crate) fn headers(target: &str, headers: &BTreeMap<String, String>) -> Result<(), ApiFailure> {
    if headers.len() > 20 {
        return Err(ApiFailure::invalid_value(
            target,
            "must have at most 20 headers",
        ));
    }
    for (name, value) in headers {
        let fits = HeaderName::try_from(name).is_ok()
            && HeaderValue::try_from(value).is_ok()
            && value.len() <= 4096;
        if !fits {
            return Err(ApiFailure::invalid_value(
                target,
                "has a header that cannot be sent",
            ));
        }
    }
    Ok(())
}

/// That there is what members name.
pub(crate) async fn references(
    idp: &Idp,
    environment: EnvironmentId,
    named: &[Reference],
) -> Result<(), ApiFailure> {
    for reference in named {
        if !reference.holds(idp.db(), environment).await? {
            let message = "names something that does not exist in the environment";
            return Err(ApiFailure::invalid_value(reference.member, message));
        }
    }
    Ok(())
}
