//! Who somebody is that a provider names: newcomers, and accounts that are linked.

use http::StatusCode;
use idp::demo::Account;
use serde_json::json;

use super::{
    Elsewhere, OWN_PASSWORD, at_provider, come_back, import, login_with, map, next_page, obey,
    subject, with_population, world,
};
use crate::management::{Api, id, user_path};
use crate::world::{World, shows, sub_page};

#[tokio::test]
async fn a_newcomer_becomes_a_user_of_the_providers_population_and_comes_back_as_the_same() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    map(
        &api,
        &provider,
        "name.given",
        "${providerAttributes.given_name}",
        "EMPTY_ONLY",
    )
    .await;
    map(
        &api,
        &provider,
        "nickname",
        "${providerAttributes.nick}",
        "ALWAYS",
    )
    .await;
    let at = format!("identityProviders/{provider}");
    let mut object = api.get(&at).await.expect(StatusCode::OK).json();
    object["userInfoEndpoint"] = json!(format!("{}/userinfo", elsewhere.url));
    api.put(&at, &object).await.expect(StatusCode::OK);
    obey(&api, &[login_with(&provider)]).await;

    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    assert_eq!(sent.param("scope"), "openid email");
    assert_eq!(sent.param("code_challenge_method"), "S256");
    let redirect_uri = sent.param("redirect_uri");
    let environment = world.demo.environment_id;
    assert_eq!(
        redirect_uri,
        format!("https://localhost:9443/{environment}/rp/callback/openid_connect")
    );
    elsewhere.said().user_info = json!({ "sub": "person-1", "nick": "Al" });
    let person = json!({ "email": "al@elsewhere.example", "given_name": "Alan" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person).await;
    let received = browser.resume(&answer).await;
    let first = subject(&world, &received).await;
    let (form, header) = elsewhere.said().asked.pop().unwrap();
    assert_eq!(form["redirect_uri"], redirect_uri);
    let verifier = protocol::oauth::CodeVerifier::parse(&form["code_verifier"]).unwrap();
    assert_eq!(verifier.challenge().as_str(), sent.param("code_challenge"));
    assert_eq!(header, crate::world::basic("an-id", "a-secret"));
    assert_eq!(first.get("amr"), None, "no password was given: {first}");

    let user = format!("users/{}", first["sub"].as_str().unwrap());
    let made = api.get(&user).await.expect(StatusCode::OK).json();
    assert_eq!(made["username"], "person-1");
    assert_eq!(made["identityProvider"]["id"], json!(provider));
    assert_eq!(
        (&made["name"]["given"], &made["nickname"]),
        (&json!("Alan"), &json!("Al"))
    );
    let accounts = api.get(&format!("{user}/linkedAccounts")).await;
    let accounts = accounts.expect(StatusCode::OK).json();
    let account = &accounts["_embedded"]["linkedAccounts"][0];
    assert_eq!(account["externalId"], "person-1");
    assert_eq!(account["identityProvider"]["id"], json!(provider));

    // What is there stays, unless the mapping says otherwise.
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    elsewhere.said().user_info = json!({ "sub": "person-1", "nick": "Turing" });
    let person = json!({ "email": "other@elsewhere.example", "given_name": "Mathison" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person).await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["sub"], first["sub"]);
    let now = api.get(&user).await.expect(StatusCode::OK).json();
    assert_eq!(now["email"], "al@elsewhere.example");
    assert_eq!(
        (&now["name"]["given"], &now["nickname"]),
        (&json!("Alan"), &json!("Turing"))
    );

    // Once it is taken away, the identity is nobody's, and the name is taken.
    let gone = format!("{user}/linkedAccounts/{}", id(account));
    api.delete(&gone).await.expect(StatusCode::NO_CONTENT);
    let rows = db::Statement::new("SELECT subject FROM linked_identities");
    assert!(world.db.read(rows).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_identity_is_linked_by_the_password_of_the_account_and_never_by_its_address() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    map(
        &api,
        &provider,
        "email",
        "${providerAttributes.email}",
        "ALWAYS",
    )
    .await;
    obey(&api, &[login_with(&provider)]).await;
    let mina = import(&api, "mina").await;

    let mut pages = Vec::new();
    let mut last = None;
    for address in ["nobody@example.com", "mina@example.com"] {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        let claims = json!({ "email": address, "email_verified": true });
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, claims).await;
        let shown = next_page(&mut browser, &answer).await;
        shows(&shown, StatusCode::OK, "Connect your account");
        let flow = page
            .split("flowId=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        pages.push(shown.body.replace(flow, "flow"));
        last = Some((browser, page));
    }
    assert_eq!(
        pages[0], pages[1],
        "nobody is told whether an address is known"
    );
    let (mut browser, page) = last.unwrap();
    let connect = sub_page(&page, "connect");
    let mut told = Vec::new();
    for name in ["nobody", "mina"] {
        let wrong = browser.give(&connect, name, "Wrong-Password-1").await;
        shows(
            &wrong,
            StatusCode::UNPROCESSABLE_ENTITY,
            "The username or the password is wrong.",
        );
        told.push(wrong.body.replace(name, "x"));
    }
    assert_eq!(told[0], told[1]);
    let mut stranger = world.browser();
    stranger.get(&page).await.expect(StatusCode::FORBIDDEN);
    let right = browser.give(&connect, "mina", OWN_PASSWORD).await;
    let received = browser.resume(&right).await;
    let token = subject(&world, &received).await;
    assert_eq!(
        (&token["sub"], &token["amr"]),
        (&mina["id"], &json!(["pwd"]))
    );

    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let claims = json!({ "email": "nobody@example.com" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, claims).await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["sub"], mina["id"]);
    // The password goes on to be hers.
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let right = browser.give(&page, "mina", OWN_PASSWORD).await;
    browser.resume(&right).await.param("code");
    // A provider moves the mailbox to nowhere.
    let user = api
        .get(&user_path(&mina))
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(user["email"], "nobody@example.com");
    assert_eq!(user.get("emailVerified"), None);
}

async fn two_accounts_cannot_take_one_identity(world: World) {
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    obey(&api, &[login_with(&provider)]).await;
    let users = [import(&api, "mina").await, import(&api, "nils").await];
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, json!({})).await;
        let shown = next_page(&mut browser, &answer).await;
        shows(&shown, StatusCode::OK, "Connect your account");
        waiting.push((browser, page));
    }
    let (mut second, second_page) = waiting.pop().unwrap();
    let (mut first, first_page) = waiting.pop().unwrap();
    let answer = first
        .give(&sub_page(&first_page, "connect"), "mina", OWN_PASSWORD)
        .await;
    first.resume(&answer).await.param("code");
    let answer = second
        .give(&sub_page(&second_page, "connect"), "nils", OWN_PASSWORD)
        .await;
    assert!(!answer.location().contains("/as/resume"), "{answer:?}");
    // His password was right all the same, and no try stays counted.
    let failures = db::Statement::new("SELECT failures FROM user_passwords WHERE failures > 0");
    assert!(world.db.read(failures).await.unwrap().is_empty());
    for (user, count) in users.iter().zip([1, 0]) {
        let accounts = api
            .get(&format!("{}/linkedAccounts", user_path(user)))
            .await;
        let accounts = accounts.expect(StatusCode::OK).json();
        assert_eq!(accounts["count"], json!(count), "{accounts}");
    }
}

