//! A program that calls the management API.

use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use protocol::id::EnvironmentId;
use serde_json::{Value, json};

use crate::world::{Answer, World};

pub(crate) const VENDOR: &str = "application/vnd.pingidentity.";

/// A caller with a token.
#[derive(Clone)]
pub(crate) struct Api<'a> {
    pub(crate) world: &'a World,
    pub(crate) token: String,
    pub(crate) environment: EnvironmentId,
}

impl<'a> Api<'a> {
    /// The demo's worker.
    pub(crate) async fn worker(world: &'a World) -> Self {
        let id = world.demo.worker_client_id.to_string();
        Self::application(world, &id, world.demo.worker_client_secret.expose()).await
    }

    /// Another worker of the demo environment.
    pub(crate) async fn application(world: &'a World, id: &str, secret: &str) -> Self {
        let form = [("grant_type", "client_credentials")];
        let answer = world
            .post_as(&world.endpoint("token"), &form, id, secret)
            .await;
        let token = answer.expect(StatusCode::OK).json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        Self {
            world,
            token,
            environment: world.demo.environment_id,
        }
    }

    /// The demo user with these scopes.
    pub(crate) async fn user(world: &'a World, scopes: &str) -> Self {
        let (_, received) = world.sign_on(&world.request().set("scope", scopes)).await;
        let tokens = world
            .redeem(&received.param("code"))
            .await
            .expect(StatusCode::OK)
            .json();
        let token = tokens["access_token"].as_str().unwrap().to_owned();
        Self {
            world,
            token,
            environment: world.demo.environment_id,
        }
    }

    pub(crate) fn path(&self, path: &str) -> String {
        format!("/v1/environments/{}/{path}", self.environment)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        types: &[&str],
        body: impl Into<Body>,
    ) -> Answer {
        let path = match path.strip_prefix("https://localhost:9443") {
            Some(path) => path.to_owned(),
            None if path.starts_with("/v1") => path.to_owned(),
            None => self.path(path),
        };
        let mut request = Request::builder().method(method).uri(path);
        if !self.token.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        }
        for media in types {
            request = request.header(CONTENT_TYPE, *media);
        }
        self.world.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &["application/json"], body.to_string())
            .await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &["application/json"], body.to_string())
            .await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, &["application/json"], body.to_string())
            .await
    }

    /// A POST or PUT whose vendor type ends so: `password.set+json`.
    pub(crate) async fn act(
        &self,
        method: Method,
        path: &str,
        action: &str,
        body: &Value,
    ) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.send(method, path, &[&format!("{VENDOR}{action}")], body)
            .await
    }

    /// Makes a user in the default population; gives it.
    pub(crate) async fn make_user(&self, username: &str) -> Value {
        let email = format!("{username}@example.com");
        let body = json!({ "username": username, "email": email });
        self.post("users", &body)
            .await
            .expect(StatusCode::CREATED)
            .json()
    }

    /// Makes a worker with these roles on the environment; gives its id and secret.
    pub(crate) async fn make_worker(&self, name: &str, roles: &[&str]) -> (String, String) {
        let body = json!({
            "name": name, "type": "WORKER", "protocol": "OPENID_CONNECT", "enabled": true,
            "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        });
        let application = self
            .post("applications", &body)
            .await
            .expect(StatusCode::CREATED)
            .json();
        let id = application["id"].as_str().unwrap().to_owned();
        for role in roles {
            let body = json!({
                "role": { "id": self.role(role).await },
                "scope": { "id": self.environment, "type": "ENVIRONMENT" },
            });
            let path = format!("applications/{id}/roleAssignments");
            self.post(&path, &body).await.expect(StatusCode::CREATED);
        }
        let secret = self
            .get(&format!("applications/{id}/secret"))
            .await
            .expect(StatusCode::OK);
        (id, secret.json()["secret"].as_str().unwrap().to_owned())
    }

    /// The id of a role, looked up by name as clients do.
    pub(crate) async fn role(&self, name: &str) -> String {
        let roles = self.get("/v1/roles").await.expect(StatusCode::OK).json();
        let roles = roles["_embedded"]["roles"].as_array().unwrap().clone();
        let found = roles.into_iter().find(|role| role["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }
}

/// The code, and the code and target of the first detail, of an error in PingOne's shape.
#[track_caller]
pub(crate) fn error(answer: &Answer) -> (String, String, String) {
    let json = answer.json();
    assert_eq!(json["id"], answer.header("correlation-id"), "{json}");
    assert!(
        uuid::Uuid::parse_str(json["id"].as_str().unwrap()).is_ok(),
        "{json}"
    );
    assert!(answer.header(CONTENT_TYPE).starts_with("application/json"));
    assert!(!json["message"].as_str().unwrap().is_empty());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let detail = &json["details"][0];
    (
        text(&json["code"]),
        text(&detail["code"]),
        text(&detail["target"]),
    )
}

/// Asserts status, code, detail and target of a refusal.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, code: &str, detail: &str, target: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    let found = error(answer);
    assert_eq!(
        (found.0.as_str(), found.1.as_str(), found.2.as_str()),
        (code, detail, target)
    );
}
