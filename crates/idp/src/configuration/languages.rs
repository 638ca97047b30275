//! `/environments/{environment}/languages`: the languages that pages and mails may have (PingOne,
//! "Languages"), how far each is translated, and the translated texts.

pub(crate) mod names;
pub(crate) mod status;
pub(crate) mod translations;

use axum::http::StatusCode;
use protocol::id::EnvironmentId;
use uuid::Uuid;

use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
use crate::stores::languages::Language;

/// The languages that an environment begins with, which stay.
const SYSTEM: [&str; 17] = [
    "cs", "de", "en", "es", "fr", "fr-CA", "hu", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th",
    "tr", "zh",
];

/// The language that is the default until another is.
const DEFAULT: &str = "en";

impl Configuration for Language {
    const PATH: &'static str = "languages";
    const ITEM: &'static str = "language";
    const UNIQUE: &'static str = "locale";
    const FILTERS: &'static [&'static str] =
        &["locale", "name", "enabled", "default", "customerAdded"];
    const CREATED: StatusCode = StatusCode::OK;
    type Parent = TopLevel;
    type Read = may::ReadLanguages;
    type Manage = may::ManageLanguages;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let Some(name) = names::english(&self.locale) else {
            let message = "must be the tag of a language, such as fr or fr-CA";
            return Err(ApiFailure::invalid_value("locale", message));
        };
        self.name.get_or_insert(name);
        let Some(Object { document, .. }) = replaced else {
            self.customer_added = true;
            for (member, value) in [("enabled", self.enabled), ("default", self.default)] {
                if value {
                    let message = "must be false where a language is added";
                    return Err(ApiFailure::invalid_value(member, message));
                }
            }
            return Ok(());
        };
        self.customer_added = document.customer_added;
        if self.locale != document.locale {
            let message = "cannot be changed; add another language";
            return Err(ApiFailure::invalid_value("locale", message));
        }
        if self.default && !self.enabled {
            // Clients look for the text (PingOne's Terraform provider).
            let message = "The language must be enabled before it is set as the default";
            return Err(ApiFailure::invalid_value("default", message).saying(message));
        }
        Ok(())
    }

    fn check_delete(object: &Object<Self>) -> Result<(), ApiFailure> {
        if object.document.customer_added {
            return Ok(());
        }
        let message = "The language is one that every environment has.";
        Err(ApiFailure::constraint(None, message))
    }

    fn missing(environment: EnvironmentId, id: Uuid) -> ApiFailure {
        ApiFailure::not_found_saying(format!(
            "Unable to find language for environmentId={environment} with id={id}"
        ))
    }
}

/// The languages that every environment begins with.
pub(super) fn seeds() -> impl Iterator<Item = Language> {
    SYSTEM.into_iter().map(|locale| Language {
        locale: locale.to_owned(),
        name: names::english(locale),
        enabled: locale == DEFAULT,
        default: locale == DEFAULT,
        customer_added: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_of_the_system_has_a_name() {
        assert!(seeds().all(|language| language.name.is_some()));
    }
}
