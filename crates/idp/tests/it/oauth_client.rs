//! Client authentication: exactly the method that the application is set to.

use axum::body::Body;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde_json::json;

use crate::management::Api;
use crate::world::{REDIRECT_URI, World, basic, claims};

const METHODS: [&str; 3] = ["NONE", "CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST"];

#[tokio::test]
async fn an_application_proves_itself_by_its_own_method_alone() {
    let world = World::new().await;
    let id = world.demo.client_id.to_string();
    let secret = world.demo.client_secret.expose();
    for set in METHODS {
        world
            .change_application(|settings| settings["tokenEndpointAuthMethod"] = json!(set))
            .await;
        for used in METHODS {
            let code = world.code().await;
            let mut form = vec![
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", REDIRECT_URI),
            ];
            let token = world.endpoint("token");
            let answer = match used {
                "CLIENT_SECRET_BASIC" => world.post_as(&token, &form, &id, secret).await,
                "CLIENT_SECRET_POST" => {
                    form.extend([("client_id", id.as_str()), ("client_secret", secret)]);
                    world.post(&token, &form).await
                }
                _ => {
                    // An empty secret is what some public clients send.
                    form.extend([("client_id", id.as_str()), ("client_secret", "")]);
                    world.post(&token, &form).await
                }
            };
            if set == used {
                answer.expect(StatusCode::OK);
            } else {
                let answer = answer.expect(StatusCode::UNAUTHORIZED);
                assert_eq!(answer.oauth_error(), "invalid_client");
                assert!(
                    answer
                        .body
                        .contains("Request denied: Unsupported authentication method")
                );
                let challenge = answer.header("www-authenticate");
                assert_eq!(
                    challenge.starts_with("Basic"),
                    used == "CLIENT_SECRET_BASIC"
                );
            }
        }
    }
}

