//! How `/data` shows the file: kind by kind, in words what people know by a name, and the rest folded away
//! as the file has it.

use serde_json::{Map, Value};

use crate::pages::person::{When, Zone};
use crate::pages::{device, events};
use crate::visit::Visit;

/// One kind of data.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: String,
    /// What has a name: of each thing of the kind.
    pub(super) things: Vec<Vec<Line>>,
    /// What has none, by its place in the file.
    pub(super) further: Vec<Line>,
}

/// A value, and what it is.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) when: Option<When>,
}

/// Where a kind stands in the file, what it is called, and what of it people know by a name, in the order
/// in which they read it: the place in a thing of the kind, and the text that names it.
struct Kind {
    member: &'static str,
    title: &'static str,
    facts: &'static [(&'static str, &'static str)],
}

const KINDS: [Kind; 9] = [
    Kind {
        member: "profile",
        title: "data-profile",
        facts: &[
            ("name.formatted", "claim-name"),
            ("name.given", "register-given-name"),
            ("name.family", "register-family-name"),
            ("nickname", "claim-nickname"),
            ("email", "register-email"),
            ("emailVerified", "claim-email_verified"),
            ("mobilePhone", "label-mobile-phone"),
            ("primaryPhone", "claim-phone_number"),
            ("address.streetAddress", "claim-street_address"),
            ("address.postalCode", "claim-postal_code"),
            ("address.locality", "claim-locality"),
            ("address.region", "claim-region"),
            ("address.countryCode", "claim-country"),
            ("username", "register-username"),
            ("locale", "claim-locale"),
            ("timezone", "claim-zoneinfo"),
            ("createdAt", "user-fact-created"),
            ("updatedAt", "claim-updated_at"),
            ("lastSignOn.at", "user-fact-last-sign-on"),
            ("lastSignOn.remoteIp", "data-fact-last-address"),
        ],
    },
    Kind {
        member: "password",
        title: "data-password",
        facts: &[("lastChangedAt", "security-password-changed")],
    },
    Kind {
        member: "sessions",
        title: "data-sessions",
        facts: &[
            (USER_AGENT, "data-fact-browser"),
            ("lastSignOn.remoteIp", "data-fact-address"),
            ("createdAt", "data-fact-signed-on"),
            ("activeAt", "security-seen"),
            ("expiresAt", "data-fact-ends"),
        ],
    },
    Kind {
        member: "groups",
        title: "data-groups",
        facts: &[("name", "data-fact-group")],
    },
    Kind {
        member: "devices",
        title: "data-devices",
        facts: &[
            ("type", "data-fact-kind"),
            ("nickname", "data-fact-called"),
            ("email", "register-email"),
            ("phone", "claim-phone_number"),
            (STATUS, "data-fact-status"),
            ("createdAt", "user-fact-created"),
        ],
    },
    Kind {
        member: "consents",
        title: "data-consents",
        facts: &[
            ("agreement.id", "data-fact-agreement"),
            (STATUS, "data-fact-status"),
            ("consentedAt", "data-fact-agreed"),
            ("expiresAt", "data-fact-ends"),
        ],
    },
    Kind {
        member: "linkedAccounts",
        title: "data-linked-accounts",
        facts: &[
            ("identityProvider.id", "data-fact-provider"),
            ("externalId", "data-fact-called-there"),
        ],
    },
    Kind {
        member: "events",
        title: "data-events",
        facts: &[
            (ACTION, "label-action"),
            (RESULT, "label-result"),
            ("recordedAt", "data-fact-when"),
            (SOURCE_USER_AGENT, "data-fact-browser"),
            ("source.ipAddress", "data-fact-address"),
        ],
    },
    Kind {
        member: "portal",
        title: "data-portal",
        facts: &[
            ("signedOnAt", "data-fact-signed-on"),
            ("formerAddress", "data-fact-former-address"),
            ("deletionDueAt", "data-fact-deletion"),
        ],
    },
];

/// What the environment or the installation does not let anybody read here.
const NOT_PROVIDED: &str = "notProvided";

const USER_AGENT: &str = "userAgent";
const SOURCE_USER_AGENT: &str = "source.userAgent";
const ACTION: &str = "action.type";
const STATUS: &str = "status";
const RESULT: &str = "result.status";

/// What codes mean that a person should know; others are shown as they are.
const MEANINGS: [(&str, &str); 7] = [
    ("ACCEPTED", "data-status-accepted"),
    ("ACTIVE", "data-status-active"),
    ("ACTIVATION_REQUIRED", "data-status-unconfirmed"),
    ("EXPIRED", "data-status-expired"),
    ("FAILED", "data-status-failed"),
    ("REVOKED", "data-status-revoked"),
    ("SUCCESS", "data-status-success"),
];

