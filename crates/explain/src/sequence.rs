//! A sign-on as a sequence: who asks whom, what is checked there, and what comes back, in the order in
//! which it happened.

use std::collections::BTreeSet;

use protocol::trail::{Called, Checked, Step};
use url::Url;

use crate::Settings;
use crate::sign_on::{Exchange, Party, Redirect, SignOn};
use crate::watch::origin;

/// What is drawn, from the top to the bottom.
#[derive(Clone, Debug)]
pub(crate) enum Event<'a> {
    /// Somebody asks.
    Request {
        /// Of the list beside the drawing; calls that were seen from one side alone have none.
        number: Option<usize>,
        from: Party,
        to: Party,
        label: String,
        /// Whether it is known from a redirect alone.
        is_unseen: bool,
    },
    /// Something is checked.
    Checks {
        at: Party,
        passed: usize,
        failed: Option<&'a Checked>,
    },
    /// Tokens are issued or received.
    Tokens { at: Party, names: Vec<&'static str> },
    /// The answer.
    Answer {
        from: Party,
        to: Party,
        label: String,
        is_bad: bool,
    },
}

/// A request in the list beside the drawing.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) number: usize,
    pub(crate) from: Party,
    pub(crate) exchange: &'a Exchange,
    /// Milliseconds after the first.
    pub(crate) after: i64,
}

#[derive(Debug)]
pub(crate) struct Sequence<'a> {
    pub(crate) parties: BTreeSet<Party>,
    pub(crate) events: Vec<Event<'a>>,
    pub(crate) items: Vec<Item<'a>>,
}

/// Endpoints that programs ask, and no browser.
const FOR_PROGRAMS: [&str; 6] = [
    "/as/introspect",
    "/as/jwks",
    "/as/revoke",
    "/as/token",
    "/as/userinfo",
    "/openid-configuration",
];

impl<'a> Sequence<'a> {
    pub(crate) fn of(sign_on: &'a SignOn, settings: &Settings) -> Self {
        let nested: BTreeSet<&str> = sign_on.exchanges().iter().flat_map(called).collect();
        let mut sequence = Self {
            parties: BTreeSet::from([Party::Browser, Party::Environment]),
            events: Vec::new(),
            items: Vec::new(),
        };
        let own = [&settings.portal, &settings.environment];
        let own = own.into_iter().flatten().map(Url::clone);
        let writer = Writer {
            sign_on,
            own: own.map(|url| origin(&url)).collect(),
        };
        for exchange in sign_on.exchanges() {
            if exchange.to == Party::Environment && nested.contains(exchange.id.as_str()) {
                continue;
            }
            let from = writer.who_asks(exchange);
            writer.write(&mut sequence, exchange, from);
        }
        sequence
    }

    fn push(&mut self, event: Event<'a>) {
        let (one, other) = match &event {
            Event::Request { from, to, .. } | Event::Answer { from, to, .. } => (*from, *to),
            Event::Checks { at, .. } | Event::Tokens { at, .. } => (*at, *at),
        };
        self.parties.extend([one, other]);
        self.events.push(event);
    }
}

/// The ids under which other servers answered what an exchange asked them.
fn called(exchange: &Exchange) -> impl Iterator<Item = &str> {
    exchange.steps.iter().filter_map(|step| match step {
        Step::Called(called) => called.answered_as.as_deref(),
        _ => None,
    })
}

struct Writer<'a> {
    sign_on: &'a SignOn,
    /// Addresses whose requests are seen.
    own: Vec<String>,
}

impl<'a> Writer<'a> {
    fn who_asks(&self, exchange: &Exchange) -> Party {
        let is_for_programs = FOR_PROGRAMS.iter().any(|end| exchange.path.ends_with(end));
        match exchange.to {
            Party::Environment if is_for_programs && self.sign_on.has_portal() => Party::Portal,
            Party::Environment if is_for_programs => Party::Application,
            _ => Party::Browser,
        }
    }

