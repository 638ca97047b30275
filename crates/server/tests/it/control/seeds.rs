//! The randomness of a seed: the same in every run.

use testkit::{System, claims};

use super::{Control, ask_for_a_recovery_code, signed_by};

/// Everything of one run that a test may want to assert.
async fn run(seed: &str) -> Vec<(String, String)> {
    let system = System::prepare()
        .set("control.random_seed", seed)
        .set("control.clock", "2026-01-05T10:00:00Z")
        .start()
        .await;
    let mut seen = Vec::new();
    for (name, value) in system.env().entries() {
        if name.ends_with("_ID") || name.ends_with("_SECRET") {
            seen.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut see = |name: &str, value: String| seen.push((name.to_owned(), value));
    // What goes on at the same time draws from sequences of its own.
    let stranger = system.browser();
    let elsewhere = stranger.open(system.portal("/login"));
    let (ada, elsewhere) = tokio::join!(system.new_user("ada"), elsewhere);
    elsewhere.expect(200);
    see("user", ada.id().to_owned());
    ask_for_a_recovery_code(&system, "ada").await.expect(200);
    let mail = system.mailbox().newest(&ada.email, 1).await;
    see("mail", mail.id.clone());
    see("mailed code", mail.code());
    let session = system.sign_on(&ada).await;
    let authorization = session.authorize().await;
    see("authorization code", authorization.code());
    let tokens = authorization.tokens().await;
    for name in ["access_token", "id_token"] {
        let token = tokens[name].as_str().unwrap();
        see("key", signed_by(token));
        let claims = claims(token);
        for claim in ["sub", "sid", "jti", "iat", "exp", "env", "at_hash"] {
            // What says where the servers are depends on their ports, and at_hash on the signature.
            if claim != "at_hash" && claims.get(claim).is_some() {
                see(&format!("{name} {claim}"), claims[claim].to_string());
            }
        }
    }
    if let Some(token) = tokens["refresh_token"].as_str() {
        see("refresh token", token.to_owned());
    }
    see(
        "cookies",
        session.browser.cookies(system.portal("/")).unwrap(),
    );
    system.stop().await;
    seen
}

#[tokio::test]
async fn a_seed_gives_the_same_ids_codes_and_tokens_in_every_run() {
    let (one, two) = (run("7").await, run("7").await);
    assert_eq!(one, two);
    let other = run("8").await;
    for (one, other) in one.iter().zip(&other) {
        let is_time = one.0.ends_with("iat") || one.0.ends_with("exp");
        assert_eq!(one == other, is_time, "{one:?}");
    }
    // On any machine.
    let id = one
        .iter()
        .find(|(name, _)| name == "ENVIRONMENT_ID")
        .unwrap();
    assert_eq!(id.1, "988f1a98-c6c1-45e0-bc39-ab34b0687d7a");
}

#[tokio::test]
async fn a_reset_begins_the_randomness_of_a_seed_again() {
    let system = System::prepare()
        .set("control.listen", "localhost:0")
        .set("control.random_seed", "7")
        .start()
        .await;
    let control = Control::of(&system.env().control_url);
    let first = system.new_user("ada").await.id().to_owned();
    assert_ne!(system.new_user("grace").await.id(), first);
    control.reset().await;
    assert_eq!(system.new_user("ada").await.id(), first);
}
