//! `/environments/{environment}/propagation`: which identities go where (PingOne, "Identity
//! propagation").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel, collection};
use crate::api::hal::Shown;
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::record::{Events, events};

const NOTHING_GOES: &str = "No identity is sent to another directory.";

/// What belongs together.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    name: String,
    status: Option<Status>,
}

/// Whether something is in use.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Active,
    Inactive,
}

impl Document for Plan {
    const EVENTS: Events = events!("PROPAGATION_PLAN");

    fn name(&self) -> &str {
        &self.name
    }
}

impl Configuration for Plan {
    const PATH: &'static str = "propagation/plans";
    const ITEM: &'static str = "plan";
    const KEY: &'static str = "plans";
    const KEPT: Option<&'static str> = Some(NOTHING_GOES);
    type Parent = TopLevel;
    type Read = may::ReadPropagation;
    type Manage = may::ManagePropagation;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        self.status.get_or_insert(Status::Inactive);
        Ok(())
    }
}

/// A directory that identities come from or go to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Store {
    name: String,
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Kind,
    managed: Option<bool>,
    status: Option<Status>,
    configuration: BTreeMap<String, Setting>,
}

/// What a store is.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Kind {
    Aquera,
    #[serde(rename = "AzureActiveDirectorySAML2")]
    AzureActiveDirectory,
    #[serde(rename = "directory")]
    Directory,
    #[serde(rename = "GithubEMU")]
    Github,
    GoogleApps,
    LdapGateway,
    PingOne,
    Salesforce,
    SalesforceContacts,
    #[serde(rename = "scim")]
    Scim,
    ServiceNow,
    Slack,
    Workday,
    Zoom,
}

/// A setting of a store; which there are follows from its type.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Setting {
    Flag(bool),
    Text(String),
}

/// The parts of a setting's name that tell that nobody may see it.
const SECRET_NAMES: [&str; 4] = ["secret", "password", "token", "api_key"];

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part)) && !name.ends_with("_request")
}

impl Document for Store {
    const EVENTS: Events = events!("PROPAGATION_STORE");
    const SEALED: &'static [&'static str] = &["/configuration"];

    fn name(&self) -> &str {
        &self.name
    }
}

impl Configuration for Store {
    const PATH: &'static str = "propagation/stores";
    const ITEM: &'static str = "store";
    const KEY: &'static str = "stores";
    const KEPT: Option<&'static str> = Some(NOTHING_GOES);
    const FILTERS: &'static [&'static str] = &["name", "type"];
    type Parent = TopLevel;
    type Read = may::ReadPropagation;
    type Manage = may::ManagePropagation;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        checks::at_most("description", self.description.as_deref(), 1024)?;
        self.managed.get_or_insert(false);
        self.status.get_or_insert(Status::Inactive);
        // What is never shown is kept where it is not sent again.
        for (name, setting) in replaced.iter().flat_map(|one| &one.document.configuration) {
            if is_secret(name) && !self.configuration.contains_key(name) {
                self.configuration.insert(name.clone(), setting.clone());
            }
        }
        let is_short = |(name, setting): (&String, &Setting)| {
            let text = match setting {
                Setting::Flag(_) => "",
                Setting::Text(text) => text,
            };
            name.len() <= 64 && text.chars().count() <= 8192
        };
        if self.configuration.len() > 64 || !self.configuration.iter().all(is_short) {
            let message = "must be at most 64 settings of at most 8192 characters";
            return Err(ApiFailure::invalid_value("configuration", message));
        }
        Ok(())
    }

    fn show(object: &Object<Self>, shown: Shown) -> Shown {
        let settings = object.document.configuration.iter();
        let settings = settings.filter(|(name, _)| !is_secret(name));
        let settings = settings.map(|(name, setting)| {
            let value = match setting {
                Setting::Flag(flag) => Value::from(*flag),
                Setting::Text(text) => Value::from(text.as_str()),
            };
            (name.clone(), value)
        });
        shown.member("configuration", settings.collect::<Value>())
    }
}

/// Which identities go from one store to another.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    name: String,
    description: Option<String>,
    active: Option<bool>,
    deprovision: Option<bool>,
    population_expression: Option<String>,
    plan: Option<Named>,
    source_store: Named,
    target_store: Named,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Named {
    id: Uuid,
}

impl Document for Rule {
    const EVENTS: Events = events!("PROPAGATION_RULE");

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let plan = self
            .plan
            .map(|plan| Reference::to_object::<Plan>("plan.id", plan.id));
        let stores = [
            Reference::to_object::<Store>("sourceStore.id", self.source_store.id),
            Reference::to_object::<Store>("targetStore.id", self.target_store.id),
        ];
        plan.into_iter().chain(stores).collect()
    }
}

impl Configuration for Rule {
    const PATH: &'static str = "propagation/rules";
    const ITEM: &'static str = "rule";
    const KEY: &'static str = "rules";
    const KEPT: Option<&'static str> = Some(NOTHING_GOES);
    type Parent = TopLevel;
    type Read = may::ReadPropagation;
    type Manage = may::ManagePropagation;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        checks::at_most("description", self.description.as_deref(), 1024)?;
        let expression = self.population_expression.as_deref();
        checks::at_most("populationExpression", expression, 4096)?;
        self.active.get_or_insert(false);
        Ok(())
    }
}

/// Plans, stores and rules.
pub(super) fn routes() -> Vec<Resource> {
    let kinds = [
        collection::<Plan>(),
        collection::<Store>(),
        collection::<Rule>(),
    ];
    kinds.into_iter().flatten().collect()
}
