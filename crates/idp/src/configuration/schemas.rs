//! `/environments/{environment}/schemas` and their attributes: what users are made of (PingOne,
//! "Schemas").

use jiff::Timestamp;
use protocol::id::EnvironmentId;

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Below, Configuration, Managing, TopLevel};
use crate::api::hal::Shown;
use crate::core::Core;
use crate::core::ids::Ids;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Object, Objects};
use crate::stores::user_schemas::{
    AttributeType, EnumeratedValue, RegexValidation, Schema, SchemaAttribute, SchemaType,
    SubAttribute,
};
use db::StoreError;

impl Configuration for Schema {
    const PATH: &'static str = "schemas";
    const ITEM: &'static str = "schema";
    type Parent = TopLevel;
    type Read = may::ReadSchemas;
    type Manage = may::ManageSchemas;

    fn show(_: &Object<Self>, shown: Shown) -> Shown {
        shown.linking_below("attributes")
    }
}

/// How many values, examples or the like a list has at most.
const MOST: usize = 100;

/// What a body or an answer calls something else, or what is kept under a name of its own.
const RESERVED: [&str; 10] = [
    "_embedded",
    "_links",
    "emailVerified",
    "identityProvider",
    "lastSignOn",
    "memberOfGroupIDs",
    "memberOfGroupNames",
    "memberOfGroups",
    "password",
    "provenEmail",
];

impl Configuration for SchemaAttribute {
    const PATH: &'static str = "schemas/{schema}/attributes";
    const ITEM: &'static str = "attribute";
    const KEY: &'static str = "attributes";
    const FILTERS: &'static [&'static str] = &["name", "enabled", "schemaType", "type"];
    type Parent = Below<Schema>;
    type Read = may::ReadSchemas;
    type Manage = may::ManageSchemas;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        for (member, text) in [
            ("displayName", &self.display_name),
            ("description", &self.description),
            ("ldapAttribute", &self.ldap_attribute),
        ] {
            checks::at_most(member, text.as_deref(), 1024)?;
        }
        let stored = replaced.map(|object| &object.document);
        match stored.and_then(|stored| stored.schema_type) {
            Some(OfServer | Standard) => {
                if let Some(stored) = stored {
                    self.keep_built_in(stored)?;
                }
            }
            Some(SchemaType::Custom) | None => self.check_custom(stored)?,
        }
        self.check_pattern()?;
        let was_unique = stored.is_some_and(|stored| stored.unique);
        if self.unique && !was_unique {
            let schemas = managing.idp.user_schemas();
            if schemas.has_shared_values(managing.id(), &self.name).await? {
                let message = "Users share values of the attribute.";
                return Err(ApiFailure::constraint(Some("unique"), message));
            }
        }
        Ok(())
    }

    fn check_delete(object: &Object<Self>) -> Result<(), ApiFailure> {
        if object.document.schema_type == Some(SchemaType::Custom) {
            return Ok(());
        }
        let message = "An attribute of PingOne's can not be deleted.";
        Err(ApiFailure::constraint(None, message))
    }
}

impl SchemaAttribute {
    /// Of an attribute of PingOne's, it can be changed whether it is enabled, and of a text besides
    /// whether it is unique and which pattern it matches.
    fn keep_built_in(&mut self, stored: &Self) -> Result<(), ApiFailure> {
        let is_core = stored.schema_type == Some(SchemaType::Core);
        let is_text = stored.attribute_type == AttributeType::String;
        for (member, changed) in [
            ("name", self.name != stored.name),
            ("type", self.attribute_type != stored.attribute_type),
            (
                "displayName",
                differs(self.display_name.as_ref(), stored.display_name.as_ref()),
            ),
            (
                "description",
                differs(self.description.as_ref(), stored.description.as_ref()),
            ),
            ("required", self.required != stored.required),
            ("multiValued", self.multi_valued != stored.multi_valued),
            ("enabled", is_core && self.enabled != stored.enabled),
            (
                "unique",
                (is_core || !is_text) && self.unique != stored.unique,
            ),
            (
                "regexValidation",
                (is_core || !is_text) && self.regex_validation != stored.regex_validation,
            ),
            ("enumeratedValues", self.enumerated_values.is_some()),
        ] {
            if changed {
                let message = "can not be changed of an attribute of PingOne's";
                return Err(ApiFailure::invalid_value(member, message));
            }
        }
        let sent = std::mem::replace(self, stored.clone());
        self.enabled = sent.enabled;
        self.unique = sent.unique;
        self.regex_validation = sent.regex_validation;
        Ok(())
    }

