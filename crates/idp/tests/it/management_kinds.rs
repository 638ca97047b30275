//! Faults of every kind, walked over every operation of the `OpenAPI` document: the document is made
//! from the router's table, so that what is new is walked without a line here.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::makers::document;
use crate::management::{Api, id};
use crate::world::{Answer, World};

/// What a new environment does not begin with, so that the paths below it lead somewhere.
fn made() -> [(&'static str, Value); 6] {
    let shop = json!({
        "name": "Shop", "enabled": true, "type": "WEB_APP", "protocol": "OPENID_CONNECT",
        "grantTypes": ["AUTHORIZATION_CODE"], "responseTypes": ["CODE"],
        "redirectUris": ["https://shop.example/callback"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
    });
    [
        ("groups", json!({"name": "Readers"})),
        ("applications", shop),
        ("resources", json!({"name": "Orders", "audience": "orders"})),
        ("agreements", json!({"name": "Terms", "enabled": false})),
        ("emailDomains", json!({"domainName": "shop.example"})),
        ("customDomains", json!({"domainName": "login.shop.example"})),
    ]
}

/// The document, and ids of what is there.
pub(crate) struct Walk<'a> {
    pub(crate) api: Api<'a>,
    pub(crate) document: Value,
    found: BTreeMap<String, String>,
}

/// An id that names nothing.
pub(crate) const NOTHING: &str = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";

/// One way to send a body.
pub(crate) struct Sending {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) media: String,
    pub(crate) schema: Value,
}

impl<'a> Walk<'a> {
    pub(crate) async fn new(world: &'a World) -> Self {
        let api = Api::worker(world).await;
        let mut found = BTreeMap::new();
        for (collection, body) in made() {
            let made = id(&api.make(collection, &body).await);
            found.insert(api.path(collection), made);
        }
        Self {
            api,
            document: document(),
            found,
        }
    }

    /// Every path and method.
    pub(crate) fn operations(&self) -> Vec<(String, Method, Value)> {
        let mut operations = Vec::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if let Ok(method) = Method::try_from(method.to_ascii_uppercase().as_str())
                    && operation.get("operationId").is_some()
                {
                    operations.push((path.clone(), method, operation.clone()));
                }
            }
        }
        operations
    }

    /// Every way to send a body that has members.
    pub(crate) fn sendings(&self) -> Vec<Sending> {
        let mut sendings = Vec::new();
        for (path, method, operation) in self.operations() {
            let Some(content) = operation["requestBody"]["content"].as_object() else {
                continue;
            };
            for (media, body) in content {
                let schema = self.whole(&body["schema"]);
                if schema["properties"].is_object() && media.contains("json") {
                    sendings.push(Sending {
                        method: method.clone(),
                        path: path.clone(),
                        media: media.clone(),
                        schema,
                    });
                }
            }
        }
        sendings
    }

    /// A path with ids of what is there, as far as there is something.
    pub(crate) async fn resolve(&mut self, path: &str) -> String {
        let mut concrete = "/v1".to_owned();
        for segment in path.split('/').skip(1) {
            let one = match segment {
                "{environment}" => self.api.environment.to_string(),
                name if name.starts_with('{') => self.first(&concrete).await,
                text => text.to_owned(),
            };
            concrete = format!("{concrete}/{one}");
        }
        concrete
    }

    /// The id of the first item of a collection; one that names nothing where there is none.
    async fn first(&mut self, collection: &str) -> String {
        if let Some(id) = self.found.get(collection) {
            return id.clone();
        }
        let answer = self.api.get(collection).await;
        let page = if answer.status == StatusCode::OK {
            answer.json()
        } else {
            Value::Null
        };
        let items = page["_embedded"]
            .as_object()
            .and_then(|keys| keys.values().next());
        let id = items.and_then(|items| items[0]["id"].as_str());
        let id = id.unwrap_or(NOTHING).to_owned();
        self.found.insert(collection.to_owned(), id.clone());
        id
    }

    /// A schema with what it refers to at its top.
    pub(crate) fn whole(&self, schema: &Value) -> Value {
        let Some(reference) = schema["$ref"].as_str() else {
            return schema.clone();
        };
        let pointer = reference.strip_prefix('#').unwrap();
        self.whole(self.document.pointer(pointer).unwrap())
    }

    /// The kinds of JSON that a schema takes.
    fn kinds(&self, schema: &Value) -> BTreeSet<String> {
        let schema = self.whole(schema);
        let text = |kind: &Value| kind.as_str().unwrap().to_owned();
        match &schema["type"] {
            Value::String(kind) => BTreeSet::from([kind.clone()]),
            Value::Array(kinds) => kinds.iter().map(text).collect(),
            _ => ["anyOf", "oneOf", "allOf"]
                .into_iter()
                .filter_map(|one| schema[one].as_array())
                .flatten()
                .flat_map(|one| self.kinds(one))
                .collect(),
        }
    }

    /// A value that a schema takes: of an object, the members that must be there.
    pub(crate) fn sample(&self, name: &str, schema: &Value, unique: &str) -> Value {
        let schema = self.whole(schema);
        if let Some(first) = schema["enum"].as_array().and_then(|codes| codes.first()) {
            return first.clone();
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[choice].as_array() {
                let mut fit = choices.iter();
                let fit = fit.find(|one| !self.kinds(one).contains("null")).unwrap();
                let mut sample = self.sample(name, fit, unique);
                let beside = self.members(&schema, unique);
                if let (Value::Object(sample), false) = (&mut sample, beside.is_empty()) {
                    sample.extend(beside);
                }
                return sample;
            }
        }
        let kinds = self.kinds(&schema);
        let has = |kind: &str| kinds.contains(kind);
        if has("string") {
            json!(text_for(name, schema["format"].as_str(), unique))
        } else if has("boolean") {
            json!(false)
        } else if has("integer") || has("number") {
            json!(schema["minimum"].as_i64().unwrap_or(1).max(1))
        } else if has("array") {
            json!([self.sample(name, &schema["items"], unique)])
        } else {
            Value::Object(self.members(&schema, unique))
        }
    }

    pub(crate) fn members(&self, schema: &Value, unique: &str) -> Map<String, Value> {
        let required = schema["required"].as_array().into_iter().flatten();
        let names = required.map(|name| name.as_str().unwrap());
        let member = |name: &str| {
            let value = self.sample(name, &schema["properties"][name], unique);
            (name.to_owned(), value)
        };
        names.map(member).collect()
    }

    pub(crate) async fn send(
        &self,
        sending: &Sending,
        path: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let media = [sending.media.as_str()];
        let method = sending.method.clone();
        self.api.send(method, path, &media, body).await
    }
}

