//! Registering a new user.

use std::time::Duration;

use fakes::Provider;
use portal::PopulationChoice;
use protocol::SystemRandom;
use protocol::id::PopulationId;
use ui::{RegistrationFields, UsernameField};

use crate::browser::Page;
use crate::site::Site;

const PASSWORD: &str = "Brave-Horse-Battery-7";

async fn register(site: &Site, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("username", "grace"),
        ("email", "grace@example.com"),
        ("givenName", "Grace"),
        ("familyName", "Hopper"),
        ("password", PASSWORD),
        ("confirmPassword", PASSWORD),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((*name, *value));
    }
    site.browser().post("/register", &fields).await
}

fn populations(fake: &Provider) -> [PopulationId; 2] {
    let ids = [
        PopulationId::random(&SystemRandom),
        PopulationId::random(&SystemRandom),
    ];
    fake.world().populations = vec![
        (ids[0], "Customers".to_owned(), "Everybody".to_owned()),
        (
            ids[1],
            "Partners".to_owned(),
            "People of partner.example".to_owned(),
        ),
    ];
    ids
}

#[tokio::test]
async fn a_new_user_comes_into_being_in_one_call() {
    let site = Site::start().await;
    let page = site.browser().get("/register").await.expect(200);
    assert!(page.has("data-rule=\"length\"") && !page.has("data-rule=\"history\""));
    register(&site, &[]).await.expect(303);
    let grace = site.fake.person("grace").unwrap();
    assert_eq!(
        (grace.password.as_str(), grace.given.as_deref()),
        (PASSWORD, Some("Grace"))
    );
    assert!(grace.needs_verification && grace.population.is_none());
}

#[tokio::test]
async fn the_fields_are_those_that_are_configured_with_the_address_first() {
    for (username, is_there, is_required) in [
        (UsernameField::None, false, false),
        (UsernameField::Optional, true, false),
        (UsernameField::Required, true, true),
    ] {
        let site = Site::with(|settings| {
            settings.registration.fields = RegistrationFields {
                username,
                given_name: false,
                family_name: true,
            };
        })
        .await;
        let page = site.browser().get("/register").await.expect(200);
        let at = |field: &str| page.body.find(&format!("id=\"{field}\""));
        assert_eq!(at("username").is_some(), is_there, "{username:?}");
        assert!(at("givenName").is_none());
        let fields = ["email", "familyName", "password"].map(|field| at(field).unwrap());
        assert!(fields.is_sorted(), "{fields:?}");
        assert!(at("username").is_none_or(|place| place > fields[0]));

        let more = [("username", ""), ("givenName", "Grace")];
        let page = register(&site, &more).await;
        if is_required {
            page.expect(422);
            continue;
        }
        page.expect(303);
        let grace = site.fake.person("grace@example.com").unwrap();
        assert_eq!(
            (grace.given, grace.family.as_deref()),
            (None, Some("Hopper")),
            "what is not asked for is not taken"
        );
    }
}

