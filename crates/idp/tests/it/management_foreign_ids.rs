//! Ids of another environment and of another parent, of every kind: on every route and in every
//! member of a body that takes one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use protocol::id::EnvironmentId;
use serde_json::{Value, json};

use crate::makers::{Maker, NAMES_NOTHING, made, members};
use crate::management::{Api, id};
use crate::management_kinds::{NOTHING, Walk};
use crate::world::{Answer, World};

/// How many of one kind are looked at.
const MOST: usize = 60;

/// What there is in an environment.
pub(crate) struct Things<'a> {
    pub(crate) api: Api<'a>,
    lists: RefCell<BTreeMap<String, Vec<String>>>,
    /// What was made, some of which is on no list.
    made: RefCell<BTreeMap<String, Vec<String>>>,
}

impl<'a> Things<'a> {
    pub(crate) fn new(api: Api<'a>) -> Self {
        Self {
            api,
            lists: RefCell::default(),
            made: RefCell::default(),
        }
    }

    /// The ids of what is in a collection.
    pub(crate) async fn ids(&self, collection: &str) -> Vec<String> {
        if let Some(ids) = self.lists.borrow().get(collection) {
            return ids.clone();
        }
        let all = if collection.ends_with("/activities") {
            "?filter=recordedAt%20ge%20%222026-01-01T00:00:00Z%22"
        } else {
            ""
        };
        let answer = self.api.get(&format!("{collection}{all}")).await;
        let page = if answer.status == StatusCode::OK {
            answer.json()
        } else {
            Value::Null
        };
        let lists = page["_embedded"].as_object();
        let items = lists.into_iter().flat_map(|lists| lists.values());
        let items = items.filter_map(Value::as_array).flatten();
        let id = |item: &Value| item["id"].as_str().map(str::to_owned);
        let mut ids: Vec<_> = items.filter_map(id).collect();
        for made in self.made.borrow().get(collection).into_iter().flatten() {
            if !ids.contains(made) {
                ids.push(made.clone());
            }
        }
        let mut lists = self.lists.borrow_mut();
        lists.insert(collection.to_owned(), ids.clone());
        ids
    }

    /// The paths of what is there, as a path of the document has them.
    pub(crate) async fn paths(&self, path: &str) -> Vec<String> {
        let mut paths = vec!["/v1".to_owned()];
        for segment in path.split('/').skip(1) {
            let mut longer = Vec::new();
            for path in paths {
                let ids = match segment {
                    "{environment}" => vec![self.api.environment.to_string()],
                    name if name.starts_with('{') => self.ids(&path).await,
                    text => vec![text.to_owned()],
                };
                longer.extend(ids.iter().map(|id| format!("{path}/{id}")));
            }
            longer.truncate(MOST);
            paths = longer;
        }
        paths
    }

    /// Keeps in mind that something was made.
    fn note(&self, path: &str) {
        let path = self.api.path(path);
        if let Some((collection, id)) = path.rsplit_once('/')
            && uuid::Uuid::parse_str(id).is_ok()
        {
            let mut made = self.made.borrow_mut();
            let of = made.entry(collection.to_owned()).or_default();
            of.push(id.to_owned());
        }
    }

    /// Makes something of every kind that can be made.
    pub(crate) async fn fill(&self, walk: &Walk<'_>) {
        let maker = Maker::new(&self.api);
        for (at, member) in members() {
            if !NAMES_NOTHING.contains(&(at.as_str(), member.as_str()))
                && let Some((_, pair)) = Box::pin(made(&maker, &at, &member)).await
            {
                self.note(&pair.named);
                self.note(&pair.naming);
            }
        }
        for made in more(&maker).await {
            self.note(&made);
        }
        // What the document alone tells how to make, whatever it lies in.
        for sending in walk.sendings() {
            if sending.method != Method::POST || sending.path.ends_with('}') {
                continue;
            }
            let is_of_environment = sending.path.starts_with("/environments/{environment}/");
            let Some(path) = self.paths(&sending.path).await.pop() else {
                continue;
            };
            if is_of_environment && self.ids(&path).await.is_empty() {
                let body = walk.sample("", &sending.schema, "alone").to_string();
                let media = [sending.media.as_str()];
                self.api.send(Method::POST, &path, &media, body).await;
                self.lists.borrow_mut().clear();
            }
        }
        self.lists.borrow_mut().clear();
    }
}

