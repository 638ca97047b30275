//! The contents of uploaded images. What describes one is a configuration object; its contents stand
//! beside it, so that a list of images reads none of them, and go with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{Reader, Statement, StoreError};
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::change::Change;
use super::configuration::{Document, Object};
use super::record::{Events, events};

/// An image. Its contents are kept beside it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Image {
    pub(crate) targets: Targets,
}

/// The forms of an image that there are.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Targets {
    pub(crate) original: Original,
}

/// An image as it was uploaded.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Original {
    pub(crate) id: Uuid,
    #[serde(rename = "type")]
    pub(crate) format: Format,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// How an image is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Pages and mails show them.
    const IS_CACHED: bool = true;

    fn name(&self) -> &'static str {
        "Image"
    }

    fn unique(&self) -> Option<String> {
        None
    }
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
    pub(crate) image: Uuid,
    pub(crate) original: Uuid,
    pub(crate) format: Format,
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

    pub(crate) fn parse(text: &str) -> Option<Self> {
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

/// Touches no row where the images of the environment would take too much room.
const INSERT: &str = "\
INSERT INTO image_contents (image_id, environment_id, bytes, content)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT)
 WHERE (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM image_contents
         WHERE environment_id = $2) + $3 <= $5";

const SIZE: &str = "\
SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS size FROM image_contents
 WHERE environment_id = $1";

const FIND: &str = "\
SELECT content FROM image_contents WHERE image_id = $1 AND environment_id = $2";

/// How many bytes the images of an environment have.
pub(crate) async fn size(db: &Reader, environment: EnvironmentId) -> Result<usize, StoreError> {
    let row = db.read_optional(Statement::new(SIZE).bind(environment.as_uuid()));
    let row = row
        .await
        .map_err(StoreError::during("add up the size of images"))?;
    let size: Option<i64> = row.map(|row| row.get("size")).transpose()?;
    Ok(size
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or_default())
}

/// Adds the contents of an image, whose object is already there. The requirement is not met where
/// the images of the environment would have more than `most` bytes.
pub(crate) fn insert(
    environment: EnvironmentId,
    image: Uuid,
    content: &[u8],
    most: usize,
) -> Change {
    let number = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
    let insert = Statement::new(INSERT)
        .bind(image)
        .bind(environment.as_uuid())
        .bind(number(content.len()))
        .bind(STANDARD.encode(content))
        .bind(number(most));
    Change::of_one(insert)
}

/// The contents of an image of the environment.
pub(crate) async fn find(
    db: &Reader,
    environment: EnvironmentId,
    image: Uuid,
) -> Result<Option<Vec<u8>>, StoreError> {
    let find = Statement::new(FIND).bind(image).bind(environment.as_uuid());
    let row = db.read_optional(find).await;
    let row = row.map_err(StoreError::during("read an image"))?;
    row.map(|row| row.parse("content", |text| STANDARD.decode(text)))
        .transpose()
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
}
