//! What an operator looks for in the list of users, as an address says it: so that every way back to the
//! list leads to the same search.

use http::StatusCode;
use pingone::{User, scim};
use protocol::names::fold;
use protocol::params::FormParams;
use url::form_urlencoded;

use crate::failure::Failure;
use crate::pages::paging::Listed;
use crate::pages::person::is_locked;
use crate::paths;

pub(crate) const QUERY: &str = "q";
pub(crate) const PLACE: &str = "place";
pub(crate) const STATE: &str = "state";
const PAGE: &str = "page";
/// Carries a search along to the page of a user.
const BACK: &str = "back";

const MOST_QUERY_CHARACTERS: usize = 128;

/// More words than this narrow nothing down, and each makes the filter longer.
const MOST_WORDS: usize = 5;

/// Attributes that a word of the search may be in. PingOne's filters know no `co` for them ("SCIM filter
/// language"): for what stands in the middle of a word, users are read and looked at.
const ATTRIBUTES: [&str; 4] = ["username", "email", "name.given", "name.family"];

/// Where in a name a word of the search has to stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    Beginning,
    Anywhere,
}

/// Which users are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Any,
    Enabled,
    Disabled,
    Locked,
}

/// A search, and the page of its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) words: String,
    pub(crate) place: Place,
    pub(crate) state: State,
    /// The sealed cursor of a page that is not the first.
    pub(crate) page: Option<String>,
}

impl Place {
    pub(crate) const ALL: [Self; 2] = [Self::Beginning, Self::Anywhere];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Beginning => "beginning",
            Self::Anywhere => "anywhere",
        }
    }
}

impl State {
    pub(crate) const ALL: [Self; 4] = [Self::Any, Self::Enabled, Self::Disabled, Self::Locked];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Locked => "locked",
        }
    }
}

impl Search {
    /// Reads the query of the list's address. A place or a state that there is not is none.
    pub(crate) fn read(query: &str) -> Result<Self, Failure> {
        let params = FormParams::parse(query.as_bytes())
            .map_err(|error| Failure::new(StatusCode::BAD_REQUEST).caused_by(error))?;
        let words = params.text(QUERY).trim();
        let place = params.text(PLACE);
        let place = Place::ALL.into_iter().find(|one| one.as_str() == place);
        let state = params.text(STATE);
        let state = State::ALL.into_iter().find(|one| one.as_str() == state);
        Ok(Self {
            words: words.chars().take(MOST_QUERY_CHARACTERS).collect(),
            place: place.unwrap_or_default(),
            state: state.unwrap_or_default(),
            page: params.find(PAGE).map(str::to_owned),
        })
    }

    /// The search that the address of a user's page carries along; without one, that for everybody.
    pub(crate) fn carried_by(query: Option<&str>) -> Self {
        let params = FormParams::parse(query.unwrap_or_default().as_bytes()).ok();
        let carried = params.and_then(|params| Self::read(params.text(BACK)).ok());
        carried.unwrap_or_default()
    }

    /// The same search on another page of its list.
    pub(crate) fn at(&self, page: Option<String>) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// The same search, from its beginning, for words that stand here.
    pub(crate) fn within(&self, place: Place) -> Self {
        Self {
            place,
            page: None,
            ..self.clone()
        }
    }

    /// The address of the list.
    pub(crate) fn address(&self) -> String {
        match self.query().as_str() {
            "" => paths::USERS.to_owned(),
            query => format!("{}?{query}", paths::USERS),
        }
    }

    /// What is put behind the address of a user's page, so that it leads back to this search.
    pub(crate) fn back(&self) -> String {
        match self.query().as_str() {
            "" => String::new(),
            query => {
                let mut params = form_urlencoded::Serializer::new(String::new());
                params.append_pair(BACK, query);
                format!("?{}", params.finish())
            }
        }
    }

    fn query(&self) -> String {
        let mut params = form_urlencoded::Serializer::new(String::new());
        if !self.words.is_empty() {
            params.append_pair(QUERY, &self.words);
        }
        if self.place != Place::default() {
            params.append_pair(PLACE, self.place.as_str());
        }
        if self.state != State::Any {
            params.append_pair(STATE, self.state.as_str());
        }
        if let Some(page) = &self.page {
            params.append_pair(PAGE, page);
        }
        params.finish()
    }