/// What neither names anything nor can be made as the document alone tells. Gives the paths of what
/// is on no list.
async fn more(maker: &Maker<'_>) -> Vec<String> {
    let (worker, _) = maker.application().await;
    let scope = json!({"id": maker.api.environment, "type": "ENVIRONMENT"});
    let role = json!({"id": maker.api.role("Identity Data Admin").await});
    let assignment = json!({"role": role, "scope": scope});
    let (_, population) = maker.population().await;
    let (gateway, _) = maker.gateway(&population).await;
    maker
        .thing(&format!("{gateway}/credentials"), json!({}))
        .await;
    for holder in [&gateway, &maker.group().await.0, &maker.user().await.0] {
        let path = format!("{holder}/roleAssignments");
        maker.thing(&path, assignment.clone()).await;
    }
    let domain = json!({"domainName": "things.example"});
    let (domain, _) = maker.thing("emailDomains", domain).await;
    let store = json!({"type": "scim", "configuration": {}});
    let (_, store_id) = maker.named("propagation/stores", store).await;
    let (_, plan) = maker.named("propagation/plans", json!({})).await;
    let rule = json!({"plan": {"id": plan}, "sourceStore": {"id": store_id},
        "targetStore": {"id": store_id}});
    let (rule, _) = maker.named("propagation/rules", rule).await;
    let schemas = maker.api.get("schemas").await.json();
    let schema = id(&schemas["_embedded"]["schemas"][0]);
    let (agreement, _) = maker.named("agreements", json!({"enabled": false})).await;
    let mapping = json!({"sourceAttribute": "email", "targetAttribute": "Thing"});
    let (_, mapping) = maker.thing(&format!("{rule}/mappings"), mapping).await;
    for (path, body) in [
        (
            format!("{worker}/pushCredentials"),
            json!({"type": "APNS", "teamId": "A1", "key": "k", "token": "t"}),
        ),
        (
            format!("{domain}/trustedEmails"),
            json!({"emailAddress": "Thing@things.example"}),
        ),
        (
            format!("{agreement}/languages"),
            json!({"displayName": "Svenska", "locale": "sv", "enabled": false}),
        ),
        (
            "rateLimitIpConfigs".to_owned(),
            json!({"type": "WHITELIST", "value": "192.0.2.0/28"}),
        ),
        (
            "notificationsSettings/phoneDeliverySettings".to_owned(),
            json!({
                "provider": "CUSTOM_PROVIDER", "name": "Thing",
                "authentication": {"method": "BEARER", "authToken": "a token"},
                "requests": [{
                    "deliveryMethod": "SMS", "method": "GET",
                    "url": "https://sms.example/send?to=${to}&message=${message}",
                }],
            }),
        ),
        (
            "keyRotationPolicies".to_owned(),
            json!({
                "name": "Thing", "algorithm": "EC", "keyLength": 256, "usageType": "SIGNING",
                "signatureAlgorithm": "SHA256withECDSA", "dn": "CN=Thing, C=US",
            }),
        ),
        ("languages".to_owned(), json!({"locale": "sv-FI"})),
        (
            format!("schemas/{schema}/attributes"),
            json!({"name": "aThing", "type": "STRING", "enabled": true}),
        ),
        (
            "templates/strong_authentication/contents".to_owned(),
            json!({"deliveryMethod": "SMS", "locale": "en", "content": "It is ${otp}.",
                "variant": "Thing"}),
        ),
        ("voicePhrases".to_owned(), json!({"displayName": "A Thing"})),
        ("voicePhrases".to_owned(), json!({"displayName": "B Thing"})),
    ] {
        maker.thing(&path, body).await;
    }
    ["mapping", "mappings"]
        .map(|collection| format!("propagation/{collection}/{mapping}"))
        .into()
}

/// A second environment with what every new one begins with.
async fn second(world: &World) -> EnvironmentId {
    let body = json!({"name": "Second", "type": "SANDBOX", "region": "NA"});
    let api = Api::worker(world).await;
    let made = api.make("/v1/environments", &body).await;
    EnvironmentId::parse(&id(&made)).unwrap()
}

/// What was looked at, and what is wrong with it.
#[derive(Default)]
struct Looks {
    wrong: Vec<String>,
}

