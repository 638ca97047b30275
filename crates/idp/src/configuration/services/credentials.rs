//! PingOne Credentials: types of cards, to whom they are issued, and the wallets that they go to
//! (PingOne, "PingOne Credentials").

use std::collections::BTreeMap;

use jiff::Timestamp;
use protocol::pingone::Reference as To;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{Kept, NewId, bounded, kept};
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::checks;
use crate::api::configuration::{
    Below, BelowUser, Configuration, Item, Managing, Only, TopLevel, below_item, collection,
    settings_once_set,
};
use crate::api::hal::{Hal, Page, Reply, Shown};
use crate::api::media_router::Resource;
use crate::api::shapes::Nothing;
use crate::configuration::periods::Period;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference, Target};
use crate::stores::fold;
use crate::stores::groups::StoredGroup;
use crate::stores::populations::StoredPopulation;
use crate::stores::record::{Events, events};

const NOT_ISSUED: &str = "No credential is issued, and no wallet is paired.";

/// A type remembers so many versions of itself.
const MOST_VERSIONS: usize = 100;

/// Who issues credentials.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct IssuerProfile {
    name: String,
    application_instance: Option<To<Uuid>>,
    site_url: Option<String>,
    custom_email_template: Option<String>,
}

impl Kept for IssuerProfile {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &str {
        &self.name
    }

    fn complete(
        &mut self,
        replaced: Option<&Self>,
        new_id: &mut NewId<'_>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        if let Some(url) = &self.site_url {
            checks::url("siteUrl", url, &["https", "http"])?;
        }
        let instance = replaced.and_then(|replaced| replaced.application_instance);
        self.application_instance = Some(instance.unwrap_or_else(|| To::new(new_id())));
        Ok(())
    }
}

kept!(
    IssuerProfile, "CREDENTIAL_ISSUER_PROFILE" at "credentialIssuerProfile", "profile" in
    "credentialIssuerProfile", unique "name", TopLevel, ReadCredentials, ManageCredentials, NOT_ISSUED
);

async fn begin_to_issue(
    only: Only<IssuerProfile, may::ManageCredentials>,
    Json(profile): Json<IssuerProfile>,
) -> Result<Reply, ApiFailure> {
    let first = |found: Option<&Object<IssuerProfile>>| match found {
        Some(_) => {
            let failure = ApiFailure::not_unique("name");
            Err(failure.saying("The environment has an issuer already."))
        }
        None => Ok(profile.clone()),
    };
    only.change(first).await
}

