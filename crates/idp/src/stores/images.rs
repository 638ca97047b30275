//! The contents of uploaded images. What describes one is a configuration object; its contents stand
//! beside it, so that a list of images reads none of them, and go with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{Reader, Statement, StoreError};
use protocol::id::EnvironmentId;
use uuid::Uuid;

use super::change::Change;

/// Touches no row where the images of the environment would take too much room.
const INSERT: &str = "\
INSERT INTO image_contents (image_id, environment_id, bytes, content)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT)
 WHERE (SELECT COALESCE(SUM(bytes), 0) FROM image_contents WHERE environment_id = $2)
       + $3 <= $5";

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
