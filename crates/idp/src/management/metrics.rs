//! Counts by day, out of the users and the audit log: `activeIdentityCounts`, `totalIdentities`,
//! `userActivities` and `applicationSignons` (PingOne, "Reporting").

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use protocol::id::{ApplicationId, EnvironmentId, LicenseId, OrganizationId};
use protocol::pingone::{
    ActiveIdentities, ApplicationSignOns, ErrorDetail, TotalIdentities, UserActivities,
};
use protocol::scim::{AttributeRule, AttributeRules, Comparison, Filter, Literal, Operator};
use serde::Serialize;
use serde_json::Value;

use super::organizations;
use crate::access::allowed::AllowedEverywhere;
use crate::access::caller::Caller;
use crate::access::coverage::Coverage;
use crate::access::permissions::{Allows as _, may};
use crate::api::hal::{Page, Reply};
use crate::api::paging::PageRequest;
use crate::core::Core;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::activities::{Activities, Period, StoredActivity};
use crate::stores::reports;

const DAY: i64 = 24 * 60 * 60;

/// Without a range, so many days are counted.
const DAYS: i64 = 30;

/// No more days are counted in one answer.
const MOST_DAYS: i64 = 400;

/// The environments of an organization that are counted together, at most.
const MOST_ENVIRONMENTS: u32 = 1_000;

const ACTIVE: &str = "activeIdentityCounts";

/// So many entries of the audit log are read at once.
const BATCH: u32 = 1_000;

/// So many are counted for one answer.
const MOST_ENTRIES: usize = 200_000;

/// The names by which the reports know the two ends of a range.
const STARTS: [&str; 3] = ["startDate", "occurredAt", "recordedAt"];
const ENDS: [&str; 3] = ["endDate", "occurredAt", "recordedAt"];

fn refused(message: &str) -> ApiFailure {
    let detail = ErrorDetail::new("INVALID_FILTER", Some("filter"), message);
    ApiFailure::malformed(vec![detail])
}

fn rules() -> AttributeRules {
    let operators = &[
        Operator::Eq,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
    ][..];
    let names: BTreeSet<_> = STARTS.into_iter().chain(ENDS).collect();
    let rules = names.into_iter().chain(["applicationId"]);
    AttributeRules::new(rules.map(|name| AttributeRule::exact(name, operators))).and_only()
}

/// The comparisons of a filter, which `and` alone joins.
fn comparisons(filter: &Filter) -> Vec<&Comparison> {
    match filter {
        Filter::Compare(comparison) => vec![comparison],
        Filter::And(parts) | Filter::Or(parts) => parts.iter().flat_map(comparisons).collect(),
    }
}

/// What a report is about.
struct Asked {
    /// The days from the first instant on.
    period: Period,
    application: Option<String>,
}

fn asked(page: &PageRequest, now: Timestamp) -> Result<Asked, ApiFailure> {
    let filter = page.filter(&rules())?;
    let mut asked = Asked {
        period: Period {
            from: start_of_day(now.saturating_sub(days(DAYS - 1)).unwrap_or(now)),
            to: now,
        },
        application: None,
    };
    for comparison in filter.iter().flat_map(comparisons) {
        let Literal::Text(text) = &comparison.value else {
            continue;
        };
        let name = comparison.path.as_str();
        if name.eq_ignore_ascii_case("applicationId") {
            asked.application = Some(text.clone());
            continue;
        }
        let at = instant(text).ok_or_else(|| refused("A day is written as 2026-01-31."))?;
        let is = |names: [&str; 3]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
        match comparison.operator {
            Operator::Gt | Operator::Ge => asked.period.from = at,
            Operator::Lt | Operator::Le => asked.period.to = at.min(now),
            _ if is(STARTS) => asked.period.from = at,
            _ => asked.period.to = at.min(now),
        }
    }
    asked.period.from = start_of_day(asked.period.from);
    if asked.period.to.duration_since(asked.period.from) > days(MOST_DAYS) {
        return Err(refused("A range is 400 days long at most."));
    }
    Ok(asked)
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count * DAY)
}

