//! Groups, their members, and groups in groups.

use pingone::Method;
use serde_json::json;

use super::compare::{is, items};
use super::samples::{make_group, make_population, make_user, user_in};
use super::stop::{Stop, broken, ensure};
use super::trial::Trial;
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row!("groups: a member is found by the filter `memberOfGroups`" => found),
    row!("groups: a member is told the groups' ids and names where it asks" => told),
    row!("groups: a member of an inner group is an indirect one of the outer" => nested),
    row!("groups: a group cannot be in itself" => circle),
    row!("groups: a membership that ends is gone on both sides" => ends),
    row!("groups: one of a population takes no user of another" => population),
    row!("groups: members are counted where it is asked for" => counted),
];

/// A group, and the path of a user who is in it.
async fn group_and_member(trial: &Trial) -> Result<(String, String), Stop> {
    let group = make_group(trial, "outer").await?;
    let user = make_user(trial).await?;
    trial
        .make(&format!("{user}/memberOfGroups"), &json!({"id": group}))
        .await?;
    Ok((group, user))
}

async fn members(trial: &Trial, filter: &str) -> Result<Vec<String>, Stop> {
    let found = trial.ask(Method::GET, "users").query("filter", filter);
    let found = found.answered(200).await?;
    let names = items(&found, "users")?.iter();
    let names = names.filter_map(|user| user["username"].as_str());
    Ok(names.map(str::to_owned).collect())
}

async fn found(trial: &Trial) -> Result<(), Stop> {
    let (group, _) = group_and_member(trial).await?;
    let name = trial.name();
    for filter in [
        format!("memberOfGroups[id eq \"{group}\"]"),
        format!("memberOfGroups.id eq \"{group}\""),
        format!("username eq \"{name}\" and memberOfGroups[id eq \"{group}\"]"),
    ] {
        trial
            .eventually(async || {
                let found = members(trial, &filter).await?;
                ensure(found == [name], || {
                    format!(
                        "GET users?filter={filter} should hold {name} alone and holds {found:?}"
                    )
                })
            })
            .await?;
    }
    let empty = make_group(trial, "empty").await?;
    let found = members(trial, &format!("memberOfGroups[id eq \"{empty}\"]")).await?;
    ensure(found.is_empty(), || {
        format!("a new group has the members {found:?}")
    })
}

async fn told(trial: &Trial) -> Result<(), Stop> {
    let (group, user) = group_and_member(trial).await?;
    let ask = trial.ask(Method::GET, &user);
    let answer = ask
        .query("include", "memberOfGroupIDs,memberOfGroupNames")
        .answered(200)
        .await?;
    is(&answer, "/memberOfGroupIDs", json!([group]))?;
    is(
        &answer,
        "/memberOfGroupNames",
        json!([format!("{} outer", trial.name())]),
    )?;
    let plain = trial.get(&user).await?;
    ensure(plain.get("memberOfGroupIDs").is_none(), || {
        "`memberOfGroupIDs` should be there only where it is asked for".to_owned()
    })?;
    let at = format!("{user}/memberOfGroups");
    let list = trial
        .ask(Method::GET, &at)
        .query("expand", "group")
        .answered(200)
        .await?;
    let first = items(&list, "groupMemberships")?.first().cloned();
    is(&first.unwrap_or_default(), "/_embedded/group/id", group)
}

async fn nested(trial: &Trial) -> Result<(), Stop> {
    let (inner, user) = group_and_member(trial).await?;
    let outer = make_group(trial, "around it").await?;
    let nesting = format!("groups/{inner}/memberOfGroups");
    is(
        &trial.make(&nesting, &json!({"id": outer})).await?.body,
        "/type",
        "DIRECT",
    )?;
    trial
        .eventually(async || {
            let list = trial.get(&format!("{user}/memberOfGroups")).await?;
            let memberships = items(&list, "groupMemberships")?;
            let of = |id: &str| {
                let found = memberships.iter().find(|one| one["id"] == id);
                found
                    .and_then(|one| one["type"].as_str())
                    .unwrap_or("none")
                    .to_owned()
            };
            let (direct, indirect) = (of(&inner), of(&outer));
            ensure(direct == "DIRECT" && indirect == "INDIRECT", || {
                format!(
                    "the memberships should be DIRECT and INDIRECT and are {direct} and {indirect}"
                )
            })
        })
        .await
}

async fn circle(trial: &Trial) -> Result<(), Stop> {
    let group = make_group(trial, "alone").await?;
    let at = format!("groups/{group}/memberOfGroups");
    let ask = trial.create(&at, &json!({"id": group}));
    ask.refused(400, "REQUEST_FAILED").await?;
    let list = trial.get(&at).await?;
    let memberships = items(&list, "groupMemberships")?;
    ensure(memberships.is_empty(), || {
        "the group is in itself all the same".to_owned()
    })
}

async fn ends(trial: &Trial) -> Result<(), Stop> {
    let (group, user) = group_and_member(trial).await?;
    let at = format!("{user}/memberOfGroups/{group}");
    is(&trial.get(&at).await?, "/type", "DIRECT")?;
    trial.delete(&at).await?;
    trial.is_missing(&at).await?;
    trial
        .eventually(async || {
            let found = members(trial, &format!("memberOfGroups[id eq \"{group}\"]")).await?;
            ensure(found.is_empty(), || {
                format!("the group still has the members {found:?}")
            })
        })
        .await
}

async fn population(trial: &Trial) -> Result<(), Stop> {
    let population = make_population(trial).await?;
    let name = format!("{} crew", trial.name());
    let body = json!({"name": name, "population": {"id": population}});
    let group = trial.make("groups", &body).await?;
    is(&group.body, "/population/id", population)?;
    let other = format!("{} another", trial.name());
    let other = trial.make("populations", &json!({"name": other})).await?.id;
    let user = trial.make("users", &user_in(&other, trial.name())).await?;
    let memberships = format!("{}/memberOfGroups", user.at);
    let ask = trial.create(&memberships, &json!({"id": group.id}));
    let told = ask.told();
    if ask.answered(201).await.is_ok() {
        return broken(format!("{told} should be refused"));
    }
    let list = trial.get(&memberships).await?;
    ensure(items(&list, "groupMemberships")?.is_empty(), || {
        "the user is a member all the same".to_owned()
    })
}

async fn counted(trial: &Trial) -> Result<(), Stop> {
    let (group, _) = group_and_member(trial).await?;
    trial
        .eventually(async || {
            let ask = trial.ask(Method::GET, &format!("groups/{group}"));
            let answer = ask
                .query("include", "totalMemberCounts")
                .answered(200)
                .await?;
            is(&answer, "/totalMemberCounts/users", 1)?;
            is(&answer, "/directMemberCounts/users", 1)
        })
        .await
}
