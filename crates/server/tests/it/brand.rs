//! Pages and mails speak the name that is configured, and no other.

use jiff::SignedDuration;
use serde_json::json;
use tempfile::TempDir;
use testkit::{Browser, Mail, Method, Page, Preparation, System, give_credentials};

const NAME: &str = "Harbour & Sons";
const FOOTER: &str = "Harbour & Sons Ltd, Pier 4, Portsmouth";
const TERMS: &str = "https://harbour.example/terms";
const HELP: &str = "mailto:help@harbour.example";

/// A system with everything that a brand can have, and the folder of its pictures.
fn branded() -> (Preparation, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let picture = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
    let system = System::prepare()
        .set("brand.name", NAME)
        .set("brand.logo", picture("light", b"\x89PNG\r\n\x1a\nlight"))
        .set("brand.logo_dark", picture("dark", b"\x89PNG\r\n\x1a\ndark"))
        .set("brand.favicon", picture("icon", svg))
        .set("brand.wordmark", "true")
        .set("brand.footer", FOOTER)
        .set("brand.terms_url", TERMS)
        .set("brand.privacy_url", "https://harbour.example/privacy")
        .set("brand.support_url", HELP);
    (system, folder)
}

/// The page is in the brand, and nothing on it is Latchkey's or names the environment, whose name
/// is "Latchkey Demo".
#[track_caller]
fn speaks(page: &Page) {
    let at = page.url.path();
    let body = page.body();
    // The log tells operators that the environment itself was made: a name for administrators.
    let body = match at {
        "/activity" => body.replace("Latchkey Demo", ""),
        _ => body,
    };
    assert!(
        !body.to_lowercase().contains("latchkey"),
        "{at} {}: {body}",
        page.status
    );
    if !body.contains("<header") {
        return;
    }
    assert!(page.title().ends_with(NAME), "{at}: {}", page.title());
    let logo = page.attributes(".brand img", "src");
    assert!(logo[0].starts_with("/assets/logo-"), "{at}: {logo:?}");
    assert_eq!(page.attributes(".brand img", "alt"), [NAME], "{at}");
    assert!(page.texts(".brand-name").is_empty(), "{at}: a wordmark");
    let dark = page.attributes(".brand source", "srcset");
    assert!(dark[0].starts_with("/assets/logo-dark-"), "{at}: {dark:?}");
    let icon = page.attributes("link[rel=icon]", "href");
    assert!(icon[0].starts_with("/assets/favicon-"), "{at}: {icon:?}");
    assert_eq!(page.texts(".foot p"), [FOOTER], "{at}");
    let links = page.attributes(".foot a", "href");
    assert_eq!(
        links,
        [TERMS, "https://harbour.example/privacy", HELP],
        "{at}"
    );
    assert_eq!(page.texts(".notice a"), ["Mailbox"], "{at}");
}

#[track_caller]
fn mail_speaks(mail: &Mail) {
    for part in [&mail.subject, &mail.text, &mail.html] {
        assert!(!part.to_lowercase().contains("latchkey"), "{part}");
    }
    let html = NAME.replace('&', "&#38;");
    assert!(
        mail.text.contains(NAME) && mail.html.contains(&html),
        "{mail:?}"
    );
    assert!(mail.text.contains(FOOTER), "{}", mail.text);
    assert!(
        mail.text.contains("Help: help@harbour.example"),
        "{}",
        mail.text
    );
    assert!(mail.html.contains(TERMS), "{}", mail.html);
    for logo in ["/assets/logo-", "/assets/logo-dark-"] {
        assert!(mail.html.contains(logo), "{}", mail.html);
    }
    assert!(mail.html.contains("prefers-color-scheme: dark"));
}

/// Shows every page of the portal's table to somebody.
async fn all_pages(system: &System, browser: &Browser, id: &str) {
    let mut seen = 0;
    for path in portal::shown_paths() {
        let page = browser.open(system.portal(&path.replace("{id}", id))).await;
        assert!(!page.status.is_server_error(), "{}", page.summary());
        speaks(&page);
        seen += 1;
    }
    assert!(seen > 10, "only {seen} pages");
    let nothing = browser.open(system.portal("/no/such/page")).await;
    speaks(&nothing.expect(404));
}

