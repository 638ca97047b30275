//! `/activity`: operators look into the environment's audit log, as far as their roles let them.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use jiff::SignedDuration;
use pingone::{Activity, ActivitySubject, scim};
use protocol::id::UserId;
use protocol::params::FormParams;
use protocol::pingone::date;
use ui::{Choice, FormState, Layout};
use url::form_urlencoded;

use crate::failure::Failure;
use crate::pages::paging::{Listed, Pager, Paging};
use crate::pages::person::{When, Zone};
use crate::paths;
use crate::visit::{Operator, Visit};

const ACTION: &str = "action";
const DAYS: &str = "days";
const RESULT: &str = "result";
const USERNAME: &str = "username";
const PAGE: &str = "page";

const ENTRIES_PER_PAGE: u32 = 50;
const MOST_USERNAME_CHARACTERS: usize = 128;

/// What can be asked for: PingOne's action type, and the text that says what it is.
#[rustfmt::skip]
const ACTIONS: &[(&str, &str)] = &[
    ("USER.ACCESS_ALLOWED",      "activity-access-allowed"),
    ("PASSWORD.CHECK_SUCCEEDED", "activity-password-right"),
    ("PASSWORD.CHECK_FAILED",    "activity-password-wrong"),
    ("OTP.CHECK_FAILED",         "activity-code-wrong"),
    ("USER.LOCKED",              "activity-user-locked"),
    ("USER.UNLOCKED",            "activity-user-unlocked"),
    ("PASSWORD.RESET",           "activity-password-changed"),
    ("PASSWORD.RECOVERY",        "activity-password-recovered"),
    ("USER.CREATED",             "activity-user-created"),
    ("USER.UPDATED",             "activity-user-updated"),
    ("USER.DELETED",             "activity-user-deleted"),
    ("APPLICATION.UPDATED",      "activity-application-updated"),
];

/// How far back can be looked, and the text that says so; the first is meant where none is said.
const PERIODS: &[(&str, i64, &str)] = &[
    ("1", 1, "activity-day"),
    ("7", 7, "activity-week"),
    ("14", 14, "activity-fortnight"),
];

/// How something ended, in PingOne's words, and in ours.
const RESULTS: &[(&str, &str)] = &[
    ("SUCCESS", "activity-succeeded"),
    ("FAILED", "activity-failed"),
];

#[derive(Template)]
#[template(path = "activity.html")]
struct Page {
    layout: Layout,
    form: FormState,
    actions: Vec<Choice>,
    periods: Vec<Choice>,
    results: Vec<Choice>,
    entries: Vec<Line>,
    pager: Pager,
}

/// An entry.
struct Line {
    what: String,
    when: When,
    who: String,
    whom: String,
    /// The page of the user whom it is about.
    whom_path: Option<String>,
    from: String,
    has_failed: bool,
}

/// What the address asks for: nothing that is not offered.
#[derive(Debug, Default, PartialEq, Eq)]
struct Search {
    action: Option<&'static str>,
    days: i64,
    result: Option<&'static str>,
    username: String,
    page: Option<String>,
}

impl Search {
    fn read(query: &str) -> Result<Self, Failure> {
        let bad = || Failure::new(StatusCode::BAD_REQUEST);
        let params = FormParams::parse(query.as_bytes()).map_err(|error| bad().caused_by(error))?;
        let offered = |name, choices: &[(&'static str, &'static str)]| match params.text(name) {
            "" => Ok(None),
            asked => {
                let found = choices.iter().find(|(value, _)| *value == asked);
                found.map(|(value, _)| Some(*value)).ok_or_else(bad)
            }
        };
        let asked = params.text(DAYS);
        let mut periods = PERIODS.iter();
        let period = periods.find(|(value, ..)| asked.is_empty() || *value == asked);
        let username = params.text(USERNAME).trim().chars();
        Ok(Self {
            action: offered(ACTION, ACTIONS)?,
            days: period.map(|(_, days, _)| *days).ok_or_else(bad)?,
            result: offered(RESULT, RESULTS)?,
            username: username.take(MOST_USERNAME_CHARACTERS).collect(),
            page: params.find(PAGE).map(str::to_owned),
        })
    }

    fn form(&self) -> FormState {
        FormState::new(&[ACTION, DAYS, RESULT, USERNAME])
            .with_value(ACTION, self.action.unwrap_or_default())
            .with_value(DAYS, self.days.to_string())
            .with_value(RESULT, self.result.unwrap_or_default())
            .with_value(USERNAME, self.username.clone())
    }

    /// What is asked of the environment; `about` is the user whom entries are about.
    fn filter(&self, since: String, about: Option<UserId>) -> scim::Filter {
        let since = scim::compare("recordedAt", scim::Operator::Ge, since);
        let about = about.map(|user| scim::eq("resources.id", user.to_string()));
        let action = self.action.map(|action| scim::eq("action.type", action));
        let result = self.result.map(|result| scim::eq("result.status", result));
        let further = [about, action, result].into_iter().flatten();
        further.fold(since, scim::Filter::and)
    }
}

impl Listed for Search {
    const LIST: &'static str = "activity";

    fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    fn address_of(&self, page: Option<String>) -> String {
        let mut params = form_urlencoded::Serializer::new(String::new());
        params.append_pair(DAYS, &self.days.to_string());
        let given = [
            (ACTION, self.action.unwrap_or_default()),
            (RESULT, self.result.unwrap_or_default()),
            (USERNAME, &self.username),
            (PAGE, page.as_deref().unwrap_or_default()),
        ];
        for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
            params.append_pair(name, value);
        }
        format!("{}?{}", paths::ACTIVITY, params.finish())
    }
}

