//! The texts of pages and mails, from [Fluent](https://projectfluent.org) files.
//!
//! A page must never fail for want of a text: an unknown id renders as itself and is logged once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The value of an argument: a text, or a number that plural forms are chosen by.
pub type Value<'a> = FluentValue<'a>;

/// The texts that this crate's own templates use, in the languages that there are.
const SHARED: [(&str, &str); 4] = [
    ("en", include_str!("../locales/en/ui.ftl")),
    ("de", include_str!("../locales/de/ui.ftl")),
    ("es", include_str!("../locales/es/ui.ftl")),
    ("fr", include_str!("../locales/fr/ui.ftl")),
];

/// The language that stands in for every other.
const ENGLISH: &str = "en";

/// How many unknown ids are remembered, so that each is logged once.
const REMEMBERED_UNKNOWN_IDS: usize = 256;

/// A catalogue of texts in one language; cheap to clone.
#[derive(Clone)]
pub struct Messages {
    inner: Arc<Inner>,
    /// What somebody says in the place of the catalogue.
    own: Option<Arc<OwnTexts>>,
}

struct Inner {
    bundle: FluentBundle<FluentResource>,
    language: LanguageIdentifier,
    /// What stands behind each id in the sources.
    patterns: BTreeMap<String, String>,
    problems: Vec<String>,
    unknown: Mutex<BTreeSet<String>>,
}

/// Texts that take the place of some of a catalogue's.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OwnTexts {
    /// The language as a `lang` attribute names it.
    pub language: String,
    /// Texts by their ids; `{ $name }` stands for an argument, and nothing else is Fluent's.
    pub texts: BTreeMap<String, String>,
}

impl Messages {
    /// The English texts of these Fluent sources, with the texts that all pages share.
    ///
    /// A later source wins over an earlier one. What cannot be parsed is left out, logged, and
    /// reported by [`problems`](Self::problems), which every crate's tests assert to be empty.
    pub fn english(sources: &[&str]) -> Self {
        Self::parse(ENGLISH, &[sources])
    }

    /// The texts in a language, `sources`, with those that all pages share; what is not among them
    /// is said in English.
    ///
    /// Mistakes are treated as by [`english`](Self::english).
    pub fn translated(language: &str, english: &[&str], sources: &[&str]) -> Self {
        Self::parse(language, &[english, sources])
    }

    /// Parses layers of sources, each in front of those before it; the first is in English.
    fn parse(language: &str, layers: &[&[&str]]) -> Self {
        let identifier: LanguageIdentifier = language.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier.clone()]);
        // Isolating marks are invisible characters that end up in what people copy.
        bundle.set_use_isolating(false);
        let mut patterns = BTreeMap::new();
        let mut problems = Vec::new();
        for (place, layer) in layers.iter().enumerate() {
            let spoken = if place == 0 { ENGLISH } else { language };
            let shared = SHARED.iter().find(|(tag, _)| *tag == spoken);
            let mut of_layer = BTreeMap::new();
            for source in shared.map(|(_, source)| source).into_iter().chain(*layer) {
                for (id, pattern) in patterns_of(source) {
                    if of_layer.insert(id.to_owned(), pattern).is_some() {
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
            patterns.extend(of_layer);
        }
        for problem in &problems {
            tracing::error!(problem, "a message catalogue has a mistake");
        }
        let unknown = Mutex::new(BTreeSet::new());
        Self {
            inner: Arc::new(Inner {
                bundle,
                language: identifier,
                patterns,
                problems,
                unknown,
            }),
            own: None,
        }
    }

    /// The same catalogue with texts in the place of some of its own, and the language of those.
    #[must_use]
    pub fn with_own(&self, own: Arc<OwnTexts>) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            own: Some(own),
        }
    }

    /// What stands behind an id in the sources, in Fluent's syntax.
    pub fn pattern(&self, id: &str) -> Option<&str> {
        self.inner.patterns.get(id).map(String::as_str)
    }

    /// The names of the arguments that stand in a text of Fluent's syntax.
    pub fn arguments_in(pattern: &str) -> BTreeSet<&str> {
        let behind = pattern.split('$').skip(1);
        let is_of_name =
            |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        behind
            .map(|text| {
                text.split(|character| !is_of_name(character))
                    .next()
                    .unwrap_or_default()
            })
            .filter(|name| !name.is_empty())
            .collect()
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
        self.inner.patterns.keys().map(String::as_str)
    }

    /// The language as a `lang` attribute names it.
    pub fn language(&self) -> String {
        match &self.own {
            Some(own) => own.language.clone(),
            None => self.inner.language.to_string(),
        }
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
        if let Some(text) = self.own.as_ref().and_then(|own| own.texts.get(id)) {
            return fill_in(text, arguments);
        }
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
            .field("ids", &self.inner.patterns.len())
            .finish_non_exhaustive()
    }
}

