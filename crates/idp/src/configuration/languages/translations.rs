//! `/environments/{environment}/translations/{locale}`: the texts of pages in a language (PingOne,
//! "Translations"). A translation may be there before its language is, and stays when that goes.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::pingone::Translation;
use ui::Messages;

use super::names;
use crate::access::allowed::AllowedEverywhere;
use crate::access::permissions::{Allows, may};
use crate::api::body::JsonList;
use crate::api::configuration::MOST_TRIES;
use crate::api::hal::Reply;
use crate::api::media_router::{Resource, at};
use crate::api::paging::PageRequest;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::{Document as _, Object, Objects};
use crate::stores::languages::Translations;
use crate::texts::{Texts, is_of_pages, key_of, known_keys, unknown_argument};

/// As many texts as a language may have.
const MOST_TEXTS: usize = 2000;

/// Somebody who may do `P` to the texts in the path's language.
struct InLanguage<P> {
    allowed: AllowedEverywhere<P>,
    locale: String,
    found: Option<Object<Translations>>,
}

/// Rejected as [`AllowedEverywhere`] is, and with 404 for what is no language.
impl<P: Allows> FromRequestParts<Idp> for InLanguage<P> {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let allowed = AllowedEverywhere::<P>::from_request_parts(parts, idp).await?;
        let params = RawPathParams::from_request_parts(parts, idp).await;
        let params = params.map_err(|_| ApiFailure::not_found())?;
        let locale = params.iter().find(|(name, _)| *name == "locale");
        let locale = locale
            .map(|(_, locale)| locale.to_owned())
            .filter(|locale| names::english(locale).is_some())
            .ok_or_else(ApiFailure::not_found)?;
        let found = find(idp, allowed.id(), &locale).await?;
        Ok(Self {
            allowed,
            locale,
            found,
        })
    }
}

/// What was set in a language.
async fn find(
    idp: &Idp,
    environment: EnvironmentId,
    locale: &str,
) -> Result<Option<Object<Translations>>, ApiFailure> {
    let objects = Objects::<Translations>::new(idp.db(), idp.keyring());
    let all = objects.list(environment, environment.as_uuid()).await?;
    Ok(all
        .into_iter()
        .find(|object| object.document.locale == locale))
}

impl<P> InLanguage<P> {
    fn object(&self, now: Timestamp) -> Object<Translations> {
        self.found.clone().unwrap_or_else(|| {
            Object::new(
                self.allowed.idp.random().uuid(),
                self.allowed.id(),
                self.allowed.id().as_uuid(),
                Translations {
                    locale: self.locale.clone(),
                    texts: BTreeMap::new(),
                },
                now,
            )
        })
    }
}

/// All texts of a language: those that pages have, and those that were set beside them.
fn all(texts: &Texts, translations: &Translations) -> Vec<Translation> {
    let known = known_keys().map(|known| known.key.to_owned());
    let mut keys: Vec<String> = known.chain(texts.ids_of_pages().map(key_of)).collect();
    keys.extend(translations.texts.keys().cloned());
    keys.sort_unstable();
    keys.dedup();
    let keys = keys.iter();
    keys.map(|key| one(texts, translations, key)).collect()
}

fn one(texts: &Texts, translations: &Translations, key: &str) -> Translation {
    let known = known_keys().find(|known| known.key == key);
    let id = texts.ids_of(key).and_then(|ids| ids.first().copied());
    let said = |messages: &Messages| id.and_then(|id| messages.pattern(id)).map(str::to_owned);
    // PingOne's own words where it has the key: the pages' may be others.
    let reference = known.map(|known| known.text.to_owned());
    let reference = reference.or_else(|| said(texts.english()));
    let is_english = translations.locale.split('-').next() == Some("en");
    let untranslated = match texts.of(&translations.locale).and_then(said) {
        Some(text) => Some(text),
        None => reference.clone().filter(|_| is_english),
    };
    let translated = translations.texts.get(key).cloned();
    let mut shown = Translation::new(key, translated.or(untranslated).unwrap_or_default());
    shown.short_key = Some(short(key).to_owned());
    shown.reference_text = reference;
    shown
}

/// A key without the page that it belongs to: `button.cancel` of `flow-ui.button.cancel`.
fn short(key: &str) -> &str {
    key.split_once('.').map_or(key, |(_, short)| short)
}

fn is_key(text: &str) -> bool {
    let is_word = |word: &str| {
        let mut characters = word.bytes();
        characters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !word.is_empty()
    };
    text.len() <= 256 && text.contains('.') && text.split('.').all(is_word)
}

