//! `/environments/{environment}/propagation`: which identities go where, and as what (PingOne,
//! "Identity propagation").

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts as _, RawPathParams};
use axum::http::request::Parts;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::access::allowed::AllowedEverywhere;
use crate::access::permissions::may;
use crate::api::body::OptionalJson;
use crate::api::checks;
use crate::api::configuration::{
    Configuration, Item, Managing, Parent, Reading, TopLevel, at_path, below_item, collection,
    delete, list_route, read, replace,
};
use crate::api::hal::{Page, Reply, Shown};
use crate::api::media_router::{Resource, at};
use crate::api::shapes::{Nothing, Stored};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Objects, Reference};
use crate::stores::record::{Events, events};

const NO_STORE_IS_ASKED: &str = "No directory is asked for its attributes.";
const NOTHING_GOES: &str = "No identity is sent to another directory.";

/// What belongs together.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Plan {
    name: String,
    status: Option<Status>,
}

/// Whether something is in use.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
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

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
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
        self.active.get_or_insert(false);
        Ok(())
    }
}

/// The rules of a plan.
async fn rules_of_plan(
    plan: Item<Plan, may::ReadPropagation>,
    rules: Reading<Rule>,
) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = plan;
    let found = rules.objects().referring(rules.id(), object.id).await?;
    let shown = found.iter().map(|rule| rules.show(rule));
    let shown = shown.collect::<Result<Vec<_>, _>>()?;
    let path = format_args!("{}/{}/rules", collection.path(), object.id);
    Reply::ok(&Page::whole(collection.url(path), Rule::KEY, shown))
}

/// What becomes of an attribute on its way.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mapping {
    source_attribute: Option<String>,
    target_attribute: String,
    expression: Option<String>,
}

impl Document for Mapping {
    const EVENTS: Events = events!("PROPAGATION_MAPPING");

    fn name(&self) -> &str {
        &self.target_attribute
    }
}

impl Configuration for Mapping {
    const PATH: &'static str = "propagation/rules/{rule}/mappings";
    const ITEM: &'static str = "mapping";
    const KEY: &'static str = "mappings";
    const UNIQUE: &'static str = "targetAttribute";
    const FILTERS: &'static [&'static str] = &["sourceAttribute", "targetAttribute"];
    const KEPT: Option<&'static str> = Some(NOTHING_GOES);
    type Parent = RuleOfMapping;
    type Read = may::ReadPropagation;
    type Manage = may::ManagePropagation;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        if self.target_attribute.trim().is_empty() {
            return Err(ApiFailure::required_value("targetAttribute"));
        }
        if self.source_attribute.is_none() && self.expression.is_none() {
            return Err(ApiFailure::required_value("sourceAttribute"));
        }
        Ok(())
    }
}

/// The rule that a mapping belongs to: the one of the path, or the one of the mapping that a path
/// without a rule names.
#[derive(Debug)]
pub(crate) struct RuleOfMapping;

impl Parent for RuleOfMapping {
    const MEMBER: Option<&'static str> = Some(Rule::ITEM);

    async fn find(
        parts: &mut Parts,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<Uuid, ApiFailure> {
        let params = RawPathParams::from_request_parts(parts, idp).await;
        let params = params.map_err(|_| ApiFailure::not_found())?;
        let named = |name: &str| {
            let found = params.iter().find(|(param, _)| *param == name);
            found.and_then(|(_, text)| Uuid::try_parse(text).ok())
        };
        let (db, keyring) = (idp.db(), idp.keyring());
        let found = if params.iter().any(|(param, _)| param == Rule::ITEM) {
            let id = named(Rule::ITEM).ok_or_else(ApiFailure::not_found)?;
            let rules = Objects::<Rule>::new(db, keyring);
            rules.find(environment, id).await?.map(|rule| rule.id)
        } else {
            let id = named(Mapping::ITEM).ok_or_else(ApiFailure::not_found)?;
            let mappings = Objects::<Mapping>::new(db, keyring);
            let found = mappings.find(environment, id).await?;
            found.map(|mapping| mapping.parent)
        };
        found.ok_or_else(ApiFailure::not_found)
    }
}

/// That the configuration was to take effect as it was then.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PropagationRevision")]
pub(crate) struct Revision {}

impl Document for Revision {
    const EVENTS: Events = events!("PROPAGATION_REVISION");

