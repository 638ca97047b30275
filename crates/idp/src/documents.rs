//! Documents that everybody may see, made once and sent again and again.

use axum::http::HeaderValue;
use bytes::Bytes;
use protocol::secret::sha256;

/// A document with the tag by which a client that has it already knows it again.
#[derive(Clone, Debug)]
pub(crate) struct PublicDocument {
    pub(crate) bytes: Bytes,
    /// The value of `ETag`: a digest of the bytes.
    pub(crate) tag: HeaderValue,
}

impl PublicDocument {
    /// A document with this text.
    pub(crate) fn new(text: String) -> Self {
        let tag = format!("\"{}\"", sha256(&text));
        Self {
            tag: HeaderValue::try_from(tag).expect("a digest is letters and digits"),
            bytes: text.into(),
        }
    }
}