#[tokio::test]
async fn wrong_unknown_and_double_credentials_are_refused() {
    let world = World::new().await;
    let id = world.demo.client_id.to_string();
    let secret = world.demo.client_secret.expose();
    let token = world.endpoint("token");
    let form = [("grant_type", "client_credentials")];
    for (id, secret) in [
        (id.as_str(), "wrong"),
        (id.as_str(), ""),
        ("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", secret),
        ("not-an-id", secret),
        ("", ""),
    ] {
        let answer = world.post_as(&token, &form, id, secret).await;
        let answer = answer.expect(StatusCode::UNAUTHORIZED);
        assert_eq!(answer.oauth_error(), "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic"));
    }
    let both = [
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
        ("client_secret", secret),
    ];
    let answer = world.post_as(&token, &both, &id, secret).await;
    assert_eq!(
        answer.expect(StatusCode::BAD_REQUEST).oauth_error(),
        "invalid_request"
    );
    let other = [
        ("grant_type", "client_credentials"),
        ("client_id", "another"),
    ];
    let answer = world.post_as(&token, &other, &id, secret).await;
    assert_eq!(
        answer.expect(StatusCode::BAD_REQUEST).oauth_error(),
        "invalid_request"
    );
    let same = [
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
    ];
    world
        .post_as(&token, &same, &id, secret)
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn odd_requests_are_answered_clearly() {
    let world = World::new().await;
    let id = world.demo.client_id.to_string();
    let secret = world.demo.client_secret.expose();
    let token = world.endpoint("token");
    let send = async |kind: &str, body: Vec<u8>| {
        let request = Request::post(&token)
            .header(AUTHORIZATION, basic(&id, secret))
            .header("content-type", kind)
            .body(Body::from(body));
        world.send(request.unwrap()).await
    };
    let form = "application/x-www-form-urlencoded";
    for (kind, body, status, error) in [
        (
            form,
            &b"grant_type=client_credentials&grant_type=password"[..],
            400,
            "invalid_request",
        ),
        (
            form,
            b"grant_type=password&username=a&password=b",
            400,
            "unsupported_grant_type",
        ),
        (form, b"", 400, "invalid_request"),
        (form, b"grant_type=", 400, "invalid_request"),
        (form, b"grant_type=%ff", 400, "invalid_request"),
        (
            form,
            b"grant_type=client_credentials&scope=a%22b",
            400,
            "invalid_scope",
        ),
        (
            form,
            b"grant_type=client_credentials&scope=nothing",
            400,
            "invalid_scope",
        ),
        (
            "application/json",
            b"{\"grant_type\":\"client_credentials\"}",
            415,
            "invalid_request",
        ),
    ] {
        let answer = send(kind, body.to_vec()).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        assert_eq!(answer.oauth_error(), error);
    }
    let large = send(form, vec![b'a'; 70 * 1024]).await;
    assert_eq!(
        large.expect(StatusCode::PAYLOAD_TOO_LARGE).oauth_error(),
        "invalid_request"
    );
    let unreadable = Request::post(&token)
        .header(AUTHORIZATION, "Basic %%%")
        .header("content-type", form)
        .body(Body::from("grant_type=client_credentials"));
    let unreadable = world
        .send(unreadable.unwrap())
        .await
        .expect(StatusCode::UNAUTHORIZED);
    assert_eq!(unreadable.oauth_error(), "invalid_client");
    let get = world
        .get(&token)
        .await
        .expect(StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(get.json()["id"], get.header("correlation-id"));
    let unknown = "/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1/as/token";
    let unknown = world
        .post(unknown, &[("grant_type", "x")])
        .await
        .expect(StatusCode::NOT_FOUND);
    assert_eq!(unknown.json()["code"], "NOT_FOUND");
    world
        .post("/nonsense/as/token", &[])
        .await
        .expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_grant_type_that_is_not_enabled_is_refused() {
    let world = World::new().await;
    let code = world.code().await;
    world
        .change_application(|settings| settings["grantTypes"] = json!(["IMPLICIT"]))
        .await;
    for form in [
        vec![("grant_type", "client_credentials")],
        vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
        vec![
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
        ],
    ] {
        let answer = world.post_as_client(&world.endpoint("token"), &form).await;
        assert_eq!(
            answer.expect(StatusCode::BAD_REQUEST).oauth_error(),
            "unauthorized_client"
        );
    }
}

/// Clients that were given a host alone ask there; the environment is the client's own.
#[tokio::test]
async fn a_token_is_given_without_an_environment_in_the_address() {
    let world = World::new().await;
    let id = world.demo.worker_client_id.to_string();
    let secret = world.demo.worker_client_secret.expose();
    let form = [("grant_type", "client_credentials")];
    let answer = world.post_as("/as/token", &form, &id, secret).await;
    let token = answer.expect(StatusCode::OK).json()["access_token"].clone();
    let claims = claims(token.as_str().unwrap());
    assert_eq!(claims["iss"], world.issuer());
    let wrong = world.post_as("/as/token", &form, &id, "wrong").await;
    assert_eq!(
        wrong.expect(StatusCode::UNAUTHORIZED).oauth_error(),
        "invalid_client"
    );
    let unknown = "9c052a8a-14be-44e4-8f07-2662569994ce";
    let unknown = world.post_as("/as/token", &form, unknown, secret).await;
    assert_eq!(
        unknown.expect(StatusCode::UNAUTHORIZED).oauth_error(),
        "invalid_client"
    );
}

#[tokio::test]
async fn links_of_the_management_api_have_its_own_address() {
    let world = World::with(|settings| {
        settings.api_public_url = Some("https://api.example/".parse().unwrap());
    })
    .await;
    let api = Api::worker(&world).await;
    let page = api.get("users?limit=1").await.expect(StatusCode::OK).json();
    for link in ["self", "next"] {
        let href = page["_links"][link]["href"].as_str().unwrap();
        assert!(
            href.starts_with("https://api.example/v1/environments/"),
            "{href}"
        );
    }
    let claims = claims(&api.token);
    assert_eq!(claims["aud"][0], "https://api.example");
    assert_eq!(claims["iss"], world.issuer());
}
