//! Lists: filters, pages, and what was done lately.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use pingone::Method;
use serde_json::{Value, json};

use super::compare::{date, is, items, member, set, text};
use super::points::following;
use super::samples::{make_population, user_in};
use super::stop::{Stop, broken, ensure};
use super::trial::{Made, Trial};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row!("lists: `eq` finds one, whatever the case of the name" => equal),
    row!("lists: `sw` finds all that begin so" => starts_with),
    row!("lists: `and` and `or` join, and brackets group" => joined),
    row!("lists: users are found by population, by name and by what is enabled" => attributes),
    row!("lists: groups and populations are found by name" => by_name),
    row!("lists: a filter that finds nothing is answered with an empty list" => empty),
    row!("lists: a filter by what nobody can filter by is refused with what one can" => unknown),
    row!("lists: a filter with an operator that is not offered is refused" => operators),
    row!("lists: a filter that is none is refused" => malformed),
    row!("lists: pages follow each other by `next`, and hold everybody once" => pages),
    row!("lists: a limit beyond the bounds is refused with the bounds" => limit),
    row!("lists: a cursor that is none is refused" => cursor),
    row!("activities: what was done is told, with who and what" => activities),
    row!("activities: a deletion is told" => deletion),
    row!("activities: without a range of dates they are refused" => range),
    row!("activities: a long filter may stand in a body" => in_a_body),
];

/// Makes three users, whose names end in `-a`, `-b` and `-c`.
async fn three(trial: &Trial) -> Result<String, Stop> {
    let population = make_population(trial).await?;
    for end in ["a", "b", "c"] {
        let mut body = user_in(&population, &format!("{}-{end}", trial.name()));
        set(
            &mut body,
            "name",
            json!({"family": format!("{}-{end}", trial.name())}),
        );
        trial.make("users", &body).await?;
    }
    Ok(population)
}

/// The ends of the names of the users that a filter finds.
async fn found(trial: &Trial, filter: &str) -> Result<BTreeSet<String>, Stop> {
    let list = trial.ask(Method::GET, "users").query("filter", filter);
    ends(trial, &list.answered(200).await?)
}

fn ends(trial: &Trial, list: &Value) -> Result<BTreeSet<String>, Stop> {
    let mut ends = BTreeSet::new();
    for user in items(list, "users")? {
        let name = text(user, "/username")?;
        ends.insert(name.trim_start_matches(trial.name()).to_owned());
    }
    Ok(ends)
}

/// Checks that filters find just these users.
async fn find(trial: &Trial, expected: &[(String, &[&str])]) -> Result<(), Stop> {
    for (filter, wanted) in expected {
        let wanted: BTreeSet<String> = wanted.iter().map(|&end| end.to_owned()).collect();
        trial
            .eventually(async || {
                let found = found(trial, filter).await?;
                ensure(found == wanted, || {
                    format!("GET users?filter={filter} should find {wanted:?} and finds {found:?}")
                })
            })
            .await?;
    }
    Ok(())
}

async fn equal(trial: &Trial) -> Result<(), Stop> {
    three(trial).await?;
    let name = trial.name();
    let upper = name.to_uppercase();
    let expected: [(String, &[&str]); 3] = [
        (format!("username eq \"{name}-a\""), &["-a"]),
        (format!("username eq \"{upper}-B\""), &["-b"]),
        (format!("email eq \"{name}-c@example.com\""), &["-c"]),
    ];
    find(trial, &expected).await
}

async fn starts_with(trial: &Trial) -> Result<(), Stop> {
    three(trial).await?;
    let name = trial.name();
    let expected: [(String, &[&str]); 2] = [
        (format!("username sw \"{name}\""), &["-a", "-b", "-c"]),
        (format!("name.family sw \"{name}-b\""), &["-b"]),
    ];
    find(trial, &expected).await
}

async fn joined(trial: &Trial) -> Result<(), Stop> {
    let population = three(trial).await?;
    let name = trial.name();
    let (a, b) = (
        format!("username eq \"{name}-a\""),
        format!("username eq \"{name}-b\""),
    );
    let here = format!("population.id eq \"{population}\"");
    let expected: [(String, &[&str]); 5] = [
        (format!("{a} or {b}"), &["-a", "-b"]),
        (format!("{a} and {b}"), &[]),
        (format!("(({a}) OR ({b})) AND ({here})"), &["-a", "-b"]),
        (format!("{a} or {b} and {here}"), &["-a", "-b"]),
        (format!("{a} and {here} or {b} and {here}"), &["-a", "-b"]),
    ];
    find(trial, &expected).await
}

