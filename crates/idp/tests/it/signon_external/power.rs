//! What a name at a provider is worth, and what nobody gains by setting one up.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Elsewhere, at_provider, come_back, import, login_with, map, next_page, obey, subject,
    with_population,
};
use crate::management::{Api, id, user_path};
use crate::world::{Answer, Browser, World, shows};

const NOT_IN_THIS_WAY: &str = "cannot be used in this way";

/// Somebody whom the provider of that name says these things of.
async fn arrive(world: &World, elsewhere: &Elsewhere, claims: Value) -> (Browser, Answer) {
    let (mut browser, _, sent) = at_provider(world, "Partner").await;
    let answer = come_back(world, &mut browser, elsewhere, &sent, claims).await;
    (browser, answer)
}

async fn count_of_links(api: &Api<'_>, user: &str) -> Value {
    let accounts = api.get(&format!("{user}/linkedAccounts")).await;
    accounts.expect(StatusCode::OK).json()["count"].clone()
}

async fn give_role(api: &Api<'_>, user: &str) {
    let environment = api.environment.to_string();
    let role = api
        .assignment("Identity Data Admin", "ENVIRONMENT", &environment)
        .await;
    api.make(&format!("{user}/roleAssignments"), &role).await;
}

/// Has the provider's users be called as it calls them.
async fn call_by_preferred_name(api: &Api<'_>, provider: &str) {
    let attributes = format!("identityProviders/{provider}/attributes");
    let page = api.get(&attributes).await.expect(StatusCode::OK).json();
    let mut all = page["_embedded"]["attributes"].as_array().unwrap().iter();
    let core = all.find(|one| one["mappingType"] == "CORE").unwrap();
    let called = json!({ "name": "username", "value": "${providerAttributes.preferred_username}" });
    let core = format!("{attributes}/{}", id(core));
    api.put(&core, &called).await.expect(StatusCode::OK);
}

async fn a_name_binds_nobody_who_was_named_before_or_holds_roles(world: World) {
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    call_by_preferred_name(&api, &provider).await;
    obey(&api, &[login_with(&provider)]).await;
    let person = |subject: &str, name: &str| {
        json!({
            "sub": subject, "preferred_username": name,
            "email": format!("{subject}@elsewhere.example"),
        })
    };

    let (mut browser, answer) = arrive(&world, &elsewhere, person("person-1", "vic")).await;
    let received = browser.resume(&answer).await;
    let vic = subject(&world, &received).await["sub"].clone();
    let vic = format!("users/{}", vic.as_str().unwrap());
    let (_, answer) = arrive(&world, &elsewhere, person("person-9", "vic")).await;
    assert!(!answer.location().contains("/as/resume"), "{answer:?}");
    assert_eq!(count_of_links(&api, &vic).await, 1);

    for (name, is_bound) in [("mina", true), ("boss", false)] {
        let user = user_path(&import(&api, name).await);
        if !is_bound {
            give_role(&api, &user).await;
        }
        let kept = json!({ "identityProvider": { "id": provider } });
        let path = format!("{user}/identityProvider");
        api.put(&path, &kept).await.expect(StatusCode::OK);
        let (_, answer) = arrive(&world, &elsewhere, person(name, name)).await;
        let is_signed_on = answer.location().contains("/as/resume");
        assert_eq!(is_signed_on, is_bound, "{name}: {answer:?}");
        assert_eq!(
            count_of_links(&api, &user).await,
            u8::from(is_bound),
            "{name}"
        );
    }
}

