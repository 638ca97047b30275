//! Webhooks: subscriptions in the management API, and what subscribers are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::post;
use db::Statement;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use platform::Clock as _;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::management::{Api, refused};
use crate::world::World;

/// Longer than a request on loopback takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who is told.
struct Subscriber {
    url: String,
    /// What it answers.
    status: Arc<AtomicU16>,
    told: mpsc::UnboundedReceiver<(HeaderMap, Value)>,
}

type Told = (Arc<AtomicU16>, mpsc::UnboundedSender<(HeaderMap, Value)>);

async fn take(State((status, told)): State<Told>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let _told = told.send((parts.headers, serde_json::from_slice(&body).unwrap()));
    StatusCode::from_u16(status.load(Ordering::SeqCst)).unwrap()
}

impl Subscriber {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let status = Arc::new(AtomicU16::new(200));
        let (sender, told) = mpsc::unbounded_channel();
        let router = Router::new().route("/hook", post(take));
        let router = router.with_state((Arc::clone(&status), sender));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, status, told }
    }

    fn answers(&self, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::SeqCst);
    }

    /// The next request.
    async fn request(&mut self) -> (HeaderMap, Value) {
        let told = tokio::time::timeout(PATIENCE, self.told.recv());
        told.await.expect("nothing was told").unwrap()
    }

    /// The names in the next so many entries.
    async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        while names.len() < count {
            let (_, events) = self.request().await;
            names.extend(
                events
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|event| event["resources"][0]["name"].as_str().unwrap().to_owned()),
            );
        }
        names
    }

    fn subscription(&self, name: &str) -> Value {
        json!({
            "name": name, "enabled": true, "protocol": "HTTPS", "format": "ACTIVITY",
            "httpEndpoint": {"url": self.url, "headers": {"Authorization": "Basic abc"}},
            "verifyTlsCertificates": true,
            "filterOptions": {"includedActionTypes": ["POPULATION.CREATED"]},
        })
    }
}

async fn development() -> World {
    World::with(|settings| settings.mode = ui::Mode::Development).await
}

/// The jobs, until the sender is used.
fn run_jobs(world: &World) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let idp = world.idp.clone();
    let jobs = tokio::spawn(async move {
        idp.run_jobs(async {
            let _stopped = stopped.await;
        })
        .await;
    });
    (stop, jobs)
}

async fn subscribe(api: &Api<'_>, subscription: &Value) -> String {
    let made = api.post("subscriptions", subscription).await;
    let made = made.expect(StatusCode::CREATED).json();
    format!("subscriptions/{}", made["id"].as_str().unwrap())
}