async fn attributes(trial: &Trial) -> Result<(), Stop> {
    let population = three(trial).await?;
    let name = trial.name();
    let here = format!("population.id eq \"{population}\"");
    let expected: [(String, &[&str]); 4] = [
        (here.clone(), &["-a", "-b", "-c"]),
        (format!("name.family eq \"{name}-c\""), &["-c"]),
        (format!("{here} and enabled eq true"), &["-a", "-b", "-c"]),
        (format!("{here} and enabled eq false"), &[]),
    ];
    find(trial, &expected).await
}

async fn by_name(trial: &Trial) -> Result<(), Stop> {
    for collection in ["groups", "populations"] {
        let made = trial
            .make(collection, &json!({"name": trial.name()}))
            .await?;
        let (name, part) = (
            trial.name(),
            trial.name().trim_end_matches(char::is_alphanumeric),
        );
        let mut filters = vec![format!("name eq \"{name}\""), format!("name sw \"{name}\"")];
        filters.push(format!("id eq \"{}\"", made.id));
        filters.push(format!("name eq \"{part}\" or name eq \"{name}\""));
        for filter in filters {
            trial
                .eventually(async || {
                    let list = trial.ask(Method::GET, collection).query("filter", &filter);
                    let list = list.answered(200).await?;
                    let ids = items(&list, collection)?.iter().map(|item| &item["id"]);
                    let ids: Vec<_> = ids.collect();
                    ensure(ids == [made.id.as_str()], || {
                        format!(
                            "GET {collection}?filter={filter} should find {} alone",
                            made.id
                        )
                    })
                })
                .await?;
        }
    }
    Ok(())
}

async fn empty(trial: &Trial) -> Result<(), Stop> {
    let filter = format!("username eq \"{}\"", trial.name());
    let list = trial.ask(Method::GET, "users").query("filter", &filter);
    let list = list.answered(200).await?;
    ensure(items(&list, "users")?.is_empty(), || {
        "it holds somebody".to_owned()
    })?;
    is(&list, "/size", 0)?;
    is(&list, "/count", 0)
}

/// Has a filter of users refused, and gives the detail's `innerError`.
async fn refused(trial: &Trial, filter: &str) -> Result<serde_json::Map<String, Value>, Stop> {
    let ask = trial.ask(Method::GET, "users").query("filter", filter);
    let error = ask
        .refused_for("INVALID_REQUEST", "INVALID_FILTER", "filter")
        .await?;
    let detail = error.details.into_iter().next();
    Ok(detail.map(|detail| detail.inner_error).unwrap_or_default())
}

async fn unknown(trial: &Trial) -> Result<(), Stop> {
    let inner = refused(trial, "colour eq \"blue\"").await?;
    let supported = inner.get("supportedAttributes").and_then(Value::as_array);
    let has = |name: &str| supported.is_some_and(|names| names.contains(&json!(name)));
    ensure(has("username") && has("email"), || {
        "`innerError.supportedAttributes` should hold `username` and `email`".to_owned()
    })
}

async fn operators(trial: &Trial) -> Result<(), Stop> {
    for operator in ["ne", "gt", "le"] {
        refused(trial, &format!("username {operator} \"a\"")).await?;
    }
    Ok(())
}

async fn malformed(trial: &Trial) -> Result<(), Stop> {
    for filter in [
        "username eq",
        "(username eq \"a\"",
        "not (username eq \"a\")",
    ] {
        refused(trial, filter).await?;
    }
    Ok(())
}

async fn pages(trial: &Trial) -> Result<(), Stop> {
    three(trial).await?;
    let filter = format!("username sw \"{}\"", trial.name());
    let begins = [(filter.clone(), &["-a", "-b", "-c"] as &[&str])];
    find(trial, &begins).await?;
    let mut seen = Vec::new();
    let mut ask = trial
        .ask(Method::GET, "users")
        .query("filter", &filter)
        .query("limit", "1");
    for _ in 0..4 {
        let page = ask.answered(200).await?;
        let here = ends(trial, &page)?;
        ensure(here.len() <= 1, || {
            "a page holds more than `limit` says".to_owned()
        })?;
        is(&page, "/size", here.len())?;
        seen.extend(here);
        let Some(next) = page.pointer("/_links/next/href").and_then(Value::as_str) else {
            break;
        };
        ask = following(trial, next)?;
    }
    seen.sort();
    ensure(seen == ["-a", "-b", "-c"], || {
        format!("the pages should hold all three, once each, and hold {seen:?}")
    })
}

