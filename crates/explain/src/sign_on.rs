//! A sign-on as it is kept: the requests that belong together, and how it ended.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use protocol::trail::{Checked, Parameter, Shown, Step};
use uuid::Uuid;

/// So many requests of one sign-on are kept: its beginning …
const KEPT_FIRST: usize = 24;
/// … and its end.
const KEPT_LAST: usize = 16;

/// So many values connect requests with it.
const MOST_KEYS: usize = 8 * (KEPT_FIRST + KEPT_LAST);

/// So much text of one sign-on is kept, in bytes.
const MOST_BYTES: usize = 128 * 1024;

/// Who takes part in a sign-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The person's browser.
    Browser,
    /// Some application that is not the portal.
    Application,
    /// The customer pages.
    Portal,
    /// The OpenID provider.
    Environment,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Requests are numbered as they come …
    pub(crate) number: u64,
    /// … and as they are answered: a callback begins before its token request and ends after it.
    pub(crate) ended: u64,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    /// Its id in the log and on error pages.
    pub(crate) id: String,
    /// Who answered it.
    pub(crate) to: Party,
    pub(crate) method: String,
    /// Without its query.
    pub(crate) path: String,
    /// Of its query.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) steps: Vec<Step>,
    /// Absent when it was not answered in time, or its connection was lost.
    pub(crate) status: Option<u16>,
    pub(crate) redirect: Option<Redirect>,
}

/// Where an answer sends the browser.
#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    /// Scheme, host and port; absent when it is this site's.
    pub(crate) origin: Option<String>,
    pub(crate) path: String,
    pub(crate) parameters: Vec<Parameter>,
}

/// By what requests are known to belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Id(String),
    Value(&'static str, u64),
}

/// Parameters whose values no two sign-ons share.
const VALUES: [&str; 3] = ["code", "flowId", "refresh_token"];

/// What an application should make anew for each sign-on, and need not.
const STATE: &str = "state";

impl Key {
    fn is_state(&self) -> bool {
        matches!(self, Self::Value(STATE, _))
    }
}

impl Exchange {
    /// What connects it with others.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys = vec![Key::Id(self.id.clone())];
        let redirected = self.redirect.iter().flat_map(|to| &to.parameters);
        let forms = self.steps.iter().filter_map(|step| match step {
            Step::Form(parameters) => Some(parameters),
            _ => None,
        });
        let all = self.parameters.iter().chain(redirected);
        for Parameter { name, value } in all.chain(forms.flatten()) {
            let mut known = VALUES.into_iter().chain([STATE]);
            let known = known.find(|known| known == name);
            if let (Some(name), Shown::Fingerprint(print)) = (known, value) {
                keys.push(Key::Value(name, *print));
            }
        }
        for step in &self.steps {
            match step {
                Step::Called(called) => {
                    keys.extend(called.answered_as.clone().map(Key::Id));
                }
                Step::Token(token) if token.name == "refresh token" => {
                    if let Shown::Fingerprint(print) = token.print {
                        keys.push(Key::Value("refresh_token", print));
                    }
                }
                _ => {}
            }
        }
        keys
    }

    /// Whether a sign-on begins with it, wherever else one of its values occurs.
    pub(crate) fn begins(&self) -> bool {
        match self.to {
            Party::Portal => self.path == "/login",
            _ => self.is_authorization(),
        }
    }

    /// The environment that its path names.
    pub(crate) fn environment(&self) -> Option<Uuid> {
        let first = self.path.split('/').nth(1);
        let first = first.filter(|_| self.to == Party::Environment);
        first.and_then(|first| Uuid::parse_str(first).ok())
    }

    pub(crate) fn is_authorization(&self) -> bool {
        self.to == Party::Environment && self.path.ends_with("/as/authorize")
    }

    /// Whether something went wrong in it.
    pub(crate) fn has_failed(&self) -> bool {
        self.status.is_none_or(|status| status >= 400) || self.failures().next().is_some()
    }

    /// The checks that failed.
    pub(crate) fn failures(&self) -> impl DoubleEndedIterator<Item = &Checked> {
        self.checks().filter(|checked| checked.failure.is_some())
    }

    pub(crate) fn checks(&self) -> impl DoubleEndedIterator<Item = &Checked> {
        self.steps.iter().filter_map(|step| match step {
            Step::Checked(checked) => Some(checked),
            _ => None,
        })
    }

    /// What the error page said, if there was one.
    pub(crate) fn said(&self) -> Option<&str> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Said(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether it completed a sign-on.
    fn has_signed_on(&self) -> bool {
        let is_good = self.status.is_some_and(|status| status < 400) && !self.has_failed();
        let tokens = self.steps.iter().any(|step| matches!(step, Step::Token(_)));
        is_good && tokens
    }

    /// How much it keeps, in bytes, or a little more.
    fn bytes(&self) -> usize {
        let parameters = |all: &[Parameter]| -> usize {
            let each = all.iter().map(|one| {
                let value = match &one.value {
                    Shown::Text(text) => text.len(),
                    _ => 0,
                };
                one.name.len() + value + 64
            });
            each.sum()
        };
        let steps: usize = self
            .steps
            .iter()
            .map(|step| match step {
                Step::Form(all) => parameters(all),
                Step::Token(token) => {
                    let members = token.header.iter().chain(&token.claims);
                    let each =
                        members.map(|(name, value)| name.len() + value.to_string().len() + 64);
                    each.sum::<usize>() + 256
                }
                Step::Said(text) => text.len() + 32,
                _ => 1024,
            })
            .sum();
        let redirect = self.redirect.as_ref();
        let redirect = redirect.map_or(0, |to| to.path.len() + parameters(&to.parameters));
        self.path.len() + parameters(&self.parameters) + steps + redirect + 256
    }
}

