//! What an application's attribute mappings make of the claims about a user (PingOne, "Application
//! attribute mapping").
//!
//! A mapping governs the claim of its name: it is told where the mapping says so, to who asked for
//! one of its scopes, and nowhere else, so that a mapping also keeps a claim out of ID tokens. What
//! an ID token itself rests on is out of its reach.

use db::StoreError;
use jiff::Timestamp;
use protocol::oauth::Scopes;
use serde_json::{Map, Value};

use crate::Idp;
use crate::grants::claims::Told;
use crate::grants::{claims, resource_claims};
use crate::stores::application_attributes::{AttributeMapping, is_reserved};
use crate::stores::applications::{StoredApplication, core_mapping};
use crate::stores::resources::ResourceScopes;
use crate::stores::users::StoredUser;

/// OpenID Connect Core §2: the bound of `sub`.
const LONGEST_SUBJECT: usize = 255;

/// Replaces claims by what the application's mappings say, and returns by which identifier it knows
/// the user where that is not the user's id.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn apply(
    idp: &Idp,
    application: &StoredApplication,
    user: &StoredUser,
    scopes: &Scopes,
    told: Told,
    members: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    resource_claims::tell(idp, application, user, scopes, told, members, now).await?;
    if core_mapping(&application.settings).is_none() {
        return Ok(None);
    }
    let (environment, id) = (application.environment_id, application.id);
    let mappings = idp.attribute_mappings().of(environment, id, now).await?;
    let mut subject = None;
    for mapping in mappings.iter() {
        if mapping.is_core() {
            subject = self::subject(mapping, user);
            continue;
        }
        if is_reserved(&mapping.name) {
            continue;
        }
        members.remove(&mapping.name);
        let is_told = match told {
            Told::IdToken => mapping.id_token,
            Told::UserInfo => mapping.user_info,
        };
        if is_told != Some(false)
            && is_asked_for(idp, application, mapping, scopes).await?
            && let Some(value) = claims::said(&mapping.value, Some(user))
        {
            members.insert(mapping.name.clone(), value);
        }
    }
    Ok(subject)
}

/// Whether one of the mapping's scopes was asked for.
async fn is_asked_for(
    idp: &Idp,
    application: &StoredApplication,
    mapping: &AttributeMapping,
    scopes: &Scopes,
) -> Result<bool, StoreError> {
    let known = ResourceScopes::new(idp.db());
    for id in mapping.oidc_scopes.iter().flatten() {
        let scope = known.find(application.environment_id, *id).await?;
        if scope.is_some_and(|scope| scopes.contains(&scope.name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What cannot be an identifier leaves the user's id in its place.
fn subject(mapping: &AttributeMapping, user: &StoredUser) -> Option<String> {
    let text = match claims::said(&mapping.value, Some(user))? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_identifier = !text.is_empty() && text.len() <= LONGEST_SUBJECT;
    (is_identifier && text != user.id.to_string()).then_some(text)
}
