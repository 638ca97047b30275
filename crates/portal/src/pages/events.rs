//! What happened to an account lately, out of the environment's audit log.

use jiff::{SignedDuration, Timestamp};
use pingone::{Activity, ActivityActors, ActivitySubject, management, scim};
use protocol::id::UserId;
use serde_json::Value;

/// How far back is looked, in days.
const LOOKED_BACK: i64 = 30;

/// So many entries are asked for.
const MOST_ASKED: u32 = 200;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The id of the text that says what.
    pub(crate) text: &'static str,
    pub(crate) at: Timestamp,
    /// Whether its owner should look twice.
    pub(crate) is_alarming: bool,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// The newest events of a user, first; an entry that says nothing to its owner is left out.
pub(crate) async fn of_user(
    management: &management::Client,
    user: UserId,
    now: Timestamp,
) -> Option<Vec<Event>> {
    let entries = entries(management, user, now).await?;
    Some(entries.iter().filter_map(event).collect())
}

/// The entries as their owner may see them. `None` where the environment does not tell the worker:
/// that says nothing about the user's own session, and is logged.
pub(crate) async fn entries(
    management: &management::Client,
    user: UserId,
    now: Timestamp,
) -> Option<Vec<Activity>> {
    match read(management, user, now).await {
        Ok(entries) => Some(entries.into_iter().map(|it| of_owner(it, user)).collect()),
        Err(error) => {
            let causes = ui::chain_of_causes(&error).join(": ");
            tracing::warn!(error = %causes, "the events of an account could not be read");
            None
        }
    }
}

async fn read(
    management: &management::Client,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Activity>, pingone::Error> {
    let since = now - SignedDuration::from_hours(24 * LOOKED_BACK);
    let since = protocol::pingone::date::written(since);
    let filter = scim::compare("recordedAt", scim::Operator::Ge, since)
        .and(scim::eq("resources.id", user.to_string()));
    let page = management.activities().list().filter(&filter);
    Ok(page.limit(MOST_ASKED).page().await?.items)
}

/// What somebody else did to the account, such as an operator, is told without who it was and where:
/// that is theirs. Whoever gave a wrong password is nobody, and where they did it the owner may know.
fn of_owner(mut entry: Activity, user: UserId) -> Activity {
    let is_own = |subject: &ActivitySubject| subject.id == Some(user.as_uuid());
    let is_nobodys = entry.actors == ActivityActors::default();
    if !is_nobodys && !entry.actors.user.as_ref().is_some_and(is_own) {
        entry.actors = ActivityActors::default();
        entry.further.remove("source");
    }
    entry.resources.retain(is_own);
    entry
}

/// The id of the text that says what an action was, and whether the owner of the account should look twice.
pub(crate) fn meaning(action_type: &str) -> Option<(&'static str, bool)> {
    Some(match action_type {
        "PASSWORD.CHECK_SUCCEEDED" => ("event-signed-on", false),
        "PASSWORD.CHECK_FAILED" => ("event-wrong-password", true),
        "PASSWORD.RESET" => ("event-password-changed", false),
        "PASSWORD.RECOVERY" => ("event-recovery", false),
        "PASSWORD.SET" => ("event-password-set", false),
        "PASSWORD.FORCE_CHANGE" => ("event-password-forced", false),
        "PASSWORD.UNLOCKED" | "USER.UNLOCKED" => ("event-unlocked", false),
        "OTP.CHECK_FAILED" => ("event-wrong-code", true),
        "OTP.CHECK_SUCCESS" => ("event-code", false),
        "USER.ACCESS_DENIED" => ("event-disabled", true),
        "USER.CREATED" => ("event-created", false),
        "USER.LOCKED" => ("event-locked", true),
        "USER.UPDATED" => ("event-profile", false),
        _ => return None,
    })
}

fn event(entry: &Activity) -> Option<Event> {
    let (text, is_alarming) = meaning(&entry.action.action_type)?;
    let source = entry.further.get("source");
    let said = |name: &str| {
        let text = source?.get(name).and_then(Value::as_str)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    Some(Event {
        text,
        at: entry.recorded_at,
        is_alarming,
        address: said("ipAddress"),
        user_agent: said("userAgent"),
    })
}

#[cfg(test)]
mod tests {
    use protocol::SystemRandom;
    use serde_json::json;

    use super::*;

    #[test]
    fn who_did_something_and_where_is_told_of_the_owner_and_of_nobody_alone() {
        let (ada, olga) = (UserId::random(&SystemRandom), UserId::random(&SystemRandom));
        let worker = json!({ "client": { "id": olga, "name": "Worker" } });
        for (is_told, actors) in [
            (true, json!({})),
            (true, json!({ "user": { "id": ada, "name": "ada" } })),
            (false, json!({ "user": { "id": olga, "name": "olga" } })),
            (false, json!({ "user": { "name": "somebody" } })),
            (false, worker),
        ] {
            let entry: Activity = serde_json::from_value(json!({
                "id": ada,
                "recordedAt": "2026-01-05T10:00:00Z",
                "action": { "type": "USER.UPDATED" },
                "actors": actors,
                "resources": [{ "id": ada, "name": "ada" }, { "id": olga, "name": "olga" }],
                "source": { "ipAddress": "192.0.2.7", "userAgent": "Firefox/140.0" },
            }))
            .unwrap();
            let shown = of_owner(entry, ada);
            assert_eq!(shown.further.contains_key("source"), is_told, "{actors}");
            let (event, shown) = (
                event(&shown).unwrap(),
                serde_json::to_value(&shown).unwrap(),
            );
            assert_eq!(event.address.is_some(), is_told, "{actors}");
            assert_eq!(shown["resources"], json!([{ "id": ada, "name": "ada" }]));
            let shown = shown.to_string();
            assert!(!shown.contains("olga") && !shown.contains(&olga.to_string()));
        }
    }
}
