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
async fn a_subscription_that_names_applications_is_told_of_those_alone() {
    let world = development().await;
    let api = Api::worker(&world).await;
    let (mut wide, mut narrow) = (Subscriber::start().await, Subscriber::start().await);
    let application = |name: &str| {
        json!({
            "name": name, "type": "WORKER", "protocol": "OPENID_CONNECT", "enabled": true,
            "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        })
    };
    let mut ids = Vec::new();
    for name in ["Named", "Other"] {
        let made = api.post("applications", &application(name)).await;
        ids.push(made.expect(StatusCode::CREATED).json()["id"].clone());
    }
    let updated = json!(["APPLICATION.UPDATED"]);
    let mut subscription = wide.subscription("Wide");
    subscription["filterOptions"]["includedActionTypes"] = updated.clone();
    subscribe(&api, &subscription).await;
    let mut subscription = narrow.subscription("Narrow");
    subscription["filterOptions"] =
        json!({"includedActionTypes": updated, "includedApplications": [{"id": ids[0]}]});
    subscribe(&api, &subscription).await;
    let (_stop, _jobs) = run_jobs(&world);
    for (id, name) in [(&ids[1], "Other 2"), (&ids[0], "Named 2")] {
        let at = format!("applications/{}", id.as_str().unwrap());
        let put = api.put(&at, &application(name)).await;
        put.expect(StatusCode::OK);
    }
    // In the order in which it happened: what is told first is not of the other one.
    assert_eq!(wide.names(2).await, ["Other 2", "Named 2"]);
    assert_eq!(narrow.names(1).await, ["Named 2"]);
    assert!(narrow.told.try_recv().is_err());
}

#[tokio::test]
async fn what_waits_when_the_process_ends_is_told_after_it_begins_again() {
    let mut world = development().await;
    let api = Api::worker(&world).await;
    let mut subscriber = Subscriber::start().await;
    subscribe(&api, &subscriber.subscription("Ledger")).await;
    subscriber.answers(StatusCode::SERVICE_UNAVAILABLE);
    let (stop, jobs) = run_jobs(&world);
    add_population(&api, "Dawn").await;
    assert_eq!(subscriber.names(1).await, ["Dawn"]);
    add_population(&api, "Day").await;
    stop.send(()).unwrap();
    tokio::time::timeout(PATIENCE, jobs).await.unwrap().unwrap();
    while subscriber.told.try_recv().is_ok() {}
    drop(api);

    world.restart().await;
    subscriber.answers(StatusCode::OK);
    // Behind the pause after the failure, and behind the claim of whoever ended in a try.
    world.advance(61);
    let (_stop, _jobs) = run_jobs(&world);
    assert_eq!(subscriber.names(2).await, ["Dawn", "Day"]);
}

/// Listens by TLS and demands a certificate of whoever comes; gives the address, the authority of
/// its own certificate as PEM, and the certificates that come, each with its request.
fn demanding() -> (String, String, mpsc::UnboundedReceiver<(Vec<u8>, String)>) {
    use std::io::{Read as _, Write as _};

    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = own.signing_key.serialize_der();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(Arc::new(AnyCertificate(provider)));
    let config = config.with_single_cert(vec![own.cert.der().clone()], key);
    let config = Arc::new(config.unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://localhost:{}/",
        listener.local_addr().unwrap().port()
    );
    let (sender, came) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut both = rustls::Stream::new(&mut tls, &mut stream);
            let (mut request, mut part) = (Vec::new(), [0; 4096]);
            // The body is a JSON array.
            while !request.ends_with(b"]") {
                match both.read(&mut part) {
                    Ok(count) if count > 0 => request.extend_from_slice(&part[..count]),
                    _ => break,
                }
            }
            let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            let _answered = both.write_all(answer);
            let certificates = tls.peer_certificates().unwrap_or_default();
            let first = certificates.first().map(|one| one.to_vec());
            let request = String::from_utf8_lossy(&request).into_owned();
            if sender.send((first.unwrap_or_default(), request)).is_err() {
                return;
            }
        }
    });
    (url, own.cert.pem(), came)
}

/// Takes any certificate whose key the other side holds, and nobody without one.
#[derive(Debug)]
struct AnyCertificate(Arc<rustls::crypto::CryptoProvider>);

impl rustls::server::danger::ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::server::danger::ClientCertVerified, rustls::Error> {
        Ok(rustls::server::danger::ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[tokio::test]
async fn a_subscriber_who_demands_a_certificate_gets_that_of_the_key_pair() {
    let (url, authority, mut came) = demanding();
    let world = World::with(|settings| {
        settings.mode = ui::Mode::Development;
        settings.own_authority = Some(authority);
    })
    .await;
    let api = Api::worker(&world).await;
    let key = json!({
        "name": "Caller", "usageType": "SIGNING", "algorithm": "EC", "keyLength": 256,
        "signatureAlgorithm": "SHA256withECDSA", "validityPeriod": 365,
        "subjectDN": "CN=Caller of the ledger",
    });
    let key = api.post("keys", &key).await.expect(StatusCode::CREATED);
    let key = key.json()["id"].clone();
    let subscription = json!({
        "name": "Ledger", "enabled": true, "httpEndpoint": {"url": url},
        "verifyTlsCertificates": true, "tlsClientAuthKeyPair": {"id": key},
        "filterOptions": {"includedActionTypes": ["POPULATION.CREATED"]},
    });
    subscribe(&api, &subscription).await;
    let (_stop, _jobs) = run_jobs(&world);
    add_population(&api, "Dawn").await;
    let (certificate, request) = tokio::time::timeout(PATIENCE, came.recv())
        .await
        .expect("nothing was told")
        .unwrap();
    let subject = b"Caller of the ledger";
    let is_callers = certificate
        .windows(subject.len())
        .any(|part| part == subject);
    assert!(is_callers, "{certificate:?}");
    assert!(request.contains("POPULATION.CREATED"), "{request}");
}

#[tokio::test]
async fn in_production_nobody_is_told_in_the_own_network() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let subscription = |url: &str| {
        json!({
            "name": "Inward", "enabled": true, "httpEndpoint": {"url": url},
            "verifyTlsCertificates": true,
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
        "name": "Ledger", "enabled": false, "verifyTlsCertificates": true,
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
