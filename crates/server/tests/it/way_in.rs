//! One way in: registration and recovery are the same on the portal and on the hosted page, and end
//! verified and signed on; and what operators do for those who do not get in.

use testkit::{Method, Page, Person, System, give_credentials};

const NEW: &str = "Brave-New-Horse-43";

/// The hosted page for registering, as somebody reaches it who wants to go on to the portal.
async fn hosted(system: &System) -> Page {
    let page = system.browser().open(system.portal("/login")).await;
    page.expect(200).follow_link("Create account").await
}

async fn at_portal(system: &System) -> Page {
    system.browser().open(system.portal("/register")).await
}

async fn register(page: &Page, email: &str) -> Page {
    page.form_with("confirmPassword")
        .fill("email", email)
        .fill("givenName", "Grace")
        .fill("password", NEW)
        .fill("confirmPassword", NEW)
        .submit()
        .await
        .expect(200)
}

/// From the page after registering at the portal to the sign-on page, by its one way on.
async fn way_on(page: &Page) -> Page {
    let ways = page.attributes("main a.button-primary", "href");
    assert_eq!(ways.len(), 1, "{}", page.summary());
    page.follow("main a.button-primary").await.expect(200)
}

fn grace(email: &str) -> Person {
    let mut grace = Person::new(email, NEW);
    email.clone_into(&mut grace.email);
    grace
}

fn assert_signed_on(system: &System, page: &Page, name: &str) {
    assert_eq!(page.url, system.portal("/"), "{}", page.summary());
    let text = page.text();
    assert!(text.contains(name) && text.contains("Sign off"), "{text}");
}

#[tokio::test]
async fn both_pages_ask_for_the_same_with_the_same_words_and_rules() {
    for username in ["optional", "required", "none"] {
        let system = System::prepare()
            .set("portal.registration.username", username)
            .start()
            .await;
        let mut pages = [hosted(&system).await, at_portal(&system).await];
        let places = [
            "h1",
            "main label",
            "main .hint",
            ".rule",
            "main form button",
        ];
        assert_alike(&pages, "confirmPassword", &places);
        let form = pages[0].form_with("confirmPassword");
        let names = form.names();
        assert_eq!(names[0], "email", "the address comes first");
        assert_eq!(names.contains(&"username".to_owned()), username != "none");
        // What is wrong is the same on both, and called the same.
        for page in &mut pages {
            let form = page.form_with("confirmPassword");
            let form = form.fill("email", "no address").fill("familyName", "<b>");
            let form = form
                .fill("password", "short")
                .fill("confirmPassword", "other");
            *page = form.submit().await.expect(422);
        }
        assert_alike(&pages, "confirmPassword", &[".field-error"]);
        let faults = pages[0].texts(".field-error").len();
        assert_eq!(faults, if username == "required" { 5 } else { 4 });
    }
}

#[tokio::test]
async fn a_forgotten_password_is_recovered_with_the_same_words_and_rules() {
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    let signon = system.browser().open(system.portal("/login")).await;
    let hosted = signon
        .follow_link("Forgot your password?")
        .await
        .expect(200);
    let browser = system.browser();
    let portal = browser.open(system.portal("/password/forgot")).await;
    let mut pages = [hosted, portal.expect(200)];
    assert_alike(
        &pages,
        "username",
        &["h1", "main .lead", "main label", "main form button"],
    );
    for page in &mut pages {
        let form = page.form_with("username").fill("username", "");
        *page = form.submit().await.expect(422);
    }
    assert_alike(&pages, "username", &["main .field-error"]);
    for page in &mut pages {
        let form = page.form_with("username").fill("username", &ada.username);
        *page = form.submit().await.expect(200);
    }
    let told = ["h1", "main label", ".hint", ".rule"];
    assert_alike(&pages, "recoveryCode", &told);
    let [hosted, portal] = &pages;
    let mut buttons = portal.texts("main form button");
    // The hosted page is one of a flow, which can be left.
    buttons.push("Back to sign on".to_owned());
    assert_eq!(hosted.texts("main form button"), buttons);
    for page in &mut pages {
        let form = page.form_with("recoveryCode");
        let form = form.fill("recoveryCode", "AAAAAAAA");
        let form = form
            .fill("newPassword", NEW)
            .fill("confirmPassword", "other");
        *page = form.submit().await.expect(422);
    }
    assert_alike(&pages, "recoveryCode", &["main .field-error"]);
}

