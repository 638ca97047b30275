//! `/environments/{environment}/forms`: pages of flows, made of fields (PingOne, "Forms").

mod fields;

use std::collections::{BTreeMap, BTreeSet};

use protocol::pingone::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use self::fields::Field;
use super::identity_providers::IdentityProvider;
use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::api::hal::Shown;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects, Reference};
use crate::stores::record::{Events, events};

/// As many fields as a form may have.
const MOST_FIELDS: usize = 200;

/// As many columns as a form may have.
const MOST_COLUMNS: u32 = 4;

/// A form.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Form {
    name: String,
    description: Option<String>,
    category: Category,
    cols: Option<u32>,
    components: Components,
    mark_optional: bool,
    mark_required: bool,
    password_auto_complete_enabled: Option<bool>,
    text_auto_complete_enabled: Option<bool>,
    translation_method: Option<TranslationMethod>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Category {
    Custom,
}

/// Where the texts of a form come from.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TranslationMethod {
    DefaultValue,
    Key,
    Translate,
}

/// What a form is made of.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Components {
    fields: Vec<Field>,
}

impl Document for Form {
    const EVENTS: Events = events!("FORM");

    fn name(&self) -> &str {
        &self.name
    }

    fn mentions(&self) -> Vec<Reference> {
        self.components
            .fields
            .iter()
            .filter_map(Field::mentions)
            .collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        for field in &mut self.components.fields {
            field.forget(gone);
        }
    }
}

impl Configuration for Form {
    const PATH: &'static str = "forms";
    const ITEM: &'static str = "form";
    const KEPT: Option<&'static str> = Some("The flows that show forms are not run.");
    const FILTERS: &'static [&'static str] = &["name", "category"];
    type Parent = TopLevel;
    type Read = may::ReadForms;
    type Manage = may::ManageForms;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        if self
            .cols
            .is_some_and(|cols| !(1..=MOST_COLUMNS).contains(&cols))
        {
            let message = format!("must be between 1 and {MOST_COLUMNS}");
            return Err(ApiFailure::invalid_value("cols", message));
        }
        let fields = &mut self.components.fields;
        if fields.is_empty() {
            return Err(ApiFailure::required_value("components.fields"));
        }
        if fields.len() > MOST_FIELDS {
            let message = format!("must have at most {MOST_FIELDS} fields");
            return Err(ApiFailure::invalid_value("components.fields", message));
        }
        let mut keys = BTreeSet::new();
        let mut positions = BTreeSet::new();
        for (index, field) in fields.iter_mut().enumerate() {
            let at = format!("components.fields.{index}");
            field.check(&at)?;
            if field.key().is_some_and(|key| !keys.insert(key.to_owned())) {
                let message = "is the key of another field, too";
                return Err(ApiFailure::invalid_value(&format!("{at}.key"), message));
            }
            if !positions.insert(field.position()) {
                let message = "is the position of another field, too";
                return Err(ApiFailure::invalid_value(
                    &format!("{at}.position"),
                    message,
                ));
            }
        }
        Ok(())
    }

    fn show(object: &Object<Self>, shown: Shown) -> Shown {
        let fields = &object.document.components.fields;
        let mut types = Vec::new();
        let mut bundle = BTreeMap::new();
        for field in fields {
            if !types.contains(&field.kind()) {
                types.push(field.kind());
            }
            for text in field.texts() {
                collect_translations(text, &mut bundle);
            }
        }
        let shown = shown
            .member("fieldTypes", json!(types))
            .member("created", date::written(object.created_at))
            .member("modified", date::written(object.updated_at));
        if bundle.is_empty() {
            shown
        } else {
            shown.member("languageBundle", json!(bundle))
        }
    }

    /// A button of a provider says whether the provider can be used.
    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let fields = &object.document.components.fields;
        if fields.iter().all(|field| field.provider().is_none()) {
            return Ok(shown);
        }
        let providers = Objects::<IdentityProvider>::new(caller.idp.db(), caller.idp.keyring());
        let mut components = shown.item().get("components").cloned().unwrap_or_default();
        let told = components.get_mut("fields").and_then(Value::as_array_mut);
        for (field, told) in fields.iter().zip(told.into_iter().flatten()) {
            if let (Some(id), Some(told)) = (field.provider(), told.as_object_mut()) {
                let provider = providers.find(object.environment_id, id).await?;
                let enabled = provider.is_some_and(|provider| provider.document.enabled);
                told.insert("idpEnabled".to_owned(), enabled.into());
            }
        }
        Ok(shown.member("components", components))
    }
}

/// Collects the keys that a text names, with the texts that stand for them until they are
/// translated. A text with keys is rich text: JSON with nodes of the type `i18n`.
fn collect_translations(text: &str, bundle: &mut BTreeMap<String, String>) {
    if !text.starts_with(['[', '{']) {
        return;
    }
    if let Ok(nodes) = serde_json::from_str::<Value>(text) {
        collect_nodes(&nodes, bundle);
    }
}

fn collect_nodes(node: &Value, bundle: &mut BTreeMap<String, String>) {
    match node {
        Value::Array(nodes) => {
            for node in nodes {
                collect_nodes(node, bundle);
            }
        }
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            if text("type") == Some("i18n")
                && let Some(key) = text("key")
            {
                let translation = text("defaultTranslation").unwrap_or_default();
                bundle.insert(key.to_owned(), translation.to_owned());
            }
            for node in members.values() {
                collect_nodes(node, bundle);
            }
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_however_deep_they_stand() {
        let mut bundle = BTreeMap::new();
        for text in [
            r#"[{"type":"paragraph","children":[{"text":""},{"type":"i18n","key":"a.b",
                "defaultTranslation":"Username","children":[{"text":""}]}]}]"#,
            r#"[{"type":"i18n","key":"c"}]"#,
            "[broken",
            "Username",
        ] {
            collect_translations(text, &mut bundle);
        }
        let found: Vec<_> = bundle
            .iter()
            .map(|(key, text)| (key.as_str(), text.as_str()))
            .collect();
        assert_eq!(found, [("a.b", "Username"), ("c", "")]);
    }
}