/// A text for a member, as most of those with this name or format take it.
fn text_for(name: &str, format: Option<&str>, unique: &str) -> String {
    match (name, format) {
        (_, Some("uuid")) => NOTHING.to_owned(),
        (_, Some("date-time")) => "2030-01-01T00:00:00Z".to_owned(),
        (_, Some("password")) => "Correct-horse-1!".to_owned(),
        (_, Some("uri")) | ("href" | "url" | "audience" | "endpoint", _) => {
            format!("https://{unique}.example/")
        }
        ("email" | "emailAddress" | "addresses", _) => format!("{unique}@example.com"),
        ("domainName", _) => format!("{unique}.example"),
        ("subjectDN" | "dn" | "issuerDN", _) => format!("CN={unique}"),
        (name, _) if name.ends_with("Color") => "#102030".to_owned(),
        _ => unique.to_owned(),
    }
}

/// Values of other kinds than these. Texts of booleans are taken for them, as PingOne does.
fn wrong(kinds: &BTreeSet<String>) -> Vec<Value> {
    let has = |kind: &str| kinds.contains(kind);
    let mut values = Vec::new();
    if !has("object") {
        values.push(json!({"a": 1}));
    }
    if !has("array") {
        values.push(json!([["a"]]));
    }
    if !has("string") {
        values.push(json!("nonsense"));
    }
    if !has("integer") && !has("number") {
        values.push(json!(7));
    }
    values
}

/// The members that the details of a refusal name.
pub(crate) fn targets(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let details = json["details"].as_array().cloned().unwrap_or_default();
    let target = |detail: &Value| Some(detail["target"].as_str()?.to_owned());
    details.iter().filter_map(target).collect()
}

/// Whether a refusal is about a member, or about something in it.
fn names(answer: &Answer, member: &str) -> bool {
    targets(answer)
        .iter()
        .any(|target| target == member || target.starts_with(&format!("{member}.")))
}

/// Whether a path leads nowhere, or to what nobody changes: then no body is looked at.
fn is_out_of_reach(answer: &Answer, path: &str) -> bool {
    let is_missing = answer.status == StatusCode::NOT_FOUND && path.contains(NOTHING);
    let stays = ["stays as it is", "is immutable"];
    is_missing || stays.iter().any(|said| answer.body.contains(said))
}

/// What must hold of a walk, and how often it was looked at.
#[derive(Default)]
struct Findings {
    wrong: Vec<String>,
    looked_at: usize,
}

impl Findings {
    fn look(&mut self, holds: bool, sending: &Sending, what: &str, answer: &Answer) {
        self.looked_at += 1;
        if !holds {
            let Sending {
                method,
                path,
                media,
                ..
            } = sending;
            let Answer { status, body, .. } = answer;
            let told = format!("{method} {path} ({media}), {what}: {status} {body:.300}");
            self.wrong.push(told);
        }
    }