/// Both pages ask for the same, and say the same at each of the places.
fn assert_alike(pages: &[Page; 2], field: &str, places: &[&str]) {
    let [hosted, portal] = pages;
    let (asked, other) = (hosted.form_with(field), portal.form_with(field));
    assert_eq!(asked.names(), other.names());
    for place in places {
        let said = hosted.texts(place);
        assert!(!said.is_empty(), "{place}: {}", hosted.summary());
        assert_eq!(said, portal.texts(place), "{place}");
    }
}

#[tokio::test]
async fn whoever_registers_is_verified_and_signed_on_at_the_end() {
    let system = System::start().await;
    let page = register(&hosted(&system).await, "hosted@example.com").await;
    let code = system
        .mailbox()
        .newest("hosted@example.com", 1)
        .await
        .code();
    let page = page.form_with("verificationCode");
    let page = page.fill("verificationCode", &code).submit().await;
    assert_signed_on(&system, &page, "Grace");

    let email = "portal@example.com";
    let page = register(&at_portal(&system).await, email).await;
    assert!(page.text().contains(email), "{}", page.text());
    let page = way_on(&page).await;
    let form = page.form_with("password");
    assert_eq!(form.value("username"), Some(email), "nobody types it again");
    let page = form.fill("password", NEW).submit().await.expect(200);
    let code = system.mailbox().newest(email, 1).await.code();
    let page = page.form_with("verificationCode");
    let page = page.fill("verificationCode", &code).submit().await;
    assert_signed_on(&system, &page, "Grace");
}

#[tokio::test]
async fn whoever_has_an_account_already_learns_it_by_mail_alone_and_gets_in() {
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    let hosted = register(&hosted(&system).await, &ada.email).await;
    assert!(
        hosted.has("[name=verificationCode]"),
        "{}",
        hosted.summary()
    );
    let mail = system.mailbox().newest(&ada.email, 1).await;
    assert!(
        mail.subject.contains("have an account already"),
        "{}",
        mail.subject
    );

    let page = register(&at_portal(&system).await, &ada.email).await;
    let unknown = register(&at_portal(&system).await, "unknown@example.com").await;
    let neutral = |page: &Page, email: &str| page.text().replace(email, "ADDRESS");
    assert_eq!(
        neutral(&page, &ada.email),
        neutral(&unknown, "unknown@example.com")
    );
    system.mailbox().newest(&ada.email, 2).await;
    let mails = system.mailbox().to(&ada.email).await;
    let mail = mails.iter().find(|mail| mail.subject.contains("code"));
    let code = mail.unwrap().code();
    let page = page.follow_link("Choose a new password").await.expect(200);
    let page = page
        .form_with("recoveryCode")
        .fill("recoveryCode", &code)
        .fill("newPassword", NEW)
        .fill("confirmPassword", NEW)
        .submit()
        .await
        .expect(200);
    // The sign-on page, where nothing but the password is missing.
    let form = page.form_with("password");
    assert_eq!(form.value("username"), Some(ada.email.as_str()));
    let page = form.fill("password", NEW).submit().await;
    assert_signed_on(&system, &page, "Ada");
}

