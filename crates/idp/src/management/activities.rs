//! `/environments/{environment}/activities`: the audit log (PingOne, "Audit activities").
//!
//! A filter must give a range of `recordedAt` or `createdAt`; beside it, `correlationId`, the action,
//! the result, who did it and to what can be asked for, all joined by `and`. The newest entry comes
//! first. What is asked of the action's type, the correlation and the id of a resource is found by
//! the database; for the rest entries are looked into.

use jiff::{SignedDuration, Timestamp};
use protocol::id::ActivityId;
use protocol::pingone::ErrorDetail;
use protocol::scim::{AttributeRule, AttributeRules, Comparison, Filter, Literal, Operator};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply};
use crate::api::paging::{PageBody, PageRequest};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::activities::{Activities, Period, StoredActivity};
use crate::stores::filter_sql::{Attribute, push_condition};

const ATTRIBUTES: [Attribute; 2] = [
    Attribute::exact("action.type", "action"),
    Attribute::exact("correlationId", "correlation_id"),
];

/// What stands in the document of an entry, where no statement looks.
const IN_DOCUMENT: [&str; 13] = [
    "action.description",
    "actors.client.environment.id",
    "actors.client.id",
    "actors.client.name",
    "actors.user.environment.id",
    "actors.user.id",
    "actors.user.name",
    "actors.user.population.id",
    "resources.id",
    "resources.name",
    "resources.population.id",
    "resources.type",
    "result.status",
];

/// The column of what an entry is about: an entry has one resource. It is kept in small letters.
const SUBJECT: &str = "subject_id";

/// So many entries are looked into for one page; a filter that finds too little among them is
/// refused.
const MOST_LOOKED_INTO: usize = 20_000;

/// So many are read at once.
const BATCH: u32 = 1_000;

fn rules() -> AttributeRules {
    let texts = &[Operator::Eq, Operator::Ne, Operator::Sw, Operator::Co][..];
    let order = &[Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le][..];
    let rules = IN_DOCUMENT
        .into_iter()
        .fold(Attribute::rules(&ATTRIBUTES), |rules, name| {
            rules.with(AttributeRule::any(name, texts))
        });
    rules
        .with(AttributeRule::exact("recordedAt", order))
        .with(AttributeRule::exact("createdAt", order))
        .and_only()
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActivityBody {
    id: ActivityId,
    #[serde(with = "protocol::pingone::date::Date")]
    recorded_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    created_at: Timestamp,
    correlation_id: Uuid,
    #[serde(flatten)]
    document: Map<String, Value>,
}

fn representation<P>(allowed: &Allowed<P>, activity: StoredActivity) -> Hal<ActivityBody> {
    let url = allowed.url(format_args!("activities/{}", activity.id));
    let body = ActivityBody {
        id: activity.id,
        recorded_at: activity.recorded_at,
        created_at: activity.recorded_at,
        correlation_id: activity.correlation_id,
        document: activity.document,
    };
    Hal::new(url, body)
}

fn refused(message: &str) -> ApiFailure {
    ApiFailure::malformed(vec![ErrorDetail::new(
        "INVALID_FILTER",
        Some("filter"),
        message,
    )])
}

/// The comparisons of a filter, which `and` alone joins.
fn comparisons(filter: &Filter) -> Vec<&Comparison> {
    match filter {
        Filter::Compare(comparison) => vec![comparison],
        Filter::And(parts) | Filter::Or(parts) => parts.iter().flat_map(comparisons).collect(),
    }
}

fn is_instant(comparison: &Comparison) -> bool {
    let path = comparison.path.as_str();
    path.eq_ignore_ascii_case("recordedAt") || path.eq_ignore_ascii_case("createdAt")
}

/// The range that a filter gives; without a bound there is none.
fn period(comparisons: &[&Comparison], now: Timestamp) -> Result<Period, ApiFailure> {
    let moment = SignedDuration::from_millis(1);
    let mut period = Period {
        from: Timestamp::UNIX_EPOCH,
        to: now,
    };
    let mut has_bound = false;
    for comparison in comparisons.iter().filter(|one| is_instant(one)) {
        let Literal::Text(text) = &comparison.value else {
            continue;
        };
        let at: Timestamp = text
            .parse()
            .map_err(|_| refused("An instant is written as 2026-01-31T12:00:00.000Z."))?;
        has_bound = true;
        match comparison.operator {
            Operator::Gt => period.from = period.from.max(at.saturating_add(moment).unwrap_or(at)),
            Operator::Ge => period.from = period.from.max(at),
            Operator::Lt => period.to = period.to.min(at.saturating_sub(moment).unwrap_or(at)),
            _ => period.to = period.to.min(at),
        }
    }
    if has_bound {
        Ok(period)
    } else {
        Err(refused("A range of recordedAt must be given."))
    }
}

pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadActivities>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    answer(&allowed, &page).await
}