/// A type of cards.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CredentialType {
    title: String,
    description: Option<String>,
    card_design_template: String,
    card_type: Option<String>,
    expiration: Option<Expiration>,
    issuer_name: Option<String>,
    management: Option<Management>,
    metadata: Metadata,
    multiple: Option<Multiple>,
    on_delete: Option<OnDelete>,
    /// The ids of its versions, the newest last.
    #[serde(default)]
    versions: Vec<Uuid>,
    /// How many versions there were before those.
    #[serde(default)]
    forgotten: usize,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Expiration {
    r#type: ExpirationType,
    after: Option<Period>,
    expression: Option<String>,
    field_name: Option<String>,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    timestamp: Option<Timestamp>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ExpirationType {
    Hard,
    Soft,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Management {
    mode: Option<ManagementMode>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ManagementMode {
    Automated,
    Managed,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Multiple {
    expression: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OnDelete {
    revoke_issued_credentials: Option<bool>,
}

/// What a card shows.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    description: Option<String>,
    background_image: Option<String>,
    bg_opacity_percent: Option<u8>,
    card_color: Option<String>,
    columns: Option<u8>,
    fields: Option<Vec<Field>>,
    logo_image: Option<String>,
    text_color: Option<String>,
    version: Option<u32>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Field {
    id: Option<String>,
    title: String,
    r#type: FieldType,
    is_visible: bool,
    attribute: Option<String>,
    default: Option<String>,
    file_support: Option<FileSupport>,
    required: Option<bool>,
    value: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum FieldType {
    #[serde(rename = "Alphanumeric Text")]
    AlphanumericText,
    #[serde(rename = "Directory Attribute")]
    DirectoryAttribute,
    #[serde(rename = "Issued Timestamp")]
    IssuedTimestamp,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum FileSupport {
    Base64String,
    IncludeFile,
    ReferenceFile,
}

impl Kept for CredentialType {
    fn label(&self) -> &str {
        &self.title
    }

    fn complete(
        &mut self,
        replaced: Option<&Self>,
        new_id: &mut NewId<'_>,
    ) -> Result<(), ApiFailure> {
        if self.title.trim().is_empty() {
            return Err(ApiFailure::required_value("title"));
        }
        if self.card_design_template.trim().is_empty() {
            return Err(ApiFailure::required_value("cardDesignTemplate"));
        }
        if self
            .metadata
            .bg_opacity_percent
            .is_some_and(|percent| percent > 100)
        {
            let message = "must be between 0 and 100";
            return Err(ApiFailure::invalid_value(
                "metadata.bgOpacityPercent",
                message,
            ));
        }
        for field in self.metadata.fields.iter_mut().flatten() {
            let title = &field.title;
            field.id.get_or_insert_with(|| title.clone());
        }
        // PingOne's Go SDK stops at a type without it.
        let title = &self.title;
        self.card_type.get_or_insert_with(|| title.clone());
        (self.versions, self.forgotten) = match replaced {
            Some(replaced) => (replaced.versions.clone(), replaced.forgotten),
            None => (Vec::new(), 0),
        };
        self.versions.push(new_id());
        if self.versions.len() > MOST_VERSIONS {
            self.versions.remove(0);
            self.forgotten += 1;
        }
        Ok(())
    }

    fn present(object: &Object<Self>, shown: Shown) -> Shown {
        let version = versions_of(object, &shown).pop();
        let shown = shown
            .without("versions")
            .without("forgotten")
            .member("issuer", json!({ "id": object.environment_id }))
            .linking_below("issuanceRules")
            .linking_below("versions");
        match version {
            Some(version) => shown.member("version", json!(version)),
            None => shown,
        }
    }
}

kept!(
    CredentialType, "CREDENTIAL_TYPE" at "credentialTypes", "credentialType" in "items",
    unique "title", TopLevel, ReadCredentials, ManageCredentials, NOT_ISSUED
);

/// One state of a type.
#[derive(Serialize, JsonSchema)]
struct Version {
    id: Uuid,
    number: usize,
    uri: String,
}

/// The versions of a type, the newest last.
fn versions_of(object: &Object<CredentialType>, shown: &Shown) -> Vec<Version> {
    let document = &object.document;
    let at = shown.address().unwrap_or_default();
    let numbered = document.versions.iter().enumerate();
    numbered
        .map(|(n, id)| Version {
            id: *id,
            number: document.forgotten + n + 1,
            uri: format!("{at}/versions/{id}"),
        })
        .collect()
}

type OnType = Item<CredentialType, may::ReadCredentials>;

async fn versions(on: OnType) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = on;
    let shown = collection.show(&object)?;
    let url = format!("{}/versions", shown.address().unwrap_or_default());
    Reply::ok(&Page::whole(url, "versions", versions_of(&object, &shown)))
}

async fn version(params: axum::extract::RawPathParams, on: OnType) -> Result<Reply, ApiFailure> {
    let Item { collection, object } = on;
    let wanted = params.iter().find(|(name, _)| *name == "version");
    let wanted = wanted.map(|(_, text)| text).unwrap_or_default();
    let shown = collection.show(&object)?;
    let found = versions_of(&object, &shown);
    let is_wanted = |version: &Version| version.id.to_string() == wanted;
    let found = found.into_iter().find(is_wanted);
    let found = found.ok_or_else(ApiFailure::not_found)?;
    let at = format!("{}/versions/{wanted}", shown.address().unwrap_or_default());
    Reply::ok(&Hal::new(at, found))
}

/// To whom a type of cards is issued.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct IssuanceRule {
    status: RuleStatus,
    automation: Automation,
    digital_wallet_application: Option<To<Uuid>>,
    filter: Option<RuleFilter>,
    notification: Option<RuleNotification>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum RuleStatus {
    Active,
    Disabled,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Automation {
    issue: When,
    update: When,
    revoke: When,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum When {
    OnDemand,
    Periodic,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RuleFilter {
    group_ids: Option<Vec<Uuid>>,
    population_ids: Option<Vec<Uuid>>,
    scim: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct RuleNotification {
    methods: Option<Vec<Channel>>,
    template: Option<Template>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Channel {
    Email,
    Sms,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Template {
    locale: Option<String>,
    variant: Option<String>,
    variables: Option<BTreeMap<String, String>>,
}

impl Kept for IssuanceRule {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &'static str {
        "Issuance rule"
    }

    fn refers_to(&self) -> Vec<Reference> {
        let wallet = self.digital_wallet_application.map(|to| {
            let member = "digitalWalletApplication.id";
            Reference::to_object::<WalletApplication>(member, to.id)
        });
        let filter = self.filter.iter();
        let groups = filter
            .clone()
            .flat_map(|filter| filter.group_ids.iter().flatten());
        let groups = groups.map(|id| Reference::to_row::<StoredGroup>("filter.groupIds", *id));
        let populations = filter.flat_map(|filter| filter.population_ids.iter().flatten());
        let populations = populations
            .map(|id| Reference::to_row::<StoredPopulation>("filter.populationIds", *id));
        wallet
            .into_iter()
            .chain(groups)
            .chain(populations)
            .collect()
    }

    fn present(object: &Object<Self>, shown: Shown) -> Shown {
        shown
            .member("credentialType", json!({ "id": object.parent }))
            .linking_below("stagedChanges")
            .linking_below("usageCounts")
            .linking_below("usageDetails")
    }
}

kept!(
    IssuanceRule, "CREDENTIAL_ISSUANCE_RULE" at "credentialTypes/{credentialType}/issuanceRules",
    "issuanceRule" in "issuanceRules", unique "status",
    Below<CredentialType>, ReadCredentials, ManageCredentials, NOT_ISSUED
);

type OnRule<P> = Item<IssuanceRule, P>;

impl<P> OnRule<P> {
    /// The address of something below the rule.
    fn below(&self, name: &str) -> String {
        let (path, id) = (self.collection.path(), self.object.id);
        self.collection.url(format_args!("{path}/{id}/{name}"))
    }
}

/// Nothing is staged, because nothing is issued.
async fn staged(on: OnRule<may::ReadCredentials>) -> Result<Reply, ApiFailure> {
    let none: Vec<Shown> = Vec::new();
    Reply::ok(&Page::whole(
        on.below("stagedChanges"),
        "stagedChanges",
        none,
    ))
}

/// The changes that are to take effect, by the users whom they are for.
#[derive(Deserialize, JsonSchema)]
struct Apply {
    #[serde(default)]
    issue: Vec<Uuid>,
    #[serde(default)]
    update: Vec<Uuid>,
    #[serde(default)]
    revoke: Vec<Uuid>,
}

const APPLY: &str = "application/vnd.pingidentity.credentials.applyStagedChanges+json";

async fn apply(
    on: OnRule<may::ManageCredentials>,
    Json(apply): Json<Apply>,
) -> Result<Reply, ApiFailure> {
    let named = [
        ("issue", apply.issue),
        ("update", apply.update),
        ("revoke", apply.revoke),
    ];
    for (member, users) in &named {
        if !users.is_empty() {
            let message = "names a user for whom nothing is staged";
            return Err(ApiFailure::invalid_value(member, message));
        }
    }
    let none = StagedChanges::default();
    Reply::ok(&Hal::new(on.below("stagedChanges"), none))
}

/// The users whose cards are issued, changed and taken back next.
#[derive(Default, Serialize, JsonSchema)]
struct StagedChanges {
    issue: Vec<Uuid>,
    update: Vec<Uuid>,
    revoke: Vec<Uuid>,
}

/// How many cards a rule has brought about.
#[derive(Default, Serialize, JsonSchema)]
struct UsageCounts {
    issued: u64,
    accepted: u64,
    updated: u64,
    revoked: u64,
}

/// The cards that a rule has brought about.
#[derive(Default, Serialize, JsonSchema)]
struct UsageDetails {
    issued: Vec<Uuid>,
    updated: Vec<Uuid>,
    revoked: Vec<Uuid>,
}

async fn usage_counts(on: OnRule<may::ReadCredentials>) -> Result<Reply, ApiFailure> {
    let none = UsageCounts::default();
    Reply::ok(&Hal::new(on.below("usageCounts"), none))
}

async fn usage_details(on: OnRule<may::ReadCredentials>) -> Result<Reply, ApiFailure> {
    let none = UsageDetails::default();
    Reply::ok(&Hal::new(on.below("usageDetails"), none))
}

/// An application that holds cards.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WalletApplication {
    name: String,
    app_open_url: String,
    application: To<Uuid>,
    #[serde(rename = "usesPingOneWalletSDK")]
    uses_ping_one_wallet_sdk: Option<bool>,
}

impl Kept for WalletApplication {
    fn label(&self) -> &str {
        &self.name
    }

    fn refers_to(&self) -> Vec<Reference> {
        vec![Reference {
            member: "application.id",
            target: Target::Table("applications"),
            id: self.application.id,
        }]
    }

    fn complete(&mut self, _: Option<&Self>, _: &mut NewId<'_>) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        if self.app_open_url.trim().is_empty() {
            return Err(ApiFailure::required_value("appOpenUrl"));
        }
        checks::at_most("appOpenUrl", Some(&self.app_open_url), 2048)
    }
}

kept!(
    WalletApplication, "DIGITAL_WALLET_APPLICATION" at "digitalWalletApplications",
    "digitalWalletApplication" in "digitalWalletApplications", unique "name",
    TopLevel, ReadCredentials, ManageCredentials, NOT_ISSUED
);

/// A user's wallet.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Wallet {
    digital_wallet_application: Option<To<Uuid>>,
    notification: Option<Notification>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Notification {
    methods: Option<Vec<Channel>>,
    template: Option<Template>,
}

impl Kept for Wallet {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &'static str {
        "Digital wallet"
    }

    fn refers_to(&self) -> Vec<Reference> {
        let refer = |to: To<Uuid>| {
            Reference::to_object::<WalletApplication>("digitalWalletApplication.id", to.id)
        };
        self.digital_wallet_application
            .map(refer)
            .into_iter()
            .collect()
    }

    fn present(_: &Object<Self>, shown: Shown) -> Shown {
        shown
            .member("status", "PAIRING_REQUIRED")
            .linking_below("provisionedCredentials")
    }
}

kept!(
    Wallet, "DIGITAL_WALLET" at "users/{user}/digitalWallets", "digitalWallet" in "digitalWallets",
    unique "id", BelowUser, ReadUsers, ManageUsers, NOT_ISSUED
);

/// A user's card.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UserCredential {
    credential_type: To<Uuid>,
    data: Option<BTreeMap<String, String>>,
    notification: Option<Notification>,
}

impl Kept for UserCredential {
    const IS_UNIQUE: bool = false;

    fn label(&self) -> &'static str {
        "Credential"
    }

    fn refers_to(&self) -> Vec<Reference> {
        let id = self.credential_type.id;
        vec![Reference::to_object::<CredentialType>(
            "credentialType.id",
            id,
        )]
    }

    fn present(_: &Object<Self>, shown: Shown) -> Shown {
        shown
            .member("status", "PENDING")
            .linking_below("provisionedCredentials")
    }
}

kept!(
    UserCredential, "CREDENTIAL" at "users/{user}/credentials", "credential" in "items",
    unique "id", BelowUser, ReadUsers, ManageUsers, NOT_ISSUED
);

/// No card is in any wallet.
async fn provisioned<D>(on: Item<D, D::Read>) -> Result<Reply, ApiFailure>
where
    D: Configuration,
{
    let Item { collection, object } = on;
    let path = format!("{}/{}/provisionedCredentials", collection.path(), object.id);
    let none: Vec<Shown> = Vec::new();
    Reply::ok(&Page::whole(
        collection.url(path),
        "provisionedCredentials",
        none,
    ))
}

fn provisioned_route<D: Configuration>() -> Resource {
    below_item::<D>("provisionedCredentials")
        .get(provisioned::<D>)
        .answering_many::<Nothing>("provisionedCredentials")
}

/// Issuers, types, rules, wallets and cards.
pub(super) fn routes() -> Vec<Resource> {
    let mut routes: Vec<Resource> = settings_once_set::<IssuerProfile>()
        .into_iter()
        .map(|route| {
            route
                .post(begin_to_issue)
                .taking::<IssuerProfile>()
                .with_status(&[200])
        })
        .collect();
    routes.extend(collection::<CredentialType>());
    routes.extend([
        below_item::<CredentialType>("versions")
            .get(versions)
            .answering_many::<Version>("versions"),
        below_item::<CredentialType>("versions/{version}")
            .get(version)
            .answering::<Version>(),
        below_item::<IssuanceRule>("stagedChanges")
            .get(staged)
            .answering_many::<Nothing>("stagedChanges")
            .post(apply)
            .taking::<Apply>()
            .answering::<StagedChanges>()
            .post_as(APPLY, apply)
            .taking::<Apply>()
            .answering::<StagedChanges>(),
        below_item::<IssuanceRule>("usageCounts")
            .get(usage_counts)
            .answering::<UsageCounts>(),
        below_item::<IssuanceRule>("usageDetails")
            .get(usage_details)
            .answering::<UsageDetails>(),
        provisioned_route::<Wallet>(),
        provisioned_route::<UserCredential>(),
    ]);
    routes.extend(collection::<IssuanceRule>());
    routes.extend(collection::<WalletApplication>());
    routes.extend(collection::<Wallet>());
    routes.extend(collection::<UserCredential>());
    routes
}
