//! The operator's pages.

use jiff::SignedDuration;
use protocol::SystemRandom;
use protocol::id::SessionId;
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
    let actions = [
        "password",
        "unlock",
        "enabled",
        "recovery-code",
        "verification-code",
        "edit",
        "delete",
        "sessions/end",
        "sessions/end-all",
    ];
    for action in actions {
        let fields = [("password", "Given-By-Phone-44"), ("enabled", "false")];
        ada.post(&format!("/users/{}/{action}", bob.id), &fields)
            .await
            .expect(403);
    }
    for page in ["", "/edit", "/delete"] {
        ada.get(&format!("/users/{}{page}", bob.id))
            .await
            .expect(403);
    }
    ada.get("/users/new").await.expect(403);
    ada.post("/users/new", &[("email", "x@example.com")])
        .await
        .expect(403);
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

#[tokio::test]
async fn the_list_is_narrowed_by_words_and_by_state() {
    let site = Site::start().await;
    for name in ["dora", "dan", "lou"] {
        site.fake.add(name, &format!("{name}@example.com"));
    }
    site.fake.change("dora", |person| {
        (person.given, person.family) = (Some("Dora".into()), Some("Lovelace".into()));
    });
    site.fake.change("dan", |person| {
        (person.enabled, person.is_locked) = (false, true);
    });
    site.fake.change("lou", |person| person.is_locked = true);
    let olga = site.operator().await;
    let names = ["ada", "dora", "dan", "lou", "olga"];
    for (query, expected) in [
        ("?q=d", vec!["dora", "dan"]),
        ("?q=dor+love", vec!["dora"]),
        ("?q=ora", vec![]),
        ("?q=ORA&place=anywhere", vec!["dora"]),
        ("?q=lace+do&place=anywhere", vec!["dora"]),
        ("?q=lace+zan&place=anywhere", vec![]),
        ("?q=an&place=anywhere&state=enabled", vec![]),
        ("?q=an&place=anywhere&state=disabled", vec!["dan"]),
        ("?q=o&place=anywhere&state=locked", vec!["dan", "lou"]),
        ("?state=disabled", vec!["dan"]),
        ("?state=enabled&q=d", vec!["dora"]),
        ("?state=locked", vec!["dan", "lou"]),
        ("?state=locked&q=lou", vec!["lou"]),
    ] {
        let page = olga.get(&format!("/users{query}")).await.expect(200);
        let found: Vec<_> = names
            .into_iter()
            .filter(|name| page.has(&format!(">{name}</a>")))
            .collect();
        assert_eq!(found, expected, "{query}");
    }
    let page = olga.get("/users?q=dan").await;
    assert!(
        page.has(">Disabled<") && page.has(">Locked<"),
        "both are said"
    );
    let page = olga.get("/users?q=velace&state=enabled").await.expect(200);
    let anywhere = "/users?q=velace&#38;place=anywhere&#38;state=enabled";
    assert!(page.has(anywhere), "what begins nothing may be inside");
    let page = olga.get(&anywhere.replace("&#38;", "&")).await.expect(200);
    assert!(page.has(">dora</a>") && !page.has("Look for it anywhere"));
}

/// PingOne cannot be asked for locked accounts, nor for the middle of a word, so there is a bound to how
/// many users are looked at.
#[tokio::test]
async fn users_are_found_however_far_down_they_are() {
    let site = Site::start().await;
    for n in 0..700 {
        site.fake
            .add(&format!("user{n:03}"), &format!("user{n:03}@example.com"));
    }
    site.fake
        .change("user650", |person| person.is_locked = true);
    let olga = site.operator().await;
    for query in ["q=user&state=locked", "q=ser650&place=anywhere"] {
        let page = olga.get(&format!("/users?{query}")).await.expect(200);
        assert!(page.has("None among the first 500"), "{}", page.body);
        let next = page.body.split("rel=\"next\" href=\"").nth(1).unwrap();
        let next = next.split('"').next().unwrap().replace("&#38;", "&");
        let page = olga.get(&next).await.expect(200);
        assert!(page.has(">user650</a>") && !page.has("rel=\"next\""));
    }
}

#[tokio::test]
async fn every_way_back_leads_to_the_search() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let list = olga.get("/users?q=ada&state=enabled").await.expect(200);
    let ada = site.fake.person("ada").unwrap().id;
    let link = list.body.split("<th role=\"rowheader\"").nth(1).unwrap();
    let link = link.split("href=\"").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    assert!(link.starts_with(&format!("/users/{ada}?back=")), "{link}");
    let back = "href=\"/users?q=ada&#38;state=enabled\"";
    assert!(olga.get(&link).await.expect(200).has(back));
    let (path, carried) = link.split_once('?').unwrap();
    for (action, fields) in [
        ("unlock", vec![]),
        ("recovery-code", vec![]),
        ("verification-code", vec![]),
        ("enabled", vec![("enabled", "true")]),
        ("sessions/end-all", vec![]),
    ] {
        let page = olga
            .post(&format!("{path}/{action}?{carried}"), &fields)
            .await;
        assert_eq!(page.expect(303).location(), link, "{action}");
    }
    let page = olga.post(&format!("{path}/delete?{carried}"), &[]).await;
    assert_eq!(page.expect(303).location(), "/users?q=ada&state=enabled");
    // Nothing but a search is taken along.
    let page = olga
        .get("/users/new?back=https%3A%2F%2Fevil.example%2F%3Fq%3Dx")
        .await
        .expect(200);
    assert!(!page.has("evil"), "{}", page.body);
}