/// The same, for filters that are too long for an address.
pub(super) async fn search(
    allowed: AllowedEverywhere<may::ReadActivities>,
    Json(body): Json<PageBody>,
) -> Result<Reply, ApiFailure> {
    answer(&allowed, &body.try_into()?).await
}

async fn answer(
    allowed: &AllowedEverywhere<may::ReadActivities>,
    page: &PageRequest,
) -> Result<Reply, ApiFailure> {
    let (idp, collection) = (&allowed.idp, allowed.url("activities"));
    let filter = page.filter(&rules())?;
    let filter = filter.ok_or_else(|| refused("A range of recordedAt must be given."))?;
    let (instants, others): (Vec<_>, Vec<_>) = comparisons(&filter)
        .into_iter()
        .partition(|one| is_instant(one));
    let (looking_into, in_columns): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|one| is_in_document(one));
    let period = period(&instants, allowed.now)?;
    let (recorded_at, id) = page.position(idp, &collection)?;
    let mut before = (recorded_at.parse().unwrap_or(i64::MAX), id);
    let wanted = usize::try_from(page.read_limit()).unwrap_or(usize::MAX);
    let batch = if looking_into.is_empty() {
        page.read_limit()
    } else {
        BATCH
    };
    let activities = Activities::new(idp.db());
    let (mut found, mut looked_into) = (Vec::new(), 0);
    loop {
        let behind = (before.0, before.1.as_str());
        let read = activities.page(allowed.id(), period, behind, batch, |select| {
            in_columns.iter().fold(select, |select, one| {
                if let Some(id) = subject(one) {
                    select
                        .push(" AND ")
                        .push(SUBJECT)
                        .push(" = ")
                        .push_bind(id.to_ascii_lowercase())
                } else {
                    let condition = Filter::Compare((*one).clone());
                    push_condition(select.push(" AND "), &condition, &ATTRIBUTES)
                }
            })
        });
        let read = read.await?;
        let is_last = read.len() < usize::try_from(batch).unwrap_or(usize::MAX);
        looked_into += read.len();
        if let Some(last) = read.last() {
            before = (last.recorded_at.as_millisecond(), last.id.to_string());
        }
        for activity in read {
            let members = Value::Object(activity.document.clone());
            if looking_into.iter().all(|one| one.matches(&members)) {
                found.push(activity);
            }
        }
        if is_last || found.len() >= wanted {
            break;
        }
        if looked_into >= MOST_LOOKED_INTO {
            let message = "Too many entries lie in the range; give a shorter one.";
            return Err(refused(message));
        }
    }
    found.truncate(wanted);
    let position = |last: &StoredActivity| {
        (
            last.recorded_at.as_millisecond().to_string(),
            last.id.to_string(),
        )
    };
    Reply::ok(&page.page(
        idp,
        &collection,
        "activities",
        found,
        position,
        |activity| representation(allowed, activity),
    ))
}

/// What an entry is to be about, where a comparison says that.
fn subject(comparison: &Comparison) -> Option<&str> {
    let path = comparison.path.as_str();
    match &comparison.value {
        Literal::Text(id)
            if comparison.operator == Operator::Eq && path.eq_ignore_ascii_case("resources.id") =>
        {
            Some(id)
        }
        _ => None,
    }
}

fn is_in_document(comparison: &Comparison) -> bool {
    let path = comparison.path.as_str();
    subject(comparison).is_none()
        && IN_DOCUMENT
            .iter()
            .any(|name| path.eq_ignore_ascii_case(name))
}

pub(super) async fn read(
    allowed: AllowedEverywhere<may::ReadActivities>,
    id: PathId<ActivityId>,
) -> Result<Reply, ApiFailure> {
    let found = Activities::new(allowed.idp.db())
        .find(allowed.id(), id.0)
        .await?;
    let activity = found.ok_or_else(ApiFailure::not_found)?;
    Reply::ok(&representation(&allowed, activity))
}
