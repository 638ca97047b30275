//! Every collection of the API, walked by its document: of many that make the same at once one wins,
//! and pages show whoever is there throughout.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use serde_json::Value;

use crate::management::id;
use crate::management_foreign_ids::Things;
use crate::management_kinds::{Sending, Walk};
use crate::world::{Answer, World};

/// What names of things that are made begin with.
const NAMED: &str = "Thing";

/// A collection in which something can be made.
struct Collection {
    sending: Sending,
    path: String,
    /// A body that made something there, with names to be replaced.
    body: String,
}

impl Collection {
    fn body(&self, name: &str) -> String {
        self.body.replace(NAMED, name)
    }

    async fn make(&self, walk: &Walk<'_>, name: &str) -> Answer {
        walk.send(&self.sending, &self.path, self.body(name)).await
    }

    /// Whether its body makes something, be it when what is there has gone.
    async fn can_be_made(&self, walk: &Walk<'_>) -> bool {
        for is_cleared in [false, true] {
            let answer = self.make(walk, "Probe").await;
            if answer.status == StatusCode::CREATED && answer.json()["id"].is_string() {
                let made = format!("{}/{}", self.path, id(&answer.json()));
                walk.api.delete(&made).await;
                return true;
            }
            if is_cleared || self.body.contains(NAMED) {
                return false;
            }
            let page = walk.api.get(&self.path).await;
            if page.status != StatusCode::OK {
                return false;
            }
            let page = page.json();
            let lists = page["_embedded"].as_object().into_iter().flatten();
            let items = lists.filter_map(|(_, items)| items.as_array()).flatten();
            for item in items.filter(|item| item["id"].is_string()) {
                let item = format!("{}/{}", self.path, id(item));
                walk.api.delete(&item).await;
            }
        }
        false
    }
}

/// Whether a path leads to a collection, and something can be made there.
fn makes(walk: &Walk<'_>, path: &str, method: &Method, operation: &Value) -> bool {
    let items = format!("{path}/{{");
    let mut paths = walk.document["paths"].as_object().unwrap().keys();
    let is_collection = paths.any(|one| one.starts_with(&items) && one.ends_with('}'));
    let content = operation["requestBody"]["content"].as_object();
    let is_plain = content.is_none_or(|content| content.contains_key("application/json"));
    method == Method::POST && is_collection && is_plain
}

/// Every collection in which something can be made, by a body that the document alone tells or by
/// one that made something before; and the paths of the others.
async fn collections(walk: &Walk<'_>, things: &Things<'_>) -> (Vec<Collection>, BTreeSet<String>) {
    let (mut collections, mut others) = (Vec::new(), BTreeSet::new());
    let sent = things.api.sent.lock().unwrap().clone();
    for (path, method, operation) in walk.operations() {
        if !makes(walk, &path, &method, &operation) {
            continue;
        }
        let media = "application/json".to_owned();
        let schema = walk.whole(&operation["requestBody"]["content"][&media]["schema"]);
        let mut bodies = Vec::new();
        if let Some(concrete) = things.paths(&path).await.pop() {
            bodies.push((concrete, walk.sample("", &schema, NAMED).to_string()));
        }
        let made = sent.iter().rev().filter(|sent| sent.method == method);
        let made = made.map(|sent| (things.api.path(&sent.path), sent.body.clone()));
        bodies.extend(made.filter(|(concrete, _)| is_of(concrete, &path)));
        let mut found = None;
        for (concrete, body) in bodies {
            let collection = Collection {
                sending: Sending {
                    method: method.clone(),
                    path: path.clone(),
                    media: media.clone(),
                    schema: schema.clone(),
                },
                path: concrete,
                body,
            };
            if collection.can_be_made(walk).await {
                found = Some(collection);
                break;
            }
        }
        match found {
            Some(collection) => collections.push(collection),
            None => drop(others.insert(path)),
        }
    }
    (collections, others)
}

/// Whether a path is what another one with names in braces stands for.
fn is_of(concrete: &str, path: &str) -> bool {
    let concrete = concrete.trim_start_matches("/v1");
    let (mut ids, mut names) = (concrete.split('/'), path.split('/'));
    concrete.matches('/').count() == path.matches('/').count()
        && ids.all(|id| {
            names
                .next()
                .is_some_and(|name| name.starts_with('{') || name == id)
        })
}

/// Where nothing is made.
const NOT_MADE_AT_ONCE: [&str; 3] = [
    // It asks for what is there.
    "/environments/{environment}/activities",
    // There are no flow policies.
    "/environments/{environment}/applications/{application}/flowPolicyAssignments",
    // All languages are there; what is made of one is answered with 200.
    "/environments/{environment}/languages",
];

