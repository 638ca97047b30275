//! What a user is asked to agree to at sign-on: the text in force, in the user's language, where
//! nothing that the user said before counts any more.

use db::StoreError;
use jiff::Timestamp;
use uuid::Uuid;

use super::Agreement;
use super::consents::{self, Status};
use super::languages::{AgreementLanguage, UserExperience};
use super::revisions::{self, ContentType, Revision};
use crate::core::Core;
use crate::stores::change::Change;
use crate::stores::configuration::{Object, Objects};
use crate::stores::consents as stored;
use crate::stores::users::StoredUser;
use crate::texts::{fallbacks, wanted};

/// What a user is asked.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Nothing: the user has agreed, or the agreement is disabled.
    Nothing,
    /// Whether this is agreed to.
    Text(Box<Text>),
    /// There should be something to agree to, and there is no text.
    NoText,
}

/// A text of an agreement that is in force.
pub(crate) struct Text {
    agreement: Object<Agreement>,
    language: Object<AgreementLanguage>,
    revision: Object<Revision>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Text").field(&self.revision.id).finish()
    }
}

impl Text {
    /// The id of the agreement.
    pub(crate) fn agreement(&self) -> Uuid {
        self.agreement.id
    }

    /// The id of the agreement in the language.
    pub(crate) fn language(&self) -> Uuid {
        self.language.id
    }

    /// The id of the revision.
    pub(crate) fn revision(&self) -> Uuid {
        self.revision.id
    }

    /// What it is called in its language.
    pub(crate) fn title(&self) -> &str {
        &self.language.document.display_name
    }

    /// The tag of its language.
    pub(crate) fn locale(&self) -> &str {
        &self.language.document.locale
    }

    /// The text, and whether it is HTML.
    pub(crate) fn text(&self) -> (&str, bool) {
        let Revision {
            content_type, text, ..
        } = &self.revision.document;
        (text, *content_type == ContentType::Html)
    }

    /// What the page says beside it, as far as the operator has words of their own.
    pub(crate) fn words(&self) -> UserExperience {
        let words = self.language.document.user_experience.clone();
        words.unwrap_or_default()
    }

    /// Writes down that a user agrees to it.
    pub(crate) fn agreed_to_by(&self, user: &StoredUser, now: Timestamp) -> Change {
        let consent = consents::given(
            user.id,
            &self.agreement,
            self.language.id,
            self.revision.id,
            now,
        );
        stored::set(&consent)
    }
}

/// What a user is asked to agree to of an agreement, in the first of the preferred languages that it
/// has: those of the profile, then those that the application or the browser asks for (`accepted`), then
/// the environment's default.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn find(
    core: &Core,
    user: &StoredUser,
    agreement: Uuid,
    accepted: &[String],
    now: Timestamp,
) -> Result<Asked, StoreError> {
    let (db, keyring) = (core.db(), core.keyring());
    let environment = user.environment_id;
    let agreements = Objects::<Agreement>::new(db, keyring);
    let Some(agreement) = agreements.find(environment, agreement).await? else {
        return Ok(Asked::NoText);
    };
    if !agreement.document.enabled {
        return Ok(Asked::Nothing);
    }
    let said = stored::of_user(db, user.id).await?;
    if let Some(consent) = said.iter().find(|one| one.agreement_id == agreement.id)
        && consents::status(core, environment, consent, now).await? == Status::Accepted
    {
        return Ok(Asked::Nothing);
    }
    let languages = Objects::<AgreementLanguage>::new(db, keyring);
    let mut languages = languages.list(environment, agreement.id).await?;
    languages.retain(|language| language.document.enabled);
    let own = user.attributes.get("preferredLanguage");
    let own = own.and_then(|own| own.as_str());
    let mut preferred = own.map(wanted).unwrap_or_default();
    preferred.extend_from_slice(accepted);
    let tongues = core.languages().of(environment, now).await?;
    preferred.extend(tongues.default_locale().map(str::to_owned));
    languages.sort_by_key(|language| place(&language.document.locale, &preferred));
    for language in languages {
        let revisions = Objects::<Revision>::new(db, keyring);
        let revisions = revisions.list(environment, language.id).await?;
        if let Some(revision) = revisions::current(&revisions, now).cloned() {
            return Ok(Asked::Text(Box::new(Text {
                agreement,
                language,
                revision,
            })));
        }
    }
    Ok(Asked::NoText)
}

/// How early a language is wanted, and whether it is exactly the one that is: a language in which
/// somebody asks for what is said elsewhere comes behind the one that they named.
fn place(locale: &str, wanted: &[String]) -> (usize, usize) {
    let distance = |tag: &String| {
        let mut nearer = fallbacks(tag);
        nearer.position(|fallback| fallback.eq_ignore_ascii_case(locale))
    };
    let mut distances = wanted.iter().map(distance).enumerate();
    let found = distances.find_map(|(place, distance)| Some((place, distance?)));
    found.unwrap_or((wanted.len(), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_tag_and_then_by_its_beginning() {
        let wanted = ["fr-CA".to_owned(), "de".to_owned(), "en".to_owned()];
        let mut locales = ["en", "de-AT", "fr", "de", "FR-ca", "it"];
        locales.sort_by_key(|locale| place(locale, &wanted));
        assert_eq!(locales, ["FR-ca", "fr", "de", "en", "de-AT", "it"]);
    }
}