    /// Those who are looked for, as far as PingOne can filter them: [`Self::is_for`] finds them among
    /// these. Quotes and the like are the builder's work.
    pub(crate) fn filter(&self) -> Option<scim::Filter> {
        let words = match self.place {
            Place::Beginning => self.words(),
            Place::Anywhere => Vec::new(),
        };
        let words = words.into_iter().filter_map(|word| {
            let attributes = ATTRIBUTES.into_iter();
            attributes
                .map(|attribute| scim::sw(attribute, word))
                .reduce(scim::Filter::or)
        });
        let state = match self.state {
            State::Any | State::Locked => None,
            State::Enabled => Some(scim::eq("enabled", true)),
            State::Disabled => Some(scim::eq("enabled", false)),
        };
        words.chain(state).reduce(scim::Filter::and)
    }

    /// Whether PingOne's filter lets in those alone who are looked for.
    pub(crate) fn is_all_in_the_filter(&self) -> bool {
        let words = self.place == Place::Beginning || self.words.is_empty();
        words && self.state != State::Locked
    }

    /// Whether a user who passed the filter is looked for.
    pub(crate) fn is_for(&self, user: &User) -> bool {
        let is_named = match self.place {
            Place::Beginning => true,
            Place::Anywhere => {
                let texts = texts(user).map(fold);
                let holds = |word: &str| {
                    let word = fold(word);
                    texts.iter().any(|text| text.contains(&word))
                };
                self.words().into_iter().all(holds)
            }
        };
        is_named && (self.state != State::Locked || is_locked(user))
    }

    fn words(&self) -> Vec<&str> {
        self.words.split_whitespace().take(MOST_WORDS).collect()
    }
}

impl Listed for Search {
    const LIST: &'static str = "users";

    fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    fn address_of(&self, page: Option<String>) -> String {
        self.at(page).address()
    }
}

/// What [`ATTRIBUTES`] are of a user.
fn texts(user: &User) -> [&str; ATTRIBUTES.len()] {
    let name = user.name.as_ref();
    [
        user.username.as_deref(),
        user.email.as_deref(),
        name.and_then(|name| name.given.as_deref()),
        name.and_then(|name| name.family.as_deref()),
    ]
    .map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(query: &str) -> Search {
        Search::read(query).unwrap()
    }

    /// The second sample pasted what was typed between quotes.
    #[test]
    fn a_quote_in_the_search_stays_inside_its_text() {
        let found = Search {
            words: "ada\"or\"username\"pr".to_owned(),
            ..Search::default()
        };
        let text = found.filter().unwrap().to_string();
        let unescaped = text.replace("\\\"", "");
        assert_eq!(unescaped.matches('"').count(), 8, "{text}");
    }

    #[test]
    fn every_word_has_to_begin_something_of_the_user() {
        let text = search("q=ada+lov&state=enabled").filter().unwrap();
        let text = text.to_string();
        assert_eq!(text.matches(" sw \"ada\"").count(), 4, "{text}");
        assert_eq!(text.matches(" sw \"lov\"").count(), 4, "{text}");
        assert!(text.contains("enabled eq true"), "{text}");
        assert_eq!(search("state=locked").filter(), None);
        let many = "a ".repeat(100);
        let many = Search {
            words: many,
            ..Search::default()
        };
        let text = many.filter().unwrap().to_string();
        assert_eq!(text.matches(" sw ").count(), 4 * MOST_WORDS);
    }

    #[test]
    fn a_search_comes_back_from_the_address_that_carries_it_along() {
        for query in [
            "",
            "q=a%26page%3Db",
            "q=ada+lovelace&state=locked",
            "state=disabled&page=c.d",
            "q=lace&place=anywhere&page=c.d",
        ] {
            let search = search(query);
            let carried = search.back();
            let carried = Search::carried_by(carried.strip_prefix('?'));
            assert_eq!(carried, search, "{query}");
            let address = search.address();
            let again = address
                .strip_prefix("/users")
                .unwrap()
                .trim_start_matches('?');
            assert_eq!(Search::read(again).unwrap(), search, "{query}");
        }
        assert_eq!(search("state=sideways").state, State::Any);
        assert_eq!(search("place=nowhere").place, Place::Beginning);
        for nonsense in ["back=a%3D1%26a%3D2%26q%3D1%26q%3D2", "back=1&back=2", "x"] {
            assert_eq!(Search::carried_by(Some(nonsense)), Search::default());
        }
    }
}