async fn who_sets_a_provider_up_signs_on_as_nobody_more_powerful(world: World) {
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    obey(&api, &[login_with(&provider)]).await;
    let person =
        |subject: &str| json!({ "sub": subject, "email": format!("{subject}@elsewhere.example") });
    let (mut browser, answer) = arrive(&world, &elsewhere, person("boss")).await;
    let received = browser.resume(&answer).await;
    let boss = subject(&world, &received).await["sub"].clone();
    give_role(&api, &format!("users/{}", boss.as_str().unwrap())).await;
    let weaker = api.worker_with("Weaker", &["Environment Admin"]).await;
    let at = format!("identityProviders/{provider}");
    let attribute = json!({
        "name": "nickname", "value": "${providerAttributes.sub}", "ofAllRoles": true,
    });

    let mut mapping = String::new();
    for (what, is_trusted) in [
        ("as it was made", true),
        ("a provider of the weaker one", false),
        ("a provider of everything", true),
        ("a mapping of the weaker one", false),
        ("a mapping of everything", true),
    ] {
        match what {
            "a provider of the weaker one" => {
                let mut object = weaker.get(&at).await.expect(StatusCode::OK).json();
                assert_eq!(object.get("ofAllRoles"), None);
                object["ofAllRoles"] = json!(true);
                weaker.put(&at, &object).await.expect(StatusCode::OK);
            }
            "a provider of everything" => {
                let object = api.get(&at).await.expect(StatusCode::OK).json();
                api.put(&at, &object).await.expect(StatusCode::OK);
            }
            "a mapping of the weaker one" => {
                let made = weaker.make(&format!("{at}/attributes"), &attribute).await;
                assert_eq!(made.get("ofAllRoles"), None);
                mapping = format!("{at}/attributes/{}", id(&made));
            }
            "a mapping of everything" => {
                api.put(&mapping, &attribute).await.expect(StatusCode::OK);
            }
            _ => {}
        }
        let (mut browser, answer) = arrive(&world, &elsewhere, person("boss")).await;
        if is_trusted {
            let received = browser.resume(&answer).await;
            assert_eq!(subject(&world, &received).await["sub"], boss, "{what}");
        } else {
            let told = next_page(&mut browser, &answer).await;
            shows(&told, StatusCode::OK, NOT_IN_THIS_WAY);
        }
        // Who holds no roles signs on either way.
        let (mut browser, answer) = arrive(&world, &elsewhere, person("somebody")).await;
        browser.resume(&answer).await.param("code");
    }
}

async fn a_value_that_somebody_else_has_is_left_out_alone(world: World) {
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    let schemas = api.get("schemas").await.expect(StatusCode::OK).json();
    let attributes = format!(
        "schemas/{}/attributes",
        id(&schemas["_embedded"]["schemas"][0])
    );
    let badge = json!({ "name": "badge", "type": "STRING", "enabled": true, "unique": true });
    api.make(&attributes, &badge).await;
    let other = json!({ "username": "ada", "email": "ada@example.com", "badge": "A-1" });
    api.make("users", &other).await;
    for name in ["badge", "nickname"] {
        let value = format!("${{providerAttributes.{name}}}");
        map(&api, &provider, name, &value, "ALWAYS").await;
    }
    obey(&api, &[login_with(&provider)]).await;

    let mut person = json!({ "email": "al@elsewhere.example", "badge": "A-2" });
    let (mut browser, answer) = arrive(&world, &elsewhere, person.clone()).await;
    let received = browser.resume(&answer).await;
    let user = subject(&world, &received).await["sub"].clone();
    person["badge"] = json!("A-1");
    person["nickname"] = json!("Al");
    let (mut browser, answer) = arrive(&world, &elsewhere, person).await;
    browser.resume(&answer).await.param("code");
    let user = format!("users/{}", user.as_str().unwrap());
    let user = api.get(&user).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&user["badge"], &user["nickname"]),
        (&json!("A-2"), &json!("Al"))
    );
}

on_each_engine! {
    |settings| settings.mode = ui::Mode::Development;
    a_name_binds_nobody_who_was_named_before_or_holds_roles
    who_sets_a_provider_up_signs_on_as_nobody_more_powerful
    a_value_that_somebody_else_has_is_left_out_alone
}
