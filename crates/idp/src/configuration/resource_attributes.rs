//! `/environments/{environment}/resources/{resource}/attributes` (PingOne, "Resource attributes").

use protocol::pingone::ResourceType;

use super::resource_parts::resource_above;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{BelowRow, Configuration, Managing};
use crate::expressions::Expression;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
use crate::stores::resource_attributes::{AttributeKind, ResourceAttribute};
use crate::stores::resources::StoredResource;

/// What tokens say of themselves, which no attribute changes.
const RESERVED: [&str; 16] = [
    "acr",
    "amr",
    "aud",
    "auth_time",
    "client_id",
    "env",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "org",
    "pi.sri",
    "scope",
    "sid",
    "sub",
];

impl Configuration for ResourceAttribute {
    const PATH: &'static str = "resources/{resource}/attributes";
    const ITEM: &'static str = "attribute";
    const KEY: &'static str = "attributes";
    const FILTERS: &'static [&'static str] = &["name", "type"];
    type Parent = BelowRow<StoredResource>;
    type Read = may::ReadResources;
    type Manage = may::ManageResources;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let resource_type = resource_above(managing).await?.details.resource_type;
        self.kind = replaced.map_or(AttributeKind::Custom, |object| object.document.kind);
        self.name = checks::name(&self.name)?;
        let is_new = replaced.is_none_or(|object| object.document.name != self.name);
        if is_new && self.kind != AttributeKind::Custom {
            let message = "cannot be changed of an attribute that every resource has";
            return Err(ApiFailure::invalid_value("name", message));
        }
        if is_new && (RESERVED.contains(&self.name.as_str()) || self.name.starts_with("p1.")) {
            let message = "is reserved for what tokens say of themselves";
            return Err(ApiFailure::invalid_value("name", message));
        }
        if self.value.is_empty() && self.kind != AttributeKind::Predefined {
            return Err(ApiFailure::required_value("value"));
        }
        if let Err(misread) = Expression::parse(&self.value) {
            return Err(ApiFailure::invalid_value("value", misread.to_string()));
        }
        match resource_type {
            ResourceType::PingoneApi => {
                let message = "The resource PingOne API has no attributes.";
                Err(ApiFailure::constraint(None, message))
            }
            ResourceType::OpenidConnect => {
                let kept = replaced.map(|object| &object.document);
                let kept = |switch: fn(&Self) -> Option<bool>| kept.and_then(switch);
                let id_token = self.id_token.or_else(|| kept(|one| one.id_token));
                let user_info = self.user_info.or_else(|| kept(|one| one.user_info));
                self.id_token = Some(id_token.unwrap_or(true));
                self.user_info = Some(user_info.unwrap_or(true));
                if self.id_token == Some(false) && self.user_info == Some(false) {
                    let message = "must be true where userInfo is false";
                    return Err(ApiFailure::invalid_value("idToken", message));
                }
                Ok(())
            }
            ResourceType::Custom => {
                for (member, switch) in [("idToken", self.id_token), ("userInfo", self.user_info)] {
                    if switch.is_some() {
                        let message = "is for attributes of the resource openid";
                        return Err(ApiFailure::invalid_value(member, message));
                    }
                }
                Ok(())
            }
        }
    }

    fn check_delete(object: &Object<Self>) -> Result<(), ApiFailure> {
        if object.document.kind == AttributeKind::Custom {
            return Ok(());
        }
        let message = "An attribute that every resource has can not be deleted";
        Err(ApiFailure::constraint(None, message))
    }
}
