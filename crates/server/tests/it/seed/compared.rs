//! Seeds that are pulled over the network and compared.

use std::fmt::Write as _;

use latchkey::seed::Seed;
use serde_json::{Value, json};
use testkit::{Browser, Method, System};

use super::{env_file, example, latchkey, start, text};

#[tokio::test]
async fn what_is_pulled_over_the_network_is_the_same_here_and_differences_are_told() {
    let place = tempfile::tempdir().unwrap();
    let system = start(&example()).await;
    let env = env_file(&system, &place, "live");
    let pulled = place.path().join("pulled.toml").display().to_string();
    let pull = [
        "environment",
        "pull",
        "--users",
        "--env-file",
        &env,
        "--output",
        &pulled,
    ];
    let pull = latchkey(&pull).await;
    assert!(pull.status.success(), "{}", text(&pull.stderr));
    let said = std::fs::read_to_string(&pulled).unwrap();
    for secret in [
        "shop-secret-of-the-example",
        "passwordHash",
        "Sunny-Harbour-42",
    ] {
        assert!(!said.contains(secret), "{secret}");
    }

    let diff = |first: String, second: String| {
        let env = env.clone();
        async move {
            let arguments = [
                "environment",
                "diff",
                &first,
                &second,
                "--users",
                "--env-file",
                &env,
            ];
            let output = latchkey(&arguments).await;
            (
                output.status.code(),
                text(&output.stdout),
                text(&output.stderr),
            )
        }
    };
    let (code, told, remarks) = diff(pulled.clone(), "live".to_owned()).await;
    assert_eq!((code, told.as_str()), (Some(0), ""), "{remarks}");

    // What the portal adds when it starts is not in the file.
    let mut lines = Vec::new();
    let (code, told, remarks) = diff(example().display().to_string(), env.clone()).await;
    assert_eq!(code, Some(1), "{remarks}");
    lines.extend(told.lines());
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("+ applications Shop portal: ")),
        "{told}"
    );

    let changed = said
        .replace(
            "[[environments.groups]]\nname = \"Regulars\"",
            "[[environments.groups]]\nname = \"Guests\"",
        )
        .replace(
            "\"orders:read\", \"orders:write\"]\n",
            "\"orders:read\", \"orders:write\", \"orders:pay\"]\n",
        )
        .replace("nickname = \"Ada\"", "nickname = \"Adele\"");
    let changed = changed.replace("groups = [\"Regulars\"]", "groups = [\"Guests\"]");
    let file = place.path().join("changed.toml");
    std::fs::write(&file, changed).unwrap();
    let (code, told, remarks) = diff("live".to_owned(), file.display().to_string()).await;
    assert_eq!(code, Some(1), "{remarks}");
    for expected in [
        "- groups Regulars\n",
        "+ groups Guests\n",
        "~ users ada: nickname \"Ada\" → \"Adele\"\n",
        "+ resources Orders / scopes orders:pay\n",
    ] {
        assert!(told.contains(expected), "{told}\nwithout {expected}");
    }
    let file = file.display().to_string();
    let json = [
        "environment",
        "diff",
        "live",
        &file,
        "--users",
        "--json",
        "--env-file",
        &env,
    ];
    let json: Value = serde_json::from_slice(&latchkey(&json).await.stdout).unwrap();
    let nickname = json
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["member"] == "nickname");
    assert_eq!(nickname.unwrap()["second"], "Adele");
}

#[tokio::test]
async fn what_a_worker_may_not_read_is_left_out_of_what_it_pulls_and_not_taken_away() {
    const WORKERS: [(&str, &str, &str); 3] = [
        (
            "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1",
            "reader",
            "Identity Data Read Only",
        ),
        (
            "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a2",
            "developer",
            "Client Application Developer",
        ),
        (
            "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a3",
            "helper",
            "Help Desk Admin",
        ),
    ];
    let place = tempfile::tempdir().unwrap();
    let mut seed = "[[environments]]\nname = \"Limited\"\n".to_owned();
    for (id, name, role) in WORKERS {
        write!(
            seed,
            "[[environments.applications]]\nid = \"{id}\"\nname = \"{name}\"\ntype = \"WORKER\"\n\
             protocol = \"OPENID_CONNECT\"\nenabled = true\nsecret = \"of-the-{name}\"\n\
             grantTypes = [\"CLIENT_CREDENTIALS\"]\n\
             tokenEndpointAuthMethod = \"CLIENT_SECRET_BASIC\"\nroles = [\"{role}\"]\n"
        )
        .unwrap();
    }
    let seed = Seed::parse(&seed, "seed.toml").unwrap();
    let system = System::prepare().seed(seed).start().await;
    let mut refused = 0;
    for (id, name, role) in WORKERS {
        let mut env = system.env().clone();
        env.worker_client_id = id.to_owned();
        env.worker_client_secret = format!("of-the-{name}");
        let path = place.path().join(format!("{name}.env"));
        env.write(&path).unwrap();
        let env = path.display().to_string();
        let file = place
            .path()
            .join(format!("{name}.toml"))
            .display()
            .to_string();
        let pull = ["environment", "pull", "--env-file", &env, "--output", &file];
        let pulled = latchkey(&pull).await;
        let remarks = text(&pulled.stderr);
        assert!(pulled.status.success(), "{role}: {remarks}");
        refused += remarks.matches("mfaSettings is left out").count();
        let said = std::fs::read_to_string(&file).unwrap();
        assert!(!said.contains("\nwithout = "), "{role}: {said}\n{remarks}");

        let diff = ["environment", "diff", &file, "live", "--env-file", &env];
        let compared = latchkey(&diff).await;
        let (told, remarks) = (text(&compared.stdout), text(&compared.stderr));
        assert!(
            !remarks.contains("cannot be brought up"),
            "{role}: {remarks}\n{said}"
        );
        // What may not be read has no name by which others refer to it.
        let mut others = told.lines().filter(|line| !line.ends_with("\"}"));
        assert_eq!(others.next(), None, "{role}: {remarks}\n{said}");
    }
    assert!(refused > 0, "every one of them may read the settings");
}

#[tokio::test]
async fn a_pull_waits_for_an_environment_that_is_busy() {
    let place = tempfile::tempdir().unwrap();
    let prepared = System::prepare().set("control.listen", "localhost:0");
    let seed = Seed::read(&example()).unwrap();
    let system = prepared.seed(seed).start().await;
    let env = env_file(&system, &place, "live");
    let pulled = async |name: &str| {
        let file = place.path().join(name).display().to_string();
        let pull = ["environment", "pull", "--env-file", &env, "--output", &file];
        let pull = latchkey(&pull).await;
        assert!(pull.status.success(), "{}", text(&pull.stderr));
        std::fs::read_to_string(file).unwrap()
    };
    let undisturbed = pulled("undisturbed.toml").await;
    let faults = format!("{}faults", system.env().control_url);
    for kind in ["groups", "applications", "populations", "resources"] {
        let busy = json!({ "kind": "status", "status": 429, "retryAfterSeconds": 1 });
        let path = format!("/v1/environments/{{environment}}/{kind}");
        let fault = json!({ "path": path, "times": 1, "fault": busy });
        let request = Browser::plain().request(Method::POST, faults.as_str());
        request.json(&fault).send().await.expect(201);
    }
    assert_eq!(pulled("disturbed.toml").await, undisturbed);
    let request = Browser::plain().request(Method::GET, faults.as_str());
    let left: Value = request.send().await.expect(200).json();
    assert_eq!(left, json!([]), "it met every one of them");
}