#[tokio::test]
async fn every_page_of_the_portal_speaks_the_configured_name() {
    let (system, _folder) = branded();
    let system = system.start().await;
    let ada = system.new_user("ada").await;
    all_pages(&system, &system.browser(), ada.id()).await;
    let operator = system.sign_on(&system.operator()).await;
    all_pages(&system, &operator.browser, ada.id()).await;
}

#[tokio::test]
async fn every_hosted_page_speaks_the_configured_name() {
    let (system, _folder) = branded();
    let system = system.start().await;
    let ada = system.new_user("ada").await;
    let browser = system.browser();
    let sign_on = browser.open(system.portal("/login")).await.expect(200);
    speaks(&sign_on);
    assert!(
        sign_on.text().contains(&format!("To go on to {NAME}.")),
        "{}",
        sign_on.text()
    );
    speaks(&give_credentials(&sign_on, &ada.with_password("Wrong-Horse-42")).await);
    let link = |id: &str| {
        let href = sign_on.attributes(&format!("#{id}"), "href");
        sign_on.url.join(&href[0]).unwrap()
    };
    let forgot = browser.open(link("forgot-password")).await.expect(200);
    speaks(&forgot);
    let form = forgot.form_with("username").fill("username", "ada");
    speaks(&form.submit().await.expect(200));

    let visitor = system.browser();
    let sign_on = visitor.open(system.portal("/login")).await;
    let register = sign_on.attributes("#register", "href");
    let register = visitor.open(sign_on.url.join(&register[0]).unwrap()).await;
    speaks(&register);
    let email = "grace@example.com";
    let form = register
        .form_with("confirmPassword")
        .fill("username", "grace")
        .fill("email", email)
        .fill("password", "Correct-Horse-42")
        .fill("confirmPassword", "Correct-Horse-42");
    let verify = form.submit().await.expect(200);
    assert!(verify.has("#verificationCode"), "{}", verify.summary());
    speaks(&verify);
    mail_speaks(&system.mailbox().newest(email, 1).await);

    let session = system.sign_on(&system.new_user("bob").await).await;
    let ask = session.browser.open(system.auth("as/signoff")).await;
    assert!(ask.text().contains(&format!("sign off from {NAME}?")));
    speaks(&ask);
    speaks(&ask.form("sign-off").submit().await.expect(200));

    for path in ["as/authorize", "signon/?flowId=none", "signon/nowhere"] {
        let wrong = browser.open(system.auth(path)).await;
        assert!(wrong.status.is_client_error(), "{}", wrong.summary());
        speaks(&wrong);
    }
    let mailbox = browser.open(&system.env().mailbox_url).await.expect(200);
    speaks(&mailbox);
    let mail = mailbox.attributes("#mails a", "href");
    speaks(
        &browser
            .open(mailbox.url.join(&mail[0]).unwrap())
            .await
            .expect(200),
    );
    speaks(&browser.open(&system.env().auth_url).await.expect(200));
}

#[tokio::test]
async fn mails_greet_by_the_given_name_and_speak_the_configured_name() {
    let (system, _folder) = branded();
    let system = system.start().await;
    let ada = system.new_user("ada").await;
    let mailbox = system.mailbox();
    let forgot = system
        .browser()
        .open(system.portal("/password/forgot"))
        .await;
    let form = forgot.form_with("username").fill("username", "ada");
    let recover = form.submit().await.expect(200);
    let code = mailbox.newest(&ada.email, 1).await;
    let form = recover
        .form_with("recoveryCode")
        .fill("recoveryCode", &code.code())
        .fill("newPassword", "Brave-New-Horse-43")
        .fill("confirmPassword", "Brave-New-Horse-43");
    form.submit().await.expect(200);
    mailbox.newest(&ada.email, 2).await;
    // What an administrator does, the owner is told.
    let path = format!("users/{}/password", ada.id());
    let administrator = system.manage(Method::PUT, &path).await;
    let body = json!({ "value": "Another-Horse-44", "forceChange": false });
    administrator
        .json_as("application/vnd.pingidentity.password.set+json", &body)
        .send()
        .await
        .expect(200);
    let path = format!("users/{}", ada.id());
    let moved = system.manage(Method::PATCH, &path).await;
    let body = json!({ "email": "moved@example.com" });
    moved.json(&body).send().await.expect(200);
    mailbox.newest(&ada.email, 4).await;
    let mails = mailbox.to(&ada.email).await;
    let subjects: std::collections::BTreeSet<_> = mails.iter().map(|mail| &mail.subject).collect();
    assert!(subjects.len() > 3, "{subjects:?}");
    for mail in &mails {
        assert!(mail.text.contains("Hello Ada,"), "{}", mail.text);
        assert!(mail.html.contains("Hello Ada,"), "{}", mail.html);
        mail_speaks(mail);
    }
}