#[tokio::test]
async fn who_registers_by_a_provider_confirms_the_data_and_proves_the_address_known_or_not() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    map(
        &api,
        &provider,
        "email",
        "${providerAttributes.email}",
        "EMPTY_ONLY",
    )
    .await;
    map(
        &api,
        &provider,
        "name.given",
        "${providerAttributes.given_name}",
        "EMPTY_ONLY",
    )
    .await;
    let mut action = login_with(&provider);
    action["registration"] = json!({
        "enabled": true, "confirmIdentityProviderAttributes": true,
    });
    obey(&api, &[action]).await;
    import(&api, "mina").await;
    let mut pages = Vec::new();
    for (subject, address) in [
        ("person-2", "mina@example.com"),
        ("person-3", "nora@example.com"),
    ] {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        let claims = json!({ "sub": subject, "email": address, "given_name": "Nora" });
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, claims).await;
        let shown = next_page(&mut browser, &answer).await;
        shows(&shown, StatusCode::OK, "Create account");
        let wants = browser.post(&sub_page(&page, "connect/account"), &[]).await;
        let shown = next_page(&mut browser, &wants).await;
        shows(&shown, StatusCode::OK, "value=\"Nora\"");
        assert!(shown.body.contains(&format!("value=\"{address}\"")));
        let confirm = sub_page(&page, "confirm");
        let form = |name, family| {
            [
                ("username", name),
                ("email", address),
                ("givenName", "Nora"),
                ("familyName", family),
            ]
        };
        let bad = browser.post(&confirm, &form("nora\u{115f}", "<b>")).await;
        shows(
            &bad,
            StatusCode::UNPROCESSABLE_ENTITY,
            "A username has 1 to 128 characters.",
        );
        shows(&bad, StatusCode::UNPROCESSABLE_ENTITY, "A name has letters");
        let taken = browser.post(&confirm, &form("demo", "King")).await;
        shows(
            &taken,
            StatusCode::UNPROCESSABLE_ENTITY,
            "This username is taken.",
        );
        let name = subject.replace("person", "nora");
        let made = browser.post(&confirm, &form(&name, "King")).await;
        let shown = next_page(&mut browser, &made).await;
        shows(&shown, StatusCode::OK, "Confirm your");
        let flow = page
            .split("flowId=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        pages.push(shown.body.replace(flow, "flow").replace(address, "address"));
        if address.starts_with("nora") {
            let code = world.awaited_code(address).await;
            let verify = sub_page(&page, "verify");
            let proved = browser.post(&verify, &[("verificationCode", &code)]).await;
            let received = browser.resume(&proved).await;
            let token = self::subject(&world, &received).await;
            let user = format!("users/{}", token["sub"].as_str().unwrap());
            let user = api.get(&user).await.expect(StatusCode::OK).json();
            assert_eq!(user["username"], "nora-3");
            assert_eq!(user["name"], json!({ "given": "Nora", "family": "King" }));
            assert_eq!(user["identityProvider"]["type"], "PING_ONE");
        }
    }
    assert_eq!(
        pages[0], pages[1],
        "nobody is told whether an address is known"
    );
    assert_eq!(api.users_by("username sw \"nora-\"").await, ["nora-3"]);
}

