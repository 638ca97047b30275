//! What makes something of each kind, with a name of its own.

use std::cell::{Cell, RefCell};

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, id, signs_on};
use crate::management_images::{png, upload};
use crate::management_keys::certificate;

/// What makes things that can be named.
pub(crate) struct Maker<'a> {
    pub(crate) api: &'a Api<'a>,
    made: Cell<usize>,
    /// What could not be made.
    pub(crate) refused: RefCell<Vec<String>>,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(api: &'a Api<'a>) -> Self {
        Self {
            api,
            made: Cell::default(),
            refused: RefCell::default(),
        }
    }

    pub(super) fn name(&self) -> String {
        self.made.set(self.made.get() + 1);
        format!("Thing{}", self.made.get())
    }

    pub(crate) async fn thing(&self, path: &str, body: Value) -> (String, String) {
        let answer = self.api.post(path, &body).await;
        let made = answer.json()["id"].as_str().unwrap_or_default().to_owned();
        if !answer.status.is_success() {
            let refused = format!("{path}: {body} {}", answer.body);
            self.refused.borrow_mut().push(refused);
        }
        (format!("{path}/{made}"), made)
    }

    pub(crate) async fn named(&self, path: &str, mut body: Value) -> (String, String) {
        body["name"] = json!(self.name());
        self.thing(path, body).await
    }

    pub(crate) async fn population(&self) -> (String, String) {
        self.named("populations", json!({})).await
    }

    pub(crate) async fn group(&self) -> (String, String) {
        self.named("groups", json!({})).await
    }

    pub(crate) async fn application(&self) -> (String, String) {
        self.thing("applications", signs_on(&self.name(), "NATIVE_APP"))
            .await
    }

    pub(super) async fn provider(&self) -> (String, String) {
        let body = json!({"type": "GOOGLE", "enabled": true, "clientId": "a", "clientSecret": "b"});
        self.named("identityProviders", body).await
    }

    pub(super) async fn image(&self) -> (String, String) {
        let made = upload(self.api, png(8, 8)).await;
        let made = id(&made.expect(StatusCode::CREATED).json());
        (format!("images/{made}"), made)
    }

    pub(super) async fn key(&self) -> (String, String) {
        let name = self.name();
        let body = json!({
            "name": name, "usageType": "SIGNING", "algorithm": "EC", "keyLength": 256,
            "signatureAlgorithm": "SHA256withECDSA", "validityPeriod": 365,
            "subjectDN": format!("CN={name}"),
        });
        self.thing("keys", body).await
    }

    pub(super) async fn certificate(&self) -> (String, String) {
        let made = certificate(self.api, &self.name()).await;
        (format!("certificates/{made}"), made)
    }

    pub(super) async fn resource(&self) -> (String, String) {
        let name = self.name();
        self.thing("resources", json!({"name": name, "audience": name}))
            .await
    }

    pub(super) async fn scope(&self) -> (String, String) {
        let (resource, _) = self.resource().await;
        self.named(&format!("{resource}/scopes"), json!({})).await
    }

    /// The path of the resource with the claims of users.
    pub(super) async fn openid(&self) -> String {
        let all = self
            .api
            .get("resources")
            .await
            .expect(StatusCode::OK)
            .json();
        let all = all["_embedded"]["resources"].as_array().unwrap().clone();
        let openid = all.iter().find(|one| one["type"] == "OPENID_CONNECT");
        format!("resources/{}", id(openid.unwrap()))
    }

    pub(super) async fn agreement(&self) -> (String, String) {
        self.named("agreements", json!({"enabled": false})).await
    }

    pub(super) async fn permission(&self) -> (String, String) {
        let (resource, _) = self.resource().await;
        let above = format!("{resource}/applicationResources");
        let (_, above) = self.named(&above, json!({})).await;
        let path = format!("applicationResources/{above}/permissions");
        self.thing(&path, json!({"action": "read"})).await
    }

    pub(super) async fn wallet_application(&self) -> (String, String) {
        let (_, application) = self.application().await;
        let body = json!({"appOpenUrl": "https://w.example", "application": {"id": application}});
        self.named("digitalWalletApplications", body).await
    }

    pub(super) async fn credential_type(&self) -> (String, String) {
        let name = self.name();
        let body = json!({"title": name, "cardDesignTemplate": "<svg/>", "metadata": {
            "name": name, "fields": [{"type": "Directory Attribute", "title": "Given",
                "attribute": "name.given", "isVisible": true}]}});
        self.thing("credentialTypes", body).await
    }

    pub(crate) async fn user(&self) -> (String, String) {
        let name = self.name().replace(' ', "");
        let made = id(&self.api.make_user(&name).await);
        (format!("users/{made}"), made)
    }

    pub(super) async fn role(&self) -> (String, String) {
        let body = json!({
            "applicableTo": ["ENVIRONMENT"], "permissions": [{"id": "dir:read:user"}],
            "canBeAssignedBy": [{"id": self.api.role("Identity Data Admin").await}],
        });
        self.named("roles", body).await
    }

    pub(super) async fn theme_with(&self, member: &str, value: Value) -> (String, String) {
        let mut body = json!({"template": "split", "configuration": {
            "backgroundType": "COLOR", "backgroundColor": "#102030", "bodyTextColor": "#000000",
            "headingTextColor": "#000000", "linkTextColor": "#0000ff", "buttonColor": "#0000ff",
            "buttonTextColor": "#ffffff", "cardColor": "#ffffff", "logoType": "NONE",
            "name": self.name(),
        }});
        body["configuration"][member] = value;
        if member == "logo" && !body["configuration"]["logo"].is_null() {
            body["configuration"]["logoType"] = json!("IMAGE");
        }
        self.thing("themes", body).await
    }

    pub(super) async fn action(&self, kind: &str, more: Value) -> (String, String) {
        let (policy, _) = self.named("signOnPolicies", json!({})).await;
        let mut body = json!({"type": kind, "priority": 1});
        for (member, value) in more.as_object().unwrap() {
            body[member] = value.clone();
        }
        self.thing(&format!("{policy}/actions"), body).await
    }

    pub(crate) async fn gateway(&self, population: &str) -> (String, String) {
        let body = json!({
            "type": "LDAP", "enabled": true, "bindDN": "uid=p,dc=example", "bindPassword": "secret",
            "vendor": "PingDirectory", "serversHostAndPort": ["ds1.example.com:636"],
            "userTypes": [{
                "name": "Staff", "orderedCorrelationAttributes": ["objectGUID"],
                "passwordAuthority": "LDAP", "searchBaseDn": "ou=staff,dc=example",
                "newUserLookup": {
                    "attributeMappings": [{"name": "username", "value": "${ldapAttributes.uid}"}],
                    "ldapFilterPattern": "(uid=${identifier})", "population": {"id": population},
                },
            }],
        });
        self.named("gateways", body).await
    }

    pub(super) async fn operation(&self, control: Value) -> (String, String) {
        let (_, resource) = self.resource().await;
        let body = json!({"baseUrls": ["https://bank.example.com"], "authorizationServer":
            {"type": "PINGONE_SSO", "resource": {"id": resource}}});
        let (server, _) = self.named("apiServers", body).await;
        let body = json!({"methods": ["GET"], "paths": [{"type": "EXACT", "pattern": "/a"}],
            "accessControl": control});
        self.named(&format!("{server}/operations"), body).await
    }

    pub(super) async fn provider_with(&self, member: &str, value: Value) -> (String, String) {
        let mut body = json!({
            "type": "SAML", "enabled": true, "idpEntityId": "idp", "spEntityId": "sp",
            "ssoBinding": "HTTP_POST", "ssoEndpoint": "https://idp.example.com/sso",
        });
        if member != "idpVerification" {
            let (_, certificate) = self.certificate().await;
            body["idpVerification"] = json!({"certificates": [{"id": certificate}]});
        }
        body[member] = value;
        self.named("identityProviders", body).await
    }

    pub(super) async fn subscription(&self, member: &str, value: Value) -> (String, String) {
        let mut body = json!({
            "enabled": false, "protocol": "HTTPS", "format": "ACTIVITY",
            "httpEndpoint": {"url": "https://hooks.example/"}, "verifyTlsCertificates": true,
            "filterOptions": {"includedActionTypes": ["USER.CREATED"]},
        });
        if member == "tlsClientAuthKeyPair" {
            body[member] = value;
        } else {
            body["filterOptions"][member] = value;
        }
        self.named("subscriptions", body).await
    }

    pub(super) async fn device_policy(&self, member: &str, value: Value) -> (String, String) {
        let otp = json!({
            "failure": {"count": 3, "coolDown": {"duration": 2, "timeUnit": "MINUTES"}},
        });
        let sent = json!({"enabled": true, "otp": {
            "lifeTime": {"duration": 30, "timeUnit": "MINUTES"}, "failure": otp["failure"],
            "otpLength": 8}});
        let mut body = json!({
            "default": false, "sms": sent, "voice": sent, "email": sent,
            "mobile": {"enabled": false, "otp": otp}, "totp": {"enabled": true, "otp": otp},
        });
        if member == "applications" {
            body["mobile"][member] = value;
        } else if !value.is_null() {
            body[member] = value;
        }
        self.named("deviceAuthenticationPolicies", body).await
    }

    /// Puts an object that there is one of, and gives its path.
    pub(super) async fn put(&self, path: &str, body: Value) -> String {
        let put = self.api.put(path, &body).await;
        if !put.status.is_success() {
            let refused = format!("{path}: {body} {}", put.body);
            self.refused.borrow_mut().push(refused);
        }
        path.to_owned()
    }

    pub(super) async fn roles_of(&self, holder: &str, role: Value, scope: Value) -> String {
        let body = json!({"role": role, "scope": scope});
        self.thing(&format!("{holder}/roleAssignments"), body)
            .await
            .0
    }
}
