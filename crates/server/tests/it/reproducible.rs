//! `--random-seed`: what a test may assert to the letter, on any machine.

use std::path::Path;

use jiff::Timestamp;
use latchkey_testkit::Environment;
use testkit::{Browser, Method, claims};

/// The seed of the examples, with the application and the person whose ids it gives.
const SEED: &str = "examples/seed.toml";
const SHOP: (&str, &str) = (
    "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e02",
    "shop-secret-of-the-example",
);
const CALLBACK: &str = "http://localhost:3000/callback";

/// What a run with the number 7 makes up. Whoever changes what is drawn, or in which order, changes
/// what the tests of others assert: it belongs into the changelog.
const MADE_UP: [(&str, &str); 8] = [
    ("user", "304950e0-c061-41e5-a0d5-97e01f16b32d"),
    ("code to recover", "4DHJFA2Q"),
    ("authorization code", "6b845cfe-0da3-41ae-9262-c671899d0e1f"),
    (
        "jti of the access token",
        "6842a558-aa2a-40bc-9612-03749c2b3b36",
    ),
    (
        "sid of the ID token",
        "6c9169f0-6373-43e9-9a0b-6e51d14f3367",
    ),
    (
        "refresh token",
        "6wUoEuEBDASNYmwpf0wF_VeWhPBfHAjPF-Pv2j3CLKk",
    ),
    (
        "next refresh token",
        "_wUjfDeUF2-hVPcDf0c8o79q9LSN__U1GwC5SXggsHc",
    ),
    ("key", "cfce5782-8a1b-4626-a54c-8f0d8c47d142"),
];

/// One run of the program, in a process of its own.
async fn run(number: u64) -> Vec<(&'static str, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let environment = Environment::builder()
        .program(env!("CARGO_BIN_EXE_latchkey"))
        .seed(std::fs::read_to_string(root.join(SEED)).unwrap())
        .random_seed(number)
        .clock("2026-01-05T10:00:00Z".parse::<Timestamp>().unwrap())
        .start()
        .await
        .unwrap();
    let told = |name: &str| environment.variable(name).unwrap().to_owned();
    let authority = std::str::from_utf8(environment.authority()).unwrap();
    let http = Browser::trusting(authority);
    let token_url = format!("{}/token", environment.issuer().as_str());
    let mut seen = Vec::new();

    let (id, secret) = (told("WORKER_CLIENT_ID"), told("WORKER_CLIENT_SECRET"));
    let worker = http.request(Method::POST, &token_url).basic(&id, &secret);
    let worker = worker.form(&[("grant_type", "client_credentials")]);
    let worker = worker.send().await.expect(200).json_text("/access_token");
    let users = format!("{}environments/{}/users", told("API_URL"), environment.id());
    let grace = serde_json::json!({"username": "grace", "email": "grace@shop.example"});
    let made = http.request(Method::POST, &users).bearer(&worker);
    let made = made.json(&grace).send().await.expect(201);
    seen.push(("user", made.json_text("/id")));

    let ada = format!("{users}/5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e03/password");
    let recovery = http.request(Method::POST, ada).bearer(&worker);
    let recovery = recovery.header(
        "Content-Type",
        "application/vnd.pingidentity.password.sendRecoveryCode+json",
    );
    recovery.body("{}").send().await.expect(200);
    let mail = environment.mail_to("ada@shop.example").await.unwrap();
    seen.push(("code to recover", mail.code()));

    let (id, secret) = SHOP;
    let mut browser = environment.browser().unwrap();
    let begin = format!(
        "{}/authorize?response_type=code&client_id={id}&redirect_uri={CALLBACK}&scope=openid&state=s",
        environment.issuer().as_str()
    );
    browser.open(&begin).await.unwrap();
    let flow = browser.sign_on("ada", "Sunny-Harbour-42").await.unwrap();
    let callback = browser.return_to_application(&flow).await.unwrap();
    let code = callback.query_pairs().find(|(name, _)| name == "code");
    let code = code.unwrap().1.into_owned();
    seen.push(("authorization code", code.clone()));

    let redeemed = http.request(Method::POST, &token_url).basic(id, secret);
    let redeemed = redeemed.form(&[
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
    ]);
    let redeemed = redeemed.send().await.expect(200);
    let claim = |token: &str, name: &str| {
        let claims = claims(&redeemed.json_text(token));
        claims[name].as_str().unwrap().to_owned()
    };
    seen.push(("jti of the access token", claim("/access_token", "jti")));
    seen.push(("sid of the ID token", claim("/id_token", "sid")));
    let refresh = redeemed.json_text("/refresh_token");
    let again = http.request(Method::POST, &token_url).basic(id, secret);
    let again = again.form(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
    ]);
    seen.push(("refresh token", refresh));
    let again = again.send().await.expect(200);
    seen.push(("next refresh token", again.json_text("/refresh_token")));

    let keys = http.open(format!("{}/jwks", environment.issuer().as_str()));
    seen.push(("key", keys.await.expect(200).json_text("/keys/0/kid")));
    seen
}

#[tokio::test]
async fn a_number_makes_up_the_same_in_every_process_and_on_any_machine() {
    let (one, two) = tokio::join!(run(7), run(7));
    assert_eq!(one, two);
    let pinned = MADE_UP.map(|(name, value)| (name, value.to_owned()));
    assert_eq!(one, pinned);
    for ((name, one), (_, other)) in one.iter().zip(run(8).await) {
        assert_ne!(*one, other, "{name}");
    }
}
