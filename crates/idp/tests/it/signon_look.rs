//! How the hosted pages look where an environment has a theme and branding of its own.

use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::management::Api;
use crate::management_images::{png, upload};
use crate::world::{World, at_sign_on};

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