    #[track_caller]
    fn are_none_of_at_least(self, most: usize) {
        let Self { wrong, looked_at } = self;
        assert!(
            wrong.is_empty(),
            "{}\n{} of {looked_at}",
            wrong.join("\n"),
            wrong.len()
        );
        assert!(looked_at >= most, "{looked_at} were looked at");
    }
}

#[tokio::test]
async fn a_member_of_another_kind_is_refused_by_its_name() {
    let world = World::new().await;
    let mut walk = Walk::new(&world).await;
    let mut findings = Findings::default();
    for sending in walk.sendings() {
        let path = walk.resolve(&sending.path).await;
        for (member, schema) in sending.schema["properties"].as_object().unwrap() {
            let kinds = walk.kinds(schema);
            if kinds.is_empty() {
                continue;
            }
            for value in wrong(&kinds) {
                let mut body = walk.sample("", &sending.schema, "kinds");
                body[member] = value;
                let answer = walk.send(&sending, &path, body.to_string()).await;
                if is_out_of_reach(&answer, &path) {
                    continue;
                }
                let is_refused = answer.status == StatusCode::BAD_REQUEST;
                let holds = is_refused && names(&answer, member);
                findings.look(
                    holds,
                    &sending,
                    &format!("{member}: {}", body[member]),
                    &answer,
                );
            }
        }
    }
    findings.are_none_of_at_least(500);
}

#[tokio::test]
async fn a_member_that_is_missing_is_refused_by_its_name() {
    let world = World::new().await;
    let mut walk = Walk::new(&world).await;
    let mut findings = Findings::default();
    for sending in walk.sendings() {
        let path = walk.resolve(&sending.path).await;
        let whole = walk.sample("", &sending.schema, "missing");
        for member in sending.schema["required"].as_array().into_iter().flatten() {
            let member = member.as_str().unwrap();
            let mut body = whole.clone();
            body.as_object_mut().unwrap().remove(member);
            let answer = walk.send(&sending, &path, body.to_string()).await;
            if is_out_of_reach(&answer, &path) {
                continue;
            }
            let is_refused = answer.status == StatusCode::BAD_REQUEST;
            let holds = is_refused && names(&answer, member);
            findings.look(holds, &sending, &format!("without {member}"), &answer);
        }
    }
    findings.are_none_of_at_least(60);
}

/// Neither what nobody knows nor a member that stands there twice, of which the last counts, is more
/// than what a text says.
#[tokio::test]
async fn of_a_member_that_stands_twice_the_last_counts_and_texts_have_an_end() {
    let world = World::new().await;
    let mut walk = Walk::new(&world).await;
    let mut findings = Findings::default();
    for sending in walk.sendings() {
        let path = walk.resolve(&sending.path).await;
        for (member, schema) in sending.schema["properties"].as_object().unwrap() {
            let kinds = walk.kinds(schema);
            let Some(value) = wrong(&kinds)
                .into_iter()
                .next()
                .filter(|_| !kinds.is_empty())
            else {
                continue;
            };
            let sample = walk.sample("", &sending.schema, "twice").to_string();
            let rest = &sample[1..sample.len() - 1];
            let rest = if rest.is_empty() {
                "\"unknown\":1"
            } else {
                rest
            };
            let twice =
                format!("{{{rest},\"unknown\":[{{}}],\"{member}\":null,\"{member}\":{value}}}");
            let answer = walk.send(&sending, &path, twice).await;
            if is_out_of_reach(&answer, &path) {
                continue;
            }
            let holds = answer.status == StatusCode::BAD_REQUEST && names(&answer, member);
            findings.look(holds, &sending, &format!("{member} twice"), &answer);
            // What is compared and not kept may be as long as the body.
            if !kinds.contains("string") || member == "currentPassword" {
                continue;
            }
            let mut long = walk.sample("", &sending.schema, "long");
            long[member] = json!("a".repeat(200_000));
            let answer = walk.send(&sending, &path, long.to_string()).await;
            if is_out_of_reach(&answer, &path) {
                continue;
            }
            let holds = answer.status == StatusCode::BAD_REQUEST;
            findings.look(holds, &sending, &format!("long {member}"), &answer);
        }
    }
    findings.are_none_of_at_least(300);
}

/// What is sent and changes nothing: a question, what is staged of rules by which nothing is issued,
/// and the deletion of settings that were never made.
const CHANGES_NOTHING: [&str; 3] = [
    "/activities",
    "/stagedChanges",
    "/notificationsSettings/emailDeliverySettings",
];

