//! The texts of hosted pages and mails, in the languages that there are catalogues of; by which keys
//! an environment puts its own in their place; and which languages somebody asks for.

use std::collections::BTreeSet;

use ui::Messages;

const ENGLISH: [&str; 2] = [
    include_str!("../locales/en/idp.ftl"),
    include_str!("../locales/en/mail.ftl"),
];

const OTHERS: [(&str, [&str; 2]); 3] = [
    (
        "de",
        [
            include_str!("../locales/de/idp.ftl"),
            include_str!("../locales/de/mail.ftl"),
        ],
    ),
    (
        "es",
        [
            include_str!("../locales/es/idp.ftl"),
            include_str!("../locales/es/mail.ftl"),
        ],
    ),
    (
        "fr",
        [
            include_str!("../locales/fr/idp.ftl"),
            include_str!("../locales/fr/mail.ftl"),
        ],
    ),
];

/// `KEY IDS TEXT` on each line: the keys of PingOne's that are known, the texts of the catalogue that
/// they stand for (`-` for none), and what PingOne says there.
const KEYS: &str = include_str!("texts.txt");

/// How the keys of all other texts of the pages begin; the text's id follows.
const OF_PAGES: &str = "pages.";

/// As many languages as one request may ask for; further ones are not looked at.
const MOST_WANTED: usize = 20;

/// The catalogues.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    english: Messages,
    others: Vec<Messages>,
}

impl Texts {
    /// Reads the catalogues, which are part of the program.
    pub(crate) fn new() -> Self {
        let others = OTHERS.iter();
        Self {
            english: Messages::english(&ENGLISH),
            others: others
                .map(|(language, sources)| Messages::translated(language, &ENGLISH, sources))
                .collect(),
        }
    }

    /// The texts that stand in for every language without a catalogue.
    pub(crate) fn english(&self) -> &Messages {
        &self.english
    }

    /// The texts of a language, whatever its script and territory.
    pub(crate) fn of(&self, locale: &str) -> Option<&Messages> {
        let language = locale.split('-').next().unwrap_or_default();
        std::iter::once(&self.english)
            .chain(&self.others)
            .find(|texts| texts.language().eq_ignore_ascii_case(language))
    }

    /// The ids of the texts that an environment may put its own in the place of.
    pub(crate) fn ids_of_pages(&self) -> impl Iterator<Item = &str> {
        self.english.ids().filter(|id| is_open(id))
    }

    /// The texts that a key stands for; `None` for a key that is not known.
    pub(crate) fn ids_of<'k>(&self, key: &'k str) -> Option<Vec<&'k str>> {
        if let Some(id) = key.strip_prefix(OF_PAGES) {
            let is_known = is_open(id) && self.english.contains(id);
            return is_known.then(|| vec![id]);
        }
        let known = known_keys().find(|known| known.key == key)?;
        Some(known.ids().collect())
    }
}

/// Whether a key is one of ours.
pub(crate) fn is_of_pages(key: &str) -> bool {
    key.starts_with(OF_PAGES)
}

/// Mails have templates, and developers are told in English.
fn is_open(id: &str) -> bool {
    let others = ["mail-", "mailbox-", "start-", "page-error-uri-"];
    !others.iter().any(|prefix| id.starts_with(prefix))
}

/// A key of PingOne's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownKey {
    pub(crate) key: &'static str,
    ids: &'static str,
    /// What PingOne says there.
    pub(crate) text: &'static str,
}

impl KnownKey {
    /// The texts that it stands for.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.ids.split(',').filter(|id| *id != "-")
    }
}

/// The keys of PingOne's that are known.
pub(crate) fn known_keys() -> impl Iterator<Item = KnownKey> {
    KEYS.lines().filter_map(|line| {
        let (key, rest) = line.split_once(' ')?;
        let (ids, text) = rest.split_once(' ')?;
        Some(KnownKey { key, ids, text })
    })
}

/// The key of a text that has none of PingOne's.
pub(crate) fn key_of(id: &str) -> String {
    format!("{OF_PAGES}{id}")
}