async fn limit(trial: &Trial) -> Result<(), Stop> {
    let ask = trial.ask(Method::GET, "users").query("limit", "0");
    let error = ask.refused(400, "INVALID_REQUEST").await?;
    let detail = error.details.first();
    let is_named = detail.is_some_and(|detail| {
        detail.code == "OUT_OF_RANGE" && detail.target.as_deref() == Some("limit")
    });
    let has = |name: &str| detail.is_some_and(|detail| detail.inner_error.contains_key(name));
    ensure(
        is_named && has("rangeMinimumValue") && has("rangeMaximumValue"),
        || format!("a detail OUT_OF_RANGE of `limit` should tell the bounds: {error}"),
    )
}

async fn cursor(trial: &Trial) -> Result<(), Stop> {
    let ask = trial.ask(Method::GET, "users").query("cursor", "nonsense");
    ask.refused(400, "INVALID_REQUEST").await?;
    Ok(())
}

/// A range of dates around something, by the environment's own clock.
fn around(made: &Made) -> Result<String, Stop> {
    let at = date(&made.body, "/createdAt")?;
    let (from, to) = (
        at - SignedDuration::from_mins(5),
        at + SignedDuration::from_mins(30),
    );
    Ok(format!(
        "recordedAt gt \"{from}\" and recordedAt lt \"{to}\""
    ))
}

/// Waits for an activity of this type about an object.
async fn activity(trial: &Trial, made: &Made, action: &str) -> Result<Value, Stop> {
    let filter = format!("{} and resources.id eq \"{}\"", around(made)?, made.id);
    trial
        .eventually(async || {
            let list = trial
                .ask(Method::GET, "activities")
                .query("filter", &filter);
            let list = list.query("limit", "100").answered(200).await?;
            let activities = items(&list, "activities")?;
            match activities
                .iter()
                .find(|one| one.pointer("/action/type").is_some_and(|is| is == action))
            {
                Some(activity) => Ok(activity.clone()),
                None => broken(format!(
                    "GET activities?filter={filter} should tell of {action} and does not"
                )),
            }
        })
        .await
}

async fn activities(trial: &Trial) -> Result<(), Stop> {
    let made = trial
        .make("populations", &json!({"name": trial.name()}))
        .await?;
    let activity = activity(trial, &made, "POPULATION.CREATED").await?;
    date(&activity, "/recordedAt")?;
    is(&activity, "/result/status", "SUCCESS")?;
    is(&activity, "/resources/0/type", "POPULATION")?;
    is(&activity, "/resources/0/id", made.id.as_str())?;
    is(&activity, "/resources/0/name", trial.name())?;
    is(&activity, "/actors/client/type", "CLIENT")?;
    member(&activity, "/actors/client/id")?;
    let id = text(&activity, "/id")?;
    is(&trial.get(&format!("activities/{id}")).await?, "/id", id)
}

async fn deletion(trial: &Trial) -> Result<(), Stop> {
    let made = trial.make("groups", &json!({"name": trial.name()})).await?;
    trial.delete(&made.at).await?;
    let activity = activity(trial, &made, "GROUP.DELETED").await?;
    is(&activity, "/resources/0/id", made.id)
}

async fn range(trial: &Trial) -> Result<(), Stop> {
    trial
        .ask(Method::GET, "activities")
        .refused(400, "INVALID_REQUEST")
        .await?;
    Ok(())
}

async fn in_a_body(trial: &Trial) -> Result<(), Stop> {
    let made = trial
        .make("populations", &json!({"name": trial.name()}))
        .await?;
    let filter = format!("{} and resources.id eq \"{}\"", around(&made)?, made.id);
    trial
        .eventually(async || {
            let ask = trial
                .ask(Method::POST, "activities")
                .json(&json!({"filter": filter}));
            let list = ask.answered(200).await?;
            let first = items(&list, "activities")?
                .first()
                .cloned()
                .unwrap_or_default();
            is(&first, "/resources/0/id", made.id.as_str())
        })
        .await
}