/// Every write that a body from the document alone, or what is read there, gets done is an entry of
/// the audit log, found by the request's id.
#[tokio::test]
async fn every_write_that_is_done_is_an_entry_of_the_audit_log() {
    let world = World::new().await;
    let mut walk = Walk::new(&world).await;
    let mut operations = walk.operations();
    // First what makes something, from the top down; last what deletes, from the bottom up.
    operations.sort_by_key(|(path, method, _)| {
        let (depth, deletes) = (path.matches('/').count(), *method == Method::DELETE);
        let making = *method != Method::POST || path.ends_with('}');
        (deletes, making, if deletes { 100 - depth } else { depth })
    });
    let (mut wrong, mut written) = (Vec::new(), BTreeSet::new());
    for (path, method, operation) in operations {
        let ends_the_walk = path == "/environments/{environment}" && method != Method::PUT;
        let changes_nothing = CHANGES_NOTHING.iter().any(|end| path.ends_with(end));
        let asks = changes_nothing && method != Method::PUT;
        if method == Method::GET || ends_the_walk || asks {
            continue;
        }
        let concrete = walk.resolve(&path).await;
        let content = operation["requestBody"]["content"].as_object();
        let content = content.cloned().unwrap_or_default();
        let mut bodies: Vec<_> = content
            .iter()
            .filter(|(media, _)| media.contains("json"))
            .map(|(media, body)| {
                let sample = walk.sample("", &body["schema"], "audited");
                (media.clone(), sample.to_string())
            })
            .collect();
        if content.is_empty() {
            bodies.push(("application/json".to_owned(), String::new()));
        }
        if method == Method::PUT {
            let read = walk.api.get(&concrete).await;
            bodies.push(("application/json".to_owned(), read.body));
        }
        for (media, body) in bodies {
            let answer = walk
                .api
                .send(method.clone(), &concrete, &[&media], body)
                .await;
            if !answer.status.is_success() {
                continue;
            }
            let made = || answer.json()["id"].as_str().map(str::to_owned);
            if answer.status == StatusCode::CREATED
                && let Some(id) = made()
            {
                walk.found.insert(concrete.clone(), id);
            }
            let entries = db::Statement::new(
                "SELECT COUNT(*) AS number FROM activities WHERE correlation_id = $1",
            );
            let entries = entries.bind(answer.header("correlation-id"));
            let entries = world.db.read_optional(entries).await.unwrap().unwrap();
            let number: i64 = entries.get("number").unwrap();
            // An unlocked account is told of as such and as one that may sign on.
            let expected = if media.contains("password.unlock") {
                2
            } else {
                1
            };
            if number != expected {
                wrong.push(format!("{method} {path} ({media}): {number} entries"));
            }
            written.insert(format!("{method} {path} {media}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(written.len() >= 80, "{}: {written:#?}", written.len());
}

/// Of a list that the document gives a filter, what is no filter is refused, and what the list does
/// not know; of every other one, a filter changes nothing.
#[tokio::test]
async fn every_list_refuses_what_it_cannot_filter_by_or_says_that_it_takes_no_filter() {
    let world = World::new().await;
    let mut walk = Walk::new(&world).await;
    let (mut wrong, mut filtered, mut unfiltered) = (Vec::new(), 0, 0);
    for (path, method, operation) in walk.operations() {
        let shown = &operation["responses"]["200"]["content"];
        let is_list = shown.to_string().contains("\"_embedded\"");
        let url = walk.resolve(&path).await;
        if method != Method::GET || !is_list || url.contains(NOTHING) {
            continue;
        }
        let parameters = operation["parameters"].as_array();
        let takes_filter = parameters.into_iter().flatten().any(|parameter| {
            let parameter = walk.whole(parameter);
            parameter["name"] == "filter"
        });
        for filter in ["nonsense", "name%20eq", "noSuchMember%20eq%20%22a%22"] {
            let answer = walk.api.get(&format!("{url}?filter={filter}")).await;
            let holds = if takes_filter {
                filtered += 1;
                answer.status == StatusCode::BAD_REQUEST
                    && targets(&answer).contains(&"filter".to_owned())
            } else {
                unfiltered += 1;
                let whole = walk.api.get(&url).await;
                answer.status == whole.status
                    && answer.json()["_embedded"] == whole.json()["_embedded"]
            };
            if !holds {
                let Answer { status, body, .. } = answer;
                wrong.push(format!("{path}?filter={filter}: {status} {body:.200}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        filtered >= 150 && unfiltered >= 20,
        "{filtered}, {unfiltered}"
    );
}

/// The document is there for anybody, as it is and compressed.
#[tokio::test]
async fn the_document_is_for_anybody() {
    let world = World::new().await;
    let answer = world.get("/v1/openapi.json").await.expect(StatusCode::OK);
    assert_eq!(answer.json(), document());
    assert_eq!(answer.header("content-type"), "application/json");
    let anonymous = Api {
        token: String::new(),
        ..Api::worker(&world).await
    };
    let refused = anonymous.delete("/v1/openapi.json").await;
    refused.expect(StatusCode::METHOD_NOT_ALLOWED);
}
