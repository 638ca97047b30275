//! The calls of the management API, one by one, as they travel.

use futures_util::TryStreamExt as _;
use pingone::management::{Deletable, Kind, Replaceable};
use pingone::{
    ErrorKind, Method, Name, NewUser, Password, PasswordStatus, Patch, PopulationId, RecoveryCode,
    TemplateContent, TemplateContentId, UserPatch, VerificationCode, scim,
};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::*;

/// Answers only the exact call: method, path, media type, body.
async fn expect_call(
    server: &MockServer,
    http_method: &str,
    at: &str,
    media_type: &str,
    body: Option<Value>,
    response: ResponseTemplate,
) {
    let mut mock = Mock::given(method(http_method))
        .and(path(in_environment(at)))
        .and(header("authorization", "Bearer user-token-hush"))
        .and(header("content-type", media_type));
    if let Some(body) = body {
        mock = mock.and(body_json(body));
    }
    mock.respond_with(response).mount(server).await;
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn a_user_without_a_password_is_created_plainly() {
    let server = MockServer::start().await;
    let body = json!({"username": "ada", "email": "ada@example.com",
        "population": {"id": USER}, "name": {"given": "Ada"}, "locale": "en-GB"});
    let created = ResponseTemplate::new(201).set_body_json(user("ada"));
    expect_call(
        &server,
        "POST",
        "users",
        "application/json",
        Some(body),
        created,
    )
    .await;
    let ada = NewUser::new("ada", "ada@example.com")
        .population(PopulationId::parse(USER).unwrap())
        .name(Name::new().given("Ada"))
        .attribute("locale", "en-GB");
    assert_eq!(
        as_user(&server).users().create(&ada).await.unwrap().id,
        user_id()
    );
}

/// Defect 14 of the origin samples: user and password were made by two calls.
#[tokio::test]
async fn user_and_password_are_created_in_one_call() {
    let server = MockServer::start().await;
    let body = json!({"username": "ada", "email": "ada@example.com",
        "lifecycle": {"status": "VERIFICATION_REQUIRED"},
        "password": {"value": "Sunny-Harbour-42", "forceChange": false}});
    let created = ResponseTemplate::new(201).set_body_json(user("ada"));
    let media_type = "application/vnd.pingidentity.user.import+json";
    expect_call(&server, "POST", "users", media_type, Some(body), created).await;
    let ada = NewUser::new("ada", "ada@example.com")
        .password(Password::new("Sunny-Harbour-42"))
        .verification_required();
    as_user(&server).users().create(&ada).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_password_call_has_its_media_type_and_body() {
    let server = MockServer::start().await;
    let at = format!("users/{USER}/password");
    let vendor = |action: &str| format!("application/vnd.pingidentity.password.{action}+json");
    for (http_method, action, body) in [
        ("POST", "check", Some(json!({"password": "old"}))),
        ("PUT", "set", Some(json!({"value": "new"}))),
        (
            "PUT",
            "set",
            Some(json!({"value": "new", "forceChange": true})),
        ),
        (
            "PUT",
            "reset",
            Some(json!({"currentPassword": "old", "newPassword": "new"})),
        ),
        ("POST", "forceChange", None),
        ("POST", "unlock", None),
        ("POST", "sendRecoveryCode", None),
        (
            "POST",
            "recover",
            Some(json!({"recoveryCode": "ABCD2345", "newPassword": "new"})),
        ),
    ] {
        let response = ok(password_state("OK"));
        expect_call(&server, http_method, &at, &vendor(action), body, response).await;
    }
    let client = as_user(&server);
    let passwords = client.passwords(user_id());
    let (old, new) = (Password::new("old"), Password::new("new"));
    let code = RecoveryCode::from_typed("abcd-2345");
    assert_eq!(
        passwords.check(&old).await.unwrap().status,
        PasswordStatus::Ok
    );
    passwords.set(&new).await.unwrap();
    passwords.set_and_force_change(&new).await.unwrap();
    passwords.reset(&old, &new).await.unwrap();
    passwords.force_change().await.unwrap();
    passwords.unlock().await.unwrap();
    passwords.send_recovery_code().await.unwrap();
    passwords.recover(&code, &new).await.unwrap();
}

#[tokio::test]
async fn every_account_call_has_its_media_type_and_body() {
    let server = MockServer::start().await;
    let at = format!("users/{USER}");
    for (action, body) in [
        ("account.lock", None),
        ("account.unlock", None),
        ("user.sendVerificationCode", None),
        ("user.verify", Some(json!({"verificationCode": "ABCD2345"}))),
    ] {
        let media_type = format!("application/vnd.pingidentity.{action}+json");
        expect_call(&server, "POST", &at, &media_type, body, ok(user("ada"))).await;
    }
    for enabled in [true, false] {
        let body = json!({"enabled": enabled});
        let at = format!("{at}/enabled");
        expect_call(
            &server,
            "PUT",
            &at,
            "application/json",
            Some(body.clone()),
            ok(body),
        )
        .await;
    }
    let patch = json!({"email": "ada@new.example", "name": null});
    expect_call(
        &server,
        "PATCH",
        &at,
        "application/json",
        Some(patch),
        ok(user("ada")),
    )
    .await;
    answer(
        &server,
        "DELETE",
        &in_environment(&at),
        ResponseTemplate::new(204),
    )
    .await;

    let client = as_user(&server);
    let users = client.users();
    users.lock(user_id()).await.unwrap();
    users.unlock(user_id()).await.unwrap();
    users.send_verification_code(user_id()).await.unwrap();
    users
        .verify(user_id(), &VerificationCode::from_typed("abcd2345"))
        .await
        .unwrap();
    users.enable(user_id()).await.unwrap();
    users.disable(user_id()).await.unwrap();
    let mut patch = UserPatch::default();
    patch.email = Patch::Set("ada@new.example".to_owned());
    patch.name = Patch::Clear;
    users.update(user_id(), &patch).await.unwrap();
    users.delete(user_id()).await.unwrap();
}

/// Defect 9 of the origin samples: the name went between the filter's quotes as it was typed.
#[tokio::test]
async fn what_a_visitor_types_cannot_become_filter_syntax() {
    let server = MockServer::start().await;
    Mock::given(path(in_environment("users")))
        .and(query_param(
            "filter",
            r#"username eq "x\" or enabled eq true" or email eq "x\" or enabled eq true""#,
        ))
        .respond_with(ok(
            json!({"_embedded": {"users": []}, "count": 0, "size": 0}),
        ))
        .mount(&server)
        .await;
    let found = as_user(&server)
        .users()
        .find_by_username_or_email(r#"x" or enabled eq true"#)
        .await
        .unwrap();
    assert!(found.is_none());
}

#[tokio::test]
async fn the_username_wins_and_a_shared_address_finds_nobody() {
    let person = |n: u32, username: &str, email: &str| {
        json!({"id": format!("1f0a7f4a-2bd1-4a5c-8d5e-3f1fd7f7c0a{n}"),
            "environment": {"id": ENVIRONMENT}, "username": username, "email": email})
    };
    let (ada, bob) = (
        person(1, "ada", "family@example.com"),
        person(2, "bob", "Family@example.com"),
    );
    let odd = person(3, "family@example.com", "x@example.com");
    for (users, expected) in [
        (vec![], None),
        (vec![ada.clone()], Some("ada")),
        (vec![ada.clone(), bob.clone()], None),
        (vec![ada, bob, odd], Some("family@example.com")),
    ] {
        let server = MockServer::start().await;
        let body = json!({"_embedded": {"users": users}});
        answer(&server, "GET", &in_environment("users"), ok(body)).await;
        let client = as_user(&server);
        let found = client
            .users()
            .find_by_username_or_email("FAMILY@example.com")
            .await
            .unwrap();
        assert_eq!(found.and_then(|user| user.username).as_deref(), expected);
    }
}

#[tokio::test]
async fn a_stream_follows_the_next_links() {
    let server = MockServer::start().await;
    let at = in_environment("users");
    let page = |name: &str, next: Option<&str>| {
        let links = next.map_or(json!({}), |cursor| {
            json!({"next": {"href": format!("{}{at}?cursor={cursor}&limit=1", server.uri())}})
        });
        ok(json!({"_links": links, "_embedded": {"users": [user(name)]}, "size": 1}))
    };
    for (cursor, response) in [
        (None, page("one", Some("a%3D"))),
        (Some("a="), page("two", Some("b"))),
        (Some("b"), page("three", None)),
    ] {
        let mock = Mock::given(path(at.as_str())).and(query_param("limit", "1"));
        let mock = match cursor {
            Some(cursor) => mock
                .and(query_param("cursor", cursor))
                .and(query_param_is_missing("filter")),
            None => mock.and(query_param("filter", r#"username sw "t""#)),
        };
        mock.respond_with(response).expect(1).mount(&server).await;
    }
    let client = as_user(&server);
    let list = client
        .users()
        .list()
        .filter(&scim::sw("username", "t"))
        .limit(1);
    let users: Vec<_> = list.stream().try_collect().await.unwrap();
    let names: Vec<_> = users
        .iter()
        .filter_map(|user| user.username.as_deref())
        .collect();
    assert_eq!(names, ["one", "two", "three"]);
}

#[tokio::test]
async fn the_token_does_not_follow_a_link_to_another_host() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let at = in_environment("users");
    let href = format!("{}{at}?cursor=a", other.uri());
    let body = json!({"_links": {"next": {"href": href}}, "_embedded": {"users": []}});
    answer(&server, "GET", &at, ok(body)).await;
    let error = as_user(&server).users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_page_that_names_itself_as_next_ends_in_an_error() {
    let server = MockServer::start().await;
    let at = in_environment("users");
    let href = format!("{}{at}?cursor=a", server.uri());
    let body = json!({"_links": {"next": {"href": href}}, "_embedded": {"users": []}});
    answer(&server, "GET", &at, ok(body)).await;
    let error = as_user(&server).users().list().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
}

#[tokio::test]
async fn the_default_policy_is_the_one_that_says_so() {
    let server = MockServer::start().await;
    let policy = |name: &str, default: bool| {
        json!({"id": USER, "name": name, "default": default, "excludesProfileData": true,
            "notSimilarToCurrent": true, "excludesCommonlyUsed": true})
    };
    let policies = vec![policy("Basic", false), policy("Standard", true)];
    let body = json!({"_embedded": {"passwordPolicies": policies}});
    answer(
        &server,
        "GET",
        &in_environment("passwordPolicies"),
        ok(body),
    )
    .await;
    let policy = as_user(&server)
        .password_policies()
        .load_default()
        .await
        .unwrap();
    assert_eq!(policy.name, "Standard");
}

#[tokio::test]
async fn a_secret_is_read_and_replaced() {
    let server = MockServer::start().await;
    let at = in_environment(&format!("applications/{USER}/secret"));
    answer(&server, "GET", &at, ok(json!({"secret": "old-hush"}))).await;
    answer(&server, "POST", &at, ok(json!({"secret": "new-hush"}))).await;
    let client = as_user(&server);
    let application = pingone::ApplicationId::parse(USER).unwrap();
    let old = client.applications().secret(application).await.unwrap();
    let new = client
        .applications()
        .rotate_secret(application)
        .await
        .unwrap();
    assert_eq!(
        (old.secret.expose(), new.secret.expose()),
        ("old-hush", "new-hush")
    );
    assert!(!format!("{old:?}{new:?}").contains("hush"));
}

#[tokio::test]
async fn kinds_of_applications_that_nobody_here_knows_can_be_listed() {
    let server = MockServer::start().await;
    let applications = json!([
        {"id": USER, "name": "Portal", "enabled": true, "type": "PING_ONE_PORTAL"},
        {"id": USER, "name": "Old", "enabled": false, "type": "WEB_APP", "protocol": "SAML",
            "spEntityId": "urn:old"},
    ]);
    let body = json!({"_embedded": {"applications": applications}});
    answer(&server, "GET", &in_environment("applications"), ok(body)).await;
    let applications = as_user(&server).applications().list().all().await.unwrap();
    assert_eq!(applications[0].application_type, "PING_ONE_PORTAL");
    assert_eq!(
        (applications[1].protocol.as_str(), applications[1].enabled),
        ("SAML", false)
    );
    assert_eq!(applications[1].members["spEntityId"], "urn:old");
}

#[tokio::test]
async fn a_call_without_a_method_of_its_own_is_authenticated_the_same() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(in_environment("groups")))
        .and(query_param("limit", "10"))
        .and(header("authorization", "Bearer user-token-hush"))
        .respond_with(ok(json!({"size": 0})))
        .mount(&server)
        .await;
    let client = as_user(&server);
    let path = format!("v1/environments/{ENVIRONMENT}/groups");
    let groups: Value = client
        .send(Method::GET, path)
        .query("limit", "10")
        .fetch()
        .await
        .unwrap();
    assert_eq!(groups["size"], 0);
}

#[tokio::test]
async fn a_path_cannot_lead_out_of_the_api() {
    let server = MockServer::start().await;
    let client = as_user(&server);
    for path in [
        "https://evil.example/v1/x",
        "//evil.example/v1",
        "/v1/roles",
        "v1/../as/token",
        "v1/roles?x=1",
        "v1/roles#x",
        "v1\\roles",
        "v1/ro les",
        "v1/roles/.",
        "v1/roles/%2e",
        "v1/roles/.%2E/users",
        "v1/roles/%2e%2E",
        "v1/roles//x",
        "v1/roles/",
    ] {
        let error = client.send(Method::GET, path).run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SetUp, "{path}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

/// A kind whose ids are whatever a caller likes.
#[derive(serde::Deserialize)]
struct Odd {}

impl Kind for Odd {
    const PATH: &'static str = "odds";
    type Id = String;
}

impl Replaceable for Odd {
    type With = Value;
}

impl Deletable for Odd {}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path_or_is_refused() {
    let server = MockServer::start().await;
    let client = as_user(&server);
    let content = TemplateContent::email("fr", "Votre code", "…");
    let content_id = TemplateContentId::parse(USER).unwrap();
    for id in [
        "plain",
        "",
        ".",
        "..",
        "...",
        "%2e",
        "%2E%2e",
        ".%2e",
        "a/b",
        "../users",
        "/",
        "a?b=c",
        "a#b",
        "a\\b",
        "a b",
        "\t",
        "\n..",
        "ä",
        "%",
        "%00",
        "//evil.example",
    ] {
        server.reset().await;
        let any = Mock::given(wiremock::matchers::any());
        any.respond_with(ok(json!({}))).mount(&server).await;
        let (odds, with) = (client.collection::<Odd>(), json!({}));
        let contents = client.template_contents(id);
        let outcomes = [
            odds.load(id.to_owned()).await.err(),
            odds.replace(id.to_owned(), &with).await.err(),
            odds.delete(id.to_owned()).await.err(),
            contents.list().all().await.err(),
            contents.create(&content).await.err(),
            contents.load(content_id).await.err(),
            contents.replace(content_id, &content).await.err(),
            contents.delete(content_id).await.err(),
        ];
        let refused = outcomes.into_iter().flatten();
        let refused = refused.filter(|error| error.kind() == ErrorKind::SetUp);
        let received = server.received_requests().await.unwrap();
        if ["", ".", ".."].contains(&id) {
            assert_eq!((refused.count(), received.len()), (8, 0), "`{id}`");
            continue;
        }
        assert_eq!((refused.count(), received.len()), (0, 8), "`{id}`");
        for (place, request) in received.iter().enumerate() {
            let segments: Vec<_> = request.url.path_segments().unwrap().collect();
            let decoded = percent_encoding::percent_decode_str(segments[4]);
            assert_eq!(decoded.decode_utf8().unwrap(), id);
            let (collection, length) = match place {
                0..3 => ("odds", 5),
                3 | 4 => ("templates", 6),
                _ => ("templates", 7),
            };
            assert_eq!((segments[3], segments.len()), (collection, length), "{id}");
        }
    }
}

#[tokio::test]
async fn a_refusal_keeps_pingones_words_and_the_body_stays_out() {
    let server = MockServer::start().await;
    let detail = json!({"code": "INVALID_VALUE", "target": "currentPassword",
        "message": "The current password provided for the user is invalid"});
    let response = ResponseTemplate::new(400).set_body_json(refusal(&detail));
    answer(
        &server,
        "PUT",
        &in_environment(&format!("users/{USER}/password")),
        response,
    )
    .await;
    let client = as_user(&server);
    let (old, new) = (Password::new("wrong-hush"), Password::new("new-hush"));
    let error = client
        .passwords(user_id())
        .reset(&old, &new)
        .await
        .unwrap_err();
    assert!(error.is_wrong_current_password());
    assert_eq!(error.api().unwrap().id, "8ab2");
    assert!(!everything_about(&error).contains("hush"));
    insta::assert_snapshot!(error, @"PUT v1/environments/…/users/…/password: PingOne refused it (400 INVALID_DATA): The request could not be completed.; currentPassword: The current password provided for the user is invalid [PingOne error id 8ab2]");
}

#[tokio::test]
async fn connections_go_where_they_are_sent_and_links_stay_public() {
    let server = MockServer::start().await;
    let at = in_environment("users");
    let href = format!("https://public.example{at}?cursor=a");
    Mock::given(path(at.as_str()))
        .and(query_param_is_missing("cursor"))
        .respond_with(ok(
            json!({"_links": {"next": {"href": href}}, "_embedded": {"users": [user("one")]}}),
        ))
        .mount(&server)
        .await;
    Mock::given(path(at.as_str()))
        .and(query_param("cursor", "a"))
        .respond_with(ok(json!({"_embedded": {"users": [user("two")]}})))
        .mount(&server)
        .await;
    let endpoints = pingone::Endpoints::new("https://public.example", "https://public.example/v1/")
        .unwrap()
        .connect_to(server.uri().parse().unwrap());
    let token = pingone::AccessToken::new("t");
    let transport = transport().build().unwrap();
    let client = pingone::management::Client::for_user(&endpoints, environment(), token, transport);
    assert_eq!(client.users().list().all().await.unwrap().len(), 2);
}
