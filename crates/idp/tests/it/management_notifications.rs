//! Notifications: policies, settings, ways that messages take, templates and their contents, and
//! trusted addresses.

use std::time::Duration;

use http::{Method, StatusCode};
use idp::{SmtpSecurity, SmtpSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::management::{Api, refused};
use crate::world::World;

const EMAIL: &str = "notificationsSettings/emailDeliverySettings";
const PHONE: &str = "notificationsSettings/phoneDeliverySettings";

async fn made(api: &Api<'_>, path: &str, body: &Value) -> (String, Value) {
    let made = api.post(path, body).await;
    let made = made.expect(StatusCode::CREATED).json();
    (format!("{path}/{}", made["id"].as_str().unwrap()), made)
}

fn embedded<'a>(page: &'a Value, key: &str) -> &'a Vec<Value> {
    page["_embedded"][key].as_array().unwrap()
}

fn phone(name: &str) -> Value {
    json!({
        "provider": "CUSTOM_PROVIDER", "name": name,
        "authentication": {"method": "BEARER", "authToken": "a token"},
        "requests": [{
            "deliveryMethod": "SMS", "method": "GET",
            "url": "https://sms.example/send?to=${to}&message=${message}",
        }],
    })
}

#[tokio::test]
async fn an_environment_begins_with_a_policy_and_another_refers_to_who_delivers() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let seeded = api.get("notificationsPolicies").await.json();
    assert_eq!(
        embedded(&seeded, "notificationsPolicies")[0]["default"],
        json!(true)
    );
    let (provider, shown) = made(&api, PHONE, &phone("Pigeons")).await;
    assert_eq!(shown.pointer("/authentication/authToken"), None);
    let policy = json!({
        "name": "Careful",
        "quotas": [{"type": "USER", "deliveryMethods": ["SMS"], "claimed": 40, "unclaimed": 45}],
        "countryLimit": {"type": "ALLOWED", "countries": ["FR"]},
        "providerConfiguration": {"conditions": [
            {"deliveryMethods": ["SMS"], "fallbackChain": [{"id": shown["id"]}, {"id": "PINGONE_TWILIO"}]},
        ]},
    });
    let (at, shown) = made(&api, "notificationsPolicies", &policy).await;
    assert_eq!(
        shown["countryLimit"]["deliveryMethods"],
        json!(["SMS", "Voice"])
    );
    assert_eq!(
        shown["cooldownConfiguration"]["whatsApp"]["enabled"],
        json!(false)
    );
    let refusal = api.delete(&provider).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    api.delete(&provider).await.expect(StatusCode::NO_CONTENT);
    for (member, value, target) in [
        (
            "quotas",
            json!([{"type": "USER", "deliveryMethods": ["SMS", "Email"], "total": 1}]),
            "quotas.deliveryMethods",
        ),
        (
            "quotas",
            json!([{"type": "USER", "deliveryMethods": ["SMS"], "claimed": 1}]),
            "quotas.total",
        ),
        (
            "quotas",
            json!([{"type": "USER", "deliveryMethods": ["SMS"], "total": 51}]),
            "quotas.total",
        ),
        (
            "countryLimit",
            json!({"type": "DENIED", "countries": ["GBE"]}),
            "countryLimit.countries",
        ),
        (
            "providerConfiguration",
            json!({"conditions": [{"fallbackChain": [{"id": "nobody"}]}]}),
            "providerConfiguration.conditions.fallbackChain.id",
        ),
    ] {
        let mut policy = json!({"name": "Wrong", "quotas": []});
        policy[member] = value;
        let answer = api.post("notificationsPolicies", &policy).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
}

#[tokio::test]
async fn settings_name_pingone_until_they_are_set_and_after_they_are_reset() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let pingone = json!({"name": "PingOne", "address": "noreply@pingidentity.com"});
    let before = api.get("notificationsSettings").await.json();
    assert_eq!(
        (&before["from"], &before["deliveryMode"]),
        (&pingone, &json!("ALL"))
    );
    let own = json!({"from": {"address": "noreply@pingidentity.com"}});
    let set = api.put("notificationsSettings", &own).await;
    assert_eq!(set.expect(StatusCode::OK).json()["from"], own["from"]);
    let reset = api.delete("notificationsSettings").await;
    assert_eq!(reset.expect(StatusCode::OK).json()["from"], pingone);
    let wrong = json!({"replyTo": {"address": "nobody"}});
    let answer = api.put("notificationsSettings", &wrong).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "replyTo.address",
    );
}

