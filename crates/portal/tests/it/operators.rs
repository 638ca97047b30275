//! The operator's pages.

use jiff::SignedDuration;
use url::Url;

use crate::recovery::NEW;
use crate::site::Site;

#[tokio::test]
async fn only_holders_of_the_role_see_them() {
    let site = Site::start().await;
    let visitor = site.browser();
    assert!(
        visitor
            .get("/users")
            .await
            .expect(303)
            .location()
            .starts_with("/login")
    );
    let ada = site.signed_on("ada").await;
    ada.get("/users").await.expect(403);
    assert!(!ada.get("/").await.has("href=\"/users\""));
    let olga = site.operator().await;
    olga.get("/users").await.expect(200);
    assert!(olga.get("/").await.has("href=\"/users\""));
}

#[tokio::test]
async fn what_a_user_may_not_do_is_decided_by_the_environment_too() {
    let site = Site::start().await;
    let olga = site.operator().await;
    olga.get("/users").await.expect(200);
    // The role is taken away while the portal still remembers it.
    site.fake
        .change("olga", |person| person.is_operator = false);
    olga.get("/users").await.expect(403);
}

#[tokio::test]
async fn users_are_found_and_paged_through_sealed_cursors() {
    let site = Site::start().await;
    for n in 0..45 {
        site.fake
            .add(&format!("user{n:02}"), &format!("user{n:02}@example.com"));
    }
    let olga = site.operator().await;
    let mut path = "/users?q=user".to_owned();
    let mut seen = Vec::new();
    for expected in [20, 20, 5] {
        let page = olga.get(&path).await.expect(200);
        let found: Vec<_> = page.body.matches("<th role=\"rowheader\"").collect();
        assert_eq!(found.len(), expected);
        seen.push(page.body.clone());
        let next = page.body.split("rel=\"next\" href=\"").nth(1);
        let Some(next) = next else { break };
        path = next
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&");
        assert!(!path.contains("cursor") && !path.contains("http"), "{path}");
    }
    assert!(seen[0].contains("user00") && seen[2].contains("user44"));

    // A cursor is good for its search and its operator only, and cannot be made up.
    let other = path.replacen("q=user", "q=ada", 1);
    olga.get(&other).await.expect(400);
    olga.get("/users?page=https://evil.example/")
        .await
        .expect(400);
}

#[tokio::test]
async fn an_operator_sets_a_password_that_must_be_changed() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let ada = site.fake.person("ada").unwrap();
    let path = format!("/users/{}", ada.id);
    let page = olga.get(&path).await.expect(200);
    assert!(page.has("ada@example.com") && page.has("checked"));

    let set = format!("{path}/password");
    let page = olga.post(&set, &[("password", "short")]).await.expect(422);
    assert!(page.error_at("password").is_some());
    let fields = [("password", "Given-By-Phone-44"), ("forceChange", "true")];
    olga.post(&set, &fields).await.expect(303);
    let ada = site.fake.person("ada").unwrap();
    assert!(ada.must_change && ada.password == "Given-By-Phone-44");
    assert!(
        olga.get(&path)
            .await
            .has("must be changed at the next sign-on")
    );
}

#[tokio::test]
async fn an_operator_unlocks_enables_disables_and_sends_a_code() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let path = format!("/users/{}", site.fake.person("ada").unwrap().id);
    olga.post(&format!("{path}/enabled"), &[("enabled", "false")])
        .await
        .expect(303);
    assert!(!site.fake.person("ada").unwrap().enabled);
    olga.post(&format!("{path}/recovery-code"), &[])
        .await
        .expect(303);
    assert!(
        olga.get(&path).await.has("disabled or locked"),
        "PingOne refuses, and it is said"
    );
    olga.post(&format!("{path}/enabled"), &[("enabled", "true")])
        .await
        .expect(303);
    assert!(site.fake.person("ada").unwrap().enabled);
    olga.post(&format!("{path}/recovery-code"), &[])
        .await
        .expect(303);
    assert!(site.fake.person("ada").unwrap().code.is_some());

    site.fake.change("ada", |person| {
        (person.is_locked, person.failures) = (true, 5);
    });
    assert!(olga.get(&path).await.has("Locked"));
    olga.post(&format!("{path}/unlock"), &[]).await.expect(303);
    let ada = site.fake.person("ada").unwrap();
    assert!(!ada.is_locked && ada.failures == 0);
}

#[tokio::test]
async fn every_action_is_closed_to_users_without_the_role() {
    let site = Site::start().await;
    site.fake.add("bob", "bob@example.com");
    let ada = site.signed_on("ada").await;
    let bob = site.fake.person("bob").unwrap();
    for action in ["password", "unlock", "enabled", "recovery-code"] {
        let fields = [("password", "Given-By-Phone-44"), ("enabled", "false")];
        ada.post(&format!("/users/{}/{action}", bob.id), &fields)
            .await
            .expect(403);
    }
    ada.get(&format!("/users/{}", bob.id)).await.expect(403);
    let after = site.fake.person("bob").unwrap();
    assert_eq!((after.password, after.enabled), (bob.password, true));
}

