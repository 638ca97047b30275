//! The claims that the attributes of resources say: of custom resources in access tokens, of the
//! resource `openid` in ID tokens and in user information (PingOne, "Resource attributes").

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{EnvironmentId, ResourceId};
use protocol::jose::AccessTokenClaims;
use protocol::oauth::Scopes;
use serde_json::{Map, Value, json};

use super::claims::{self, Told};
use crate::Idp;
use crate::stores::applications::StoredApplication;
use crate::stores::resource_attributes::{AttributeKind, ResourceAttribute, SUBJECT};
use crate::stores::users::StoredUser;

/// Adds what a custom resource's attributes say to the claims of an access token for it. Without a
/// user, what they say of users is left out.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn add(
    idp: &Idp,
    environment: EnvironmentId,
    resource: ResourceId,
    user: Option<&StoredUser>,
    claims: &mut AccessTokenClaims,
    now: Timestamp,
) -> Result<(), StoreError> {
    let found = idp.resource_attributes().of(environment, resource, now);
    for (_, attribute) in &found.await?.attributes {
        if SUBJECT == (attribute.name.as_str(), attribute.value.as_str()) {
            continue;
        }
        match claims::said(&attribute.value, user) {
            // A token without a user stays one: it is told by the absence of a subject.
            Some(Value::String(subject)) if attribute.name == SUBJECT.0 => {
                if claims.sub.is_some() && !subject.is_empty() {
                    claims.sub = Some(subject);
                }
            }
            Some(value) if attribute.name != SUBJECT.0 => {
                claims.additional.insert(attribute.name.clone(), value);
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// Changes claims about a user to what the attributes of the resource `openid` say: each is told to
/// who asked for a scope that stands for it, where its switches let it.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn tell(
    idp: &Idp,
    application: &StoredApplication,
    user: &StoredUser,
    scopes: &Scopes,
    told: Told,
    members: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let granted = idp.granted().find(application.id, now).await?;
    let Some(openid) = granted.openid() else {
        return Ok(());
    };
    let environment = application.environment_id;
    let attributes = idp.resource_attributes().of(environment, openid.id, now);
    let attributes = attributes.await?;
    if attributes.are_as_they_began && openid.maps_nothing() {
        return Ok(());
    }
    for (id, attribute) in &attributes.attributes {
        let is_predefined = attribute.kind == AttributeKind::Predefined;
        let is_standard = is_predefined && scopes.contains(claims::scope_of(&attribute.name));
        let is_mapped = openid.maps(scopes, *id);
        let switch = match told {
            Told::IdToken => attribute.id_token,
            Told::UserInfo => attribute.user_info,
        };
        if switch == Some(false) {
            put(members, &attribute.name, None);
        } else if is_mapped || is_standard && !attribute.is_standard() {
            put(members, &attribute.name, value(attribute, user));
        }
    }
    Ok(())
}

/// What an attribute says of a user; what OpenID Connect says of it unless it was changed.
fn value(attribute: &ResourceAttribute, user: &StoredUser) -> Option<Value> {
    if !attribute.is_standard() {
        return claims::said(&attribute.value, Some(user));
    }
    let scope = std::iter::once(claims::scope_of(&attribute.name)).collect();
    let mut standard = claims::about(user, &scope);
    match attribute.name.split_once('.') {
        Some((object, member)) => standard.get_mut(object)?.get_mut(member).map(Value::take),
        None => standard.remove(&attribute.name),
    }
}

/// Sets or takes away a claim, `address.locality` inside the claim `address`.
fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    let object = "address";
    let member = name.strip_prefix("address.");
    let Some(member) = member else {
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.remove(name),
        };
        return;
    };
    let Some(value) = value else {
        if let Some(Value::Object(inside)) = members.get_mut(object) {
            inside.remove(member);
            if inside.is_empty() {
                members.remove(object);
            }
        }
        return;
    };
    let object = members.entry(object).or_insert_with(|| json!({}));
    if let Value::Object(object) = object {
        object.insert(member.to_owned(), value);
    }
}
