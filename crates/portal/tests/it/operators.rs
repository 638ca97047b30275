//! The operator's pages.

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
