//! Password policies.

use super::Place;

#[tokio::test(flavor = "multi_thread")]
async fn password_policies_are_made_changed_and_misspelt_in_vain() {
    let place = Place::start().await;
    let create = ["password-policy", "create", "Strict", "--set"];
    let create = [&create[..], &[r#"length={"min":12,"max":255}"#]].concat();
    let made = place.object(&create).await;
    assert_eq!(
        (
            &made["length"]["min"],
            &made["excludesCommonlyUsed"],
            &made["default"]
        ),
        (&12.into(), &true.into(), &false.into())
    );
    let update = [
        "password-policy",
        "update",
        "strict",
        "--set",
        "length.min=14",
    ];
    let update = [&update[..], &["--set", "maxAgeDays=90"]].concat();
    let changed = place.object(&update).await;
    assert_eq!(
        (
            &changed["length"]["min"],
            &changed["maxAgeDays"],
            &changed["notSimilarToCurrent"]
        ),
        (&14.into(), &90.into(), &true.into())
    );
    let update = [
        "password-policy",
        "update",
        "Strict",
        "--set",
        "maxAgeDays=null",
    ];
    assert!(place.object(&update).await.get("maxAgeDays").is_none());
    let wrong = [
        "password-policy",
        "update",
        "Strict",
        "--set",
        "lenght.min=14",
    ];
    let wrong = place.complaint(&wrong).await;
    assert!(wrong.contains("no member `lenght`"), "{wrong}");
    for verb in ["create", "update"] {
        let nested = ["password-policy", verb, "Strict", "--set", "length.mni=14"];
        let nested = place.complaint(&nested).await;
        assert!(nested.contains("no member `length.mni`"), "{nested}");
        let word = ["password-policy", verb, "Strict", "--set", "length.min=x"];
        let word = place.complaint(&word).await;
        assert!(word.contains("`length.min` is wrong"), "{word}");
    }
    let again = place
        .complaint(&["password-policy", "create", "Strict"])
        .await;
    assert!(again.contains("there is one of that name"), "{again}");
    let wrong = [
        "password-policy",
        "update",
        "Strict",
        "--set",
        "length.min=3",
    ];
    let wrong = place.complaint(&wrong).await;
    assert!(
        wrong.contains("the password policy Strict was not changed") && wrong.contains("length"),
        "{wrong}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn password_policies_are_made_the_default_copied_and_deleted() {
    let place = Place::start().await;
    place
        .said(&["password-policy", "create", "Strict"], "")
        .await;
    // The one that is the default is it no more when another one is.
    let list = ["password-policy", "list", "--output", "csv"];
    let before = place.said(&list, "").await;
    assert!(before.contains(",Strict,false,"), "{before}");
    place
        .said(&["password-policy", "make-default", "Strict"], "")
        .await;
    let after = place.said(&list, "").await;
    assert!(after.contains(",Strict,true,"), "{after}");
    assert_eq!(after.matches(",true,").count(), 1, "{after}");
    let shown = place.said(&["password-policy", "show", "Strict"], "").await;
    let file = place.directory.path().join("strict.json");
    std::fs::write(&file, shown).unwrap();
    let copy = ["password-policy", "create", "Stricter", "--from"];
    let copy = [
        &copy[..],
        &[
            file.to_str().unwrap(),
            "--set",
            "default=false",
            "--set",
            "maxAgeDays=90",
        ],
    ]
    .concat();
    let copy = place.object(&copy).await;
    assert_eq!(
        (
            &copy["name"],
            &copy["maxAgeDays"],
            &copy["excludesProfileData"]
        ),
        (&"Stricter".into(), &90.into(), &true.into())
    );
    assert_eq!(copy["default"], false);

    let refused = ["password-policy", "delete", "Strict", "--yes"];
    let refused = place.complaint(&refused).await;
    assert!(
        refused.contains("the password policy Strict was not deleted\n")
            && refused.contains("Default Password Policy"),
        "{refused}"
    );
    let refused = [
        "password-policy",
        "delete",
        "Stricter",
        "Strict",
        "Basic",
        "--yes",
    ];
    let refused = place.complaint(&refused).await;
    assert!(
        refused.contains("Strict was not deleted (1 of 3 password policies were)"),
        "{refused}"
    );
    place.said(&["password-policy", "show", "Basic"], "").await;
    let delete = ["password-policy", "delete", "Basic", "--yes"];
    assert_eq!(
        place.said(&delete, "").await,
        "1 password policy deleted.\n"
    );
}