impl Looks {
    /// Calls an operation that must find nothing.
    async fn look(
        &mut self,
        walk: &Walk<'_>,
        (path, method, operation): &(String, Method, Value),
        concrete: &str,
    ) {
        for (media, body) in bodies(walk, operation) {
            let answer = walk
                .api
                .send(method.clone(), concrete, &[&media], body)
                .await;
            if answer.status != StatusCode::NOT_FOUND {
                let Answer { status, body, .. } = answer;
                let told = format!("{method} {path} ({media}): {status} {body:.200}");
                self.wrong.push(told);
            }
        }
    }
}

/// What an operation can be sent.
fn bodies(walk: &Walk<'_>, operation: &Value) -> Vec<(String, String)> {
    let content = operation["requestBody"]["content"].as_object();
    let body = |(media, body): (&String, &Value)| {
        if media.contains("json") {
            let body = walk.sample("", &body["schema"], "other");
            (media.clone(), body.to_string())
        } else {
            (format!("{media}; boundary=x"), "--x--\r\n".to_owned())
        }
    };
    let bodies: Vec<_> = content.into_iter().flatten().map(body).collect();
    if bodies.is_empty() {
        vec![("application/json".to_owned(), String::new())]
    } else {
        bodies
    }
}

/// Whether an id of a path is one of the environment's: roles that are built in are those of every
/// environment, locales and kinds of stores those of the world, and templates go by names.
fn is_of_the_environment(path: &str) -> bool {
    path.starts_with("/environments/{environment}/")
        && path.matches('{').count() >= 2
        && ![
            "{locale}",
            "roles/{role}",
            "templates/{template}",
            "{storeType}",
        ]
        .iter()
        .any(|one| path.contains(one))
}

/// A path up to its last id, and what is behind that.
fn around_the_last_id(path: &str) -> (&str, &str) {
    let (above, rest) = path.rsplit_once("/{").unwrap();
    let (_, behind) = rest.split_once('}').unwrap();
    (above, behind)
}

