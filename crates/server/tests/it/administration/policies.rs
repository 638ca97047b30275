//! Sign-on policies, and what one demands.

use serde_json::Value;

use super::{Place, text};

/// The types of a policy's actions with their priorities, in the order of a table.
async fn order(place: &Place, policy: &str) -> Vec<(u64, String)> {
    let list = ["policy", "action", "list", policy, "--output", "json"];
    let listed = place.object(&list).await;
    let action = |action: &Value| {
        let kind = action["type"].as_str().unwrap();
        (action["priority"].as_u64().unwrap(), kind.to_owned())
    };
    listed.as_array().unwrap().iter().map(action).collect()
}

fn turns(turns: &[(u64, &str)]) -> Vec<(u64, String)> {
    let turn = |&(priority, kind): &(u64, &str)| (priority, kind.to_owned());
    turns.iter().map(turn).collect()
}

/// Makes a policy that demands a login at turn 1, a profile at 7, and a login again at 9, whose id
/// it gives.
async fn demanding(place: &Place, policy: &str) -> String {
    place.said(&["policy", "create", policy], "").await;
    let attributes = r#"attributes=[{"name":"name.given","required":true}]"#;
    let profiling = [
        "policy",
        "action",
        "add",
        policy,
        "progressive_profiling",
        "--priority",
        "7",
        "--set",
        attributes,
        "--set",
        "promptText=Who are you?",
        "--set",
        "promptIntervalSeconds=60",
        "--set",
        "preventMultiplePromptsPerFlow=true",
    ];
    place
        .said(&["policy", "action", "add", policy, "login"], "")
        .await;
    place.said(&profiling, "").await;
    // It is made after one that was shown.
    let shown = ["policy", "action", "show", policy, "LOGIN"];
    let file = place.directory.path().join("login.json");
    std::fs::write(&file, place.said(&shown, "").await).unwrap();
    let file = file.to_str().unwrap();
    let copy = ["policy", "action", "add", policy, "login", "--from", file];
    let copy = [&copy[..], &["--priority", "9"]].concat();
    let second = place.object(&copy).await;
    let expected = turns(&[(1, "LOGIN"), (7, "PROGRESSIVE_PROFILING"), (9, "LOGIN")]);
    assert_eq!(order(place, policy).await, expected);
    second["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policys_actions_are_added_changed_and_removed() {
    let place = Place::start().await;
    let second = &*demanding(&place, "Strict").await;
    let shown = ["policy", "action", "show", "Strict", "LOGIN"];
    let ambiguous = place.complaint(&shown).await;
    assert!(
        ambiguous.contains("2 actions are named LOGIN") && ambiguous.contains("by its id"),
        "{ambiguous}"
    );
    let update = ["policy", "action", "update", "Strict", second, "--set"];
    let updated = place
        .object(&[&update[..], &["recovery.enabled=true"]].concat())
        .await;
    assert_eq!(updated["recovery"]["enabled"], true);
    // The service passes over what it does not know, which is told.
    let misspelt = [&update[..], &["recoverry.enabled=true"]].concat();
    let misspelt = place.run(&misspelt, "").await;
    assert!(misspelt.status.success());
    let remark = text(&misspelt.stderr);
    assert!(remark.contains("does not show `recoverry`"), "{remark}");
    assert_eq!(updated["priority"], 9);
    // A new action has its turn behind all others.
    let behind = ["policy", "action", "add", "Strict", "identifier_first"];
    assert_eq!(place.object(&behind).await["priority"], 10);

    let remove = [
        "policy",
        "action",
        "remove",
        "Strict",
        second,
        "progressive_profiling",
    ];
    let dry = place
        .said(&[&remove[..], &["--dry-run"]].concat(), "")
        .await;
    assert!(dry.contains(second), "{dry}");
    assert_eq!(order(&place, "Strict").await.len(), 4);
    let said = place.said(&[&remove[..], &["--yes"]].concat(), "").await;
    assert_eq!(said, "2 actions deleted.\n");
    assert_eq!(order(&place, "Strict").await.len(), 2);
    let gone = place
        .complaint(&["policy", "action", "show", "Strict", second])
        .await;
    assert!(gone.contains("`latchkey policy action list`"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policys_actions_change_their_turns() {
    let place = Place::start().await;
    let second = &*demanding(&place, "Strict").await;
    let expected = order(&place, "Strict").await;
    let moving = ["policy", "action", "move", "Strict", second, "--before"];
    let moving = [&moving[..], &["progressive_profiling"]].concat();
    let dry = [&moving[..], &["--dry-run", "--output", "csv"]].concat();
    let dry = place.said(&dry, "").await;
    let kinds: Vec<&str> = dry
        .lines()
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(kinds, ["type", "LOGIN", "LOGIN", "PROGRESSIVE_PROFILING"]);
    assert_eq!(order(&place, "Strict").await, expected);
    place.said(&moving, "").await;
    let expected = turns(&[(1, "LOGIN"), (7, "LOGIN"), (9, "PROGRESSIVE_PROFILING")]);
    assert_eq!(order(&place, "Strict").await, expected);
    let first = [
        "policy",
        "action",
        "move",
        "Strict",
        "progressive_profiling",
        "--first",
    ];
    place.said(&first, "").await;
    let expected = turns(&[(1, "PROGRESSIVE_PROFILING"), (7, "LOGIN"), (9, "LOGIN")]);
    assert_eq!(order(&place, "Strict").await, expected);
    // Where two have the same turn, all are numbered anew.
    let update = ["policy", "action", "update", "Strict", second, "--set"];
    let same = [&update[..], &["priority=1"]].concat();
    place.said(&same, "").await;
    let last = [
        "policy",
        "action",
        "move",
        "Strict",
        "progressive_profiling",
        "--last",
    ];
    place.said(&last, "").await;
    let expected = turns(&[(1, "LOGIN"), (2, "LOGIN"), (3, "PROGRESSIVE_PROFILING")]);
    assert_eq!(order(&place, "Strict").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn populations_and_policies_are_made_the_default() {
    let place = Place::start().await;
    for kind in ["population", "policy"] {
        place.said(&[kind, "create", "Sailors"], "").await;
        if kind == "policy" {
            let login = ["policy", "action", "add", "Sailors", "login"];
            place.said(&login, "").await;
        }
        let made = place.object(&[kind, "make-default", "Sailors"]).await;
        assert_eq!(made["default"], true, "{kind}");
        let listed = place.object(&[kind, "list", "--output", "json"]).await;
        let defaults = listed.as_array().unwrap().iter();
        let defaults = defaults.filter(|one| one["default"] == true).count();
        assert_eq!(defaults, 1, "{kind}");
    }
}
