//! What lists, filters and pages need of a large environment, each beside what it needs of one that
//! is a hundred times smaller.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::load::Request;
use super::report::{Limit, Report};
use super::requests::Target;
use super::{kernel, load};

/// How many users, groups and applications there are at last; a hundredth of them at first.
const USERS: u32 = 100_000;
const GROUPS: u32 = 10_000;
const APPLICATIONS: u32 = 1_000;
const SMALLER: u32 = 100;

/// A request may cost so many times what it costs of the smaller environment.
const TIMES: f64 = 2.0;

const WARM_UP: Duration = Duration::from_millis(300);
const TIME: Duration = Duration::from_secs(1);

/// What is asked, each behind the name of its row.
const ASKED: [(&str, &str); 16] = [
    ("a page of users", "users?limit=10"),
    (
        "users by `username eq`",
        "users?filter=username%20eq%20%22person-7%22",
    ),
    (
        "users by `username sw`",
        "users?limit=10&filter=username%20sw%20%22person-7%22",
    ),
    (
        "users by `email eq`",
        "users?filter=email%20eq%20%22person-7@example.com%22",
    ),
    (
        "users by `name.family eq`",
        "users?filter=name.family%20eq%20%22Lovelace%207%22",
    ),
    (
        "users by `enabled eq`",
        "users?limit=10&filter=enabled%20eq%20true",
    ),
    (
        "users by `population.id eq`",
        "users?limit=10&filter=population.id%20eq%20%22{population}%22",
    ),
    ("a later page of users", "{later}"),
    ("groups of a user", "users/{user}/memberOfGroups?limit=10"),
    ("a page of groups", "groups?limit=10"),
    (
        "groups by `name eq`",
        "groups?filter=name%20eq%20%22group-7%22",
    ),
    (
        "groups by `name sw`",
        "groups?limit=10&filter=name%20sw%20%22group-7%22",
    ),
    // One group alone begins so, among however many.
    (
        "groups by a rare `name sw`",
        "groups?limit=10&filter=name%20sw%20%22group-0%22",
    ),
    ("a page of applications", "applications?limit=10"),
    ("populations", "populations"),
    (
        "a page of activities",
        "activities?limit=10&filter=recordedAt%20ge%20%222020-01-01T00:00:00Z%22",
    ),
];

/// Measures every row, on a system of its own.
pub(super) fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let name = |what: &str| format!("large: {what}");
    let wanted = ASKED.iter().filter(|(what, _)| report.wants(&name(what)));
    let wanted: Vec<_> = wanted.copied().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let target = Target::start(program)?;
    let large = Large {
        bearer: target.bearer()?,
        environment: target.environment()?,
        target,
    };
    large.fill(0, 1)?;
    let few = large.costs(&wanted)?;
    large.fill(1, SMALLER)?;
    let many = large.costs(&wanted)?;
    for (((what, _), few), many) in wanted.iter().zip(few).zip(many) {
        let limit = Limit {
            what: "of a hundredth",
            figure: few,
        };
        report.at_most_times(&name(what), many, &limit, TIMES, "µs");
    }
    Ok(())
}

/// An environment that grows.
struct Large {
    target: Target,
    bearer: String,
    environment: String,
}

impl Large {
    fn get(&self, path: &str) -> Request {
        let path = format!("{}/{path}", self.environment);
        Request::get(&self.target.host, &path, std::slice::from_ref(&self.bearer))
    }

    /// Makes what there is between two sizes, in hundredths.
    fn fill(&self, from: u32, to: u32) -> anyhow::Result<()> {
        let part = |all: u32| (all / SMALLER * from, all / SMALLER * to);
        self.make("users", part(USERS), |number| {
            format!(
                "{{\"username\":\"person-{number}\",\"email\":\"person-{number}@example.com\",\
                 \"name\":{{\"given\":\"Ada\",\"family\":\"Lovelace {number}\"}}}}"
            )
        })?;
        self.make("groups", part(GROUPS), |number| {
            format!("{{\"name\":\"group-{number}\"}}")
        })?;
        self.make("applications", part(APPLICATIONS), |number| {
            format!(
                "{{\"name\":\"application-{number}\",\"enabled\":true,\"type\":\"WEB_APP\",\
                 \"protocol\":\"OPENID_CONNECT\",\"grantTypes\":[\"AUTHORIZATION_CODE\"],\
                 \"responseTypes\":[\"CODE\"],\"redirectUris\":[\"https://app.example/\"],\
                 \"tokenEndpointAuthMethod\":\"CLIENT_SECRET_BASIC\"}}"
            )
        })
    }

    fn make(
        &self,
        collection: &str,
        (from, to): (u32, u32),
        body: impl Fn(u32) -> String + Send + Sync + 'static,
    ) -> anyhow::Result<()> {
        let host = self.target.host.clone();
        let path = format!("{}/{collection}", self.environment);
        let headers = [
            self.bearer.clone(),
            "content-type: application/json".to_owned(),
        ];
        let request = move |number: u32| {
            let body = body(from + number);
            Request::post(&host, &path, &headers, &body).answered_by(201)
        };
        load::each(self.target.port, to - from, request)?;
        Ok(())
    }

    /// Microseconds of CPU for each of these requests.
    fn costs(&self, asked: &[(&str, &str)]) -> anyhow::Result<Vec<f64>> {
        let port = self.target.port;
        let user = load::once(
            port,
            &self.get("users?filter=username%20eq%20%22person-7%22"),
        )?;
        let user = behind(&user, "\"id\":\"")?;
        let population = load::once(port, &self.get("populations?limit=1"))?;
        let population = behind(&population, "\"populations\":[{")
            .and_then(|_| behind(&population, "/populations/"))?;
        let later = load::once(port, &self.get("users?limit=10"))?;
        let later = format!(
            "users?{}",
            behind(&later, "users?cursor=").map(|rest| format!("cursor={rest}"))?
        );
        let mut costs = Vec::new();
        for (what, path) in asked {
            let path = path
                .replace("{user}", user)
                .replace("{population}", population)
                .replace("{later}", &later);
            let cost = self.cost(&self.get(&path));
            costs.push(cost.with_context(|| format!("{what} ({path})"))?);
        }
        Ok(costs)
    }

    fn cost(&self, request: &Request) -> anyhow::Result<f64> {
        let Target { port, process, .. } = self.target;
        load::run(port, request, WARM_UP)?;
        let before = kernel::cpu_of(process)?;
        let answered = load::run(port, request, TIME)?;
        let used = kernel::cpu_of(process)?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e6 / f64::from(answered))
    }
}

/// The text behind another one, up to the next quotation mark.
fn behind<'a>(text: &'a str, before: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = text
        .split_once(before)
        .with_context(|| format!("no `{before}` in {text:.300}"))?;
    Ok(rest.split(['"', '/', '?']).next().unwrap_or_default())
}
