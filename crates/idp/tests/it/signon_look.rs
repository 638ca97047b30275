//! How the hosted pages look where an environment has a theme and branding of its own.

use db::Statement;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::management_images::{png, upload};
use crate::world::{NEW_PASSWORD, World, at_sign_on, sub_page};

fn theme(logo: &Value, button_text: &str) -> Value {
    json!({"template": "focus", "default": true, "configuration": {
        "backgroundType": "COLOR", "backgroundColor": "#102030", "bodyTextColor": "#222222",
        "headingTextColor": "#333333", "linkTextColor": "#0000AA", "buttonColor": "#0000AA",
        "buttonTextColor": button_text, "cardColor": "#FFFFFF", "logoType": "IMAGE", "logo": logo,
        "name": "Harbour", "footer": "Harbour <b>Ltd</b>, Pier 4",
    }})
}

async fn logo(api: &Api<'_>) -> Value {
    let image = upload(api, png(64, 32)).await.expect(StatusCode::CREATED);
    let image = image.json();
    json!({"id": image["id"], "href": image["targets"]["original"]["href"]})
}

/// The sign-on page, and the style sheet of its theme.
async fn page(world: &World) -> (String, Option<String>) {
    let (mut browser, page) = at_sign_on(world).await;
    let page = browser.get(&page).await.expect(StatusCode::OK);
    let style = page.body.split("href=\"").find_map(|behind| {
        let address = behind.split('"').next()?;
        address.contains("/themes/").then(|| address.to_owned())
    });
    (page.body, style)
}

#[tokio::test]
async fn an_untouched_environment_has_the_brand_of_the_installation() {
    let world = World::new().await;
    let (page, style) = page(&world).await;
    assert_eq!(style, None);
    assert!(
        page.contains("<span class=\"brand-name\">Latchkey</span>"),
        "{page}"
    );
}

#[tokio::test]
async fn pages_go_on_without_a_logo_that_is_deleted() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let unknown = json!({"id": world.demo.environment_id, "href": "https://example.com/x.png"});
    let refusal = api.post("themes", &theme(&unknown, "#FFFFFF")).await;
    let member = "configuration.logo";
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", member);

    let logo = logo(&api).await;
    let theme = theme(&logo, "#FFFFFF");
    let made = api.make("themes", &theme).await;
    let (shown, _) = page(&world).await;
    let href = logo["href"].as_str().unwrap();
    let uploaded = href.strip_prefix("https://localhost:9443").unwrap();
    assert!(shown.contains(uploaded), "{shown}");
    let image = format!("images/{}", logo["id"].as_str().unwrap());
    api.delete(&image).await.expect(StatusCode::NO_CONTENT);

    world.advance(60);
    let (shown, _) = page(&world).await;
    assert!(shown.contains("Harbour &#60;b&#62;Ltd"), "{shown}");
    assert!(!shown.contains(uploaded), "{shown}");
    let path = format!("themes/{}", id(&made));
    let kept = api.get(&path).await.expect(StatusCode::OK).json();
    assert_eq!(kept["configuration"].get("logo"), None);
    let refusal = api.put(&path, &theme).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", member);
}

#[tokio::test]
async fn the_pages_carry_the_theme_the_logo_and_the_company() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let logo = logo(&api).await;
    let made = api.post("themes", &theme(&logo, "#FFFFFF")).await;
    let made = made.expect(StatusCode::CREATED).json();
    let company = json!({"companyName": "Harbour & Sons"});
    let set = api.put("brandingSettings", &company).await;
    set.expect(StatusCode::OK);

    let (shown, style) = page(&world).await;
    assert!(
        shown.contains("<span class=\"brand-name\">Harbour &#38; Sons</span>"),
        "{shown}"
    );
    assert!(shown.contains("Harbour &#60;b&#62;Ltd"), "{shown}");
    let href = logo["href"].as_str().unwrap();
    let path = href.strip_prefix("https://localhost:9443").unwrap();
    assert!(shown.contains(&format!("src=\"{path}\"")), "{shown}");
    let style = style.unwrap();
    let css = world.get(&style).await.expect(StatusCode::OK);
    assert_eq!(css.header(CONTENT_TYPE), "text/css; charset=utf-8");
    for part in [
        "--page: #102030",
        "--accent: #0000aa",
        "--accent-text: #ffffff",
    ] {
        assert!(css.body.contains(part), "{part}\n{}", css.body);
    }

    // A button nobody could read is not what people get, and browsers see the change at once.
    world.advance(1);
    let at = format!("themes/{}", made["id"].as_str().unwrap());
    let replaced = api.put(&at, &theme(&logo, "#0000BB")).await;
    replaced.expect(StatusCode::OK);
    let (_, changed) = page(&world).await;
    let changed = changed.unwrap();
    assert_ne!(changed, style);
    let css = world.get(&changed).await.expect(StatusCode::OK).body;
    assert!(!css.contains("--accent-text: #0000bb"), "{css}");
    world.get(&style).await.expect(StatusCode::NOT_FOUND);
}

