//! The portal and the environment of one process, while the public addresses lead nowhere.

use std::net::{Ipv4Addr, SocketAddr};

use testkit::{Browser, Preparation, System, give_credentials};

use crate::installation::free_port;

const PORTAL: &str = "https://accounts.nowhere.invalid/";
const ENVIRONMENT: &str = "https://auth.nowhere.invalid/";

/// Both sides without TLS, and a browser whose proxy knows where they listen.
fn behind_a_proxy() -> (Preparation, Browser) {
    let [portal, idp] =
        [free_port(), free_port()].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let prepared = System::prepare()
        .set("tls.mode", "off")
        .set("proxy.trusted", "127.0.0.1")
        .set("portal.listen", portal.to_string())
        .set("portal.public_url", PORTAL)
        .set("idp.listen", idp.to_string())
        .set("idp.public_url", ENVIRONMENT);
    let browser = Browser::plain().by_listeners(&[(PORTAL, portal), (ENVIRONMENT, idp)]);
    (prepared, browser)
}

#[tokio::test]
async fn people_sign_on_though_the_public_address_of_the_environment_leads_nowhere() {
    let (prepared, browser) = behind_a_proxy();
    let system = prepared.start().await;

    let page = browser.open(system.portal("/login")).await.expect(200);
    assert!(page.url.as_str().starts_with(ENVIRONMENT), "{}", page.url);
    let home = give_credentials(&page, &system.demo_user()).await;
    let home = home.expect(200);

    assert!(home.url.as_str().starts_with(PORTAL), "{}", home.url);
    let info = browser.open(system.portal("/user/info")).await.expect(200);
    assert!(
        info.body().contains("demo@example.com"),
        "{}",
        info.summary()
    );
    // This page asks the management API for the policy.
    let page = browser.open(system.portal("/password/change")).await;
    assert!(page.expect(200).has("input[type=password]"));
    system.stop().await;
}

#[tokio::test]
async fn nobody_signs_on_where_the_portal_is_told_to_use_that_address() {
    let (prepared, browser) = behind_a_proxy();
    let told = prepared.set("portal.pingone.back_channel_url", ENVIRONMENT);
    let system = told.start().await;

    let page = browser.open(system.portal("/login")).await;

    assert!(page.url.as_str().starts_with(PORTAL), "{}", page.url);
    assert!(page.status.is_server_error(), "{}", page.summary());
    system.stop().await;
}
