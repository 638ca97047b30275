//! One refresh, however many wait for it.

use std::sync::Arc;

use axum::Router;
use fakes::provider::{Answer, Endpoint};
use jiff::SignedDuration;

use crate::browser::Browser;
use crate::site::Site;

async fn ask(routers: &[Router], cookie: &str, times: usize) -> Vec<u16> {
    let name = "__Host-latchkey-portal-session";
    let requests: Vec<_> = (0..times)
        .map(|n| {
            let browser = Browser::new(routers[n % routers.len()].clone());
            browser.set_cookie(name, cookie);
            tokio::spawn(async move { browser.get("/user/info").await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_requests_with_an_expired_access_token_cause_one_refresh() {
    let site = Site::start().await;
    site.fake.world().lifetime = 120;
    let browser = site.signed_on("ada").await;
    let cookie = browser.cookie("-session").unwrap();
    site.clock.advance(SignedDuration::from_mins(5));
    let statuses = ask(&[site.portal.router()], &cookie, 100).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(site.fake.grants("refresh_token"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_on_one_database_cause_one_refresh() {
    let site = Site::start().await;
    site.fake.world().lifetime = 120;
    let browser = site.signed_on("ada").await;
    let cookie = browser.cookie("-session").unwrap();
    let nodes = [
        site.portal.router(),
        site.second_node().await.router(),
        site.second_node().await.router(),
    ];
    site.clock.advance(SignedDuration::from_mins(5));
    let statuses = ask(&nodes, &cookie, 60).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(site.fake.grants("refresh_token"), 1);
}

#[tokio::test]
async fn a_refused_refresh_ends_the_session_and_leads_back() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    site.fake.world().refresh_is_refused = true;
    for _ in 0..6 {
        site.clock.advance(SignedDuration::from_mins(10));
        browser.get("/password/forgot").await.expect(200);
    }
    let answer = browser.get("/user/info").await.expect(303);
    assert_eq!(answer.location(), "/login?return_to=%2Fuser%2Finfo");
    assert!(browser.get("/").await.has("Your session has ended."));
}

#[tokio::test]
async fn the_start_page_is_a_strangers_when_the_session_has_ended() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    site.fake.world().refresh_is_refused = true;
    for _ in 0..6 {
        site.clock.advance(SignedDuration::from_mins(10));
        browser.get("/password/forgot").await.expect(200);
    }
    assert_eq!(browser.get("/").await.expect(303).location(), "/");
    let page = browser.get("/").await.expect(200);
    assert!(page.has("Your session has ended.") && page.has("href=\"/login\""));
}

#[tokio::test]
async fn a_provider_that_is_down_does_not_end_the_session() {
    let site = Site::start().await;
    let browser = site.signed_on("ada").await;
    for _ in 0..6 {
        site.clock.advance(SignedDuration::from_mins(10));
        browser.get("/").await.expect(200);
    }
    site.fake.answer(Endpoint::Any, Answer::Status(503));
    browser.get("/user/info").await.expect(503);
    site.fake.answer_as_usual();
    browser.get("/user/info").await.expect(200);
}

#[tokio::test]
async fn a_visitor_who_leaves_does_not_lose_the_refreshed_token() {
    let site = Site::start().await;
    site.fake.world().lifetime = 120;
    let browser = Arc::new(site.signed_on("ada").await);
    site.clock.advance(SignedDuration::from_mins(5));
    let impatient = Arc::clone(&browser);
    let request = tokio::spawn(async move { impatient.get("/user/info").await });
    while site.fake.grants("refresh_token") == 0 {
        tokio::task::yield_now().await;
    }
    request.abort();
    browser.get("/user/info").await.expect(200);
    assert_eq!(site.fake.grants("refresh_token"), 1);
}
