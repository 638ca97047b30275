//! `/environments/{environment}/images`: pictures that themes, branding and others show (PingOne,
//! "Images").

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use imagesize::ImageType;
use protocol::id::EnvironmentId;
use protocol::pingone::ErrorDetail;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel, at_path, item_route};
use crate::api::hal::{Reply, Shown};
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::{Document, Object};
use crate::stores::images;
use crate::stores::record::{Events, events};
use crate::urls::Urls;

/// Longest image that is taken, in bytes.
const LONGEST: usize = 2 * 1024 * 1024;

/// As much room as the images of an environment have, in bytes.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// Longest side of an image, in pixels: a small file may still unfold into something huge.
const LONGEST_SIDE: usize = 8192;

/// An image. Its contents are kept beside it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    targets: Targets,
}

/// The forms of an image that there are.
#[derive(Clone, Serialize, Deserialize)]
struct Targets {
    original: Original,
}

/// An image as it was uploaded.
#[derive(Clone, Serialize, Deserialize)]
struct Original {
    id: Uuid,
    #[serde(rename = "type")]
    format: Format,
    width: usize,
    height: usize,
}

/// How an image is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Gif,
    Jpg,
    Png,
}

impl Format {
    /// All that are taken. SVG is not among them: it may hold scripts.
    const ALL: [Self; 3] = [Self::Gif, Self::Jpg, Self::Png];

    /// How names of files end.
    fn extension(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Jpg => "jpg",
            Self::Png => "png",
        }
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl Document for Image {
    const EVENTS: Events = events!("IMAGE");
    const MOST: u32 = 500;

    fn name(&self) -> &'static str {
        "Image"
    }

    fn unique(&self) -> Option<String> {
        None
    }
}

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
    urls.image(object.environment_id, name(object))
}

/// What the address of an image ends with.
pub(crate) fn name(object: &Object<Image>) -> String {
    let Original { id, format, .. } = object.document.targets.original;
    let name = Name {
        image: object.id,
        original: id,
        format,
    };
    name.write()
}

/// What the address of an image ends with, in PingOne's form: `{id}_{original}_original.png`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    image: Uuid,
    original: Uuid,
    format: Format,
}

impl Name {
    fn write(self) -> String {
        let Self {
            image,
            original,
            format,
        } = self;
        format!("{image}_{original}_original.{}", format.extension())
    }

    fn parse(text: &str) -> Option<Self> {
        let (stem, extension) = text.rsplit_once('.')?;
        let (image, original) = stem.strip_suffix("_original")?.split_once('_')?;
        Some(Self {
            image: Uuid::try_parse(image).ok()?,
            original: Uuid::try_parse(original).ok()?,
            format: *Format::ALL
                .iter()
                .find(|format| format.extension() == extension)?,
        })
    }
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
    let original = Original {
        id: managing.idp.random().uuid(),
        ..read(&content)?
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
    fn a_name_is_read_as_it_is_written_and_others_are_not() {
        let name = Name {
            image: Uuid::from_u128(1),
            original: Uuid::from_u128(2),
            format: Format::Jpg,
        };
        let written = name.write();
        assert_eq!(Name::parse(&written), Some(name));
        for other in [
            "",
            "x.png",
            &written.replace(".jpg", ".svg"),
            &written.replace("_original", ""),
            &format!("../{written}"),
        ] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }

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