/// A day, or an instant.
fn instant(text: &str) -> Option<Timestamp> {
    let instant = text.parse().ok();
    instant.or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

fn start_of_day(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(DAY) * DAY).unwrap_or(at)
}

/// The days of a period, each by its first instant.
fn each_day(period: Period) -> impl Iterator<Item = Timestamp> {
    (0..=MOST_DAYS).map_while(move |count| {
        let day = period.from.checked_add(days(count)).ok()?;
        (day <= period.to).then_some(day)
    })
}

fn day(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// Calls for each entry of the audit log in a period.
async fn for_each_entry(
    core: &Core,
    environment: EnvironmentId,
    period: Period,
    mut see: impl FnMut(&StoredActivity),
) -> Result<(), ApiFailure> {
    let activities = Activities::new(core.db());
    let mut before = (i64::MAX, String::new());
    let mut seen = 0;
    loop {
        let behind = (before.0, before.1.as_str());
        let read = activities.page(environment, period, behind, BATCH, |select| select);
        let read = read.await?;
        read.iter().for_each(&mut see);
        seen += read.len();
        match read.last() {
            Some(last) if read.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX) => {
                before = (last.recorded_at.as_millisecond(), last.id.to_string());
            }
            _ => return Ok(()),
        }
        if seen >= MOST_ENTRIES {
            return Err(refused(
                "Too much happened in the range; give a shorter one.",
            ));
        }
    }
}

fn text<'a>(activity: &'a StoredActivity, pointer: &str) -> Option<&'a str> {
    let mut parts = pointer.trim_start_matches('/').splitn(2, '/');
    let member = activity.document.get(parts.next()?)?;
    match parts.next() {
        Some(rest) => member.pointer(&format!("/{rest}"))?.as_str(),
        None => member.as_str(),
    }
}

/// Whom an entry tells of: the user who acted, or to whom it was done.
fn user(activity: &StoredActivity) -> Option<&str> {
    text(activity, "/actors/user/id").or_else(|| resource(activity))
}

/// To which user something was done.
fn resource(activity: &StoredActivity) -> Option<&str> {
    let resources = activity.document.get("resources")?.as_array()?;
    let is_user = |one: &&Value| one.get("type").is_some_and(|kind| kind == "USER");
    resources.iter().find(is_user)?.get("id")?.as_str()
}

/// Somebody is let in who acts; who is enabled again by somebody else does not.
fn is_sign_on(activity: &StoredActivity) -> bool {
    text(activity, "/action/type") == Some("USER.ACCESS_ALLOWED")
        && text(activity, "/actors/user/id").is_some()
        && text(activity, "/actors/user/id") == resource(activity)
}

type Reading = AllowedEverywhere<may::ReadActivities>;

fn page<T: Serialize>(
    reading: &Reading,
    path: &str,
    key: &'static str,
    items: Vec<T>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&Page::whole(reading.url(path), key, items))
}

/// Who signed on, by day.
type Active = BTreeMap<String, BTreeSet<String>>;

async fn note_active(
    core: &Core,
    environment: EnvironmentId,
    period: Period,
    active: &mut Active,
) -> Result<(), ApiFailure> {
    for_each_entry(core, environment, period, |activity| {
        if let Some(user) = user(activity).filter(|_| is_sign_on(activity)) {
            let of_day = active.entry(day(activity.recorded_at)).or_default();
            of_day.insert(user.to_owned());
        }
    })
    .await
}

fn counted(active: &Active, period: Period) -> Vec<ActiveIdentities> {
    let counts = each_day(period).map(|at| {
        let count = active.get(&day(at)).map_or(0, BTreeSet::len);
        ActiveIdentities::new(day(at), u64::try_from(count).unwrap_or(u64::MAX))
    });
    counts.collect()
}