#[tokio::test]
async fn a_mail_server_is_not_there_until_it_is_set_and_never_shows_its_password() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    refused(&api.get(EMAIL).await, 404, "NOT_FOUND", "", "");
    let server = json!({
        "host": "mail.example", "username": "postman", "password": "a long walk",
        "from": {"name": "Sails", "address": "post@sails.example"},
    });
    let set = api.put(EMAIL, &server).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&set["port"], &set["protocol"]),
        (&json!(465), &json!("SMTPS"))
    );
    assert_eq!(set.get("password"), None);
    assert_eq!(api.get(EMAIL).await.json(), set);
    let service = json!({
        "protocol": "HTTP", "name": "Pigeons",
        "authentication": {"method": "BASIC", "username": "pigeon", "password": "seeds"},
        "requests": [{"deliveryMethod": "EMAIL", "method": "POST", "url": "https://post.example/"}],
    });
    let set = api.put(EMAIL, &service).await.expect(StatusCode::OK).json();
    assert_eq!(
        set["authentication"],
        json!({"method": "BASIC", "username": "pigeon"})
    );
    assert_eq!(set.get("host"), None);
    for (body, target) in [
        (
            json!({"host": "mail.example", "name": "Pigeons"}),
            "protocol",
        ),
        (json!({"host": "a b"}), "host"),
        (
            json!({"protocol": "HTTP", "host": "mail.example", "name": "Pigeons"}),
            "host",
        ),
    ] {
        let answer = api.put(EMAIL, &body).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
    api.delete(EMAIL).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(EMAIL).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn a_kept_password_is_not_told_to_another_mail_server() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let server = json!({
        "host": "mail.example", "port": 465, "username": "postman", "password": "a long walk",
    });
    api.put(EMAIL, &server).await.expect(StatusCode::OK);
    let mut kept = server.clone();
    kept.as_object_mut().unwrap().remove("password");
    api.put(EMAIL, &kept).await.expect(StatusCode::OK);
    for (member, value) in [
        ("host", json!("thief.example")),
        ("port", json!(587)),
        ("username", json!("thief")),
    ] {
        let mut moved = kept.clone();
        moved[member] = value;
        let answer = api.put(EMAIL, &moved).await;
        refused(&answer, 400, "INVALID_DATA", "REQUIRED_VALUE", "password");
        moved["password"] = json!("another walk");
        api.put(EMAIL, &moved).await.expect(StatusCode::OK);
        api.put(EMAIL, &server).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn contents_stand_beside_what_every_environment_begins_with() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let templates = api.get("templates").await.expect(StatusCode::OK).json();
    assert_eq!(embedded(&templates, "templates").len(), 16);
    let template = api.get("templates/strong_authentication").await.json();
    assert_eq!(
        template["deliveryMethods"],
        json!(["Email", "Push", "SMS", "Voice"])
    );
    refused(
        &api.get("templates/no_such").await,
        404,
        "NOT_FOUND",
        "",
        "",
    );

    let path = "templates/strong_authentication/contents";
    let page = api.get(path).await.expect(StatusCode::OK).json();
    let seeded = embedded(&page, "contents");
    assert_eq!(seeded.len(), 4);
    assert!(
        seeded
            .iter()
            .all(|content| content["default"] == json!(true))
    );
    let first = format!("{path}/{}", seeded[0]["id"].as_str().unwrap());
    assert_eq!(
        api.get(&first).await.expect(StatusCode::OK).json(),
        seeded[0]
    );
    let refusal = api.delete(&first).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");

    let sms = json!({"deliveryMethod": "SMS", "locale": "en", "content": "It is ${otp}."});
    let (at, shown) = made(&api, path, &sms).await;
    assert_eq!(shown["default"], json!(false));
    let again = api.post(path, &sms).await;
    refused(
        &again,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "locale",
    );
    let mut variant = sms.clone();
    variant["variant"] = json!("Short");
    made(&api, path, &variant).await;
    assert_eq!(embedded(&api.get(path).await.json(), "contents").len(), 6);
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_content_says_what_its_way_and_template_allow() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let strong = "templates/strong_authentication/contents";
    let long = "€".repeat(154);
    for (path, body, code, target) in [
        (
            "templates/email_verification_user/contents",
            json!({"deliveryMethod": "SMS", "locale": "en", "content": "${code}"}),
            "INVALID_VALUE",
            "deliveryMethod",
        ),
        (
            strong,
            json!({"deliveryMethod": "SMS", "locale": "de-CH", "content": "${otp}"}),
            "INVALID_VALUE",
            "language",
        ),
        (
            strong,
            json!({"deliveryMethod": "SMS", "locale": "en", "content": "${otp}", "title": "x"}),
            "INVALID_VALUE",
            "title",
        ),
        (
            strong,
            json!({"deliveryMethod": "SMS", "locale": "en", "content": long}),
            "INVALID_VALUE",
            "content",
        ),
        (
            strong,
            json!({"deliveryMethod": "SMS", "locale": "en", "content": "no code"}),
            "REQUIRED_VALUE",
            "content",
        ),
        (
            strong,
            json!({"deliveryMethod": "Push", "locale": "en", "body": "Well?"}),
            "REQUIRED_VALUE",
            "title",
        ),
        (
            strong,
            json!({"deliveryMethod": "Pigeon", "locale": "en"}),
            "INVALID_VALUE",
            "deliveryMethod",
        ),
    ] {
        let answer = api.post(path, &body).await;
        refused(&answer, 400, "INVALID_DATA", code, target);
    }
}

#[tokio::test]
async fn addresses_are_trusted_on_proven_domains_alone() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let (open, _) = made(
        &api,
        "emailDomains",
        &json!({"domainName": "Sails.EXAMPLE"}),
    )
    .await;
    let (unproven, shown) = made(&api, "emailDomains", &json!({"domainName": "sails.org"})).await;
    assert_eq!(shown["domainName"], "sails.org");
    for (view, kind) in [("dkim", "CNAME"), ("ownership", "TXT"), ("spf", "TXT")] {
        let shown = api.get(&format!("{unproven}/{view}")).await;
        let shown = shown.expect(StatusCode::OK).json();
        let status = shown
            .pointer("/regions/0/status")
            .unwrap_or(&shown["status"]);
        assert_eq!(
            (&shown["type"], status),
            (&json!(kind), &json!("VERIFICATION_REQUIRED"))
        );
    }
    let address = json!({"emailAddress": "post@sails.example", "status": "ACTIVE"});
    let (at, shown) = made(&api, &format!("{open}/trustedEmails"), &address).await;
    assert_eq!(shown["status"], "VERIFICATION_REQUIRED");
    let domain = open.rsplit('/').next().unwrap();
    assert_eq!(shown["domain"]["id"], domain);
    for (domain, address) in [(&unproven, "post@sails.org"), (&open, "post@other.example")] {
        let path = format!("{domain}/trustedEmails");
        let answer = api.post(&path, &json!({"emailAddress": address})).await;
        refused(
            &answer,
            400,
            "INVALID_DATA",
            "INVALID_VALUE",
            "emailAddress",
        );
    }
    api.delete(&open).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn alert_channels_and_address_lists_are_kept_as_they_were_sent() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let channel = json!({
        "channelType": "EMAIL", "addresses": ["ops@sails.example"],
        "includeAlertTypes": ["LICENSE_90_PERCENT_USER_SOFT_LIMIT"], "includeSeverities": ["ERROR"],
    });
    let (at, shown) = made(&api, "alertChannels", &channel).await;
    for (name, value) in channel.as_object().unwrap() {
        assert_eq!(&shown[name], value);
    }
    let mut wrong = channel.clone();
    wrong["addresses"] = json!([]);
    refused(
        &api.put(&at, &wrong).await,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "addresses",
    );
    let list = json!({"type": "WHITELIST", "value": "2001:0DB8:0001::/48"});
    let (_, shown) = made(&api, "rateLimitIpConfigs", &list).await;
    assert_eq!(shown["value"], list["value"]);
    let again = api.post("rateLimitIpConfigs", &list).await;
    refused(&again, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "value");
    let wrong = json!({"type": "WHITELIST", "value": "10.0.0.0/999"});
    let answer = api.post("rateLimitIpConfigs", &wrong).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "value");
}

