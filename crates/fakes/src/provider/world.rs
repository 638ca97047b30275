//! What a provider keeps: people, tokens, and how it is to behave.

use std::collections::{BTreeMap, HashMap, HashSet};

use protocol::SystemRandom;
use protocol::id::{PopulationId, SessionId, UserId};
use protocol::jose::Jwk;
use serde_json::{Map, Value};

use super::answer::{Answer, Endpoint, Received};
use super::{PASSWORD, key};

/// How an ID token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// By the published key.
    Right,
    /// By the published key, but for other claims.
    Wrong,
    /// By a key that is published nowhere.
    OfUnknownKey,
}

/// An authorization code that waits for its application.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) client_id: String,
    pub(super) user: UserId,
    pub(super) nonce: String,
    pub(super) challenge: String,
    pub(super) redirect_uri: String,
}

/// A user.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that a test turns"
)]
pub struct Person {
    /// The user's id.
    pub id: UserId,
    /// The name to sign on with.
    pub username: String,
    /// The mail address.
    pub email: String,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// The password in force.
    pub password: String,
    /// The given name.
    pub given: Option<String>,
    /// The family name.
    pub family: Option<String>,
    /// The population, if it is told.
    pub population: Option<PopulationId>,
    /// Whether the account is enabled.
    pub enabled: bool,
    /// Whether the password has to be changed.
    pub must_change: bool,
    /// Whether an operator locked the account.
    pub is_locked: bool,
    /// Whether they have [`super::OPERATOR_ROLE`] in the environment.
    pub is_operator: bool,
    /// Passwords that may not be used again.
    pub history: Vec<String>,
    /// The mailed recovery code, and how often a wrong one was typed.
    pub code: Option<(String, u32)>,
    /// Wrong current passwords in a row.
    pub failures: u32,
    /// When the password was set (RFC 3339), if that is told.
    pub password_set_at: Option<String>,
    /// Whether they were created with an address that is yet to be verified.
    pub needs_verification: bool,
}

impl Person {
    pub(super) fn new(id: UserId, username: &str, email: &str) -> Self {
        Self {
            id,
            username: username.to_owned(),
            email: email.to_owned(),
            email_verified: false,
            password: PASSWORD.to_owned(),
            given: Some("Ada".to_owned()),
            family: Some("Lovelace".to_owned()),
            population: None,
            enabled: true,
            must_change: false,
            is_locked: false,
            is_operator: false,
            history: Vec::new(),
            code: None,
            failures: 0,
            password_set_at: None,
            needs_verification: false,
        }
    }
}

/// All that a provider keeps; what is public, tests turn.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that a test turns"
)]
pub struct World {
    /// All users.
    pub people: Vec<Person>,
    /// Populations: id, name, description.
    pub populations: Vec<(PopulationId, String, String)>,
    /// Seconds that access tokens live.
    pub lifetime: i64,
    /// Whether no refresh token is good any more.
    pub refresh_is_refused: bool,
    /// Whether nothing is heard of a recovery code that is to be sent.
    pub codes_are_stuck: bool,
    /// Whether the passwords in force are too young to be changed.
    pub changed_too_young: bool,
    /// The browsers in which users are signed on.
    pub sessions: Vec<(UserId, SessionId)>,
    /// The audit log, or the status by which it is refused.
    pub activities: Result<Vec<Value>, u16>,
    /// Whether every address had its share of mails.
    pub mails_are_used_up: bool,
    /// Whether what is written to users is written, and 503 answered all the same.
    pub answers_to_writes_are_lost: bool,
    /// Tokens that were revoked.
    pub revoked: Vec<String>,
    pub(super) answers: BTreeMap<Endpoint, Answer>,
    pub(super) received: Vec<Received>,
    pub(super) clients: BTreeMap<String, Option<String>>,
    pub(super) described: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    pub(super) keys: Vec<Jwk>,
    pub(super) signature: Signature,
    pub(super) is_minimal: bool,
    pub(super) codes: HashMap<String, Code>,
    /// Whose an access token is, and until when.
    pub(super) access: HashMap<String, (UserId, i64)>,
    pub(super) refresh: HashMap<String, UserId>,
    pub(super) used_refresh: HashSet<String>,
    next: u32,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            people: Vec::new(),
            populations: Vec::new(),
            lifetime: 3_600,
            refresh_is_refused: false,
            codes_are_stuck: false,
            changed_too_young: false,
            sessions: Vec::new(),
            activities: Ok(Vec::new()),
            mails_are_used_up: false,
            answers_to_writes_are_lost: false,
            revoked: Vec::new(),
            answers: BTreeMap::new(),
            received: Vec::new(),
            clients: BTreeMap::new(),
            described: Map::new(),
            claims: Map::new(),
            keys: vec![key(0).public_jwk(&[])],
            signature: Signature::Right,
            is_minimal: false,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            used_refresh: HashSet::new(),
            next: 0,
        }
    }

    pub(super) fn find(&self, mut is_meant: impl FnMut(&Person) -> bool) -> Option<&Person> {
        self.people.iter().find(|person| is_meant(person))
    }

    /// A text that was never given out before.
    pub(super) fn fresh(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}-{}-{}", self.next, UserId::random(&SystemRandom))
    }
}
