//! What every layer above the stores stands on: the database, the stores that keep what they read,
//! randomness, the keyring, and the installation's settings and addresses.
//!
//! There is no clock in it: handlers and jobs read the time once and pass it on.

mod commit;
pub(crate) mod group_rules;
pub(crate) mod ids;
pub(crate) mod licenses;
mod looks;
pub(crate) mod names;

use std::sync::Arc;

use db::{Db, Reader};
use platform::keyring::Keyring;
use protocol::Random;
use web::LookupCounts;

use crate::caches::Touched;
use crate::settings::Settings;
use crate::stores::application_attributes::AttributeMappings;
use crate::stores::application_secrets::ApplicationSecrets;
use crate::stores::applications::Applications;
use crate::stores::environments::Environments;
use crate::stores::languages::Languages;
use crate::stores::resource_attributes::ResourceAttributes;
use crate::stores::resources::Granted;
use crate::stores::role_assignments::RoleAssignments;
use crate::stores::sign_on_policies::SignOnPolicies;
use crate::stores::subscriptions::Subscriptions;
use crate::stores::themes::Themes;
use crate::stores::user_schemas::UserSchemas;
use crate::texts::Texts;
use crate::urls::Urls;

/// The ground of the crate: see the module.
#[derive(Debug)]
#[expect(
    unnameable_types,
    reason = "`Idp` derefs to it, and all its methods are the crate's own"
)]
pub struct Core {
    settings: Settings,
    /// Private, so that `commit` alone writes.
    db: Db,
    reader: Reader,
    random: Arc<dyn Random>,
    keyring: Arc<Keyring>,
    urls: Urls,
    applications: Applications,
    application_secrets: ApplicationSecrets,
    attribute_mappings: AttributeMappings,
    resource_attributes: ResourceAttributes,
    environments: Environments,
    granted: Granted,
    languages: Languages,
    role_assignments: RoleAssignments,
    themes: Themes,
    user_schemas: UserSchemas,
    sign_on_policies: SignOnPolicies,
    subscriptions: Subscriptions,
}

impl Core {
    pub(crate) fn new(
        settings: Settings,
        db: Db,
        random: Arc<dyn Random>,
        keyring: Arc<Keyring>,
    ) -> Self {
        let urls = Urls::new(&settings);
        let reader = db.reader();
        Self {
            applications: Applications::new(reader.clone()),
            application_secrets: ApplicationSecrets::new(reader.clone(), Arc::clone(&keyring)),
            attribute_mappings: AttributeMappings::new(reader.clone(), Arc::clone(&keyring)),
            resource_attributes: ResourceAttributes::new(reader.clone(), Arc::clone(&keyring)),
            environments: Environments::new(reader.clone()),
            granted: Granted::new(reader.clone(), urls.audience().to_owned()),
            languages: Languages::new(reader.clone(), Arc::clone(&keyring), Texts::new()),
            role_assignments: RoleAssignments::new(reader.clone()),
            themes: Themes::new(reader.clone(), Arc::clone(&keyring), urls.clone()),
            user_schemas: UserSchemas::new(reader.clone()),
            sign_on_policies: SignOnPolicies::new(reader.clone(), Arc::clone(&keyring)),
            subscriptions: Subscriptions::new(reader.clone(), Arc::clone(&keyring)),
            settings,
            db,
            reader,
            random,
            keyring,
            urls,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The database's reading side, for the stores that keep nothing in memory.
    pub(crate) fn db(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.random
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub(crate) fn urls(&self) -> &Urls {
        &self.urls
    }

    pub(crate) fn applications(&self) -> &Applications {
        &self.applications
    }

    pub(crate) fn application_secrets(&self) -> &ApplicationSecrets {
        &self.application_secrets
    }

    /// Which claims stand for the attributes of resources.
    pub(crate) fn resource_attributes(&self) -> &ResourceAttributes {
        &self.resource_attributes
    }

    /// Which claims tell applications what of their users.
    pub(crate) fn attribute_mappings(&self) -> &AttributeMappings {
        &self.attribute_mappings
    }

    pub(crate) fn environments(&self) -> &Environments {
        &self.environments
    }

    /// The scopes that applications may ask for.
    pub(crate) fn granted(&self) -> &Granted {
        &self.granted
    }

    /// The languages of environments.
    pub(crate) fn languages(&self) -> &Languages {
        &self.languages
    }

    /// The catalogues of texts.
    pub(crate) fn texts(&self) -> &Texts {
        self.languages.texts()
    }

    /// How pages and mails look.
    pub(crate) fn themes(&self) -> &Themes {
        &self.themes
    }

    pub(crate) fn role_assignments(&self) -> &RoleAssignments {
        &self.role_assignments
    }

    pub(crate) fn user_schemas(&self) -> &UserSchemas {
        &self.user_schemas
    }

    /// What applications demand of whoever signs on.
    pub(crate) fn sign_on_policies(&self) -> &SignOnPolicies {
        &self.sign_on_policies
    }

    pub(crate) fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// How often what is kept in memory was asked for, and there.
    pub(crate) fn lookups(&self) -> [(&'static str, LookupCounts); 12] {
        [
            ("applications", self.applications.lookups()),
            ("application_secrets", self.application_secrets.lookups()),
            ("attribute_mappings", self.attribute_mappings.lookups()),
            ("environments", self.environments.lookups()),
            ("granted_scopes", self.granted.lookups()),
            ("languages", self.languages.lookups()),
            ("resource_attributes", self.resource_attributes.lookups()),
            ("role_assignments", self.role_assignments.lookups()),
            ("sign_on_policies", self.sign_on_policies.lookups()),
            ("subscriptions", self.subscriptions.lookups()),
            ("themes", self.themes.lookups()),
            ("user_schemas", self.user_schemas.lookups()),
        ]
    }

    /// Forgets what a write may have changed, wherever it is kept.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.applications.forget(touched);
        self.application_secrets.forget(touched);
        self.attribute_mappings.forget(touched);
        self.resource_attributes.forget(touched);
        self.environments.forget(touched);
        self.granted.forget(touched);
        self.languages.forget(touched);
        self.role_assignments.forget(touched);
        self.themes.forget(touched);
        self.user_schemas.forget(touched);
        self.sign_on_policies.forget(touched);
        self.subscriptions.forget(touched);
    }
}
