//! The claims of an access token for a custom resource: what the resource's attributes say (PingOne,
//! "Resource attributes").

use db::StoreError;
use protocol::id::{EnvironmentId, ResourceId};
use protocol::jose::AccessTokenClaims;
use serde_json::Value;

use super::claims;
use crate::Idp;
use crate::expressions::Expression;
use crate::stores::configuration::Objects;
use crate::stores::resource_attributes::{ResourceAttribute, SUBJECT};
use crate::stores::users::StoredUser;

/// A claim that is longer as JSON is left out.
const LONGEST_CLAIM: usize = 4096;

/// Adds what a resource's attributes say to the claims of an access token for it. Without a user,
/// what they say of users is left out.
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
) -> Result<(), StoreError> {
    let attributes = Objects::<ResourceAttribute>::new(idp.db(), idp.keyring());
    let attributes = attributes.list(environment, resource.as_uuid()).await?;
    let find = |path: &[String]| claims::attribute(user?, path);
    for attribute in attributes.into_iter().map(|object| object.document) {
        if SUBJECT == (attribute.name.as_str(), attribute.value.as_str()) {
            continue;
        }
        let value = Expression::parse(&attribute.value).ok();
        let value = value.and_then(|value| value.evaluate(&find));
        let value = value.filter(|value| value.to_string().len() <= LONGEST_CLAIM);
        match value {
            // A token without a user stays one: it is told by the absence of a subject.
            Some(Value::String(subject)) if attribute.name == SUBJECT.0 => {
                if claims.sub.is_some() && !subject.is_empty() {
                    claims.sub = Some(subject);
                }
            }
            Some(value) if attribute.name != SUBJECT.0 => {
                claims.additional.insert(attribute.name, value);
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}
