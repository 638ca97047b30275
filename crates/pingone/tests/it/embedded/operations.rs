//! Every operation of the embedded environment that works has a typed call, which works, too.
//!
//! One environment, one client, and all calls; what the client's spans say of those that succeeded is
//! held against the router's own table, from which `docs/coverage.md` is made.

mod configuration;
mod directory;
mod environments;
mod sign_on;
mod users;
mod watch;

use idp::Operation;
use pingone::management::{Collection, Creatable, Deletable, Replaceable};
use pingone::{CertificateId, GatewayId, Method, Object};
use serde_json::{Value, json};

use self::watch::{Called, Watch};
use super::Embedded;

/// Operations that work and have no typed call, and why.
const WITHOUT_CALL: [(Method, &str, &str); 1] = [(
    Method::GET,
    "/environments/{environment}/activeIdentityCounts",
    "`Client::active_identities` asks for the same at the newer address",
)];

/// What other operations need and no typed call makes.
struct Prepared {
    gateway: GatewayId,
    certificate: CertificateId,
}

impl Embedded {
    async fn prepare(&self) -> Prepared {
        let gateway = json!({"name": "Federation", "type": "PING_FEDERATE", "enabled": true});
        let gateway: Value = self
            .pingone
            .send(Method::POST, self.path("gateways"))
            .json(&gateway)
            .fetch()
            .await
            .unwrap();
        let authority = self.system.authority();
        let upload = format!(
            "--b\r\ncontent-disposition: form-data; name=\"usageType\"\r\n\r\nSIGNING\r\n\
             --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pem\"\r\n\r\n\
             {authority}\r\n--b--\r\n"
        );
        let certificate: Value = self
            .pingone
            .send(Method::POST, self.path("certificates"))
            .media_type("multipart/form-data; boundary=b")
            .bytes(upload)
            .fetch()
            .await
            .unwrap();
        let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
        Prepared {
            gateway: GatewayId::parse(&id(&gateway)).unwrap(),
            certificate: CertificateId::parse(&id(&certificate)).unwrap(),
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("v1/environments/{}/{rest}", self.pingone.environment_id())
    }
}

/// Makes an object.
async fn made<K: Creatable>(collection: Collection<'_, K>, new: &K::New) -> K {
    collection.create(new).await.unwrap()
}

/// Makes an object, finds it in its collection, reads it, replaces it by what it is, and deletes it.
/// `parts` gives its id, and what it is replaced with.
async fn live<K>(
    collection: Collection<'_, K>,
    new: &K::New,
    parts: impl Fn(&K) -> (K::Id, K::With),
) where
    K: Creatable + Replaceable + Deletable,
    K::Id: Copy + PartialEq,
{
    let made = collection.create(new).await.unwrap();
    let (id, _) = parts(&made);
    let listed = collection.list().all().await.unwrap();
    assert!(listed.iter().any(|one| parts(one).0 == id));
    let (_, with) = parts(&collection.load(id).await.unwrap());
    let replaced = collection.replace(id, &with).await.unwrap();
    assert!(parts(&replaced).0 == id);
    collection.delete(id).await.unwrap();
    assert!(collection.load(id).await.err().unwrap().is_not_found());
}

/// The parts of an object that travels alike in both directions.
fn object<I: Copy, S: Clone>(object: &Object<I, S>) -> (I, S) {
    (object.id, object.settings.clone())
}

/// Whether a call was this operation.
fn is(operation: &Operation, called: &Called) -> bool {
    let fits = |(named, said): (&str, &str)| named.starts_with('{') || named == said;
    let (named, said) = (segments(&operation.path), segments(&called.path));
    let said = said.get(1..).unwrap_or_default();
    let media_type = called.media_type.as_deref();
    operation.method.as_str() == called.method
        && named.len() == said.len()
        && named.iter().copied().zip(said.iter().copied()).all(fits)
        && match operation.media_type {
            None => media_type.is_none_or(|said| said == "application/json"),
            Some(range) => media_type.is_some_and(|said| match range.strip_suffix('*') {
                Some(kind) => said.starts_with(kind),
                None => said == range,
            }),
        }
}

/// The segments of a path: with the version in front where it was called.
fn segments(path: &str) -> Vec<&str> {
    path.trim_start_matches('/').split('/').collect()
}

/// The operation that a call was: of several, the one that names most segments.
fn operation<'a>(operations: &'a [Operation], called: &Called) -> Option<&'a Operation> {
    operations
        .iter()
        .filter(|one| is(one, called))
        .max_by_key(|one| {
            segments(&one.path)
                .iter()
                .filter(|s| !s.starts_with('{'))
                .count()
        })
}

#[tokio::test]
async fn every_operation_that_works_has_a_typed_call() {
    let embedded = Embedded::start().await;
    let prepared = embedded.prepare().await;
    let _second = crate::spans::second_subscriber();
    let watch = Watch::default();
    let guard = watch.begin();
    environments::all(&embedded).await;
    configuration::all(&embedded, &prepared).await;
    directory::all(&embedded, &prepared).await;
    sign_on::all(&embedded).await;
    users::all(&embedded).await;
    drop(guard);

    let operations = idp::management_operations();
    let calls = watch.calls();
    let called: Vec<&Operation> = calls
        .iter()
        .filter_map(|called| operation(&operations, called))
        .collect();
    let is_called = |one: &Operation| called.iter().any(|called| std::ptr::eq(*called, one));
    let is_excepted = |one: &Operation| {
        let mut all = WITHOUT_CALL.iter();
        all.any(|(method, path, _)| *method == one.method && *path == one.path)
    };
    let works = || operations.iter().filter(|one| one.kept.is_none());
    assert!(works().count() > 200, "{}", works().count());
    let text = |one: &Operation| {
        let media_type = one.media_type.unwrap_or_default();
        format!("{} {} {media_type}", one.method, one.path)
    };
    let missing: Vec<_> = works()
        .filter(|one| !is_called(one) && !is_excepted(one))
        .map(text)
        .collect();
    assert!(missing.is_empty(), "no call for:\n{}", missing.join("\n"));
    for (method, path, why) in WITHOUT_CALL {
        let is_needed =
            works().any(|one| one.method == method && one.path == path && !is_called(one));
        assert!(is_needed, "idle exception: {method} {path}: {why}");
    }
}