/// Ids of one environment are nothing in another to somebody who may do all in both: alone, below
/// what is of that environment, and below something else of their own.
#[tokio::test]
async fn ids_of_every_kind_name_nothing_but_where_they_are() {
    let world = World::new().await;
    let walk = Walk::new(&world).await;
    let here = Things::new(walk.api.clone());
    let there = Things::new(Api {
        environment: second(&world).await,
        ..walk.api.clone()
    });
    here.fill(&walk).await;
    there.fill(&walk).await;
    let of_here = here.api.environment.to_string();
    let of_there = there.api.environment.to_string();
    let (mut alone, mut below_own, mut below_another) =
        (Looks::default(), Looks::default(), Looks::default());
    let mut unreached = BTreeSet::new();
    for operation in walk.operations() {
        let (path, method, _) = &operation;
        if !is_of_the_environment(path) {
            continue;
        }
        let (above, behind) = around_the_last_id(path);
        let item = &path[..path.len() - behind.len()];
        let Some(concrete) = here.paths(item).await.into_iter().next() else {
            unreached.insert(format!("{method} {path}"));
            continue;
        };
        let foreign = concrete.replace(&of_here, &of_there) + behind;
        alone.look(&walk, &operation, &foreign).await;
        let (parent, child) = concrete.rsplit_once('/').unwrap();
        if above.matches('{').count() < 2 {
            continue;
        }
        // What is related to may be related to another as well.
        if path.contains("agreementConsents/") {
            continue;
        }
        if let Some(own) = there.paths(above).await.first() {
            let below = format!("{own}/{child}{behind}");
            below_own.look(&walk, &operation, &below).await;
        } else {
            unreached.insert(format!("below their own: {method} {path}"));
        }
        let mut is_below_another = false;
        for other in here.paths(above).await {
            if other != parent && !here.ids(&other).await.iter().any(|id| id == child) {
                let below = format!("{other}/{child}{behind}");
                below_another.look(&walk, &operation, &below).await;
                is_below_another = true;
                break;
            }
        }
        if !is_below_another {
            unreached.insert(format!("below another: {method} {path}"));
        }
    }
    let all = [
        ("alone", &alone),
        ("below their own", &below_own),
        ("below another", &below_another),
    ];
    let wrong: Vec<_> = all
        .iter()
        .flat_map(|(how, looks)| looks.wrong.iter().map(move |one| format!("{how}: {one}")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(unreached, UNREACHED.map(str::to_owned).into());
}

/// The routes to which no id leads, or that have no second parent.
const UNREACHED: [&str; 14] = [
    // There are no flow policies, no instances of gateways and no revisions: those of PingOne come
    // with DaVinci, with a program that connects, and with what is propagated.
    "DELETE /environments/{environment}/applications/{application}/flowPolicyAssignments/{flowPolicyAssignment}",
    "GET /environments/{environment}/applications/{application}/flowPolicyAssignments/{flowPolicyAssignment}",
    "PUT /environments/{environment}/applications/{application}/flowPolicyAssignments/{flowPolicyAssignment}",
    "GET /environments/{environment}/flowPolicies/{flowPolicy}",
    "GET /environments/{environment}/gateways/{gateway}/instances/{instance}",
    "GET /environments/{environment}/propagation/revisions/{revision}",
    // They begin with somebody who signs on: `management_user_sessions` and `signon_external`.
    "DELETE /environments/{environment}/users/{user}/linkedAccounts/{account}",
    "GET /environments/{environment}/users/{user}/linkedAccounts/{account}",
    "DELETE /environments/{environment}/users/{user}/sessions/{session}",
    "GET /environments/{environment}/users/{user}/sessions/{session}",
    // An environment has one schema.
    "below another: DELETE /environments/{environment}/schemas/{schema}/attributes/{attribute}",
    "below another: GET /environments/{environment}/schemas/{schema}/attributes/{attribute}",
    "below another: PATCH /environments/{environment}/schemas/{schema}/attributes/{attribute}",
    "below another: PUT /environments/{environment}/schemas/{schema}/attributes/{attribute}",
];

/// The answer without what differs from one to the next.
fn without(answer: &Answer, id: &str) -> (StatusCode, String) {
    let body = answer.body.replace(id, "ID");
    let correlation = answer.header("correlation-id");
    (answer.status, body.replace(correlation, "CORRELATION"))
}

/// In every member that takes one, an id of another environment is what names nothing.
#[tokio::test]
async fn ids_of_every_kind_name_nothing_in_bodies_of_another_environment() {
    let world = World::new().await;
    let here = Api::worker(&world).await;
    let there = Api {
        environment: second(&world).await,
        ..here.clone()
    };
    let (make, make_there) = (Maker::new(&here), Maker::new(&there));
    let (mut wrong, mut unlooked) = (Vec::new(), Vec::new());
    for (at, member) in members() {
        // Whoever may give a role for a population may be of another environment than it is.
        let is_anywhere = at.ends_with("roleAssignments") && member == "scope.id";
        if is_anywhere || NAMES_NOTHING.contains(&(at.as_str(), member.as_str())) {
            continue;
        }
        let foreign = Box::pin(made(&make, &at, &member)).await;
        there.sent.lock().unwrap().clear();
        let own = Box::pin(made(&make_there, &at, &member)).await;
        let (Some((_, foreign)), Some((_, own))) = (foreign, own) else {
            unlooked.push(format!("{at} {member}: is not made"));
            continue;
        };
        let sent = there.sent.lock().unwrap().clone();
        let names_it = |one: &&crate::management::Sent| one.body.contains(&own.id);
        let Some(sent) = sent.iter().rfind(names_it) else {
            unlooked.push(format!("{at} {member}: is not sent"));
            continue;
        };
        let send = async |id: &str, name: &str| {
            let body = sent.body.replace(&own.id, id).replace("Thing", name);
            let media = [sent.media.as_str()];
            there
                .send(sent.method.clone(), &sent.path, &media, body)
                .await
        };
        // It would be refused as the second of its kind otherwise.
        if sent.method == Method::POST {
            there.delete(&own.naming).await;
        }
        let known = send(&foreign.id, "Known").await;
        let unknown = send(NOTHING, "Unknown").await;
        let control = send(&own.id, "Own").await;
        let known_is = without(&known, &foreign.id);
        let is_refused = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&known.status);
        // It is refused for the id, and not for something else.
        let is_for_the_id = control.status.is_success() || without(&control, &own.id) != known_is;
        if !is_refused || known_is != without(&unknown, NOTHING) || !is_for_the_id {
            wrong.push(format!(
                "{at} {member}: {} {:.300}; unknown {} {:.300}; own {} {:.200}",
                known.status,
                known.body,
                unknown.status,
                unknown.body,
                control.status,
                control.body
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        unlooked.is_empty(),
        "not looked at: {}",
        unlooked.join("; ")
    );
}
