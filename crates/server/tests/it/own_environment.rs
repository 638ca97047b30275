//! The published testkit, with the program that this package builds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use latchkey_testkit::{Application, Browser, Builder, Environment, Fault, User};
use pingone::auth::{self, AuthorizationRequest, FormParams, RedirectUri, Scopes, Tokens};

const CALLBACK: &str = "https://shop.example/callback";
const PASSWORD: &str = "Sunny-Harbour-42";

fn prepared() -> Builder {
    Environment::builder().program(env!("CARGO_BIN_EXE_latchkey"))
}

async fn with_ada(shop: &Application) -> Environment {
    let prepared = prepared().application(shop.clone());
    let ada = User::new("ada", PASSWORD);
    prepared.user(ada).start().await.unwrap()
}

fn shop() -> Application {
    Application::web("Shop", CALLBACK)
}

/// What the shop does for somebody who signs on, and what they do.
async fn sign_on(browser: &mut Browser, client: &auth::Client) -> Tokens {
    let redirect_uri = RedirectUri::parse(CALLBACK).unwrap();
    let scopes = Scopes::parse("openid email").unwrap();
    let request = AuthorizationRequest::new(redirect_uri).scopes(scopes);
    let authorization = client.authorize(&request).await.unwrap();
    browser.open(authorization.url.as_str()).await.unwrap();
    let flow = browser.sign_on("ada", PASSWORD).await.unwrap();
    let callback = browser.return_to_application(&flow).await.unwrap();
    let answer = FormParams::parse(callback.query().unwrap().as_bytes()).unwrap();
    let response = client.receive(authorization.pending, &answer).unwrap();
    client.complete(response).await.unwrap()
}

#[tokio::test]
async fn a_user_of_the_builder_signs_on_to_an_application_of_the_builder() {
    let shop = shop();
    let environment = with_ada(&shop).await;
    let client = environment.client(&shop);
    let mut browser = environment.browser().unwrap();
    // The SDK takes the environment's time for the present when it verifies.
    let weeks = SignedDuration::from_hours(10 * 7 * 24);
    environment.advance(weeks).await.unwrap();
    let tokens = sign_on(&mut browser, &client).await;
    let (token, identity) = (tokens.access_token.unwrap(), tokens.identity.unwrap());
    let subject = identity.claims.subject();
    let profile = client.userinfo(&token, subject).await.unwrap();
    assert_eq!(profile.claims.get("email").unwrap(), "ada@example.com");

    let hour = SignedDuration::from_hours(1);
    environment.advance(hour).await.unwrap();
    let over = client.userinfo(&token, subject).await.unwrap_err();
    assert!(over.is_unauthorized(), "{over}");

    let browser = environment.browser().unwrap();
    let early = browser.sign_on("ada", PASSWORD).await.unwrap_err();
    assert!(early.to_string().contains("open"), "{early}");
}

#[tokio::test]
async fn each_environment_has_people_a_clock_and_faults_of_its_own() {
    let shop = shop();
    let (one, other) = tokio::join!(
        with_ada(&shop),
        prepared()
            .set("idp.limits.sign_ons_per_minute", "5")
            .start()
    );
    let other = other.unwrap();
    let users = "/v1/environments/{environment}/users";
    one.fail(Fault::status(503).at(users)).await.unwrap();
    one.advance(SignedDuration::from_hours(1_000))
        .await
        .unwrap();

    let of_one = one.management();
    let ada = of_one.users().find_by_username_or_email("ada").await;
    let ada = ada.unwrap().unwrap();
    let of_other = other.management();
    let stranger = of_other.users().find_by_username_or_email("ada").await;
    assert!(stranger.unwrap().is_none());
    let statuses = |received: Vec<latchkey_testkit::Received>| -> Vec<u16> {
        received.iter().filter_map(|one| one.status).collect()
    };
    assert_eq!(statuses(one.requests(users).await.unwrap()), [503, 200]);
    assert_eq!(statuses(other.requests(users).await.unwrap()), [200]);
    let ahead = one
        .now()
        .await
        .unwrap()
        .duration_since(other.now().await.unwrap());
    assert!(ahead > SignedDuration::from_hours(999), "{ahead}");

    // The demo has people, and a mail reaches them in their environment alone.
    let demo = other.variable("DEMO_USERNAME").unwrap();
    assert!(
        of_other
            .users()
            .find_by_username_or_email(demo)
            .await
            .unwrap()
            .is_some()
    );
    of_one.passwords(ada.id).send_recovery_code().await.unwrap();
    let mail = one.mail_to("ada@example.com").await.unwrap();
    assert_eq!(mail.code().len(), 8);
    assert!(other.mails_to("ada@example.com").await.unwrap().is_empty());

    one.reset().await.unwrap();
    assert!(one.mails_to("ada@example.com").await.unwrap().is_empty());
    assert!(one.requests(users).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_left_of_an_environment_that_was_dropped() {
    let environment = prepared().start().await.unwrap();
    let data = Path::new(environment.variable("CA_FILE").unwrap()).parent();
    let data = data.unwrap().to_owned();
    let folder = data.parent().unwrap().to_owned();
    let control = environment.variable("CONTROL_URL").unwrap().to_owned();
    let address = control.trim_start_matches("http://").trim_end_matches('/');
    assert!(data.exists());
    tokio::net::TcpStream::connect(address).await.unwrap();
    drop(environment);
    assert!(!folder.exists(), "{}", folder.display());
    tokio::net::TcpStream::connect(address).await.unwrap_err();
}

#[tokio::test]
async fn a_seed_that_cannot_be_brought_up_is_told_with_its_reason() {
    let nowhere = User::new("ada", PASSWORD).with("population", "Nobody");
    let refused = prepared().user(nowhere).start().await.unwrap_err();
    let told = refused.to_string();
    assert!(
        told.contains("population") && told.contains("Nobody"),
        "{told}"
    );
}

#[tokio::test]
async fn a_run_can_be_repeated() {
    let at = "2027-01-04T10:00:00Z".parse().unwrap();
    let run = async || {
        let environment = prepared().random_seed(7).clock(at).start().await.unwrap();
        assert_eq!(environment.now().await.unwrap(), at);
        (
            environment.id(),
            environment.variable("CLIENT_SECRET").unwrap().to_owned(),
        )
    };
    assert_eq!(run().await, run().await);
}

/// Set where this test is the one that is killed.
const IS_KILLED: &str = "TEST_THAT_IS_KILLED";

#[tokio::test]
async fn an_environment_ends_with_the_process_of_its_test_even_when_that_is_killed() {
    if std::env::var_os(IS_KILLED).is_some() {
        let environment = prepared().start().await.unwrap();
        let address = environment.variable("AUTH_URL").unwrap();
        writeln!(std::io::stdout(), "runs at {address}").unwrap();
        std::future::pending::<()>().await;
    }
    let me = std::env::current_exe().unwrap();
    let mut test = Command::new(me)
        .args(["--exact", "--nocapture"])
        .arg("own_environment::an_environment_ends_with_the_process_of_its_test_even_when_that_is_killed")
        .env(IS_KILLED, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(test.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once("runs at ")?.1.to_owned()));
    let address = url::Url::parse(&address.unwrap()).unwrap();
    let answers = || std::net::TcpStream::connect(("127.0.0.1", address.port().unwrap())).is_ok();
    assert!(answers());
    // By SIGKILL, so that nothing is dropped.
    test.kill().unwrap();
    test.wait().unwrap();
    let begun = Instant::now();
    while answers() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it still runs");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
