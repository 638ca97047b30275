//! What becomes of whatever names something that is deleted, for every member of every body that
//! takes an id.

use std::collections::BTreeMap;

use http::StatusCode;

use crate::makers::Outcome::{Forgotten, Goes, Named, Stays};
use crate::makers::{Maker, NAMES_NOTHING, Outcome, Pair, made, members};
use crate::management::Api;
use crate::world::World;

/// What is wrong with the deletion of what is named, if anything.
async fn fault(api: &Api<'_>, outcome: Outcome, pair: &Pair) -> Option<String> {
    let Pair { named, naming, id } = pair;
    let before = (api.get(named).await, api.get(naming).await);
    if before.0.status != StatusCode::OK || !before.1.body.contains(id.as_str()) {
        return Some(format!("not named: {} {}", before.0.body, before.1.body));
    }
    let answer = api.delete(named).await;
    let after = (api.get(named).await, api.get(naming).await);
    let holds = match outcome {
        Stays => {
            answer.status == StatusCode::BAD_REQUEST
                && answer.json()["details"][0]["code"] == "CONSTRAINT_VIOLATION"
                && after.0.body == before.0.body
                && after.1.body == before.1.body
        }
        Forgotten => {
            answer.status == StatusCode::NO_CONTENT
                && after.0.status == StatusCode::NOT_FOUND
                && after.1.status == StatusCode::OK
                && !after.1.body.contains(id.as_str())
        }
        Named => {
            answer.status == StatusCode::NO_CONTENT
                && after.0.status == StatusCode::NOT_FOUND
                && after.1.body == before.1.body
        }
        Goes => {
            answer.status == StatusCode::NO_CONTENT
                && after.0.status == StatusCode::NOT_FOUND
                && after.1.status == StatusCode::NOT_FOUND
        }
    };
    (!holds).then(|| {
        let (status, body) = (answer.status, answer.body);
        format!(
            "{status} {body:.300}; then {} {:.600}",
            after.1.status, after.1.body
        )
    })
}

#[tokio::test]
async fn whatever_is_named_stays_or_is_named_no_longer_once_it_is_deleted() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made_by = Maker::new(&api);
    let (mut wrong, mut walked) = (Vec::new(), BTreeMap::new());
    for (at, member) in members() {
        if NAMES_NOTHING.contains(&(at.as_str(), member.as_str())) {
            continue;
        }
        match Box::pin(made(&made_by, &at, &member)).await {
            Some((outcome, pair)) => {
                let refused = made_by.refused.take();
                if !refused.is_empty() {
                    wrong.push(format!("{at} {member}: {}", refused.join("\n")));
                } else if let Some(fault) = fault(&api, outcome, &pair).await {
                    wrong.push(format!("{at} {member} ({outcome:?}): {fault}"));
                }
                *walked.entry(format!("{outcome:?}")).or_insert(0) += 1;
            }
            None => wrong.push(format!("{at} {member}: is not walked")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(walked.values().sum::<usize>() >= 60, "{walked:?}");
}