#[tokio::test]
async fn an_operator_creates_edits_and_deletes_a_user() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let fields = [
        ("email", "grace@example.com"),
        ("givenName", "Grace"),
        ("familyName", "Hopper"),
        ("username", "grace"),
        ("password", "Given-By-Phone-44"),
        ("forceChange", "true"),
        ("verify", "true"),
    ];
    let mut weak = fields;
    weak[4] = ("password", "short");
    let page = olga.post("/users/new", &weak).await.expect(422);
    assert!(page.error_at("password").is_some(), "{}", page.body);
    assert!(page.has("value=\"Hopper\"") && site.fake.person("grace").is_none());
    let mut taken = fields;
    taken[3] = ("username", "ada");
    let page = olga.post("/users/new", &taken).await.expect(422);
    assert!(page.error_at("username").is_some(), "{}", page.body);

    let made = olga.post("/users/new", &fields).await.expect(303);
    let grace = site.fake.person("grace").unwrap();
    assert_eq!(made.location(), format!("/users/{}", grace.id));
    assert!(grace.must_change && grace.needs_verification);
    assert_eq!(grace.family.as_deref(), Some("Hopper"));

    let edit = format!("/users/{}/edit", grace.id);
    let page = olga.get(&edit).await.expect(200);
    assert!(page.has("value=\"grace@example.com\""));
    let page = olga.post(&edit, &[("email", "nowhere")]).await.expect(422);
    assert!(page.error_at("email").is_some() && page.error_at("username").is_some());
    let fields = [
        ("email", "hopper@example.com"),
        ("givenName", "Grace"),
        ("familyName", "Murray Hopper"),
        ("username", "hopper"),
    ];
    olga.post(&edit, &fields).await.expect(303);
    let hopper = site.fake.person("hopper").unwrap();
    assert_eq!(hopper.id, grace.id);
    assert_eq!(hopper.email, "hopper@example.com");
    assert_eq!(hopper.family.as_deref(), Some("Murray Hopper"));

    let delete = format!("/users/{}/delete", grace.id);
    let page = olga.get(&delete).await.expect(200);
    assert!(page.has("hopper@example.com") && site.fake.person("hopper").is_some());
    olga.post(&delete, &[]).await.expect(303);
    assert!(site.fake.person("hopper").is_none());
    assert!(olga.get("/users").await.has("hopper was deleted."));
}

#[tokio::test]
async fn an_operator_sees_and_ends_sessions() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let ada = site.fake.person("ada").unwrap().id;
    let path = format!("/users/{ada}");
    let page = olga.get(&path).await.expect(200);
    assert!(page.has("Nowhere at the moment."), "{}", page.body);
    let sessions = [0, 1, 2].map(|_| SessionId::random(&SystemRandom));
    for session in sessions {
        site.fake.world().sessions.push((ada, session));
    }
    let page = olga.get(&path).await.expect(200);
    assert_eq!(page.body.matches("name=\"session\"").count(), 3);
    let end = format!("{path}/sessions/end");
    let id = sessions[0].to_string();
    for _ in 0..2 {
        olga.post(&end, &[("session", &id)]).await.expect(303);
    }
    assert!(olga.get(&path).await.has("has ended already"));
    assert_eq!(site.fake.world().sessions.len(), 2);
    olga.post(&format!("{path}/sessions/end-all"), &[])
        .await
        .expect(303);
    assert!(site.fake.world().sessions.is_empty());
}

#[tokio::test]
async fn a_verification_code_goes_to_whoever_has_not_confirmed_their_address() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let ada = site.fake.person("ada").unwrap();
    let path = format!("/users/{}", ada.id);
    let send = format!("{path}/verification-code");
    assert!(olga.get(&path).await.has(&format!("action=\"{send}\"")));
    olga.post(&send, &[]).await.expect(303);
    assert!(site.fake.person("ada").unwrap().needs_verification);
    assert!(
        olga.get(&path)
            .await
            .has("A verification code was sent to ada")
    );
    site.fake.world().mails_are_used_up = true;
    olga.post(&send, &[]).await.expect(303);
    assert!(olga.get(&path).await.has("Too many emails"));
    site.fake.change("ada", |person| {
        (person.email_verified, person.needs_verification) = (true, false);
    });
    assert!(!olga.get(&path).await.has(&format!("action=\"{send}\"")));
    olga.post(&send, &[]).await.expect(303);
    assert!(!site.fake.person("ada").unwrap().needs_verification);
}

#[tokio::test]
async fn operators_leave_their_own_account_to_others_and_to_its_own_pages() {
    let site = Site::start().await;
    let olga = site.operator().await;
    let own = format!("/users/{}", site.fake.person("olga").unwrap().id);
    for (part, said) in [
        ("edit", "under “Profile”"),
        ("delete", "under “Your data”"),
        ("sessions/end-all", "under “Security”"),
    ] {
        let path = format!("{own}/{part}");
        if part != "sessions/end-all" {
            olga.get(&path).await.expect(303);
            assert!(olga.get(&own).await.has(said));
        }
        olga.post(&path, &[("email", "x@example.com")])
            .await
            .expect(303);
        assert!(olga.get(&own).await.has(said), "{part}");
    }
    let olga = site.fake.person("olga").unwrap();
    assert_eq!(olga.email, "olga@example.com");
}