    fn write(&self, sequence: &mut Sequence<'a>, exchange: &'a Exchange, from: Party) {
        let began = self.sign_on.began_at();
        let number = sequence.items.len() + 1;
        sequence.items.push(Item {
            number,
            from,
            exchange,
            after: exchange
                .at
                .duration_since(began)
                .as_millis()
                .try_into()
                .unwrap_or(i64::MAX),
        });
        let to = exchange.to;
        sequence.push(Event::Request {
            number: Some(number),
            from,
            to,
            label: format!("{} {}", exchange.method, short(&exchange.path)),
            is_unseen: false,
        });
        let mut notes = Notes::at(to);
        for step in &exchange.steps {
            match step {
                Step::Checked(checked) => notes.check(sequence, checked),
                Step::Token(token) => notes.tokens.push(token.name),
                Step::Called(called) => {
                    notes.write(sequence);
                    self.write_call(sequence, to, called);
                }
                _ => {}
            }
        }
        notes.write(sequence);
        let redirect = exchange.redirect.as_ref();
        let has_error = redirect.is_some_and(Redirect::has_error);
        let is_good = exchange.status.is_some_and(|status| status < 400) && !has_error;
        sequence.push(Event::Answer {
            from: to,
            to: from,
            label: answer(exchange),
            is_bad: !is_good,
        });
        if let Some(redirect) = redirect.filter(|_| from == Party::Browser) {
            self.follow(sequence, to, redirect);
        }
    }

    /// What the portal asked another server, as that server saw it if it is seen.
    fn write_call(&self, sequence: &mut Sequence<'a>, from: Party, called: &'a Called) {
        let mut exchanges = self.sign_on.exchanges().iter();
        let seen = exchanges.find(|one| {
            one.to == Party::Environment && Some(one.id.as_str()) == called.answered_as.as_deref()
        });
        if let Some(exchange) = seen.filter(|_| from != Party::Environment) {
            self.write(sequence, exchange, from);
            return;
        }
        let to = Party::Environment;
        sequence.push(Event::Request {
            number: None,
            from,
            to,
            label: format!("{} {}", called.method, called.path),
            is_unseen: false,
        });
        let label = called
            .status
            .map_or("no answer".to_owned(), |status| status.to_string());
        sequence.push(Event::Answer {
            from: to,
            to: from,
            label,
            is_bad: called.status.is_none_or(|status| status >= 400),
        });
    }

    /// A redirect to where nothing is seen.
    fn follow(&self, sequence: &mut Sequence<'a>, from: Party, redirect: &Redirect) {
        let Some(origin) = &redirect.origin else {
            return;
        };
        if self.own.contains(origin) {
            return;
        }
        let to = match from {
            Party::Environment => Party::Application,
            _ => Party::Environment,
        };
        sequence.push(Event::Request {
            number: None,
            from: Party::Browser,
            to,
            label: format!("GET {}", short(&redirect.path)),
            is_unseen: true,
        });
    }
}

impl Redirect {
    /// Whether it tells of an error.
    pub(crate) fn has_error(&self) -> bool {
        self.parameters.iter().any(|one| one.name == "error")
    }

    /// The address, without its parameters.
    pub(crate) fn address(&self) -> String {
        format!(
            "{}{}",
            self.origin.as_deref().unwrap_or_default(),
            self.path
        )
    }
}

/// Checks and tokens that follow each other are one note; a check that failed ends it.
struct Notes {
    at: Party,
    passed: usize,
    tokens: Vec<&'static str>,
}

impl Notes {
    fn at(at: Party) -> Self {
        Self {
            at,
            passed: 0,
            tokens: Vec::new(),
        }
    }

    fn check<'a>(&mut self, sequence: &mut Sequence<'a>, checked: &'a Checked) {
        if checked.failure.is_none() {
            self.passed += 1;
            return;
        }
        sequence.push(Event::Checks {
            at: self.at,
            passed: std::mem::take(&mut self.passed),
            failed: Some(checked),
        });
    }

    fn write(&mut self, sequence: &mut Sequence<'_>) {
        let passed = std::mem::take(&mut self.passed);
        if passed > 0 {
            sequence.push(Event::Checks {
                at: self.at,
                passed,
                failed: None,
            });
        }
        let names = std::mem::take(&mut self.tokens);
        if !names.is_empty() {
            sequence.push(Event::Tokens { at: self.at, names });
        }
    }
}

fn answer(exchange: &Exchange) -> String {
    let status = exchange
        .status
        .map_or("no answer".to_owned(), |status| status.to_string());
    match &exchange.redirect {
        Some(redirect) if redirect.has_error() => {
            format!("{status} error, {}", short(&redirect.path))
        }
        Some(redirect) => format!("{status} to {}", short(&redirect.path)),
        None => status,
    }
}

/// A path with dots in the place of ids, which nobody reads in a drawing.
pub(crate) fn short(path: &str) -> String {
    let is_id = |segment: &&str| uuid::Uuid::parse_str(segment).is_ok();
    let segments = path.split('/');
    let segments = segments.map(|segment| if is_id(&segment) { "…" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
