//! The people of the demo.

use protocol::secret::Password;
use serde_json::{Map, Value, json};

use super::Account;

/// Passwords of the demo are known to everybody, which is why production refuses demo data.
pub(super) const USER: Person = Person {
    username: "demo",
    password: "Sunny-Harbour-42",
    email: "demo@example.com",
    given: "Dana",
    family: "Moreau",
    profile: demo_profile,
};
pub(super) const OPERATOR: Person = Person {
    username: "operator",
    password: "Quiet-Lantern-73",
    email: "operator@example.com",
    given: "Oscar",
    family: "Perez",
    profile: || json!({}),
};

/// Somebody to try things as.
pub(super) struct Person {
    pub(super) username: &'static str,
    pub(super) password: &'static str,
    pub(super) email: &'static str,
    given: &'static str,
    family: &'static str,
    profile: fn() -> Value,
}

impl Person {
    /// What the card tells of them.
    pub(super) fn account(&self) -> Account {
        Account {
            username: self.username,
            password: Password::new(self.password),
        }
    }

    /// Their attributes beside username and mail address.
    pub(super) fn attributes(&self) -> Map<String, Value> {
        let mut attributes = match (self.profile)() {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let name = json!({
            "given": self.given,
            "family": self.family,
            "formatted": format!("{} {}", self.given, self.family),
        });
        attributes.insert("name".to_owned(), name);
        attributes
    }
}

fn demo_profile() -> Value {
    json!({
        "address": {
            "streetAddress": "12 Harbour Lane",
            "locality": "Portsmouth",
            "region": "Hampshire",
            "postalCode": "PO1 3AX",
            "countryCode": "GB",
        },
        "locale": "en-GB",
        "mobilePhone": "+44 7700 900123",
        "nickname": "Dana",
        "preferredLanguage": "en-GB",
        "primaryPhone": "+44 23 9283 0000",
        "timezone": "Europe/London",
        "title": "Dr",
    })
}
