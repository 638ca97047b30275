//! Forms with a file ([RFC 7578](https://www.rfc-editor.org/rfc/rfc7578)).

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use protocol::pingone::ErrorDetail;

use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

/// More fields than this are not read.
const MOST_FIELDS: usize = 16;

/// A form with one file and texts beside it. The route bounds how long it may be.
pub(crate) struct Upload {
    file: Option<Vec<u8>>,
    texts: BTreeMap<String, String>,
}

/// Files and texts may be secrets.
impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.texts.keys()).finish()
    }
}

impl Upload {
    /// The file.
    ///
    /// # Errors
    ///
    /// `REQUIRED_VALUE` without one.
    pub(crate) fn file(&self) -> Result<&[u8], ApiFailure> {
        let file = self.file.as_deref().filter(|file| !file.is_empty());
        file.ok_or_else(|| ApiFailure::required_value("file"))
    }

    /// A text beside the file.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }
}

/// Rejected with 400 when it is no such form, and with 413 when it is too large.
impl FromRequest<Idp> for Upload {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, ApiFailure> {
        let malformed = || {
            let message = "The body is not a form with a file.";
            ApiFailure::malformed(vec![ErrorDetail::new("INVALID_VALUE", None, message)])
        };
        let refused = |error: axum::extract::multipart::MultipartError| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiFailure::too_large()
            } else {
                malformed()
            }
        };
        let form = Multipart::from_request(request, idp).await;
        let mut form = form.map_err(|_| malformed())?;
        let mut upload = Self {
            file: None,
            texts: BTreeMap::new(),
        };
        let mut fields = 0;
        while let Some(field) = form.next_field().await.map_err(refused)? {
            fields += 1;
            if fields > MOST_FIELDS {
                return Err(malformed());
            }
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                upload.file = Some(field.bytes().await.map_err(refused)?.to_vec());
            } else {
                let text = field.text().await.map_err(refused)?;
                upload.texts.insert(name, text);
            }
        }
        Ok(upload)
    }
}
