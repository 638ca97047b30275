//! The kinds of configuration objects: what each document says, what is checked of it, and what
//! every environment begins with. A file for each, on [`api::configuration`](crate::api::configuration).

pub(crate) mod administrator_security;
pub(crate) mod agreements;
pub(crate) mod alert_channels;
mod application_attributes;
pub(crate) mod application_resources;
mod branding;
pub(crate) mod custom_domains;
pub(crate) mod device_authentication_policies;
pub(crate) mod devices;
pub(crate) mod email_domains;
pub(crate) mod fido2_policies;
pub(crate) mod fido_policies;
mod first_policies;
pub(crate) mod forms;
pub(crate) mod gateways;
pub(crate) mod identity_providers;
pub(crate) mod images;
pub(crate) mod keys;
pub(crate) mod languages;
mod linked_accounts;
pub(crate) mod mfa_settings;
pub(crate) mod notifications;
mod periods;
pub(crate) mod propagation;
pub(crate) mod push_credentials;
pub(crate) mod rate_limits;
pub(crate) mod recaptcha;
pub(crate) mod resource_attributes;
pub(crate) mod resource_parts;
mod schemas;
mod services;
pub(crate) mod sign_on_policies;
pub(crate) mod sign_on_policy_actions;
pub(crate) mod sign_on_policy_assignments;
pub(crate) mod sign_on_policy_conditions;
mod subscriptions;
mod system_applications;
mod themes;

use db::StoreError;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use uuid::Uuid;

use self::administrator_security::AdministratorSecurity;
use self::agreements::languages::AgreementLanguage;
use self::agreements::{Agreement, consents, revisions};
use self::alert_channels::AlertChannel;
use self::application_resources::{ApplicationResource, ApplicationResourcePermission};
use self::device_authentication_policies::DeviceAuthenticationPolicy;
use self::fido_policies::FidoPolicy;
use self::fido2_policies::Fido2Policy;
use self::forms::Form;
use self::identity_providers::IdentityProvider;
use self::identity_providers::attributes::ProviderAttribute;
use self::languages::status::LocalizationStatus;
use self::languages::translations;
use self::mfa_settings::MfaSettings;
use self::push_credentials::PushCredential;
use self::rate_limits::RateLimitConfiguration;
use self::recaptcha::Recaptcha;
use self::sign_on_policies::SignOnPolicy;
use self::sign_on_policy_actions::SignOnPolicyAction;
use self::sign_on_policy_assignments::SignOnPolicyAssignment;
use crate::api::configuration::{
    collection, default_route, given, made_elsewhere, patchable_collection, settings,
    settings_once_set,
};
use crate::api::media_router::Resource;
use crate::core::Core;
use crate::core::ids::Ids;
use crate::stores::application_attributes::AttributeMapping;
use crate::stores::applications::Applications;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::editions;
use crate::stores::languages::Language;
use crate::stores::linked_accounts::LinkedAccount;
use crate::stores::resource_attributes::ResourceAttribute;
use crate::stores::subscriptions::Subscription;
use crate::stores::themes::{BrandingSettings, Theme};
use crate::stores::user_schemas::{Schema, SchemaAttribute};

