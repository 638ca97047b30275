//! What happened to an account lately, out of the environment's audit log.

use jiff::{SignedDuration, Timestamp};
use pingone::{Activity, management, scim};
use protocol::id::UserId;
use serde_json::Value;

/// How far back is looked, in days: less where the log is too full to be searched for one user.
const LOOKED_BACK: [i64; 3] = [30, 7, 1];

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
) -> Result<Vec<Event>, pingone::Error> {
    let entries = entries(management, user, now).await?;
    Ok(entries.iter().filter_map(event).collect())
}

/// The entries as they are.
pub(crate) async fn entries(
    management: &management::Client,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Activity>, pingone::Error> {
    let mut refused = None;
    for days in LOOKED_BACK {
        let since = now - SignedDuration::from_hours(24 * days);
        let since = protocol::pingone::date::written(since);
        let filter = scim::compare("recordedAt", scim::Operator::Ge, since)
            .and(scim::eq("resources.id", user.to_string()));
        let page = management.activities().list().filter(&filter);
        match page.limit(MOST_ASKED).page().await {
            Ok(page) => return Ok(page.items),
            Err(error) if error.problem_with("filter").is_some() => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    refused.map_or(Ok(Vec::new()), Err)
}

fn event(entry: &Activity) -> Option<Event> {
    let (text, is_alarming) = match entry.action.action_type.as_str() {
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
    };
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
