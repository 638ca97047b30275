//! `/environments/{environment}/agreements`: what people are asked to agree to, in languages and
//! revisions (PingOne, "Agreement management").

pub(crate) mod asked;
pub(crate) mod consents;
pub(crate) mod languages;
pub(crate) mod revisions;

use protocol::pingone::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::languages::AgreementLanguage;
use self::revisions::Revision;
use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::api::hal::Shown;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::languages::Language;
use crate::stores::record::{Events, events};

/// An agreement.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agreement {
    pub(crate) name: String,
    description: Option<String>,
    pub(crate) enabled: bool,
    /// After how many days a consent is over.
    reconsent_period_days: Option<u32>,
}

impl Agreement {
    /// After how many days a consent is over; `None` where it is for good.
    pub(crate) fn reconsent_days(&self) -> Option<u32> {
        self.reconsent_period_days
    }
}

impl Document for Agreement {
    const EVENTS: Events = events!("AGREEMENT");
    const MOST: u32 = 100;

    fn name(&self) -> &str {
        &self.name
    }
}

impl Configuration for Agreement {
    const PATH: &'static str = "agreements";
    const ITEM: &'static str = "agreement";
    const FILTERS: &'static [&'static str] = &["name", "enabled"];
    type Parent = TopLevel;
    type Read = may::ReadAgreements;
    type Manage = may::ManageAgreements;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        if self
            .reconsent_period_days
            .is_some_and(|days| !(1..=36_500).contains(&days))
        {
            let message = "must be between 1 and 36500";
            return Err(ApiFailure::invalid_value("reconsentPeriodDays", message));
        }
        if !self.enabled {
            return Ok(());
        }
        let speaks_default = match replaced {
            Some(agreement) => speaks_default(managing, agreement).await?,
            None => false,
        };
        if speaks_default {
            Ok(())
        } else {
            // Clients look for the text (PingOne's Terraform provider).
            let message = "The agreement can not be enabled without supporting the default \
                           language configured for the environment.";
            Err(ApiFailure::invalid_value("enabled", message))
        }
    }

    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let counts = consents::count(caller, object).await?;
        let languages = format!("{}/languages", shown.address().unwrap_or_default());
        Ok(shown
            .link("languages", languages)
            .member("totalConsents", counts.standing)
            .member("totalExpiredConsents", counts.expired)
            .member("consentsAggregatedAt", date::written(caller.now)))
    }
}

/// Whether an agreement has a text in force, in an enabled language that is the environment's
/// default.
async fn speaks_default(
    caller: &Caller,
    agreement: &Object<Agreement>,
) -> Result<bool, ApiFailure> {
    let (db, keyring) = (caller.idp.db(), caller.idp.keyring());
    let environment = agreement.environment_id;
    let default = Objects::<Language>::new(db, keyring);
    let Some(default) = default.find_default(environment).await? else {
        return Ok(false);
    };
    let languages = Objects::<AgreementLanguage>::new(db, keyring);
    for language in languages.list(environment, agreement.id).await? {
        let AgreementLanguage {
            locale, enabled, ..
        } = &language.document;
        if *enabled && *locale == default.document.locale {
            return Ok(in_force(caller, &language).await?.is_some());
        }
    }
    Ok(false)
}

/// The text that is in force of an agreement in one language.
async fn in_force(
    caller: &Caller,
    language: &Object<AgreementLanguage>,
) -> Result<Option<Object<Revision>>, ApiFailure> {
    let objects = Objects::<Revision>::new(caller.idp.db(), caller.idp.keyring());
    let all = objects.list(language.environment_id, language.id).await?;
    Ok(revisions::current(&all, caller.now).cloned())
}