/// How many people signed on, by day.
pub(super) async fn active_identities(
    reading: Reading,
    request: PageRequest,
) -> Result<Reply, ApiFailure> {
    let asked = asked(&request, reading.now)?;
    let mut active = Active::new();
    note_active(&reading.idp, reading.id(), asked.period, &mut active).await?;
    let counts = counted(&active, asked.period);
    page(&reading, ACTIVE, ACTIVE, counts)
}

/// How many people signed on, by day, in those environments with a licence whose audit log the one
/// who asks may read.
pub(super) async fn active_identities_of_license(
    caller: Caller,
    PathId(organization): PathId<OrganizationId>,
    PathId(license): PathId<LicenseId>,
    request: PageRequest,
) -> Result<Reply, ApiFailure> {
    let own = organizations::own(caller, organization).await?;
    own.find(license).await?;
    let caller = &own.caller;
    let asked = asked(&request, caller.now)?;
    let environments = caller.idp.environments();
    let all = environments.page("", MOST_ENVIRONMENTS, |select| {
        let select = select.push(" AND organization_id = ");
        select.push_bind(organization.as_uuid())
    });
    let mut active = Active::new();
    for environment in all.await? {
        let coverage = caller.coverage(may::ReadActivities::PERMISSION, &environment);
        if environment.license() == license && coverage == Coverage::Environment {
            note_active(&caller.idp, environment.id, asked.period, &mut active).await?;
        }
    }
    let url = own.url(&format!("/licenses/{license}/metrics/{ACTIVE}"));
    let counts = counted(&active, asked.period);
    Reply::ok(&Page::whole(url, ACTIVE, counts))
}

/// How many people there were at the end of each day. Who was deleted is not counted.
pub(super) async fn total_identities(
    reading: Reading,
    request: PageRequest,
) -> Result<Reply, ApiFailure> {
    let asked = asked(&request, reading.now)?;
    let made = reports::users_by_day(reading.idp.db(), reading.id(), asked.period.to).await?;
    let totals = each_day(asked.period).map(|at| {
        let until = at.as_second().div_euclid(DAY);
        let before = made.iter().filter(|(day, _)| *day <= until);
        let count: i64 = before.map(|(_, how_many)| how_many).sum();
        TotalIdentities::new(
            at.as_millisecond(),
            u64::try_from(count).unwrap_or_default(),
        )
    });
    let totals = totals.collect();
    page(&reading, "totalIdentities", "totalIdentities", totals)
}

/// What users and those who administer them did, by day and kind.
pub(super) async fn user_activities(
    reading: Reading,
    request: PageRequest,
) -> Result<Reply, ApiFailure> {
    let asked = asked(&request, reading.now)?;
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for_each_entry(&reading.idp, reading.id(), asked.period, |activity| {
        let action = text(activity, "/action/type").unwrap_or_default();
        if user(activity).is_some() {
            let count = counts.entry((day(activity.recorded_at), action.to_owned()));
            *count.or_default() += 1;
        }
    })
    .await?;
    let counts = counts
        .into_iter()
        .map(|((date, kind), count)| UserActivities::new(date, kind, count))
        .collect();
    page(&reading, "userActivities", "userActivities", counts)
}

/// How often people signed on to each application, by day, as far back as grants are kept.
pub(super) async fn application_sign_ons(
    reading: Reading,
    request: PageRequest,
) -> Result<Reply, ApiFailure> {
    let asked = asked(&request, reading.now)?;
    let counted = reports::sign_ons_by_day(reading.idp.db(), reading.id(), asked.period).await?;
    let wanted = |sign_ons: &reports::SignOns| {
        let application = asked.application.as_deref();
        application.is_none_or(|wanted| wanted == sign_ons.application.to_string())
    };
    let counts = counted.into_iter().filter(wanted).map(|sign_ons| {
        let date = Timestamp::from_second(sign_ons.day.saturating_mul(DAY));
        let count = u64::try_from(sign_ons.how_many).unwrap_or_default();
        let application = ApplicationId::from_uuid(sign_ons.application);
        ApplicationSignOns::new(day(date.unwrap_or_default()), application, count)
    });
    let counts = counts.collect();
    page(&reading, "applicationSignons", "applicationSignons", counts)
}