/// Everything in the file; kinds of which there is nothing are left out.
pub(super) fn sections(visit: &Visit, zone: &Zone, document: &Map<String, Value>) -> Vec<Section> {
    let kinds = KINDS.iter();
    let told = kinds.filter_map(|kind| kind.section(visit, zone, document.get(kind.member)?));
    told.chain(not_provided(visit, document)).collect()
}

impl Kind {
    fn section(&self, visit: &Visit, zone: &Zone, value: &Value) -> Option<Section> {
        let (mut things, mut further) = (Vec::new(), Vec::new());
        let several = value.as_array();
        let each = several.map_or(std::slice::from_ref(value), Vec::as_slice);
        for (index, thing) in each.iter().enumerate() {
            let mut found = Vec::new();
            values(String::new(), thing, &mut found);
            let mut named = Vec::new();
            for fact in self.facts {
                let Some((_, value)) = found.iter().find(|(place, _)| place == fact.0) else {
                    continue;
                };
                let line = line(visit, zone, thing, *fact, value);
                // What is said in other words than it is kept in stands in both places.
                if line.when.is_some() || line.text == as_text(value) {
                    found.retain(|(place, _)| place != fact.0);
                }
                named.push(line);
            }
            things.extend((!named.is_empty()).then_some(named));
            further.extend(found.into_iter().map(|(place, value)| {
                let name = match several {
                    Some(_) => format!("{}.{place}", index + 1),
                    None => place,
                };
                Line {
                    name,
                    text: as_text(value),
                    when: None,
                }
            }));
        }
        (!things.is_empty() || !further.is_empty()).then(|| Section {
            id: self.member,
            title: visit.text(self.title),
            things,
            further,
        })
    }
}

fn not_provided(visit: &Visit, document: &Map<String, Value>) -> Option<Section> {
    let absent = document.get(NOT_PROVIDED)?.as_array()?;
    let kinds = KINDS.iter().filter(|kind| {
        let mut absent = absent.iter();
        absent.any(|member| member == kind.member)
    });
    let lines: Vec<Line> = kinds
        .map(|kind| Line {
            name: visit.text(kind.title),
            text: visit.text("data-fact-absent"),
            when: None,
        })
        .collect();
    (!lines.is_empty()).then(|| Section {
        id: NOT_PROVIDED,
        title: visit.text("data-not-provided"),
        things: vec![lines],
        further: Vec::new(),
    })
}

/// What happened, as this site says it or else as the environment does.
fn action(visit: &Visit, event: &Value, action_type: &str) -> String {
    if let Some((text, _)) = events::meaning(action_type) {
        return visit.text(text);
    }
    let described = event.pointer("/action/description");
    let described = described.and_then(Value::as_str);
    described.unwrap_or(action_type).to_owned()
}

/// A value of a thing that has a name, in words.
fn line(
    visit: &Visit,
    zone: &Zone,
    thing: &Value,
    (place, name): (&str, &str),
    value: &Value,
) -> Line {
    let name = visit.text(name);
    let text = match (place, value) {
        (USER_AGENT | SOURCE_USER_AGENT, Value::String(text)) => {
            device::in_words(visit, Some(text))
        }
        (ACTION, Value::String(text)) => action(visit, thing, text),
        (STATUS | RESULT, Value::String(text)) => {
            let mut known = MEANINGS.iter();
            let known = known.find(|(code, _)| code == text);
            known.map_or_else(|| text.clone(), |(_, meaning)| visit.text(meaning))
        }
        (_, Value::Bool(true)) => visit.text("claim-value-yes"),
        (_, Value::Bool(false)) => visit.text("claim-value-no"),
        (_, value) => as_text(value),
    };
    let member = place.rsplit('.').next().unwrap_or_default();
    let is_instant = member == "at" || member.ends_with("At");
    let when = text.parse().ok().filter(|_| is_instant);
    let when = when.map(|at| zone.when(at));
    Line { name, text, when }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Every value by its place, such as `name.given`.
fn values<'v>(place: String, value: &'v Value, found: &mut Vec<(String, &'v Value)>) {
    let below = |part: &str| match place.as_str() {
        "" => part.to_owned(),
        place => format!("{place}.{part}"),
    };
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                values(below(name), value, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                values(below(&(index + 1).to_string()), value, found);
            }
        }
        value => found.push((place, value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::values;

    #[test]
    fn every_value_has_its_place() {
        let value = json!({
            "name": { "given": "Ada" },
            "codes": ["a", { "n": 1 }],
            "nothing": null,
        });
        let mut found = Vec::new();
        values(String::new(), &value, &mut found);
        found.sort_by(|(left, _), (right, _)| left.cmp(right));
        let places = found
            .iter()
            .map(|(place, value)| format!("{place}={value}"));
        let places: Vec<String> = places.collect();
        assert_eq!(
            places,
            ["codes.1=\"a\"", "codes.2.n=1", "name.given=\"Ada\""]
        );
    }
}