/// The theme is that of a population's users, and who has it is told to nobody without a password.
#[tokio::test]
async fn a_population_shows_its_own_theme_behind_the_password() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut own = theme(&Value::Null, "#FFFFFF");
    own["default"] = json!(false);
    own["configuration"]["logoType"] = json!("NONE");
    own["configuration"]["footer"] = json!("Pier 9");
    let made = api.post("themes", &own).await.expect(StatusCode::CREATED);
    let id = made.json()["id"].clone();
    let at = format!("populations/{}", world.demo.population_id);
    let mut population = api.get(&at).await.expect(StatusCode::OK).json();
    population["theme"] = json!({"id": id});
    api.put(&at, &population).await.expect(StatusCode::OK);
    world.demand_change().await;

    let (mut browser, page) = at_sign_on(&world).await;
    for name in ["demo", "nobody"] {
        let answer = browser.give(&page, name, "Wrong-Password-1").await;
        assert!(!answer.body.contains("/themes/"), "{}", answer.body);
    }
    browser.give_right(&page, &world.demo.user).await;
    let changing = browser.get(&page).await.expect(StatusCode::OK).body;
    assert!(changing.contains("Choose a new password"), "{changing}");
    let style = format!("/themes/{}-", id.as_str().unwrap());
    assert!(changing.contains(&style), "{changing}");
    assert!(changing.contains("Pier 9"), "{changing}");
}

/// Somebody registers with an address that has an account: the page must be the one that everybody
/// gets.
#[tokio::test]
async fn the_theme_tells_nobody_whether_an_address_has_an_account() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut own = theme(&Value::Null, "#FFFFFF");
    own["default"] = json!(false);
    own["configuration"]["logoType"] = json!("NONE");
    let made = api.post("themes", &own).await.expect(StatusCode::CREATED);
    let at = format!("populations/{}", world.demo.population_id);
    let mut population = api.get(&at).await.expect(StatusCode::OK).json();
    population["theme"] = json!({"id": made.json()["id"]});
    api.put(&at, &population).await.expect(StatusCode::OK);
    let user = api.make_user("ada").await;
    let mut styles = Vec::new();
    for email in ["new@example.com", user["email"].as_str().unwrap()] {
        let (mut browser, page) = at_sign_on(&world).await;
        let form = [
            ("username", format!("fresh-{}", styles.len())),
            ("email", email.to_owned()),
            ("password", NEW_PASSWORD.to_owned()),
            ("confirmPassword", NEW_PASSWORD.to_owned()),
        ];
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let sent = browser.post(&sub_page(&page, "register"), &form).await;
        sent.expect(StatusCode::SEE_OTHER);
        let shown = browser.get(&page).await.expect(StatusCode::OK).body;
        assert!(shown.contains("name=\"verificationCode\""), "{shown}");
        let style = shown.split("/themes/").nth(1);
        styles.push(style.map(|behind| behind.split('"').next().unwrap().to_owned()));
    }
    assert_eq!(styles[0], styles[1]);
    assert!(styles[0].is_some());
}

#[tokio::test]
async fn the_look_is_read_once_for_many_pages_and_anew_after_five_seconds() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut own = theme(&Value::Null, "#FFFFFF");
    own["configuration"]["logoType"] = json!("NONE");
    let made = api.post("themes", &own).await;
    made.expect(StatusCode::CREATED);
    assert!(page(&world).await.0.contains("Pier 4"));
    // As another node would.
    let written =
        "UPDATE configuration_objects SET document = REPLACE(document, 'Pier 4', 'Pier 5')";
    world.sql(Statement::new(written)).await;
    assert!(page(&world).await.0.contains("Pier 4"));
    world.advance(6);
    assert!(page(&world).await.0.contains("Pier 5"));
}
