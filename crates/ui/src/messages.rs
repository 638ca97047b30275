//! The texts of pages and mails, from [Fluent](https://projectfluent.org) files.
//!
//! A page must never fail for want of a text: an unknown id renders as itself and is logged once.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The value of an argument: a text, or a number that plural forms are chosen by.
pub type Value<'a> = FluentValue<'a>;

/// The texts that this crate's own templates use.
const SHARED: &str = include_str!("../locales/en/ui.ftl");

/// How many unknown ids are remembered, so that each is logged once.
const REMEMBERED_UNKNOWN_IDS: usize = 256;

/// A catalogue of texts in one language; cheap to clone.
#[derive(Clone)]
pub struct Messages {
    inner: Arc<Inner>,
}

struct Inner {
    bundle: FluentBundle<FluentResource>,
    language: LanguageIdentifier,
    ids: BTreeSet<String>,
    problems: Vec<String>,
    unknown: Mutex<BTreeSet<String>>,
}

impl Messages {
    /// The English texts of these Fluent sources, with the texts that all pages share.
    ///
    /// A later source wins over an earlier one. What cannot be parsed is left out, logged, and
    /// reported by [`problems`](Self::problems), which every crate's tests assert to be empty.
    pub fn english(sources: &[&str]) -> Self {
        let language: LanguageIdentifier = "en".parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language.clone()]);
        // Isolating marks are invisible characters that end up in what people copy.
        bundle.set_use_isolating(false);
        let mut ids = BTreeSet::new();
        let mut problems = Vec::new();
        for source in std::iter::once(&SHARED).chain(sources) {
            for id in ids_of(source) {
                if !ids.insert(id.to_owned()) {
                    problems.push(format!("`{id}` is defined more than once"));
                }
            }
            let resource = match FluentResource::try_new((*source).to_owned()) {
                Ok(resource) => resource,
                Err((resource, errors)) => {
                    problems.extend(errors.iter().map(ToString::to_string));
                    resource
                }
            };
            bundle.add_resource_overriding(resource);
        }
        for problem in &problems {
            tracing::error!(problem, "a message catalogue has a mistake");
        }
        let unknown = Mutex::new(BTreeSet::new());
        Self {
            inner: Arc::new(Inner {
                bundle,
                language,
                ids,
                problems,
                unknown,
            }),
        }
    }

    /// The text with this id.
    pub fn text(&self, id: &str) -> String {
        self.render(id, None)
    }

    /// The text with this id, its placeables filled in.
    ///
    /// For arguments of several kinds build each with [`Value::from`].
    pub fn format<'a, V>(&self, id: &str, arguments: &[(&'a str, V)]) -> String
    where
        V: Clone + Into<Value<'a>>,
    {
        let mut values = FluentArgs::with_capacity(arguments.len());
        for (name, value) in arguments {
            values.set(*name, value.clone());
        }
        self.render(id, Some(&values))
    }

    /// Whether there is a text with this id.
    pub fn contains(&self, id: &str) -> bool {
        self.inner.bundle.has_message(id)
    }

    /// All ids, for tests that compare them with those the templates use.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.inner.ids.iter().map(String::as_str)
    }

    /// The language as a `lang` attribute names it.
    pub fn language(&self) -> String {
        self.inner.language.to_string()
    }

    /// What is wrong with the sources: texts that cannot be parsed, ids defined twice.
    pub fn problems(&self) -> &[String] {
        &self.inner.problems
    }

    /// The ids that a template asks for with `text("…")` or `format("…"`.
    ///
    /// For tests: whoever has templates asserts that each of these ids exists.
    pub fn ids_in_template(template: &str) -> BTreeSet<String> {
        ["text(\"", "format(\""]
            .iter()
            .flat_map(|call| template.split(call).skip(1))
            .filter_map(|rest| rest.split_once('"').map(|(id, _)| id.to_owned()))
            .collect()
    }

    fn render(&self, id: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let inner = &*self.inner;
        let pattern = inner
            .bundle
            .get_message(id)
            .and_then(|message| message.value());
        let Some(pattern) = pattern else {
            self.log_once(id, "there is no text with this id");
            return id.to_owned();
        };
        let mut errors = Vec::new();
        let text = inner
            .bundle
            .format_pattern(pattern, arguments, &mut errors)
            .into_owned();
        if !errors.is_empty() {
            self.log_once(id, "a text lacks an argument");
        }
        text
    }

    fn log_once(&self, id: &str, problem: &'static str) {
        let mut unknown = self
            .inner
            .unknown
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if unknown.len() < REMEMBERED_UNKNOWN_IDS && unknown.insert(id.to_owned()) {
            tracing::error!(id, problem, "a text could not be rendered");
        }
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages")
            .field("language", &self.language())
            .field("ids", &self.inner.ids.len())
            .finish_non_exhaustive()
    }
}

/// Reads the ids off the lines that begin a message; terms begin with `-`, comments with `#`.
fn ids_of(source: &str) -> impl Iterator<Item = &str> {
    source
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()))
        .filter_map(|line| line.split_once('='))
        .map(|(id, _)| id.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_texts_have_no_mistakes() {
        assert_eq!(Messages::english(&[]).problems(), [""; 0]);
    }

    #[test]
    fn an_unknown_id_renders_as_itself() {
        assert_eq!(Messages::english(&[]).text("no-such-text"), "no-such-text");
    }

    #[test]
    fn a_missing_argument_does_not_fail() {
        let messages = Messages::english(&["greet = Hello { $name }"]);
        assert_eq!(messages.text("greet"), "Hello {$name}");
        assert_eq!(messages.format("greet", &[("name", "Ada")]), "Hello Ada");
    }

    #[test]
    fn numbers_choose_plural_forms() {
        let messages = Messages::english(&[
            "found = { $count ->\n    [one] { $count } user\n   *[other] { $count } users\n }",
        ]);
        assert_eq!(messages.format("found", &[("count", 1)]), "1 user");
        assert_eq!(messages.format("found", &[("count", 1200)]), "1200 users");
    }

    #[test]
    fn arguments_keep_their_characters_and_gain_no_marks() {
        let messages = Messages::english(&["greet = Hello { $name }."]);
        assert_eq!(
            messages.format("greet", &[("name", "<b>{x}")]),
            "Hello <b>{x}."
        );
    }

    #[test]
    fn mistakes_are_reported_and_the_rest_still_works() {
        let messages = Messages::english(&["good = Good\nbad { = x\n", "good = Better"]);
        assert_eq!(messages.text("good"), "Better");
        assert_eq!(messages.problems().len(), 2, "{:?}", messages.problems());
    }

    #[test]
    fn ids_are_read_off_templates() {
        let found = Messages::ids_in_template(
            r#"{{ layout.text("one") }} {{ layout.format("two", [("a", 1)]) }}"#,
        );
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["one", "two"]);
    }
}
