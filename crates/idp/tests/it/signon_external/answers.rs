//! What comes back from a provider: what counts, and what does not.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Elsewhere, FAILED, STOPPED, Said, at_provider, button, come_back, key, login_with, next_page,
    obey, with_population, world,
};
use crate::management::Api;
use crate::world::{World, shows};

#[tokio::test]
async fn what_comes_back_counts_once_and_in_the_browser_that_left() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    obey(&api, &[login_with(&provider)]).await;
    let (mut browser, page, sent) = at_provider(&world, "Partner").await;
    let person = json!({ "email": "al@elsewhere.example" });
    elsewhere.said().id_token = elsewhere.right(&world, &sent, &person);
    let state = sent.param("state");
    let back = sent.back(&[("code", "c-1"), ("state", &state)]);

    let mut stranger = world.browser();
    let refused = stranger.get(&back).await;
    shows(
        &refused,
        StatusCode::FORBIDDEN,
        "belongs to another browser",
    );
    let (id, _) = state.rsplit_once('.').unwrap();
    for other in [id.to_owned(), format!("{id}.x"), format!("{state}x")] {
        let back = sent.back(&[("code", "c-1"), ("state", &other)]);
        let answer = browser.get(&back).await.expect(StatusCode::SEE_OTHER);
        assert!(answer.location().contains("/signon/?flowId="), "{answer:?}");
    }
    let nothing = browser.get(&sent.back(&[("code", "c-1")])).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    let other_type = back.replace("openid_connect", "google");
    assert!(elsewhere.said().asked.is_empty(), "nothing was redeemed");

    let answer = browser.get(&back).await;
    assert!(answer.location().contains("/as/resume?"), "{answer:?}");
    shows(&answer, StatusCode::OK, "Sending you back");
    let again = browser.get(&back).await.expect(StatusCode::SEE_OTHER);
    assert!(again.location().contains("/signon/?flowId="), "{again:?}");
    assert_eq!(elsewhere.said().asked.len(), 1);
    browser.resume(&answer).await.param("code");
    let late = browser.get(&back).await.expect(StatusCode::SEE_OTHER);
    let over = next_page(&mut browser, &late).await;
    assert!(
        over.status == StatusCode::GONE || over.status == StatusCode::SEE_OTHER,
        "{over:?}"
    );
    assert_eq!(elsewhere.said().asked.len(), 1);

    // The answer of another type's address is not this provider's.
    drop(page);
    let answer = browser.get(&other_type).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(elsewhere.said().asked.len(), 1);
}

/// What is wrong with an answer, by its name.
type Break<'a> = (&'a str, &'a dyn Fn(&mut Said));

#[tokio::test]
async fn an_answer_that_is_not_right_signs_nobody_on_and_leaves_a_way_on() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    obey(&api, &[login_with(&provider)]).await;
    let person = json!({ "email": "al@elsewhere.example" });
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwZXJzb24tMSJ9.";
    let break_it: [Break<'_>; 10] = [
        ("nonce", &|said| said.id_token["nonce"] = json!("another")),
        ("no nonce", &|said| {
            said.id_token.as_object_mut().unwrap().remove("nonce");
        }),
        ("issuer", &|said| {
            said.id_token["iss"] = json!("https://other.example");
        }),
        ("audience", &|said| {
            said.id_token["aud"] = json!("another-id");
        }),
        ("expiry", &|said| said.id_token["exp"] = json!(1)),
        ("hash", &|said| {
            said.id_token["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        }),
        ("no signature", &|said| said.id_token = json!(unsigned)),
        ("no token", &|said| said.id_token = Value::Null),
        ("refusal", &|said| {
            said.token_status = StatusCode::BAD_REQUEST;
        }),
        ("failure", &|said| {
            said.token_status = StatusCode::BAD_GATEWAY;
        }),
    ];
    for (what, break_it) in break_it {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        {
            let right = elsewhere.right(&world, &sent, &person);
            let mut said = elsewhere.said();
            said.token_status = StatusCode::OK;
            said.id_token = right;
            break_it(&mut said);
        }
        let back = sent.back(&[("code", "c-1"), ("state", &sent.param("state"))]);
        let answer = browser.get(&back).await;
        let told = next_page(&mut browser, &answer).await;
        shows(&told, StatusCode::OK, FAILED);
        assert!(
            button(&told, "Partner").contains("/rp/authenticate?"),
            "{what}"
        );
        let right = browser.give_right(&page, &world.demo.user).await;
        browser.resume(&right).await.param("code");
    }
    elsewhere.said().token_status = StatusCode::OK;
    let redeemed = elsewhere.said().asked.len();
    for (params, words) in [
        (&[("error", "access_denied")][..], STOPPED),
        (&[("error", "server_error")], FAILED),
        (&[("code", "c-1"), ("iss", "https://other.example")], FAILED),
        (&[], FAILED),
    ] {
        let (mut browser, _, sent) = at_provider(&world, "Partner").await;
        let state = sent.param("state");
        let params: Vec<_> = params.iter().copied().chain([("state", &*state)]).collect();
        let answer = browser.get(&sent.back(&params)).await;
        let told = next_page(&mut browser, &answer).await;
        shows(&told, StatusCode::OK, words);
    }
    assert_eq!(
        elsewhere.said().asked.len(),
        redeemed,
        "nothing was redeemed"
    );
    assert_eq!(api.users_by("username eq \"person-1\"").await, [""; 0]);
}

#[tokio::test]
async fn keys_are_kept_and_fetched_again_for_a_token_of_a_new_one() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    obey(&api, &[login_with(&provider)]).await;
    let person = || json!({ "email": "al@elsewhere.example" });
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person()).await;
    browser.resume(&answer).await.param("code");
    let forged = key("key-1");
    let real = std::mem::replace(&mut elsewhere.said().key, forged);
    elsewhere.said().published = Some(real);
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person()).await;
    let told = next_page(&mut browser, &answer).await;
    shows(&told, StatusCode::OK, FAILED);
    elsewhere.said().key = key("key-2");
    elsewhere.said().published = None;
    world.advance(61);
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person()).await;
    browser.resume(&answer).await.param("code");
}

#[tokio::test]
async fn in_production_no_provider_leads_into_the_own_network() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere {
        url: "https://10.0.0.1".to_owned(),
        state: Elsewhere::start().await.state,
    };
    let refusal = api
        .post("identityProviders", &elsewhere.object("Inside"))
        .await;
    crate::management::refused(
        &refusal,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "jwksEndpoint",
    );
}
