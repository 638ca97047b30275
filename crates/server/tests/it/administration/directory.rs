//! Groups and populations, and the members of groups.

use serde_json::Value;

use super::{Place, text};

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_populations_are_made_changed_listed_and_deleted() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let made = place
        .said(
            &[
                "group",
                "create",
                "Captains",
                "--set",
                "description=Who may steer",
            ],
            "",
        )
        .await;
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["description"], "Who may steer");
    place
        .said(
            &["group", "update", "captains", "--set", "externalId=c-1"],
            "",
        )
        .await;
    let shown = place.said(&["group", "show", "Captains"], "").await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (shown["description"].as_str(), shown["externalId"].as_str()),
        (Some("Who may steer"), Some("c-1"))
    );
    let wrong = place
        .run(
            &["group", "update", "Captains", "--set", "descripton=a"],
            "",
        )
        .await;
    assert!(text(&wrong.stderr).contains("no member `descripton`"));

    let said = place.said(&["group", "add", "Captains", &name], "").await;
    assert_eq!(said, "1 user added to Captains.\n");
    let again = place.said(&["group", "add", "Captains", &name], "").await;
    assert_eq!(again, "0 users added to Captains.\n");
    let members = place
        .said(&["group", "members", "Captains", "--output", "csv"], "")
        .await;
    assert!(
        members.starts_with("id,username,email,") && members.contains(&name),
        "{members}"
    );
    let said = place
        .said(&["group", "remove", "Captains", &name, "--yes"], "")
        .await;
    assert_eq!(said, "1 user removed from Captains.\n");

    place.said(&["population", "create", "Sailors"], "").await;
    let table = place.said(&["population", "list"], "").await;
    assert!(
        table.starts_with("ID ") && table.contains("Sailors"),
        "{table}"
    );
    // Nothing is deleted without a yes, nor in a dry run.
    let refused = place.run(&["population", "delete", "Sailors"], "y\n").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("nothing was done"));
    let dry = place
        .said(&["population", "delete", "Sailors", "--dry-run"], "")
        .await;
    assert!(dry.contains("Sailors"), "{dry}");
    place.said(&["population", "show", "Sailors"], "").await;
    let said = place
        .said(&["population", "delete", "Sailors", "--yes"], "")
        .await;
    assert_eq!(said, "1 population deleted.\n");
    let gone = place.run(&["population", "show", "Sailors"], "").await;
    assert!(text(&gone.stderr).contains("no population has the name or id Sailors"));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_group_and_grants_are_rehearsed() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    place.said(&["group", "create", "Captains"], "").await;
    let members = ["group", "members", "Captains", "--output", "json"];
    let add = ["group", "add", "Captains", &name, &name, "--dry-run"];
    let output = place.run(&add, "").await;
    assert!(text(&output.stdout).contains(&name));
    assert_eq!(text(&output.stderr), "1 user would be added to Captains:\n");
    assert_eq!(place.said(&members, "").await, "[]\n");
    place.said(&["group", "add", "Captains", &name], "").await;
    let remove = ["group", "remove", "Captains", &name];
    let refused = place.complaint(&remove).await;
    assert!(
        refused.contains("1 user will be removed from Captains"),
        "{refused}"
    );
    let output = place.run(&[&remove[..], &["--dry-run"]].concat(), "").await;
    assert_eq!(
        text(&output.stderr),
        "1 user would be removed from Captains:\n"
    );
    assert_ne!(place.said(&members, "").await, "[]\n");

    place.said(&["application", "create", "Shop"], "").await;
    let create = ["grant", "create", "Shop", "openid", "email", "profile"];
    let said = place
        .said(&[&create[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(said.contains("email profile of openid"), "{said}");
    let list = ["grant", "list", "Shop", "--output", "json"];
    let before = place.said(&list, "").await;
    assert!(!before.contains("email profile"), "{before}");
    let wrong = ["grant", "create", "Shop", "openid", "emial"];
    let wrong = place.complaint(&wrong).await;
    assert!(
        wrong.contains("openid has no scope emial; it has ") && wrong.contains("email"),
        "{wrong}"
    );
}

/// What one is changed with is a part of it, or it as a whole: for each kind in its own way.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_each_kind_is_changed_and_stays_what_it_was() {
    let place = Place::start().await;
    let reader = [
        "--set",
        r#"permissions=[{"id":"dir:read:user"}]"#,
        "--set",
        r#"applicableTo=["ENVIRONMENT"]"#,
    ];
    let kinds: [(&str, &[&str]); 6] = [
        ("application", &[]),
        ("group", &[]),
        ("password-policy", &[]),
        ("policy", &[]),
        ("population", &[]),
        ("role", &reader),
    ];
    for (kind, more) in kinds {
        let made = place
            .object(&[&[kind, "create", "One"], more].concat())
            .await;
        let description = "description=Changed by its name";
        let changed = [kind, "update", "One", "--set", description];
        let changed = place.object(&changed).await;
        assert_eq!(changed["description"], "Changed by its name", "{kind}");
        for member in ["id", "name", "createdAt", "type"] {
            assert_eq!(changed[member], made[member], "{kind}: {member}");
        }
    }
}
