//! The examples of the crate: each is run in an environment, and did what it says.

use pingone::{LifecycleStatus, NewUser, PasswordStatus};

use super::Embedded;

/// Takes each example as a module; it is a program, too, whose `main` is not called here.
macro_rules! examples {
    ($($name:ident at $path:literal;)+) => {$(
        #[path = $path]
        #[expect(dead_code, clippy::duplicate_mod, reason = "an example is a program, too")]
        mod $name;
    )+};
}

examples! {
    activities at "../../../examples/activities.rs";
    create_an_application at "../../../examples/create_an_application.rs";
    custom_attribute at "../../../examples/custom_attribute.rs";
    list_users at "../../../examples/list_users.rs";
    register_a_user at "../../../examples/register_a_user.rs";
    reset_a_password at "../../../examples/reset_a_password.rs";
    roles at "../../../examples/roles.rs";
    rotate_a_secret at "../../../examples/rotate_a_secret.rs";
    sign_on_policy at "../../../examples/sign_on_policy.rs";
    webhook at "../../../examples/webhook.rs";
}

#[tokio::test]
async fn the_examples_about_users_do_what_they_say() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let ada = register_a_user::run(pingone).await.unwrap();
    let status = ada.lifecycle.unwrap().status;
    assert_eq!(status, LifecycleStatus::VerificationRequired);
    for name in ["anna", "arthur"] {
        let user = NewUser::new(name, format!("{name}@example.com"));
        pingone.users().create(&user).await.unwrap();
    }
    assert!(list_users::run(pingone).await.unwrap() >= 3);
    let state = reset_a_password::run(pingone).await.unwrap();
    assert_eq!(state.status, PasswordStatus::MustChangePassword);
    let on_watch = custom_attribute::run(pingone).await.unwrap();
    assert_eq!(on_watch[0].username.as_deref(), Some("grace"));
    let held = roles::run(pingone).await.unwrap();
    assert_eq!(held.scope.scope_type.as_str(), "POPULATION");
    let told = activities::run(pingone).await.unwrap();
    let names = told.iter().flat_map(|one| &one.resources);
    let mut names = names.filter_map(|made| made.name.as_deref());
    assert!(names.any(|name| name == "grace"), "{told:?}");
}

#[tokio::test]
async fn the_examples_about_applications_do_what_they_say() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let shop = create_an_application::run(pingone).await.unwrap();
    assert_eq!(pingone.grants(shop.id).list().all().await.unwrap().len(), 1);
    let (id, secret) = rotate_a_secret::run(pingone).await.unwrap();
    let shown = pingone.applications().secret(id).await.unwrap();
    assert_eq!(shown.secret.expose(), secret.secret.expose());
    assert!(shown.previous.is_some());
    let assigned = sign_on_policy::run(pingone).await.unwrap();
    let policy = assigned.settings.sign_on_policy.id;
    let actions = pingone.sign_on_policy_actions(policy).list().all().await;
    assert_eq!(actions.unwrap().len(), 2);
    let subscription = webhook::run(pingone).await.unwrap();
    let read = pingone.subscriptions().load(subscription.id).await.unwrap();
    assert!(read.settings.enabled);
}
