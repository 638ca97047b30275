//! A portal whose environment is elsewhere, as it is with PingOne: the portal explains its own side.

use serde_json::{Value, json};
use testkit::{Browser, Method, System, give_credentials};

use super::{as_shown, linked, newest, said};

/// The environment, and the portal in front of it, which knows of it only what the settings say.
async fn apart() -> (System, System) {
    let environment = System::prepare().without_portal().start().await;
    let env = environment.env();
    let portal = System::prepare()
        .without_environment()
        .set("portal.sign_on.issuer", &env.issuer)
        .set("portal.sign_on.client_id", &env.client_id)
        .set("portal.sign_on.client_secret", &env.client_secret)
        .set("portal.pingone.auth_url", &env.auth_url)
        .set("portal.pingone.api_url", &env.api_url)
        .set("portal.pingone.environment_id", &env.environment_id)
        .set("portal.pingone.ca_file", &env.ca_file)
        .start()
        .await;
    let path = format!("applications/{}", env.client_id);
    let application = environment.manage(Method::GET, &path).await;
    let mut application: Value = application.send().await.expect(200).json();
    application["redirectUris"] = json!([portal.portal("/callback")]);
    let change = environment.manage(Method::PUT, &path).await;
    change.json(&application).send().await.expect(200);
    (environment, portal)
}

fn browser(environment: &System, portal: &System) -> Browser {
    Browser::trusting(&format!(
        "{}{}",
        environment.authority(),
        portal.authority()
    ))
}

#[tokio::test]
async fn a_sign_on_is_explained_from_the_portals_side_alone() {
    let (environment, portal) = apart().await;
    let browser = browser(&environment, &portal);
    let page = browser.open(portal.portal("/login")).await.expect(200);
    let page = give_credentials(&page, &environment.demo_user()).await;
    assert_eq!(page.expect(200).url, portal.portal("/"));

    let page = newest(&portal).await;
    assert_eq!(page.texts("main > p > .badge"), ["Signed on"]);
    let steps = page.texts(".explain-steps summary").join("\n");
    for step in [
        "Browser → Portal GET /login",
        "Browser → Portal GET /callback",
    ] {
        assert!(steps.contains(step), "{step}: {steps}");
    }
    let text = page.text();
    assert!(text.contains("POST /…/as/token: 200"), "{text}");
    // What goes on at the environment, only the environment knows.
    assert!(!steps.contains("Browser → Environment"), "{steps}");
    let checks = page.texts(".explain-check").join("\n");
    assert!(checks.contains("The signature holds"), "{checks}");
    let foreign = as_shown("`code_verifier` meets the `code_challenge`");
    assert!(!checks.contains(&foreign), "{checks}");
    let tokens = page.texts(".explain-token").join("\n");
    assert!(tokens.contains("\"alg\": \"RS256\""), "{tokens}");
}

#[tokio::test]
async fn what_the_environment_refuses_is_explained_by_its_answer() {
    let (environment, portal) = apart().await;
    let browser = browser(&environment, &portal);
    let path = format!("applications/{}/secret", environment.env().client_id);
    let change = environment.manage(Method::POST, &path).await;
    change.send().await.expect(200);
    let page = browser.open(portal.portal("/login")).await.expect(200);
    let failed = give_credentials(&page, &environment.demo_user()).await;
    let page = linked(&failed.expect(502)).await;
    let said = said(&page);
    assert!(
        said.what.contains("The token endpoint gave tokens"),
        "{said:?}"
    );
    assert!(said.remedy.contains("secret"), "{said:?}");
    assert!(page.text().contains("invalid_client"), "{}", page.text());
}
