//! What a provider says of a person, as attributes of a user.

use db::StoreError;
use protocol::id::EnvironmentId;
use serde_json::{Map, Value};

use super::{LONGEST_NAME, Partner};
use crate::Idp;
use crate::api::user_attributes;
use crate::configuration::identity_providers::attributes::ProviderAttribute;
use crate::stores::configuration::Objects;
use crate::stores::user_schemas::UserSchema;

/// An attribute of a user as a provider says it is.
#[derive(Clone)]
pub(super) struct Mapped {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) replaces: bool,
    /// Whether the mapping was written by somebody who holds every role.
    pub(super) is_of_all_roles: bool,
}

impl Mapped {
    /// Whether it is an attribute of this name, or a part of it.
    pub(super) fn is_of(&self, attribute: &str) -> bool {
        self.name.split('.').next() == Some(attribute)
    }

    /// As a text, of one that is a name.
    pub(super) fn text(&self) -> Option<String> {
        let text = match &self.value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty() && text.len() <= LONGEST_NAME).then_some(text)
    }
}

pub(super) fn find<'a>(mapped: &'a [Mapped], name: &str) -> Option<&'a Mapped> {
    mapped.iter().find(|one| one.name == name)
}

/// What the mappings of a provider make of its claims.
pub(super) async fn mapped(
    idp: &Idp,
    environment: EnvironmentId,
    partner: &Partner,
    claims: &Map<String, Value>,
) -> Result<Vec<Mapped>, StoreError> {
    let objects = Objects::<ProviderAttribute>::new(idp.db(), idp.keyring());
    let mappings = objects.list(environment, partner.id).await?;
    let mapped = mappings.iter().filter_map(|mapping| {
        Some(Mapped {
            name: mapping.document.attribute().to_owned(),
            value: mapping.document.value(partner.kind, claims)?,
            replaces: mapping.document.replaces(),
            is_of_all_roles: mapping.document.is_of_all_roles(),
        })
    });
    Ok(mapped.collect())
}

/// Whether a provider's word is enough for somebody who holds roles: whoever wrote where it is asked,
/// or what is taken from it, decides who comes back as whom, and gains what they may do.
pub(super) fn speaks_for_role_holders(partner: &Partner, mapped: &[Mapped]) -> bool {
    partner.is_of_all_roles && mapped.iter().all(|one| one.is_of_all_roles)
}

/// The attributes of a user with what a provider says; what breaks a rule is left out.
pub(super) fn profile(
    attributes: Map<String, Value>,
    mapped: &[Mapped],
    schema: &UserSchema,
) -> Map<String, Value> {
    let has = |one: &Mapped| {
        let mut path = one.name.split('.');
        let first = path.next().and_then(|first| attributes.get(first));
        first.is_some_and(|first| {
            path.try_fold(first, |value, name| value.get(name))
                .is_some()
        })
    };
    let taken = mapped.iter().filter(|one| one.replaces || !has(one));
    let bodies: Vec<Map<String, Value>> = taken.map(body).collect();
    bodies.iter().fold(attributes, |profile, body| {
        match user_attributes::merge(profile.clone(), body, schema) {
            Ok(merged) => merged,
            Err(_) => profile,
        }
    })
}

/// One attribute as a request would set it: `name.given` as a member of `name`.
fn body(one: &Mapped) -> Map<String, Value> {
    let mut names = one.name.rsplit('.');
    let last = names.next().unwrap_or_default();
    let innermost = Map::from_iter([(last.to_owned(), one.value.clone())]);
    names.fold(innermost, |inner, name| {
        Map::from_iter([(name.to_owned(), Value::Object(inner))])
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapped(name: &str, value: Value, replaces: bool) -> Mapped {
        Mapped {
            name: name.to_owned(),
            value,
            replaces,
            is_of_all_roles: true,
        }
    }

    #[test]
    fn a_provider_fills_what_is_empty_replaces_what_it_may_and_breaks_no_rule() {
        let Value::Object(before) = json!({
            "name": { "given": "Ada" }, "nickname": "Al", "title": "Countess",
        }) else {
            panic!("an object")
        };
        let said = [
            mapped("name.given", json!("Augusta"), false),
            mapped("name.family", json!("King"), false),
            mapped("nickname", json!("Gussie"), true),
            mapped("title", json!("a\u{7}bell"), true),
            mapped("enabled", json!(false), true),
        ];
        let after = profile(before, &said, &UserSchema::default());
        let wanted = json!({
            "name": { "given": "Ada", "family": "King" }, "nickname": "Gussie",
            "title": "Countess",
        });
        assert_eq!(Value::Object(after), wanted);
    }
}
