//! The banner of development: where its link leads, and whom it says that development is open to.

use latchkey::seed::Seed;
use testkit::{Page, System};

/// What stands in the banner of a page, and where its links lead.
fn banner(page: &Page) -> (String, Vec<String>) {
    let texts = page.texts(".notice");
    assert_eq!(texts.len(), 1, "{}: {texts:?}", page.summary());
    (texts[0].clone(), page.attributes(".notice a", "href"))
}

/// The portal's start page, the hosted page behind it, and of both sides the page that explains and one
/// that says what went wrong.
async fn pages(system: &System) -> Vec<Page> {
    let browser = system.browser().with_header("accept", "text/html");
    let mut pages = vec![
        browser.open(system.portal("/")).await.expect(200),
        browser.open(system.portal("/login")).await.expect(200),
    ];
    let environment = &system.env().auth_url;
    for side in [system.portal("/").to_string(), environment.clone()] {
        for (path, status) in [("explain", 200), ("nothing-here", 404)] {
            let page = browser.open(format!("{side}{path}")).await;
            pages.push(page.expect(status));
        }
    }
    pages
}

#[tokio::test]
async fn the_banner_of_every_page_leads_to_the_mailbox_of_its_environment() {
    for (portal, idp, host) in [
        ("localhost:0", "localhost:0", "https://localhost:"),
        ("127.0.0.1:0", "127.0.0.1:0", "https://127.0.0.1:"),
    ] {
        let system = System::prepare()
            .set("portal.listen", portal)
            .set("idp.listen", idp);
        let system = system.start().await;
        let mailbox = &system.env().mailbox_url;
        assert!(mailbox.starts_with(host), "{mailbox}");
        for page in pages(&system).await {
            let (text, links) = banner(&page);
            assert!(text.starts_with("Development mode"), "{text}");
            assert_eq!(links.join(" "), *mailbox, "{}", page.summary());
        }
        let opened = system.browser().open(mailbox).await.expect(200);
        assert_eq!(opened.heading(), "Mailbox");
    }
}

#[tokio::test]
async fn the_banner_names_the_mailbox_by_the_public_address_of_the_environment() {
    let system = System::prepare()
        .set("idp.public_url", "https://sign-on.example.test:8443/")
        .start()
        .await;
    let home = system.browser().open(system.portal("/")).await.expect(200);
    let (_, links) = banner(&home);
    assert_eq!(links, ["https://sign-on.example.test:8443/mailbox"]);
    assert_eq!(system.env().mailbox_url, links[0]);
}

#[tokio::test]
async fn the_banner_has_no_mailbox_where_mails_go_elsewhere() {
    let system = System::prepare()
        .set("idp.smtp.host", "localhost")
        .set("idp.smtp.from", "Shop <no-reply@shop.example>")
        .set("idp.smtp.encryption", "none")
        .start()
        .await;
    for page in pages(&system).await {
        let (text, links) = banner(&page);
        assert!(!text.contains("Mailbox") && links.is_empty(), "{text}");
    }
}

#[tokio::test]
async fn the_banner_says_which_networks_development_is_open_to() {
    let networks = "10.20.0.0/16, 192.0.2.0/24";
    let system = System::prepare().set("server.development_networks", networks);
    for page in pages(&system.start().await).await {
        let (text, _) = banner(&page);
        let expected = "Development mode, open to 10.20.0.0/16 and 192.0.2.0/24 · ";
        assert!(text.starts_with(expected), "{text}");
    }
    for page in pages(&System::start().await).await {
        let (text, _) = banner(&page);
        assert!(!text.contains("open to"), "{text}");
    }
}

#[tokio::test]
async fn every_page_says_alike_whether_there_are_known_passwords() {
    let nobody = "[[environments]]\nname = \"Empty\"";
    let ada = "[[environments.users]]\nusername = \"ada\"\nemail = \"ada@example.com\"";
    let somebody = format!("{nobody}\n{ada}\npassword = \"Sunny-Harbour-42\"");
    for (seed, is_known) in [(nobody, false), (&somebody, true)] {
        let seed = Seed::parse(seed, "seed.toml").unwrap();
        let system = System::prepare().seed(seed).start().await;
        for page in pages(&system).await {
            let (text, _) = banner(&page);
            let says = text.contains("known passwords");
            assert_eq!(says, is_known, "{text}: {}", page.summary());
        }
        system.stop().await;
    }
}
