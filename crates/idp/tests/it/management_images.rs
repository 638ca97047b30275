//! Uploaded images: what is taken, where they are afterwards, and that they can go.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{Method, StatusCode};
use serde_json::json;

use crate::management::{Api, refused};
use crate::world::{Answer, World};

/// The beginning of a PNG image of these pixels, which is what its size is read from.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png.extend(b"\x08\x06\0\0\0");
    png
}

pub(crate) async fn upload(api: &Api<'_>, content: Vec<u8>) -> Answer {
    // As the Go SDK sends it.
    let types = ["image/png"];
    api.send(Method::POST, "images", &types, content).await
}

#[tokio::test]
async fn an_uploaded_image_is_there_for_everybody() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = upload(&api, png(640, 480))
        .await
        .expect(StatusCode::CREATED);
    let image = made.json();
    let original = &image["targets"]["original"];
    assert_eq!(
        (&original["type"], &original["width"], &original["height"]),
        (&json!("png"), &json!(640), &json!(480))
    );
    let at = format!("images/{}", image["id"].as_str().unwrap());
    assert_eq!(api.get(&at).await.expect(StatusCode::OK).json(), image);

    let href = original["href"].as_str().unwrap();
    let path = href.strip_prefix("https://localhost:9443").unwrap();
    let shown = world.get(path).await.expect(StatusCode::OK);
    for (name, value) in [
        (CONTENT_TYPE, "image/png"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ] {
        assert_eq!(shown.header(name), value);
    }
    let other_type = path.replace(".png", ".gif");
    world.get(&other_type).await.expect(StatusCode::NOT_FOUND);

    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
    world.get(path).await.expect(StatusCode::NOT_FOUND);
}

/// The smallest GIF image: one white pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\x01\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0\x3b";

#[tokio::test]
async fn an_image_of_another_kind_is_kept_as_a_png() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = upload(&api, GIF.to_vec()).await;
    let original = &made.expect(StatusCode::CREATED).json()["targets"]["original"];
    assert_eq!(
        (&original["type"], &original["width"], &original["height"]),
        (&json!("png"), &json!(1), &json!(1))
    );
    let href = original["href"].as_str().unwrap();
    let path = href.strip_prefix("https://localhost:9443").unwrap();
    let shown = world.get(path).await.expect(StatusCode::OK);
    assert_eq!(shown.header(CONTENT_TYPE), "image/png");
    assert!(shown.body.contains("PNG"), "{}", shown.body);

    let cut_short = GIF.get(..20).unwrap().to_vec();
    let refusal = upload(&api, cut_short).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "file");
}

#[tokio::test]
async fn only_images_are_taken() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec();
    for content in [svg, Vec::new(), png(0, 10), png(100_000, 10)] {
        let refusal = upload(&api, content).await;
        refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "file");
    }
    let mut large = png(10, 10);
    large.resize(2 * 1024 * 1024 + 1, 0);
    upload(&api, large)
        .await
        .expect(StatusCode::PAYLOAD_TOO_LARGE);
    let json = api.post("images", &json!({})).await;
    json.expect(StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