/// Puts arguments where `{ $name }` stands; what they hold is not looked into again.
fn fill_in(text: &str, arguments: Option<&FluentArgs<'_>>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = after.split_once('}').and_then(|(name, behind)| {
            let name = name.trim().strip_prefix('$')?;
            Some((arguments?.get(name)?, behind))
        });
        if let Some((value, behind)) = found {
            match value {
                FluentValue::String(text) => filled.push_str(text),
                FluentValue::Number(number) => filled.push_str(&number.as_string()),
                _ => {}
            }
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// Reads off a source which pattern stands behind which id: a message begins a line with its id,
/// and its further lines are indented; terms begin with `-`, comments with `#`.
fn patterns_of(source: &str) -> Vec<(&str, String)> {
    let mut patterns: Vec<(&str, String)> = Vec::new();
    for line in source.lines() {
        if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            if let Some((id, pattern)) = line.split_once('=') {
                patterns.push((id.trim(), pattern.trim().to_owned()));
            }
        } else if line.starts_with(' ')
            && let Some((_, pattern)) = patterns.last_mut()
        {
            pattern.push('\n');
            pattern.push_str(line);
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_texts_have_no_mistakes() {
        assert_eq!(Messages::english(&[]).problems(), [""; 0]);
    }

    #[test]
    fn every_language_says_the_shared_texts_with_the_same_arguments() {
        let english = Messages::english(&[]);
        for (language, source) in SHARED {
            let said: BTreeMap<_, _> = patterns_of(source).into_iter().collect();
            let ids: Vec<_> = said.keys().copied().collect();
            assert_eq!(ids, english.ids().collect::<Vec<_>>(), "{language}");
            for (id, pattern) in &said {
                let wanted = Messages::arguments_in(english.pattern(id).unwrap());
                assert_eq!(Messages::arguments_in(pattern), wanted, "{language} {id}");
            }
            let messages = Messages::translated(language, &[], &[]);
            assert_eq!(messages.problems(), [""; 0], "{language}");
            assert_eq!(messages.language(), language);
        }
    }

    #[test]
    fn what_a_translation_lacks_is_said_in_english() {
        let english = "yes = Yes\nno = No { $name }";
        let messages = Messages::translated("de", &[english], &["yes = Ja"]);
        assert_eq!(messages.text("yes"), "Ja");
        assert_eq!(messages.format("no", &[("name", "x")]), "No x");
        assert_eq!(messages.text("pager-next"), "Weiter");
    }

    #[test]
    fn texts_of_ones_own_stand_before_the_catalogue_and_hold_arguments_alone() {
        let own = OwnTexts {
            language: "en-GB".into(),
            texts: [
                ("greet", "Ahoy { $name }, {$name}{ $other }{ x"),
                ("count", "{ $n }"),
            ]
            .map(|(id, text)| (id.to_owned(), text.to_owned()))
            .into(),
        };
        let messages = Messages::english(&["greet = Hello { $name }\nbye = Bye"]);
        let messages = messages.with_own(Arc::new(own));
        let said = messages.format("greet", &[("name", "{ $name }")]);
        assert_eq!(said, "Ahoy { $name }, { $name }{ $other }{ x");
        assert_eq!(messages.format("count", &[("n", 7)]), "7");
        assert_eq!(messages.text("bye"), "Bye");
        assert_eq!(messages.language(), "en-GB");
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
