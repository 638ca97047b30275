//! A program that calls the management API, and what it makes there for the stories.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use idp::Operation;
use protocol::id::EnvironmentId;
use serde_json::{Value, json};

use crate::world::{Answer, REDIRECT_URI, World};

pub(crate) const VENDOR: &str = "application/vnd.pingidentity.";

/// A caller with a token.
#[derive(Clone)]
pub(crate) struct Api<'a> {
    pub(crate) world: &'a World,
    pub(crate) token: String,
    pub(crate) environment: EnvironmentId,
    /// The bodies that were sent, with it and with its copies.
    pub(crate) sent: Arc<Mutex<Vec<Sent>>>,
}

/// A body that was sent.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) media: String,
    pub(crate) body: String,
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
        Self::bearing(world, &answer.expect(StatusCode::OK).json())
    }

    /// The demo user with these scopes.
    pub(crate) async fn user(world: &'a World, scopes: &str) -> Self {
        let (_, received) = world.sign_on(&world.request().set("scope", scopes)).await;
        let answer = world.redeem(&received.param("code")).await;
        Self::bearing(world, &answer.expect(StatusCode::OK).json())
    }

    /// Whoever has these tokens, in the demo environment.
    pub(crate) fn bearing(world: &'a World, tokens: &Value) -> Self {
        Self {
            world,
            token: tokens["access_token"].as_str().unwrap().to_owned(),
            environment: world.demo.environment_id,
            sent: Arc::default(),
        }
    }

    /// A new worker with these roles on the environment.
    pub(crate) async fn worker_with(&self, name: &str, roles: &[&str]) -> Self {
        let (id, secret) = self.make_worker(name, roles).await;
        Self::application(self.world, &id, &secret).await
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

    async fn send_text(&self, method: Method, path: &str, media: &str, body: String) -> Answer {
        self.sent.lock().unwrap().push(Sent {
            method: method.clone(),
            path: path.to_owned(),
            media: media.to_owned(),
            body: body.clone(),
        });
        self.send(method, path, &[media], body).await
    }

    async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send_text(method, path, "application/json", body.to_string())
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::PATCH, path, body).await
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
        self.send_text(method, path, &format!("{VENDOR}{action}"), body)
            .await
    }

    /// Makes what the body says; gives it as it was made.
    pub(crate) async fn make(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        answer.expect(StatusCode::CREATED).json()
    }

    /// Imports a user, with password and state.
    pub(crate) async fn import(&self, user: &Value) -> Answer {
        self.act(Method::POST, "users", "user.import+json", user)
            .await
    }

    /// Makes a user in the default population; gives it.
    pub(crate) async fn make_user(&self, username: &str) -> Value {
        let email = format!("{username}@example.com");
        let body = json!({ "username": username, "email": email });
        self.make("users", &body).await
    }

    /// Makes a user of this population; gives its id.
    pub(crate) async fn make_user_in(&self, username: &str, population: &str) -> String {
        let body = json!({
            "username": username, "email": format!("{username}@example.com"),
            "population": { "id": population },
        });
        id(&self.make("users", &body).await)
    }

    /// Makes a population; gives its id.
    pub(crate) async fn make_population(&self, name: &str) -> String {
        id(&self.make("populations", &json!({ "name": name })).await)
    }

    /// Makes a group of the environment; gives its id.
    pub(crate) async fn make_group(&self, name: &str) -> String {
        id(&self.make("groups", &json!({ "name": name })).await)
    }

    /// Makes a worker with these roles on the environment; gives its id and secret.
    pub(crate) async fn make_worker(&self, name: &str, roles: &[&str]) -> (String, String) {
        let body = json!({
            "name": name, "type": "WORKER", "protocol": "OPENID_CONNECT", "enabled": true,
            "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        });
        let id = id(&self.make("applications", &body).await);
        for role in roles {
            let body = self
                .assignment(role, "ENVIRONMENT", &self.environment)
                .await;
            let path = format!("applications/{id}/roleAssignments");
            self.make(&path, &body).await;
        }
        let secret = self
            .get(&format!("applications/{id}/secret"))
            .await
            .expect(StatusCode::OK);
        (id, secret.json()["secret"].as_str().unwrap().to_owned())
    }

    /// Makes a user or a group (`users/…` or `groups/…`) a member of a group.
    pub(crate) async fn join(&self, member: &str, group: &str) {
        let path = format!("{member}/memberOfGroups");
        let joined = self.post(&path, &json!({ "id": group })).await;
        joined.expect(StatusCode::CREATED);
    }

    /// Names and kinds of the memberships of `users/…` or `groups/…`, by name.
    pub(crate) async fn memberships(&self, member: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("{member}/memberOfGroups")).await;
        let page = page.expect(StatusCode::OK).json();
        let memberships = page["_embedded"]["groupMemberships"]
            .as_array()
            .unwrap()
            .clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut found: Vec<_> = memberships
            .iter()
            .map(|one| (text(&one["name"]), text(&one["type"])))
            .collect();
        found.sort();
        found
    }

    /// Usernames that a filter finds, in order.
    pub(crate) async fn users_by(&self, filter: &str) -> Vec<String> {
        let page = self.get(&format!("users?filter={}", encoded(filter))).await;
        let page = page.expect(StatusCode::OK).json();
        let users = page["_embedded"]["users"].as_array().unwrap().clone();
        let mut names: Vec<_> = users
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// An assignment of this role for a scope of this kind, to be posted.
    pub(crate) async fn assignment(
        &self,
        role: &str,
        kind: &str,
        scope: &impl serde::Serialize,
    ) -> Value {
        json!({ "role": { "id": self.role(role).await }, "scope": { "id": scope, "type": kind } })
    }

    /// The id of a role, looked up by name as clients do.
    pub(crate) async fn role(&self, name: &str) -> String {
        let roles = self.get("/v1/roles").await.expect(StatusCode::OK).json();
        let roles = roles["_embedded"]["roles"].as_array().unwrap().clone();
        let found = roles.into_iter().find(|role| role["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }
}

/// The id of what was made or found.
pub(crate) fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

/// The path of a user that was made or found.
pub(crate) fn user_path(user: &Value) -> String {
    format!("users/{}", user["id"].as_str().unwrap())
}

/// A text for a query.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A public application that users sign on to by a code.
pub(crate) fn signs_on(name: &str, kind: &str) -> Value {
    json!({
        "name": name, "type": kind, "protocol": "OPENID_CONNECT", "enabled": true,
        "grantTypes": ["AUTHORIZATION_CODE", "REFRESH_TOKEN"], "responseTypes": ["CODE"],
        "tokenEndpointAuthMethod": "NONE", "redirectUris": [REDIRECT_URI],
    })
}

/// A second environment, made as an administrator of the organization would.
pub(crate) async fn another_environment(world: &World) -> EnvironmentId {
    let organization = uuid::Uuid::new_v4().to_string();
    let id = uuid::Uuid::new_v4().to_string();
    let insert = db::Statement::new(
        "INSERT INTO environments (id, organization_id, name, name_key, document, created_at, updated_at) \
         SELECT $1, $2, 'Other', 'other', document, created_at, updated_at FROM environments",
    );
    world.sql(insert.bind(id.as_str()).bind(organization)).await;
    EnvironmentId::parse(&id).unwrap()
}

/// The path of an operation with ids that name nothing, or what is given for them.
pub(crate) fn fill(path: &str, ids: &[(&str, &str)]) -> String {
    let segments = path.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let Some(name) = name else { return segment };
        let known = ids
            .iter()
            .find(|(id, _)| *id == name)
            .map(|(_, value)| *value);
        known.unwrap_or("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1")
    });
    format!("/v1{}", segments.collect::<Vec<_>>().join("/"))
}

pub(crate) async fn call(api: &Api<'_>, operation: &Operation, path: &str) -> Answer {
    let media = operation.media_type.unwrap_or("application/json");
    let body = json!({
        "username": "mallory", "email": "mallory@example.com", "enabled": true, "mfaEnabled": true,
        "id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", "name": "Mallory", "type": "SANDBOX",
    });
    api.send(operation.method.clone(), path, &[media], body.to_string())
        .await
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

/// Refused, because whoever asked may not.
#[track_caller]
pub(crate) fn forbidden(answer: &Answer) {
    refused(answer, 403, "ACCESS_FAILED", "INSUFFICIENT_PERMISSIONS", "");
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

/// The path of the user with this name.
pub(crate) async fn found_user(api: &Api<'_>, username: &str) -> String {
    let filter = format!("users?filter=username%20eq%20%22{username}%22");
    let page = api.get(&filter).await.expect(StatusCode::OK).json();
    let id = page["_embedded"]["users"][0]["id"].as_str().unwrap();
    format!("users/{id}")
}