/// The routes of all kinds.
pub(crate) fn routes() -> Vec<Resource> {
    [
        collection::<Theme>(),
        vec![default_route::<Theme>()],
        settings::<BrandingSettings>(),
        collection::<IdentityProvider>(),
        collection::<ProviderAttribute>(),
        made_elsewhere::<LinkedAccount>(),
        given::<Schema>(),
        patchable_collection::<SchemaAttribute>(),
        collection::<AttributeMapping>(),
        collection::<ApplicationResource>(),
        collection::<ApplicationResourcePermission>(),
        collection::<ResourceAttribute>(),
        collection::<SignOnPolicy>(),
        collection::<SignOnPolicyAction>(),
        collection::<SignOnPolicyAssignment>(),
        collection::<DeviceAuthenticationPolicy>(),
        collection::<Fido2Policy>(),
        collection::<FidoPolicy>(),
        settings::<MfaSettings>(),
        collection::<PushCredential>(),
        settings::<AdministratorSecurity>(),
        custom_domains::routes(),
        gateways::routes(),
        keys::routes(),
        propagation::routes(),
        services::routes(),
        images::routes(),
        collection::<Form>(),
        settings_once_set::<Recaptcha>(),
        collection::<Agreement>(),
        collection::<AgreementLanguage>(),
        revisions::routes(),
        consents::routes(),
        collection::<Language>(),
        collection::<LocalizationStatus>(),
        translations::routes(),
        notifications::routes(),
        email_domains::routes(),
        collection::<AlertChannel>(),
        collection::<RateLimitConfiguration>(),
        collection::<Subscription>(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Makes a part of what every environment begins with.
type Edition = fn(&Seed<'_>) -> Result<Change, StoreError>;

/// What every environment begins with, in the order in which it came into the program. Whoever adds
/// to it adds an edition, and environments that are there already get it at the next start.
const EDITIONS: &[Edition] = &[
    |seed| seed.object("themes", Theme::first()),
    |seed| schemas::seed(seed.core, seed.environment, &seed.ids, seed.now),
    first_policies::seed,
    system_applications::seed,
    |seed| Applications::map_subjects(seed.environment, seed.now),
    |seed| seed.object("keyRotationPolicies", keys::policies::seed()),
    |seed| {
        let mut languages = languages::seeds();
        languages.try_fold(Change::new(), |change, language| {
            let id = seed.ids.below("languages", &language.locale).uuid();
            let parent = seed.environment.as_uuid();
            Ok(change.and(seed.object_of(parent, id, language)?))
        })
    },
    |seed| seed.object("notificationsPolicies", notifications::policies::seed()),
];

/// What an environment of this edition still lacks, and what notes that it then has all.
///
/// # Errors
///
/// [`StoreError`] when a document cannot be written down.
pub(crate) fn seeds(
    core: &Core,
    environment: EnvironmentId,
    ids: Ids<'_>,
    edition: usize,
    now: Timestamp,
) -> Result<Change, StoreError> {
    let seed = Seed {
        core,
        environment,
        ids,
        now,
    };
    let reached = editions::reach(environment, EDITIONS.len());
    EDITIONS
        .iter()
        .skip(edition)
        .try_fold(reached, |change, edition| Ok(change.and(edition(&seed)?)))
}

/// Brings environments that an earlier version of the program made up to date.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn bring_up_to_date(core: &Core, now: Timestamp) -> Result<(), StoreError> {
    resource_parts::complete(core, now).await?;
    loop {
        let behind = editions::behind(core.db(), EDITIONS.len()).await?;
        if behind.is_empty() {
            return Ok(());
        }
        for (environment, edition) in behind {
            let change = seeds(core, environment, Ids::of(environment), edition, now)?;
            match change.commit_unrecorded(core).await {
                Ok(()) => {}
                // Another node was faster.
                Err(error) if error.unmet() == Some(0) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// An environment that is being made.
struct Seed<'a> {
    core: &'a Core,
    environment: EnvironmentId,
    ids: Ids<'a>,
    now: Timestamp,
}

impl Seed<'_> {
    /// An object of a collection that hangs off the environment alone.
    fn object<D: Document>(&self, collection: &str, document: D) -> Result<Change, StoreError> {
        let id = self.ids.below(collection, document.name()).uuid();
        self.object_of(self.environment.as_uuid(), id, document)
    }

    /// An object of which others are to know the id, with its parent.
    fn object_of<D: Document>(
        &self,
        parent: Uuid,
        id: Uuid,
        document: D,
    ) -> Result<Change, StoreError> {
        let Self {
            core,
            environment,
            now,
            ..
        } = *self;
        let object = Object::new(id, environment, parent, document, now);
        Objects::new(core.db(), core.keyring()).insert(&object, core.random())
    }
}