/// Whether many are made at once or one after another, one of those that must be unique is there.
async fn of_many_that_make_the_same_at_once_one_wins(world: World) {
    let walk = Walk::new(&world).await;
    let things = Things::new(walk.api.clone());
    things.fill(&walk).await;
    let (collections, others) = collections(&walk, &things).await;
    let (mut unique, mut wrong) = (Vec::new(), Vec::<String>::new());
    for collection in collections {
        let path = &collection.path;
        let mut made = Vec::new();
        let first = collection.make(&walk, "First").await;
        let again = collection.make(&walk, "First").await;
        for answer in [&first, &again] {
            if answer.status == StatusCode::CREATED {
                made.push(format!("{path}/{}", id(&answer.json())));
            }
        }
        let is_unique = made.len() == 1;
        // An environment goes a little later than it is deleted.
        let goes_later = path.ends_with("/environments");
        let mut name = if goes_later { "Second" } else { "First" };
        for made in made {
            if walk.api.delete(&made).await.status != StatusCode::NO_CONTENT {
                name = "Second";
            }
        }
        let send = || collection.make(&walk, name);
        let (one, two, three, four) = tokio::join!(send(), send(), send(), send());
        let answers = [one, two, three, four].map(|answer| answer.status);
        let count = |status| answers.iter().filter(|one| **one == status).count();
        let outcome = (count(StatusCode::CREATED), count(StatusCode::BAD_REQUEST));
        let expected = if is_unique { (1, 3) } else { (4, 0) };
        if outcome != expected {
            wrong.push(format!("{path}: {answers:?}, {:.300}", again.body));
        }
        if is_unique {
            unique.push(collection.sending.path.clone());
        }
    }
    let known = NOT_MADE_AT_ONCE.map(str::to_owned).into();
    assert_eq!((wrong, others), (Vec::new(), known), "{unique:?}");
    assert!(unique.len() >= 20, "{unique:?}");
}

/// The pages that this walk cannot fill.
const NOT_PAGED: [&str; 13] = [
    // `management_audit` pages what is done.
    "/environments/{environment}/activities",
    // What is made there is told apart by a language or an instant, and not by a name.
    "/environments/{environment}/agreements/{agreement}/languages",
    "/environments/{environment}/agreements/{agreement}/languages/{language}/revisions",
    "/environments/{environment}/languages",
    "/environments/{environment}/translations/{locale}",
    // By the id of something else.
    "/environments/{environment}/applications/{application}/signOnPolicyAssignments",
    "/environments/{environment}/groups/{group}/memberOfGroups",
    "/environments/{environment}/users/{user}/memberOfGroups",
    // By an address.
    "/environments/{environment}/rateLimitIpConfigs",
    // By a scope's claim, of which there are a few.
    "/environments/{environment}/resources/{resource}/attributes",
    // They are uploaded; `management_keys` does.
    "/environments/{environment}/certificates",
    // There is one.
    "/environments/{environment}/schemas",
    // They begin with somebody who signs on.
    "/environments/{environment}/users/{user}/linkedAccounts",
];

/// While others come and go between two pages, whoever is there throughout is on one page, once.
async fn pages_show_whoever_is_there_throughout_exactly_once(world: World) {
    let walk = Walk::new(&world).await;
    let things = Things::new(walk.api.clone());
    things.fill(&walk).await;
    let (collections, _) = collections(&walk, &things).await;
    let mut others: BTreeSet<_> = walk
        .operations()
        .into_iter()
        .filter(|(_, method, operation)| {
            let parameters = operation["parameters"].to_string();
            *method == Method::GET && parameters.contains("cursor")
        })
        .map(|(path, _, _)| path)
        .collect();
    for collection in collections {
        let is_paged = others.contains(&collection.sending.path);
        if is_paged && pages_of(&walk, &collection).await {
            others.remove(&collection.sending.path);
        }
    }
    assert_eq!(others, NOT_PAGED.map(str::to_owned).into());
}

/// Reads the pages of a collection while others come and go; `false` where no second of a kind can
/// be made.
async fn pages_of(walk: &Walk<'_>, collection: &Collection) -> bool {
    let path = &collection.path;
    let mut stay = BTreeSet::new();
    let mut go = Vec::new();
    for number in 0..9 {
        let made = collection.make(walk, &format!("n{number}x")).await;
        if made.status != StatusCode::CREATED {
            return false;
        }
        let made = id(&made.json());
        if number % 3 == 1 {
            go.push(made);
        } else {
            stay.insert(made);
        }
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut next = Some(format!("{path}?limit=3"));
    let mut number = 9;
    while let Some(url) = next {
        let page = walk.api.get(&url).await.expect(StatusCode::OK).json();
        let lists = page["_embedded"].as_object().unwrap();
        let items = lists.values().next().unwrap().as_array().unwrap();
        for item in items {
            *seen.entry(id(item)).or_default() += 1;
        }
        next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
        collection.make(walk, &format!("n{number}x")).await;
        number += 1;
        if let Some(id) = go.pop() {
            let gone = walk.api.delete(&format!("{path}/{id}")).await;
            // Some of what is made stays.
            let is_gone = gone.status == StatusCode::NO_CONTENT;
            assert!(is_gone || gone.status == StatusCode::METHOD_NOT_ALLOWED);
        }
        assert!(number < 200, "{path} has no last page");
    }
    for id in &stay {
        assert_eq!(seen.get(id), Some(&1), "{path}: {id} of {seen:?}");
    }
    assert!(seen.values().all(|times| *times == 1), "{path}: {seen:?}");
    true
}

on_each_engine! {
    |_| {};
    of_many_that_make_the_same_at_once_one_wins
    pages_show_whoever_is_there_throughout_exactly_once
}
