//! Users: found, imported, created, and their passwords.

use serde_json::Value;

use super::{Place, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_from_standard_input_and_appears_nowhere() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let output = place
        .run(&["user", "set-password", &name], "Windy-Meadow-97\n")
        .await;
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{complained}");
    assert!(said.contains("the password is set"), "{said}");
    assert!(
        !said.contains("Windy") && !complained.contains("Windy"),
        "{said}{complained}"
    );

    let said = place
        .said(
            &["user", "set-password", &name, "--force-change"],
            "Windy-Meadow-98\n",
        )
        .await;
    assert!(
        said.contains("must be changed at the next sign-on"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_breaks_the_policy_is_refused_with_the_rules() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let output = place.run(&["user", "set-password", &name], "short\n").await;
    assert_eq!(output.status.code(), Some(1));
    let complained = text(&output.stderr);
    assert!(
        complained.contains("breaks the password policy"),
        "{complained}"
    );
    assert!(complained.contains("nothing was changed"), "{complained}");

    let output = place.run(&["user", "set-password", &name], "\n").await;
    assert!(text(&output.stderr).contains("the password is empty"));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_found_disabled_enabled_and_unlocked() {
    let place = Place::start().await;
    let name = place.system.env().demo_username.clone();
    let found = place.said(&["user", "find", &name], "").await;
    assert!(
        found.starts_with("ID ") && found.contains(&name) && found.contains("true"),
        "{found}"
    );
    let csv = ["user", "find", &name, "--output", "csv"];
    let csv = place.said(&csv, "").await;
    let id = csv.lines().nth(1).unwrap().split(',').next().unwrap();
    let id = id.to_owned();

    assert_eq!(
        place.said(&["user", "disable", &id], "").await,
        format!("{name}: disabled.\n")
    );
    assert!(
        place
            .said(&["user", "find", &id], "")
            .await
            .contains("false")
    );
    assert_eq!(
        place.said(&["user", "enable", &name], "").await,
        format!("{name}: enabled.\n")
    );
    assert_eq!(
        place.said(&["user", "unlock", &name], "").await,
        format!("{name}: unlocked.\n")
    );
    let sent = place.said(&["user", "send-recovery-code", &name], "").await;
    assert!(sent.contains("recovery code"), "{sent}");

    let output = place
        .run(&["user", "unlock", "nobody\" or username sw \""], "")
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no user of the environment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_users_are_imported_and_deleted() {
    let place = Place::start().await;
    let file = place.directory.path().join("crew.csv");
    let crew = "username,email,name.given,password\n\
                crew-1,crew-1@example.com,Ann,Sunny-Harbour-42\n\
                crew-2,crew-2@example.com,Ben,\n\
                crew-3,crew-3@example.com,Cat,short\n";
    std::fs::write(&file, crew).unwrap();
    let file = file.to_str().unwrap();
    place.said(&["population", "create", "Sailors"], "").await;
    let import = ["user", "import", file, "--population", "Sailors"];
    let dry = place
        .said(&[&import[..], &["--dry-run"]].concat(), "")
        .await;
    assert_eq!(dry, "3 users would be created.\n");
    let filter = r#"username sw "crew-""#;
    let list = ["user", "list", "--filter", filter, "--output", "json"];
    assert_eq!(place.said(&list, "").await, "[]\n");

    let output = place.run(&[&import[..], &["--yes"]].concat(), "").await;
    assert_eq!(output.status.code(), Some(1));
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(said, "2 users created.\n");
    assert!(
        complained.contains("crew-3: ") && complained.contains("1 user not created"),
        "{complained}"
    );
    assert!(!complained.contains("short"), "{complained}");
    let listed: Vec<Value> = serde_json::from_str(&place.said(&list, "").await).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["name"].as_object().unwrap().len(), 1);

    let delete = ["user", "delete", "--filter", filter];
    let dry = place
        .said(&[&delete[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(dry.contains("crew-1") && dry.contains("crew-2"), "{dry}");
    let said = place.said(&[&delete[..], &["--yes"]].concat(), "").await;
    assert_eq!(said, "2 users deleted.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_created_with_a_password_and_changed() {
    let place = Place::start().await;
    let create = [
        "user",
        "create",
        "eve",
        "eve@example.com",
        "--with-password",
    ];
    let create = [&create[..], &["--set", "name.given=Eve"]].concat();
    let made = place.said(&create, "Windy-Meadow-97\n").await;
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["name"]["given"], "Eve");
    let changed = place
        .said(
            &[
                "user",
                "update",
                "eve",
                "--set",
                "title=Dr",
                "--set",
                "name=null",
            ],
            "",
        )
        .await;
    let changed: Value = serde_json::from_str(&changed).unwrap();
    assert!(changed["title"] == "Dr" && changed.get("name").is_none());
}