/// A mail server that takes one mail after the other and gives each, as it was sent.
async fn mail_server() -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mails) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufStream::new(stream);
            let mut said = String::new();
            let mut answer = "220 mail.test\r\n";
            loop {
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                let from = said.len();
                if stream.read_line(&mut said).await.unwrap() == 0 {
                    break;
                }
                answer = match said[from..].trim() {
                    "DATA" => {
                        stream.write_all(b"354 go on\r\n").await.unwrap();
                        stream.flush().await.unwrap();
                        while !said.ends_with("\r\n.\r\n") {
                            stream.read_line(&mut said).await.unwrap();
                        }
                        let _sent = sender.send(std::mem::take(&mut said));
                        "250 taken\r\n"
                    }
                    _ => "250 yes\r\n",
                };
            }
        }
    });
    (port, mails)
}

#[tokio::test]
async fn a_code_goes_by_the_mail_server_and_in_the_words_of_its_environment() {
    let world = World::with(|settings| settings.mode = ui::Mode::Development).await;
    let api = Api::worker(&world).await;
    let (port, mut mails) = mail_server().await;
    let server = json!({
        "host": "127.0.0.1", "port": port,
        "from": {"name": "Sails", "address": "post@sails.example"},
    });
    api.put(EMAIL, &server).await.expect(StatusCode::OK);
    let words = json!({
        "deliveryMethod": "Email", "locale": "en", "subject": "Ahoy ${user.username}",
        "body": "<p>Say <b>${code.value}</b> to ${environment.name}.</p>",
    });
    made(&api, "templates/recovery_code_template/contents", &words).await;
    let user = json!({
        "username": "ada", "email": "ada@example.com", "population": {"id": world.demo.population_id},
    });
    let (user, _) = made(&api, "users", &user).await;
    let path = format!("{user}/password");
    let asked = api.act(
        Method::POST,
        &path,
        "password.sendRecoveryCode+json",
        &Value::Null,
    );
    asked.await.expect(StatusCode::OK);
    let idp = world.idp.clone();
    let jobs = tokio::spawn(async move { idp.run_jobs(std::future::pending()).await });
    let mail = tokio::time::timeout(Duration::from_secs(30), mails.recv()).await;
    let mail = mail.expect("no mail came").unwrap();
    jobs.abort();
    assert!(mail.contains("post@sails.example"), "{mail}");
    assert!(mail.contains("Subject: Ahoy "), "{mail}");
    assert!(mail.contains("<p>Say <b>"), "{mail}");
    assert!(!mail.contains("${"), "{mail}");
}