    fn name(&self) -> &'static str {
        "Revision"
    }

    fn unique(&self) -> Option<String> {
        None
    }
}

impl Configuration for Revision {
    const PATH: &'static str = "propagation/revisions";
    const ITEM: &'static str = "revision";
    const KEY: &'static str = "revisions";
    const KEPT: Option<&'static str> = Some(NOTHING_GOES);
    type Parent = TopLevel;
    type Read = may::ReadPropagation;
    type Manage = may::ManagePropagation;
}

/// So many revisions are remembered.
const MOST_REVISIONS: usize = 100;

async fn revise(
    managing: Managing<Revision>,
    OptionalJson(revision): OptionalJson<Revision>,
) -> Result<Reply, ApiFailure> {
    let all = managing
        .objects()
        .list(managing.id(), managing.parent)
        .await?;
    let oldest = all.first().filter(|_| all.len() >= MOST_REVISIONS);
    let forget = oldest.map_or_else(Change::new, Objects::delete);
    managing
        .create(revision.unwrap_or(Revision {}), |_| forget)
        .await
}

/// A revision by its id, or the latest one.
async fn read_revision(
    reading: Reading<Revision>,
    params: RawPathParams,
) -> Result<Reply, ApiFailure> {
    let wanted = params.iter().find(|(name, _)| *name == Revision::ITEM);
    let wanted = wanted.map(|(_, text)| text).unwrap_or_default();
    let all = reading.objects().list(reading.id(), reading.parent).await?;
    let found = match wanted {
        "id:latest" => all.last(),
        id => all.iter().find(|revision| revision.id.to_string() == id),
    };
    let found = found.ok_or_else(ApiFailure::not_found)?;
    Reply::ok(&reading.show(found)?)
}

/// How a directory would be reached.
#[derive(Debug, Deserialize, JsonSchema)]
struct StoreConfiguration {
    #[expect(
        dead_code,
        reason = "read to be refused by its name when it is of a wrong kind"
    )]
    configuration: Option<BTreeMap<String, Setting>>,
}

/// What a directory of a type knows of an identity: nothing, because none is asked.
async fn store_metadata(
    allowed: AllowedEverywhere<may::ReadPropagation>,
    params: RawPathParams,
    _: OptionalJson<StoreConfiguration>,
) -> Result<Reply, ApiFailure> {
    let asked = params.iter().find(|(name, _)| *name == "storeType");
    let asked = asked.map(|(_, text)| text).unwrap_or_default();
    let kind = serde_json::from_value::<Kind>(Value::from(asked));
    if kind.is_err() {
        return Err(ApiFailure::not_found());
    }
    let none: Vec<Shown> = Vec::new();
    let url = allowed.url(format_args!("propagation/storeMetadata/{asked}"));
    Reply::ok(&Page::whole(url, "attributes", none))
}

/// Plans, stores, rules, mappings and revisions.
pub(super) fn routes() -> Vec<Resource> {
    const BELOW: &str = "/environments/{environment}/propagation";
    let kinds = [
        collection::<Plan>(),
        collection::<Store>(),
        collection::<Rule>(),
        collection::<Mapping>(),
    ];
    let mut routes: Vec<_> = kinds.into_iter().flatten().collect();
    routes.extend([
        below_item::<Plan>("rules")
            .get(rules_of_plan)
            .answering_many::<Stored<Rule>>("rules"),
        // Mappings are read and changed without their rule, and deleted under another name.
        at(format!("{BELOW}/mappings/{{mapping}}"))
            .kept(Mapping::KEPT)
            .showing::<Stored<Mapping>>()
            .get(read::<Mapping>)
            .put(replace::<Mapping>)
            .taking::<Mapping>()
            .delete(delete::<Mapping>),
        at(format!("{BELOW}/mapping/{{mapping}}"))
            .kept(Mapping::KEPT)
            .delete(delete::<Mapping>),
        at(format!("{BELOW}/storeMetadata/{{storeType}}"))
            .kept(Some(NO_STORE_IS_ASKED))
            .post(store_metadata)
            .answering_many::<Nothing>("attributes")
            .with_status(&[200]),
        list_route::<Revision>().post(revise).taking::<Revision>(),
        at_path::<Revision>("/{revision}").get(read_revision),
    ]);
    routes
}
