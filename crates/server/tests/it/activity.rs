//! The operators' page of what happened, in front of the embedded environment.

use testkit::{Page, System, give_credentials};

/// What each entry says happened, and about whom.
fn entries(page: &Page) -> Vec<(String, String)> {
    let what = page.texts("tbody th");
    let whom = page.texts("tbody td:nth-of-type(2)");
    what.into_iter().zip(whom).collect()
}

#[tokio::test]
async fn operators_see_what_happened_by_user_action_and_result() {
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    let page = system.browser().open(system.portal("/login")).await;
    let wrong = ada.clone().with_password("Not-The-Password-1");
    let page = give_credentials(&page, &wrong).await;
    give_credentials(&page, &ada).await.expect(200);
    let olga = system.sign_on(&system.operator()).await;

    let all = olga.open("/activity").await.expect(200);
    let found = entries(&all);
    assert!(
        found.contains(&("Signed on".to_owned(), "ada".to_owned())),
        "{found:?}"
    );
    let operator = system.operator().username;
    assert!(found.iter().any(|(_, whom)| *whom == operator), "{found:?}");
    assert!(all.body().contains("127.0.0.1"), "{}", all.summary());

    let of_ada = olga
        .open("/activity?username=ada&days=14")
        .await
        .expect(200);
    let found = entries(&of_ada);
    assert!(
        found.iter().all(|(_, whom)| whom == "ada") && found.len() >= 3,
        "{found:?}"
    );

    let failed = "/activity?username=ada&action=PASSWORD.CHECK_FAILED&result=FAILED";
    let failed = olga.open(failed).await.expect(200);
    assert_eq!(entries(&failed).len(), 1);
    let (what, _) = entries(&failed).remove(0);
    assert!(
        what.starts_with("Wrong password") && what.ends_with("Failed"),
        "{what}"
    );

    let nobody = olga.open("/activity?username=nobody").await.expect(200);
    assert!(
        nobody.body().contains("Nobody has this username"),
        "{}",
        nobody.summary()
    );
    assert_eq!(entries(&nobody), []);
    olga.open("/activity?action=made.up").await.expect(400);
    let page = olga.open(&format!("/users/{}", ada.id())).await.expect(200);
    let linked = page.attributes("a", "href");
    let path = linked
        .iter()
        .find(|href| href.starts_with("/activity"))
        .unwrap();
    assert!(!entries(&olga.open(path).await.expect(200)).is_empty());

    let user = system.sign_on(&ada).await;
    user.open("/activity").await.expect(403);
    assert!(!user.open("/").await.body().contains("/activity"));
}

#[tokio::test]
async fn older_entries_are_on_further_pages() {
    let system = System::start().await;
    let olga = system.sign_on(&system.operator()).await;
    for n in 0..60 {
        system.new_user(&format!("user{n}")).await;
    }
    let first = olga.open("/activity?action=USER.CREATED").await.expect(200);
    assert_eq!(entries(&first).len(), 50);
    let next = first.attributes("a[rel=next]", "href").remove(0);
    let second = olga.open(&next).await.expect(200);
    let names = |page: &Page| entries(page).into_iter().map(|(_, whom)| whom);
    let mut all: Vec<_> = names(&first).chain(names(&second)).collect();
    all.sort_unstable();
    let number = all.len();
    all.dedup();
    assert_eq!(all.len(), number, "an entry is shown twice");
    assert!(number >= 60, "{number}");

    // A cursor belongs to its search.
    let other = next.replace("USER.CREATED", "USER.UPDATED");
    olga.open(&other).await.expect(400);
}