#[tokio::test]
async fn the_default_provider_of_a_population_knows_its_users_who_have_none_of_their_own() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let mut providers = Vec::new();
    for name in ["Partner", "Other"] {
        providers.push(id(&api
            .make("identityProviders", &elsewhere.object(name))
            .await));
    }
    obey(&api, &[login_with(&providers[0])]).await;
    let crew = api.make_population("Crew").await;
    let mut users = Vec::new();
    for (name, provider, has_password) in [
        ("mina", None, false),
        ("nora", Some(&providers[1]), false),
        ("mallory", None, true),
    ] {
        let mut user = json!({
            "username": name, "email": format!("{name}@example.com"),
            "population": { "id": crew },
        });
        if has_password {
            user["password"] = json!({ "value": OWN_PASSWORD });
        }
        let user = api.import(&user).await.expect(StatusCode::CREATED).json();
        if let Some(provider) = provider {
            let path = format!("{}/identityProvider", user_path(&user));
            let body = json!({ "identityProvider": { "id": provider } });
            api.put(&path, &body).await.expect(StatusCode::OK);
        }
        users.push(user);
    }
    let comes_back = async |name: &str| {
        let (mut browser, _, sent) = at_provider(&world, "Partner").await;
        let claims = json!({ "sub": name });
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, claims).await;
        (browser, answer)
    };
    // Until the population says so, a name alone makes nobody.
    let (mut browser, answer) = comes_back("mina").await;
    let shown = next_page(&mut browser, &answer).await;
    shows(&shown, StatusCode::OK, "Connect your account");
    let at = format!("populations/{crew}/defaultIdentityProvider");
    let set = json!({ "id": providers[0] });
    api.put(&at, &set).await.expect(StatusCode::OK);
    let (mut browser, answer) = comes_back("mina").await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["sub"], users[0]["id"]);
    // The provider of a user's own goes before it, and whoever has a password gives it first: anybody
    // may have registered under the name that somebody has at the provider.
    for name in ["nora", "mallory"] {
        let (mut browser, answer) = comes_back(name).await;
        let shown = next_page(&mut browser, &answer).await;
        shows(&shown, StatusCode::OK, "Connect your account");
    }
}

#[tokio::test]
async fn whose_credentials_are_kept_elsewhere_signs_on_there_alone() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    obey(&api, &[login_with(&provider)]).await;
    let user = import(&api, "mina").await;
    let bound = Account::clone(&world.demo.user);
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let right = browser.give(&page, "mina", OWN_PASSWORD).await;
    browser.resume(&right).await.param("code");
    let path = format!("{}/identityProvider", user_path(&user));
    let body = json!({ "identityProvider": { "id": provider } });
    api.put(&path, &body).await.expect(StatusCode::OK);

    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let mut told = Vec::new();
    for name in ["mina", "nobo"] {
        let refused = browser.give(&page, name, OWN_PASSWORD).await;
        shows(
            &refused,
            StatusCode::UNPROCESSABLE_ENTITY,
            "The username or the password is wrong.",
        );
        told.push(refused.body.replace(name, "x"));
    }
    assert_eq!(told[0], told[1]);
    let forgot = sub_page(&page, "forgot");
    browser.post(&forgot, &[("username", "mina")]).await;
    assert_eq!(world.mailed_code("mina@example.com").await, None);

    // The provider calls her by the name that she has here; nobody else is taken for her.
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let other = json!({ "sub": "demo" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, other).await;
    let shown = next_page(&mut browser, &answer).await;
    shows(&shown, StatusCode::OK, "Connect your account");
    assert_eq!(bound.username, "demo");
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(
        &world,
        &mut browser,
        &elsewhere,
        &sent,
        json!({ "sub": "mina" }),
    )
    .await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["sub"], user["id"]);

    let disable = json!({ "enabled": false });
    let path = format!("{}/enabled", user_path(&user));
    api.put(&path, &disable).await.expect(StatusCode::OK);
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(
        &world,
        &mut browser,
        &elsewhere,
        &sent,
        json!({ "sub": "mina" }),
    )
    .await;
    let told = next_page(&mut browser, &answer).await;
    shows(&told, StatusCode::OK, "cannot be used in this way");
}

on_each_engine! {
    |settings| settings.mode = ui::Mode::Development;
    two_accounts_cannot_take_one_identity
}