#[tokio::test]
async fn an_unknown_user_is_a_page_that_is_not_found() {
    let site = Site::start().await;
    let olga = site.operator().await;
    for id in ["nobody", "00000000-0000-4000-8000-000000000000", "..%2Fv1"] {
        olga.get(&format!("/users/{id}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_token_that_has_died_leads_to_signing_on_and_back_from_every_page() {
    let site = Site::start().await;
    let ada = site.fake.person("ada").unwrap().id;
    let user = format!("/users/{ada}");
    for (path, fields, back) in [
        ("/users?q=a".to_owned(), None, "/users?q=a".to_owned()),
        (user.clone(), None, user.clone()),
        (format!("{user}/unlock"), Some(vec![]), user.clone()),
        (format!("{user}/recovery-code"), Some(vec![]), user.clone()),
        (
            format!("{user}/enabled"),
            Some(vec![("enabled", "false")]),
            user.clone(),
        ),
        (
            format!("{user}/password"),
            Some(vec![("password", NEW)]),
            user.clone(),
        ),
        (
            "/password/change".to_owned(),
            None,
            "/password/change".to_owned(),
        ),
        ("/user/info".to_owned(), None, "/user/info".to_owned()),
    ] {
        let olga = site.operator().await;
        site.clock.advance(SignedDuration::from_mins(1));
        site.fake.revoke_access_tokens();
        let answer = match &fields {
            Some(fields) => olga.post(&path, fields).await,
            None => olga.get(&path).await,
        };
        let begin = answer.expect(303).location().to_owned();
        let begin = Url::parse(&format!("https://localhost:8080{begin}")).unwrap();
        assert_eq!(begin.path(), "/login", "{path}");
        let to = begin.query_pairs().next().unwrap().1.into_owned();
        assert_eq!(to, back, "{path}");
        // The way back works.
        let begun = olga
            .get(&format!("/login?{}", begin.query().unwrap()))
            .await
            .expect(303);
        let answer = site.fake.authorize(&begun.address(), "olga");
        let returned = olga.get(&format!("/callback?{answer}")).await.expect(303);
        assert_eq!(returned.location(), back);
        olga.get(&back).await.expect(200);
    }
    assert!(site.fake.person("ada").unwrap().enabled);
}

#[tokio::test]
async fn a_token_that_dies_right_after_signing_on_leads_to_signing_on_and_in_no_endless_round() {
    let site = Site::start().await;
    let olga = site.operator().await;
    // Somebody disabled the operator a second after the sign-on.
    site.fake.revoke_access_tokens();
    let begin = olga.get("/users").await.expect(303).location().to_owned();
    assert!(begin.starts_with("/login?"), "{begin}");
    let begun = olga.get(&begin).await.expect(303);
    let answer = site.fake.authorize(&begun.address(), "olga");
    olga.get(&format!("/callback?{answer}")).await.expect(303);
    // The new token is refused as well: it is said, instead of going round.
    site.fake.revoke_access_tokens();
    let page = olga.get("/users").await.expect(502);
    assert!(page.has("gave a moment ago"), "{}", page.body);
    site.clock.advance(SignedDuration::from_secs(10));
    olga.get("/users").await.expect(303);
}

#[tokio::test]
async fn nobody_disables_their_own_account() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let own = format!("/users/{}", site.fake.person("olga").unwrap().id);
    let page = olga.get(&own).await.expect(200);
    assert!(page.has("This is your own account."), "{}", page.body);
    assert!(!page.has(&format!("action=\"{own}/enabled\"")));
    // A form that was opened before, or made up.
    olga.post(&format!("{own}/enabled"), &[("enabled", "false")])
        .await
        .expect(303);
    assert!(site.fake.person("olga").unwrap().enabled);
    assert!(olga.get(&own).await.has("Ask another operator"));
    // Setting a password for oneself would end the session in which it was set.
    assert!(!page.has(&format!("action=\"{own}/password\"")));
    let form = [("password", "Brand-New-Secret-7"), ("forceChange", "true")];
    olga.post(&format!("{own}/password"), &form)
        .await
        .expect(303);
    assert!(olga.get(&own).await.has("with the current one"));
    // Somebody else's account has the button.
    let other = format!("/users/{}", site.fake.person("ada").unwrap().id);
    let page = olga.get(&other).await.expect(200);
    assert!(page.has(&format!("action=\"{other}/enabled\"")));
    assert!(!page.has("This is your own account."));
}