/// A page of its own says how to go on, to the sign-on page with the right name in it.
#[tokio::test]
async fn the_page_afterwards_is_the_same_for_known_and_unknown_addresses() {
    let site = Site::start().await;
    site.browser().get("/register/done").await.expect(303);
    let mut pages = Vec::new();
    for address in ["grace@example.com", "ada@example.com"] {
        let browser = site.browser();
        let fields = [
            ("email", address),
            ("password", PASSWORD),
            ("confirmPassword", PASSWORD),
        ];
        let page = browser.post("/register", &fields).await.expect(303);
        assert_eq!(page.location(), "/register/done");
        let done = browser.get("/register/done").await.expect(200);
        let encoded = address.replace('@', "%40");
        let neutral = |body: &str| {
            body.replace(address, "ADDRESS")
                .replace(&encoded, "ADDRESS")
        };
        pages.push(neutral(&done.body));
        let begin = format!("/login?fresh=true&login_hint={encoded}");
        assert!(
            done.has(&begin.replace('&', "&#38;")),
            "{begin}: {}",
            done.body
        );
        let begun = browser.get(&begin).await.expect(303).address();
        let hint = begun.query_pairs().find(|(name, _)| name == "login_hint");
        assert_eq!(hint.unwrap().1, address);

        // Whoever has the code of the mail that goes to the owner of a known address goes on there.
        let page = browser.get("/password/recover").await.expect(200);
        pages.push(neutral(&page.body));
        let page = crate::recovery::recover(&browser, "AAAAAAAA").await;
        pages.push(neutral(&page.expect(422).body));
    }
    let (new, known) = pages.split_at(3);
    assert_eq!(new, known);
    let code = site.fake.mailed_code("ada").await;
    let browser = site.browser();
    let fields = [
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("confirmPassword", PASSWORD),
    ];
    browser.post("/register", &fields).await.expect(303);
    let mut again = site.fake.mailed_code("ada").await;
    while again == code {
        tokio::task::yield_now().await;
        again = site.fake.mailed_code("ada").await;
    }
    let done = crate::recovery::recover(&browser, &again).await.expect(303);
    assert!(
        done.location().starts_with("/login?"),
        "{}",
        done.location()
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_good_that_was_typed_is_lost() {
    let site = Site::start().await;
    site.fake.add("grace", "other@example.com");
    let page = register(&site, &[("email", "new@example.com")])
        .await
        .expect(422);
    assert!(page.error_at("username").unwrap().contains("taken"));
    for kept in [
        "value=\"grace\"",
        "value=\"new@example.com\"",
        "value=\"Hopper\"",
    ] {
        assert!(page.has(kept), "{kept}");
    }
    assert_eq!(
        page.body.matches(&format!("value=\"{PASSWORD}\"")).count(),
        2
    );

    let page = register(&site, &[("email", "no address"), ("password", "x")])
        .await
        .expect(422);
    assert!(page.error_at("email").is_some() && page.error_at("confirmPassword").is_some());

    let weak = [
        ("username", "weak"),
        ("password", "short"),
        ("confirmPassword", "short"),
    ];
    let page = register(&site, &weak).await.expect(422);
    assert!(
        page.error_at("password").unwrap().contains("characters"),
        "{}",
        page.body
    );
    assert!(
        !page.has("value=\"short\""),
        "a refused password comes back"
    );
    assert!(!page.has("id=\"summary\""), "one fault is said once");
}

#[tokio::test]
async fn the_address_has_to_be_proven_unless_that_is_switched_off() {
    for verify_email in [true, false] {
        let site = Site::with(|settings| {
            if !verify_email {
                settings.registration.verify_email = false;
            }
        })
        .await;
        register(&site, &[]).await.expect(303);
        let grace = site.fake.person("grace").unwrap();
        assert_eq!(grace.needs_verification, verify_email);
    }
}

/// Known and unknown addresses are answered alike, whatever else is right or wrong; the owner of a
/// known one gets a mail, and no second account comes into being.
#[tokio::test]
async fn registering_with_a_known_address_looks_like_success_and_mails_its_owner() {
    let site = Site::start().await;
    site.fake.add("bob", "bob@example.com");
    let stories: [&[(&str, &str)]; 6] = [
        &[],
        &[("username", "bob")],
        &[("password", "short"), ("confirmPassword", "short")],
        &[("username", "someone@example.org")],
        &[("username", "")],
        &[("familyName", "<b>")],
    ];
    for (n, story) in stories.into_iter().enumerate() {
        let mut answers = Vec::new();
        for address in [format!("new{n}@example.com"), "ada@example.com".to_owned()] {
            let free = format!("carol{}", answers.len());
            let mut fields = vec![("username", free.as_str())];
            fields.retain(|(name, _)| story.iter().all(|(other, _)| other != name));
            fields.extend(story);
            fields.push(("email", &address));
            let page = register(&site, &fields).await;
            answers.push((
                page.status,
                page.headers.get("location").cloned(),
                page.body
                    .replace(&address, "ADDRESS")
                    .replace(&free, "FREE"),
            ));
        }
        assert_eq!(answers[0], answers[1], "{story:?}");
    }
    assert!(!site.fake.mailed_code("ada").await.is_empty());
    let world = site.fake.world();
    let of_ada = world
        .people
        .iter()
        .filter(|person| person.email == "ada@example.com");
    assert_eq!(of_ada.count(), 1);
    let is_there = |name: &str| world.people.iter().any(|person| person.username == name);
    assert!(is_there("carol0"), "the new address has an account");
    assert!(!is_there("carol1"), "the known address has no second one");
}

/// Only for a known address is there a code to send, and a portal that can send none must not tell.
#[tokio::test]
async fn a_portal_that_is_full_tells_known_from_unknown_addresses_by_nothing() {
    let site = Site::with(|settings| {
        settings.outgoing.total_timeout = Duration::from_mins(2);
        settings.limits.recovery_floor = Duration::ZERO;
    })
    .await;
    site.fake.world().codes_are_stuck = true;
    let mut asked = 0;
    while crate::recovery::ask(&site.browser(), "ada").await.status != 503 {
        asked += 1;
        assert!(asked < 900, "the portal is never full");
    }
    for address in ["new@example.com", "ada@example.com"] {
        let page = register(&site, &[("email", address)]).await;
        assert_eq!(page.status, 503, "{address}");
    }
    assert!(site.fake.person("grace").is_none());
}

#[tokio::test]
async fn the_population_is_chosen_from_the_configured_list_by_its_place() {
    let site = Site::start().await;
    let ids = populations(&site.fake);
    let mut settings = site.settings.clone();
    settings.registration.population = PopulationChoice::Choose(ids.to_vec());
    let portal = portal::Portal::new(settings, site.parts.clone())
        .await
        .unwrap();
    let site = Site { portal, ..site };

    let page = site.browser().get("/register").await.expect(200);
    assert!(
        page.has("Partners") && !page.has(&ids[1].to_string()),
        "{}",
        page.body
    );
    register(&site, &[("population", &ids[1].to_string())])
        .await
        .expect(422);
    register(&site, &[("population", "2")]).await.expect(303);
    assert_eq!(site.fake.person("grace").unwrap().population, Some(ids[1]));
}

#[tokio::test]
async fn the_population_follows_the_domain_of_the_address() {
    let site =
        Site::with(|settings| settings.registration.population = PopulationChoice::EmailDomain)
            .await;
    let ids = populations(&site.fake);
    let page = register(&site, &[]).await.expect(422);
    assert!(page.error_at("email").unwrap().contains("domain"));
    register(&site, &[("email", "grace@partner.example")])
        .await
        .expect(303);
    assert_eq!(site.fake.person("grace").unwrap().population, Some(ids[1]));
}

#[tokio::test]
async fn registration_can_be_closed() {
    let site = Site::with(|settings| settings.registration.enabled = false).await;
    site.browser().get("/register").await.expect(404);
    register(&site, &[]).await.expect(404);
    assert!(site.fake.person("grace").is_none());
}