/// Whoever may set where an environment's mails go and what they say gains no power by it.
#[tokio::test]
async fn a_code_for_whoever_holds_a_role_goes_by_the_installation_and_in_its_words() {
    let (port, mut mails) = mail_server().await;
    let world = World::with(|settings| {
        settings.mode = ui::Mode::Development;
        settings.smtp = Some(SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port,
            security: SmtpSecurity::None,
            ca_pem: None,
            credentials: None,
            from: "Harbour <post@harbour.example>".to_owned(),
        });
    })
    .await;
    let api = Api::worker(&world).await;
    let (port, mut strays) = mail_server().await;
    let server = json!({
        "host": "127.0.0.1", "port": port,
        "from": {"name": "Sails", "address": "post@sails.example"},
    });
    api.put(EMAIL, &server).await.expect(StatusCode::OK);
    let words = json!({
        "deliveryMethod": "Email", "locale": "en", "subject": "Ahoy ${user.username}",
        "body": "<img src='https://thief.example/${code.value}'>",
    });
    made(&api, "templates/recovery_code_template/contents", &words).await;
    let user = json!({
        "username": "ada", "email": "ada@example.com", "population": {"id": world.demo.population_id},
    });
    let (user, _) = made(&api, "users", &user).await;
    let role = api
        .assignment("Environment Admin", "ENVIRONMENT", &api.environment)
        .await;
    made(&api, &format!("{user}/roleAssignments"), &role).await;
    let path = format!("{user}/password");
    let asked = api.act(
        Method::POST,
        &path,
        "password.sendRecoveryCode+json",
        &Value::Null,
    );
    asked.await.expect(StatusCode::OK);
    let idp = world.idp.clone();
    let jobs = tokio::spawn(async move { idp.run_jobs(std::future::pending()).await });
    let mail = tokio::time::timeout(Duration::from_secs(30), mails.recv()).await;
    let mail = mail.expect("no mail came").unwrap();
    jobs.abort();
    assert!(mail.contains("ada@example.com"), "{mail}");
    assert!(mail.contains("post@harbour.example"), "{mail}");
    assert!(!mail.contains("Ahoy"), "{mail}");
    assert!(!mail.contains("thief.example"), "{mail}");
    assert!(strays.try_recv().is_err());
}