/// Somebody else who is signed on in the same browser does not get in instead.
#[tokio::test]
async fn the_way_on_signs_on_whoever_registered_or_recovered_and_nobody_else() {
    let system = System::start().await;
    let (ada, bob) = (system.new_user("ada").await, system.new_user("bob").await);
    let session = system.sign_on(&bob).await;
    let page = session.open("/password/forgot").await.expect(200);
    let page = page.form_with("username").fill("username", &ada.username);
    let page = page.submit().await.expect(200);
    let code = system.mailbox().newest(&ada.email, 1).await.code();
    let page = page
        .form_with("recoveryCode")
        .fill("recoveryCode", &code)
        .fill("newPassword", NEW)
        .fill("confirmPassword", NEW)
        .submit()
        .await
        .expect(200);
    let page = give_credentials(&page, &ada.with_password(NEW)).await;
    assert_signed_on(&system, &page, "Ada");
    let page = session.open("/user/info").await.expect(200);
    assert!(page.text().contains("ada@example.com"), "{}", page.text());
}

#[tokio::test]
async fn operators_find_users_by_words_and_state_and_see_when_they_signed_on() {
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    let _ = system.new_user("adam").await;
    system.sign_on(&ada).await;
    let path = format!("users/{}", ada.id());
    let lock = system.manage(Method::POST, &path).await;
    let media_type = "application/vnd.pingidentity.account.lock+json";
    let lock = lock.header("content-type", media_type);
    lock.send().await.expect(200);
    let operator = system.sign_on(&system.operator()).await;
    let found = async |query: &str| {
        let page = operator.open(&format!("/users{query}")).await.expect(200);
        let mut names = page.texts("tbody th");
        names.sort();
        names
    };
    assert_eq!(found("?q=ada").await, ["ada", "adam"]);
    assert_eq!(found("?q=love+adam").await, ["adam"]);
    assert_eq!(found("?q=dam").await, [""; 0], "only beginnings of words");
    assert_eq!(found("?q=ada&state=disabled").await, [""; 0]);
    assert_eq!(found("?state=locked").await, ["ada"]);
    let page = operator.open("/users?q=ada").await.expect(200);
    assert_eq!(page.texts("tbody .badge-warning"), ["Locked"]);
    assert_eq!(page.attributes("tbody time", "datetime").len(), 1);
    let last = page.texts("tbody td:last-child");
    assert_eq!(last.iter().filter(|text| *text == "Never").count(), 1);
}

#[tokio::test]
async fn an_operator_makes_an_account_whose_owner_gets_in_and_ends_its_sessions() {
    let system = System::start().await;
    let operator = system.sign_on(&system.operator()).await;
    let page = operator
        .open("/users?q=grace&state=enabled")
        .await
        .expect(200);
    let page = page.follow_link("Create user").await.expect(200);
    let page = page
        .form_with("forceChange")
        .fill("email", "grace@example.com")
        .fill("familyName", "Hopper")
        .fill("password", "Given-By-Phone-44")
        .submit()
        .await
        .expect(200);
    assert_eq!(page.heading(), "grace@example.com");

    let code = system.mailbox().newest("grace@example.com", 1).await.code();
    let given = grace("grace@example.com").with_password("Given-By-Phone-44");
    let browser = system.browser();
    let page2 = browser.open(system.portal("/login")).await.expect(200);
    let page2 = give_credentials(&page2, &given).await.expect(200);
    let page2 = page2
        .form_with("newPassword")
        .fill("currentPassword", &given.password)
        .fill("newPassword", NEW)
        .fill("confirmPassword", NEW)
        .submit()
        .await
        .expect(200);
    let page2 = page2.form_with("verificationCode");
    let page2 = page2.fill("verificationCode", &code).submit().await;
    assert_signed_on(&system, &page2, "Hopper");

    let page = operator.browser.open(page.url.clone()).await.expect(200);
    assert!(page.text().contains("Where the user is signed on"));
    let page = page.form_with("session").submit().await.expect(200);
    assert!(
        page.text().contains("is signed off there."),
        "{}",
        page.text()
    );
    let after = browser.open(system.portal("/user/info")).await.expect(200);
    assert!(
        after.has("[name=password]"),
        "the portal's session ended too"
    );

    let page = page.follow_link("All users").await.expect(200);
    let search = page.form_with("q");
    assert_eq!(
        (search.value("q"), search.value("state")),
        (Some("grace"), Some("enabled"))
    );
}
