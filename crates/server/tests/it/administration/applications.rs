//! Applications: their secrets, and what they get.

use serde_json::Value;

use super::Place;

#[tokio::test(flavor = "multi_thread")]
async fn an_applications_secret_is_shown_and_replaced() {
    let place = Place::start().await;
    let env = place.system.env().clone();
    let listed = place.said(&["application", "list"], "").await;
    assert!(
        listed.contains(&env.client_id) && listed.contains(&env.worker_client_id),
        "{listed}"
    );
    let shown = place
        .said(&["application", "show", &env.client_id], "")
        .await;
    assert!(
        shown.contains(&env.client_id) && !shown.contains(&env.client_secret),
        "{shown}"
    );

    let secret = place
        .said(&["application", "secret", "show", &env.client_id], "")
        .await;
    assert_eq!(secret.trim_end(), env.client_secret);
    let new = place
        .said(&["application", "secret", "rotate", &env.client_id], "")
        .await;
    assert_ne!(new, secret);
    assert_eq!(
        place
            .said(&["application", "secret", "show", &env.client_id], "")
            .await,
        new
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_made_and_gets_grants_a_role_and_a_policy() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let create = ["application", "create", "Shop", "--set"];
    let uris = r#"redirectUris=["https://shop.example/callback"]"#;
    let made = place.said(&[&create[..], &[uris]].concat(), "").await;
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["type"], "WEB_APP");
    let other = r#"redirectUris=["https://shop.example/other"]"#;
    for which in ["Shop", made["id"].as_str().unwrap()] {
        let update = ["application", "update", which, "--set", other];
        let update = [&update[..], &["--set", "description=Tea"]].concat();
        let changed = place.said(&update, "").await;
        let changed: Value = serde_json::from_str(&changed).unwrap();
        let uris = serde_json::json!(["https://shop.example/other"]);
        assert_eq!(
            (&changed["id"], &changed["redirectUris"]),
            (&made["id"], &uris)
        );
        assert_eq!(
            (&changed["name"], &changed["description"]),
            (&made["name"], &"Tea".into())
        );
    }
    let robot = ["application", "create", "Robot", "--set", "type=WORKER"];
    place.said(&robot, "").await;
    let kept = place
        .said(&["application", "secret", "show", "Shop"], "")
        .await;
    let rotate = [
        "application",
        "secret",
        "rotate",
        "Shop",
        "--keep-former",
        "1",
    ];
    assert_ne!(place.said(&rotate, "").await, kept);

    let grant = ["grant", "create", "Shop", "openid", "email"];
    let granted = place.said(&grant, "").await;
    assert!(granted.contains("\"scopeNames\": \"email\""), "{granted}");
    let update = ["grant", "update", "Shop", "openid", "email", "profile"];
    place.said(&update, "").await;
    let listed = place.said(&["grant", "list", "Shop"], "").await;
    assert!(listed.contains("email profile"), "{listed}");
    let delete = ["grant", "delete", "Shop", "openid"];
    let dry = place
        .said(&[&delete[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(dry.contains("email profile"), "{dry}");
    place.said(&[&delete[..], &["--yes"]].concat(), "").await;

    let assign = [
        "role",
        "assign",
        "Identity Data Read Only",
        "--application",
        "Robot",
    ];
    let given = place.said(&assign, "").await;
    let given: Value = serde_json::from_str(&given).unwrap();
    let held = ["role", "held", "--application", "Robot", "--output", "csv"];
    let id = given["id"].as_str().unwrap();
    assert!(place.said(&held, "").await.contains(id));
    let withdraw = ["role", "withdraw", id, "--application", "Robot", "--yes"];
    place.said(&withdraw, "").await;
    assert!(!place.said(&held, "").await.contains(id));
    let held = place.said(&["role", "held", "--user", &name], "").await;
    assert!(held.starts_with("ID"), "{held}");

    place.said(&["policy", "create", "Strict"], "").await;
    let demand = ["policy", "action", "add", "Strict", "login", "--set"];
    let demand = [&demand[..], &["recovery.enabled=false"]].concat();
    place.said(&demand, "").await;
    place
        .said(&["policy", "assign", "Strict", "Shop"], "")
        .await;
    let assigned = ["policy", "assigned", "Shop", "--output", "csv"];
    assert!(place.said(&assigned, "").await.contains(",1,Strict,"));
    let withdraw = ["policy", "withdraw", "Strict", "Shop"];
    let dry = [&withdraw[..], &["--dry-run"]].concat();
    assert!(place.said(&dry, "").await.contains("Strict"));
    let refused = place.complaint(&withdraw).await;
    assert!(refused.contains("nothing was done"), "{refused}");
    assert!(place.said(&assigned, "").await.contains(",1,Strict,"));
    let said = place.said(&[&withdraw[..], &["--yes"]].concat(), "").await;
    assert_eq!(said, "1 assignment deleted.\n");
    assert!(!place.said(&assigned, "").await.contains("Strict"));
    let refused = place.complaint(&withdraw).await;
    assert!(
        refused.contains("Shop was not given the policy Strict"),
        "{refused}"
    );
    place
        .said(&["policy", "delete", "Strict", "--yes"], "")
        .await;
    // The service passes over filters of applications; only what is meant is deleted.
    let filter = r#"name eq "Shop" and enabled eq true"#;
    let delete = ["application", "delete", "--filter", filter, "--yes"];
    assert_eq!(place.said(&delete, "").await, "1 application deleted.\n");
    place.said(&["application", "show", "Robot"], "").await;
    let delete = ["application", "delete", "Robot", "--yes"];
    assert_eq!(place.said(&delete, "").await, "1 application deleted.\n");
}