    fn check_custom(&mut self, stored: Option<&Self>) -> Result<(), ApiFailure> {
        let refused = |member: &str, message: &str| Err(ApiFailure::invalid_value(member, message));
        checks::name(&self.name)?;
        self.check_values()?;
        let is_name = self
            .name
            .starts_with(|first: char| first.is_ascii_alphabetic())
            && self
                .name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name {
            return refused(
                "name",
                "must be a letter, and letters, digits and hyphens behind it",
            );
        }
        if RESERVED
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&self.name))
        {
            return refused("name", "is used for something else");
        }
        if stored.is_some_and(|stored| stored.name != self.name) {
            return refused("name", "The name of an attribute can not be changed.");
        }
        if stored.is_some_and(|stored| stored.attribute_type != self.attribute_type) {
            return refused("type", "The type of an attribute can not be changed.");
        }
        if !matches!(self.attribute_type, Json | Text) {
            return Err(ApiFailure::not_one_of("type", &["STRING", "JSON"]));
        }
        if self
            .schema_type
            .is_some_and(|sent| sent != SchemaType::Custom)
        {
            return Err(ApiFailure::not_one_of("schemaType", &["CUSTOM"]));
        }
        self.schema_type = Some(SchemaType::Custom);
        if stored.is_some_and(|stored| stored.multi_valued) && !self.multi_valued {
            return refused("multiValued", "can be changed from false to true only");
        }
        let is_text = self.attribute_type == AttributeType::String;
        for (member, is_set) in [
            ("unique", self.unique),
            ("enumeratedValues", self.enumerated_values.is_some()),
            ("regexValidation", self.regex_validation.is_some()),
        ] {
            if is_set && !is_text {
                return refused(member, "goes with the type STRING only");
            }
        }
        if self
            .sub_attributes
            .as_ref()
            .is_some_and(|all| !all.is_empty())
        {
            return refused("subAttributes", "goes with the type COMPLEX only");
        }
        Ok(())
    }

    fn check_values(&self) -> Result<(), ApiFailure> {
        let Some(values) = &self.enumerated_values else {
            return Ok(());
        };
        let refused = |message: &str| Err(ApiFailure::invalid_value("enumeratedValues", message));
        if values.len() > MOST {
            return refused("must be at most 100");
        }
        for (position, EnumeratedValue { value, .. }) in values.iter().enumerate() {
            if value.trim().is_empty() {
                return refused("none may be empty");
            }
            checks::at_most("enumeratedValues.value", Some(value), 256)?;
            if values
                .iter()
                .skip(position + 1)
                .any(|other| other.value == *value)
            {
                return refused("must differ from one another");
            }
        }
        Ok(())
    }

    /// The pattern must do what its examples say.
    fn check_pattern(&self) -> Result<(), ApiFailure> {
        let Some(validation) = &self.regex_validation else {
            return Ok(());
        };
        let refused = |member: &str, message: &str| {
            Err(ApiFailure::invalid_value(
                &format!("regexValidation.{member}"),
                message,
            ))
        };
        let RegexValidation {
            pattern,
            requirements: _,
            values_pattern_should_match,
            values_pattern_should_not_match,
        } = validation;
        if pattern.is_empty() || pattern.len() > 4096 {
            return refused("pattern", "must have 1 to 4096 characters");
        }
        let Some(compiled) = validation.compile() else {
            let message = "is no regular expression that is understood; there is no look-around \
                           and no reference back";
            return refused("pattern", message);
        };
        for (member, values, should_match) in [
            (
                "valuesPatternShouldMatch",
                values_pattern_should_match,
                true,
            ),
            (
                "valuesPatternShouldNotMatch",
                values_pattern_should_not_match,
                false,
            ),
        ] {
            let values = values.as_deref().unwrap_or_default();
            if values.len() > MOST || values.iter().any(|value| value.len() > 1024) {
                return refused(
                    member,
                    "must be at most 100, each of at most 1024 characters",
                );
            }
            if values
                .iter()
                .any(|value| compiled.is_match(value) != should_match)
            {
                return refused(member, "is not what the pattern does");
            }
        }
        Ok(())
    }
}