/// Refuses a key of our own that stands for nothing, and what the page has no value for.
fn check_arguments(catalogues: &Texts, key: &str, text: &str) -> Result<(), ApiFailure> {
    let Some(ids) = catalogues.ids_of(key) else {
        if is_of_pages(key) {
            return Err(ApiFailure::invalid_value("key", "is no text of the pages"));
        }
        return Ok(());
    };
    for pattern in ids.iter().filter_map(|id| catalogues.english().pattern(id)) {
        if let Some(name) = unknown_argument(pattern, text) {
            let message = format!("holds ${name}, which the text {key} has no value for");
            return Err(ApiFailure::invalid_value("translatedText", message));
        }
    }
    Ok(())
}

/// Sets the texts that are sent and leaves the others; one without a translation is reset.
fn set(
    catalogues: &Texts,
    texts: &mut BTreeMap<String, String>,
    sent: &[Translation],
) -> Result<(), ApiFailure> {
    for translation in sent {
        let Translation {
            key,
            translated_text,
            ..
        } = translation;
        if !is_key(key) {
            let message = "must be the key of a text, such as flow-ui.button.cancel";
            return Err(ApiFailure::invalid_value("key", message));
        }
        check_arguments(catalogues, key, translated_text)?;
        if translated_text.is_empty() {
            texts.remove(key);
        } else {
            texts.insert(key.clone(), translated_text.clone());
        }
    }
    if texts.len() > MOST_TEXTS {
        let message = format!("makes more than {MOST_TEXTS} texts of the language");
        return Err(ApiFailure::invalid_value("key", message));
    }
    Ok(())
}

async fn list(
    texts: InLanguage<may::ReadLanguages>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let url = texts
        .allowed
        .url(format_args!("translations/{}", texts.locale));
    let (after, _) = page.position(&texts.allowed.idp, &url)?;
    let object = texts.object(texts.allowed.now);
    let found = all(texts.allowed.idp.texts(), &object.document)
        .into_iter()
        .filter(|translation| translation.key > after)
        .collect();
    let behind = |last: &Translation| (last.key.clone(), String::new());
    let page = page.page(
        &texts.allowed.idp,
        &url,
        "translations",
        found,
        behind,
        |translation| translation,
    );
    Reply::ok(&page)
}

async fn update(
    mut texts: InLanguage<may::ManageLanguages>,
    JsonList(sent): JsonList<Translation>,
) -> Result<Reply, ApiFailure> {
    // Others may set other texts at the same time: nobody's are lost.
    for _ in 0..MOST_TRIES {
        let allowed = &texts.allowed;
        let mut object = texts.object(allowed.now);
        set(allowed.idp.texts(), &mut object.document.texts, &sent)?;
        object.updated_at = allowed.now;
        let objects = Objects::<Translations>::new(allowed.idp.db(), allowed.idp.keyring());
        let (change, event) = if texts.found.is_some() {
            let change = objects.update_unchanged(&object, allowed.idp.random())?;
            (change, Translations::EVENTS.updated)
        } else {
            let change = objects.insert(&object, allowed.idp.random())?;
            (change, Translations::EVENTS.created)
        };
        let committed = allowed.commit(allowed.id(), change, event, &object).await;
        match committed {
            Ok(()) => {
                let catalogues = allowed.idp.texts();
                let set = sent
                    .iter()
                    .map(|sent| one(catalogues, &object.document, &sent.key));
                return Reply::ok(&set.collect::<Vec<_>>());
            }
            Err(error) if error.unmet().is_some() || error.is_unique_violation() => {
                texts.found = find(&allowed.idp, allowed.id(), &texts.locale).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiFailure::conflict())
}

/// The routes of translations.
pub(crate) fn routes() -> Vec<Resource> {
    let path = "/environments/{environment}/translations/{locale}";
    vec![
        at(path)
            .get(list)
            .answering_many::<Translation>("translations")
            .paged()
            .put(update)
            .taking::<Vec<Translation>>()
            .answering::<Vec<Translation>>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_words_between_dots() {
        for (text, expected) in [
            ("flow-ui.button.cancel", true),
            ("forms.button.text", true),
            ("cancel", false),
            (".cancel", false),
            ("a..b", false),
            ("a.b c", false),
        ] {
            assert_eq!(is_key(text), expected, "{text}");
        }
        assert!(known_keys().all(|known| is_key(known.key)));
    }
}