/// The first argument of a text that a text of the catalogue does not have.
pub(crate) fn unknown_argument<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
    let known = Messages::arguments_in(pattern);
    let said: BTreeSet<_> = Messages::arguments_in(text);
    said.into_iter().find(|name| !known.contains(name))
}

/// The languages of a list such as that of `Accept-Language`
/// ([RFC 9110 §12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)) or `ui_locales`, the
/// most wanted first.
pub(crate) fn wanted(list: &str) -> Vec<String> {
    let ranges = list
        .split([',', ' '])
        .map(|range| range.split(';'))
        .take(MOST_WANTED);
    let mut weighed: Vec<(f32, String)> = ranges
        .filter_map(|mut range| {
            let tag = range.next()?.trim().replace('_', "-");
            let is_tag = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            let is_tag = (1..=35).contains(&tag.len()) && tag.bytes().all(is_tag);
            let weight =
                range.find_map(|parameter| parameter.trim().strip_prefix("q=")?.parse().ok());
            let weight: f32 = weight.unwrap_or(1.0);
            (is_tag && weight > 0.0).then_some((weight, tag))
        })
        .collect();
    weighed.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    weighed.into_iter().map(|(_, tag)| tag).collect()
}

/// A language and what it falls back to, the nearest first
/// ([RFC 4647 §3.4](https://www.rfc-editor.org/rfc/rfc4647#section-3.4)).
pub(crate) fn fallbacks(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| {
        tag.rsplit_once('-').map(|(shorter, _)| shorter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_every_text_with_the_same_arguments() {
        let texts = Texts::new();
        assert_eq!(texts.english().problems(), [""; 0]);
        for (place, (language, sources)) in OTHERS.iter().enumerate() {
            let messages = &texts.others[place];
            assert_eq!(messages.problems(), [""; 0], "{language}");
            // Without the English ones, which would stand in for what is missing.
            let alone = Messages::translated(language, &[], sources);
            let lacking: Vec<_> = texts
                .english()
                .ids()
                .filter(|id| !alone.contains(id))
                .collect();
            assert_eq!(lacking, [""; 0], "{language} lacks texts");
            for id in alone.ids() {
                let english = texts.english().pattern(id);
                let english = english.unwrap_or_else(|| panic!("{language} says {id} alone"));
                assert_eq!(
                    Messages::arguments_in(alone.pattern(id).unwrap()),
                    Messages::arguments_in(english),
                    "{language} {id}"
                );
            }
        }
    }

    /// Whoever reads a page or a mail knows whose it is, and nothing of environments.
    #[test]
    fn no_text_names_an_environment() {
        let texts = Texts::new();
        let named = |id: &&str| {
            let pattern = texts.english().pattern(id).unwrap_or_default();
            Messages::arguments_in(pattern).contains("environment")
        };
        let named: Vec<_> = texts.english().ids().filter(named).collect();
        assert_eq!(named, [""; 0]);
    }

    #[test]
    fn every_key_stands_for_texts_that_there_are() {
        let texts = Texts::new();
        for known in known_keys() {
            for id in known.ids() {
                assert!(texts.english().contains(id), "{} {id}", known.key);
            }
        }
        assert_eq!(texts.ids_of("pages.signon-lead"), Some(vec!["signon-lead"]));
        assert_eq!(texts.ids_of("pages.mail-greeting"), None);
        assert_eq!(texts.ids_of("pages.nonsense"), None);
        assert_eq!(texts.ids_of("portal.title"), None);
    }

    #[test]
    fn languages_are_wanted_in_the_order_of_their_weights() {
        assert_eq!(
            wanted("da, en-GB;q=0.8, de;q=0.9,xx;q=0, *;q=0.1, \u{e4}, fr_CA"),
            ["da", "fr-CA", "de", "en-GB"]
        );
        assert_eq!(wanted("de-AT fr"), ["de-AT", "fr"]);
        assert_eq!(wanted(&"a,".repeat(1000)).len(), MOST_WANTED);
        assert_eq!(
            fallbacks("sr-Latn-BA").collect::<Vec<_>>(),
            ["sr-Latn-BA", "sr-Latn", "sr"]
        );
    }
}