#[tokio::test]
async fn a_given_name_that_could_be_a_link_greets_nobody() {
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    for (given, greeting) in [
        ("Grace", "Hello Grace,"),
        ("J. Robert", "Hello J. Robert,"),
        ("win.example", "Hello ada,"),
        ("https://win.example/", "Hello ada,"),
    ] {
        let path = format!("users/{}", ada.id());
        let renamed = system.manage(Method::PATCH, &path).await;
        let body = json!({ "name": { "given": given } });
        renamed.json(&body).send().await.expect(200);
        system.advance(SignedDuration::from_secs(1));
        let known = system.mailbox().to(&ada.email).await.len();
        let forgot = system
            .browser()
            .open(system.portal("/password/forgot"))
            .await;
        let form = forgot.form_with("username").fill("username", "ada");
        form.submit().await.expect(200);
        let mail = system.mailbox().newest(&ada.email, known + 1).await;
        assert!(mail.text.contains(greeting), "{given}: {}", mail.text);
    }
}

/// The portal's application keeps its id when a brand is configured later.
#[tokio::test]
async fn the_portals_application_is_named_as_the_brand() {
    let database = db::testing::sqlite().await;
    let place = tempfile::tempdir().unwrap();
    let keyring = place.path().join("keyring.json").display().to_string();
    let start = async |brand: Option<&str>| {
        let prepared = System::prepare().set("keyring_file", keyring.as_str());
        let prepared = match brand {
            Some(name) => prepared.set("brand.name", name),
            None => prepared,
        };
        prepared.with(database.reopen().await).start().await
    };
    let name = async |system: &System, id: &str| {
        let path = format!("applications/{id}");
        let found = system.manage(Method::GET, &path);
        found.await.send().await.expect(200).json_text("/name")
    };
    let system = start(None).await;
    let id = system.env().client_id.clone();
    assert_eq!(name(&system, &id).await, "Latchkey");
    system.stop().await;
    for brand in [NAME, "Pier 4"] {
        let system = start(Some(brand)).await;
        assert_eq!(system.env().client_id, id);
        assert_eq!(name(&system, &id).await, brand);
        system.stop().await;
    }
}

#[tokio::test]
async fn a_mail_shows_the_png_beside_a_logo_that_is_svg() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let system = System::prepare()
        .set(
            "brand.logo",
            path("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        )
        .set(
            "brand.mail_logo",
            path("logo.png", b"\x89PNG\r\n\x1a\nlogo"),
        )
        .start()
        .await;
    let ada = system.new_user("ada").await;
    let browser = system.browser();
    let forgot = browser.open(system.portal("/password/forgot")).await;
    let logo = &forgot.attributes(".brand img", "src")[0];
    let shown = browser.open(forgot.url.join(logo).unwrap()).await;
    assert_eq!(shown.headers["content-type"], "image/svg+xml");
    let form = forgot.form_with("username").fill("username", "ada");
    form.submit().await.expect(200);
    let html = system.mailbox().newest(&ada.email, 1).await.html;
    let (_, logo) = html.split_once("<img src=\"").unwrap();
    let (logo, _) = logo.split_once('"').unwrap();
    assert!(logo.contains("/assets/mail-logo-"), "{logo}");
    let served = browser.open(logo).await.expect(200);
    assert_eq!(served.headers["content-type"], "image/png");
}
