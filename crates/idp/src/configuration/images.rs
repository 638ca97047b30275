//! `/environments/{environment}/images`: pictures that themes, branding and others show (PingOne,
//! "Images").

use std::io::Cursor;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use image::{ImageFormat, ImageReader};
use imagesize::ImageType;
use protocol::id::{EnvironmentId, derived};
use protocol::pingone::ErrorDetail;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel, at_path, item_route};
use crate::api::hal::{Reply, Shown};
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::Object;
use crate::stores::images::{self, Format, Image, Name, Original, Targets};
use crate::urls::Urls;

/// Longest image that is taken, in bytes.
const LONGEST: usize = 2 * 1024 * 1024;

/// As much room as the images of an environment have, in bytes.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// Longest side of an image, in pixels: a small file may still unfold into something huge.
const LONGEST_SIDE: usize = 8192;

/// Most pixels of an image that is converted, for the same reason: 64 MiB while it is.
const MOST_PIXELS: usize = 16 * 1024 * 1024;

/// Images are converted one at a time, for memory's sake.
static CONVERTING: Semaphore = Semaphore::const_new(1);
impl Configuration for Image {
    const PATH: &'static str = "images";
    const ITEM: &'static str = "image";
    const FILTERS: &'static [&'static str] = &[];
    type Parent = TopLevel;
    type Read = may::ReadBranding;
    type Manage = may::ManageBranding;

    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let original = &object.document.targets.original;
        Ok(shown.member(
            "targets",
            json!({"original": {
                "id": original.id,
                "type": original.format,
                "width": original.width,
                "height": original.height,
                "href": address(caller.idp.urls(), object),
            }}),
        ))
    }
}

/// Where an image is, for everybody. Its contents never change.
fn address(urls: &Urls, object: &Object<Image>) -> String {
    urls.image(object.environment_id, images::name(object))
}

/// The contents of the image with this name.
pub(crate) async fn find(
    idp: &Idp,
    environment: EnvironmentId,
    name: &str,
) -> Result<Option<(Format, Vec<u8>)>, db::StoreError> {
    let Some(name) = Name::parse(name) else {
        return Ok(None);
    };
    let objects = crate::stores::configuration::Objects::<Image>::new(idp.db(), idp.keyring());
    let Some(object) = objects.find(environment, name.image).await? else {
        return Ok(None);
    };
    let Original { id, format, .. } = object.document.targets.original;
    if (id, format) != (name.original, name.format) {
        return Ok(None);
    }
    let content = images::find(idp.db(), environment, object.id).await?;
    Ok(content.map(|content| (format, content)))
}

/// The bytes of an uploaded image.
struct Upload(Bytes);

/// Rejected with 413 when it is too large.
impl FromRequest<Idp> for Upload {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, _: &Idp) -> Result<Self, ApiFailure> {
        let bytes = to_bytes(request.into_body(), LONGEST).await;
        bytes.map(Self).map_err(|_| ApiFailure::too_large())
    }
}

/// An image as it is kept, with its contents: as PNG, from the first picture of a GIF or from a
/// JPEG.
async fn converted(content: Bytes) -> Result<(Original, Bytes), ApiFailure> {
    let original = read(&content)?;
    let format = match original.format {
        Format::Png => return Ok((original, content)),
        Format::Gif => ImageFormat::Gif,
        Format::Jpg => ImageFormat::Jpeg,
    };
    if original.width.saturating_mul(original.height) > MOST_PIXELS {
        let message = format!("must have at most {MOST_PIXELS} pixels, unless it is a PNG");
        return Err(ApiFailure::invalid_value("file", message));
    }
    let permit = CONVERTING.acquire().await.map_err(ApiFailure::internal)?;
    let png = spawn_blocking(move || {
        let _permit = permit;
        let decoded = ImageReader::with_format(Cursor::new(&content), format).decode()?;
        let mut png = Cursor::new(Vec::new());
        decoded.write_to(&mut png, ImageFormat::Png)?;
        Ok::<_, image::ImageError>(png.into_inner())
    });
    let png = png.await.map_err(ApiFailure::internal)?;
    let png = png.map_err(|error| {
        ApiFailure::invalid_value("file", format!("could not be decoded: {error}"))
    })?;
    let original = Original {
        format: Format::Png,
        ..original
    };
    Ok((original, png.into()))
}

/// What an image says of itself. The media type that was sent tells nothing.
fn read(content: &[u8]) -> Result<Original, ApiFailure> {
    let format = match imagesize::image_type(content) {
        Ok(ImageType::Gif) => Format::Gif,
        Ok(ImageType::Jpeg) => Format::Jpg,
        Ok(ImageType::Png) => Format::Png,
        _ => {
            let message = "must be a PNG, JPEG or GIF image";
            return Err(ApiFailure::invalid_value("file", message));
        }
    };
    let size = imagesize::blob_size(content)
        .map_err(|_| ApiFailure::invalid_value("file", "ends before it tells its size"))?;
    let sides = 1..=LONGEST_SIDE;
    if !sides.contains(&size.width) || !sides.contains(&size.height) {
        let message = format!("must have at most {LONGEST_SIDE} pixels on each side");
        return Err(ApiFailure::invalid_value("file", message));
    }
    Ok(Original {
        id: Uuid::nil(),
        format,
        width: size.width,
        height: size.height,
    })
}

async fn create(managing: Managing<Image>, Upload(content): Upload) -> Result<Reply, ApiFailure> {
    let (original, content) = converted(content).await?;
    let original = Original {
        id: match managing.given().and_then(|given| given.id) {
            Some(image) => derived(image, "original"),
            None => managing.idp.random().uuid(),
        },
        ..original
    };
    let image = Image {
        targets: Targets { original },
    };
    let size = images::size(managing.idp.db(), managing.id()).await?;
    if size.saturating_add(content.len()) > MOST_BYTES {
        let message = "The images of the environment have no more room.";
        return Err(ApiFailure::request_failed(ErrorDetail::new(
            "LIMIT_EXCEEDED",
            None,
            message,
        )));
    }
    let created = managing.create(image, |object| {
        images::insert(object.environment_id, object.id, &content, MOST_BYTES)
    });
    created.await
}

/// The routes of images, which are uploaded as they are and never changed.
pub(crate) fn routes() -> Vec<Resource> {
    vec![
        at_path::<Image>("").post_image(create),
        item_route::<Image>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_what_its_contents_say() {
        let gif = b"GIF89a\x03\x00\x02\x00\x80\x00\x00";
        let Original {
            format,
            width,
            height,
            ..
        } = read(gif).unwrap();
        assert_eq!((format, width, height), (Format::Gif, 3, 2));
        for other in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a\xff\xff\xff\xff\x80\x00\x00",
            b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        ] {
            assert!(read(other).is_err(), "{other:?}");
        }
    }
}