/// Whether a text was sent that is another one; one that is left out stays.
fn differs(sent: Option<&String>, stored: Option<&String>) -> bool {
    sent.is_some_and(|sent| stored != Some(sent))
}

use AttributeType::{Boolean, Complex, Json, String as Text};
use SchemaType::{Core as OfServer, Standard};

/// The attributes that PingOne gives users, as far as this service has them.
const BUILT_IN: [(&str, AttributeType, SchemaType, &[&str]); 29] = [
    ("id", Text, OfServer, &[]),
    ("environment", Complex, OfServer, &["id"]),
    ("population", Complex, OfServer, &["id"]),
    ("username", Text, OfServer, &[]),
    ("enabled", Boolean, OfServer, &[]),
    ("createdAt", Text, OfServer, &[]),
    ("updatedAt", Text, OfServer, &[]),
    (
        "account",
        Complex,
        OfServer,
        &["canAuthenticate", "status", "lockedAt", "unlockAt"],
    ),
    ("lifecycle", Complex, OfServer, &["status"]),
    ("mfaEnabled", Boolean, OfServer, &[]),
    ("identityProvider", Complex, OfServer, &["id", "type"]),
    ("lastSignOn", Complex, OfServer, &["at", "remoteIp"]),
    ("verifyStatus", Text, OfServer, &[]),
    ("memberOfGroups", Json, OfServer, &[]),
    ("emailVerified", Boolean, OfServer, &[]),
    ("email", Text, Standard, &[]),
    (
        "name",
        Complex,
        Standard,
        &[
            "given",
            "middle",
            "family",
            "formatted",
            "honorificPrefix",
            "honorificSuffix",
        ],
    ),
    (
        "address",
        Complex,
        Standard,
        &[
            "streetAddress",
            "locality",
            "region",
            "postalCode",
            "countryCode",
        ],
    ),
    ("photo", Complex, Standard, &["href"]),
    ("accountId", Text, Standard, &[]),
    ("externalId", Text, Standard, &[]),
    ("locale", Text, Standard, &[]),
    ("mobilePhone", Text, Standard, &[]),
    ("nickname", Text, Standard, &[]),
    ("preferredLanguage", Text, Standard, &[]),
    ("primaryPhone", Text, Standard, &[]),
    ("timezone", Text, Standard, &[]),
    ("title", Text, Standard, &[]),
    ("type", Text, Standard, &[]),
];

/// What every environment begins with.
pub(super) fn seed(
    core: &Core,
    environment: EnvironmentId,
    ids: &Ids<'_>,
    now: Timestamp,
) -> Result<Change, StoreError> {
    let ids = ids.below("schemas", "User");
    let schema = Object::new(
        ids.uuid(),
        environment,
        environment.as_uuid(),
        Schema {
            name: "User".to_owned(),
            description: Some("What users are made of".to_owned()),
        },
        now,
    );
    let schemas = Objects::new(core.db(), core.keyring());
    let attributes = Objects::new(core.db(), core.keyring());
    let made = schemas.insert(&schema, core.random())?;
    BUILT_IN.iter().try_fold(made, |change, built_in| {
        let document = attribute(built_in);
        let id = ids.below("attributes", &document.name).uuid();
        let attribute = Object::new(id, environment, schema.id, document, now);
        Ok(change.and(attributes.insert(&attribute, core.random())?))
    })
}

fn attribute(
    &(name, attribute_type, schema_type, parts): &(&str, AttributeType, SchemaType, &[&str]),
) -> SchemaAttribute {
    let part = |name: &&str| SubAttribute {
        name: (*name).to_owned(),
        attribute_type: Text,
        enabled: true,
        unique: false,
        required: false,
        multi_valued: false,
        schema_type: Some(schema_type),
    };
    SchemaAttribute {
        name: name.to_owned(),
        display_name: None,
        description: None,
        enabled: true,
        attribute_type,
        unique: matches!(name, "id" | "username"),
        required: matches!(name, "id" | "environment" | "population" | "username"),
        multi_valued: name == "memberOfGroups",
        schema_type: Some(schema_type),
        ldap_attribute: None,
        enumerated_values: None,
        regex_validation: None,
        sub_attributes: (!parts.is_empty()).then(|| parts.iter().map(part).collect()),
    }
}
