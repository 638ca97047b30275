//! `/environments/{environment}/identityProviders/{identityProvider}/attributes`: which attributes
//! of a user are taken from an identity provider (PingOne, "Identity provider attributes").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{IdentityProvider, ProviderType};
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Below, Configuration, Managing};
use crate::api::hal::Shown;
use crate::core::ids::Ids;
use crate::expressions::Expression;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::record::{Events, events};

/// That an attribute is taken from a provider.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderAttribute {
    name: String,
    #[schemars(length(max = 2048))]
    value: String,
    update: Option<Update>,
    mapping_type: Option<MappingType>,
    /// Whether it was last written by somebody who holds every role.
    #[serde(default)]
    #[schemars(skip)]
    of_all_roles: bool,
}

/// When the user's attribute is written.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Update {
    Always,
    EmptyOnly,
}

/// Whether every provider has it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum MappingType {
    Core,
    Custom,
}

/// The one attribute that every provider must give.
const CORE: &str = "username";

/// What the server alone sets.
const RESERVED: [&str; 9] = [
    "account",
    "created",
    "createdAt",
    "enabled",
    "id",
    "lifecycle",
    "mfaEnabled",
    "updated",
    "updatedAt",
];

impl Document for ProviderAttribute {
    const EVENTS: Events = events!("IDENTITY_PROVIDER_ATTRIBUTE");
    const MOST: u32 = 200;

    fn name(&self) -> &str {
        &self.name
    }
}

impl Configuration for ProviderAttribute {
    const PATH: &'static str = "identityProviders/{identityProvider}/attributes";
    const ITEM: &'static str = "attribute";
    const KEY: &'static str = "attributes";
    type Parent = Below<IdentityProvider>;
    type Read = may::ReadIdentityProviders;
    type Manage = may::ManageIdentityProviders;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.of_all_roles = managing.holds_every_role();
        checks::name(&self.name)?;
        if RESERVED
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&self.name))
        {
            let message = "can not be taken from an identity provider";
            return Err(ApiFailure::invalid_value("name", message));
        }
        if self.value.trim().is_empty() {
            return Err(ApiFailure::required_value("value"));
        }
        checks::at_most("value", Some(&self.value), 2048)?;
        self.update.get_or_insert(Update::EmptyOnly);
        let is_core = replaced.is_some_and(Object::is_core);
        self.mapping_type = Some(if is_core {
            MappingType::Core
        } else {
            MappingType::Custom
        });
        if is_core && self.name != CORE {
            let message = "The name of a core attribute can not be changed.";
            return Err(ApiFailure::invalid_value("name", message));
        }
        if is_core && self.update != Some(Update::EmptyOnly) {
            let message = "When a core attribute is written can not be changed.";
            return Err(ApiFailure::invalid_value("update", message));
        }
        Ok(())
    }

    fn check_delete(object: &Object<Self>) -> Result<(), ApiFailure> {
        if object.is_core() {
            let message = "A core attribute can not be deleted.";
            return Err(ApiFailure::constraint(None, message));
        }
        Ok(())
    }

    fn show(_: &Object<Self>, shown: Shown) -> Shown {
        shown.without("ofAllRoles")
    }
}

impl ProviderAttribute {
    /// The attribute of the user.
    pub(crate) fn attribute(&self) -> &str {
        &self.name
    }

    /// What a provider's claims make of it; `None` where they do not tell, and where the mapping is
    /// not understood.
    pub(crate) fn value(
        &self,
        provider: ProviderType,
        claims: &Map<String, Value>,
    ) -> Option<Value> {
        let expression = Expression::parse(&self.value).ok()?;
        expression.evaluate(&|path| match path {
            [root, path @ ..] if root == "providerAttributes" => claim(provider, claims, path),
            _ => None,
        })
    }

    /// Whether it was last written by somebody who holds every role.
    pub(crate) fn is_of_all_roles(&self) -> bool {
        self.of_all_roles
    }

    /// Whether it takes the place of what the user has.
    pub(crate) fn replaces(&self) -> bool {
        self.update == Some(Update::Always)
    }
}

fn claim(provider: ProviderType, claims: &Map<String, Value>, path: &[String]) -> Option<Value> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let path = match (provider, path.as_slice()) {
        // As its other interface calls it, whose names PingOne's mappings have.
        (ProviderType::Google, ["emailAddress", "value"]) => &["email"],
        (_, path) => path,
    };
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(claims.get(*first)?, |value, name| value.get(name))
        .cloned()
}

impl Object<ProviderAttribute> {
    fn is_core(&self) -> bool {
        self.document.mapping_type == Some(MappingType::Core)
    }
}

/// The core attribute of a new provider.
pub(super) fn username_of(
    provider: &Object<IdentityProvider>,
    managing: &Managing<IdentityProvider>,
) -> Result<Change, ApiFailure> {
    let core = &managing.idp;
    let path = format!("identityProviders/{}", provider.document.name);
    let ids = match managing.given() {
        Some(given) => Ids::given(provider.id, path, &given.ids),
        None => Ids::of(provider.id),
    };
    let attribute = Object::new(
        ids.below("attributes", CORE).uuid(),
        provider.environment_id,
        provider.id,
        ProviderAttribute {
            name: CORE.to_owned(),
            value: provider.document.provider_type.username().to_owned(),
            update: Some(Update::EmptyOnly),
            mapping_type: Some(MappingType::Core),
            of_all_roles: provider.document.of_all_roles,
        },
        managing.now,
    );
    Ok(Objects::new(core.db(), core.keyring()).insert(&attribute, core.random())?)
}
