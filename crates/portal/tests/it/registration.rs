//! Registering a new user.

use std::time::Duration;

use fakes::Provider;
use portal::PopulationChoice;
use protocol::SystemRandom;
use protocol::id::PopulationId;

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
    let stories: [&[(&str, &str)]; 5] = [
        &[],
        &[("username", "bob")],
        &[("password", "short"), ("confirmPassword", "short")],
        &[("username", "someone@example.org")],
        &[("username", "")],
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