async fn add_population(api: &Api<'_>, name: &str) {
    let made = api.post("populations", &json!({"name": name})).await;
    made.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn subscribers_are_told_in_order_of_what_they_asked_for_and_no_more() {
    let world = development().await;
    let api = Api::worker(&world).await;
    let mut subscriber = Subscriber::start().await;
    subscribe(&api, &subscriber.subscription("Ledger")).await;
    let (stop, jobs) = run_jobs(&world);
    let group = api.post("groups", &json!({"name": "Sailors"})).await;
    group.expect(StatusCode::CREATED);
    for name in ["Dawn", "Day", "Dusk"] {
        add_population(&api, name).await;
    }
    let (headers, events) = subscriber.request().await;
    assert_eq!(headers["authorization"], "Basic abc");
    assert_eq!(headers["content-type"], "application/json");
    let first = &events[0];
    assert_eq!(first["action"]["type"], "POPULATION.CREATED");
    assert_eq!(first["resources"][0]["name"], "Dawn");
    assert_eq!(first.get("source"), None);
    let at = format!("activities/{}", first["id"].as_str().unwrap());
    let kept = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(kept["actors"], first["actors"]);
    let rest = 3 - events.as_array().unwrap().len();
    if rest > 0 {
        let names = subscriber.names(rest).await;
        assert!(["Day", "Dusk"].ends_with(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    stop.send(()).unwrap();
    tokio::time::timeout(PATIENCE, jobs).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_was_not_taken_is_told_again_before_what_came_later() {
    let world = development().await;
    let api = Api::worker(&world).await;
    let mut subscriber = Subscriber::start().await;
    subscribe(&api, &subscriber.subscription("Ledger")).await;
    subscriber.answers(StatusCode::INTERNAL_SERVER_ERROR);
    let (_stop, _jobs) = run_jobs(&world);
    add_population(&api, "Dawn").await;
    assert_eq!(subscriber.names(1).await, ["Dawn"]);
    subscriber.answers(StatusCode::NO_CONTENT);
    // The pause begins when the failure is noted; the clock must not move before that. Until then
    // the queue stays with whoever tries, for a minute.
    let soon = world.clock.now() + SignedDuration::from_secs(30);
    let noted = async {
        let failed =
            "SELECT attempts FROM webhook_queues WHERE attempts > 0 AND next_attempt_at < $1";
        let failed = || Statement::new(failed).bind(soon);
        while world.db.read(failed()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, noted).await.unwrap();
    // Behind the pause, which the clock of the story has to reach.
    let mut names = Vec::new();
    for name in ["Day", "Dusk", "Night"] {
        world.advance(10);
        add_population(&api, name).await;
    }
    while names.len() < 4 {
        names.extend(subscriber.names(1).await);
    }
    assert_eq!(names, ["Dawn", "Day", "Dusk", "Night"]);
}

#[tokio::test]
async fn a_disabled_subscription_is_told_later_what_it_missed() {
    let world = development().await;
    let api = Api::worker(&world).await;
    let (mut awake, mut asleep) = (Subscriber::start().await, Subscriber::start().await);
    subscribe(&api, &awake.subscription("Awake")).await;
    let mut subscription = asleep.subscription("Asleep");
    subscription["enabled"] = json!(false);
    let at = subscribe(&api, &subscription).await;
    let (_stop, _jobs) = run_jobs(&world);
    add_population(&api, "Dawn").await;
    assert_eq!(awake.names(1).await, ["Dawn"]);
    world.advance(31);
    add_population(&api, "Day").await;
    assert_eq!(awake.names(1).await, ["Day"]);
    assert!(asleep.told.try_recv().is_err());
    subscription["enabled"] = json!(true);
    api.put(&at, &subscription).await.expect(StatusCode::OK);
    world.advance(31);
    add_population(&api, "Dusk").await;
    assert_eq!(asleep.names(3).await, ["Dawn", "Day", "Dusk"]);
}

#[tokio::test]
async fn a_subscription_that_lost_what_it_was_narrowed_to_tells_nothing_until_it_is_enabled() {
    let world = development().await;
    let api = Api::worker(&world).await;
    let (mut wide, mut narrow) = (Subscriber::start().await, Subscriber::start().await);
    subscribe(&api, &wide.subscription("Wide")).await;
    let made = api.post("populations", &json!({"name": "Night"})).await;
    let population = made.expect(StatusCode::CREATED).json()["id"].clone();
    let mut subscription = narrow.subscription("Narrow");
    subscription["filterOptions"]["includedPopulations"] = json!([{"id": population}]);
    let at = subscribe(&api, &subscription).await;
    let population = format!("populations/{}", population.as_str().unwrap());
    api.delete(&population).await.expect(StatusCode::NO_CONTENT);
    let (_stop, _jobs) = run_jobs(&world);
    add_population(&api, "Dawn").await;
    assert_eq!(wide.names(2).await, ["Night", "Dawn"]);

    let mut read = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(read["enabled"], false);
    assert_eq!(read["filterOptions"].get("includedPopulations"), None);
    read["enabled"] = json!(true);
    api.put(&at, &read).await.expect(StatusCode::OK);
    world.advance(31);
    add_population(&api, "Day").await;
    assert_eq!(narrow.names(1).await, ["Day"]);
}

#[tokio::test]
async fn in_production_nobody_is_told_in_the_own_network() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let subscription = |url: &str| {
        json!({
            "name": "Inward", "enabled": true, "httpEndpoint": {"url": url},
            "filterOptions": {"includedActionTypes": ["USER.CREATED"]},
        })
    };
    for url in [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "http://hooks.example/",
        "file:///etc/passwd",
    ] {
        let answer = api.post("subscriptions", &subscription(url)).await;
        refused(
            &answer,
            400,
            "INVALID_DATA",
            "INVALID_VALUE",
            "httpEndpoint.url",
        );
    }
    let made = api
        .post("subscriptions", &subscription("https://hooks.example/"))
        .await;
    let made = made.expect(StatusCode::CREATED).json();
    assert_eq!(made["connectionDetails"], made["httpEndpoint"]);
    assert_eq!(made["verifyTlsCertificates"], json!(true));
}

#[tokio::test]
async fn a_subscription_is_understood_or_refused_by_name() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let good = json!({
        "name": "Ledger", "enabled": false,
        "httpEndpoint": {"url": "https://hooks.example/", "headers": {"X-Key": "secret"}},
        "filterOptions": {"includedActionTypes": ["USER.CREATED"], "ipAddressExposed": true},
    });
    let made = api.post("subscriptions", &good).await;
    let made = made.expect(StatusCode::CREATED).json();
    assert_eq!(made["httpEndpoint"], good["httpEndpoint"]);
    for list in [
        "includedApplications",
        "includedPopulations",
        "includedTags",
    ] {
        assert_eq!(made["filterOptions"].get(list), None, "{list}");
    }
    let select = "SELECT document FROM configuration_objects WHERE kind = 'SUBSCRIPTION'";
    let row = world.db.read_optional(Statement::new(select)).await;
    let document: String = row.unwrap().unwrap().get("document").unwrap();
    assert!(document.contains("Ledger") && !document.contains("secret"));
    let nobody = "6f1d0b3a-4f0e-4c0f-9a51-0c3d8a1f7b21";
    for (member, value, target) in [
        ("protocol", json!("PIGEON"), "protocol"),
        (
            "httpEndpoint",
            json!({"url": "https://a.example/", "headers": {"a b": "c"}}),
            "httpEndpoint.headers",
        ),
        (
            "filterOptions",
            json!({"includedActionTypes": ["A"], "includedPopulations": [{"id": nobody}]}),
            "filterOptions.includedPopulations",
        ),
        (
            "payloadOptions",
            json!({"maximumPayloadLimit": {"size": 501}}),
            "payloadOptions.maximumPayloadLimit.size",
        ),
        (
            "payloadOptions",
            json!({"payloadFormat": {"tcp": {"format": "JSON_DOC"}}}),
            "payloadOptions.payloadFormat.tcp",
        ),
    ] {
        let mut wrong = good.clone();
        wrong["name"] = json!("Other");
        wrong[member] = value;
        let answer = api.post("subscriptions", &wrong).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
}