/// Requests that belong together.
#[derive(Clone, Debug)]
pub(crate) struct SignOn {
    exchanges: Vec<Exchange>,
    keys: BTreeSet<Key>,
    bytes: usize,
    has_ended: bool,
    /// How many requests there was no room for.
    pub(crate) left_out: usize,
}

/// How a sign-on ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Something failed, and nothing after it went well.
    Failed,
    /// The application has its tokens.
    SignedOn,
    /// It is not over.
    UnderWay,
}

/// What stopped a sign-on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause<'a> {
    pub(crate) exchange: &'a Exchange,
    /// The check that failed; absent when something else did.
    pub(crate) checked: Option<&'a Checked>,
}

impl SignOn {
    pub(crate) fn new(first: Exchange) -> Self {
        let mut sign_on = Self {
            exchanges: Vec::new(),
            keys: BTreeSet::new(),
            bytes: 0,
            has_ended: false,
            left_out: 0,
        };
        sign_on.add(first);
        sign_on
    }

    /// Adds a request; one in the middle makes room for it.
    pub(crate) fn add(&mut self, exchange: Exchange) {
        let bytes = exchange.bytes();
        for key in exchange.keys() {
            // Ids of what is left out are of no use, but values may still connect what comes.
            if self.keys.len() < MOST_KEYS {
                self.keys.insert(key);
            }
        }
        let place = self
            .exchanges
            .partition_point(|one| one.number < exchange.number);
        self.exchanges.insert(place, exchange);
        self.bytes += bytes;
        while self.exchanges.len() > KEPT_FIRST + KEPT_LAST
            || (self.bytes > MOST_BYTES && self.exchanges.len() > 1)
        {
            let middle = KEPT_FIRST.min(self.exchanges.len() / 2);
            let removed = self.exchanges.remove(middle);
            self.bytes -= removed.bytes();
            self.left_out += 1;
        }
        self.has_ended = self.outcome() != Outcome::UnderWay;
    }

    /// Whether it failed, or the application has its tokens.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether it has something that one sign-on alone has.
    pub(crate) fn shares_a_value(&self, keys: &[Key]) -> bool {
        let mut values = keys.iter().filter(|key| !key.is_state());
        values.any(|key| self.keys.contains(key))
    }

    /// Whether it has the same `state`, and no value that tells it apart.
    pub(crate) fn may_share(&self, keys: &[Key]) -> bool {
        let mut states = keys.iter().filter(|key| key.is_state());
        let differs = |key: &Key| match key {
            Key::Value(name, _) => self.has_value_of(name) && !self.keys.contains(key),
            // Each request has an id of its own.
            Key::Id(_) => false,
        };
        let mut values = keys.iter().filter(|key| !key.is_state());
        states.any(|key| self.keys.contains(key)) && !values.any(differs)
    }

    fn has_value_of(&self, name: &'static str) -> bool {
        let all = Key::Value(name, u64::MIN)..=Key::Value(name, u64::MAX);
        self.keys.range(all).next().is_some()
    }

    pub(crate) fn has_request(&self, id: &str) -> bool {
        self.keys.contains(&Key::Id(id.to_owned()))
    }

    /// Whether it began at the portal, and the browser has yet to reach the environment.
    pub(crate) fn awaits_authorization(&self) -> bool {
        let first = self.exchanges.first();
        let is_begun = first.is_some_and(|first| first.begins() && !first.is_authorization());
        is_begun && !self.exchanges.iter().any(Exchange::is_authorization)
    }

    /// The environment in which it takes place, if a request of it names one.
    pub(crate) fn environment(&self) -> Option<Uuid> {
        self.exchanges.iter().find_map(Exchange::environment)
    }

    /// Its requests, in the order in which they came.
    pub(crate) fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The id that its page has.
    pub(crate) fn id(&self) -> &str {
        self.exchanges.first().map_or("", |first| &first.id)
    }

    pub(crate) fn began_at(&self) -> Timestamp {
        self.exchanges
            .first()
            .map_or(Timestamp::UNIX_EPOCH, |first| first.at)
    }

    /// Whether the portal takes part.
    pub(crate) fn has_portal(&self) -> bool {
        self.exchanges.iter().any(|one| one.to == Party::Portal)
    }

    pub(crate) fn outcome(&self) -> Outcome {
        if self.cause().is_some() {
            Outcome::Failed
        } else if self.exchanges.iter().any(Exchange::has_signed_on) {
            Outcome::SignedOn
        } else {
            Outcome::UnderWay
        }
    }

    /// What stopped it: of what failed after all that went well, the last check that is no hearsay.
    pub(crate) fn cause(&self) -> Option<Cause<'_>> {
        // Where the portal takes part, tokens that it was given are worth what it made of them.
        let counts = |one: &&Exchange| !self.has_portal() || one.to == Party::Portal;
        let good = self.exchanges.iter().filter(|one| one.has_signed_on());
        let good = good.filter(counts).map(|one| one.ended).max();
        let after = self.exchanges.iter().filter(|one| good < Some(one.ended));
        let failed: Vec<&Exchange> = after.filter(|one| one.has_failed()).collect();
        let checks = failed.iter().flat_map(|exchange| {
            exchange.failures().map(|checked| Cause {
                exchange,
                checked: Some(checked),
            })
        });
        let checks: Vec<Cause<'_>> = checks.collect();
        let is_hearsay = |cause: &&Cause<'_>| {
            cause
                .checked
                .is_some_and(|checked| checked.check.is_hearsay)
        };
        let own = checks.iter().rfind(|cause| !is_hearsay(cause));
        let none = || {
            let exchange = failed.last()?;
            Some(Cause {
                exchange,
                checked: None,
            })
        };
        own.or(checks.last()).copied().or_else(none)
    }
}
