//! The control API, over its port: what a test does to the system, and that nobody else does.

mod resets;
mod seeds;

use jiff::SignedDuration;
use latchkey::config::{Loaded, Sources};
use latchkey::{UpOptions, up};
use serde_json::{Value, json};
use testkit::{Browser, Method, Page, Person, System, claims, give_credentials};

/// The control API of a system.
#[derive(Clone)]
struct Control {
    browser: Browser,
    url: String,
}

impl Control {
    fn of(url: &str) -> Self {
        Self {
            browser: Browser::plain(),
            url: url.to_owned(),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Page {
        let request = self.browser.request(method, format!("{}{path}", self.url));
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await.expect(200).json()
    }

    async fn post(&self, path: &str, body: Value) -> Page {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Page {
        self.ask(Method::DELETE, path, None).await
    }

    async fn advance(&self, by: SignedDuration) {
        let body = json!({"seconds": by.as_secs()});
        self.post("clock/advance", body).await.expect(200);
    }

    async fn reset(&self) {
        self.ask(Method::POST, "reset", None).await.expect(204);
    }

    async fn fault(&self, fault: Value) {
        self.post("faults", fault).await.expect(201);
    }
}

async fn controlled() -> (System, Control) {
    let system = System::prepare();
    let system = system.set("control.listen", "localhost:0").start().await;
    let control = Control::of(&system.env().control_url);
    (system, control)
}

/// Reads something of the management API.
async fn read(system: &System, path: &str, token: &str) -> Page {
    let request = system.browser().request(Method::GET, system.api(path));
    request.bearer(token).send().await
}

async fn users_named(system: &System, username: &str, token: &str) -> u64 {
    let mut url = system.api("users");
    let filter = format!("username eq \"{username}\"");
    url.query_pairs_mut().append_pair("filter", &filter);
    let request = system.browser().request(Method::GET, url).bearer(token);
    let found: Value = request.send().await.expect(200).json();
    found["count"].as_u64().unwrap()
}

/// Signs on at the portal; the page that this leads to.
async fn try_to_sign_on(system: &System, person: &Person) -> Page {
    let page = system.browser().open(system.portal("/login")).await;
    give_credentials(&page.expect(200), person).await
}

async fn is_signed_on(system: &System, person: &Person) -> bool {
    let page = try_to_sign_on(system, person).await;
    page.url.origin() == system.portal("/").origin()
}

async fn ask_for_a_recovery_code(system: &System, username: &str) -> Page {
    let page = system
        .browser()
        .open(system.portal("/password/forgot"))
        .await;
    let form = page.form_with("username").fill("username", username);
    form.submit().await
}

/// The ids of the keys that the environment publishes.
async fn published_keys(system: &System) -> Vec<String> {
    let jwks: Value = system
        .browser()
        .open(system.auth("as/jwks"))
        .await
        .expect(200)
        .json();
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn signed_by(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header = claims(&format!(".{header}."));
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn tokens_codes_lockouts_and_cookies_follow_the_clock() {
    let (system, control) = controlled().await;
    control.post("clock/freeze", json!({})).await.expect(200);
    let stopped = control.get("clock").await;
    assert_eq!(stopped["frozen"], true);
    assert_eq!(control.get("clock").await, stopped);

    let token = system.worker_token().await;
    let ada = system.new_user("ada").await;
    let session = system.sign_on(&ada).await;
    let authorization = session.authorize().await;
    control.advance(SignedDuration::from_hours(2)).await;
    read(&system, "users", &token).await.expect(401);
    read(&system, "users", &system.worker_token().await)
        .await
        .expect(200);
    let late: Value = authorization.redeem().await.expect(400).json();
    assert_eq!(late["error"], "invalid_grant");

    let wrong = ada.clone().with_password("Wrong-Horse-42");
    for _ in 0..10 {
        assert!(!is_signed_on(&system, &wrong).await);
    }
    assert!(
        !is_signed_on(&system, &ada).await,
        "the account is not locked"
    );
    control.advance(SignedDuration::from_hours(24)).await;
    assert!(is_signed_on(&system, &ada).await);
    // The portal's session is over, the environment's is not yet.
    let page = session.open("/user/info").await.expect(200);
    assert!(
        page.body().contains("You have signed on."),
        "{}",
        page.summary()
    );
    control.advance(SignedDuration::from_hours(31 * 24)).await;
    let page = session.open("/user/info").await;
    assert!(page.has("input[name=password]"), "{}", page.summary());

    // Where it was stopped, it goes on.
    let at = "2031-05-06T07:08:09Z";
    control
        .post("clock/set", json!({"now": at}))
        .await
        .expect(200);
    assert_eq!(control.get("clock").await["now"], at);
    control
        .ask(Method::POST, "clock/thaw", None)
        .await
        .expect(200);
    let going = control.get("clock").await;
    assert_eq!(going["frozen"], false);
    assert!(
        going["now"]
            .as_str()
            .unwrap()
            .starts_with("2031-05-06T07:0")
    );
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_named() {
    let (_system, control) = controlled().await;
    for (path, body, named) in [
        ("clock/set", json!({"now": "tomorrow"}), "now"),
        ("clock/set", json!({"now": "2400-01-01T00:00:00Z"}), "2200"),
        ("clock/advance", json!({"seconds": i64::MAX}), "2200"),
        ("clock/advance", json!({"hours": 1}), "hours"),
        ("faults", json!({}), "fault"),
        (
            "faults",
            json!({"fault": {"kind": "drop"}, "path": "v1"}),
            "path",
        ),
        (
            "faults",
            json!({"fault": {"kind": "stale"}, "server": "portal"}),
            "portal",
        ),
        ("keys/change", json!({"environment": "mine"}), "environment"),
    ] {
        let refused = control.post(path, body.clone()).await.expect(400);
        let message = refused.json_text("/message");
        assert!(message.contains(named), "{path} {body}: {message}");
    }
    for path in [
        "mails/wait?seconds=61",
        "mails?from=a",
        "requests?path=v1",
        "requests?after=x",
    ] {
        control.ask(Method::GET, path, None).await.expect(400);
    }
    let unknown = "7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11";
    let of_unknown = json!({"environment": unknown});
    control.post("keys/change", of_unknown).await.expect(404);
    for path in [
        "faults/1",
        "mails/1",
        &format!("mails/{unknown}"),
        "nothing",
    ] {
        control.delete(path).await.expect(404);
    }
    control.ask(Method::DELETE, "clock", None).await.expect(405);
}

#[tokio::test]
async fn a_fault_happens_to_its_path_as_often_as_it_says() {
    let (system, control) = controlled().await;
    let token = system.worker_token().await;
    let busy = json!({"kind": "status", "status": 429, "retryAfterSeconds": 7});
    let users = "/v1/environments/{environment}/users";
    control
        .fault(json!({"method": "GET", "path": users, "times": 2, "fault": busy}))
        .await;
    read(&system, "populations", &token).await.expect(200);
    for _ in 0..2 {
        let refused = read(&system, "users", &token).await.expect(429);
        assert_eq!(refused.header("retry-after"), Some("7"));
        assert_eq!(refused.json_text("/code"), "REQUEST_LIMITED");
        assert_eq!(
            refused.json_text("/id"),
            refused.header("x-request-id").unwrap()
        );
    }
    read(&system, "users", &token).await.expect(200);
    assert_eq!(control.get("faults").await, json!([]));

    let broken = json!({"kind": "status", "status": 503});
    control
        .fault(json!({"server": "portal", "path": "/login", "fault": broken}))
        .await;
    system
        .browser()
        .open(system.portal("/login"))
        .await
        .expect(503);
    system
        .browser()
        .open(system.portal("/login"))
        .await
        .expect(200);

    let late = json!({"kind": "latency", "milliseconds": 30});
    control.fault(json!({"path": users, "fault": late})).await;
    read(&system, "users", &token).await.expect(200);
    let seen = control
        .get("requests?path=/v1/environments/{environment}/users")
        .await;
    let seen: Vec<_> = seen.as_array().unwrap().iter().rev().collect();
    assert_eq!(seen[0]["fault"]["kind"], "latency");
    assert!(seen[0]["milliseconds"].as_u64().unwrap() >= 30);

    // One that was taken back does not happen.
    control.fault(json!({"fault": {"kind": "drop"}})).await;
    let id = control.get("faults").await[0]["id"].clone();
    control.delete(&format!("faults/{id}")).await.expect(204);
    control.fault(json!({"fault": {"kind": "drop"}})).await;
    control.delete("faults").await.expect(204);
    read(&system, "users", &token).await.expect(200);
}

#[tokio::test]
async fn a_dropped_connection_ends_before_or_after_the_work() {
    let (system, control) = controlled().await;
    let token = system.worker_token().await;
    let authority = reqwest::Certificate::from_pem(system.authority().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([authority]);
    let client = client.build().unwrap();
    let populations: Value = read(&system, "populations", &token).await.json();
    let population = &populations["_embedded"]["populations"][0]["id"];
    for (kind, username, made) in [("drop", "ada", 0), ("dropAnswer", "grace", 1)] {
        control
            .fault(json!({"method": "POST", "fault": {"kind": kind}}))
            .await;
        let user = json!({
            "username": username, "email": "a@example.com", "population": {"id": population},
        });
        let sent = client
            .post(system.api("users"))
            .bearer_auth(&token)
            .json(&user)
            .send()
            .await;
        let error = sent.unwrap_err();
        assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
        assert_eq!(users_named(&system, username, &token).await, made, "{kind}");
        let seen = control.get("requests?method=POST").await;
        let last = seen.as_array().unwrap().last().unwrap();
        assert_eq!(last["fault"]["kind"], kind);
        assert_eq!(last["status"], Value::Null);
    }
}

#[tokio::test]
async fn a_stale_read_shows_what_was_there_before() {
    let (system, control) = controlled().await;
    let token = system.worker_token().await;
    let before = read(&system, "users", &token).await.expect(200).body();
    let ada = system.new_user("ada").await;
    let stale =
        |times: u32| json!({"path": "/v1/{*rest}", "times": times, "fault": {"kind": "stale"}});
    control.fault(stale(2)).await;
    // Nobody has read Ada yet, so a node that is behind does not know her.
    let path = format!("users/{}", ada.id());
    let missing = read(&system, &path, &token).await.expect(404);
    assert_eq!(missing.json_text("/code"), "NOT_FOUND");
    assert_eq!(
        read(&system, "users", &token).await.expect(200).body(),
        before
    );
    read(&system, &path, &token).await.expect(200);
    assert!(
        read(&system, "users", &token)
            .await
            .body()
            .contains(ada.id())
    );
    // What another token read before is nothing that this one did.
    let other = system.worker_token().await;
    system.new_user("grace").await;
    control.fault(stale(1)).await;
    let now = read(&system, "users", &other).await.expect(200).body();
    assert!(now.contains("grace"), "{now}");
    // Who may not read is refused all the same.
    control.fault(json!({"fault": {"kind": "stale"}})).await;
    read(&system, "users", "no token").await.expect(401);
}

#[tokio::test]
async fn a_changed_key_signs_at_once_and_the_one_before_stays_good() {
    let (system, control) = controlled().await;
    let before = published_keys(&system).await;
    let token = system.worker_token().await;
    assert!(before.contains(&signed_by(&token)));
    let changed: Value = control
        .post("keys/change", json!({}))
        .await
        .expect(200)
        .json();
    let environments = changed["environments"].as_array().unwrap();
    assert!(environments.contains(&json!(system.env().environment_id)));
    let new = signed_by(&system.worker_token().await);
    assert!(!before.contains(&new) && published_keys(&system).await.contains(&new));
    read(&system, "users", &token).await.expect(200);
    // The portal has kept the keys from before, and looks again.
    let ada = system.new_user("ada").await;
    system
        .sign_on(&ada)
        .await
        .open("/user/info")
        .await
        .expect(200);

    system.advance(SignedDuration::from_secs(1));
    let path = "/{environment}/as/token";
    control
        .fault(json!({"path": path, "fault": {"kind": "changeKeys"}}))
        .await;
    let third = signed_by(&system.worker_token().await);
    assert!(third != new && !before.contains(&third));
}

/// The clock stands still, and the ids of mails are random.
#[tokio::test]
async fn of_mails_of_the_same_moment_the_newest_is_the_one_that_came_last() {
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    let mut codes = Vec::new();
    for count in 1..=4 {
        let browser = system.browser();
        let page = browser.open(system.portal("/password/forgot")).await;
        let form = page.form_with("username");
        form.fill("username", &ada.username)
            .submit()
            .await
            .expect(200);
        let code = system.mailbox().newest(&ada.email, count).await.code();
        assert!(!codes.contains(&code), "mail {count} is an earlier one");
        codes.push(code);
    }
}

#[tokio::test]
async fn a_mail_is_waited_for_and_deleted() {
    let (system, control) = controlled().await;
    let ada = system.new_user("ada").await;
    let path = format!("mails/wait?to={}&seconds=30", ada.email);
    let waiting = {
        let (control, path) = (control.clone(), path.clone());
        tokio::spawn(async move { control.get(&path).await })
    };
    ask_for_a_recovery_code(&system, "ada").await.expect(200);
    let first = waiting.await.unwrap();
    assert_eq!(first["to"], ada.email);
    assert!(first["subject"].as_str().is_some());

    // The next one, even if the clock stands still.
    ask_for_a_recovery_code(&system, "ada").await.expect(200);
    let first = first["id"].as_str().unwrap();
    let at_once = format!("mails/wait?to={}&seconds=0&after={first}", ada.email);
    let next = control.get(&format!("{path}&after={first}")).await;
    assert_ne!(next["id"], first);
    assert_eq!(control.get(&at_once).await["id"], next["id"]);
    // One to somebody else is a point in time as well: what came before it is not found.
    system.advance(SignedDuration::from_secs(60));
    let grace = system.new_user("grace").await;
    ask_for_a_recovery_code(&system, "grace").await.expect(200);
    let hers = control
        .get(&format!("mails/wait?to={}&seconds=30", grace.email))
        .await;
    let hers = hers["id"].as_str().unwrap();
    let after_hers = format!("mails/wait?to={}&seconds=0&after={hers}", ada.email);
    let none = control.ask(Method::GET, &after_hers, None).await;
    assert_eq!(none.expect(404).json_text("/code"), "NO_MAIL");
    control.delete(&format!("mails/{hers}")).await.expect(204);
    let unknown = control.ask(Method::GET, &after_hers, None).await;
    assert_eq!(unknown.expect(404).json_text("/code"), "NOT_FOUND");
    assert_eq!(control.get("mails").await.as_array().unwrap().len(), 2);
    control.delete(&format!("mails/{first}")).await.expect(204);
    assert_eq!(control.get("mails").await, json!([next]));
    control
        .delete("mails?to=grace@example.com")
        .await
        .expect(204);
    assert_eq!(
        control.get(&format!("mails?to={}", ada.email)).await,
        json!([next])
    );
    control.delete("mails").await.expect(204);
    assert_eq!(control.get("mails").await, json!([]));
    let none = control
        .ask(Method::GET, "mails/wait?seconds=0", None)
        .await
        .expect(404);
    assert_eq!(none.json_text("/code"), "NO_MAIL");
}

#[tokio::test]
async fn the_requests_that_came_in_are_shown_without_their_secrets() {
    let (system, control) = controlled().await;
    let ada = system.new_user("ada").await;
    let session = system.sign_on(&ada).await;
    let authorization = session.authorize().await;
    let (code, tokens) = (authorization.code(), authorization.tokens().await);
    let worker_token = system.worker_token().await;
    let cookies = session.browser.cookies(system.portal("/")).unwrap();

    let redeemed = control
        .get("requests?path=/{environment}/as/token&method=POST")
        .await;
    let redeemed = redeemed.as_array().unwrap().iter();
    let redeemed: Vec<_> = redeemed
        .filter(|request| request["body"]["grant_type"] == "authorization_code")
        .collect();
    let last = redeemed.last().unwrap();
    let redirect_uri = system.portal("/callback");
    assert_eq!(last["body"]["redirect_uri"], redirect_uri.as_str());
    assert_eq!(last["headers"]["authorization"], "Basic");
    assert_eq!(last["status"], 200);
    assert_eq!(last["hidden"], 2, "code and code_verifier");
    let created = control.get("requests?path=/v1/environments/{environment}/users&method=POST");
    assert_eq!(created.await[0]["body"]["username"], "ada");

    let everything = control.get("requests").await.to_string();
    let mut secrets = vec![
        ada.password.clone(),
        system.env().demo_password.clone(),
        system.env().client_secret.clone(),
        system.env().worker_client_secret.clone(),
        code,
        worker_token,
    ];
    for name in ["access_token", "refresh_token", "id_token"] {
        secrets.extend(tokens[name].as_str().map(str::to_owned));
    }
    let values = cookies
        .split("; ")
        .filter_map(|cookie| cookie.split_once('='));
    secrets.extend(
        values
            .map(|(_, value)| value.to_owned())
            .filter(|value| value.len() > 8),
    );
    for secret in secrets {
        assert!(!everything.contains(&secret), "a secret is shown: {secret}");
    }

    let newest = control.get("requests").await;
    let newest = newest.as_array().unwrap().last().unwrap()["id"].clone();
    assert_eq!(
        control.get(&format!("requests?after={newest}")).await,
        json!([])
    );
    system.browser().open(system.portal("/")).await.expect(200);
    let later = control
        .get(&format!("requests?after={newest}&server=portal"))
        .await;
    assert_eq!(later[0]["path"], "/");
    control.delete("requests").await.expect(204);
    assert_eq!(control.get("requests").await, json!([]));
}

#[tokio::test]
async fn pages_of_other_sites_control_nothing() {
    let (system, control) = controlled().await;
    let ada = system.new_user("ada").await;
    let reset = || {
        control
            .browser
            .request(Method::POST, format!("{}reset", control.url))
    };
    let foreign = reset()
        .header("origin", "https://evil.example")
        .send()
        .await;
    assert_eq!(foreign.expect(403).json_text("/code"), "FORBIDDEN");
    let rebound = reset().header("host", "evil.example").send().await;
    rebound.expect(421);
    let token = system.worker_token().await;
    read(&system, &format!("users/{}", ada.id()), &token)
        .await
        .expect(200);
}

#[tokio::test]
async fn every_operation_of_the_document_is_there() {
    let (_system, control) = controlled().await;
    let document = control.get("openapi.json").await;
    assert_eq!(document, latchkey::control::document());
    let faults = &document["components"]["schemas"]["Fault"]["oneOf"];
    assert_eq!(faults.as_array().map(Vec::len), Some(6), "{faults}");
    let mut count = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
            let path = path.trim_start_matches('/').replace("{id}", "1");
            let path = path.replace("wait", "wait?seconds=0");
            let answer = control.ask(method.clone(), &path, None).await;
            let message = answer.body();
            assert!(
                !message.contains("has no such"),
                "{method} {path}: {message}"
            );
            count += 1;
        }
    }
    assert!(count >= 17, "{count}");
}

#[tokio::test]
async fn a_seed_wants_data_that_is_thrown_away() {
    let directory = tempfile::tempdir().unwrap();
    let sources = Sources::default()
        .option("data_dir", directory.path().to_str().unwrap(), "(test)")
        .option("control.random_seed", "1", "(test)");
    let settings = Loaded::read(&sources).settings().unwrap();
    let refused = up(UpOptions::new(settings)).await.unwrap_err();
    assert!(refused.to_string().contains("--ephemeral"), "{refused}");
}

#[test]
fn production_and_other_machines_have_no_control() {
    let problems = |text: &str| -> Vec<String> {
        let sources = Sources {
            inline: Some(text.to_owned()),
            ..Sources::default()
        };
        let problems = Loaded::read(&sources).problems();
        problems.iter().map(ToString::to_string).collect()
    };
    let control =
        "[control]\nlisten = \"localhost:1\"\nrandom_seed = 1\nclock = \"2026-01-05T10:00:00Z\"\n";
    assert_eq!(problems(control), Vec::<String>::new());
    let found = problems(&format!("mode = \"production\"\n{control}"));
    for (key, why) in [
        ("control.listen", "deletes all data"),
        ("control.random_seed", "guessed"),
        ("control.clock", "stands still"),
    ] {
        let said = |problem: &&String| problem.starts_with(key) && problem.contains(why);
        assert!(
            found.iter().any(|problem| said(&problem)),
            "{key}: {found:?}"
        );
    }
    let open = problems("[control]\nlisten = \"0.0.0.0:9444\"\n");
    assert!(open[0].contains("obeys everybody"), "{open:?}");
}
