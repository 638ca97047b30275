//! Lists of users: how they are filtered, paged, and what each row shows.

use http::StatusCode;
use serde_json::json;

use crate::management::{Api, refused};
use crate::world::World;

async fn search_and_page(world: World) {
    let api = Api::worker(&world).await;
    for name in ["Émile", "emil", "emilia", "zoë", "ada_1", "adax1", "ada%"] {
        let body = json!({
            "username": name, "email": format!("{}@example.com", name.len()),
            "name": { "family": "O'Neil" },
        });
        api.make("users", &body).await;
    }
    let names = async |filter: &str, limit: u32| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let (mut next, mut names) = (
            Some(api.path(&format!("users?filter={filter}&limit={limit}"))),
            Vec::new(),
        );
        while let Some(address) = next {
            let page = api.get(&address).await.expect(StatusCode::OK).json();
            let users = page["_embedded"]["users"].as_array().unwrap();
            assert_eq!(page["size"], users.len());
            assert!(users.len() <= limit as usize);
            names.extend(
                users
                    .iter()
                    .map(|user| user["username"].as_str().unwrap().to_owned()),
            );
            next = page["_links"]["next"]["href"].as_str().map(str::to_owned);
            assert!(next.as_ref().is_none_or(
                |next| next.starts_with("https://localhost:9443/v1/")
                    && next.contains("filter=")
                    && next.contains("limit=")
            ));
        }
        names.sort();
        names
    };
    for limit in [1, 2, 1000] {
        for (filter, expected) in [
            (r#"username eq "EMIL""#, &["emil"][..]),
            (r#"username sw "emil""#, &["emil", "emilia"]),
            (r#"username sw "É""#, &["Émile"]),
            // What is special in SQL's LIKE is not here.
            (r#"username sw "ada_""#, &["ada_1"]),
            (r#"username sw "ada%""#, &["ada%"]),
            (
                r#"username eq "zoë" or email eq "5@example.com" or username eq "nobody""#,
                &["ada_1", "adax1", "zoë"],
            ),
            (
                r#"((username eq "emil") OR (username eq "emilia")) AND (enabled eq true)"#,
                &["emil", "emilia"],
            ),
            (
                r#"name.family eq "o'neil" and username sw "em""#,
                &["emil", "emilia"],
            ),
            ("enabled eq false", &[]),
            (r#"username eq "x' OR '1'='1""#, &[]),
        ] {
            assert_eq!(names(filter, limit).await, expected, "{filter}");
        }
    }
    let population = format!(r#"population.id eq "{}""#, world.demo.population_id);
    assert_eq!(names(&population, 4).await.len(), 9);
    assert_eq!(names("enabled eq true", 4).await.len(), 9);

    for (filter, supported) in [
        ("username pr", None),
        (r#"username co "a""#, Some("supportedOperators")),
        (r#"secret eq "a""#, Some("supportedAttributes")),
        (r#"enabled eq "yes""#, None),
        ("((((((((((((((((((((((((((((((((((((((((((((((", None),
        (r#"not (username eq "a")"#, None),
        ("'; DROP TABLE users; --", None),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let answer = api.get(&format!("users?filter={encoded}")).await;
        refused(&answer, 400, "INVALID_REQUEST", "INVALID_FILTER", "filter");
        if let Some(member) = supported {
            assert!(
                answer.json()["details"][0]["innerError"][member].is_array(),
                "{filter}"
            );
        }
    }
}

#[tokio::test]
async fn users_are_found_and_paged_on_sqlite() {
    search_and_page(World::on(db::testing::sqlite().await).await).await;
}

#[tokio::test]
async fn users_are_found_and_paged_on_postgresql() {
    let Some(place) = db::testing::postgres().await else {
        return;
    };
    search_and_page(World::on(place).await).await;
}

/// Reliability and security, class 18: a cursor is good where it was given out, and nowhere else.
#[tokio::test]
async fn a_cursor_cannot_be_made_or_moved() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let page = api.get("users?limit=1").await.json();
    let next = page["_links"]["next"]["href"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&next).await.json()["size"], 1);
    let cursor = next
        .split(['?', '&'])
        .find_map(|part| part.strip_prefix("cursor="))
        .unwrap()
        .to_owned();
    let mut altered: Vec<String> = (0..cursor.len())
        .step_by(7)
        .map(|at| {
            let mut text = cursor.clone().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(text).unwrap()
        })
        .collect();
    altered.extend([
        "x".to_owned(),
        "a.b.c".to_owned(),
        cursor[..cursor.len() - 1].to_owned(),
    ]);
    for cursor in altered {
        let answer = api.get(&format!("users?limit=1&cursor={cursor}")).await;
        refused(
            &answer,
            400,
            "INVALID_REQUEST",
            "INVALID_PARAMETER",
            "cursor",
        );
    }
    for elsewhere in [
        "populations?limit=1&cursor=",
        "users?filter=enabled+eq+true&cursor=",
    ] {
        let answer = api.get(&format!("{elsewhere}{cursor}")).await;
        refused(
            &answer,
            400,
            "INVALID_REQUEST",
            "INVALID_PARAMETER",
            "cursor",
        );
    }
    for limit in ["0", "1001", "-1", "ten", "99999999999999999999"] {
        let answer = api.get(&format!("users?limit={limit}")).await;
        refused(&answer, 400, "INVALID_REQUEST", "OUT_OF_RANGE", "limit");
        assert_eq!(
            answer.json()["details"][0]["innerError"]["rangeMaximumValue"],
            1000
        );
    }
    let twice = api.get("users?limit=1&limit=2").await;
    refused(&twice, 400, "INVALID_REQUEST", "INVALID_PARAMETER", "");
}

#[tokio::test]
async fn lists_show_the_state_of_passwords() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let ada = api.make_user("ada").await;
    let page = api
        .get("users?filter=username%20eq%20%22ada%22")
        .await
        .json();
    let item = &page["_embedded"]["users"][0];
    assert_eq!(item["_embedded"]["password"]["status"], "NO_PASSWORD");
    assert_eq!(item["_embedded"]["password"]["user"]["id"], ada["id"]);
    assert!(
        item["_links"].get("environment").is_none() && item["_links"].get("password.set").is_some()
    );
    let page = api
        .get("users?filter=username%20eq%20%22demo%22")
        .await
        .json();
    let state = &page["_embedded"]["users"][0]["_embedded"]["password"];
    assert_eq!(
        (&state["status"], &state["lastChangedAt"]),
        (&json!("OK"), &json!("2025-12-06T10:00:00Z"))
    );
}
