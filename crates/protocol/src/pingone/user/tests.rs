use super::*;
use crate::secret::Password;

#[test]
fn a_patch_has_three_states() {
    let patch = UserPatch {
        email: Patch::Set("ada@example.com".to_owned()),
        name: Patch::Clear,
        ..UserPatch::default()
    };
    assert_eq!(
        serde_json::to_string(&patch).unwrap(),
        r#"{"email":"ada@example.com","name":null}"#
    );
}

#[test]
fn a_new_user_with_a_password_is_an_import() {
    let user = NewUser::new("ada", "ada@example.com");
    assert!(!user.needs_import());
    let user = user.password(Password::new("Sunny-Harbour-42"));
    assert!(user.needs_import());
    assert_eq!(
        serde_json::to_value(&user).unwrap()["password"],
        serde_json::json!({"value": "Sunny-Harbour-42", "forceChange": false})
    );
    assert!(!format!("{user:?}").contains("Sunny"));
}

#[test]
fn a_new_user_is_read_as_it_is_written() {
    let user = NewUser::new("ada", "ada@example.com")
        .name(Name::new().given("Ada"))
        .password(Password::new("Sunny-Harbour-42"))
        .force_password_change()
        .verification_required()
        .attribute("locale", "en-GB");
    let written = serde_json::to_value(&user).unwrap();
    let read: NewUser = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
}

#[test]
fn a_member_of_the_wrong_kind_is_refused_by_its_name_and_never_quoted() {
    for (name, value) in [
        ("username", serde_json::json!(4711)),
        ("email", serde_json::json!(["4711"])),
        ("population", serde_json::json!("4711")),
        ("name", serde_json::json!("4711")),
        ("enabled", serde_json::json!(4711)),
        ("lifecycle", serde_json::json!({"status": "4711"})),
        ("password", serde_json::json!({"value": 4711})),
        ("password", serde_json::json!("4711")),
    ] {
        let mut user = serde_json::json!({"username": "ada", "email": "ada@example.com"});
        user[name] = value;
        let error = serde_json::from_value::<NewUser>(user)
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("`{name}`")), "{error}");
        assert!(!error.contains("4711"), "{error}");
    }
    let nobody = serde_json::json!({"email": "ada@example.com", "username": null});
    let error = serde_json::from_value::<NewUser>(nobody).unwrap_err();
    assert_eq!(error.to_string(), "missing field `username`");
}

#[test]
fn a_user_keeps_attributes_that_are_not_named_here() {
    let text = r#"{"id":"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1",
        "environment":{"id":"0d6a2ad0-6f0c-4d53-9d0e-0d6a2ad0c7a1"},"nickname":"Ada","loyalty":3}"#;
    let user: User = serde_json::from_str(text).unwrap();
    assert_eq!(user.attributes["nickname"], "Ada");
    assert_eq!(serde_json::to_value(&user).unwrap()["loyalty"], 3);
}