pub(crate) async fn get(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let operator = visit.operator().await?;
    let search = Search::read(query.as_deref().unwrap_or(""))?;
    let paging = Paging::new(&visit, &operator, &search);
    let mut form = search.form();
    let about = match find_user(&visit, &operator, &search.username).await? {
        Found::Nobody => {
            form.set_error(USERNAME, visit.text("error-user-unknown"));
            return show(&visit, form, Vec::new(), paging.pager(None)).await;
        }
        Found::Everybody => None,
        Found::User(id) => Some(id),
    };
    let since = visit.portal().now() - SignedDuration::from_hours(24 * search.days);
    let filter = search.filter(date::written(since), about);
    let mut list = operator.management.activities().list();
    list = list.filter(&filter).limit(ENTRIES_PER_PAGE);
    if let Some(from) = paging.from()? {
        list = list.from(from);
    }
    let page = match list.page().await {
        Ok(page) => page,
        // More lies in the period than an environment looks into.
        Err(error) if error.status() == Some(StatusCode::BAD_REQUEST) => {
            form.set_error(DAYS, visit.text("error-period-too-long"));
            return show(&visit, form, Vec::new(), paging.pager(None)).await;
        }
        Err(error) => return Err(visit.api_failed(error).await),
    };
    show(&visit, form, page.items, paging.pager(page.next.as_ref())).await
}

/// Whom entries are to be about.
enum Found {
    Everybody,
    Nobody,
    User(UserId),
}

async fn find_user(visit: &Visit, operator: &Operator, username: &str) -> Result<Found, Failure> {
    if username.is_empty() {
        return Ok(Found::Everybody);
    }
    let named = scim::eq("username", username);
    let list = operator.management.users().list().filter(&named).limit(1);
    match list.page().await {
        Ok(page) => Ok(match page.items.first() {
            Some(user) => Found::User(user.id),
            None => Found::Nobody,
        }),
        Err(error) => Err(visit.api_failed(error).await),
    }
}

async fn show(
    visit: &Visit,
    form: FormState,
    entries: Vec<Activity>,
    pager: Pager,
) -> Result<Response, Failure> {
    let zone = Zone::of(None, visit.signed_on());
    let all = || Choice::new("", visit.text("activity-all"));
    let offered = |(value, text): &(&str, &str)| Choice::new(*value, visit.text(text));
    let period = |(value, _, text): &(&str, i64, &str)| Choice::new(*value, visit.text(text));
    let layout = visit.layout("activity-title").await?;
    let page = Page {
        layout: layout.with_lead(visit.text("activity-lead")),
        form,
        actions: std::iter::once(all())
            .chain(ACTIONS.iter().map(offered))
            .collect(),
        periods: PERIODS.iter().map(period).collect(),
        results: std::iter::once(all())
            .chain(RESULTS.iter().map(offered))
            .collect(),
        entries: entries
            .into_iter()
            .map(|entry| line(visit, entry, &zone))
            .collect(),
        pager,
    };
    Ok(visit.page(page).into_response())
}

fn line(visit: &Visit, entry: Activity, zone: &Zone) -> Line {
    let known = ACTIONS
        .iter()
        .find(|(action, _)| *action == entry.action.action_type);
    let what = match known {
        Some((_, text)) => visit.text(text),
        None => entry.action.description.unwrap_or(entry.action.action_type),
    };
    let actors = [entry.actors.user, entry.actors.client];
    let who = actors.iter().flatten().next().map(name).unwrap_or_default();
    let whom = entry.resources.first();
    let is_user = whom.is_some_and(|whom| whom.subject_type.as_deref() == Some("USER"));
    let id = whom.filter(|_| is_user).and_then(|whom| whom.id);
    let source = entry.further.get("source");
    let address = source.and_then(|source| source.get("ipAddress")?.as_str());
    Line {
        what,
        when: zone.when(entry.recorded_at),
        who,
        whom: whom.map(name).unwrap_or_default(),
        whom_path: id.and_then(|id| Some(paths::user(UserId::parse(&id.to_string()).ok()?))),
        from: address.unwrap_or_default().to_owned(),
        has_failed: entry.result.is_some_and(|result| result.status == "FAILED"),
    }
}

fn name(of: &ActivitySubject) -> String {
    let id = || of.id.map(|id| id.to_string());
    of.name.clone().or_else(id).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_offered_is_not_asked_for() {
        let search = Search::read("days=7&action=USER.LOCKED&result=FAILED&username=+ada+");
        let search = search.unwrap();
        assert_eq!(
            search.address_of(Some("c.d".to_owned())),
            "/activity?days=7&action=USER.LOCKED&result=FAILED&username=ada&page=c.d"
        );
        let text = search.filter("2026-01-05T10:00:00.000Z".to_owned(), None);
        let expected = "recordedAt ge \"2026-01-05T10:00:00.000Z\" and action.type eq \
                        \"USER.LOCKED\" and result.status eq \"FAILED\"";
        assert_eq!(text.to_string(), expected);
        assert_eq!(Search::read("").unwrap().days, 1);
        for wrong in [
            "days=400",
            "action=x%22+or+id+pr",
            "result=ok",
            "days=1&days=7",
        ] {
            assert!(Search::read(wrong).is_err(), "{wrong}");
        }
    }
}
