//! The languages of an environment, and its own texts in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use db::{Reader, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::{Messages, OwnTexts};
use web::LookupCounts;

use super::configuration::{Document, Objects};
use super::record::{Events, events};
use crate::caches::{Recent, Touched};
use crate::texts::{Texts, fallbacks};

/// A language.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Language {
    pub(crate) locale: String,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) default: bool,
    /// Whether an administrator added it.
    #[serde(default)]
    pub(crate) customer_added: bool,
}

impl Document for Language {
    const EVENTS: Events = events!("LANGUAGE");
    const HAS_DEFAULT: bool = true;
    /// Every page is in one.
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.locale)
    }

    fn unique(&self) -> Option<String> {
        Some(self.locale.clone())
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

/// The translated texts of one language.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Translations {
    pub(crate) locale: String,
    pub(crate) texts: BTreeMap<String, String>,
}

impl Document for Translations {
    const EVENTS: Events = events!("TRANSLATION");
    /// Every page says them.
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        &self.locale
    }

    fn unique(&self) -> Option<String> {
        Some(self.locale.clone())
    }
}

/// A language that pages and mails are in.
#[derive(Clone, Debug)]
struct Spoken {
    locale: String,
    is_default: bool,
    messages: Messages,
}

/// The languages that pages and mails of an environment are in.
#[derive(Clone, Debug)]
pub(crate) struct Tongues {
    spoken: Arc<[Spoken]>,
    english: Messages,
}

impl Tongues {
    /// What is said in a language, if the environment speaks exactly that one.
    pub(crate) fn find(&self, locale: &str) -> Option<&Messages> {
        let is_meant = |spoken: &&Spoken| spoken.locale.eq_ignore_ascii_case(locale);
        self.spoken
            .iter()
            .find(is_meant)
            .map(|spoken| &spoken.messages)
    }

    /// The language where nobody wants another.
    pub(crate) fn default_locale(&self) -> Option<&str> {
        let spoken = self.spoken.iter().find(|spoken| spoken.is_default);
        spoken.map(|spoken| spoken.locale.as_str())
    }

    /// What is said in the default language.
    pub(crate) fn default_messages(&self) -> &Messages {
        let default = self.default_locale().and_then(|locale| self.find(locale));
        default.unwrap_or(&self.english)
    }

    /// What is said to somebody who wants these languages, the most wanted first.
    pub(crate) fn choose<'w>(&self, wanted: impl IntoIterator<Item = &'w str>) -> &Messages {
        wanted
            .into_iter()
            .flat_map(fallbacks)
            .find_map(|locale| self.find(locale))
            .unwrap_or_else(|| self.default_messages())
    }
}

/// The languages of all environments.
#[derive(Debug)]
pub(crate) struct Languages {
    db: Reader,
    keyring: Arc<Keyring>,
    texts: Texts,
    recent: Recent<Tongues>,
}

impl Languages {
    pub(crate) fn new(db: Reader, keyring: Arc<Keyring>, texts: Texts) -> Self {
        Self {
            db,
            keyring,
            texts,
            recent: Recent::default(),
        }
    }

    /// The catalogues that languages are said in.
    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.recent.lookups()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.recent.forget(touched);
    }

    /// The languages that an environment speaks; cached. One that is enabled is spoken where there
    /// is a catalogue of it or texts of the environment's own, and what those lack is in English.
    pub(crate) async fn of(
        &self,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<Tongues, StoreError> {
        let read = async { Ok(Some(self.read(environment).await?)) };
        let found = self.recent.find(environment.as_uuid(), now, read).await?;
        Ok(found.unwrap_or_else(|| self.silent()))
    }

    fn silent(&self) -> Tongues {
        Tongues {
            spoken: Arc::default(),
            english: self.texts.english().clone(),
        }
    }

    async fn read(&self, environment: EnvironmentId) -> Result<Tongues, StoreError> {
        let parent = environment.as_uuid();
        let languages = Objects::<Language>::new(&self.db, &self.keyring);
        let languages = languages.list(environment, parent).await?;
        let translations = Objects::<Translations>::new(&self.db, &self.keyring);
        let translations = translations.list(environment, parent).await?;
        let enabled = languages.into_iter().map(|object| object.document);
        let spoken = enabled
            .filter(|language| language.enabled)
            .filter_map(|language| {
                let own = translations
                    .iter()
                    .find(|object| object.document.locale == language.locale)
                    .map(|object| self.own_texts(&object.document))
                    .unwrap_or_default();
                let catalogue = self.texts.of(&language.locale);
                if catalogue.is_none() && own.is_empty() {
                    return None;
                }
                let messages = catalogue.unwrap_or(self.texts.english());
                let own = OwnTexts {
                    language: language.locale.clone(),
                    texts: own,
                };
                Some(Spoken {
                    locale: language.locale,
                    is_default: language.default,
                    messages: messages.with_own(Arc::new(own)),
                })
            });
        Ok(Tongues {
            spoken: spoken.collect(),
            ..self.silent()
        })
    }

    /// By the ids of the catalogue. A key of our own is more exact than one of PingOne's, and comes
    /// behind it in the order of keys.
    fn own_texts(&self, translations: &Translations) -> BTreeMap<String, String> {
        let mut own = BTreeMap::new();
        for (key, text) in &translations.texts {
            for id in self.texts.ids_of(key).unwrap_or_default() {
                own.insert(id.to_owned(), text.clone());
            }
        }
        own
    }
}
