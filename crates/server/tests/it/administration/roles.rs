//! Roles, for whatever they can be held for.

use serde_json::json;
use testkit::Method;

use super::Place;

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_given_to_workers_and_groups_for_whatever_they_can_be_held_for() {
    let place = Place::start().await;
    place.said(&["group", "create", "Captains"], "").await;
    place.said(&["population", "create", "Sailors"], "").await;
    let robot = ["application", "create", "Robot", "--set", "type=WORKER"];
    place.said(&robot, "").await;
    let here = place.system.env().environment_id.clone();
    let cases: [(&str, &[&str], &str); 5] = [
        ("Environment Admin", &["--organization"], "ORGANIZATION"),
        ("Environment Admin", &[], "ENVIRONMENT"),
        (
            "Identity Data Admin",
            &["--environment", &here],
            "ENVIRONMENT",
        ),
        (
            "Identity Data Admin",
            &["--population", "Sailors"],
            "POPULATION",
        ),
        (
            "Application Owner",
            &["--for-application", "Robot"],
            "APPLICATION",
        ),
    ];
    let gateway = json!({"name": "Old directory", "type": "RADIUS", "enabled": false,
        "davinci": {"policy": {"id": "ee8470a281614d76a7afa8505a2da084"}},
        "defaultSharedSecret": "shared-secret", "radiusClients": [{"ip": "127.0.0.1"}]});
    let make = place.system.manage(Method::POST, "gateways").await;
    make.json(&gateway).send().await.expect(201);
    for holder in [
        ["--application", "Robot"],
        ["--group", "Captains"],
        ["--gateway", "Old directory"],
    ] {
        for (role, reach, kind) in cases {
            let assign = [&["role", "assign", role], &holder[..], reach].concat();
            let given = place.object(&assign).await;
            assert_eq!(given["scope"]["type"], kind, "{assign:?}");
            assert_eq!(given["role"]["name"], role);
            let again = place.complaint(&assign).await;
            assert!(again.contains("it is held for that already"), "{again}");
        }
        let held = [&["role", "held", "--output", "csv"], &holder[..]].concat();
        let listed = place.said(&held, "").await;
        for (role, _, kind) in cases {
            assert!(listed.contains(&format!(",{role},{kind},")), "{listed}");
        }
        let ambiguous = [&["role", "withdraw", "Environment Admin"], &holder[..]].concat();
        let ambiguous = place.complaint(&ambiguous).await;
        assert!(
            ambiguous.contains("2 role assignments are named Environment Admin"),
            "{ambiguous}"
        );
        let withdraw = [&["role", "withdraw", "application owner"], &holder[..]].concat();
        let dry = place
            .said(&[&withdraw[..], &["--dry-run"]].concat(), "")
            .await;
        assert!(dry.contains("Application Owner"), "{dry}");
        assert_eq!(place.said(&held, "").await, listed);
        let said = place.said(&[&withdraw[..], &["--yes"]].concat(), "").await;
        assert_eq!(said, "1 role assignment deleted.\n");
        assert!(!place.said(&held, "").await.contains("Application Owner"));
    }
    let twice = [
        "role",
        "assign",
        "Reader",
        "--user",
        "a",
        "--population",
        "b",
        "--organization",
    ];
    assert_eq!(place.run(&twice, "").await.status.code(), Some(2));
}
